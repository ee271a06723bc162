"""Reductions: sums, products, extremes and averages over some axes.

Examples
--------
>>> from blocks import tensor
>>> x = tensor.matrix("x")
>>> x.sum(axis=0).eval({x: [[1.0, 2.0], [3.0, 4.0]]})
array([4., 6.])
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from blocks.errors import DtypeError
from blocks.graph.op import as_variable
from blocks.graph.ops.axes import dimshuffle
from blocks.graph.ops.elementwise import (
    abs_,
    cast,
    eq,
    exp,
    identity,
    log,
    mul,
    sqr,
    sqrt,
    switch,
    true_div,
)
from blocks.graph.ops.gradients import disconnected_grad
from blocks.graph.ops.reduce_op import ArgReduce, Axis, Reduce, expand, normalize_axes
from blocks.graph.ops.shape import reshape
from blocks.graph.ops.sizes import shape_i
from blocks.graph.types import is_float
from blocks.graph.variable import Variable, constant

__all__ = [
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


def _reduce(kind: str, x: Any, axis: Any, keepdims: bool, dtype: Any = None) -> Variable:
    x = as_variable(x)
    if dtype is not None:
        x = cast(x, dtype)
    axes = normalize_axes(kind, x, axis)
    op = Reduce(kind, axes)
    if not axes:
        y = cast(x, op.result_dtype(x.dtype))
        return identity(x) if y is x else y  # a new variable, which may get a name of its own
    y = op(x)
    return expand(y, x, axes) if keepdims else y


def _count(x: Variable, axes: tuple[int, ...], dtype: str) -> Variable:
    """Return how many elements are folded into one."""
    sizes = [shape_i(x, axis) for axis in axes] or [constant(1, dtype="int64")]
    return cast(functools.reduce(mul, sizes), dtype)


def sum(
    x: Any,
    axis: Axis = None,
    dtype: str | None = None,
    keepdims: bool = False,
    acc_dtype: Any = None,
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
    >>> from blocks import tensor
    >>> sum([[1.0, 2.0], [3.0, 4.0]], axis=1).eval()
    array([3., 7.])
    """
    return _reduce("sum", x, axis, keepdims, dtype)


def prod(
    x: Any,
    axis: Axis = None,
    dtype: str | None = None,
    keepdims: bool = False,
    acc_dtype: Any = None,
    no_zeros_in_input: bool = False,
) -> Variable:
    """Product over some axes, prod_i x_i; arguments as of `sum`.

    `no_zeros_in_input` is accepted for compatibility: the gradient holds with zeros, too.

    Examples
    --------
    >>> from blocks import tensor
    >>> prod([2.0, 3.0]).eval()
    array(6.)
    """
    return _reduce("prod", x, axis, keepdims, dtype)


def max(x: Any, axis: Axis = None, keepdims: bool = False) -> Variable:
    """Largest element along some axes; NaN if there is one.

    Parameters
    ----------
    x
        A variable.
    axis
        The axis or axes, by default all.
    keepdims
        Whether these axes stay, with size 1.

    Examples
    --------
    >>> from blocks import tensor
    >>> max([2.0, 3.0]).eval()
    array(3.)
    """
    return _reduce("max", x, axis, keepdims)


def min(x: Any, axis: Axis = None, keepdims: bool = False) -> Variable:
    """Smallest element along some axes; NaN if there is one.

    Parameters
    ----------
    x
        A variable.
    axis
        The axis or axes, by default all.
    keepdims
        Whether these axes stay, with size 1.

    Examples
    --------
    >>> from blocks import tensor
    >>> min([2.0, 3.0]).eval()
    array(2.)
    """
    return _reduce("min", x, axis, keepdims)


def any(x: Any, axis: Axis = None, keepdims: bool = False) -> Variable:
    """Whether some element along the axes is not zero.

    Parameters
    ----------
    x
        A variable.
    axis
        The axis or axes, by default all.
    keepdims
        Whether these axes stay, with size 1.

    Examples
    --------
    >>> from blocks import tensor
    >>> any([False, True]).eval()
    array(True)
    """
    return _reduce("any", x, axis, keepdims)


def all(x: Any, axis: Axis = None, keepdims: bool = False) -> Variable:
    """Whether no element along the axes is zero.

    Parameters
    ----------
    x
        A variable.
    axis
        The axis or axes, by default all.
    keepdims
        Whether these axes stay, with size 1.

    Examples
    --------
    >>> from blocks import tensor
    >>> all([False, True]).eval()
    array(False)
    """
    return _reduce("all", x, axis, keepdims)


def mean(
    x: Any,
    axis: Axis = None,
    dtype: str | None = None,
    keepdims: bool = False,
    acc_dtype: Any = None,
) -> Variable:
    """Mean over some axes, (1/n) sum_i x_i; of integers in float64.

    Parameters
    ----------
    x
        A variable or array.
    axis
        The axis or axes; by default all of them.
    dtype
        The dtype of the result, a floating one.
    keepdims
        Whether the axes stay, with size 1.
    acc_dtype
        Accepted for compatibility.

    Examples
    --------
    >>> from blocks import tensor
    >>> mean([1, 2]).eval()
    array(1.5)
    """
    x = as_variable(x)
    axes = normalize_axes("mean", x, axis)
    if dtype is None:
        dtype = x.dtype if is_float(x.dtype) else "float64"
    x = cast(x, dtype)
    if not is_float(x.dtype):
        raise DtypeError(f"mean: expected a floating dtype, got {dtype}. Take the sum and int_div.")
    return true_div(_reduce("sum", x, axes, keepdims), _count(x, axes, x.dtype))


