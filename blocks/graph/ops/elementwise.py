"""Elementwise operations: one expression per element, with broadcasting.

Each is declared in one call of `elementwise`. Inputs are aligned at the right and
converted to the dtypes of the rule; the text of the expression is what the compiler
fuses, the NumPy function is its oracle.

Examples
--------
>>> from blocks import tensor
>>> x = tensor.vector("x")
>>> (x**2 + 1).eval({x: [1.0, 2.0]})
array([2., 5.])
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from blocks.config import config
from blocks.errors import DtypeError
from blocks.graph.op import Array, Gradients, Op, Scalar, Types, as_variable, evaluate
from blocks.graph.ops.broadcast import sum_to
from blocks.graph.types import TensorType, broadcast_shapes, is_float, upcast
from blocks.graph.variable import Variable

Rule = Callable[..., tuple[tuple[str, ...], str]]
"""From the dtypes of the inputs to those they are converted to, and that of the result."""


def promote(*dtypes: str) -> tuple[tuple[str, ...], str]:
    """Convert inputs to their common dtype, which is that of the result."""
    common = upcast(*dtypes)
    return (common,) * len(dtypes), common


def floating(*dtypes: str) -> tuple[tuple[str, ...], str]:
    """Convert integers to the float that holds them: up to 16 bits float32, else float64."""
    common = upcast(*dtypes, "float32")
    return (common,) * len(dtypes), common


def quotient(*dtypes: str) -> tuple[tuple[str, ...], str]:
    """Divide integers in floatX, anything else in the common dtype."""
    common = upcast(*dtypes)
    if not any(map(is_float, dtypes)):
        common = config.floatX
    return (common,) * len(dtypes), common


def numeric(*dtypes: str) -> tuple[tuple[str, ...], str]:
    """Promote, but refuse truth values."""
    if all(dtype == "bool" for dtype in dtypes):
        raise DtypeError("expected numbers, got bool. Use the logical operators, or cast.")
    return promote(*dtypes)


def exponent(*dtypes: str) -> tuple[tuple[str, ...], str]:
    """Promote; powers of truth values are int8."""
    (common, *_), _ = promote(*dtypes)
    common = "int8" if common == "bool" else common
    return (common,) * len(dtypes), common


def truth(*dtypes: str) -> tuple[tuple[str, ...], str]:
    """Convert inputs to their common dtype; the result is bool."""
    return promote(*dtypes)[0], "bool"


def bits(*dtypes: str) -> tuple[tuple[str, ...], str]:
    """Promote integers, or truth values, but do not mix the two."""
    kinds = {("bool" if d == "bool" else "float" if is_float(d) else "integer") for d in dtypes}
    if len(kinds) > 1 or "float" in kinds:
        raise DtypeError(
            f"expected integers, or truth values throughout, got {' and '.join(dtypes)}. "
            "Compare first, or cast."
        )
    return promote(*dtypes)


def choice(condition: str, *dtypes: str) -> tuple[tuple[str, ...], str]:
    """Keep the condition as it is and promote the branches."""
    converted, common = promote(*dtypes)
    return (condition, *converted), common


@dataclass(frozen=True)
class Elementwise(Op):
    """An operation on each element, of inputs that broadcast.

    Parameters
    ----------
    label
        Its name, which tells two of them apart.
    """

    label: str
    text: str = field(compare=False)
    arguments: tuple[str, ...] = field(compare=False)
    numpy: Callable[..., Any] = field(compare=False)
    gradient: Callable[..., Sequence[Variable | None]] | None = field(compare=False)
    rule: Rule = field(compare=False)

    @property
    def name(self) -> str:
        """The name of the op in messages and printed graphs."""
        return self.label

    def _dtypes(self, types: Sequence[TensorType]) -> tuple[tuple[str, ...], str]:
        try:
            return self.rule(*(t.dtype for t in types))
        except DtypeError as error:
            raise DtypeError(f"{self.label}: {error}") from None

    def infer(self, *types: TensorType) -> Types:
        """Return the broadcast type; follow integers whose values are known."""
        if len(types) != len(self.arguments):
            raise TypeError(
                f"{self.label}: expected {len(self.arguments)} inputs, got {len(types)}."
            )
        _, dtype = self._dtypes(types)
        shape, flags = broadcast_shapes(self.label, *types)
        return (TensorType(dtype, shape, flags, self._known(types, dtype, len(shape))),)

    def _known(self, types: Sequence[TensorType], dtype: str, ndim: int) -> Any:
        if ndim > 1 or any(t.known is None for t in types):
            return None
        if any(isinstance(t.known, tuple) and None in t.known for t in types):
            return None
        arrays = [np.asarray(t.known, t.dtype) for t in types]
        if is_float(dtype):
            return None
        (result,) = evaluate(self, (TensorType(dtype, (None,) * ndim),), arrays)
        return tuple(map(int, result)) if ndim else int(result)

    def grad(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        output_gradients: Gradients,
    ) -> Gradients:
        """Return the declared gradient, summed over the axes that were broadcast."""
        (g,) = output_gradients
        if g is None or self.gradient is None:
            return [None] * len(inputs)
        gradients = self.gradient(*inputs, *outputs, g)
        return [
            None if gradient is None else sum_to(gradient, x)
            for x, gradient in zip(inputs, gradients, strict=True)
        ]

    def lower(self, *types: TensorType) -> Scalar:
        """Lower to the declared expression."""
        return Scalar(self.text, self.arguments, self._dtypes(types)[0])

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute with the declared NumPy function."""
        dtypes, dtype = self.rule(*(str(a.dtype) for a in arrays))
        converted = [np.asarray(a, d) for a, d in zip(arrays, dtypes, strict=True)]
        return (np.asarray(self.numpy(*converted)).astype(dtype),)


