"""Linear algebra: products of vectors, matrices and arrays of more axes.

Only products of two matrices exist as such: everything else is one of them with axes
reordered and merged around it.

Examples
--------
>>> from blocks import tensor
>>> x, W = tensor.tensor3("x", shape=(None, 5, 4)), tensor.matrix("W", shape=(4, 2))
>>> dot(x, W).type.shape
(None, 5, 2)
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from blocks.errors import ShapeError
from blocks.graph.op import Array, Call, Gradients, Op, Product, Types, as_variable
from blocks.graph.ops import reduce
from blocks.graph.ops.diagonal import diagonal
from blocks.graph.ops.elementwise import abs_, cast, mul, neq, pow, sqr, sqrt
from blocks.graph.ops.shape import (
    dimshuffle,
    flatten,
    normalize_axis,
    patternbroadcast,
    reshape,
    shape_i,
)
from blocks.graph.types import TensorType, upcast
from blocks.graph.variable import Variable, constant

__all__ = [
    "Dot",
    "axis_pairs",
    "dot",
    "merged",
    "norm",
    "outer",
    "product_of",
    "same_dtype",
    "tensordot",
    "trace",
]


@dataclass(frozen=True)
class Dot(Op):
    """The product of two matrices of one dtype."""

    name = "dot"

    def infer(self, *types: TensorType) -> Types:
        """Return the type of the product."""
        x, y = types
        _check_contraction(x, y)
        shape = (x.shape[0], y.shape[1])
        return (TensorType(x.dtype, shape, (x.broadcastable[0], y.broadcastable[1])),)

    def grad(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        output_gradients: Gradients,
    ) -> Gradients:
        """Return the products of the gradient with the transposed matrices."""
        (x, y), (z,), (g,) = inputs, outputs, output_gradients
        if g is None or not z.type.is_float:
            return [None, None]
        dx = Dot()(g, dimshuffle(y, 1, 0))
        dy = Dot()(dimshuffle(x, 1, 0), g)
        return [patternbroadcast(dx, x.broadcastable), patternbroadcast(dy, y.broadcastable)]

    def lower(self, *types: TensorType) -> Product | Call:
        """Lower to BLAS; integers to NumPy."""
        if types[0].is_float:
            return Product()
        return Call(lambda x, y: (np.dot(x, y),))

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute with NumPy."""
        x, y = arrays
        return (np.einsum("ij,jk->ik", x, y) if x.dtype.kind != "f" else x @ y,)


def _check_contraction(x: TensorType, y: TensorType) -> None:
    left, right = x.shape[-1], y.shape[-2 if y.ndim > 1 else 0]
    if None not in (left, right) and left != right:
        place = "first" if y.ndim <= 2 else "second to last"
        raise ShapeError(
            f"dot: expected the last axis of x ({left}) to match the {place} of y ({right}), "
            f"got x of {x} and y of {y}. Transpose one of them, or change its size."
        )


def same_dtype(*inputs: Any) -> list[Variable]:
    """Return the inputs as variables of their common dtype.

    Examples
    --------
    >>> [x.dtype for x in same_dtype(np.ones(1, "int8"), np.ones(1, "float32"))]
    ['float32', 'float32']
    """
    variables = [as_variable(x) for x in inputs]
    dtype = upcast(*(x.dtype for x in variables))
    return [cast(x, dtype) for x in variables]


def dot(x: Any, y: Any) -> Variable:
    """Return the product of `x` and `y`, summed over the last axis of `x`.

    Parameters
    ----------
    x
        A variable of shape (..., n).
    y
        A vector of n elements, or a variable of shape (..., n, m). Where either is a
        scalar, the result is their elementwise product.

    Returns
    -------
    Their inner product, of shape (..., m) for a matrix `y`; the axes of `x` come first.

    Raises
    ------
    ShapeError
        If the axes that are summed over differ in size.

    Examples
    --------
    >>> dot(np.ones((2, 3)), np.ones(3)).eval()
    array([3., 3.])
    """
    x, y = same_dtype(x, y)
    if x.ndim == 0 or y.ndim == 0:
        return mul(x, y)
    _check_contraction(x.type, y.type)
    if x.ndim == y.ndim == 2:
        result: Variable = Dot()(x, y)
        return result
    if x.ndim <= 2 and y.ndim <= 2:
        left = x if x.ndim == 2 else dimshuffle(x, "x", 0)
        right = y if y.ndim == 2 else dimshuffle(y, 0, "x")
        product: Variable = Dot()(left, right)
        return dimshuffle(product, *([0] if x.ndim == 2 else []), *([1] if y.ndim == 2 else []))
    return tensordot(x, y, ([x.ndim - 1], [max(y.ndim - 2, 0)]))


def tensordot(x: Any, y: Any, axes: Any = 2) -> Variable:
    """Return the product of `x` and `y`, summed over pairs of axes.

    Parameters
    ----------
    x, y
        The two factors.
    axes
        How many of the last axes of `x` to pair with as many of the first of `y`; or
        two lists, the axes of `x` and the axes of `y` to pair; or a pair of integers.

    Returns
    -------
    An array with the other axes of `x`, then the other axes of `y`.

    Raises
    ------
    ShapeError
        If paired axes differ in size.

    Examples
    --------
    >>> tensordot(np.ones((2, 3, 4)), np.ones((4, 3, 5)), axes=([1, 2], [1, 0])).eval().shape
    (2, 5)
    """
    x, y = same_dtype(x, y)
    of_x, of_y = _pairs(x, y, axes)
    rest_x = [axis for axis in range(x.ndim) if axis not in of_x]
    rest_y = [axis for axis in range(y.ndim) if axis not in of_y]
    left = merged(x, rest_x, of_x)
    right = merged(y, of_y, rest_y)
    product: Variable = Dot()(left, right)
    if len(rest_x) == len(rest_y) == 1:
        return product
    sizes = [shape_i(x, axis) for axis in rest_x] + [shape_i(y, axis) for axis in rest_y]
    flags = [x.broadcastable[axis] for axis in rest_x] + [y.broadcastable[axis] for axis in rest_y]
    return patternbroadcast(reshape(product, sizes), flags)


