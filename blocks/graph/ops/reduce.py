"""Reductions: sums, products, extremes and averages over some axes.

Examples
--------
>>> from blocks import tensor
>>> x = tensor.matrix("x")
>>> x.sum(axis=0).eval({x: [[1.0, 2.0], [3.0, 4.0]]})
array([4., 6.])
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from blocks.errors import DtypeError, ShapeError
from blocks.graph.op import Array, Call, Gradients, Op, Reduction, Types, as_variable
from blocks.graph.ops.axes import dimshuffle, normalize_axis
from blocks.graph.ops.broadcast import Spread
from blocks.graph.ops.elementwise import cast, eq, exp, log, mul, sqr, sqrt, switch, true_div
from blocks.graph.ops.sizes import shape_i
from blocks.graph.types import TensorType, is_float
from blocks.graph.variable import Variable, constant

__all__ = [
    "ArgReduce",
    "Reduce",
    "all",
    "any",
    "argmax",
    "argmin",
    "logsumexp",
    "max",
    "max_and_argmax",
    "mean",
    "min",
    "prod",
    "std",
    "sum",
    "var",
]

Axis = int | Sequence[int] | None

FOLDS: dict[str, tuple[str, Callable[..., Any]]] = {
    "sum": ("total + x", np.sum),
    "prod": ("total * x", np.prod),
    "max": ("total if total >= x or total != total else x", np.max),
    "min": ("total if total <= x or total != total else x", np.min),
    "any": ("total or x", np.any),
    "all": ("total and x", np.all),
}
STARTS = {"sum": "0", "prod": "1", "any": "False", "all": "True"}


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

    def _dtype(self, dtype: str) -> str:
        if self.kind in ("any", "all"):
            return "bool"
        if self.kind in ("sum", "prod") and not is_float(dtype):
            return "uint64" if dtype.startswith("uint") else "int64"
        return dtype

    def infer(self, *types: TensorType) -> Types:
        """Return the type without the folded axes."""
        (x,) = types
        if self.kind in ("max", "min"):
            for axis in self.axes:
                if x.shape[axis] == 0:
                    raise ShapeError(
                        f"{self.kind}: expected at least one element along axis {axis}, got {x}."
                    )
        kept = [axis for axis in range(x.ndim) if axis not in self.axes]
        shape = tuple(x.shape[axis] for axis in kept)
        flags = tuple(x.broadcastable[axis] for axis in kept)
        return (TensorType(self._dtype(x.dtype), shape, flags),)

    def grad(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        output_gradients: Gradients,
    ) -> Gradients:
        """Return the gradient: copies for a sum, the share of each element for the others."""
        (x,), (y,), (g,) = inputs, outputs, output_gradients
        if g is None or not is_float(x.dtype) or self.kind in ("any", "all"):
            return [None]
        g, y = self._back(g, x), self._back(y, x)
        spread: Variable = Spread()(g, x)
        if self.kind == "sum":
            return [spread]
        if self.kind in ("max", "min"):
            return [g * eq(x, y)]
        return [g * _product_of_others(x, self.axes)]

    def _back(self, y: Variable, x: Variable) -> Variable:
        positions = iter(range(y.ndim))
        return dimshuffle(y, ["x" if a in self.axes else next(positions) for a in range(x.ndim)])

    def lower(self, *types: TensorType) -> Reduction:
        """Lower to a fold, into which elementwise inputs fuse."""
        (x,) = types
        dtype = self._dtype(x.dtype)
        start = STARTS.get(self.kind)
        if start is None:
            start = _extreme(self.kind, dtype)
        return Reduction(FOLDS[self.kind][0], start, self.axes, dtype)

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Fold with NumPy."""
        (x,) = arrays
        return (FOLDS[self.kind][1](x.astype(self._dtype(str(x.dtype))), axis=self.axes),)


def _extreme(kind: str, dtype: str) -> str:
    if is_float(dtype):
        return "-inf" if kind == "max" else "inf"
    if dtype == "bool":
        return str(kind != "max")
    limits = np.iinfo(dtype)
    return str(limits.min if kind == "max" else limits.max)


