"""Random counts: binomial, multinomial and Poisson distributions.

Each count is found from one uniform number by going through the probabilities from the mode
outwards, which takes about as many steps as the distribution is wide.

References
----------
C. D. Kemp, *A modal method for generating binomial variables*, Communications in Statistics 15
(1986).

Examples
--------
>>> state = np.array([5, 0], "uint64")
>>> Multinomial("int64")(state, 10, [[0.0, 1.0], [1.0, 0.0]]).eval()
array([[ 0, 10],
       [10,  0]])
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from blocks.errors import ShapeError
from blocks.graph.op import Array, Kernel, Types
from blocks.graph.ops.random import Draw, Sized
from blocks.graph.ops.random_kernels import binomials, multinomial_counts, poissons
from blocks.graph.ops.random_words import doubles, words
from blocks.graph.types import TensorType

__all__ = ["Binomial", "Multinomial", "Poisson"]


OPERATIONS = 600  # about how long a count takes, in additions


@dataclass(frozen=True)
class Count(Sized):
    """Interface of draws of one count for each element, from a uniform number of its own."""

    def infer(self, *types: TensorType) -> Types:
        """Return the type of the shape."""
        state, *parameters, shape = types
        for t in parameters:
            if t.ndim not in (0, self.ndim):
                raise ShapeError(
                    f"{self.name}: expected parameters of 0 or {self.ndim} axes, got {t}. Let "
                    "them have the shape of the result."
                )
        return super().infer(state, shape)

    def parts(self, *types: TensorType) -> tuple[int, int]:
        """Return how many elements there are, and the work of each."""
        return math.prod(n for n in types[-1].shape if n is not None), OPERATIONS

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute with NumPy."""
        state, *parameters, shape = arrays
        sizes = tuple(map(int, shape))
        size = math.prod(sizes)
        u = doubles(words(state, np.arange(max(size, 1)), 0))[:size, 0]
        rows = [np.broadcast_to(x, sizes).reshape(size) for x in parameters]
        return (self.counts(u, *rows).reshape(sizes),)

    @abstractmethod
    def counts(self, u: Array, *parameters: Array) -> Array:
        """Return the count for each uniform number."""


@dataclass(frozen=True)
class Binomial(Count):
    """How many of n trials succeed: k with probability n! / k! / (n - k)! p^k (1 - p)^(n - k).

    The inputs are the state, n and p (each a scalar, or of the shape of the result) and the
    shape. The reference finds the same counts, but where rounding decides.
    """

    name = "binomial"

    def lower(self, *types: TensorType) -> Kernel:
        """Lower to a kernel."""
        return Kernel(binomials, parts=self.parts)

    def counts(self, u: Array, *parameters: Array) -> Array:
        """Return the count for each uniform number."""
        return successes(u, *parameters)


@dataclass(frozen=True)
class Poisson(Count):
    """A number of events: k with probability lambda^k exp(-lambda) / k!.

    The inputs are the state, lambda (a scalar, or of the shape of the result) and the shape.
    The reference finds the same counts, but where rounding decides.
    """

    name = "poisson"

    def lower(self, *types: TensorType) -> Kernel:
        """Lower to a kernel."""
        return Kernel(poissons, parts=self.parts)

    def counts(self, u: Array, *parameters: Array) -> Array:
        """Return the count for each uniform number."""
        result = np.zeros(len(u), np.int64)
        for i, rate in enumerate(parameters[0].astype(np.float64)):
            result[i] = _modal(
                u[i],
                int(rate),
                int(rate + 20 * np.sqrt(rate) + 200),
                partial(_poisson_probability, rate),
            )
        return result


