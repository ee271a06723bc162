"""Sorting, running sums and differences along an axis.

Examples
--------
>>> argsort([3, 1, 2]).eval(), cumsum([3, 1, 2]).eval(), diff([3, 1, 2]).eval()
(array([1, 2, 0]), array([3, 4, 6]), array([-2,  1]))
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from blocks.errors import ShapeError
from blocks.graph.op import Array, Call, Gradients, Op, Types, as_variable
from blocks.graph.ops.creation import arange, eye
from blocks.graph.ops.elementwise import mul, sub, true_div
from blocks.graph.ops.index import index
from blocks.graph.ops.shape import (
    dimshuffle,
    flatten,
    normalize_axis,
    patternbroadcast,
    shape_i,
)
from blocks.graph.ops.take import take
from blocks.graph.types import TensorType, accumulator
from blocks.graph.variable import Variable

__all__ = [
    "Argsort",
    "Cumulative",
    "Sort",
    "argsort",
    "cumprod",
    "cumsum",
    "diff",
    "sort",
    "to_one_hot",
]


@dataclass(frozen=True)
class Argsort(Op):
    """The indices that sort the input along an axis; equal elements stay in order.

    Parameters
    ----------
    axis
        The axis, counted from the left.
    """

    axis: int

    name = "argsort"

    def infer(self, *types: TensorType) -> Types:
        """Return the type of the indices."""
        (x,) = types
        return (TensorType("int64", x.shape, x.broadcastable),)

    def grad(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        output_gradients: Gradients,
    ) -> Gradients:
        """Return no gradient: indices are integers."""
        return [None]

    def lower(self, *types: TensorType) -> Call:
        """Lower to NumPy."""
        return Call(lambda x: (np.argsort(x, self.axis, kind="stable"),))

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute with NumPy, by the values and then the places."""
        x = np.moveaxis(arrays[0], self.axis, -1)
        places = np.broadcast_to(np.arange(x.shape[-1]), x.shape)
        return (np.moveaxis(np.lexsort((places, x), axis=-1), -1, self.axis),)


@dataclass(frozen=True)
class Sort(Op):
    """The input with its elements in rising order along an axis.

    Parameters
    ----------
    axis
        The axis, counted from the left.
    """

    axis: int

    name = "sort"

    def infer(self, *types: TensorType) -> Types:
        """Return the type of the input."""
        return (types[0].clone(),)

    def grad(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        output_gradients: Gradients,
    ) -> Gradients:
        """Return each element of the gradient where its value came from."""
        (x,), (g,) = inputs, output_gradients
        if g is None or not x.type.is_float:
            return [None]
        ranks = argsort(argsort(x, self.axis), self.axis)
        where: list[Variable] = []
        for axis in range(x.ndim):
            places = arange(shape_i(x, axis))
            new = ["x"] * axis + [0] + ["x"] * (x.ndim - axis - 1)
            where.append(ranks if axis == self.axis else dimshuffle(places, *new))
        return [patternbroadcast(index(g, tuple(where)), x.broadcastable)]

    def lower(self, *types: TensorType) -> Call:
        """Lower to NumPy."""
        return Call(lambda x: (np.sort(x, self.axis),))

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute with NumPy, by indices."""
        (x,) = arrays
        return (np.take_along_axis(x, np.argsort(x, self.axis, kind="stable"), self.axis),)


@dataclass(frozen=True)
class Cumulative(Op):
    """The running sums or products of the input along an axis.

    Parameters
    ----------
    axis
        The axis, counted from the left.
    product
        Whether elements are multiplied rather than added.
    """

    axis: int
    product: bool = False

    @property
    def name(self) -> str:
        """The name of the op in messages and printed graphs."""
        return "cumprod" if self.product else "cumsum"

    def infer(self, *types: TensorType) -> Types:
        """Return the type of the input."""
        return (types[0].clone(),)

    def grad(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        output_gradients: Gradients,
    ) -> Gradients:
        """Return the running sums of the gradient from the end; for products no x may be 0."""
        (x,), (y,), (g,) = inputs, outputs, output_gradients
        if g is None or not x.type.is_float:
            return [None]
        back = (slice(None),) * self.axis + (slice(None, None, -1),)
        g = patternbroadcast(g, x.broadcastable)
        terms = mul(g, y) if self.product else g
        total = index(Cumulative(self.axis)(index(terms, back)), back)
        return [true_div(total, x) if self.product else total]

    def lower(self, *types: TensorType) -> Call:
        """Lower to NumPy."""
        function, dtype = np.cumprod if self.product else np.cumsum, types[0].dtype
        wide = accumulator(dtype)
        return Call(lambda x: (function(x, axis=self.axis, dtype=wide).astype(dtype, copy=False),))

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute with NumPy, element by element."""
        dtype = str(arrays[0].dtype)
        x = np.moveaxis(arrays[0].astype(accumulator(dtype)), self.axis, 0)
        for i in range(1, len(x)):
            x[i] = x[i - 1] * x[i] if self.product else x[i - 1] + x[i]
        return (np.moveaxis(x, 0, self.axis).astype(dtype),)