def var(
    x: Any, axis: Axis = None, ddof: int = 0, keepdims: bool = False, corrected: bool = False
) -> Variable:
    """Variance over some axes, (1/(n - ddof)) sum_i (x_i - mean)^2.

    Parameters
    ----------
    x
        A variable or array.
    axis
        The axis or axes; by default all of them.
    ddof
        What is subtracted from the number of elements.
    keepdims
        Whether the axes stay, with size 1.
    corrected
        Whether to make up for the rounding error of the mean.

    Examples
    --------
    >>> from blocks import tensor
    >>> var([1.0, 3.0]).eval(), var([1.0, 3.0], ddof=1).eval()
    (array(1.), array(2.))
    """
    x = as_variable(x)
    axes = normalize_axes("var", x, axis)
    centred = x - mean(x, axis=axes, keepdims=True)
    total = _reduce("sum", sqr(centred), axes, keepdims)
    n = _count(x, axes, centred.dtype)
    if corrected:
        total = total - sqr(_reduce("sum", centred, axes, keepdims)) / n
    return total / (n - ddof)


def std(
    x: Any, axis: Axis = None, ddof: int = 0, keepdims: bool = False, corrected: bool = False
) -> Variable:
    """Standard deviation over some axes, the square root of `var`; arguments as there.

    Examples
    --------
    >>> from blocks import tensor
    >>> std([1.0, 3.0]).eval()
    array(1.)
    """
    return sqrt(var(x, axis, ddof, keepdims, corrected))


def logsumexp(x: Any, axis: Axis = None, keepdims: bool = False) -> Variable:
    """Logarithm of a sum of exponentials, log sum_i e^x_i, without overflow.

    Parameters
    ----------
    x
        A variable or array.
    axis
        The axis or axes; by default all of them.
    keepdims
        Whether the axes stay, with size 1.

    Examples
    --------
    >>> from blocks import tensor
    >>> logsumexp([[1000.0, 1000.0]], axis=1).eval().round(3)
    array([1000.693])
    """
    x = as_variable(x)
    axes = normalize_axes("logsumexp", x, axis)
    top = max(x, axis=axes, keepdims=True)
    # The result does not depend on what is subtracted, as long as that is finite.
    top = disconnected_grad(switch(eq(abs_(top), np.inf), 0, top))
    result = log(sum(exp(x - top), axis=axes, keepdims=True)) + top
    return result if keepdims else dimshuffle(result, [a for a in range(x.ndim) if a not in axes])


def _arg(kind: str, x: Any, axis: Any, keepdims: bool) -> Variable:
    x = as_variable(x)
    axes = normalize_axes(kind, x, axis)
    kept = [a for a in range(x.ndim) if a not in axes]
    flat, number = x, len(kept)
    if len(axes) == 1:
        number = axes[0]
    else:
        flat = dimshuffle(x, [*kept, *axes])
        flat = reshape(flat, [*(shape_i(x, a) for a in kept), _count(x, axes, "int64")])
    index: Variable = ArgReduce(kind, number)(flat)
    return expand(index, x, axes) if keepdims else index


def argmax(x: Any, axis: Axis = None, keepdims: bool = False) -> Variable:
    """Index of the largest element along an axis, the first one of ties; NaN is largest.

    Parameters
    ----------
    x
        A variable or array.
    axis
        The axis. Of several, or by default all, the index is that into their elements
        in C order.
    keepdims
        Whether the axes stay, with size 1.

    Examples
    --------
    >>> from blocks import tensor
    >>> argmax([[1.0, 3.0], [4.0, 2.0]], axis=1).eval()
    array([1, 0])
    """
    return _arg("argmax", x, axis, keepdims)


def argmin(x: Any, axis: Axis = None, keepdims: bool = False) -> Variable:
    """Index of the smallest element along an axis; arguments as of `argmax`.

    Examples
    --------
    >>> from blocks import tensor
    >>> argmin([[1.0, 3.0], [4.0, 2.0]], axis=1).eval()
    array([0, 1])
    """
    return _arg("argmin", x, axis, keepdims)


def max_and_argmax(x: Any, axis: Axis = None, keepdims: bool = False) -> tuple[Variable, Variable]:
    """Largest element along an axis, and its index.

    Parameters
    ----------
    x
        A variable.
    axis
        The axis or axes, by default all.
    keepdims
        Whether these axes stay, with size 1.

    Examples
    --------
    >>> from blocks import tensor
    >>> [y.eval().item() for y in max_and_argmax([1.0, 3.0])]
    [3.0, 1]
    """
    return max(x, axis, keepdims), argmax(x, axis, keepdims)
