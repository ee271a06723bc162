"""The elementwise operation: one expression per element, with broadcasting.

One class serves all of them; each is declared in one call of `elementwise`. Inputs are
aligned at the right and converted to the dtypes of the rule; the text of the expression is
what the compiler fuses, the NumPy function is its oracle.

Examples
--------
>>> from blocks import tensor
>>> cube = elementwise("cube", "x * x * x", lambda x: x**3, lambda x, y, g: [3 * g * x * x],
...                    doc="Cube, x^3.")
>>> cube([1.0, 2.0]).eval()
array([1., 8.])
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import numpy as np

from blocks.config import config
from blocks.errors import DtypeError
from blocks.graph.evaluation import evaluate
from blocks.graph.op import Array, Gradients, Op, Scalar, Types
from blocks.graph.ops.broadcast import spread, sum_to
from blocks.graph.types import TensorType, as_dtype, broadcast_type, is_float, upcast
from blocks.graph.variable import Variable, constant

__all__ = [
    "Elementwise",
    "Rule",
    "bits",
    "cast",
    "choice",
    "elementwise",
    "exponent",
    "floating",
    "like",
    "numeric",
    "promote",
    "property_of_float",
    "quotient",
    "truth",
    "zeros",
]

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


def property_of_float(*dtypes: str) -> tuple[tuple[str, ...], str]:
    """Convert integers as `floating` does; the result is bool."""
    return floating(*dtypes)[0], "bool"


def bits(*dtypes: str) -> tuple[tuple[str, ...], str]:
    """Promote integers, or truth values, but do not mix the two."""
    kinds = {("bool" if d == "bool" else "float" if is_float(d) else "integer") for d in dtypes}
    if len(kinds) > 1 or "float" in kinds:
        raise DtypeError(
            f"expected integers, or truth values throughout, got {' and '.join(dtypes)}. "
            "Compare first, or cast."
        )
    converted, common = promote(*dtypes)
    if is_float(common):  # uint64 with a signed one, as in Theano
        return ("uint64",) * len(dtypes), common
    return converted, common


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
    text: str = field(compare=False, repr=False)
    arguments: tuple[str, ...] = field(compare=False, repr=False)
    numpy: Callable[..., Any] = field(compare=False, repr=False)
    gradient: Callable[..., Sequence[Variable | None]] | None = field(compare=False, repr=False)
    rule: Rule = field(compare=False, repr=False)
    integer_text: str | None = field(default=None, compare=False, repr=False)

    @property
    def name(self) -> str:
        """The name of the op in messages and printed graphs."""
        return self.label

    def __call__(self, *inputs: Any) -> Any:
        """Return the result for some variables, arrays or numbers."""
        if len(inputs) != len(self.arguments):
            raise TypeError(
                f"{self.label}: expected {len(self.arguments)} inputs "
                f"({', '.join(self.arguments)}), got {len(inputs)}. "
                "Give one for each name."
            )
        return super().__call__(*inputs)

    def _dtypes(self, types: Sequence[TensorType]) -> tuple[tuple[str, ...], str]:
        try:
            return self.rule(*(t.dtype for t in types))
        except DtypeError as error:
            raise DtypeError(f"{self.label}: {error}") from None

    def infer(self, *types: TensorType) -> Types:
        """Return the broadcast type; follow integers whose values are known."""
        _, dtype = self._dtypes(types)
        result = broadcast_type(self.label, dtype, *types)
        known = self._known(types, dtype, result.ndim)
        return (result if known is None else replace(result, known=known),)

    def _known(self, types: Sequence[TensorType], dtype: str, ndim: int) -> Any:
        if ndim > 1 or is_float(dtype) or any(t.known is None for t in types):
            return None
        if any(isinstance(t.known, tuple) and None in t.known for t in types):
            return None
        arrays = [np.asarray(t.known, t.dtype) for t in types]
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
        dtypes, dtype = self._dtypes(types)
        text = self.text if self.integer_text is None or is_float(dtype) else self.integer_text
        return Scalar(text, self.arguments, dtypes)

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute with the declared NumPy function."""
        dtypes, dtype = self.rule(*(str(a.dtype) for a in arrays))
        converted = [_converted(a, d) for a, d in zip(arrays, dtypes, strict=True)]
        return (np.asarray(self.numpy(*converted)).astype(dtype),)


