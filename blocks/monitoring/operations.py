"""Operations that aggregation schemes are made of, for values of any shape."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from blocks import tensor
from blocks.errors import ShapeError
from blocks.graph.op import Array, Call, Op, Types
from blocks.graph.types import TensorType
from blocks.graph.variable import Variable

__all__ = ["Collect", "Collected", "Restart", "restart"]


@dataclass(frozen=True)
class Restart(Op):
    """Return what was accumulated so far, or a first value where nothing was.

    Inputs are a flag that says whether something was, the accumulator and the first
    value. The accumulator may have any shape as long as the flag is zero.

    Parameters
    ----------
    quantity
        The name of the monitored variable, for messages.
    """

    quantity: str

    def infer(self, *types: TensorType) -> Types:
        """Return the type of the value of a batch: all batches give the same shape."""
        return types[2:]

    def lower(self, *types: TensorType) -> Call:
        """Call NumPy."""
        return Call(self.reference)

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Choose, and check the shape."""
        started, accumulator, first = arrays
        if not started:
            return (first.copy(),)
        if accumulator.shape != first.shape:
            raise ShapeError(
                f"{self.quantity}: expected values of one shape from all batches, got "
                f"{accumulator.shape} and then {first.shape}. Monitor something whose shape "
                "does not depend on the size of the batch, such as a mean."
            )
        return (accumulator.copy(),)


def restart(started: Variable, accumulator: Variable, first: Variable, quantity: str) -> Variable:
    """Return the accumulator if something was accumulated, else a first value.

    Parameters
    ----------
    started
        A scalar that is not zero if something was accumulated.
    accumulator
        What was accumulated, of the dtype and number of axes of `first`.
    first
        The value to start with.
    quantity
        The name of the monitored variable, for messages.
    """
    if first.ndim == 0:  # compiles, and fuses with what is around it
        return tensor.switch(started, accumulator, first)
    chosen: Variable = Restart(quantity)(started, accumulator, first)
    return chosen


@dataclass(frozen=True, eq=False)
class Collect(Op):
    """Keep a copy of each value in a list, and return how many there are.

    Inputs are the number of values so far and the next one. The list starts anew when
    the number is zero. So nothing changes its size from batch to batch, for which
    the engine would have to plan its memory anew.

    Parameters
    ----------
    quantity
        The name of the monitored variable, for messages.

    Attributes
    ----------
    values : list of arrays
        The values since the last start.
    """

    quantity: str
    values: list[Any] = field(default_factory=list)

    def infer(self, *types: TensorType) -> Types:
        """Return the type of the number."""
        return types[:1]

    def lower(self, *types: TensorType) -> Call:
        """Call Python."""
        return Call(self.reference)

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Append a copy of the value."""
        count, value = arrays
        del self.values[int(count) :]
        if self.values and self.values[0].shape != value.shape:
            raise ShapeError(
                f"{self.quantity}: expected values of one shape from all batches, got "
                f"{self.values[0].shape} and then {value.shape}. Leave out the last batch if it "
                "is smaller, or aggregate within the batch."
            )
        self.values.append(value.copy())
        return (count + 1,)


@dataclass(frozen=True, eq=False)
class Collected(Op):
    """Return the values that `Collect` keeps, stacked on a new first axis.

    The input is their number.

    Parameters
    ----------
    collect
        The op that keeps them.
    type
        The type of one value.
    """

    collect: Collect
    type: TensorType

    def infer(self, *types: TensorType) -> Types:
        """Return the type of a value with an axis more."""
        return (TensorType(self.type.dtype, (None, *self.type.shape)),)

    def lower(self, *types: TensorType) -> Call:
        """Call NumPy."""
        return Call(self.reference)

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Stack the values; none give an array of size 0."""
        values = self.collect.values[: int(arrays[0])]
        if not values:
            return (np.zeros((0,) * (self.type.ndim + 1), self.type.dtype),)
        return (np.stack(values),)
