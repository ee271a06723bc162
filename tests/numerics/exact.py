"""Exact values by mpmath, and how many ulps a result is away from them.

An exact value is kept as ``(high + low) * 2**exponent`` with two doubles and an integer, which is
enough to measure any result of at most 53 bits to a thousandth of an ulp, without range limits:
one evaluation by mpmath serves every dtype and mode.
"""

from __future__ import annotations

from dataclasses import dataclass

import mpmath
import numpy as np

PRECISION = 160  # bits, for what mpmath computes without cancellation


@dataclass(frozen=True)
class Exact:
    """Exact real values: ``(high + low) * 2**exponent``, high in [1/2, 1) or 0."""

    high: np.ndarray
    low: np.ndarray
    exponent: np.ndarray

    @staticmethod
    def of(values):
        """Take mpmath's numbers apart."""
        high, low, exponent = (np.zeros(len(values), t) for t in ("d", "d", "int64"))
        with mpmath.workprec(PRECISION):
            for i, value in enumerate(values):
                if mpmath.isinf(value):
                    value = mpmath.ldexp(mpmath.sign(value), 10**6)
                mantissa, e = mpmath.frexp(value)
                high[i] = mantissa
                low[i] = mantissa - mpmath.mpf(high[i])
                exponent[i] = max(min(e, 10**6), -(10**6))
        return Exact(high, low, exponent)

    def __getitem__(self, index):
        return Exact(self.high[index], self.low[index], self.exponent[index])

    def ulps(self, result):
        """Return the error of floating-point numbers in units of their dtype's last place.

        The unit is that of the exact value: the distance of neighbouring numbers of the dtype
        there, subnormal ones included. Infinity counts as the power of two that follows the
        largest finite number; so does any exact value beyond it. NaN is infinitely wrong.
        """
        info = np.finfo(result.dtype)
        top = info.maxexp + 1  # frexp's exponent of 2**maxexp
        wide = result.astype("d")
        with np.errstate(all="ignore"):
            mantissa, e = np.frexp(np.where(np.isinf(wide), 0.5 * np.sign(wide), wide))
        e = np.where(np.isinf(wide), top, e)
        exponent = np.minimum(self.exponent, top)
        over = self.exponent >= top
        high = np.where(over, 0.5 * np.sign(self.high), self.high)
        low = np.where(over, 0, self.low)
        unit = np.maximum(exponent - info.nmant - 1, info.minexp - info.nmant)
        scale = np.clip(exponent - unit, -200, 200)
        error = np.ldexp(mantissa, np.clip(e - unit, -1000, 1000)) - np.ldexp(high, scale)
        error = np.abs(error - np.ldexp(low, scale))
        return np.where(np.isnan(wide), np.inf, error)
