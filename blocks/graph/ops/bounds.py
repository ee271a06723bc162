"""Checks of values: numbers that must lie in a range, and probabilities that must sum to 1.

What is constant is checked when the graph is built, anything else whenever it is computed.

Examples
--------
>>> from blocks import tensor
>>> p = tensor.vector("p")
>>> bounded(p, "binomial", "probabilities", 0, 1).eval({p: [0.0, 1.0]})
array([0., 1.])
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from blocks.errors import RangeError, ShapeError
from blocks.graph.op import Array, Call, Gradients, Op, Types, as_variable
from blocks.graph.types import TensorType
from blocks.graph.variable import Constant, Variable

__all__ = ["Bounded", "bounded"]


@dataclass(frozen=True)
class Bounded(Op):
    """The input as it is; an error where it is out of bounds.

    Parameters
    ----------
    user
        The operation that needs it so, for messages.
    what
        What it is, in the plural.
    low, high
        The least and the largest value.
    sums_to_1
        Whether the sums over the last axis must be 1 too.
    """

    user: str = field(repr=False)
    what: str = field(repr=False)
    low: float = field(default=-math.inf, repr=False)
    high: float = field(default=math.inf, repr=False)
    sums_to_1: bool = field(default=False, repr=False)

    name = "bounded"

    def infer(self, *types: TensorType) -> Types:
        """Return the type of the input."""
        (x,) = types
        if self.sums_to_1 and (x.ndim == 0 or x.shape[-1] == 0):
            raise ShapeError(
                f"{self.user}: expected rows of {self.what} that sum to 1, got {x}. Let the last "
                "axis have at least one element."
            )
        return types

    def grad(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        output_gradients: Gradients,
    ) -> Gradients:
        """Return the gradient as it is."""
        return output_gradients

    def lower(self, *types: TensorType) -> Call:
        """Lower to a call."""
        return Call(self.reference)

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Check, and return the input."""
        (x,) = arrays
        self.check(x)
        return (x,)

    def check(self, x: Array) -> None:
        """Raise if some value is out of bounds.

        Raises
        ------
        RangeError
            If a value is too small, too large or NaN, or a sum is not 1.
        """
        right = (x >= self.low) & (x <= self.high)
        if not right.all():
            ends = f"from {self.low:g} to {self.high:g}"
            if self.high == math.inf:
                ends = f"of at least {self.low:g}"
            raise RangeError(
                f"{self.user}: expected {self.what} {ends}, got {x[~right].flat[0]} "
                f"({np.count_nonzero(~right)} of {x.size} values). Check how they are computed."
            )
        if not self.sums_to_1:
            return
        sums = x.sum(axis=-1, dtype=np.float64)
        precision = np.finfo(x.dtype).eps if x.dtype.kind == "f" else 0.0
        wrong = np.abs(sums - 1) > math.sqrt(precision)
        if wrong.any():
            raise RangeError(
                f"{self.user}: expected {self.what} that sum to 1, got a sum of "
                f"{sums[wrong].flat[0]:.6g} ({np.count_nonzero(wrong)} of {sums.size} rows). "
                "Divide them by their sum."
            )


def bounded(
    x: Any,
    user: str,
    what: str,
    low: float = -math.inf,
    high: float = math.inf,
    sums_to_1: bool = False,
) -> Variable:
    """Return a variable that raises where its values are out of bounds.

    Parameters
    ----------
    x
        A variable, or a value; a constant is checked at once.
    user, what, low, high, sums_to_1
        As of `Bounded`.

    Raises
    ------
    RangeError
        If a constant is out of bounds.

    Examples
    --------
    >>> bounded(0.5, "dropout", "probabilities", 0, 1)
    0.5
    >>> bounded([0.5, 0.6], "choice", "probabilities", 0, 1, sums_to_1=True)
    Traceback (most recent call last):
    ...
    blocks.errors.RangeError: choice: expected probabilities that sum to 1, got a sum of 1.1 ...
    """
    x = as_variable(x)
    op = Bounded(user, what, low, high, sums_to_1)
    if isinstance(x, Constant):
        op.infer(x.type)
        op.check(np.asarray(x.data))
        return x
    result: Variable = op(x)
    return result
