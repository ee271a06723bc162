"""Copies along axes: `tile`, `repeat` and `roll`.

Examples
--------
>>> tile([1, 2], 2).eval(), repeat([1, 2], 2).eval(), roll([1, 2, 3], 1).eval()
(array([1, 2, 1, 2]), array([1, 1, 2, 2]), array([3, 1, 2]))
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from blocks.errors import ShapeError
from blocks.graph.op import Array, Call, Gradients, Op, Types, as_variable
from blocks.graph.ops.broadcast import SumTo
from blocks.graph.ops.index import index
from blocks.graph.ops.shape import (
    as_scalar,
    as_shape,
    dimshuffle,
    flatten,
    normalize_axis,
    patternbroadcast,
    reshape,
    shape_i,
    shape_padleft,
)
from blocks.graph.ops.take import Take, as_index
from blocks.graph.types import TensorType
from blocks.graph.variable import Variable

__all__ = ["RepeatIndex", "RollIndex", "Tile", "repeat", "roll", "tile"]


@dataclass(frozen=True)
class Tile(Op):
    """Copies of the first input side by side: as many along each axis as the second says."""

    name = "tile"

    def infer(self, *types: TensorType) -> Types:
        """Return the type with the sizes multiplied."""
        x, reps = types
        known = reps.known or (None,) * x.ndim
        if len(known) != x.ndim:
            raise ShapeError(
                f"tile: expected {x.ndim} numbers of copies for {x}, got {reps}. "
                "Give one number for each axis."
            )
        shape = tuple(
            None if size is None or times is None else size * times
            for size, times in zip(x.shape, known, strict=True)
        )
        return (TensorType(x.dtype, shape),)

    def grad(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        output_gradients: Gradients,
    ) -> Gradients:
        """Return the gradient summed over the copies."""
        (x, reps), (g,) = inputs, output_gradients
        if g is None or not x.type.is_float:
            return [None, None]
        sizes: list[Variable] = []
        for axis in range(x.ndim):
            sizes += [index(reps, axis), shape_i(x, axis)]
        total = SumTo(tuple(range(0, 2 * x.ndim, 2)))(reshape(g, sizes))
        total = dimshuffle(total, *range(1, 2 * x.ndim, 2))
        return [patternbroadcast(total, x.broadcastable), None]

    def lower(self, *types: TensorType) -> Call:
        """Lower to NumPy."""
        return Call(lambda x, reps: (np.tile(x, reps),))

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute with NumPy, axis by axis."""
        x, reps = arrays
        for axis, times in enumerate(reps):
            numbers = np.arange(x.shape[axis] * int(times)) % max(x.shape[axis], 1)
            x = np.take(x, numbers, axis)
        return (x,)


@dataclass(frozen=True)
class RepeatIndex(Op):
    """The numbers 0 to n - 1, each repeated; the inputs are n and how often.

    The second input is a scalar, or a vector with a number of repetitions for each.
    """

    name = "repeat"

    def infer(self, *types: TensorType) -> Types:
        """Return the type of a vector of indices."""
        n, times = types
        size = None
        known = times.known if times.ndim else (times.known,)
        if times.ndim and None not in (n.known, times.shape[0]) and n.known != times.shape[0]:
            raise ShapeError(
                f"repeat: expected {n.known} numbers of repetitions, one for each part, "
                f"got {times.shape[0]}. "
                "Give as many, or a single one for all."
            )
        if known is not None and None not in known:
            if min(known, default=0) < 0:
                raise ShapeError(
                    f"repeat: expected repetitions of at least 0, got {min(known)}. "
                    "Use maximum(repeats, 0)."
                )
            if times.ndim:
                size = sum(known)
            elif n.known is not None:
                size = n.known * times.known
        return (TensorType("int64", (size,)),)

    def grad(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        output_gradients: Gradients,
    ) -> Gradients:
        """Return no gradient: indices are integers."""
        return [None, None]

    def lower(self, *types: TensorType) -> Call:
        """Lower to NumPy."""
        return Call(lambda n, times: (np.repeat(np.arange(int(n)), times),))

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute one index after the other."""
        n, times = int(arrays[0]), arrays[1]
        counts = np.broadcast_to(times, (n,))
        return (np.array([i for i in range(n) for _ in range(int(counts[i]))], "int64"),)


@dataclass(frozen=True)
class RollIndex(Op):
    """The numbers 0 to n - 1, moved on by a shift, in a circle; the inputs are n and the shift."""

    name = "roll"

    def infer(self, *types: TensorType) -> Types:
        """Return the type of a vector of indices."""
        return (TensorType("int64", (types[0].known,)),)

    def grad(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        output_gradients: Gradients,
    ) -> Gradients:
        """Return no gradient: indices are integers."""
        return [None, None]

    def lower(self, *types: TensorType) -> Call:
        """Lower to NumPy."""
        return Call(lambda n, shift: (np.roll(np.arange(int(n)), int(shift)),))

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute with NumPy."""
        n, shift = map(int, arrays)
        return ((np.arange(n) - shift) % max(n, 1),)