@dataclass(frozen=True)
class Multinomial(Draw):
    """How often each of several things happens in n trials, in a row for each distribution.

    The inputs are the state, n (a scalar, or a number for each row) and the probabilities, whose
    last axis is that of the things. A single trial takes one uniform number; more trials take
    one for each thing: it happens so often as a binomial distribution says, given what the
    things before it left.
    """

    name = "multinomial"

    def infer(self, *types: TensorType) -> Types:
        """Return the type of the probabilities, with the dtype of the result."""
        state, n, p = types
        if p.ndim == 0 or n.ndim not in (0, p.ndim - 1) or p.shape[-1] == 0:
            raise ShapeError(
                f"multinomial: expected a row of probabilities for each n, got {p} for {n}. Let "
                "pvals have one axis more than n."
            )
        self.check_state(state)
        return (TensorType(self.dtype, p.shape, p.broadcastable),)

    def lower(self, *types: TensorType) -> Kernel:
        """Lower to a kernel."""
        return Kernel(multinomial_counts, parts=self.parts)

    def parts(self, *types: TensorType) -> tuple[int, int]:
        """Return how many rows there are, and the work of each."""
        *rows, size = (n for n in types[-1].shape if n is not None)
        return math.prod(rows), OPERATIONS * size

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute with NumPy."""
        state, n, p = arrays
        rows = p.reshape(-1, p.shape[-1]).astype(np.float64)
        trials = np.broadcast_to(n, p.shape[:-1]).reshape(-1)
        result = np.zeros(rows.shape, np.int64)
        for i, (count, chances) in enumerate(zip(trials, rows, strict=True)):
            result[i] = self._row(state, i, int(count), chances)
        return (result.reshape(p.shape),)

    @staticmethod
    def _row(state: Array, i: int, n: int, p: Array) -> Array:
        last = int(np.flatnonzero(p > 0)[-1])
        counts = np.zeros(len(p), np.int64)
        u = doubles(words(state, np.full(len(p), i), np.arange(len(p))))[:, 0]
        if n == 1:
            below = np.cumsum(p)
            counts[min(int(np.searchsorted(below, u[0] * below[-1], side="right")), last)] = 1
            return counts
        mass = np.cumsum(p)[-1]
        for j in range(last):
            left = n - counts.sum()
            counts[j] = successes(u[j : j + 1], np.array([left]), np.array([min(p[j] / mass, 1)]))[
                0
            ]
            mass -= p[j]
        counts[last] = n - counts.sum()
        return counts


def successes(u: Array, n: Array, p: Array) -> Array:
    """Return the numbers of successes in n trials that uniform numbers stand for.

    Examples
    --------
    >>> successes(np.array([0.1, 0.6, 0.9]), np.array([2, 2, 2]), np.array([0.5, 0.5, 0.5]))
    array([1, 0, 2])
    """
    result = np.zeros(len(u), np.int64)
    for i, (count, chance) in enumerate(zip(n.astype(np.int64), p.astype(np.float64), strict=True)):
        mode = min(int((count + 1) * chance), count)
        result[i] = _modal(
            u[i],
            mode,
            count,
            partial(_binomial_probability, count, chance),
        )
    return result


def _modal(u: float, mode: int, most: int, probability: Callable[[Array], Array]) -> int:
    """Return the value at which the probabilities, from the mode outwards, exceed `u`."""
    width = min(max(mode, most - mode), 20 * math.isqrt(mode + 1) + 200)
    steps = np.arange(1, width + 1)
    order = np.concatenate([[mode], np.stack([mode - steps, mode + steps], 1).reshape(-1)])
    order = order[(order >= 0) & (order <= most)]
    total = np.cumsum(probability(order))
    position = int(np.searchsorted(total, u, side="right"))
    return int(order[position]) if position < len(order) else mode


def _binomial_probability(n: int, p: float, k: Array) -> Array:
    from scipy.special import gammaln, xlog1py, xlogy  # slow to import, and seldom needed

    ways = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    result: Array = np.exp(ways + xlogy(k, p) + xlog1py(n - k, -p))
    return result


def _poisson_probability(rate: float, k: Array) -> Array:
    from scipy.special import gammaln, xlogy

    result: Array = np.exp(xlogy(k, rate) - rate - gammaln(k + 1))
    return result