def elementwise(
    label: str,
    text: str,
    numpy: Callable[..., Any],
    gradient: Callable[..., Sequence[Variable | None]] | None,
    *,
    rule: Rule = promote,
    arguments: str = "x",
    associative: bool = False,
    integer_text: str | None = None,
    sample: Sequence[Sequence[float]] = (),
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
    associative
        Whether the function takes any number of inputs and combines them from the left.
    integer_text
        The expression where the result is an integer, if that needs another one.
    sample
        Values of the inputs for the example in the docstring, where the usual ones are of
        no use.
    doc
        The first line of the docstring of the function.

    Examples
    --------
    >>> from blocks import tensor
    >>> twice = elementwise("twice", "x + x", lambda x: x + x, lambda x, y, g: [g + g],
    ...                     doc="Twice x, x + x.")
    >>> twice(3).eval()
    array(6, dtype=int8)
    """
    names = tuple(arguments.split())
    op = Elementwise(label, text, names, numpy, gradient, rule, integer_text)

    def function(*inputs: Any) -> Variable:
        more: tuple[Any, ...] = ()
        if associative:
            inputs, more = inputs[:2], inputs[2:]
        result: Variable = op(*inputs)
        for x in more:
            result = op(result, x)
        return result

    function.__name__ = function.__qualname__ = label
    function.__doc__ = f"""{doc}

    Parameters
    ----------
    {", ".join(names)}
        Variables, arrays or numbers{", which broadcast" if len(names) > 1 else ""}.

    Examples
    --------
    {_example(op, sample or _sample(op))}
    """
    kind = inspect.Parameter.POSITIONAL_ONLY
    parameters = [inspect.Parameter(name, kind) for name in names]
    if associative:
        parameters.append(inspect.Parameter("more", inspect.Parameter.VAR_POSITIONAL))
    function.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    function.op = op  # type: ignore[attr-defined]
    return function


def _sample(op: Elementwise) -> Sequence[Sequence[float]]:
    if op.rule is bits:
        values: list[list[float]] = [[6, 5], [3, 1]]
    else:
        values = [[0.25, 0.5], [2.0, 4.0], [1.0, 3.0]]
    return [[True, False], *values] if op.rule is choice else values


def _example(op: Elementwise, sample: Sequence[Sequence[float]]) -> str:
    """Return an example for a docstring, with what the reference makes of the sample."""
    given = sample[: len(op.arguments)]
    with np.errstate(all="ignore"):
        (result,) = op.reference(*map(np.array, given))
    return f">>> {op.label}({', '.join(map(str, given))}).eval()\n    {result!r}"


def like(x: Variable, value: float) -> Variable:
    """Return a number as a constant of the dtype of `x`, so that it promotes nothing.

    Examples
    --------
    >>> from blocks import tensor
    >>> like(tensor.fvector("x"), 0.1).dtype
    'float32'
    """
    return constant(value, dtype=x.dtype)


def zeros(x: Variable, y: Variable, g: Variable) -> list[Variable]:
    """Return the gradient of a step function: zero wherever it exists."""
    return [spread(like(y, 0), y)]


def _converted(x: Array, dtype: str) -> Array:
    """Convert as NumPy does, but negative numbers to unsigned integers on every machine alike."""
    if x.dtype.kind != "f" or not dtype.startswith("uint"):
        return np.asarray(x, dtype)
    upper = ~(x < 2.0**63)  # NaN is there too
    signed = np.where(upper, x - x.dtype.type(2.0**63), x).astype("int64")
    return np.asarray(signed.view("uint64") + upper * np.uint64(2**63), dtype)


def cast(x: Any, dtype: str) -> Variable:
    """Return `x` with its elements converted to `dtype`.

    Real numbers are cut off to integers, and those taken modulo 2^n for n bits, as in C.
    What NaN and numbers beyond 64 bits become depends on the machine.

    Parameters
    ----------
    x
        A variable or number.
    dtype
        The dtype, or ``"floatX"`` for the configured one.

    Examples
    --------
    >>> from blocks import tensor
    >>> cast(3, "float32").eval()
    array(3., dtype=float32)
    """
    try:
        dtype = as_dtype(dtype)
    except DtypeError as error:
        raise DtypeError(str(error).replace("TensorType", "cast", 1)) from None
    if isinstance(x, Variable) and x.dtype == dtype:
        return x
    result: Variable = _cast_op(dtype)(x)
    return result


@cache
def _cast_op(dtype: str) -> Elementwise:
    return Elementwise(
        f"cast_{dtype}",
        "x",
        ("x",),
        lambda x: x,
        lambda x, y, g: [cast(g, x.dtype) if is_float(x.dtype) and is_float(dtype) else None],
        lambda d: ((dtype,), dtype),
    )
