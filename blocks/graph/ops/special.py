"""The gamma function, its logarithm and the derivative of that.

Examples
--------
>>> gamma([5.0]).eval(), gammaln([5.0]).eval().round(6)
(array([24.]), array([3.178054]))
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from blocks.graph.op import as_variable
from blocks.graph.ops.arithmetic import add, inv, le, sqr, switch
from blocks.graph.ops.c99 import c99
from blocks.graph.ops.elementary import log, tan
from blocks.graph.ops.elementwise_op import cast, elementwise, floating, like
from blocks.graph.types import upcast
from blocks.graph.variable import Variable

__all__ = ["gamma", "gammaln", "psi"]

SHIFT = 10
"""How far psi moves its argument up, to where the series below is exact to rounding."""

SERIES = (-1 / 12, 1 / 120, -1 / 252, 1 / 240, -1 / 132, 691 / 32760, -1 / 12)
"""psi(x) = log x - 1 / (2 x) + the sum of SERIES[k] / x^(2 k + 2), for large x."""


def _each(function: Callable[[float], float]) -> Callable[..., Any]:
    return np.vectorize(c99(function), otypes="d")


gamma = elementwise(
    "gamma",
    "gamma(x)",
    _each(math.gamma),
    lambda x, y, g: [g * y * psi(x)],
    rule=floating,
    doc="Gamma function, the integral of t^(x - 1) e^-t over t > 0; (x - 1)! of whole x.",
)
gammaln = elementwise(
    "gammaln",
    "lgamma(x)",
    _each(math.lgamma),
    lambda x, y, g: [g * psi(x)],
    rule=floating,
    doc="Logarithm of the absolute value of the gamma function.",
)


def psi(x: Any) -> Variable:
    """Digamma function, the derivative of the logarithm of the gamma function.

    Of x <= 0 by reflection, psi(1 - x) - pi / tan(pi x); of small x by the recurrence
    psi(x) = psi(x + 1) - 1 / x; of large x by the asymptotic series (Abramowitz and Stegun,
    Handbook of Mathematical Functions, 6.3).

    Examples
    --------
    >>> psi([1.0, 0.5]).eval().round(6)
    array([-0.577216, -1.96351 ])
    """
    x = as_variable(x)
    x = cast(x, upcast(x.dtype, "float32"))
    negative = le(x, 0)
    y = switch(negative, 1 - x, x)
    smaller = functools.reduce(add, [inv(y + like(y, k)) for k in range(SHIFT)])
    y = y + like(y, SHIFT)
    square = inv(sqr(y))
    series = like(y, 0)
    for coefficient in reversed(SERIES):
        series = square * (series + like(y, coefficient))
    positive = log(y) - like(y, 0.5) / y + series - smaller
    # The branch that is not chosen must be finite, or its gradient would be 0 * infinity.
    angle = switch(negative, x, like(x, 0.25)) * like(x, math.pi)
    return switch(negative, positive - like(x, math.pi) / tan(angle), positive)
