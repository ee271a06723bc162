"""Random numbers: pure functions of a state, an array of two words that says which they are.

The state is a key and the number of the call. A sample depends on these and on its position
among the others, so any number of threads draws the same ones, and drawing twice from one
state gives the same numbers twice: `next_state` is what a stream draws from next. The streams
of `blocks.graph.streams` look after that.

Examples
--------
>>> from blocks.graph.variable import shared
>>> state = shared(np.array([5, 0], "uint64"))
>>> y = RandomUniform("float64")(state, [2])
>>> bool((y.eval() == y.eval()).all()), y.type
(True, TensorType('float64', (2,)))
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from blocks.errors import DtypeError, ShapeError
from blocks.graph.op import Array, Gradients, Kernel, Op, Types
from blocks.graph.ops.elementwise import add
from blocks.graph.ops.random_kernels import (
    bernoulli,
    normal_double,
    normal_single,
    truncated_normal,
    uniform_double,
    uniform_single,
)
from blocks.graph.ops.random_words import LANES, doubles, singles, spread_out, words
from blocks.graph.ops.shape import sizes_text
from blocks.graph.types import TensorType
from blocks.graph.variable import Variable, constant

__all__ = [
    "Bernoulli",
    "Draw",
    "RandomNormal",
    "RandomUniform",
    "Sample",
    "Sized",
    "TruncatedNormal",
    "next_state",
]


def next_state(state: Any) -> Variable:
    """Return the state of the next call: the same key, and a number larger by 1.

    Examples
    --------
    >>> next_state(np.array([5, 0], "uint64")).eval()
    array([5, 1], dtype=uint64)
    """
    return add(state, constant(np.array([0, 1], np.uint64)))


@dataclass(frozen=True)
class Draw(Op):
    """Interface of ops that draw numbers; the first input is the state.

    Parameters
    ----------
    dtype
        The dtype of the numbers.
    """

    dtype: str

    def check_state(self, state: TensorType) -> None:
        """Raise if a state is none.

        Raises
        ------
        DtypeError
            If it is no pair of words.
        """
        if state.dtype != "uint64" or state.ndim != 1 or state.shape[0] not in (None, 2):
            raise DtypeError(
                f"{self.name}: expected a state of two words, uint64 (2), got {state}. Draw "
                "with RandomStreams, or make one with numpy.array([key, 0], 'uint64')."
            )

    def grad(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        output_gradients: Gradients,
    ) -> Gradients:
        """Return no gradients: which numbers are drawn is no smooth function of anything."""
        return [None] * len(inputs)


@dataclass(frozen=True)
class Sized(Draw):
    """Interface of draws of a given shape; the inputs are state, parameters, shape.

    Parameters
    ----------
    ndim
        The number of axes of the result.
    """

    ndim: int = 1

    def infer(self, *types: TensorType) -> Types:
        """Return the type of the shape."""
        state, *_, shape = types
        self.check_state(state)
        if shape.ndim != 1 or shape.shape[0] not in (None, self.ndim):
            raise ShapeError(
                f"{self.name}: expected a shape of {self.ndim} sizes, got {shape}. Pass the ndim "
                "that belongs to the shape."
            )
        sizes = shape.known if shape.known is not None else (None,) * self.ndim
        if any(size is not None and size < 0 for size in sizes):
            raise ShapeError(
                f"{self.name}: expected sizes of at least 0, got {sizes_text(sizes)}. Check how "
                "they are computed."
            )
        return (TensorType(self.dtype, sizes),)


@dataclass(frozen=True)
class Sample(Sized):
    """Interface of draws that make several numbers of each block of four words."""

    operations: ClassVar[int] = 4
    """About how long an element takes, in additions."""

    @property
    def per_block(self) -> int:
        """How many numbers are made of four words."""
        return 2 if self.dtype == "float64" else 4

    def parts(self, *types: TensorType) -> tuple[int, int]:
        """Return how many rows of `LANES` blocks there are, and the work of each."""
        row = LANES * self.per_block
        size = math.prod(n for n in types[-1].shape if n is not None)
        return -(-size // row), row * self.operations

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute with NumPy."""
        state, *parameters, shape = arrays
        sizes = tuple(map(int, shape))
        size = math.prod(sizes)
        count = max(1, -(-size // (LANES * self.per_block))) * LANES  # NumPy knows no -1 of 0
        found = self.samples(state, words(state, np.arange(count), 0), size, *parameters)
        return (found.astype(self.dtype).reshape(sizes),)

    @abstractmethod
    def samples(self, state: Array, found: Array, size: int, *parameters: Array) -> Array:
        """Return the numbers, one after another, that the words of all blocks make."""


@dataclass(frozen=True)
class RandomUniform(Sample):
    """Numbers k / 2^24 (float32) or k / 2^53 (float64), all k from 0 on equally likely.

    The inputs are the state and the shape. The reference gives the same bits.
    """

    name = "uniform"

    def lower(self, *types: TensorType) -> Kernel:
        """Lower to a kernel."""
        function = uniform_single if self.dtype == "float32" else uniform_double
        return Kernel(function, parts=self.parts)

    def samples(self, state: Array, found: Array, size: int, *parameters: Array) -> Array:
        """Return 24 bits of one word each, or 53 of two."""
        return spread_out((singles if self.dtype == "float32" else doubles)(found), size)


@dataclass(frozen=True)
class RandomNormal(Sample):
    """Numbers with density exp(-x^2 / 2) / sqrt(2 pi): the normal distribution.

    They are r cos(2 pi t) and r sin(2 pi t) with r = sqrt(-2 log u), u from 31 bits (float32)
    or 53, which reaches 6.6 or 8.6 standard deviations. The inputs are the state and the shape.
    The reference has the same u and t; results may differ by some units of the last place.

    References
    ----------
    G. E. P. Box, M. E. Muller, *A note on the generation of random normal deviates*, Annals of
    Mathematical Statistics 29 (1958).
    """

    name = "normal"
    operations = 8

    def lower(self, *types: TensorType) -> Kernel:
        """Lower to a kernel."""
        function = normal_single if self.dtype == "float32" else normal_double
        return Kernel(function, parts=self.parts)

    def samples(self, state: Array, found: Array, size: int, *parameters: Array) -> Array:
        """Return the numbers of Box and Muller."""
        return spread_out(_box_muller(found, self.dtype), size)


def _box_muller(found: Array, dtype: str) -> Array:
    """Return the normal numbers that words stand for: four for each block, two of float64."""
    if dtype == "float32":
        pairs = found.reshape(len(found), 2, 2)
        half = (pairs[..., 0] >> 1).astype(np.float32) + np.float32(0.5)
        u, turns = half.astype(np.float64) / 2**31, pairs[..., 1]
        rest = (turns + np.uint32(2**29)) % np.uint32(2**30) - 2.0**29
        rest = rest.astype(np.float32).astype(np.float64) / 2**32
    else:
        u, turns = (doubles(found[:, :2]) * 2**53 + 0.5) / 2**53, found[:, 2:3]
        rest = (turns + np.uint32(2**29)) % np.uint32(2**30) - 2.0**29
        rest = rest / 2**32 + found[:, 3:] / 2.0**64
    quarter = (turns + np.uint32(2**29)) // np.uint32(2**30) % 4
    r, angle = np.sqrt(-2 * np.log(u)), 2 * np.pi * rest
    x, y = np.cos(angle), np.sin(angle)
    cosine, sine = np.choose(quarter, [x, -y, -x, y]), np.choose(quarter, [y, x, -y, -x])
    return np.stack([r * cosine, r * sine], axis=-1).reshape(len(found), -1)


@dataclass(frozen=True)
class TruncatedNormal(Sample):
    """Normal numbers of float64, drawn again while they are farther from 0 than a bound.

    Parameters
    ----------
    bound
        The largest distance from 0, in standard deviations.
    """

    bound: float = 2.0

    name = "truncated_normal"
    operations = 30

    def lower(self, *types: TensorType) -> Kernel:
        """Lower to a kernel."""
        return Kernel(truncated_normal, static=(self.bound,), parts=self.parts)

    def samples(self, state: Array, found: Array, size: int, *parameters: Array) -> Array:
        """Replace what is too large, with words of its own for each element and attempt."""
        result = spread_out(_box_muller(found, self.dtype), size)
        attempt = 0
        while True:
            (wrong,) = np.nonzero(np.abs(result) > self.bound)
            if not wrong.size:
                return result
            attempt += 1
            result[wrong] = _box_muller(words(state, wrong, attempt), self.dtype)[:, 0]


@dataclass(frozen=True)
class Bernoulli(Sample):
    """Ones with probability p, else zeros: whether a word of 32 bits is below p 2^32.

    The inputs are the state, p (a scalar from 0 to 1) and the shape. The reference gives the
    same bits.
    """

    name = "bernoulli"

    def infer(self, *types: TensorType) -> Types:
        """Return the type of the shape."""
        state, p, shape = types
        if p.ndim or not p.is_float:
            raise ShapeError(
                f"bernoulli: expected one probability, got {p}. Compare uniform numbers with "
                "several of them."
            )
        return super().infer(state, shape)

    @property
    def per_block(self) -> int:
        """How many numbers are made of four words."""
        return 4

    def lower(self, *types: TensorType) -> Kernel:
        """Lower to a kernel."""
        return Kernel(bernoulli, parts=self.parts)

    def samples(self, state: Array, found: Array, size: int, *parameters: Array) -> Array:
        """Return whether each word is small enough."""
        (p,) = parameters
        result: Array = spread_out(found, size) < np.floor(np.float64(p) * 2**32 + 0.5)
        return result
