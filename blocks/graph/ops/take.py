"""Rows by number: ``x[index]`` with one array of integers, its gradient, and `nonzero`.

Examples
--------
>>> take(np.array([[1, 2], [3, 4], [5, 6]]), [2, 0], axis=0).eval()
array([[5, 6],
       [1, 2]])
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from blocks.errors import DtypeError, IndexRangeError
from blocks.graph.op import Array, Call, Gradients, Kernel, Op, Types, as_variable
from blocks.graph.ops.elementwise import cast, clip, mod
from blocks.graph.ops.pattern import range_error
from blocks.graph.ops.shape import flatten, normalize_axis, patternbroadcast, shape, shape_i
from blocks.graph.types import TensorType, is_float
from blocks.graph.variable import Constant, Variable, constant

__all__ = [
    "Nonzero",
    "Take",
    "TakeGradient",
    "as_index",
    "flatnonzero",
    "nonzero",
    "nonzero_values",
    "take",
]


def _check_range(axis: int, size: int, index: Array, what: str) -> None:
    if index.size and (index.min() < -size or index.max() >= size):
        bad = index[(index < -size) | (index >= size)]
        raise range_error("take", axis, size, int(bad.flat[0]), what)


def _take_rows(x, index, out):  # type: ignore[no-untyped-def]
    source = x.reshape(x.size)
    target = out.reshape(out.size)
    numbers = index.reshape(index.size)
    width = 0
    if numbers.size > 0:
        width = target.size // numbers.size
    for i in range(numbers.size):
        row = numbers[i]
        if row < 0:
            row += x.shape[0]
        for j in range(width):
            target[i * width + j] = source[row * width + j]


def _add_rows(g, index, sizes, out):  # type: ignore[no-untyped-def]
    source = g.reshape(g.size)
    target = out.reshape(out.size)
    numbers = index.reshape(index.size)
    for i in range(target.size):
        target[i] = 0
    width = 0
    if numbers.size > 0:
        width = source.size // numbers.size
    for i in range(numbers.size):
        row = numbers[i]
        if row < 0:
            row += out.shape[0]
        for j in range(width):
            target[row * width + j] += source[i * width + j]


def _leading(g: Array, axis: int, ndim: int) -> Array:
    """Return an array with `ndim` axes from `axis` on moved to the front."""
    return np.moveaxis(g, range(axis, axis + ndim), range(ndim))


@dataclass(frozen=True)
class Take(Op):
    """The parts of the first input along one axis that the second, int64, numbers.

    Parameters
    ----------
    axis
        The axis, counted from the left.
    """

    axis: int

    name = "take"

    def infer(self, *types: TensorType) -> Types:
        """Return the type with the axis replaced by those of the indices."""
        x, index = types
        size = x.shape[self.axis]
        if size is not None and index.known is not None:
            for i in index.known if index.ndim else [index.known]:
                if i is not None and not -size <= i < size:
                    raise range_error("take", self.axis, size, i, str(x))
        shape = (*x.shape[: self.axis], *index.shape, *x.shape[self.axis + 1 :])
        flags = (
            *x.broadcastable[: self.axis],
            *index.broadcastable,
            *x.broadcastable[self.axis + 1 :],
        )
        return (TensorType(x.dtype, shape, flags),)

    def grad(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        output_gradients: Gradients,
    ) -> Gradients:
        """Return the gradient added up at the places that were taken."""
        (x, index), (g,) = inputs, output_gradients
        if g is None or not x.type.is_float:
            return [None, None]
        dx = TakeGradient(self.axis)(g, index, shape(x))
        return [patternbroadcast(dx, x.broadcastable), None]

    def lower(self, *types: TensorType) -> Kernel | Call:
        """Lower to a copy of rows; to NumPy for other axes."""
        if self.axis == 0 and types[1].ndim:
            return Kernel(
                _take_rows,
                check=lambda x, index, out: _check_range(
                    0, x.shape[0], index, f"{x.dtype} {x.shape}"
                ),
                within=lambda x, index, out: (1, -x.shape[0], x.shape[0]),
            )
        return Call(self._take)

    def _take(self, x: Array, index: Array) -> tuple[Array, ...]:
        _check_range(self.axis, x.shape[self.axis], index, f"{x.dtype} {x.shape}")
        return (np.take(x, index, axis=self.axis),)

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute with NumPy."""
        x, index = arrays
        _check_range(self.axis, x.shape[self.axis], index, f"{x.dtype} {x.shape}")
        return (x[(slice(None),) * self.axis + (index,)],)


