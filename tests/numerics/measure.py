"""Measures every special function in each dtype and mode against mpmath."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass

import mpmath
import numpy as np

from blocks import function, tensor
from tests.numerics.exact import PRECISION, Exact
from tests.numerics.functions import FUNCTIONS, PAIRS, pairs, points

DTYPES = ("float32", "float64")
MODES = ("compiled", "reference")
COUNT = int(os.environ.get("ULP_POINTS", "120"))


@dataclass(frozen=True)
class Measured:
    """The largest error in ulps, and the arguments at which it is met."""

    ulps: float
    at: tuple[float, ...]
    count: int


def _exact(f, *columns):
    """Return the exact values at some arguments, and where they are not NaN."""
    with mpmath.workprec(PRECISION):
        values = [f(*(mpmath.mpf(float(x)) for x in row)) for row in zip(*columns, strict=True)]
    real = np.array([v is not None for v in values])
    return Exact.of([v for v in values if v is not None]), real


@functools.cache
def oracle(name, dtype):
    """Return the arguments for a function and its exact values there."""
    if name in PAIRS:
        columns = pairs(dtype, COUNT)
        return columns, *_exact(PAIRS[name][1], *columns)
    x = points(FUNCTIONS[name], dtype, COUNT)
    if dtype == "float64":  # what is representable in both is computed once
        (narrow,), exact, real = oracle(name, "float32")
        fresh, fresh_real = _exact(FUNCTIONS[name].exact, x)
        both = Exact(
            *(
                np.concatenate([getattr(a, k) for a in (exact, fresh)])
                for k in ("high", "low", "exponent")
            )
        )
        return (
            (np.concatenate([narrow.astype(dtype), x]),),
            both,
            np.concatenate([real, fresh_real]),
        )
    return (x,), *_exact(FUNCTIONS[name].exact, x)


@functools.cache
def built(dtype, mode, binary):
    """Return a function of all functions at once; one kernel compiles faster than thirty."""
    x, y = (tensor.TensorType(dtype, (None,))(n) for n in "xy")
    if binary:
        return function([x, y], [f(x, y) for f, _ in PAIRS.values()], mode=mode)
    return function([x], [f.build(x) for f in FUNCTIONS.values()], mode=mode)


@functools.cache
def measure(name, dtype, mode):
    """Return the largest error of a function."""
    columns, exact, real = oracle(name, dtype)
    table = PAIRS if name in PAIRS else FUNCTIONS
    with np.errstate(all="ignore"):
        result = built(dtype, mode, name in PAIRS)(*columns)[list(table).index(name)]
    assert result.dtype == dtype
    assert np.isnan(result[~real]).all()
    ulps = exact.ulps(result[real])
    worst = int(np.argmax(ulps))
    return Measured(float(ulps[worst]), tuple(float(c[real][worst]) for c in columns), len(real))
