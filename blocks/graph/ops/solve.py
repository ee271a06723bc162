"""Linear equations: through LAPACK's solvers, without an inverse.

Examples
--------
>>> solve([[2.0, 0.0], [0.0, 4.0]], [2.0, 2.0]).eval()
array([1. , 0.5])
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from blocks.errors import GraphError, NonFiniteError, ShapeError
from blocks.graph.op import Array, Call, Gradients, Op, Types, as_variable
from blocks.graph.ops.diagonal import tril, triu
from blocks.graph.ops.elementwise import add, cast, neg
from blocks.graph.ops.inverse import as_square, converging, square
from blocks.graph.ops.linalg import dot, merged
from blocks.graph.ops.shape import dimshuffle, flatten, patternbroadcast, reshape, shape_i
from blocks.graph.types import TensorType, upcast
from blocks.graph.variable import Variable

__all__ = [
    "LeastSquares",
    "Solve",
    "lstsq",
    "mirrored",
    "solve",
    "solve_lower_triangular",
    "solve_triangular",
    "solve_upper_triangular",
    "tensorsolve",
]

STRUCTURES = ("gen", "sym", "pos", "tri")


@dataclass(frozen=True)
class Solve(Op):
    """The solution X of A X = B, for a square matrix A and a matrix B of one dtype.

    Parameters
    ----------
    structure
        What A is: ``"gen"`` (any matrix), ``"sym"`` (symmetric), ``"pos"`` (symmetric and
        positive definite), ``"tri"`` (triangular).
    use_lower
        Which triangle of A is read, where it is not any matrix.
    """

    structure: str = "gen"
    use_lower: bool = True

    name = "solve"

    def infer(self, *types: TensorType) -> Types:
        """Return the type of B."""
        a, b = types
        square(self.name, a)
        left, right = a.shape[0] if a.shape[1] is None else a.shape[1], b.shape[0]
        if None not in (left, right) and left != right:
            raise ShapeError(
                f"solve: expected as many rows of b as of a, got a of {a} and b of {b}."
            )
        size = left if right is None else right
        flag = a.broadcastable[0] or a.broadcastable[1] or b.broadcastable[0]
        return (TensorType(b.dtype, (size, b.shape[1]), (flag, b.broadcastable[1])),)

    def grad(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        output_gradients: Gradients,
    ) -> Gradients:
        """Return the solution for the transposed matrix, and its product: Giles (2008), 2.3.1."""
        (a, b), (x,), (g,) = inputs, outputs, output_gradients
        if g is None:
            return [None, None]
        if self.structure == "tri":
            db = Solve("tri", not self.use_lower)(dimshuffle(a, 1, 0), g)
        else:
            transposed = dimshuffle(a, 1, 0) if self.structure == "gen" else a
            db = self(transposed, g)
        da = neg(dot(db, dimshuffle(x, 1, 0)))
        if self.structure == "tri":
            da = tril(da) if self.use_lower else triu(da)
        elif self.structure != "gen":
            da = folded(da, self.use_lower)
        return [patternbroadcast(da, a.broadcastable), patternbroadcast(db, b.broadcastable)]

    def lower(self, *types: TensorType) -> Call:
        """Lower to LAPACK."""
        return Call(lambda a, b: (self._solve(a, b),))

    def _solve(self, a: Array, b: Array) -> Array:
        if b.size == 0:
            return np.zeros_like(b)  # LAPACK takes no empty matrices
        # SciPy's package of linear algebra takes long to import, and few need it.
        from scipy.linalg import get_lapack_funcs

        routine = {"gen": "gesv", "sym": "sysv", "pos": "posv", "tri": "trtrs"}[self.structure]
        (function,) = get_lapack_funcs((routine,), (a, b))
        if self.structure == "gen":
            *_, x, info = function(a, b)
        else:
            *_, x, info = function(a, b, lower=self.use_lower)
        if info > 0:
            raise self._error(a)
        solution: Array = x
        return solution

    def _error(self, a: Array) -> NonFiniteError:
        if self.structure == "pos":
            return not_positive_definite(self.name, a)
        return NonFiniteError(
            f"solve: expected an invertible matrix, got a singular one of {a.dtype} {a.shape}. "
            "Add a little to its diagonal."
        )

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute with NumPy, from the whole matrix."""
        a, b = arrays
        if self.structure != "gen":
            a = np.tril(a) if self.use_lower else np.triu(a)
        if self.structure in ("sym", "pos"):
            a = a + a.T - np.diag(a.diagonal())
        try:
            if self.structure == "pos":
                np.linalg.cholesky(a)
            return (np.linalg.solve(a, b),)
        except np.linalg.LinAlgError:
            raise self._error(a) from None