def elementwise(
    label: str,
    text: str,
    numpy: Callable[..., Any],
    gradient: Callable[..., Sequence[Variable | None]] | None,
    *,
    rule: Rule = promote,
    arguments: str = "x",
    doc: str,
) -> Callable[..., Variable]:
    """Declare an elementwise operation and return the function that applies it.

    Parameters
    ----------
    label
        Its name.
    text
        The expression, in the arguments. Literals take the dtype of the result.
    numpy
        What it computes, in NumPy: a function of the converted inputs.
    gradient
        A function of the inputs, the output and its gradient that returns one gradient
        per input (``None`` where there is none), before broadcasting is undone.
        ``None`` where the operation has no gradient.
    rule
        Which dtypes it takes and returns.
    arguments
        The names of the inputs, separated by spaces.
    doc
        The docstring of the function.

    Examples
    --------
    >>> twice = elementwise("twice", "x + x", lambda x: x + x, lambda x, y, g: [g + g],
    ...                     doc="Twice x, x + x.")
    >>> twice(3).eval()
    array(6, dtype=int8)
    """
    names = tuple(arguments.split())
    op = Elementwise(label, text, names, numpy, gradient, rule)

    def function(*inputs: Any) -> Variable:
        result: Variable = op(*inputs)
        return result

    function.__name__ = function.__qualname__ = label
    function.__doc__ = doc
    function.op = op  # type: ignore[attr-defined]
    return function


def cast(x: Any, dtype: str) -> Variable:
    """Return `x` with its elements converted to `dtype`.

    Parameters
    ----------
    x
        A variable or number.
    dtype
        The dtype, or ``"floatX"`` for the configured one.

    Examples
    --------
    >>> cast(3, "float32").eval()
    array(3., dtype=float32)
    """
    dtype = config.floatX if dtype == "floatX" else str(np.dtype(dtype))
    if isinstance(x, Variable) and x.dtype == dtype:
        return x
    op = Elementwise(
        f"cast_{dtype}",
        "x",
        ("x",),
        lambda x: x.astype(dtype),
        lambda x, y, g: [cast(g, x.dtype) if is_float(x.dtype) and is_float(dtype) else None],
        lambda d: ((dtype,), dtype),
    )
    result: Variable = op(x)
    return result


add = elementwise(
    "add", "x + y", np.add, lambda x, y, z, g: [g, g], arguments="x y", doc="Sum, x + y."
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
    doc="Product, x * y.",
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
neg = elementwise("neg", "-x", np.negative, lambda x, y, g: [-g], rule=numeric, doc="Negative, -x.")
identity = elementwise("identity", "x", lambda x: x, lambda x, y, g: [g], doc="x itself, as a new variable.")
exp = elementwise("exp", "exp(x)", np.exp, lambda x, y, g: [g * y], rule=floating, doc="Exponential, e^x.")
log = elementwise("log", "log(x)", np.log, lambda x, y, g: [g / x], rule=floating, doc="Natural logarithm, log x.")
def _comparison(label: str, sign: str, numpy: Callable[..., Any]) -> Callable[..., Variable]:
    return elementwise(
        label, f"x {sign} y", numpy, None, rule=truth, arguments="x y", doc=f"Whether x {sign} y."
    )


gt = _comparison("gt", ">", np.greater)
ge = _comparison("ge", ">=", np.greater_equal)
lt = _comparison("lt", "<", np.less)
le = _comparison("le", "<=", np.less_equal)
eq = _comparison("eq", "==", np.equal)
neq = _comparison("neq", "!=", np.not_equal)
switch = elementwise(
    "switch",
    "x if condition else y",
    np.where,
    lambda c, x, y, z, g: [None, switch(c, g, 0), switch(c, 0, g)],
    rule=choice,
    arguments="condition x y",
    doc="x where the condition holds, else y.",
)

where = switch


def _one(label: str, text: str, numpy: Callable[..., Any], gradient: Any, doc: str, rule: Rule = floating) -> Callable[..., Variable]:
    return elementwise(label, text, numpy, gradient, rule=rule, doc=doc)


sqr = _one("sqr", "x * x", np.square, lambda x, y, g: [g * (2 * x)], "Square, x^2.", promote)
sqrt = _one("sqrt", "sqrt(x)", np.sqrt, lambda x, y, g: [g * 0.5 / y], "Square root of x.")
inv = _one("inv", "1 / x", np.reciprocal, lambda x, y, g: [-g * sqr(y)], "Reciprocal, 1 / x.")
abs_ = _one("abs", "abs(x)", np.abs, lambda x, y, g: [g * sgn(x)], "Absolute value of x.", promote)
sgn = _one("sgn", "(x > 0) - (x < 0) if x == x else x", np.sign, lambda x, y, g: [None], "Sign of x: -1, 0 or 1.", numeric)
log1p = _one("log1p", "log1p(x)", np.log1p, lambda x, y, g: [g / (1 + x)], "log(1 + x), exact for small x.")
expm1 = _one("expm1", "expm1(x)", np.expm1, lambda x, y, g: [g * (y + 1)], "exp(x) - 1, exact for small x.")
tanh = _one("tanh", "tanh(x)", np.tanh, lambda x, y, g: [g * (1 - sqr(y))], "Hyperbolic tangent of x.")
floor = _one("floor", "floor(x)", np.floor, lambda x, y, g: [None], "Largest integer at most x.")
ceil = _one("ceil", "ceil(x)", np.ceil, lambda x, y, g: [None], "Smallest integer at least x.")
isnan = elementwise("isnan", "x != x", np.isnan, None, rule=truth, doc="Whether x is NaN.")
isinf = elementwise("isinf", "isinf(x)", np.isinf, None, rule=truth, doc="Whether x is infinite.")


def _sigmoid(x: Array) -> Array:
    half = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + half), half / (1 + half)).astype(x.dtype)


