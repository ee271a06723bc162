"""The operations behind indexing: parts of a variable, and the same with parts changed.

Examples
--------
>>> from blocks import tensor
>>> tensor.matrix("x", shape=(5, 3))[1:, 0].owner
x[1:, 0]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from blocks.errors import ShapeError
from blocks.graph.op import Array, Call, Gradients, Op, Types, View
from blocks.graph.ops.broadcast import sum_to
from blocks.graph.ops.pattern import (
    Entry,
    Pattern,
    known_value,
    numpy_index,
    out_of_range,
    select,
    sizes_of,
)
from blocks.graph.ops.shape import (
    patternbroadcast,
    shape,
    zeros_like,
)
from blocks.graph.types import TensorType
from blocks.graph.variable import Variable

__all__ = [
    "AdvancedSubtensor",
    "IncSubtensor",
    "Subtensor",
    "SubtensorGradient",
    "is_advanced",
    "subtensor",
]


@dataclass(frozen=True)
class Subtensor(Op):
    """A rectangular part of the first input, by integers and slices.

    Parameters
    ----------
    pattern
        The index of each of the first axes; markers stand for the other inputs.
    """

    pattern: Pattern

    name = "subtensor"

    def infer(self, *types: TensorType) -> Types:
        """Return the type of the part."""
        x, *indices = types
        sizes, flags = sizes_of(self.pattern, x, indices, self.name)
        return (TensorType(x.dtype, sizes, flags, known_value(self.pattern, x, indices)),)

    def grad(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        output_gradients: Gradients,
    ) -> Gradients:
        """Return the gradient at the place of the part, zero elsewhere."""
        (x, *indices), (g,) = inputs, output_gradients
        if g is None or not x.type.is_float:
            return [None] * len(inputs)
        dx = SubtensorGradient(self.pattern)(g, shape(x), *indices)
        return [patternbroadcast(dx, x.broadcastable), *[None] * len(indices)]

    def lower(self, *types: TensorType) -> View | Call:
        """Lower to a view."""
        return View(lambda x, *indices: select(self.name, x, self.pattern, indices))

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute with NumPy."""
        x, *indices = arrays
        return (select(self.name, x, self.pattern, indices),)

    def __str__(self) -> str:
        return f"{self.name}[{', '.join(map(_entry_text, self.pattern))}]"


def _entry_text(entry: Entry) -> str:
    if not isinstance(entry, tuple):
        return str(entry)
    start, stop, step = ("" if bound is None else str(bound) for bound in entry)
    return f"{start}:{stop}:{step}" if step else f"{start}:{stop}"


@dataclass(frozen=True)
class AdvancedSubtensor(Subtensor):
    """The elements of the first input that arrays of integers, and slices, select.

    Parameters
    ----------
    pattern
        The index of each of the first axes; markers stand for the other inputs.
    """

    name = "advanced_subtensor"

    def lower(self, *types: TensorType) -> Call:
        """Lower to NumPy."""
        return Call(lambda x, *indices: (select(self.name, x, self.pattern, indices),))


