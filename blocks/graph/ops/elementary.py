"""Elementary functions: exponentials, roots, trigonometry, the error function.

Integers are converted to the float that holds them: up to 16 bits float32, else float64.

Examples
--------
>>> from blocks import tensor
>>> x = tensor.vector("x")
>>> log1p(expm1(x)).eval({x: [0.0, 1e-20]})
array([0.e+00, 1.e-20])
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from blocks.graph.op import Array, as_variable
from blocks.graph.ops.arithmetic import (
    clip,
    log,
    sqr,
    switch,
)
from blocks.graph.ops.elementwise_op import cast, elementwise, floating, like
from blocks.graph.types import upcast
from blocks.graph.variable import Variable

__all__ = [
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "cos",
    "cosh",
    "deg2rad",
    "elu",
    "erf",
    "erfc",
    "exp",
    "exp2",
    "expm1",
    "hard_sigmoid",
    "log",
    "log1p",
    "log2",
    "log10",
    "rad2deg",
    "relu",
    "selu",
    "sigmoid",
    "sin",
    "sinh",
    "softplus",
    "sqrt",
    "tan",
    "tanh",
    "ultra_fast_sigmoid",
]

SELU_SCALE = 1.0507009873554805
SELU_ALPHA = 1.6732632423543772


Function = Callable[..., Variable]


def _function(
    label: str,
    text: str,
    numpy: Callable[..., Any],
    gradient: Callable[..., Sequence[Variable | None]],
    doc: str,
    sample: Sequence[Sequence[float]] = (),
) -> Function:
    return elementwise(label, text, numpy, gradient, rule=floating, sample=sample, doc=doc)


def _named(
    label: str,
    gradient: Callable[..., Sequence[Variable | None]],
    doc: str,
    sample: Sequence[Sequence[float]] = (),
) -> Function:
    return _function(label, f"{label}(x)", getattr(np, label), gradient, doc, sample)


def _leg(x: Variable) -> Variable:
    """Return sqrt(1 - x^2), exact also near 1."""
    return sqrt((1 - x) * (1 + x))


exp = _named("exp", lambda x, y, g: [g * y], "Exponential, e^x.")
expm1 = _named("expm1", lambda x, y, g: [g * (y + 1)], "e^x - 1, exact for small x.")
exp2 = _named("exp2", lambda x, y, g: [g * y * like(y, math.log(2))], "2^x.")
log1p = _named("log1p", lambda x, y, g: [g / (1 + x)], "log(1 + x), exact for small x.")
log2 = _named("log2", lambda x, y, g: [g / (x * like(y, math.log(2)))], "Logarithm to base 2.")
log10 = _named("log10", lambda x, y, g: [g / (x * like(y, math.log(10)))], "Logarithm to base 10.")
sqrt = _named("sqrt", lambda x, y, g: [g * like(y, 0.5) / y], "Square root of x.")
sin = _named("sin", lambda x, y, g: [g * cos(x)], "Sine of x, in radians.")
cos: Function = _named("cos", lambda x, y, g: [-g * sin(x)], "Cosine of x, in radians.")
tan = _named("tan", lambda x, y, g: [g * (1 + sqr(y))], "Tangent of x, in radians.")
arcsin = _named("arcsin", lambda x, y, g: [g / _leg(x)], "Inverse sine, in radians.")
arccos = _named("arccos", lambda x, y, g: [-g / _leg(x)], "Inverse cosine, in radians.")
arctan = _named("arctan", lambda x, y, g: [g / (1 + sqr(x))], "Inverse tangent, in radians.")
sinh = _named("sinh", lambda x, y, g: [g * cosh(x)], "Hyperbolic sine of x.")
cosh: Function = _named("cosh", lambda x, y, g: [g * sinh(x)], "Hyperbolic cosine of x.")
tanh = _named("tanh", lambda x, y, g: [g * (1 - sqr(y))], "Hyperbolic tangent of x.")
arcsinh = _named("arcsinh", lambda x, y, g: [g / sqrt(sqr(x) + 1)], "Inverse hyperbolic sine.")
arccosh = _named(
    "arccosh",
    lambda x, y, g: [g / (sqrt(x - 1) * sqrt(x + 1))],
    "Inverse hyperbolic cosine.",
    sample=[[1.0, 2.0]],
)
arctanh = _named(
    "arctanh", lambda x, y, g: [g / ((1 - x) * (1 + x))], "Inverse hyperbolic tangent."
)
deg2rad = _function(
    "deg2rad",
    f"x * {math.pi / 180!r}",
    np.deg2rad,
    lambda x, y, g: [g * like(y, math.pi / 180)],
    "Degrees in radians, x pi / 180.",
)
rad2deg = _function(
    "rad2deg",
    f"x * {180 / math.pi!r}",
    np.rad2deg,
    lambda x, y, g: [g * like(y, 180 / math.pi)],
    "Radians in degrees, x 180 / pi.",
)
arctan2 = elementwise(
    "arctan2",
    "arctan2(y, x)",
    np.arctan2,
    lambda y, x, z, g: [g * x / (sqr(x) + sqr(y)), -g * y / (sqr(x) + sqr(y))],
    rule=floating,
    arguments="y x",
    doc="Angle of the point (x, y), in radians from -pi to pi.",
)
erf = _function(
    "erf",
    "erf(x)",
    np.vectorize(math.erf, otypes="d"),
    lambda x, y, g: [g * like(y, 2 / math.sqrt(math.pi)) * exp(-sqr(x))],
    "Error function, 2/sqrt(pi) times the integral of exp(-t^2) from 0 to x.",
)
erfc = _function(
    "erfc",
    "erfc(x)",
    np.vectorize(math.erfc, otypes="d"),
    lambda x, y, g: [-g * like(y, 2 / math.sqrt(math.pi)) * exp(-sqr(x))],
    "1 - erf(x), exact for large x.",
)


def _sigmoid(x: Array) -> Array:
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + small), small / (1 + small))


_sigmoid_grad: Function = elementwise(
    "sigmoid_grad",
    "g * y * (1 - y)",
    lambda g, y: g * y * (1 - y),
    lambda g, y, z, d: [_sigmoid_grad(d, y), d * g * (1 - 2 * y)],
    arguments="g y",
    doc="The gradient g y (1 - y) of y = sigmoid(x).",
)
sigmoid = _function(
    "sigmoid",
    # For negative x it is e^x / (1 + e^x): e^-x would overflow where the result does not vanish.
    "(1 if x >= 0 else exp(-abs(x))) / (1 + exp(-abs(x)))",
    _sigmoid,
    lambda x, y, g: [_sigmoid_grad(g, y)],
    "Logistic function, 1 / (1 + e^-x).",
)
softplus = _function(
    "softplus",
    "log1p(exp(-abs(x))) + (x if x > 0 else 0)",
    lambda x: np.logaddexp(x, np.zeros_like(x)),
    lambda x, y, g: [g * sigmoid(x)],
    "log(1 + e^x), without overflow.",
)


def _ultra_fast_sigmoid(x: Array) -> Array:
    half = np.abs(x) / 2
    line = 0.935409070603099 + 0.0458812946797165 * (half - 1.7)
    pieces = [1.5 * half / (1 + half), line, np.full_like(x, 0.99505475368673)]
    size = np.select([half < 1.7, half < 3, half >= 3], pieces, np.nan)
    return np.asarray(0.5 * (np.copysign(size, x) + 1))


ultra_fast_sigmoid = _function(
    "ultra_fast_sigmoid",
    "0.5 + 0.5 * copysign(0.75 * abs(x) / (1 + 0.5 * abs(x)) if abs(x) < 3.4 else "
    "0.935409070603099 + 0.0458812946797165 * (0.5 * abs(x) - 1.7) if abs(x) < 6 else "
    "0.99505475368673 if x == x else x, x)",
    _ultra_fast_sigmoid,
    lambda x, y, g: [g * y * (1 - y)],
    "Logistic function by three pieces, with an error of at most 0.005 or so.",
)


def hard_sigmoid(x: Any) -> Variable:
    """0.2 x + 0.5, cut off at 0 and 1: a coarse logistic function.

    Examples
    --------
    >>> from blocks import tensor
    >>> hard_sigmoid([-3.0, 0.0, 1.0]).eval()
    array([0. , 0.5, 0.7])
    """
    x = cast(as_variable(x), upcast(as_variable(x).dtype, "float32"))
    return clip(x * like(x, 0.2) + like(x, 0.5), like(x, 0), like(x, 1))


_relu = _function(
    "relu",
    "x if x > 0 or x != x else 0",
    lambda x: np.maximum(x, 0),
    lambda x, y, g: [switch(y > 0, g, 0)],
    "Rectifier, max(x, 0); its gradient at 0 is 0.",
)


def _number_like(x: Variable, value: Any) -> Any:
    """Return a Python number as a constant that leaves a float's dtype as it is."""
    return like(x, value) if isinstance(value, int | float) and x.type.is_float else value