def not_positive_definite(name: str, a: Array) -> NonFiniteError:
    """Return the error about a matrix that has no Cholesky factor."""
    return NonFiniteError(
        f"{name}: expected a positive definite matrix, got another one of {a.dtype} {a.shape}. "
        "Add a little to its diagonal."
    )


def mirrored(x: Variable, lower: bool = True) -> Variable:
    """Return the symmetric matrix that has a triangle of `x`.

    Examples
    --------
    >>> mirrored(as_variable([[1, 0], [2, 3]])).eval()
    array([[1, 2],
           [2, 3]])
    """
    if lower:
        return add(tril(x), dimshuffle(tril(x, -1), 1, 0))
    return add(triu(x), dimshuffle(triu(x, 1), 1, 0))


def folded(g: Variable, lower: bool = True) -> Variable:
    """Return the gradient of a triangle from that of the symmetric matrix it stands for."""
    other = dimshuffle(g, 1, 0)
    if lower:
        return add(tril(g), tril(other, -1))
    return add(triu(g), triu(other, 1))


def solve(a: Any, b: Any, assume_a: str = "gen", lower: bool = False) -> Variable:
    """Return x such that the product of the square matrix `a` and x is `b`.

    Parameters
    ----------
    a
        A square matrix.
    b
        A vector or a matrix, of as many rows.
    assume_a
        What is known of `a`: ``"gen"`` (nothing), ``"sym"`` (it is symmetric), ``"pos"`` (it
        is positive definite) or ``"tri"`` (it is triangular).
    lower
        Which triangle of `a` is read, where something is known.

    Returns
    -------
    The solution, of the shape of `b`. Where only a triangle of `a` is read, its gradient
    lies in that triangle.

    Raises
    ------
    ShapeError
        If `a` is not square, or `b` does not fit it.
    GraphError
        If `assume_a` is none of the four.
    NonFiniteError
        If the matrix is singular, or not positive definite, when x is computed.

    Examples
    --------
    >>> solve([[2.0, 1.0], [1.0, 2.0]], [3.0, 3.0], assume_a="pos").eval()
    array([1., 1.])
    """
    if assume_a not in STRUCTURES:
        raise GraphError(
            f"solve: expected assume_a to be one of {', '.join(STRUCTURES)}, got {assume_a!r}."
        )
    a, b = as_square("solve", a), as_variable(b)
    if b.ndim not in (1, 2):
        raise ShapeError(f"solve: expected a vector or a matrix b, got {b.type}.")
    dtype = upcast(a.dtype, b.dtype)
    a, b = cast(a, dtype), cast(b, dtype)
    op = Solve(assume_a, bool(lower) or assume_a == "gen")
    if b.ndim == 1:
        return dimshuffle(op(a, dimshuffle(b, 0, "x")), 0)
    result: Variable = op(a, b)
    return result


def solve_triangular(a: Any, b: Any, lower: bool = False) -> Variable:
    """Return x such that the product of a triangle of `a` and x is `b`; see `solve`.

    Examples
    --------
    >>> solve_triangular([[2.0, 9.0], [1.0, 1.0]], [2.0, 3.0], lower=True).eval()
    array([1., 2.])
    """
    return solve(a, b, "tri", lower)