def tile(x: Any, reps: Any, ndim: int | None = None) -> Variable:
    """Return copies of `x` side by side.

    Parameters
    ----------
    x
        A variable.
    reps
        How many along each axis; missing leading ones are 1, as missing axes of `x` are.
        Integers, which may be symbolic, or a vector of known length.
    ndim
        The number of axes of the result, if more.

    Examples
    --------
    >>> tile(np.array([[1, 2]]), (2, 2)).eval()
    array([[1, 2, 1, 2],
           [1, 2, 1, 2]])
    """
    x = as_variable(x)
    times = as_shape("tile", reps)
    length = times.type.shape[0]
    if length is None:
        raise ShapeError(
            f"tile: expected a known number of repetitions, got {times.type}. "
            "Give them as a list, or pass ndim."
        )
    total = max(x.ndim, length, ndim or 0)
    if length < total:
        ones = [1] * (total - length)
        times = as_shape("tile", [*ones, *(index(times, i) for i in range(length))])
    result: Variable = Tile()(shape_padleft(x, total - x.ndim) if x.ndim < total else x, times)
    return result


def repeat(x: Any, repeats: Any, axis: int | None = None) -> Variable:
    """Return `x` with each part along an axis repeated.

    Parameters
    ----------
    x
        A variable.
    repeats
        How often: an integer, or a vector with one for each part.
    axis
        The axis; by default `x` is flattened first.

    Raises
    ------
    ShapeError
        If there are not as many numbers of repetitions as parts.

    Examples
    --------
    >>> repeat(np.array([[1, 2]]), [2, 1], axis=1).eval()
    array([[1, 1, 2]])
    """
    x = as_variable(x)
    if axis is None:
        x, axis = flatten(x), 0
    axis = normalize_axis("repeat", axis, x.ndim)
    numbers = RepeatIndex()(shape_i(x, axis), as_index("repeat", repeats))
    result: Variable = Take(axis)(x, numbers)
    return result


def roll(x: Any, shift: Any, axis: int | None = None) -> Variable:
    """Return `x` with its elements moved on along an axis; the last ones come first.

    Parameters
    ----------
    x
        A variable.
    shift
        By how many places, an integer that may be symbolic.
    axis
        The axis; by default `x` is flattened for it.

    Examples
    --------
    >>> roll(np.array([[1, 2, 3]]), -1, axis=1).eval()
    array([[2, 3, 1]])
    """
    x = as_variable(x)
    if axis is None:
        flat = roll(flatten(x), shift, 0)
        return flat if x.ndim == 1 else reshape(flat, [shape_i(x, i) for i in range(x.ndim)])
    axis = normalize_axis("roll", axis, x.ndim)
    numbers = RollIndex()(shape_i(x, axis), as_scalar("roll", shift))
    result: Variable = Take(axis)(x, numbers)
    return result