sigmoid = _one(
    "sigmoid",
    "1 / (1 + exp(-x)) if x >= 0 else 1 - 1 / (1 + exp(x)) if x > -1 else exp(x) / (1 + exp(x))",
    _sigmoid,
    lambda x, y, g: [g * y * (1 - y)],
    "Logistic function, 1 / (1 + e^-x).",
)
softplus = _one(
    "softplus",
    "log1p(exp(-abs(x))) + (x if x > 0 else 0 * x)",
    lambda x: np.logaddexp(x, np.zeros_like(x)),
    lambda x, y, g: [g * sigmoid(x)],
    "log(1 + e^x), without overflow.",
)
maximum = elementwise(
    "maximum",
    "x if x >= y or x != x else y",
    np.maximum,
    lambda x, y, z, g: [g * eq(z, x), g * eq(z, y)],
    arguments="x y",
    doc="The larger of x and y; NaN if either is.",
)
minimum = elementwise(
    "minimum",
    "x if x <= y or x != x else y",
    np.minimum,
    lambda x, y, z, g: [g * eq(z, x), g * eq(z, y)],
    arguments="x y",
    doc="The smaller of x and y; NaN if either is.",
)
pow = elementwise(
    "pow",
    "x ** y",
    np.power,
    lambda x, y, z, g: [g * y * pow(x, y - 1), g * z * log(x)],
    rule=exponent,
    arguments="x y",
    doc="Power, x^y.",
)
and_ = elementwise("and_", "x & y", np.bitwise_and, None, rule=bits, arguments="x y", doc="x and y, bit by bit.")
or_ = elementwise("or_", "x | y", np.bitwise_or, None, rule=bits, arguments="x y", doc="x or y, bit by bit.")
xor = elementwise("xor", "x ^ y", np.bitwise_xor, None, rule=bits, arguments="x y", doc="x xor y, bit by bit.")
_not = elementwise("not", "not x", np.logical_not, None, rule=bits, doc="Whether x is false.")
_complement = elementwise("invert", "~x", np.invert, None, rule=bits, doc="Not x, bit by bit.")


def invert(x: Any) -> Variable:
    """Not x: of integers bit by bit, of truth values the opposite."""
    x = as_variable(x)
    return _not(x) if x.dtype == "bool" else _complement(x)


int_div = elementwise("int_div", "x // y", np.floor_divide, lambda x, y, z, g: [None, None], arguments="x y", doc="Floor of x / y.")
mod = elementwise("mod", "x % y", np.mod, lambda x, y, z, g: [g, -g * int_div(x, y)], arguments="x y", doc="x - y * floor(x / y).")


_relu = _one(
    "relu",
    "x if x > 0 or x != x else 0",
    lambda x: np.maximum(x, 0),
    lambda x, y, g: [g * (y > 0)],
    "Rectifier, max(x, 0).",
)


def relu(x: Any, alpha: float = 0) -> Variable:
    """Rectifier, x where x > 0, else alpha * x.

    Examples
    --------
    >>> relu([-2.0, 3.0]).eval(), relu([-2.0, 3.0], alpha=0.5).eval()
    (array([0., 3.]), array([-1.,  3.]))
    """
    if isinstance(alpha, int | float) and alpha == 0:
        return _relu(x)
    x = as_variable(x)
    return switch(x > 0, x, alpha * x)
