"""Pieces of source text: typed literals, conversions, expressions with values put in, lines."""

from __future__ import annotations

import ast

from blocks.graph.types import is_float

__all__ = ["Writer", "convert", "literal", "substitute"]


def literal(value: object, dtype: str) -> str:
    """Write a number as typed source text.

    Examples
    --------
    >>> literal(0.5, "float32")
    'np.float32(0.5)'
    >>> literal(float("-inf"), "float64")
    'np.float64(-inf)'
    """
    if dtype == "bool":
        return str(bool(value))
    return f"np.{dtype}({value!r})" if is_float(dtype) else f"np.{dtype}({int(value)})"  # type: ignore[call-overload]


def convert(text: str, dtype: str, to: str) -> str:
    """Write the conversion of a value from one dtype to another."""
    if dtype == to:
        return text
    if is_float(dtype) and to.startswith("uint"):
        return f"np.{to}(unsigned({text}))"
    if is_float(dtype) and to in ("int8", "int16"):
        # As NumPy does. Directly, vector registers would keep what is too large at the limits.
        return f"np.{to}(np.int32({text}))"
    return f"({text} != 0)" if to == "bool" else f"np.{to}({text})"


class _Substitute(ast.NodeTransformer):
    """Puts values in the place of arguments, and types every literal."""

    def __init__(self, values: dict[str, str], dtype: str) -> None:
        self.values = values
        self.dtype = dtype

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in self.values:
            return ast.parse(self.values[node.id], mode="eval").body
        if node.id in ("inf", "nan"):
            return ast.parse(f"np.{self.dtype}({node.id})", mode="eval").body
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        if isinstance(node.value, bool) or not isinstance(node.value, int | float):
            return node
        return ast.parse(literal(node.value, self.dtype), mode="eval").body


def substitute(text: str, values: dict[str, str], dtype: str) -> str:
    """Return an expression with its arguments replaced and its literals typed.

    Examples
    --------
    >>> substitute("x * 2", {"x": "a"}, "float32")
    'a * np.float32(2)'
    """
    tree = ast.parse(text, mode="eval")
    return ast.unparse(_Substitute(values, dtype).visit(tree))


class Writer:
    """Lines of source text, indented.

    Examples
    --------
    >>> w = Writer()
    >>> w.add("pass")
    >>> w.lines
    ['    pass']
    """

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.depth = 1

    def add(self, line: str) -> None:
        """Append a line."""
        self.lines.append("    " * self.depth + line)