def solve_lower_triangular(a: Any, b: Any) -> Variable:
    """Return x such that the product of the lower triangle of `a` and x is `b`.

    Examples
    --------
    >>> solve_lower_triangular([[2.0, 9.0], [1.0, 1.0]], [2.0, 3.0]).eval()
    array([1., 2.])
    """
    return solve(a, b, "tri", True)


def solve_upper_triangular(a: Any, b: Any) -> Variable:
    """Return x such that the product of the upper triangle of `a` and x is `b`.

    Examples
    --------
    >>> solve_upper_triangular([[1.0, 1.0], [9.0, 2.0]], [2.0, 2.0]).eval()
    array([1., 1.])
    """
    return solve(a, b, "tri", False)


def tensorsolve(a: Any, b: Any, axes: Sequence[int] | None = None) -> Variable:
    """Return x such that ``tensordot(a, x, x.ndim)`` is `b`.

    Parameters
    ----------
    a
        A variable whose first axes have the sizes of `b`; the sizes of the others have the
        same product.
    b
        A variable.
    axes
        Axes of `a` to move to its end first.

    Examples
    --------
    >>> tensorsolve(np.eye(6).reshape(2, 3, 6), np.ones((2, 3))).eval()
    array([1., 1., 1., 1., 1., 1.])
    """
    a, b = as_variable(a), as_variable(b)
    moved = list(axes or ())
    a = dimshuffle(a, *(axis for axis in range(a.ndim) if axis not in moved), *moved)
    columns = list(range(b.ndim, a.ndim))
    solution = solve(merged(a, list(range(b.ndim)), columns), flatten(b))
    return reshape(solution, [shape_i(a, axis) for axis in columns], ndim=len(columns))


@dataclass(frozen=True)
class LeastSquares(Op):
    """The solution of least squares, its residuals, and rank and singular values of A.

    Parameters
    ----------
    rcond
        Singular values below this part of the largest one count as zero.
    """

    rcond: float

    name = "lstsq"

    def infer(self, *types: TensorType) -> Types:
        """Return the types; there are residuals only for a matrix of full rank."""
        a, b = types
        if a.ndim != 2 or b.ndim not in (1, 2) or _differ(a.shape[0], b.shape[0]):
            raise ShapeError(
                f"lstsq: expected a matrix and a vector or matrix of as many rows, got {a} and {b}."
            )
        smaller = None if None in a.shape else min(size or 0 for size in a.shape)
        return (
            TensorType(a.dtype, (a.shape[1], *b.shape[1:])),
            TensorType(a.dtype, (None,)),
            TensorType("int64"),
            TensorType(a.dtype, (smaller,)),
        )

    def lower(self, *types: TensorType) -> Call:
        """Lower to NumPy."""
        return Call(self._solve)

    def _solve(self, a: Array, b: Array) -> tuple[Array, ...]:
        with converging(self.name, a):
            x, residuals, rank, s = np.linalg.lstsq(a, b, rcond=self.rcond)
        return x, residuals, np.asarray(rank), s

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute with NumPy: few rows and columns make another method no clearer."""
        return self._solve(*arrays)


def _differ(a: int | None, b: int | None) -> bool:
    return None not in (a, b) and a != b


def lstsq(x: Any, y: Any, rcond: float = -1.0) -> tuple[Variable, ...]:
    """Return the solution b of least squares of x b = y, and more. There is no gradient.

    Parameters
    ----------
    x
        A matrix.
    y
        A vector or a matrix, of as many rows.
    rcond
        Singular values of `x` below this part of the largest one count as zero; if it is
        negative, those below the precision of the dtype.

    Returns
    -------
    The solution, the sums of squared residuals (empty where the rank is not full), the
    rank, and the singular values of `x`. For a solution with a gradient see `pinv`.

    Examples
    --------
    >>> lstsq([[1.0], [1.0]], [1.0, 3.0])[0].eval()
    array([2.])
    """
    x, y = as_variable(x), as_variable(y)
    dtype = upcast(x.dtype, y.dtype, "float32")
    return LeastSquares(float(rcond)).apply(cast(x, dtype), cast(y, dtype)).outputs
