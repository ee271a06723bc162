"""Kernels as plain Python, for a debugger and for tests with very many small graphs.

With ``NUMBA_DISABLE_JIT=1`` nothing is compiled: the source of a kernel is run by Python,
on NumPy scalars. That is slow for each element and saves the time to compile. What Numba
would refuse because of an argument's dtype or layout is refused here too.
"""

from __future__ import annotations

import ast
import ctypes
import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from types import FunctionType
from typing import Any

import numpy as np

from blocks.graph.op import Array
from blocks.graph.ops.c99 import c99

__all__ = ["plain_kernel"]

# fmt: off
FUNCTIONS = [
    "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "ceil", "copysign",
    "cos", "cosh", "exp", "exp2", "expm1", "floor", "isinf", "isnan", "log", "log1p", "log2",
    "log10", "rint", "sin", "sinh", "sqrt", "tan", "tanh", "trunc",
]
# fmt: on
SCALARS: dict[str, Callable[[Any], Any]] = {
    "int64": np.int64,
    "float64": np.float64,
    "boolean": np.bool_,
}


def plain_kernel(body: str, signature: Sequence[tuple[str, int] | str]) -> Callable[..., None]:
    """Return the function ``kernel`` that `body` defines, run by Python.

    Parameters
    ----------
    body, signature
        As of `blocks.compile.jit.compile_kernel`.

    Examples
    --------
    >>> y = np.zeros(2)
    >>> plain_kernel("def kernel(y): y[0] = exp(y[1])", [("float64", 1)])(y)
    >>> y
    array([1., 0.])
    """
    function = _function(body)

    def kernel(*arguments: Any) -> None:
        values = [_checked(x, s) for x, s in zip(arguments, signature, strict=True)]
        with np.errstate(all="ignore"):
            function(*values)

    return kernel


def _checked(x: Any, argument: tuple[str, int] | str) -> Any:
    if isinstance(argument, str):
        return SCALARS[argument](x)
    fits = (x.dtype.name, x.ndim) == argument and x.flags.c_contiguous and x.flags.writeable
    if not fits:
        raise TypeError(
            f"kernel: expected a C-contiguous array {argument}, got {x.dtype} {x.shape}. "
            "Copy it with numpy.ascontiguousarray."
        )
    return x


@lru_cache(maxsize=256)
def _function(body: str) -> Callable[..., None]:
    tree = ast.fix_missing_locations(_Portable().visit(ast.parse(body)))
    from blocks.compile import philox, scalars  # import Numba

    namespace = dict(_NAMES)
    for module in (philox, scalars):
        namespace |= _undecorated(module)
    namespace["unsigned"] = _unsigned
    exec(compile(tree, "<kernel>", "exec"), namespace)
    kernel: Callable[..., None] = namespace["kernel"]
    return kernel


class _Portable(ast.NodeTransformer):
    """Rewrites the two expressions with which NumPy scalars would not do what Numba does."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        if not isinstance(node.op, ast.Pow):
            return node
        return ast.Call(ast.Name("power", ast.Load()), [node.left, node.right], [])

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        # -np.int8(128), as there is no int8 of 128.
        call = node.operand
        if isinstance(node.op, ast.USub) and isinstance(call, ast.Call) and len(call.args) == 1:
            (number,) = call.args
            if isinstance(number, ast.Constant) and isinstance(number.value, int):
                return ast.Call(call.func, [ast.UnaryOp(ast.USub(), number)], [])
        self.generic_visit(node)
        return node


def _power(x: Any, y: Any) -> Any:
    """Return x ** y; NumPy refuses negative exponents of integers."""
    if not isinstance(x, np.integer) or y >= 0:
        return x**y
    return type(x)(0 if abs(x) != 1 else x if y % 2 else 1)


def _gemm(dtype: type[np.floating[Any]]) -> Callable[..., None]:
    """Return the stand-in of one of BLAS's ``gemm`` routines, on column-major matrices."""

    def matrix(pointer: Any, rows: int, columns: int, stride: int) -> Array:
        size = rows + stride * (columns - 1) if rows and columns else 0
        assert rows <= stride
        assert size <= math.prod(pointer.shape)
        step = np.dtype(dtype).itemsize
        memory: Any = (ctypes.c_char * (size * step)).from_address(pointer.data)
        array: Array = np.ndarray((rows, columns), dtype, memory, strides=(step, stride * step))
        return array

    def gemm(
        ta: int, tb: int, m: int, n: int, k: int, alpha: Any, a: Any, lda: int,
        b: Any, ldb: int, beta: Any, c: Any, ldc: int,
    ) -> None:  # fmt: skip
        """Compute c = alpha * op(a) @ op(b) + beta * c."""
        left = matrix(a, k, m, lda).T if ta == ord("T") else matrix(a, m, k, lda)
        right = matrix(b, n, k, ldb).T if tb == ord("T") else matrix(b, k, n, ldb)
        result = matrix(c, m, n, ldc)
        product = alpha * (left @ right)
        result[...] = product if beta == 0 else product + beta * result

    return gemm


def _larger(x: Any, y: Any) -> Any:
    """Return the larger of two numbers; NaN is the largest."""
    return x if x >= y or x != x else y


def _undecorated(module: Any) -> dict[str, Any]:
    """Return the functions of a module without Numba, which call each other that way too."""
    names: dict[str, Any] = {**vars(module), **_NAMES}
    for name, function in vars(module).items():
        plain = getattr(function, "py_func", None)
        if plain is not None:
            names[name] = FunctionType(plain.__code__, names, name)
        elif name in module.__all__:  # Numba is switched off, and left it as it was
            names[name] = FunctionType(function.__code__, names, name)
    return {name: names[name] for name in module.__all__}


def _unsigned(x: Any) -> Any:
    """Return a real number as uint64; NumPy's scalars refuse what its arrays convert."""
    part = np.asarray(x, np.float64)
    if part < 2.0**63:
        return part.astype(np.int64).astype(np.uint64)[()]
    return part.astype(np.uint64)[()]


_NAMES: dict[str, Any] = {
    **{name: getattr(np, name) for name in FUNCTIONS},
    "dgemm": _gemm(np.float64),
    **{name: getattr(math, name) for name in ("erf", "erfc")},
    **{name: c99(getattr(math, name)) for name in ("gamma", "lgamma")},
    **dict.fromkeys(["from_key", "key_of"], lambda x: x),
    "inf": math.inf,
    "larger_key": _larger,
    "math": math,
    "nan": math.nan,
    "np": np,
    "power": _power,
    "sgemm": _gemm(np.float32),
}
