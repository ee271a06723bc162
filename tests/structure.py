"""Reads which module imports which, for tests/test_structure.py."""

import ast
import graphlib
import re
from dataclasses import dataclass
from pathlib import Path

PACKAGE = "blocks"


@dataclass(frozen=True)
class Import:
    """One import: from where, what, on which line, and in which circumstances."""

    importer: str
    imported: str
    line: int
    in_function: bool
    for_typing: bool

    def __str__(self):
        return f"{self.importer}:{self.line} imports {self.imported}"


def modules(root):
    """Map the name of each module of the package under `root` to its file."""
    found = {}
    for path in sorted((Path(root) / PACKAGE).rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


class _Reader(ast.NodeVisitor):
    def __init__(self, name, path, known):
        self.name, self.known = name, known
        self.package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        self.in_function = self.for_typing = False
        self.imports = []

    def add(self, imported, line):
        self.imports.append(Import(self.name, imported, line, self.in_function, self.for_typing))

    def visit_Import(self, node):
        for alias in node.names:
            self.add(alias.name, node.lineno)

    def visit_ImportFrom(self, node):
        source = node.module or ""
        if node.level:
            parts = self.package.split(".")
            base = ".".join(parts[: len(parts) - node.level + 1])
            source = f"{base}.{source}".rstrip(".")
        for alias in node.names:
            submodule = f"{source}.{alias.name}"
            self.add(submodule if submodule in self.known else source, node.lineno)

    def visit_Call(self, node):
        function = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if function in ("import_module", "__import__") and node.args:
            target = node.args[0]
            if isinstance(target, ast.Constant) and isinstance(target.value, str):
                self.add(target.value, node.lineno)
        self.generic_visit(node)

    def visit_FunctionDef(self, node):
        before, self.in_function = self.in_function, True
        self.generic_visit(node)
        self.in_function = before

    visit_AsyncFunctionDef = visit_Lambda = visit_FunctionDef

    def visit_If(self, node):
        name = getattr(node.test, "attr", getattr(node.test, "id", ""))
        before, self.for_typing = self.for_typing, self.for_typing or name == "TYPE_CHECKING"
        for child in node.body:
            self.visit(child)
        self.for_typing = before
        for child in [node.test, *node.orelse]:
            self.visit(child)


def imports(root):
    """Return every import in the package under `root`, of whatever it is."""
    known = modules(root)
    found = []
    for name, path in known.items():
        reader = _Reader(name, path, known)
        reader.visit(ast.parse(path.read_text(encoding="utf-8"), str(path)))
        found += reader.imports
    return found


def is_in(module, package):
    """Tell whether a module is a package or lies in it."""
    return module == package or module.startswith(f"{package}.")


def layer_of(module, layers):
    """Return the number of the layer of a module: the longest name that covers it.

    The package itself covers no module in it: each has a place of its own.
    """
    names = {name: number for number, row in enumerate(layers) for name in row}
    covering = [n for n in names if n == module or (n != PACKAGE and is_in(module, n))]
    return names[max(covering, key=len)] if covering else None


def against_the_layers(found, layers, only=()):
    """List the imports that go up, and those that a package of `only` may not make.

    `only` maps a package to the packages that it may import besides itself.
    """
    errors = []
    for item in found:
        if not is_in(item.imported, PACKAGE):
            continue
        if item.in_function and is_in(item.importer, f"{PACKAGE}.legacy"):
            continue
        below, above = layer_of(item.importer, layers), layer_of(item.imported, layers)
        if below is None or above is None:
            errors.append(f"{item}: give the new module a place in LAYERS")
        elif above > below:
            errors.append(f"{item}: layer {below} may not import layer {above}")
        for package, allowed in dict(only).items():
            mine = [package, *allowed]
            if is_in(item.importer, package) and not any(is_in(item.imported, m) for m in mine):
                errors.append(f"{item}: {package} may import only {', '.join(allowed)}")
    return errors


def cycles(found, known):
    """List the circles of modules that import each other.

    Imports for typing count for nothing, those inside functions count except in legacy.
    A module does not import its parent package merely by lying in it.
    """
    graph = {name: set() for name in known}
    for item in found:
        lazy = item.in_function and is_in(item.importer, f"{PACKAGE}.legacy")
        if item.imported in graph and not item.for_typing and not lazy:
            graph[item.importer].add(item.imported)
    circles = []
    while True:
        try:
            graphlib.TopologicalSorter(graph).prepare()
        except graphlib.CycleError as error:
            circle = error.args[1][::-1]
            circles.append(" imports ".join(circle))
            graph[circle[0]].remove(circle[1])
        else:
            return circles


def foreign(found, libraries, home):
    """List the imports of some libraries outside of the package that may import them."""
    return [
        str(item)
        for item in found
        if any(is_in(item.imported, library) for library in libraries)
        and not is_in(item.importer, home)
        and not item.for_typing
    ]


def too_long(paths, limit, exempt=()):
    """List the files with `limit` lines or more."""
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in paths}
    return [f"{p}: {n} lines" for p, n in lengths.items() if n >= limit and p.name not in exempt]


# Spelt in two parts, so that this file does not name such a path itself.
MACHINE_PATH = re.compile(r"(?<![\w.~}])/" + r"(?:home|root|work|Users|tmp|mnt|opt|srv)/\w[\w./-]*")


def machine_paths(paths):
    """List the absolute paths of one machine that stand in some files."""
    found = []
    for path in paths:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            found += [f"{path}:{number}: {match}" for match in MACHINE_PATH.findall(line)]
    return found
