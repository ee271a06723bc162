"""The reductions as operations: folds over some axes, and the index of an extreme.

Examples
--------
>>> from blocks import tensor
>>> Reduce("max", (1,))(tensor.matrix("x")).ndim
1
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from blocks.errors import ShapeError
from blocks.graph.op import Array, Call, Gradients, Op, Reduction, Types
from blocks.graph.ops.axes import dimshuffle, normalize_axis
from blocks.graph.ops.broadcast import Spread
from blocks.graph.ops.elementwise import cast, eq, switch
from blocks.graph.types import TensorType, accumulator, is_float
from blocks.graph.variable import Constant, Variable

__all__ = ["ArgReduce", "Axis", "Reduce", "expand", "normalize_axes"]

Axis = int | Sequence[int] | None
"""The axes of a reduction: one, several, or all of them."""

FOLDS: dict[str, tuple[str, Callable[..., Any]]] = {
    "sum": ("total + x", np.sum),
    "prod": ("total * x", np.prod),
    "max": ("total if total >= x or total != total else x", np.max),
    "min": ("total if total <= x or total != total else x", np.min),
    "any": ("total or x", np.any),
    "all": ("total and x", np.all),
}
STARTS = {"sum": "0", "prod": "1", "any": "False", "all": "True"}


def _check_not_empty(name: str, x: TensorType, axes: Sequence[int]) -> None:
    for axis in axes:
        if x.shape[axis] == 0:
            raise ShapeError(
                f"{name}: expected at least one element along axis {axis}, got {x}. "
                "Check for an empty batch."
            )


@dataclass(frozen=True)
class Reduce(Op):
    """Fold of some axes, which the result does not have.

    Parameters
    ----------
    kind
        One of sum, prod, max, min, any, all.
    axes
        The axes that are folded, counted from the left, in order.
    """

    kind: str
    axes: tuple[int, ...]

    @property
    def name(self) -> str:
        """The name of the op in messages and printed graphs."""
        return self.kind

    def result_dtype(self, dtype: str) -> str:
        """Return the dtype of the result: integers are added up in 64 bits."""
        if self.kind in ("any", "all"):
            return "bool"
        if self.kind in ("sum", "prod") and not is_float(dtype):
            return "uint64" if dtype.startswith("uint") else "int64"
        return dtype

    def infer(self, *types: TensorType) -> Types:
        """Return the type without the folded axes."""
        (x,) = types
        if self.kind in ("max", "min"):
            _check_not_empty(self.kind, x, self.axes)
        kept = [axis for axis in range(x.ndim) if axis not in self.axes]
        shape = tuple(x.shape[axis] for axis in kept)
        flags = tuple(x.broadcastable[axis] for axis in kept)
        return (TensorType(self.result_dtype(x.dtype), shape, flags),)

    def grad(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        output_gradients: Gradients,
    ) -> Gradients:
        """Return copies for a sum; for an extreme, the gradient to each element equal to it."""
        (x,), (y,), (g,) = inputs, outputs, output_gradients
        if g is None or not is_float(x.dtype) or self.kind in ("any", "all"):
            return [None]
        g, y = expand(g, x, self.axes), expand(y, x, self.axes)
        if self.kind == "sum":
            spread: Variable = Spread()(g, x)
            return [spread]
        if self.kind in ("max", "min"):
            return [switch(eq(x, y), g, 0)]
        return [g * _product_of_others(x, self.axes)]

    def lower(self, *types: TensorType) -> Reduction:
        """Lower to a fold, into which elementwise inputs fuse."""
        dtype = self.result_dtype(types[0].dtype)
        start = STARTS.get(self.kind) or _extreme(self.kind, dtype)
        return Reduction(FOLDS[self.kind][0], start, self.axes, dtype)

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Fold with NumPy."""
        (x,) = arrays
        dtype = self.result_dtype(str(x.dtype))
        options = {"dtype": accumulator(dtype)} if self.kind in ("sum", "prod") else {}
        return (np.asarray(FOLDS[self.kind][1](x, axis=self.axes, **options), dtype),)

    def __str__(self) -> str:
        return f"{self.kind}{self.axes}"


