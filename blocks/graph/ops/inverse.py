"""Inverse and determinant of a matrix, and linear equations.

Examples
--------
>>> matrix_inverse([[2.0, 0.0], [0.0, 4.0]]).eval()
array([[0.5 , 0.  ],
       [0.  , 0.25]])
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from blocks.errors import NonFiniteError, ShapeError
from blocks.graph.op import Array, Call, Gradients, Op, Types, as_variable
from blocks.graph.ops.elementwise import mul, neg
from blocks.graph.ops.linalg import dot
from blocks.graph.ops.shape import dimshuffle, patternbroadcast
from blocks.graph.types import TensorType, upcast
from blocks.graph.variable import Variable

__all__ = ["Determinant", "MatrixInverse", "det", "matrix_inverse", "solve"]


def _square(name: str, x: TensorType) -> str:
    """Return the dtype of the result for a square matrix, or raise."""
    if x.ndim != 2 or (None not in x.shape and x.shape[0] != x.shape[1]):
        raise ShapeError(f"{name}: expected a square matrix, got {x}. Check its shape.")
    return upcast(x.dtype, "float32")


@dataclass(frozen=True)
class MatrixInverse(Op):
    """The inverse of a square matrix."""

    name = "matrix_inverse"

    def infer(self, *types: TensorType) -> Types:
        """Return the type of the input, of floating dtype."""
        (x,) = types
        return (x.clone(dtype=_square(self.name, x)),)

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
        dtype = _square(self.name, types[0])
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
        return (TensorType(_square(self.name, types[0])),)

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
        dtype = _square(self.name, types[0])
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


def solve(a: Any, b: Any) -> Variable:
    """Return x such that the product of the square matrix `a` and x is `b`.

    Examples
    --------
    >>> solve([[2.0, 0.0], [0.0, 4.0]], [2.0, 2.0]).eval()
    array([1. , 0.5])
    """
    return dot(matrix_inverse(as_variable(a)), b)
