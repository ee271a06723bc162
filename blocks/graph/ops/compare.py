"""Comparisons of several numbers: extremes of many, and equality up to a tolerance.

Examples
--------
>>> largest(1, 3, 2).eval(), isclose([1.0, 2.0], [1.0, 2.1]).eval()
(array(3, dtype=int8), array([ True, False]))
"""

from __future__ import annotations

import functools
from typing import Any

from blocks.graph.op import as_variable
from blocks.graph.ops import reduce
from blocks.graph.ops.elementwise import (
    abs_,
    cast,
    eq,
    int_div,
    isinf,
    isnan,
    le,
    maximum,
    minimum,
    mod,
    neq,
)
from blocks.graph.ops.elementwise_op import like
from blocks.graph.types import upcast
from blocks.graph.variable import Variable

__all__ = ["allclose", "ceil_intdiv", "isclose", "largest", "smallest"]


def largest(*args: Any) -> Variable:
    """Return the elementwise maximum of any number of variables.

    Parameters
    ----------
    *args
        The variables, which broadcast.

    Examples
    --------
    >>> largest([1, 5], [4, 2]).eval()
    array([4, 5])
    """
    result: Variable = functools.reduce(maximum, args)
    return result


def smallest(*args: Any) -> Variable:
    """Return the elementwise minimum of any number of variables.

    Parameters
    ----------
    *args
        The variables, which broadcast.

    Examples
    --------
    >>> smallest([1, 5], [4, 2]).eval()
    array([1, 2])
    """
    result: Variable = functools.reduce(minimum, args)
    return result


def ceil_intdiv(a: Any, b: Any) -> Variable:
    """Return the quotient of integers rounded up.

    Parameters
    ----------
    a, b
        Integers: the dividend and the divisor.

    Examples
    --------
    >>> ceil_intdiv([4, 5], 2).eval()
    array([2, 3])
    """
    quotient = int_div(a, b)
    return quotient + cast(neq(mod(a, b), 0), quotient.dtype)


def isclose(
    a: Any, b: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
) -> Variable:
    """Return where abs(a - b) <= atol + rtol abs(b).

    Parameters
    ----------
    a, b
        Variables, arrays or numbers, which broadcast. An infinity is close to itself alone.
    rtol, atol
        The tolerances, relative to `b` and absolute.
    equal_nan
        Whether NaN is close to NaN.

    Examples
    --------
    >>> isclose([1.0, float("inf")], [1.000001, float("inf")]).eval()
    array([ True,  True])
    """
    a, b = as_variable(a), as_variable(b)
    dtype = upcast(a.dtype, b.dtype, "float32")
    a, b = cast(a, dtype), cast(b, dtype)
    finite = ~(isinf(a) | isinf(b))
    close = (finite & le(abs_(a - b), like(b, atol) + like(b, rtol) * abs_(b))) | eq(a, b)
    return close | (isnan(a) & isnan(b)) if equal_nan else close


def allclose(
    a: Any, b: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
) -> Variable:
    """Return whether all elements are close; arguments as of `isclose`.

    Examples
    --------
    >>> allclose([1.0, 2.0], [1.0, 2.1]).eval()
    array(False)
    """
    return reduce.all(isclose(a, b, rtol, atol, equal_nan))
