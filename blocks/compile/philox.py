"""Random numbers for kernels: Philox4x32-10, and what is made of its words.

A word is a function of a key and a counter and of nothing else, so any element can be computed
by any thread. The counter says which block of four words is asked for, in which call of the
function; its second word, the attempt, is for samplers that need more than one block.

References
----------
J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, *Parallel Random Numbers: As Easy as 1, 2,
3*, SC 2011.

Examples
--------
>>> [hex(word) for word in philox(np.uint64(0), np.uint64(0), 0, 0)]
['0x6627e8d5', '0xe169c58d', '0xbc57ac4c', '0x9b00dbd8']
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

from blocks.compile.vectors import log

__all__ = ["binomial", "double", "normal_pair", "normals", "philox", "poisson", "single"]

inlined = njit(error_model="numpy", fastmath={"contract"}, forceinline=True)

FIRST = np.uint64(0xD2511F53)
SECOND = np.uint64(0xCD9E8D57)
FIRST_STEP = np.uint64(0x9E3779B9)
SECOND_STEP = np.uint64(0xBB67AE85)
LOW = np.uint64(0xFFFFFFFF)
HALF = np.uint64(32)


@inlined
def mixed(c0: Any, c1: Any, c2: Any, c3: Any, k0: Any, k1: Any) -> Any:
    """Return the counter after one round."""
    a = FIRST * np.uint64(c0)
    b = SECOND * np.uint64(c2)
    return (
        np.uint32(np.uint32(b >> HALF) ^ np.uint32(c1 ^ k0)),
        np.uint32(b & LOW),
        np.uint32(np.uint32(a >> HALF) ^ np.uint32(c3 ^ k1)),
        np.uint32(a & LOW),
    )


@inlined
def philox(key: Any, call: Any, block: Any, attempt: Any) -> Any:
    """Return four words of 32 bits.

    Parameters
    ----------
    key, call
        Of 64 bits each.
    block, attempt
        Of 32 bits each.
    """
    k0, k1 = np.uint32(key & LOW), np.uint32(key >> HALF)
    c0, c1 = np.uint32(block), np.uint32(attempt)
    c2, c3 = np.uint32(call & LOW), np.uint32(call >> HALF)
    for _ in range(10):
        c0, c1, c2, c3 = mixed(c0, c1, c2, c3, k0, k1)
        k0 = np.uint32(np.uint64(k0) + FIRST_STEP & LOW)
        k1 = np.uint32(np.uint64(k1) + SECOND_STEP & LOW)
    return c0, c1, c2, c3


@inlined
def single(word: Any) -> Any:
    """Return a number of float32 from 0 to below 1: the first 24 bits of a word."""
    return np.float32(np.int32(word >> np.uint32(8))) * np.float32(2.0**-24)


@inlined
def double(high: Any, low: Any) -> Any:
    """Return a number of float64 from 0 to below 1: the first 27 and 26 bits of two words."""
    first, second = np.int64(high >> np.uint32(5)), np.int64(low >> np.uint32(6))
    return np.float64(first * 67108864 + second) * 2.0**-53


@inlined
def normal_pair(radial: Any, angle: Any) -> Any:
    """Return two independent normal numbers of float32 from two words, by Box and Muller.

    They are r cos(2 pi t) and r sin(2 pi t) with r^2 = -2 log(u), u above 0 and t in [0, 1).
    """
    one = np.float32(1)
    u = (np.float32(np.int32(radial >> np.uint32(1))) + np.float32(0.5)) * np.float32(2.0**-31)
    quarter = (angle + np.uint32(0x20000000)) >> np.uint32(30)
    t = np.float32(np.int32(np.uint32(angle - (quarter << np.uint32(30))))) * np.float32(2.0**-32)
    r = np.sqrt(np.float32(-2) * log(u))
    z = t * t
    sine = np.float32(-75.401611328125)
    sine = sine * z + np.float32(81.59254455566406)
    sine = sine * z + np.float32(-41.3416633605957)
    sine = (sine * z + np.float32(6.2831854820251465)) * t
    cosine = np.float32(59.22016906738281)
    cosine = cosine * z + np.float32(-85.4428482055664)
    cosine = cosine * z + np.float32(64.93931579589844)
    cosine = cosine * z + np.float32(-19.739208221435547)
    cosine = cosine * z + one
    return r * rotated(cosine, -sine, quarter), r * rotated(sine, cosine, quarter)


@inlined
def normals(words: Any) -> Any:
    """Return two independent normal numbers of float64 from four words, by Box and Muller."""
    a, b, angle, fine = words
    first, second = np.int64(a >> np.uint32(5)), np.int64(b >> np.uint32(6))
    u = (np.float64(first * 67108864 + second) + 0.5) * 2.0**-53
    quarter = (angle + np.uint32(0x20000000)) >> np.uint32(30)
    coarse = np.float64(np.int32(np.uint32(angle - (quarter << np.uint32(30)))))
    t = coarse * 2.0**-32 + np.float64(np.int64(fine)) * 2.0**-64
    r = np.sqrt(-2.0 * log(u))
    z = t * t
    sine = 3.7808357434495523
    sine = sine * z + -15.093802587557363
    sine = sine * z + 42.05868498959278
    sine = sine * z + -76.7058597039975
    sine = sine * z + 81.60524927594682
    sine = sine * z + -41.341702240399634
    sine = (sine * z + 6.283185307179586) * t
    cosine = -1.6960698122118574
    cosine = cosine * z + 7.903050063921361
    cosine = cosine * z + -26.42625003851791
    cosine = cosine * z + 60.24464131988245
    cosine = cosine * z + -85.4568172064752
    cosine = cosine * z + 64.93939402266784
    cosine = cosine * z + -19.739208802178716
    cosine = cosine * z + 1.0
    return r * rotated(cosine, -sine, quarter), r * rotated(sine, cosine, quarter)


@inlined
def rotated(x: Any, y: Any, quarter: Any) -> Any:
    """Return x, y, -x or -y: a coordinate after so many quarter turns, from 0 to 4."""
    chosen = y if quarter & np.uint32(1) else x
    return -chosen if quarter & np.uint32(2) else chosen


@njit(error_model="numpy")
def binomial(u: Any, n: Any, p: Any) -> Any:
    """Return how many of n trials succeed, each with probability p, from a uniform number.

    The probabilities are subtracted from `u` beginning with the largest, that of the mode, then
    alternately below and above it, until nothing is left: about sqrt(n p (1 - p)) steps.

    References
    ----------
    C. D. Kemp, *A modal method for generating binomial variables*, Communications in
    Statistics 15 (1986).
    """
    q = 1.0 - p
    mode = min(np.int64((n + 1) * p), n)
    if n <= 0 or p <= 0.0 or q <= 0.0:
        return mode
    logarithm = math.lgamma(n + 1.0) - math.lgamma(mode + 1.0) - math.lgamma(n - mode + 1.0)
    below = above = math.exp(logarithm + mode * math.log(p) + (n - mode) * math.log1p(-p))
    low = high = mode
    u -= above
    while u >= 0.0 and below + above > 0.0:
        if low > 0:
            below *= low * q / ((n - low + 1) * p)
            low -= 1
            u -= below
            if u < 0.0:
                return low
        else:
            below = 0.0
        if high < n:
            above *= (n - high) * p / ((high + 1) * q)
            high += 1
            u -= above
            if u < 0.0:
                return high
        else:
            above = 0.0
    return mode  # rounding left the sum of all of them below u


@njit(error_model="numpy")
def poisson(u: Any, rate: Any) -> Any:
    """Return a number of events of which `rate` are expected, from a uniform number.

    As `binomial` does: about sqrt(rate) steps.
    """
    if rate <= 0.0:
        return np.int64(0)
    mode = np.int64(rate)
    below = above = math.exp(mode * math.log(rate) - rate - math.lgamma(mode + 1.0))
    low = high = mode
    u -= above
    while u >= 0.0 and below + above > 0.0:
        if low > 0:
            below *= low / rate
            low -= 1
            u -= below
            if u < 0.0:
                return low
        else:
            below = 0.0
        high += 1
        above *= rate / high
        u -= above
        if u < 0.0:
            return high
    return mode  # as in `binomial`