def _product_of_others(x: Variable, axes: tuple[int, ...]) -> Variable:
    """Return, for each element, the product of all others in its fold; zeros are no harm."""
    zero = eq(x, 0)
    count = sum(cast(zero, "int64"), axis=axes, keepdims=True)
    rest = prod(switch(zero, 1, x), axis=axes, keepdims=True)
    several = eq(count, 0)
    one = eq(count, 1)
    return switch(several, rest / x, switch(one & zero, rest, 0 * x))


def _axes(name: str, x: Variable, axis: Axis) -> tuple[int, ...]:
    if isinstance(axis, Variable):
        raise ShapeError(f"{name}: expected the axis as a number, got the symbol {axis}.")
    if axis is None:
        return tuple(range(x.ndim))
    axes = [axis] if isinstance(axis, int | np.integer) else list(axis)
    found = sorted(normalize_axis(name, int(a), x.ndim) for a in axes)
    if len(set(found)) < len(found):
        raise ShapeError(f"{name}: expected each axis once, got {axis}.")
    return tuple(found)


def _count(x: Variable, axes: Sequence[int]) -> Variable:
    """Return how many elements are folded into one."""
    count: Variable = constant(1, dtype="int64")
    for axis in axes:
        count = mul(count, shape_i(x, axis))
    return count


def _reduce(kind: str, x: Any, axis: Axis, keepdims: bool) -> Variable:
    x = as_variable(x)
    axes = _axes(kind, x, axis)
    op = Reduce(kind, axes)
    y: Variable = op(x)
    return op._back(y, x) if keepdims else y


def sum(
    x: Any, axis: Axis = None, dtype: str | None = None, keepdims: bool = False, acc_dtype: Any = None
) -> Variable:
    """Sum over some axes, sum_i x_i; of integers in int64.

    Parameters
    ----------
    x
        A variable or array.
    axis
        The axis or axes; by default all of them.
    dtype
        The dtype of the result.
    keepdims
        Whether the summed axes stay, with size 1.
    acc_dtype
        Accepted for compatibility.

    Examples
    --------
    >>> sum([[1.0, 2.0], [3.0, 4.0]], axis=1).eval()
    array([3., 7.])
    """
    x = as_variable(x)
    return _reduce("sum", cast(x, dtype) if dtype else x, axis, keepdims)


def prod(
    x: Any, axis: Axis = None, dtype: str | None = None, keepdims: bool = False, acc_dtype: Any = None
) -> Variable:
    """Product over some axes, prod_i x_i; arguments as of `sum`.

    Examples
    --------
    >>> prod([2.0, 3.0]).eval()
    array(6.)
    """
    x = as_variable(x)
    return _reduce("prod", cast(x, dtype) if dtype else x, axis, keepdims)


def max(x: Any, axis: Axis = None, keepdims: bool = False) -> Variable:
    """Largest element along some axes; NaN if there is one.

    Examples
    --------
    >>> max([2.0, 3.0]).eval()
    array(3.)
    """
    return _reduce("max", x, axis, keepdims)


def min(x: Any, axis: Axis = None, keepdims: bool = False) -> Variable:
    """Smallest element along some axes; NaN if there is one.

    Examples
    --------
    >>> min([2.0, 3.0]).eval()
    array(2.)
    """
    return _reduce("min", x, axis, keepdims)


def any(x: Any, axis: Axis = None, keepdims: bool = False) -> Variable:
    """Whether some element along the axes is not zero.

    Examples
    --------
    >>> any([False, True]).eval()
    array(True)
    """
    return _reduce("any", x, axis, keepdims)


def all(x: Any, axis: Axis = None, keepdims: bool = False) -> Variable:
    """Whether no element along the axes is zero.

    Examples
    --------
    >>> all([False, True]).eval()
    array(False)
    """
    return _reduce("all", x, axis, keepdims)


def mean(
    x: Any, axis: Axis = None, dtype: str | None = None, keepdims: bool = False, acc_dtype: Any = None
) -> Variable:
    """Mean over some axes, (1/n) sum_i x_i; of integers in float64.

    Examples
    --------
    >>> mean([1, 2]).eval()
    array(1.5)
    """
    x = as_variable(x)
    axes = _axes("mean", x, axis)
    if dtype is not None and not is_float(str(dtype)):
        raise DtypeError(f"mean: expected a floating dtype, got {dtype}.")
    x = cast(x, dtype or (x.dtype if is_float(x.dtype) else "float64"))
    return true_div(_reduce("sum", x, axes, keepdims), cast(_count(x, axes), x.dtype))


