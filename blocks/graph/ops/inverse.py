"""Inverse, pseudoinverse, determinant and power of a matrix.

Examples
--------
>>> matrix_inverse([[2.0, 0.0], [0.0, 4.0]]).eval()
array([[0.5 , 0.  ],
       [0.  , 0.25]])
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from blocks.errors import NonFiniteError, ShapeError
from blocks.graph.op import Array, Call, Gradients, Op, Types, as_variable
from blocks.graph.ops.creation import identity_like
from blocks.graph.ops.elementwise import add, cast, mul, neg, sub
from blocks.graph.ops.linalg import dot, merged
from blocks.graph.ops.shape import dimshuffle, patternbroadcast, reshape, shape_i
from blocks.graph.types import TensorType, upcast
from blocks.graph.variable import Variable

__all__ = [
    "Determinant",
    "MatrixInverse",
    "PseudoInverse",
    "as_matrix",
    "as_square",
    "det",
    "matrix_inverse",
    "matrix_power",
    "pinv",
    "square",
    "tensorinv",
]


def square(name: str, x: TensorType) -> str:
    """Return the dtype of the result for a square matrix, or raise.

    Integers become floats: those of up to 16 bits float32, the others float64.
    """
    if x.ndim != 2 or (None not in x.shape and x.shape[0] != x.shape[1]):
        raise ShapeError(f"{name}: expected a square matrix, got {x}. Check its shape.")
    return upcast(x.dtype, "float32")


def as_matrix(name: str, x: Any) -> Variable:
    """Return a matrix as a variable of floating dtype, or raise.

    Examples
    --------
    >>> as_matrix("qr", np.ones((2, 3), "int8")).dtype
    'float32'
    """
    x = as_variable(x)
    if x.ndim != 2:
        raise ShapeError(f"{name}: expected a matrix, got {x.type}.")
    return cast(x, upcast(x.dtype, "float32"))


def as_square(name: str, x: Any) -> Variable:
    """Return a square matrix as a variable of floating dtype, or raise."""
    x = as_variable(x)
    return cast(x, square(name, x.type))


@contextlib.contextmanager
def converging(name: str, x: Array) -> Iterator[None]:
    """Turn the error about an iteration that does not converge into ours."""
    try:
        yield
    except np.linalg.LinAlgError:
        raise NonFiniteError(
            f"{name}: expected a matrix for which the iteration converges, got another one of "
            f"{x.dtype} {x.shape}. Look for NaN and infinity in it."
        ) from None


@dataclass(frozen=True)
class MatrixInverse(Op):
    """The inverse of a square matrix."""

    name = "matrix_inverse"

    def infer(self, *types: TensorType) -> Types:
        """Return the type of the input, of floating dtype."""
        (x,) = types
        return (x.clone(dtype=square(self.name, x)),)

    def grad(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        output_gradients: Gradients,
    ) -> Gradients:
        """Return minus the product of the transposed inverse, the gradient, and it again."""
        (x,), (y,), (g,) = inputs, outputs, output_gradients
        if g is None or not x.type.is_float:
            return [None]
        transposed = dimshuffle(y, 1, 0)
        dx = neg(dot(transposed, dot(g, transposed)))
        return [patternbroadcast(dx, x.broadcastable)]

    def lower(self, *types: TensorType) -> Call:
        """Lower to NumPy."""
        dtype = square(self.name, types[0])
        return Call(lambda x: (self._invert(x).astype(dtype, copy=False),))

    def _invert(self, x: Array) -> Array:
        try:
            return np.linalg.inv(x)
        except np.linalg.LinAlgError:
            raise NonFiniteError(
                f"matrix_inverse: expected an invertible matrix, got a singular one of {x.dtype} "
                f"{x.shape}. Add a little to its diagonal."
            ) from None

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute with NumPy, by solving for the unit matrix."""
        (x,) = arrays
        self._invert(x)
        return (np.linalg.solve(x, np.eye(len(x))),)


