r"""What a script takes from the modules that it imports, read without running it.

Examples
--------
>>> uses = Uses("import theano.tensor as T\nx = T.nnet.relu(T.matrix('x'), alpha=1)\n")
>>> {name: sorted(lines) for name, lines in uses.names.items()}
{'theano.tensor': [1], 'theano.tensor.nnet.relu': [2], 'theano.tensor.matrix': [2]}
>>> uses.keywords
{('theano.tensor.nnet.relu', 'alpha'): {2}}
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from blocks.legacy.python_2 import PYTHON_2

__all__ = ["Uses"]

Lines = dict[str, set[int]]

FORGIVING = ("ImportError", "ModuleNotFoundError", "Exception", "BaseException")
"""What a script catches when it tries whether a module is there."""


class Uses(ast.NodeVisitor):
    """The names of modules that a script uses, each with its lines.

    Parameters
    ----------
    source
        The text of the script. Where it is not Python 3, imports and what is taken from
        them are found by their looks.

    Attributes
    ----------
    names : dict
        Dotted names of modules and what is in them, with the lines that use them.
    optional : set
        Those that are imported only to try whether they are there.
    keywords : dict
        Pairs of a function's dotted name and a keyword it is called with, with lines.
    python_2 : dict
        Names that Python 3 has not, with their lines.
    error : SyntaxError or None
        What keeps the script from being Python 3.
    """

    def __init__(self, source: str) -> None:
        self.names: Lines = {}
        self.optional: set[str] = set()
        self.keywords: dict[tuple[str, str], set[int]] = {}
        self.python_2: Lines = {}
        self.error: SyntaxError | None = None
        self._modules: dict[str, str] = {}
        self._bound: set[str] = set()
        self._needed: set[str] = set()
        self._tries = 0
        try:
            tree = ast.parse(source)
        except SyntaxError as error:
            self.error = error
            self._read_by_lines(source)
            return
        except ValueError as error:  # null bytes
            self.error = SyntaxError(str(error))
            return
        self._bound = _bound_in(ast.walk(tree))
        # Functions may come before the imports that they use.
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                self._bind(node)
        for statement in tree.body:
            self._bind_again(statement)
        self.visit(tree)
        self.optional -= self._needed

    def is_optional(self, name: str) -> bool:
        """Tell whether a name, or what it is taken from, is only tried to import."""
        return any(name == o or name.startswith(f"{o}.") for o in self.optional)

    def _add(self, name: str, line: int) -> None:
        self.names.setdefault(name, set()).add(line)

    def _import(self, name: str, line: int) -> None:
        self._add(name, line)
        (self.optional if self._tries else self._needed).add(name)

    def _bind(self, node: ast.Import | ast.ImportFrom) -> None:
        """Note which local names stand for which modules, or names in them."""
        for alias in node.names:
            if isinstance(node, ast.Import):
                top = alias.name.partition(".")[0]
                self._modules[alias.asname or top] = alias.name if alias.asname else top
            elif not node.level and alias.name != "*":
                self._modules[alias.asname or alias.name] = f"{node.module}.{alias.name}"

    def _bind_again(self, node: ast.stmt) -> None:
        """Note another name for a module, as in ``T = theano.tensor``."""
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            (target,), path = node.targets, self._path(node.value)
            if path is not None and isinstance(target, ast.Name):
                self._modules.setdefault(target.id, path)

    def visit_Import(self, node: ast.Import) -> None:
        """Note the modules."""
        for alias in node.names:
            self._import(alias.name, node.lineno)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """Note the names; of a star, the module."""
        if node.level or node.module == "__future__":
            return
        for alias in node.names:
            name = f"{node.module}.{alias.name}".removesuffix(".*")
            self._import(name, node.lineno)

    def visit_Try(self, node: ast.Try) -> None:
        """Note that what is imported in it may be missing, if that is caught."""
        forgives = any(
            handler.type is None
            or any(
                isinstance(part, ast.Name) and part.id in FORGIVING
                for part in ast.walk(handler.type)
            )
            for handler in node.handlers
        )
        self._tries += forgives
        for child in node.body:
            self.visit(child)
        self._tries -= forgives
        others: tuple[ast.AST, ...] = (*node.handlers, *node.orelse, *node.finalbody)
        for other in others:
            self.visit(other)

    def _visit_function(self, node: ast.AST) -> None:
        """Visit a function, in which its own variables hide modules of their names."""
        hidden = {
            name: self._modules.pop(name)
            for name in _bound_in(ast.walk(node), imports=False)
            if name in self._modules
        }
        self.generic_visit(node)
        self._modules.update(hidden)

    visit_FunctionDef = visit_AsyncFunctionDef = visit_Lambda = _visit_function

    def _path(self, node: ast.AST) -> str | None:
        """Return the dotted name that a chain of attributes stands for, if it is one."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or node.id not in self._modules:
            return None
        return ".".join([self._modules[node.id], *reversed(parts)])

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """Note a chain of attributes; what is assigned need not be there."""
        path = self._path(node)
        if path is None:
            if node.attr in PYTHON_2:
                self.python_2.setdefault(f".{node.attr}", set()).add(node.lineno)
            self.generic_visit(node)
        elif isinstance(node.ctx, ast.Load):
            self._add(path, node.lineno)
        elif isinstance(node.value, ast.Attribute):
            self._add(path.rpartition(".")[0], node.lineno)

    def visit_Name(self, node: ast.Name) -> None:
        """Note a name that only Python 2 has."""
        if node.id in PYTHON_2 and node.id not in self._bound:
            self.python_2.setdefault(node.id, set()).add(node.lineno)

    def visit_Call(self, node: ast.Call) -> None:
        """Note the keywords."""
        path = self._path(node.func)
        for keyword in node.keywords:
            if path is not None and keyword.arg is not None:
                self.keywords.setdefault((path, keyword.arg), set()).add(keyword.value.lineno)
        self.generic_visit(node)

    def _read_by_lines(self, source: str) -> None:
        """Find imports and chains of attributes in what is not Python 3, line by line."""
        lines = [line.partition("#")[0] for line in source.splitlines()]
        for number, line in enumerate(lines, 1):
            if not re.match(r"\s*(import|from)\s", line):
                continue
            text = line.strip()
            for following in lines[number:]:  # the rest of the parentheses, or behind a backslash
                if text.endswith("\\") or text.count("(") > text.count(")"):
                    text = f"{text.removesuffix(chr(92))} {following.strip()}"
            try:
                (node,) = ast.parse(text).body
            except (SyntaxError, ValueError):
                continue
            if isinstance(node, ast.Import | ast.ImportFrom):
                node.lineno = number
                self._bind(node)
                self.visit(node)
        if not self._modules:
            return
        known = "|".join(map(re.escape, self._modules))
        for number, line in enumerate(lines, 1):
            if not re.match(r"\s*(import|from)\s", line):
                for top, rest in re.findall(rf"(?<![\w.'\"])({known})((?:\.\w+)+)", line):
                    self._add(self._modules[top] + rest, number)


def _bound_in(nodes: Iterable[ast.AST], imports: bool = True) -> set[str]:
    """Return the names that are assigned, defined, parameters, or imported."""
    bound: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            bound.add(node.id)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif imports and isinstance(node, ast.Import | ast.ImportFrom):
            bound.update((a.asname or a.name).partition(".")[0] for a in node.names)
    return bound
