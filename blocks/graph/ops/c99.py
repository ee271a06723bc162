"""Functions of Python's ``math`` as those of C, which return infinity and NaN for errors."""

from __future__ import annotations

import math
from collections.abc import Callable

__all__ = ["c99"]


def c99(function: Callable[[float], float]) -> Callable[[float], float]:
    """Return ``math.gamma`` or ``math.lgamma`` without its errors: infinity and NaN instead.

    Examples
    --------
    >>> c99(math.gamma)(-1.0), c99(math.gamma)(-0.0), c99(math.lgamma)(-1.0)
    (nan, -inf, inf)
    """

    def call(x: float) -> float:
        try:
            return float(function(x))
        except OverflowError:  # near 0, of the sign of x, or of large x
            return math.copysign(math.inf, x) if function is math.gamma else math.inf
        except ValueError:  # at the poles 0, -1, -2, ..., and at -infinity
            if function is math.lgamma:
                return math.inf
            return math.copysign(math.inf, x) if x == 0 else math.nan

    return call