def _pairs(x: Variable, y: Variable, axes: Any) -> tuple[list[int], list[int]]:
    if isinstance(axes, int | np.integer):
        if not 0 <= axes <= min(x.ndim, y.ndim):
            raise ShapeError(
                f"tensordot: expected from 0 to {min(x.ndim, y.ndim)} axes to sum over, "
                f"got {axes} for x of {x.type} and y of {y.type}. "
                "Choose a number in that range."
            )
        return list(range(x.ndim - axes, x.ndim)), list(range(axes))
    return axis_pairs("tensordot", x, y, axes)


def axis_pairs(name: str, x: Variable, y: Variable, axes: Any) -> tuple[list[int], list[int]]:
    """Return which axes of `x` and `y` are paired, given as two lists or numbers.

    Raises
    ------
    ShapeError
        If they are not as many, or not distinct, or known to differ in size.
    """
    listed: list[list[Any]] = [
        [part] if isinstance(part, int | np.integer) else list(part) for part in axes
    ]
    if len(listed) != 2 or len(listed[0]) != len(listed[1]):
        raise ShapeError(
            f"{name}: expected as many axes of x as of y, got {axes}. "
            "Name them in pairs: [[axes of x], [axes of y]]."
        )
    of_x = [normalize_axis(name, axis, x.ndim) for axis in listed[0]]
    of_y = [normalize_axis(name, axis, y.ndim) for axis in listed[1]]
    if len({*of_x}) < len(of_x) or len({*of_y}) < len(of_y):
        raise ShapeError(f"{name}: expected each axis once, got {axes}. Remove the repeated one.")
    for a, b in zip(of_x, of_y, strict=True):
        left, right = x.type.shape[a], y.type.shape[b]
        if None not in (left, right) and left != right:
            raise ShapeError(
                f"{name}: expected axis {a} of x ({left}) to match axis {b} of y ({right}), "
                f"got x of {x.type} and y of {y.type}. Choose axes of one size."
            )
    return of_x, of_y


def merged(x: Variable, rows: list[int], columns: list[int]) -> Variable:
    """Return `x` as a matrix whose rows run over some axes and whose columns over the others."""
    order = [*rows, *columns]
    if order != list(range(x.ndim)):
        x = dimshuffle(x, *order)
    if len(rows) == len(columns) == 1:
        return x
    sizes = [shape_i(x, axis) for axis in range(x.ndim)]
    split = len(rows)
    return reshape(x, [product_of(sizes[:split]), product_of(sizes[split:])])


def product_of(sizes: Sequence[Variable]) -> Variable:
    """Return the product of some sizes; of none it is 1."""
    one: Variable = constant(1, dtype="int64")
    return functools.reduce(mul, sizes, one)


def outer(x: Any, y: Any) -> Variable:
    """Return all products of an element of `x` and one of `y`, as a matrix.

    Examples
    --------
    >>> outer([1, 2], [3, 4]).eval()
    array([[3, 4],
           [6, 8]])
    """
    x, y = as_variable(x), as_variable(y)
    return mul(dimshuffle(flatten(x), 0, "x"), dimshuffle(flatten(y), "x", 0))


def norm(x: Any, L: Any = None, axis: Any = None, keepdims: bool = False) -> Variable:
    """Return the norm of order L, the sum of abs(x)^L to the power of 1 / L.

    Parameters
    ----------
    x
        A variable.
    L
        The order, by default 2; 0 counts what is not zero, infinity (or -infinity)
        takes the largest (smallest) absolute value.
    axis
        The axis or axes to sum over, by default all.
    keepdims
        Whether these axes stay, with size 1.

    Examples
    --------
    >>> norm([3.0, 4.0]).eval(), norm([3.0, -4.0], 1).eval()
    (array(5.), array(7.))
    """
    x = as_variable(x)
    if L is None or L == 2:
        return sqrt(reduce.sum(sqr(x), axis=axis, keepdims=keepdims))
    if L == 0:
        return reduce.sum(neq(x, 0), axis=axis, keepdims=keepdims)
    if L in (np.inf, -np.inf):
        extreme = reduce.max if L > 0 else reduce.min
        return extreme(abs_(x), axis=axis, keepdims=keepdims)
    if L == 1:
        return reduce.sum(abs_(x), axis=axis, keepdims=keepdims)
    dtype = upcast(x.dtype, "float32")  # the order must not turn float32 into float64
    total = reduce.sum(pow(abs_(x), constant(L, dtype=dtype)), axis=axis, keepdims=keepdims)
    return pow(total, constant(1.0 / L, dtype=dtype))


def trace(x: Any) -> Variable:
    """Return the sum of the diagonal of a matrix.

    Parameters
    ----------
    x
        A matrix.

    Examples
    --------
    >>> trace(np.array([[1.0, 2.0], [3.0, 4.0]])).eval()
    array(5.)
    """
    x = as_variable(x)
    if x.ndim != 2:
        raise ShapeError(f"trace: expected a matrix, got {x.type}. Index the matrix that is meant.")
    return reduce.sum(diagonal(x))