def _extreme(kind: str, dtype: str) -> str:
    """Return what every element is at least, for a maximum, or at most, for a minimum."""
    if is_float(dtype):
        return "-inf" if kind == "max" else "inf"
    if dtype == "bool":
        return str(kind != "max")
    limits = np.iinfo(dtype)
    return str(limits.min if kind == "max" else limits.max)


def _product_of_others(x: Variable, axes: tuple[int, ...]) -> Variable:
    """Return, for each element, the product of all others in its fold, zeros or not."""
    zero = eq(x, 0)
    zeros = expand(Reduce("sum", axes)(cast(zero, "int64")), x, axes)
    rest = expand(Reduce("prod", axes)(switch(zero, 1, x)), x, axes)
    at_only_zero = switch(eq(zeros, 1) & zero, rest, 0)
    return switch(eq(zeros, 0), rest / x, at_only_zero)


@dataclass(frozen=True)
class ArgReduce(Op):
    """Index of the largest or smallest element along one axis; the first one of ties.

    Parameters
    ----------
    kind
        ``"argmax"`` or ``"argmin"``.
    axis
        The axis, counted from the left.
    """

    kind: str
    axis: int

    @property
    def name(self) -> str:
        """The name of the op in messages and printed graphs."""
        return self.kind

    def infer(self, *types: TensorType) -> Types:
        """Return the type without the axis, of int64."""
        (x,) = types
        _check_not_empty(self.kind, x, [self.axis])
        shape = x.shape[: self.axis] + x.shape[self.axis + 1 :]
        flags = x.broadcastable[: self.axis] + x.broadcastable[self.axis + 1 :]
        return (TensorType("int64", shape, flags),)

    def grad(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        output_gradients: Gradients,
    ) -> Gradients:
        """Return no gradient: an index does not change smoothly."""
        return [None]

    def lower(self, *types: TensorType) -> Call:
        """Lower to NumPy."""
        function, axis = getattr(np, self.kind), self.axis
        return Call(lambda x: (np.asarray(function(x, axis=axis)),))

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compare each element with the extreme; NaN counts as the extreme."""
        (x,) = arrays
        extreme = (np.max if self.kind == "argmax" else np.min)(x, axis=self.axis, keepdims=True)
        found = (x == extreme) | (x != x)
        index = np.arange(x.shape[self.axis]).reshape((-1,) + (1,) * (x.ndim - self.axis - 1))
        return (np.where(found, index, x.shape[self.axis]).min(axis=self.axis),)

    def __str__(self) -> str:
        return f"{self.kind}({self.axis})"


def normalize_axes(name: str, x: Variable, axis: Any) -> tuple[int, ...]:
    """Return the axes of a reduction, counted from the left and in order.

    Raises
    ------
    ShapeError
        If an axis does not exist, is named twice, or is not a number.

    Examples
    --------
    >>> from blocks import tensor
    >>> normalize_axes("sum", tensor.tensor3("x"), (-1, 0))
    (0, 2)
    """
    if axis is None:
        return tuple(range(x.ndim))
    listed = list(axis) if isinstance(axis, list | tuple) else [axis]
    numbers = [a.data if isinstance(a, Constant) else a for a in listed]
    if any(isinstance(a, Variable) or not np.issubdtype(np.asarray(a).dtype, int) for a in numbers):
        raise ShapeError(
            f"{name}: expected an axis or several as numbers, got {axis}. "
            "Write axis=0, axis=(0, 1), or axis=None for all."
        )
    axes = sorted(normalize_axis(name, int(a), x.ndim) for a in numbers)
    if len(set(axes)) < len(axes):
        raise ShapeError(f"{name}: expected each axis at most once, got {axis}. Name it once.")
    return tuple(axes)


def expand(y: Variable, x: Variable, axes: Sequence[int]) -> Variable:
    """Return `y`, which lacks some axes of `x`, with those as axes of size 1.

    Examples
    --------
    >>> from blocks import tensor
    >>> expand(tensor.vector("y"), tensor.matrix("x"), [1]).broadcastable
    (False, True)
    """
    kept = iter(range(y.ndim))
    return dimshuffle(y, ["x" if axis in axes else next(kept) for axis in range(x.ndim)])