@dataclass(frozen=True)
class SubtensorGradient(Op):
    """Zeros of the shape in the second input, plus the first at the place of a pattern.

    Parameters
    ----------
    pattern
        The index of each of the first axes; markers stand for the inputs from the third.
    """

    pattern: Pattern

    name = "subtensor_gradient"

    def infer(self, *types: TensorType) -> Types:
        """Return the type of the given shape."""
        g, sizes, *_ = types
        return (TensorType(g.dtype, sizes.known or (None,) * (sizes.shape[0] or 0)),)

    def grad(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        output_gradients: Gradients,
    ) -> Gradients:
        """Return the part of the gradient that was added to."""
        (g, _, *indices), (gg,) = inputs, output_gradients
        if gg is None:
            return [None] * len(inputs)
        part = subtensor(self.pattern)(gg, *indices)
        return [patternbroadcast(part, g.broadcastable), *[None] * (len(indices) + 1)]

    def lower(self, *types: TensorType) -> Call:
        """Lower to NumPy."""
        return Call(self._compute)

    def _compute(self, g: Array, sizes: Array, *indices: Array) -> tuple[Array, ...]:
        result = np.zeros([int(size) for size in sizes], g.dtype)
        where = numpy_index(self.pattern, indices)
        if is_advanced(self.pattern):
            _add_at(self.name, result, where, g)
            return (result,)
        try:
            result[where] = g
        except IndexError:
            raise out_of_range(self.name, result, where) from None
        return (result,)

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute with NumPy, adding element by element."""
        g, sizes, *indices = arrays
        result = np.zeros(tuple(sizes), g.dtype)
        _add_at(self.name, result, numpy_index(self.pattern, indices), g)
        return (result,)


def _add_at(name: str, x: Array, where: tuple[Any, ...], y: Array) -> None:
    try:
        # Given fewer axes than the index has, add.at reads beyond the end of y.
        np.add.at(x, where, np.broadcast_to(y, x[where].shape))
    except IndexError:
        raise out_of_range(name, x, where) from None


@dataclass(frozen=True)
class IncSubtensor(Op):
    """The first input with the second added to, or put in the place of, a part of it.

    Parameters
    ----------
    pattern
        The index of each of the first axes; markers stand for the inputs from the third.
    assign
        Whether the values are replaced rather than added to. An index that occurs more
        than once is added to each time.
    """

    pattern: Pattern
    assign: bool = False

    @property
    def name(self) -> str:
        """The name of the op in messages and printed graphs."""
        return "set_subtensor" if self.assign else "inc_subtensor"

    def infer(self, *types: TensorType) -> Types:
        """Return the type of the first input; raise if the second does not fit the part."""
        x, y, *indices = types
        sizes, flags = sizes_of(self.pattern, x, indices, self.name)
        part = TensorType(x.dtype, sizes, flags)
        fits = y.ndim <= part.ndim
        if fits:
            for axis in range(-y.ndim, 0):
                mine, theirs = part.shape[axis], y.shape[axis]
                same = None in (mine, theirs) or mine == theirs
                fits = fits and (same or y.broadcastable[axis])
        if not fits:
            raise ShapeError(
                f"{self.name}: expected values of shape {part.sizes()}, the part of {x} that is "
                f"to change, got {y}. Reshape them, or use dimshuffle to add axes."
            )
        return (x.clone(),)

    def grad(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        output_gradients: Gradients,
    ) -> Gradients:
        """Return the gradient outside of the part, and the one of the part."""
        (x, y, *indices), (g,) = inputs, output_gradients
        if g is None or not x.type.is_float:
            return [None] * len(inputs)
        part = sum_to(subtensor(self.pattern)(g, *indices), y)
        dx = g
        if self.assign:
            dx = IncSubtensor(self.pattern, True)(g, zeros_like(y, g.dtype), *indices)
        dy = patternbroadcast(part, y.broadcastable) if y.type.is_float else None
        return [dx, dy, *[None] * len(indices)]

    def lower(self, *types: TensorType) -> Call:
        """Lower to NumPy."""
        return Call(self._compute)

    def _compute(self, x: Array, y: Array, *indices: Array) -> tuple[Array, ...]:
        result = x.copy()
        where = numpy_index(self.pattern, indices)
        if self.assign:
            try:
                result[where] = y
            except IndexError:
                raise out_of_range(self.name, x, where) from None
        elif is_advanced(self.pattern):
            _add_at(self.name, result, where, y)
        else:
            select(self.name, result, self.pattern, indices)[...] += y
        return (result,)

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute with NumPy, by the numbers of the elements."""
        x, y, *indices = arrays
        numbers = np.arange(x.size).reshape(x.shape)
        chosen = select(self.name, numbers, self.pattern, indices)
        result = x.flatten()
        for number, value in zip(chosen.flat, np.broadcast_to(y, chosen.shape).flat, strict=True):
            result[number] = value if self.assign else result[number] + value
        return (result.reshape(x.shape),)


def is_advanced(pattern: Pattern) -> bool:
    """Tell whether a pattern has an array of integers.

    Examples
    --------
    >>> is_advanced(("a", 1))
    True
    """
    return "a" in pattern


def subtensor(pattern: Pattern) -> Subtensor:
    """Return the op that selects by a pattern.

    Examples
    --------
    >>> str(subtensor((1,)))
    'subtensor[1]'
    """
    return AdvancedSubtensor(pattern) if is_advanced(pattern) else Subtensor(pattern)
