"""Diagonals and triangles of matrices, and matrices of diagonals.

Examples
--------
>>> diag(np.array([[1, 2], [3, 4]])).eval(), diag([1, 2]).eval().tolist()
(array([1, 4]), [[1, 0], [0, 2]])
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from blocks.errors import ShapeError
from blocks.graph.op import Array, Call, Gradients, Op, Types, View, as_variable
from blocks.graph.ops.elementwise import add
from blocks.graph.ops.shape import (
    as_shape,
    normalize_axis,
    patternbroadcast,
    shape,
    shape_i,
)
from blocks.graph.types import TensorType
from blocks.graph.variable import Variable

__all__ = [
    "Diagonal",
    "DiagonalGradient",
    "Triangle",
    "alloc_diag",
    "diag",
    "diagonal",
    "extract_diag",
    "tril",
    "triu",
]


@dataclass(frozen=True)
class Diagonal(Op):
    """A diagonal over two axes, which becomes the last axis of the result.

    Parameters
    ----------
    offset
        The diagonal; 0 is the main one, positive ones lie above.
    axis1, axis2
        The two axes, counted from the left.
    """

    offset: int = 0
    axis1: int = 0
    axis2: int = 1

    name = "diagonal"

    def infer(self, *types: TensorType) -> Types:
        """Return the type without the two axes, and with the diagonal."""
        (x,) = types
        rest = [axis for axis in range(x.ndim) if axis not in (self.axis1, self.axis2)]
        n, m = x.shape[self.axis1], x.shape[self.axis2]
        size = None if n is None or m is None else self._size(n, m)
        shape = (*(x.shape[axis] for axis in rest), size)
        return (TensorType(x.dtype, shape),)

    def _size(self, n: int, m: int) -> int:
        return max(0, min(n + min(self.offset, 0), m - max(self.offset, 0)))

    def grad(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        output_gradients: Gradients,
    ) -> Gradients:
        """Return the gradient on the diagonal, zero elsewhere."""
        (x,), (g,) = inputs, output_gradients
        if g is None or not x.type.is_float:
            return [None]
        dx = DiagonalGradient(self.offset, self.axis1, self.axis2)(g, shape(x))
        return [patternbroadcast(dx, x.broadcastable)]

    def lower(self, *types: TensorType) -> View:
        """Lower to a view."""
        return View(self._look)

    def _look(self, x: Array) -> Array:
        view = np.diagonal(x, self.offset, self.axis1, self.axis2)
        if x.flags.writeable:  # NumPy's view is not, and what is not would be copied when planned
            view.flags.writeable = True
        return view

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute with NumPy, by indices."""
        x = np.moveaxis(arrays[0], (self.axis1, self.axis2), (0, 1))
        numbers = np.arange(self._size(*x.shape[:2]))
        rows, columns = numbers - min(self.offset, 0), numbers + max(self.offset, 0)
        return (np.moveaxis(x[rows, columns], 0, -1),)


@dataclass(frozen=True)
class DiagonalGradient(Op):
    """Zeros of the shape in the second input, with the first on a diagonal.

    Parameters
    ----------
    offset, axis1, axis2
        As in `Diagonal`.
    """

    offset: int = 0
    axis1: int = 0
    axis2: int = 1

    name = "diagonal_gradient"

    def infer(self, *types: TensorType) -> Types:
        """Return the type of the given shape."""
        g, sizes = types
        return (TensorType(g.dtype, sizes.known or (None,) * (g.ndim + 1)),)

    def grad(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        output_gradients: Gradients,
    ) -> Gradients:
        """Return the diagonal of the gradient."""
        (g, _), (gg,) = inputs, output_gradients
        if gg is None or not g.type.is_float:
            return [None, None]
        part = Diagonal(self.offset, self.axis1, self.axis2)(gg)
        return [patternbroadcast(part, g.broadcastable), None]

    def lower(self, *types: TensorType) -> Call:
        """Lower to NumPy."""
        return Call(self._place)

    def _place(self, g: Array, sizes: Array) -> tuple[Array, ...]:
        result = np.zeros([int(size) for size in sizes], g.dtype)
        x = np.moveaxis(result, (self.axis1, self.axis2), (0, 1))
        numbers = np.arange(g.shape[-1])
        x[numbers - min(self.offset, 0), numbers + max(self.offset, 0)] = np.moveaxis(g, -1, 0)
        return (result,)

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute with NumPy, through a view of the diagonal."""
        g, sizes = arrays
        result = np.zeros(tuple(sizes), g.dtype)
        view = np.diagonal(result, self.offset, self.axis1, self.axis2)
        view.flags.writeable = True
        view[...] = g
        return (result,)


@dataclass(frozen=True)
class Triangle(Op):
    """The matrices in the last two axes, with what is above or below a diagonal zero.

    Parameters
    ----------
    k
        The diagonal; 0 is the main one, positive ones lie above.
    lower_part
        Whether the lower part is kept, rather than the upper one.
    """

    k: int
    lower_part: bool

    @property
    def name(self) -> str:
        """The name of the op in messages and printed graphs."""
        return "tril" if self.lower_part else "triu"

    def infer(self, *types: TensorType) -> Types:
        """Return the type of the input."""
        (x,) = types
        if x.ndim < 2:
            raise ShapeError(
                f"{self.name}: expected at least two axes, got {x}. "
                "Use diag(x) to put a vector on a diagonal."
            )
        return (x.clone(),)

    def grad(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        output_gradients: Gradients,
    ) -> Gradients:
        """Return the same part of the gradient."""
        (g,) = output_gradients
        return [None if g is None else self(g)]

    def lower(self, *types: TensorType) -> Call:
        """Lower to NumPy."""
        function = np.tril if self.lower_part else np.triu
        return Call(lambda x: (function(x, self.k),))

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute with NumPy."""
        (x,) = arrays
        difference = np.arange(x.shape[-1]) - np.arange(x.shape[-2])[:, None]
        kept = difference <= self.k if self.lower_part else difference >= self.k
        return (np.where(kept, x, 0),)