def var(x: Any, axis: Axis = None, ddof: int = 0, keepdims: bool = False) -> Variable:
    """Variance over some axes, (1/(n - ddof)) sum_i (x_i - mean)^2.

    Examples
    --------
    >>> var([1.0, 3.0]).eval()
    array(1.)
    """
    x = as_variable(x)
    axes = _axes("var", x, axis)
    centred = x - mean(x, axis=axes, keepdims=True)
    variance = mean(sqr(centred), axis=axes, keepdims=keepdims)
    if ddof:
        n = cast(_count(x, axes), variance.dtype)
        variance = variance * (n / (n - ddof))
    return variance


def std(x: Any, axis: Axis = None, ddof: int = 0, keepdims: bool = False) -> Variable:
    """Standard deviation over some axes, the square root of `var`.

    Examples
    --------
    >>> std([1.0, 3.0]).eval()
    array(1.)
    """
    return sqrt(var(x, axis, ddof, keepdims))


def logsumexp(x: Any, axis: Axis = None, keepdims: bool = False) -> Variable:
    """log sum_i e^x_i, without overflow.

    Examples
    --------
    >>> logsumexp([1000.0, 1000.0]).eval().round(3)
    array(1000.693)
    """
    x = as_variable(x)
    axes = _axes("logsumexp", x, axis)
    top = max(x, axis=axes, keepdims=True)
    top = switch(eq(abs(top), np.inf), 0, top)
    result = log(sum(exp(x - top), axis=axes, keepdims=True)) + top
    return result if keepdims else dimshuffle(result, [a for a in range(x.ndim) if a not in axes])


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
        if x.shape[self.axis] == 0:
            raise ShapeError(
                f"{self.kind}: expected at least one element along axis {self.axis}, got {x}."
            )
        shape = x.shape[: self.axis] + x.shape[self.axis + 1 :]
        flags = x.broadcastable[: self.axis] + x.broadcastable[self.axis + 1 :]
        return (TensorType("int64", shape, flags),)

    def grad(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        output_gradients: Gradients,
    ) -> Gradients:
        """Return no gradient: the index does not change smoothly."""
        return [None]

    def lower(self, *types: TensorType) -> Call:
        """Lower to NumPy."""
        function = np.argmax if self.kind == "argmax" else np.argmin
        return Call(lambda x: (np.asarray(function(x, axis=self.axis)),))

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute with NumPy."""
        (x,) = arrays
        function = np.argmax if self.kind == "argmax" else np.argmin
        return (np.asarray(function(x, axis=self.axis)),)


def _arg(kind: str, x: Any, axis: int | None, keepdims: bool) -> Variable:
    x = as_variable(x)
    flat = x
    if axis is None:
        from_axes = x.ndim != 1
        flat = x.flatten() if from_axes else x
        number = 0
    else:
        number = normalize_axis(kind, int(axis), x.ndim)
    index: Variable = ArgReduce(kind, number)(flat)
    if not keepdims:
        return index
    axes = tuple(range(x.ndim)) if axis is None else (number,)
    return Reduce("max", axes)._back(index, x)


def argmax(x: Any, axis: int | None = None, keepdims: bool = False) -> Variable:
    """Index of the largest element along an axis; by default of the flattened variable.

    Examples
    --------
    >>> argmax([[1.0, 3.0], [4.0, 2.0]], axis=1).eval()
    array([1, 0])
    """
    return _arg("argmax", x, axis, keepdims)


def argmin(x: Any, axis: int | None = None, keepdims: bool = False) -> Variable:
    """Index of the smallest element along an axis; by default of the flattened variable.

    Examples
    --------
    >>> argmin([[1.0, 3.0], [4.0, 2.0]], axis=1).eval()
    array([0, 1])
    """
    return _arg("argmin", x, axis, keepdims)


def max_and_argmax(
    x: Any, axis: int | None = None, keepdims: bool = False
) -> tuple[Variable, Variable]:
    """Largest element along an axis, and its index.

    Examples
    --------
    >>> [y.eval().item() for y in max_and_argmax([1.0, 3.0])]
    [3.0, 1]
    """
    return max(x, axis, keepdims), argmax(x, axis, keepdims)
