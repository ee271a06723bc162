"""What kernels call instead of NumPy: the functions that generated code has for it."""

from __future__ import annotations

import ast

__all__ = ["Dialect"]

ELEMENTARY = frozenset(
    ["cosh", "exp", "exp2", "expm1", "log", "log1p", "log2", "log10", "sinh", "tanh"]
)
"""The functions of `vectors`, which cannot be imported here: it needs Numba."""


class Dialect(ast.NodeTransformer):
    """Rewrites what Numba has functions of its own for, which are slow, or long to compile.

    The kernels that operations bring along are plain Python on NumPy arrays.

    ==============================  ==============================
    ``x.reshape(x.size)``           ``flat(x)``
    ``x[i : i + n]``                ``part(x, i, n)``
    ``np.max(x)``                   ``largest(x)``
    ``np.sum(x, dtype=d)``          ``total_of(x, d)``
    ``np.sum(x * y, dtype=d)``      ``total_of_products(x, y, d)``
    ``np.exp(x)``, ``np.log(x)`` .. ``exp(x)``, ``log(x)`` ..
    ==============================  ==============================

    Examples
    --------
    >>> ast.unparse(Dialect().visit(ast.parse("y = np.exp(x.reshape(x.size)[i:i + n])")))
    'y = exp(part(flat(x), i, n))'
    """

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """Rewrite calls."""
        self.generic_visit(node)
        text = ast.unparse(node.func)
        name = text.removeprefix("np.")
        if text.endswith(".reshape"):
            array = text.removesuffix(".reshape")
            if ast.unparse(node) == f"{array}.reshape({array}.size)":
                return _call("flat", ast.parse(array, mode="eval").body)
        if text == "np.max" and len(node.args) == 1 and not node.keywords:
            return _call("largest", *node.args)
        if text == "np.sum" and [k.arg for k in node.keywords] == ["dtype"]:
            (x,), dtype = node.args, node.keywords[0].value
            if isinstance(x, ast.BinOp) and isinstance(x.op, ast.Mult):
                return _call("total_of_products", x.left, x.right, dtype)
            return _call("total_of", x, dtype)
        if text != name and name in ELEMENTARY:
            return _call(name, *node.args)
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        """Rewrite slices."""
        self.generic_visit(node)
        found = node.slice
        if isinstance(found, ast.Slice) and found.lower is not None and found.step is None:
            end = found.upper
            if (
                isinstance(end, ast.BinOp)
                and isinstance(end.op, ast.Add)
                and ast.unparse(end.left) == ast.unparse(found.lower)
            ):
                return _call("part", node.value, found.lower, end.right)
        return node


def _call(name: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), list(arguments), [])
