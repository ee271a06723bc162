"""Drawing without replacement: different elements, with probabilities.

Examples
--------
>>> state = np.array([5, 0], "uint64")
>>> sorted(Distinct("int64")(state, [[0.5, 0.0, 0.5]], 2).eval()[0].tolist())
[0, 2]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from blocks.errors import RangeError, ShapeError
from blocks.graph.op import Array, Call, Gradients, Op, Types
from blocks.graph.ops.random import Draw
from blocks.graph.ops.random_words import doubles, words
from blocks.graph.types import TensorType
from blocks.graph.variable import Variable

__all__ = ["Distinct", "OneForEach"]


@dataclass(frozen=True)
class OneForEach(Op):
    """Probabilities as they are; an error if there are not as many as elements to choose from."""

    name = "one_for_each"

    def infer(self, *types: TensorType) -> Types:
        """Return the type of the probabilities."""
        p, count = types
        if p.shape[0] is not None and count.known is not None:
            self._check(p.shape[0], count.known)
        return (p,)

    def _check(self, length: int, count: int) -> None:
        if length != count:
            raise ShapeError(
                f"choice: expected a probability for each of {count} elements, got {length} "
                "probabilities. Give as many, or a=None to draw their numbers."
            )

    def grad(
        self, inputs: Sequence[Variable], outputs: Sequence[Variable], output_gradients: Gradients
    ) -> Gradients:
        """Return the gradient as it is."""
        return (output_gradients[0], None)

    def lower(self, *types: TensorType) -> Call:
        """Lower to a call."""
        return Call(self.reference)

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Check, and return the probabilities."""
        p, count = arrays
        self._check(len(p), int(count))
        return (p,)


@dataclass(frozen=True)
class Distinct(Draw):
    """Different column numbers for each row of a matrix of weights, in the order of drawing.

    They are drawn one after another, each with probabilities in proportion to the weights of
    what is left: those with the smallest -log(1 - u) / weight, for uniform numbers u. The inputs
    are the state, the weights, and how many to draw.

    References
    ----------
    P. S. Efraimidis, P. G. Spirakis, *Weighted random sampling with a reservoir*, Information
    Processing Letters 97 (2006).
    """

    name = "choice"

    def infer(self, *types: TensorType) -> Types:
        """Return the type of a matrix of as many rows."""
        state, weights, count = types
        self.check_state(state)
        if weights.ndim != 2 or count.ndim:
            raise ShapeError(
                f"choice: expected a matrix of probabilities and a number, got {weights} and "
                f"{count}. Without replacement there is a row of elements for each distribution."
            )
        self._check(weights.shape[1], count.known)
        return (TensorType(self.dtype, (weights.shape[0], count.known)),)

    def _check(self, available: int | None, count: int | None, place: str = "") -> None:
        if available is not None and count is not None and not 0 <= count <= available:
            raise RangeError(
                f"choice: expected to draw from 0 to {available} elements without replacement, as "
                f"so many have a probability above 0{place}, got {count}. Draw fewer, or with "
                "replacement."
            )

    def lower(self, *types: TensorType) -> Call:
        """Lower to NumPy."""
        return Call(self.reference)

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute with NumPy."""
        state, weights, count = arrays
        for row, available in enumerate(np.count_nonzero(weights > 0, axis=1)):
            self._check(int(available), int(count), f" in row {row}")
        u = doubles(words(state, np.arange(max(weights.size, 1)), 0))[: weights.size, 0]
        with np.errstate(divide="ignore"):  # what has no weight waits forever
            waiting = -np.log1p(-u.reshape(weights.shape)) / weights.astype(np.float64)
        return (np.argsort(waiting, axis=1, kind="stable")[:, : int(count)].astype(self.dtype),)