def relu(x: Any, alpha: Any = 0) -> Variable:
    """Rectifier: x where x > 0, else alpha x.

    Parameters
    ----------
    x
        A variable, array or number.
    alpha
        The slope for negative x: a number, or a variable that broadcasts.

    Examples
    --------
    >>> from blocks import tensor
    >>> relu([-2.0, 3.0]).eval(), relu([-2.0, 3.0], alpha=0.5).eval()
    (array([0., 3.]), array([-1.,  3.]))
    """
    if isinstance(alpha, int | float) and alpha == 0:
        return _relu(x)
    x = as_variable(x)
    return switch(x > 0, x, x * _number_like(x, alpha))


def elu(x: Any, alpha: Any = 1) -> Variable:
    """Exponential linear unit: x where x > 0, else alpha (e^x - 1).

    Clevert et al., Fast and Accurate Deep Network Learning by Exponential Linear Units,
    2015.

    Examples
    --------
    >>> from blocks import tensor
    >>> elu([-1e9, 3.0], alpha=0.5).eval()
    array([-0.5,  3. ])
    """
    x = as_variable(x)
    # The exponential of a large x would overflow, and its gradient would be 0 * inf.
    return switch(x > 0, x, _number_like(x, alpha) * expm1(switch(x > 0, 0, x)))


def selu(x: Any) -> Variable:
    """Scaled exponential linear unit, 1.0507 elu(x, 1.6733): it keeps mean 0 and variance 1.

    Klambauer et al., Self-Normalizing Neural Networks, 2017.

    Examples
    --------
    >>> from blocks import tensor
    >>> selu([-1e9, 1.0]).eval().round(4)
    array([-1.7581,  1.0507])
    """
    y = elu(x, SELU_ALPHA)
    return y * like(y, SELU_SCALE)