def diagonal(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Variable:
    """Return a diagonal of `x` over two axes, as the last axis of the result.

    Parameters
    ----------
    x
        A variable of at least two axes.
    offset
        The diagonal; 0 is the main one, positive ones lie above.
    axis1, axis2
        The two axes.

    Examples
    --------
    >>> diagonal(np.array([[1, 2], [3, 4]]), offset=1).eval()
    array([2])
    """
    x = as_variable(x)
    if x.ndim < 2:
        raise ShapeError(
            f"diagonal: expected at least two axes, got {x.type}. "
            "Use diag(x) to put a vector on a diagonal."
        )
    axis1, axis2 = (normalize_axis("diagonal", axis, x.ndim) for axis in (axis1, axis2))
    if axis1 == axis2:
        raise ShapeError(
            f"diagonal: expected two different axes, got {axis1} twice. "
            "Choose another axis for one of them."
        )
    result: Variable = Diagonal(int(offset), axis1, axis2)(x)
    return result


def diag(v: Any, k: int = 0) -> Variable:
    """Return the matrix with a vector on diagonal `k`, or diagonal `k` of a matrix.

    Parameters
    ----------
    v
        A vector of n elements, or a matrix.
    k
        The diagonal: 0 for the main one, positive numbers above it, negative ones below.

    Examples
    --------
    >>> diag([1, 2], 1).eval()
    array([[0, 1, 0],
           [0, 0, 2],
           [0, 0, 0]])
    """
    v = as_variable(v)
    if v.ndim == 2:
        return diagonal(v, k)
    if v.ndim != 1:
        raise ShapeError(
            f"diag: expected a vector or a matrix, got {v.type}. "
            "Use diagonal(x, axis1, axis2) for more axes."
        )
    size = add(shape_i(v, 0), abs(k))
    result: Variable = DiagonalGradient(int(k))(v, as_shape("diag", [size, size]))
    return result


def extract_diag(x: Any) -> Variable:
    """Return the main diagonal of a matrix.

    Parameters
    ----------
    x
        A matrix of shape (n, m); the result has min(n, m) elements.

    Examples
    --------
    >>> extract_diag(np.array([[1, 2], [3, 4]])).eval()
    array([1, 4])
    """
    x = as_variable(x)
    if x.ndim != 2:
        raise ShapeError(
            f"extract_diag: expected a matrix, got {x.type}. Use diagonal(x, axis1, axis2) for "
            "more axes, alloc_diag for the matrix of a vector."
        )
    return diagonal(x)


def alloc_diag(x: Any) -> Variable:
    """Return the matrix with a vector on its main diagonal.

    Parameters
    ----------
    x
        A vector of n elements; the result has shape (n, n).

    Examples
    --------
    >>> alloc_diag([1, 2]).eval()
    array([[1, 0],
           [0, 2]])
    """
    x = as_variable(x)
    if x.ndim != 1:
        raise ShapeError(
            f"alloc_diag: expected a vector, got {x.type}. Use extract_diag for the diagonal of a "
            "matrix."
        )
    return diag(x)


def tril(m: Any, k: int = 0) -> Variable:
    """Return `m` with zeros above diagonal `k`.

    Examples
    --------
    >>> tril(np.ones((2, 2))).eval()
    array([[1., 0.],
           [1., 1.]])
    """
    result: Variable = Triangle(k, True)(m)
    return result


def triu(m: Any, k: int = 0) -> Variable:
    """Return `m` with zeros below diagonal `k`.

    Examples
    --------
    >>> triu(np.ones((2, 2))).eval()
    array([[1., 1.],
           [0., 1.]])
    """
    result: Variable = Triangle(k, False)(m)
    return result
