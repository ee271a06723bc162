"""Functions of single numbers that generated kernels call; LLVM puts them into their loops."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

__all__ = ["integer_power", "plus", "times", "unsigned"]


@njit(fastmath={"contract", "reassoc"})
def plus(total: Any, x: Any) -> Any:
    """Return a total and one more term; the additions of one sum may be reordered.

    Examples
    --------
    >>> plus(1.0, 2.0)
    3.0
    """
    return total + x


@njit(fastmath={"contract", "reassoc"})
def times(total: Any, x: Any) -> Any:
    """Return a product and one more factor; those of one product may be reordered.

    Examples
    --------
    >>> times(3.0, 2.0)
    6.0
    """
    return total * x


@njit
def integer_power(x: Any, y: Any, one: Any) -> Any:
    """Return x^y, modulo 2^n; with a negative exponent it is cut off to an integer.

    Numba's own power of integers raises for 0 to a negative one, and does not wrap.

    Parameters
    ----------
    x, y
        The base and the exponent.
    one
        1, of their dtype.

    Examples
    --------
    >>> integer_power(3, 4, 1), integer_power(-1, -3, 1), integer_power(2, -1, 1)
    (81, -1, 0)
    """
    if y < 0:
        if x == one or (x + one == 0 and y & one == 0):
            return one
        return x if x + one == 0 else one - one
    power = one
    while y > 0:
        if y & one:
            power = power * x
        x = x * x
        y = y >> one
    return power


@njit
def unsigned(x: Any) -> Any:
    """Return a real number as uint64: cut off, and modulo 2^64 where it is negative.

    Examples
    --------
    >>> int(unsigned(1e19)), int(unsigned(-1.5)) == 2**64 - 1
    (10000000000000000000, True)
    """
    if x < 9223372036854775808.0:
        return np.uint64(np.int64(x))
    return np.uint64(np.int64(x - 9223372036854775808.0)) + np.uint64(9223372036854775808)
