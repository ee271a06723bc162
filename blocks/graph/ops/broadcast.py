"""Broadcasting and its mirror image, summing: what the gradients of other ops need.

`sum_to` folds the axes along which a value was broadcast; `spread` copies a value over
the shape of another one. Each is the gradient of the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from blocks.graph.op import Array, Gradients, Op, Reduction, Scalar, Types
from blocks.graph.types import TensorType, accumulator, broadcast_type
from blocks.graph.variable import Variable

__all__ = ["Spread", "SumTo", "spread", "sum_to"]


@dataclass(frozen=True)
class SumTo(Op):
    """Sum of some axes, which stay as axes of size 1; the first `drop` of them go.

    Parameters
    ----------
    axes
        The axes to sum.
    drop
        How many leading axes to leave out of the result; all of them are in `axes`.
    """

    axes: tuple[int, ...]
    drop: int = 0

    name = "sum_to"

    def infer(self, *types: TensorType) -> Types:
        """Return the type with size 1 in the summed axes."""
        (x,) = types
        shape = tuple(1 if a in self.axes else size for a, size in enumerate(x.shape))
        flags = tuple(a in self.axes or flag for a, flag in enumerate(x.broadcastable))
        return (TensorType(x.dtype, shape[self.drop :], flags[self.drop :]),)

    def grad(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        output_gradients: Gradients,
    ) -> Gradients:
        """Return the gradient copied over the summed axes."""
        (x,), (g,) = inputs, output_gradients
        assert g is not None
        return [spread(g, x)]

    def lower(self, *types: TensorType) -> Reduction:
        """Lower to a fold, into which elementwise inputs fuse."""
        return Reduction("total + x", "0", self.axes, types[0].dtype)

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute the sum with NumPy."""
        (x,) = arrays
        total = x.sum(axis=self.axes, keepdims=True, dtype=accumulator(str(x.dtype)))
        return (total.reshape(total.shape[self.drop :]).astype(x.dtype),)


@dataclass(frozen=True)
class Spread(Op):
    """Copies of the first input over the shape of the second, whose values do not matter."""

    name = "spread"

    def infer(self, *types: TensorType) -> Types:
        """Return the broadcast type."""
        x, like = types
        return (broadcast_type(self.name, x.dtype, x, like),)

    def grad(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        output_gradients: Gradients,
    ) -> Gradients:
        """Return the gradient summed over the copies; none for the shape."""
        (x, _), (g,) = inputs, output_gradients
        assert g is not None
        return [sum_to(g, x), None]

    def lower(self, *types: TensorType) -> Scalar:
        """Lower to an expression that ignores its second argument."""
        return Scalar("x", ("x", "like"), tuple(t.dtype for t in types))

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Broadcast with NumPy."""
        x, like = arrays
        return (np.broadcast_to(x, np.broadcast_shapes(x.shape, like.shape)).copy(),)


def sum_to(x: Variable, like: Variable) -> Variable:
    """Return `x` summed over the axes in which `like` broadcasts and `x` does not.

    Examples
    --------
    >>> from blocks import tensor
    >>> x, b = tensor.matrix("x"), tensor.row("b")
    >>> sum_to(x, b).type
    TensorType('float64', (1, None))
    """
    drop = x.ndim - like.ndim
    flags = (True,) * drop + like.broadcastable
    axes = tuple(a for a, flag in enumerate(flags) if a < drop or (flag and not x.broadcastable[a]))
    if not axes:
        return x
    result: Variable = SumTo(axes, drop)(x)
    return result


def spread(x: Variable, like: Variable) -> Variable:
    """Return copies of `x` over the shape of `like`; `x` itself where shapes agree.

    Examples
    --------
    >>> from blocks import tensor
    >>> spread(tensor.row("b"), tensor.matrix("x")).type
    TensorType('float64', (None, None))
    """
    if x.ndim == like.ndim and x.broadcastable == like.broadcastable:
        return x
    result: Variable = Spread()(x, like)
    return result