@dataclass(frozen=True)
class TakeGradient(Op):
    """Zeros of the shape in the third input, plus the first at the indices in the second.

    Parameters
    ----------
    axis
        The axis that is indexed, counted from the left.
    """

    axis: int

    name = "take_gradient"

    def infer(self, *types: TensorType) -> Types:
        """Return the type of the given shape."""
        g, index, sizes = types
        known = sizes.known or (None,) * (g.ndim - index.ndim + 1)
        return (TensorType(g.dtype, known),)

    def grad(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        output_gradients: Gradients,
    ) -> Gradients:
        """Return the parts of the gradient that were added to."""
        (g, index, _), (gg,) = inputs, output_gradients
        if gg is None:
            return [None, None, None]
        return [patternbroadcast(Take(self.axis)(gg, index), g.broadcastable), None, None]

    def lower(self, *types: TensorType) -> Kernel | Call:
        """Lower to a sum of rows; to NumPy for other axes."""
        if self.axis == 0 and types[1].ndim:
            return Kernel(
                _add_rows,
                check=lambda g, index, sizes, out: _check_range(
                    0, out.shape[0], index, f"{out.dtype} {out.shape}"
                ),
                within=lambda g, index, sizes, out: (1, -out.shape[0], out.shape[0]),
            )
        return Call(self.reference)

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute with NumPy."""
        g, index, sizes = arrays
        result = np.zeros(tuple(sizes), g.dtype)
        _check_range(self.axis, result.shape[self.axis], index, f"{g.dtype} {result.shape}")
        np.add.at(np.moveaxis(result, self.axis, 0), index, _leading(g, self.axis, index.ndim))
        return (result,)


@dataclass(frozen=True)
class Nonzero(Op):
    """The places where the input is not zero: for each axis a vector of indices.

    Parameters
    ----------
    matrix
        Whether the vectors are the rows of one matrix.
    """

    matrix: bool = False

    name = "nonzero"

    def infer(self, *types: TensorType) -> Types:
        """Return vectors of a length that is known only when the values are."""
        if self.matrix:
            return (TensorType("int64", (types[0].ndim, None), (False, False)),)
        return tuple(TensorType("int64", (None,)) for _ in range(types[0].ndim))

    def grad(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        output_gradients: Gradients,
    ) -> Gradients:
        """Return no gradient: places are integers."""
        return [None]

    def lower(self, *types: TensorType) -> Call:
        """Lower to NumPy."""
        if self.matrix:
            return Call(lambda x: (np.stack(np.nonzero(x)),))
        return Call(lambda x: tuple(np.nonzero(x)))

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute with NumPy."""
        places = np.argwhere(arrays[0]).T
        return (places,) if self.matrix else tuple(places)


def as_index(name: str, index: Any) -> Variable:
    """Return indices as a variable of int64.

    Raises
    ------
    DtypeError
        If they are not integers.

    Examples
    --------
    >>> as_index("take", [0, 2]).dtype
    'int64'
    """
    index = as_variable(index)
    if isinstance(index, Constant) and index.data.size == 0:
        return constant(index.data, dtype="int64")
    if is_float(index.dtype) or index.dtype == "bool":
        raise DtypeError(
            f"{name}: expected integers as indices, got {index} of type {index.type}. "
            "Use cast(index, 'int64')."
        )
    if isinstance(index, Constant):
        return constant(index.data, dtype="int64")
    return cast(index, "int64")


def take(x: Any, indices: Any, axis: int | None = None, mode: str = "raise") -> Variable:
    """Return the parts of `x` along an axis at the given indices.

    Parameters
    ----------
    x
        A variable.
    indices
        Integers of any shape; negative ones count from the end.
    axis
        The axis; by default `x` is flattened first.
    mode
        What to do with an index out of range: ``"raise"``, ``"wrap"`` (take it modulo the
        size) or ``"clip"`` (take the nearest one; negative ones are 0).

    Returns
    -------
    An array of the shape of `x`, with the axis replaced by the shape of the indices.

    Raises
    ------
    IndexRangeError
        If an index is out of range.

    Examples
    --------
    >>> take(np.array([[1, 2, 3], [4, 5, 6]]), [2, 0], axis=1).eval()
    array([[3, 1],
           [6, 4]])
    """
    if mode not in ("raise", "wrap", "clip"):
        raise IndexRangeError(
            f"take: expected mode 'raise', 'wrap' or 'clip', got {mode!r}. Choose one of them."
        )
    x = as_variable(x)
    if axis is None:
        x, axis = flatten(x), 0
    axis = normalize_axis("take", axis, x.ndim)
    places = as_index("take", indices)
    if mode == "wrap":
        places = mod(places, shape_i(x, axis))
    elif mode == "clip":
        places = clip(places, 0, shape_i(x, axis) - 1)
    result: Variable = Take(axis)(x, places)
    return result


def nonzero(x: Any, return_matrix: bool = False) -> Any:
    """Return the places where `x` is not zero, as a tuple with the indices for each axis.

    Parameters
    ----------
    x
        A variable of at least one axis.
    return_matrix
        Return one matrix with a row per axis instead.

    Raises
    ------
    IndexRangeError
        If `x` is a scalar.

    Examples
    --------
    >>> [i.eval() for i in nonzero(np.array([[1, 0], [0, 2]]))]
    [array([0, 1]), array([0, 1])]
    """
    x = as_variable(x)
    if x.ndim == 0:
        raise IndexRangeError(
            "nonzero: expected at least one axis, got a scalar. Use flatten first."
        )
    places = Nonzero(matrix=bool(return_matrix)).apply(x).outputs
    return places[0] if return_matrix else places


def flatnonzero(a: Any) -> Variable:
    """Return the places where `a`, flattened, is not zero, as a vector.

    Examples
    --------
    >>> flatnonzero(np.array([[1, 0], [0, 2]])).eval()
    array([0, 3])
    """
    result: Variable = nonzero(flatten(as_variable(a)))[0]
    return result


def nonzero_values(x: Any) -> Variable:
    """Return the elements of `x` that are not zero, as a vector.

    Examples
    --------
    >>> nonzero_values(np.array([[1, 0], [0, 2]])).eval()
    array([1, 2])
    """
    x = flatten(as_variable(x))
    return take(x, flatnonzero(x))
