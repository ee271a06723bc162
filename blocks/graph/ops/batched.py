"""Products of the parts of two arrays at equal places along the first axis, the batch.

Examples
--------
>>> batched_dot(np.ones((2, 3, 4)), np.ones((2, 4, 5))).eval().shape
(2, 3, 5)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from blocks.errors import ShapeError
from blocks.graph.op import Array, Call, Gradients, Op, Types
from blocks.graph.ops.elementwise import mul
from blocks.graph.ops.linalg import axis_pairs, product_of, same_dtype
from blocks.graph.ops.shape import (
    dimshuffle,
    patternbroadcast,
    reshape,
    shape_i,
)
from blocks.graph.types import TensorType
from blocks.graph.variable import Variable

__all__ = ["BatchedDot", "batched_dot", "batched_tensordot"]


@dataclass(frozen=True)
class BatchedDot(Op):
    """The products of the matrices at equal places along the first axis."""

    name = "batched_dot"

    def infer(self, *types: TensorType) -> Types:
        """Return the type of the products."""
        x, y = types
        if x.ndim != 3 or y.ndim != 3:
            raise ShapeError(
                f"batched_dot: expected three axes each, got {x} and {y}. Add axes with dimshuffle."
            )
        pairs = ((x.shape[0], y.shape[0]), (x.shape[2], y.shape[1]))
        if any(None not in pair and pair[0] != pair[1] for pair in pairs):
            raise ShapeError(
                "batched_dot: expected x of shape (batch, n, k) and y of shape (batch, k, m), "
                f"got {x.sizes()} and {y.sizes()}. Use dimshuffle to reorder the axes."
            )
        batch = y.shape[0] if x.shape[0] is None else x.shape[0]
        flags = (x.broadcastable[0] or y.broadcastable[0], x.broadcastable[1], y.broadcastable[2])
        return (TensorType(x.dtype, (batch, x.shape[1], y.shape[2]), flags),)

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
        dx = BatchedDot()(g, dimshuffle(y, 0, 2, 1))
        dy = BatchedDot()(dimshuffle(x, 0, 2, 1), g)
        return [patternbroadcast(dx, x.broadcastable), patternbroadcast(dy, y.broadcastable)]

    def lower(self, *types: TensorType) -> Call:
        """Lower to NumPy."""
        return Call(lambda x, y: (np.matmul(x, y),))

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute with NumPy."""
        x, y = arrays
        return (np.einsum("bij,bjk->bik", x, y),)


def batched_dot(x: Any, y: Any) -> Variable:
    """Return, for each index of the first axis, the `dot` of `x` and `y` there.

    Parameters
    ----------
    x
        A variable of shape (batch, ..., k), or (batch,) for factors.
    y
        A variable of shape (batch, k), (batch, ..., k, m), or (batch,) for factors.

    Returns
    -------
    A variable of shape (batch, ...): after the batch the other axes of `x`, then those of
    `y`.

    Raises
    ------
    ShapeError
        If the sizes do not fit.

    Examples
    --------
    >>> batched_dot(np.ones((2, 3)), np.ones((2, 3))).eval()
    array([3., 3.])
    """
    x, y = same_dtype(x, y)
    for factor in (x, y):
        if factor.ndim == 0:
            raise ShapeError(
                f"batched_dot: expected at least one axis, got {factor.type}. Add the batch's."
            )
    if x.ndim == 1 or y.ndim == 1:
        ndim = max(x.ndim, y.ndim)
        spread = [dimshuffle(z, *range(z.ndim), *["x"] * (ndim - z.ndim)) for z in (x, y)]
        return mul(*spread)
    if x.ndim > 3 or y.ndim > 3:
        return batched_tensordot(x, y, [[x.ndim - 1], [max(1, y.ndim - 2)]])
    left = x if x.ndim == 3 else dimshuffle(x, 0, "x", 1)
    right = y if y.ndim == 3 else dimshuffle(y, 0, 1, "x")
    product: Variable = BatchedDot()(left, right)
    kept = [0] + ([1] if x.ndim == 3 else []) + ([2] if y.ndim == 3 else [])
    return product if len(kept) == 3 else dimshuffle(product, *kept)


def batched_tensordot(x: Any, y: Any, axes: Any = 2) -> Variable:
    """Return, for each index of the first axis, the `tensordot` of `x` and `y` there.

    Parameters
    ----------
    x, y
        The two factors; their first axes have one size.
    axes
        How many of the last axes of `x` to pair with as many of the first of `y` after the
        batch; or two lists, the axes of `x` and the axes of `y` to pair.

    Returns
    -------
    An array with the batch, the other axes of `x`, then the other axes of `y`.

    Raises
    ------
    ShapeError
        If paired axes differ in size, or the batch is among them.

    Examples
    --------
    >>> batched_tensordot(np.ones((2, 3, 4)), np.ones((2, 4, 3)), [[1, 2], [2, 1]]).eval()
    array([12., 12.])
    """
    x, y = same_dtype(x, y)
    of_x, of_y = _pairs(x, y, axes)
    rest_x = [axis for axis in range(1, x.ndim) if axis not in of_x]
    rest_y = [axis for axis in range(1, y.ndim) if axis not in of_y]
    product: Variable = BatchedDot()(_merged(x, rest_x, of_x), _merged(y, of_y, rest_y))
    kept = [(product, 0), *((x, axis) for axis in rest_x), *((y, axis) for axis in rest_y)]
    sizes = [shape_i(z, axis) for z, axis in kept]
    flags = [z.broadcastable[axis] for z, axis in kept]
    return patternbroadcast(reshape(product, sizes), flags)


def _pairs(x: Variable, y: Variable, axes: Any) -> tuple[list[int], list[int]]:
    smaller = min(x.ndim, y.ndim) - 1
    if smaller < 0:
        raise ShapeError(
            f"batched_tensordot: expected at least one axis each, got {x.type} and {y.type}. "
            "Add the batch's."
        )
    if isinstance(axes, int | np.integer):
        if not 0 <= axes <= smaller:
            raise ShapeError(
                f"batched_tensordot: expected from 0 to {smaller} axes to sum over, got {axes} for "
                f"x of {x.type} and y of {y.type}. Choose a number in that range."
            )
        axes = [range(x.ndim - axes, x.ndim), range(1, axes + 1)]
    of_x, of_y = axis_pairs("batched_tensordot", x, y, axes)
    if 0 in of_x or 0 in of_y:
        raise ShapeError(
            f"batched_tensordot: expected axes after the batch, 0, got {axes}. Leave out 0."
        )
    return of_x, of_y


def _merged(x: Variable, rows: list[int], columns: list[int]) -> Variable:
    """Return `x` as a batch of matrices whose rows and columns run over some axes."""
    order = [0, *rows, *columns]
    sizes = [shape_i(x, axis) for axis in order]
    split = 1 + len(rows)
    shape = [sizes[0], product_of(sizes[1:split]), product_of(sizes[split:])]
    flag = x.broadcastable[0]
    merged = reshape(dimshuffle(x, *order), shape)
    return patternbroadcast(merged, (flag, *merged.broadcastable[1:]))