@dataclass(frozen=True)
class Determinant(Op):
    """The determinant of a square matrix."""

    name = "det"

    def infer(self, *types: TensorType) -> Types:
        """Return the type of a scalar."""
        return (TensorType(square(self.name, types[0])),)

    def grad(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        output_gradients: Gradients,
    ) -> Gradients:
        """Return the determinant times the transposed inverse."""
        (x,), (y,), (g,) = inputs, outputs, output_gradients
        if g is None or not x.type.is_float:
            return [None]
        dx = mul(mul(g, y), dimshuffle(matrix_inverse(x), 1, 0))
        return [patternbroadcast(dx, x.broadcastable)]

    def lower(self, *types: TensorType) -> Call:
        """Lower to NumPy."""
        dtype = square(self.name, types[0])
        return Call(lambda x: (np.asarray(np.linalg.det(x), dtype),))

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute with NumPy, through the logarithm."""
        sign, logarithm = np.linalg.slogdet(arrays[0])
        return (sign * np.exp(logarithm),)


def matrix_inverse(x: Any) -> Variable:
    """Return the inverse of a square matrix.

    Raises
    ------
    ShapeError
        If it is not square.
    NonFiniteError
        If it is singular, when it is computed.

    Examples
    --------
    >>> matrix_inverse([[0.5]]).eval()
    array([[2.]])
    """
    result: Variable = MatrixInverse()(x)
    return result


def det(x: Any) -> Variable:
    """Return the determinant of a square matrix.

    Examples
    --------
    >>> det([[2.0, 0.0], [0.0, 3.0]]).eval()
    array(6.)
    """
    result: Variable = Determinant()(x)
    return result


@dataclass(frozen=True)
class PseudoInverse(Op):
    """The Moore-Penrose inverse of a matrix."""

    name = "pinv"

    def infer(self, *types: TensorType) -> Types:
        """Return the type of the transposed matrix."""
        (x,) = types
        return (TensorType(x.dtype, x.shape[::-1], x.broadcastable[::-1]),)

    def grad(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        output_gradients: Gradients,
    ) -> Gradients:
        """Return the gradient, where the rank is constant: Golub and Pereyra (1973), eq. 4.12."""
        (x,), (y,), (g,) = inputs, outputs, output_gradients
        if g is None:
            return [None]
        transposed, slope = dimshuffle(y, 1, 0), dimshuffle(g, 1, 0)
        left, right = dot(x, y), dot(y, x)  # the projections on the columns and the rows
        inside = dot(transposed, dot(g, transposed))
        beside = dot(sub(identity_like(left), left), dot(slope, dot(y, transposed)))
        below = dot(dot(transposed, y), dot(slope, sub(identity_like(right), right)))
        return [patternbroadcast(sub(add(beside, below), inside), x.broadcastable)]

    def lower(self, *types: TensorType) -> Call:
        """Lower to NumPy."""

        def invert(x: Array) -> tuple[Array, ...]:
            with converging(self.name, x):
                return (np.linalg.pinv(x),)

        return Call(invert)

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute as the solution of least squares for the unit matrix."""
        (x,) = arrays
        if x.size == 0:
            return (x.T,)
        cutoff = 1e-15 * max(x.shape)
        with converging(self.name, x):
            return (np.linalg.lstsq(x, np.eye(len(x), dtype=x.dtype), rcond=cutoff)[0],)


def pinv(x: Any) -> Variable:
    """Return the Moore-Penrose inverse of a matrix: the inverse on the space of its columns.

    Singular values below 1e-15 of the largest one count as zero. The gradient supposes
    that the rank does not change nearby.

    Examples
    --------
    >>> pinv([[2.0, 0.0], [0.0, 0.0]]).eval()
    array([[0.5, 0. ],
           [0. , 0. ]])
    """
    result: Variable = PseudoInverse()(as_matrix("pinv", x))
    return result


def matrix_power(M: Any, n: int) -> Variable:
    """Return a square matrix multiplied with itself: M^n; for n < 0 a power of its inverse.

    Examples
    --------
    >>> matrix_power([[1.0, 1.0], [0.0, 1.0]], 5).eval()
    array([[1., 5.],
           [0., 1.]])
    """
    M = as_variable(M)
    square("matrix_power", M.type)
    power = matrix_inverse(M) if n < 0 else M
    result = None
    for bit in reversed(f"{abs(n):b}"):  # by squaring
        if bit == "1":
            result = power if result is None else dot(result, power)
        power = dot(power, power)
    return identity_like(M) if result is None else result


def tensorinv(a: Any, ind: int = 2) -> Variable:
    """Return the inverse of `a` for ``tensordot(., ., ind)``.

    Parameters
    ----------
    a
        A variable; the sizes of its first `ind` axes have the same product as the others'.
    ind
        How many axes of `a` come last in the result.

    Raises
    ------
    ShapeError
        If `ind` is not positive and less than the number of axes.

    Examples
    --------
    >>> tensorinv(np.eye(6).reshape(6, 2, 3), ind=1).eval().shape
    (2, 3, 6)
    """
    a = as_variable(a)
    if not 0 < ind < a.ndim:
        raise ShapeError(f"tensorinv: expected ind from 1 to {a.ndim - 1}, got {ind} for {a.type}.")
    matrix = merged(a, list(range(ind)), list(range(ind, a.ndim)))
    sizes = [shape_i(a, axis) for axis in [*range(ind, a.ndim), *range(ind)]]
    return reshape(matrix_inverse(matrix), sizes)