def _along(name: str, x: Any, axis: int | None) -> tuple[Variable, int]:
    variable = as_variable(x)
    if axis is None:
        return flatten(variable), 0
    return variable, normalize_axis(name, axis, variable.ndim)


def _check_sort(kind: str, order: None) -> None:
    kinds = ("quicksort", "mergesort", "heapsort", "stable")
    if kind not in kinds or order is not None:
        raise ValueError(
            f"sort: expected one of the kinds {', '.join(kinds)} and order=None, got {kind!r} "
            f"and {order!r}. Leave both out: every kind sorts alike."
        )


def sort(a: Any, axis: int | None = -1, kind: str = "quicksort", order: None = None) -> Variable:
    """Return `a` in rising order along an axis.

    Parameters
    ----------
    a
        A variable.
    axis
        The axis; ``None`` flattens first.
    kind, order
        Accepted for compatibility: the sort is stable, and there are no fields to order by.

    Examples
    --------
    >>> sort([3, 1, 2]).eval()
    array([1, 2, 3])
    """
    _check_sort(kind, order)
    x, axis = _along("sort", a, axis)
    result: Variable = Sort(axis)(x)
    return result


def argsort(a: Any, axis: int | None = -1, kind: str = "quicksort", order: None = None) -> Variable:
    """Return the indices that sort `a` along an axis; arguments as of `sort`.

    Examples
    --------
    >>> argsort([3, 1, 2]).eval()
    array([1, 2, 0])
    """
    _check_sort(kind, order)
    x, axis = _along("argsort", a, axis)
    result: Variable = Argsort(axis)(x)
    return result


def cumsum(x: Any, axis: int | None = None) -> Variable:
    """Return the running sums of `x` along an axis; by default it is flattened first.

    Examples
    --------
    >>> cumsum([[1, 2], [3, 4]], axis=0).eval()
    array([[1, 2],
           [4, 6]])
    """
    x, axis = _along("cumsum", x, axis)
    result: Variable = Cumulative(axis)(x)
    return result


def cumprod(x: Any, axis: int | None = None) -> Variable:
    """Return the running products of `x` along an axis; by default it is flattened first.

    Examples
    --------
    >>> cumprod([1, 2, 3]).eval()
    array([1, 2, 6])
    """
    x, axis = _along("cumprod", x, axis)
    result: Variable = Cumulative(axis, True)(x)
    return result


def diff(x: Any, n: int = 1, axis: int = -1) -> Variable:
    """Return the differences of neighbours along an axis, taken `n` times.

    Parameters
    ----------
    x
        A variable.
    n
        How many times.
    axis
        The axis, which becomes n shorter.

    Raises
    ------
    ShapeError
        If `n` is less than 0.

    Examples
    --------
    >>> diff([1, 4, 9, 16], n=2).eval()
    array([2, 2])
    """
    difference, axis = _along("diff", x, axis)
    if n < 0:
        raise ShapeError(f"diff: expected n of at least 0, got {n}. Use cumsum for sums.")
    before = (slice(None),) * axis
    for _ in range(n):
        later = index(difference, (*before, slice(1, None)))
        difference = sub(later, index(difference, (*before, slice(None, -1))))
    return difference


def to_one_hot(y: Any, nb_class: int, dtype: str | None = None) -> Variable:
    """Return a row for each label in `y`: 1 in the column of that number, else 0.

    Parameters
    ----------
    y
        Labels, from 0 to nb_class - 1; negative ones count from the end.
    nb_class
        The number of columns.
    dtype
        That of the result, by default floatX.

    Raises
    ------
    IndexRangeError
        If a label is out of range, when it is computed.

    Examples
    --------
    >>> to_one_hot([2, 0], 3, "int8").eval()
    array([[0, 0, 1],
           [1, 0, 0]], dtype=int8)
    """
    return take(eye(nb_class, dtype=dtype), y, axis=0)
