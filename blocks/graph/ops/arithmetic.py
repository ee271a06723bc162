"""Arithmetic, comparisons, choices and logic, element by element.

Examples
--------
>>> from blocks import tensor
>>> x = tensor.vector("x")
>>> switch(ge(x, 0), mod(x, 3), -1).eval({x: [-2.0, 4.0]})
array([-1.,  1.])
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from blocks.graph.op import Array, as_variable
from blocks.graph.ops.elementwise_op import (
    bits,
    cast,
    choice,
    elementwise,
    exponent,
    floating,
    numeric,
    property_of_float,
    quotient,
    truth,
    zeros,
)
from blocks.graph.types import is_float
from blocks.graph.variable import Variable

__all__ = [
    "abs_",
    "add",
    "and_",
    "ceil",
    "clip",
    "eq",
    "floor",
    "ge",
    "gt",
    "identity",
    "int_div",
    "inv",
    "invert",
    "iround",
    "isinf",
    "isnan",
    "le",
    "lt",
    "maximum",
    "minimum",
    "mod",
    "mul",
    "neg",
    "neq",
    "or_",
    "pow",
    "round",
    "round_half_away_from_zero",
    "round_half_to_even",
    "sgn",
    "sqr",
    "sub",
    "switch",
    "true_div",
    "trunc",
    "where",
    "xor",
]

Function = Callable[..., Variable]

add = elementwise(
    "add",
    "x + y",
    np.add,
    lambda x, y, z, g: [g, g],
    arguments="x y",
    associative=True,
    doc="Sum, x + y, of two or more.",
)
sub = elementwise(
    "sub",
    "x - y",
    np.subtract,
    lambda x, y, z, g: [g, -g],
    rule=numeric,
    arguments="x y",
    doc="Difference, x - y.",
)
mul = elementwise(
    "mul",
    "x * y",
    np.multiply,
    lambda x, y, z, g: [g * y, g * x],
    arguments="x y",
    associative=True,
    doc="Product, x * y, of two or more.",
)
true_div = elementwise(
    "true_div",
    "x / y",
    np.true_divide,
    lambda x, y, z, g: [g / y, -g * z / y],
    rule=quotient,
    arguments="x y",
    doc="Quotient, x / y; of integers in floatX.",
)
int_div = elementwise(
    "int_div",
    "x // y",
    np.floor_divide,
    lambda x, y, z, g: zeros(x, z, g) * 2,
    arguments="x y",
    integer_text="-x if y < 0 and y == -1 else x // y",  # Numba makes 0 of the least one // -1
    doc="Quotient rounded down, floor(x / y); of integers 0 where y is 0.",
)
mod = elementwise(
    "mod",
    "x % y",
    np.mod,
    lambda x, y, z, g: [g, -g * int_div(x, y)],
    arguments="x y",
    doc="Remainder with the sign of y, x - y * floor(x / y); of integers 0 where y is 0.",
)


def _power(x: Array, y: Array) -> Array:
    x, y = (np.array(a) for a in np.broadcast_arrays(x, y))  # NumPy takes a lone 0.5 for sqrt
    if x.dtype.kind != "i":
        return np.asarray(np.power(x, y))
    # NumPy refuses negative exponents of integers; the result is cut off to an integer.
    whole = np.power(x, np.maximum(y, 0))
    odd = np.where(y % 2 == 1, x, 1)
    return np.where(y >= 0, whole, np.where(abs(x) == 1, odd, 0))


def _power_gradient(x: Variable, y: Variable, z: Variable, g: Variable) -> list[Variable | None]:
    by_exponent = switch(eq(x, 0), 0, g * z * log(x)) if is_float(y.dtype) else None
    return [g * y * pow(x, y - 1), by_exponent]


log = elementwise(
    "log", "log(x)", np.log, lambda x, y, g: [g / x], rule=floating, doc="Natural logarithm, log x."
)
pow = elementwise(
    "pow",
    "x ** y",
    _power,
    _power_gradient,
    rule=exponent,
    arguments="x y",
    integer_text="integer_power(x, y, 1)",
    doc="Power, x^y; of integers cut off to an integer.",
)
neg = elementwise("neg", "-x", np.negative, lambda x, y, g: [-g], rule=numeric, doc="Negative, -x.")
identity = elementwise(
    "identity", "x", lambda x: x, lambda x, y, g: [g], doc="x itself, as a new variable."
)
inv = elementwise(
    "inv",
    "1 / x",
    np.reciprocal,
    lambda x, y, g: [-g * sqr(y)],
    rule=floating,
    doc="Reciprocal, 1 / x.",
)
sqr: Function = elementwise(
    "sqr", "x * x", np.square, lambda x, y, g: [g * (2 * x)], doc="Square, x^2."
)
abs_ = elementwise(
    "abs", "abs(x)", np.abs, lambda x, y, g: [g * sgn(x)], doc="Absolute value, |x|."
)
sgn: Function = elementwise(
    "sgn",
    "1 if x > 0 else -1 if x < 0 else 0 if x == 0 else x",
    np.sign,
    zeros,
    rule=numeric,
    doc="Sign of x: -1, 0 or 1.",
)
floor = elementwise(
    "floor", "floor(x)", np.floor, zeros, rule=floating, doc="Largest integer that is at most x."
)
ceil = elementwise(
    "ceil", "ceil(x)", np.ceil, zeros, rule=floating, doc="Smallest integer that is at least x."
)
trunc = elementwise(
    "trunc", "trunc(x)", np.trunc, zeros, rule=floating, doc="x without its fractional part."
)
round_half_to_even = elementwise(
    "round", "rint(x)", np.rint, zeros, rule=floating, doc="Nearest integer, of two the even one."
)
round_half_away_from_zero = elementwise(
    "round_half_away_from_zero",
    "copysign(trunc(abs(x)) + (1 if abs(x) - trunc(abs(x)) >= 0.5 else 0), x)",
    lambda x: np.where(abs(np.fmod(x, 1)) == 0.5, np.trunc(x) + np.copysign(1, x), np.rint(x)),
    zeros,
    rule=floating,
    doc="Nearest integer, of two the one further from 0.",
)


def round(x: Any, mode: str | None = None) -> Variable:
    """Nearest integer to x, as a float.

    Parameters
    ----------
    x
        A variable, array or number.
    mode
        Which of two equally near ones: ``"half_to_even"``, the default, or
        ``"half_away_from_zero"``.

    Examples
    --------
    >>> from blocks import tensor
    >>> round([0.5, 1.5]).eval(), round([0.5, 1.5], "half_away_from_zero").eval()
    (array([0., 2.]), array([1., 2.]))
    """
    modes = {None: round_half_to_even, "half_to_even": round_half_to_even}
    modes["half_away_from_zero"] = round_half_away_from_zero
    if mode not in modes:
        raise ValueError(
            f"round: expected the mode 'half_to_even' or 'half_away_from_zero', got {mode!r}. "
            "Choose one of them."
        )
    return modes[mode](x)


def iround(x: Any, mode: str | None = None) -> Variable:
    """Nearest integer to x, as int64; `mode` as of `round`.

    Examples
    --------
    >>> from blocks import tensor
    >>> iround([0.6, -2.5]).eval()
    array([ 1, -2])
    """
    return cast(round(x, mode), "int64")


def _comparison(label: str, sign: str, numpy: Callable[..., Any]) -> Callable[..., Variable]:
    return elementwise(
        label, f"x {sign} y", numpy, None, rule=truth, arguments="x y", doc=f"Whether x {sign} y."
    )


eq = _comparison("eq", "==", np.equal)
neq = _comparison("neq", "!=", np.not_equal)
lt = _comparison("lt", "<", np.less)
le = _comparison("le", "<=", np.less_equal)
gt = _comparison("gt", ">", np.greater)
ge = _comparison("ge", ">=", np.greater_equal)
isnan = elementwise("isnan", "x != x", np.isnan, None, rule=truth, doc="Whether x is NaN.")
isinf = elementwise(
    "isinf",
    "isinf(x)",
    np.isinf,
    None,
    rule=property_of_float,
    doc="Whether x is infinite, of either sign.",
)
switch: Function = elementwise(
    "switch",
    "x if condition else y",
    np.where,
    lambda c, x, y, z, g: [None, switch(c, g, 0), switch(c, 0, g)],
    rule=choice,
    arguments="condition x y",
    doc="x where the condition holds, else y.",
)
where = switch
maximum = elementwise(
    "maximum",
    "x if x >= y or x != x else y",
    np.maximum,
    lambda x, y, z, g: [switch(ge(x, y), g, 0), switch(ge(y, x), g, 0)],
    arguments="x y",
    doc="The larger of x and y; NaN if either is. Where they are equal both get the gradient.",
)
minimum = elementwise(
    "minimum",
    "x if x <= y or x != x else y",
    np.minimum,
    lambda x, y, z, g: [switch(le(x, y), g, 0), switch(le(y, x), g, 0)],
    arguments="x y",
    doc="The smaller of x and y; NaN if either is. Where they are equal both get the gradient.",
)
_clip = elementwise(
    "clip",
    "low if x < low or low != low else high if x > high or high != high else x",
    lambda x, low, high: np.select(
        [low != low, high != high, x < low, x > high], [low, high, low, high], x
    ),
    lambda x, low, high, z, g: [
        switch(lt(x, low) | gt(x, high), 0, g),
        switch(lt(x, low), g, 0),
        switch(gt(x, high) & ge(x, low), g, 0),
    ],
    arguments="x low high",
    doc="x, but not below low or above high; NaN if any of them is.",
)


def clip(x: Any, min: Any, max: Any) -> Variable:
    """x, but `min` where it is below and `max` where it is above; NaN if any of them is.

    Examples
    --------
    >>> from blocks import tensor
    >>> clip([-1.0, 0.5, 2.0], 0, 1).eval()
    array([0. , 0.5, 1. ])
    """
    return _clip(x, min, max)


and_ = elementwise(
    "and_", "x & y", np.bitwise_and, None, rule=bits, arguments="x y", doc="x and y, bit by bit."
)
or_ = elementwise(
    "or_", "x | y", np.bitwise_or, None, rule=bits, arguments="x y", doc="x or y, bit by bit."
)
xor = elementwise(
    "xor",
    "x ^ y",
    np.bitwise_xor,
    None,
    rule=bits,
    arguments="x y",
    doc="Either x or y but not both, bit by bit.",
)
_not = elementwise("not", "not x", np.logical_not, None, rule=bits, doc="Whether x is false.")
_complement = elementwise("invert", "~x", np.invert, None, rule=bits, doc="Not x, bit by bit.")


def invert(x: Any) -> Variable:
    """Not x: of integers bit by bit, of truth values the opposite.

    Examples
    --------
    >>> from blocks import tensor
    >>> invert([True, False]).eval(), invert([0, 1]).eval()
    (array([False,  True]), array([-1, -2]))
    """
    x = as_variable(x)
    return _not(x) if x.dtype == "bool" else _complement(x)
