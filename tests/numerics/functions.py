"""The table of special functions: how mpmath computes each, and where it is delicate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from mpmath import mp, mpf

from blocks.graph.ops import elementwise as e
from blocks.graph.ops import special

HUGE = 10**6  # an exponential of this is out of any range
LN2 = float(np.log(2))
SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805


def exponential(x):
    """e^x, cut off where it is out of any range."""
    return mp.exp(max(min(x, HUGE), -HUGE))


def softplus(x):
    """log(1 + e^x)."""
    return x + mp.log1p(exponential(-x)) if x > 0 else mp.log1p(exponential(x))


def erfc(x):
    """1 - erf(x); below any range where x is large."""
    return mp.erfc(x) if x < 1000 else mpf(0)


def elu(alpha, scale):
    """Scaled exponential linear unit."""
    return lambda x: scale * (x if x > 0 else alpha * mp.expm1(max(x, -HUGE)))


def arccosh(x):
    """Inverse hyperbolic cosine, real: NaN (None) where x < 1."""
    return mp.acosh(x) if x >= 1 else None


def gamma(x):
    """Gamma function; NaN at the poles, where it has no sign."""
    if x <= 0 and x == mp.floor(x):
        return None
    return mp.gamma(x) if abs(x) < HUGE else mpf(0) if x < 0 else mp.inf


def gammaln(x):
    """log |gamma(x)|."""
    if x <= 0 and x == mp.floor(x):
        return mp.inf
    return mp.re(mp.loggamma(x))


def within(f, low=-np.inf, high=np.inf):
    """Return f, and None (for NaN) where x is not between the bounds."""
    return lambda x: f(x) if low <= x <= high else None


@dataclass(frozen=True)
class Special:
    """A function of one variable.

    Parameters
    ----------
    build
        From a variable to the result.
    exact
        From a number of mpmath's to the value, ``None`` where that is NaN.
    near
        Around which points the function is delicate: poles, zeros, thresholds.
    span
        An interval in which it is neither constant nor trivial.
    """

    build: Callable[[Any], Any]
    exact: Callable[[Any], Any]
    near: tuple[float, ...] = ()
    span: tuple[float, float] = (-4.0, 4.0)


def thresholds(scale=1.0):
    """Where 2^(x / scale) overflows or underflows in float32 and float64."""
    return tuple(scale * n for n in (128, 1024, -126, -149, -150, -1022, -1074, -1075, 24, 53))


EXP = thresholds(LN2)
HALF_PI = tuple(k * np.pi / 2 for k in (-3, -2, -1, 1, 2, 3, 4, 1001, 2**20 + 1, 2**40 + 1))

FUNCTIONS: dict[str, Special] = {
    "exp": Special(e.exp, exponential, EXP, (-110, 90)),
    "expm1": Special(e.expm1, lambda x: mp.expm1(max(min(x, HUGE), -HUGE)), EXP, (-40, 90)),
    "exp2": Special(
        e.exp2, lambda x: mp.power(2, max(min(x, HUGE), -HUGE)), thresholds(), (-150, 128)
    ),
    "log": Special(e.log, within(mp.log, 0), (1.0,), (0.0, 4.0)),
    "log1p": Special(e.log1p, within(mp.log1p, -1), (-1.0,), (-1.0, 4.0)),
    "log2": Special(e.log2, within(lambda x: mp.log(x, 2), 0), (1.0, 2.0, 0.5, 8.0), (0.0, 4.0)),
    "log10": Special(e.log10, within(mp.log10, 0), (1.0, 10.0, 1000.0, 0.1), (0.0, 20.0)),
    "sqrt": Special(e.sqrt, within(mp.sqrt, 0), (1.0,), (0.0, 4.0)),
    "sin": Special(e.sin, mp.sin, HALF_PI, (-100, 100)),
    "cos": Special(e.cos, mp.cos, HALF_PI, (-100, 100)),
    "tan": Special(e.tan, mp.tan, HALF_PI, (-100, 100)),
    "arcsin": Special(e.arcsin, within(mp.asin, -1, 1), (-1.0, 1.0, 0.5), (-1, 1)),
    "arccos": Special(e.arccos, within(mp.acos, -1, 1), (-1.0, 1.0, 0.5), (-1, 1)),
    "arctan": Special(e.arctan, mp.atan, (1.0,)),
    "sinh": Special(e.sinh, lambda x: mp.sinh(max(min(x, HUGE), -HUGE)), EXP, (-90, 90)),
    "cosh": Special(e.cosh, lambda x: mp.cosh(max(min(x, HUGE), -HUGE)), EXP, (-90, 90)),
    "tanh": Special(
        e.tanh, lambda x: mp.tanh(max(min(x, HUGE), -HUGE)), (9.0, 19.0, 22.0, 0.625), (-20, 20)
    ),
    "arcsinh": Special(e.arcsinh, mp.asinh, (1.0, -1.0)),
    "arccosh": Special(e.arccosh, within(mp.acosh, 1), (1.0,), (1.0, 4.0)),
    "arctanh": Special(e.arctanh, within(mp.atanh, -1, 1), (-1.0, 1.0), (-1, 1)),
    "erf": Special(e.erf, mp.erf, (0.84375, 1.25, 3.9, 5.9), (-6, 6)),
    "erfc": Special(e.erfc, erfc, (0.84375, 1.25, 9.19, 10.05, 26.5, 27.2, -6.0), (-6, 28)),
    "sigmoid": Special(e.sigmoid, lambda x: 1 / (1 + exponential(-x)), EXP, (-110, 40)),
    "softplus": Special(e.softplus, softplus, EXP, (-110, 40)),
    "elu": Special(e.elu, elu(1, 1), EXP, (-40, 4)),
    "selu": Special(e.selu, elu(mpf(SELU_ALPHA), mpf(SELU_SCALE)), EXP, (-40, 4)),
    "inv": Special(e.inv, lambda x: 1 / x, (1.0,)),
    "sqr": Special(e.sqr, lambda x: x * x, (1.0,)),
    "deg2rad": Special(e.deg2rad, lambda x: x * mp.pi / 180, (180.0,)),
    "rad2deg": Special(e.rad2deg, lambda x: x * 180 / mp.pi, (1.0,)),
    "gamma": Special(special.gamma, gamma, (1.0, 2.0, 35.04, 171.62), (-40, 180)),
    "gammaln": Special(special.gammaln, gammaln, (1.0, 2.0), (0.0, 40.0)),
}

PAIRS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "arctan2": (e.arctan2, mp.atan2),
    "pow": (e.pow, lambda x, y: power(x, y)),
    "true_div": (e.true_div, lambda x, y: x / y),
}


def power(x, y):
    """x^y of real numbers; None where it is not real."""
    if x < 0 and y != mp.floor(y):
        return None
    size = exponential(y * mp.log(abs(x)))
    return -size if x < 0 and y % 2 == 1 else size


def neighbours(x, dtype, count=12):
    """Return a number and those next to it on both sides."""
    x = np.array([x], dtype)
    bits = x.view(np.int32 if dtype == "float32" else np.int64)
    steps = np.concatenate(
        [np.arange(-count, count + 1), 2 ** np.arange(4, 20), -(2 ** np.arange(4, 20))]
    )
    with np.errstate(all="ignore"):
        return (bits + steps.astype(bits.dtype)).view(dtype)


def points(special, dtype, count, seed=1):
    """Return finite non-zero arguments over the whole range of a dtype, about 6 * count."""
    rng = np.random.RandomState(seed)
    info = np.finfo(dtype)
    magnitudes = np.exp2(rng.uniform(info.minexp - info.nmant, info.maxexp, count))
    moderate = np.exp2(rng.uniform(-info.nmant - 8, 12, count))
    words = rng.randint(0, 2**32, count * info.bits // 32, dtype="uint32").view(dtype)
    signs = rng.choice([-1, 1], count)
    ends = [info.smallest_subnormal, info.tiny, info.max, info.eps, 1, 0.5, 2, 3, 10, 100]
    near = [x for x in (*special.near, *ends) if abs(x) <= info.max]
    parts = [
        magnitudes * signs,
        moderate * rng.choice([-1, 1], count),
        words,
        rng.uniform(*special.span, 2 * count),
        *(neighbours(s * x, dtype) for x in near for s in (-1, 1)),
    ]
    with np.errstate(all="ignore"):
        x = np.unique(np.concatenate([np.asarray(p, dtype) for p in parts]))
    return x[np.isfinite(x) & (x != 0)]


def pairs(dtype, count, seed=2):
    """Return pairs of finite non-zero numbers: over the whole range, and of powers in range."""
    rng = np.random.RandomState(seed)
    info = np.finfo(dtype)

    def anywhere():
        return np.exp2(rng.uniform(info.minexp - info.nmant, info.maxexp, count)) * rng.choice(
            [-1, 1], count
        )

    def moderate():
        return np.exp2(rng.uniform(-10, 10, count)) * rng.choice([-1, 1], count)

    base = np.exp2(rng.uniform(-20, 20, count))
    in_range = rng.uniform(info.minexp - info.nmant - 2, info.maxexp + 2, count) / np.log2(base)
    near_one = 1 + rng.normal(size=count) * np.exp2(rng.uniform(-20, -3, count))
    near_one[near_one.astype(dtype) == 1] = 2
    to_overflow = rng.uniform(info.minexp, info.maxexp, count) / np.log2(
        np.asarray(near_one, dtype).astype("d")
    )
    whole = rng.randint(-40, 40, count).astype("d")
    x = [anywhere(), anywhere(), moderate(), base, near_one, moderate()]
    y = [anywhere(), moderate(), moderate(), in_range, to_overflow, whole]
    with np.errstate(all="ignore"):
        x, y = (np.concatenate(p).astype(dtype) for p in (x, y))
    good = np.isfinite(x) & np.isfinite(y) & (x != 0) & (y != 0)
    return x[good], y[good]
