"""Operators and methods of variables, bound here because all operations exist by now.

``==`` stays identity, as variables are keys of dictionaries: compare values with `eq`.

Examples
--------
>>> from blocks import tensor
>>> x = tensor.matrix("x")
>>> (2 * x[0] + 1).sum().eval({x: [[1.0, 2.0]]})
array(8.)
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from blocks.errors import GraphError, described
from blocks.graph.backend import compile_function
from blocks.graph.container import Container
from blocks.graph.op import Apply
from blocks.graph.ops import elementwise, reduce
from blocks.graph.ops.creation import fill
from blocks.graph.ops.diagonal import diagonal
from blocks.graph.ops.index import inc_subtensor, index, set_subtensor
from blocks.graph.ops.linalg import dot, norm, trace
from blocks.graph.ops.order import argsort, cumprod, cumsum, sort
from blocks.graph.ops.repeat import repeat
from blocks.graph.ops.search import choose, compress, searchsorted
from blocks.graph.ops.shape import (
    dimshuffle,
    flatten,
    ones_like,
    patternbroadcast,
    reshape,
    shape,
    shape_i,
    squeeze,
    swapaxes,
    transpose,
    zeros_like,
)
from blocks.graph.ops.statistics import ptp
from blocks.graph.ops.take import nonzero, nonzero_values, take
from blocks.graph.types import TensorType
from blocks.graph.variable import SharedVariable, Variable, constant

__all__ = ["METHODS", "OPERATORS", "PROPERTIES"]


def _make(self: TensorType, name: str | None = None) -> Variable:
    return Variable(self, name=name)


def _reversed(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x, y: function(y, x)


def _reshape(x: Variable, *sizes: Any, ndim: int | None = None, shape: Any = None) -> Variable:
    """Return the elements in another shape; the sizes also as separate arguments."""
    if shape is not None:
        return reshape(x, shape, ndim)
    if len(sizes) == 2 and isinstance(sizes[0], list | tuple):  # reshape(shape, ndim)
        return reshape(x, sizes[0], sizes[1])
    if len(sizes) == 2 and isinstance(sizes[0], Variable) and sizes[0].ndim == 1:
        return reshape(x, sizes[0], sizes[1])
    return reshape(x, sizes[0] if len(sizes) == 1 else sizes, ndim)


def _transpose(x: Variable, *axes: Any) -> Variable:
    """Return the variable with its axes in another order, by default the reverse one."""
    if not axes or axes == (None,):
        return transpose(x)
    return transpose(x, axes[0] if isinstance(axes[0], list | tuple) else axes)


def _iterate(x: Variable) -> Iterator[Variable]:
    size = x.type.shape[0] if x.ndim else None
    if size is None:
        raise TypeError(
            f"{x}: expected a known length to iterate over, got {x.type}. "
            "Use operations on the whole symbol, or give it a shape: tensor.matrix(shape=...)."
        )
    return (index(x, i) for i in range(size))


def _flatten(x: Variable, ndim: int = 1) -> Variable:
    """Return the variable with its last axes made one, so that `ndim` are left."""
    return flatten(x, ndim)


def _clip(x: Variable, a_min: Any, a_max: Any) -> Variable:
    """Return `x`, but `a_min` where it is below and `a_max` where it is above; NaN stays."""
    return elementwise.clip(x, a_min, a_max)


def _fill(x: Variable, value: Any) -> Variable:
    """Return `value` in the shape of the variable."""
    return fill(x, value)


def _size(x: Variable) -> Variable:
    """Return the number of elements, an int64."""
    sizes = [shape_i(x, i) for i in range(x.ndim)] or [constant(1, dtype="int64")]
    return functools.reduce(elementwise.mul, sizes)


def _copy(x: Variable, name: str | None = None) -> Variable:
    """Return a new variable of the same value."""
    y = elementwise.identity(x)
    y.name = name
    return y


def _clone(x: Variable) -> Variable:
    """Return a variable of this type, name and notes that nothing computes.

    Of a shared variable it is a shared one with a value of its own.
    """
    y = (
        SharedVariable(x.get_value(), x.type, x.name)
        if isinstance(x, SharedVariable)
        else Variable(x.type, name=x.name)
    )
    y.tag = x.tag.copy()
    return y


def _get_parents(x: Variable) -> list[Apply]:
    """Return the application that computes the variable, in a list; empty for an input."""
    return [] if x.owner is None else [x.owner]


def _zero(x: SharedVariable, borrow: bool = False) -> None:
    """Set all elements to zero; `borrow` is accepted for compatibility."""
    x.array[...] = 0


class _Functions(dict[Any, Any]):
    """The functions that `eval` has compiled for a variable; copies start empty."""

    def __reduce__(self) -> tuple[type[_Functions], tuple[()]]:
        return _Functions, ()


def _evaluate(
    x: Variable, inputs_to_values: Mapping[Variable, Any] | None = None, **options: Any
) -> Any:
    """Return the value for some values of the inputs.

    Parameters
    ----------
    x
        The variable.
    inputs_to_values
        A value for each input. The function that is compiled is kept for the next call
        with the same inputs.
    options
        As for ``blocks.function``, for example ``mode="reference"``.
    """
    if not isinstance(inputs_to_values, Mapping | None):
        raise GraphError(
            f"eval: expected a value for each input, got {described(inputs_to_values)}. Write "
            "x.eval({input: value})."
        )
    values = dict(inputs_to_values or {})
    key = (tuple(values), tuple(sorted(options.items())))
    functions = vars(x).setdefault("_functions", _Functions())
    if key not in functions:
        functions[key] = compile_function(list(values), x, **options)
    return functions[key](*values.values())


OPERATORS: dict[str, Callable[..., Any]] = {
    "__add__": elementwise.add,
    "__sub__": elementwise.sub,
    "__mul__": elementwise.mul,
    "__truediv__": elementwise.true_div,
    "__floordiv__": elementwise.int_div,
    "__mod__": elementwise.mod,
    "__pow__": elementwise.pow,
    "__and__": elementwise.and_,
    "__or__": elementwise.or_,
    "__xor__": elementwise.xor,
    "__matmul__": dot,
    "__lt__": elementwise.lt,
    "__le__": elementwise.le,
    "__gt__": elementwise.gt,
    "__ge__": elementwise.ge,
    "__neg__": elementwise.neg,
    "__abs__": elementwise.abs_,
    "__invert__": elementwise.invert,
    "__getitem__": index,
    "__iter__": _iterate,
}
"""The operators of variables; those of two operands exist reversed, too."""

REVERSED = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "and", "or", "xor", "matmul")

METHODS: dict[str, Callable[..., Any]] = {
    "all": reduce.all,
    "any": reduce.any,
    "argmax": reduce.argmax,
    "argmin": reduce.argmin,
    "argsort": argsort,
    "astype": elementwise.cast,
    "clip": _clip,
    "choose": choose,
    "clone": _clone,
    "compress": compress,
    "copy": _copy,
    "cumprod": cumprod,
    "cumsum": cumsum,
    "diagonal": diagonal,
    "dimshuffle": dimshuffle,
    "dot": dot,
    "eval": _evaluate,
    "fill": _fill,
    "flatten": _flatten,
    "get_parents": _get_parents,
    "inc_subtensor": inc_subtensor,
    "max": reduce.max,
    "mean": reduce.mean,
    "min": reduce.min,
    "nonzero": nonzero,
    "nonzero_values": nonzero_values,
    "norm": norm,
    "ones_like": ones_like,
    "patternbroadcast": patternbroadcast,
    "prod": reduce.prod,
    "ptp": ptp,
    "ravel": _flatten,
    "repeat": repeat,
    "reshape": _reshape,
    "round": elementwise.round,
    "searchsorted": searchsorted,
    "set_subtensor": set_subtensor,
    "sort": sort,
    "squeeze": squeeze,
    "std": reduce.std,
    "sum": reduce.sum,
    "swapaxes": swapaxes,
    "take": take,
    "trace": trace,
    "transpose": _transpose,
    "var": reduce.var,
    "zeros_like": zeros_like,
}
"""The methods of variables."""

ELEMENTWISE = (
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctanh",
    "ceil",
    "cos",
    "cosh",
    "deg2rad",
    "exp",
    "exp2",
    "expm1",
    "floor",
    "log",
    "log10",
    "log1p",
    "log2",
    "rad2deg",
    "sin",
    "sinh",
    "sqrt",
    "tan",
    "tanh",
    "trunc",
)
"""Functions of one variable that are methods, too."""

METHODS.update((name, getattr(elementwise, name)) for name in ELEMENTWISE)

PROPERTIES: dict[str, tuple[Callable[[Variable], Variable], str]] = {
    "T": (transpose, "The variable with its axes in reverse order."),
    "shape": (shape, "The sizes of the axes, as a symbolic vector."),
    "size": (_size, "The number of elements, as a symbolic number."),
}
"""What is computed from a variable and read like an attribute."""


def _method(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def method(self: Variable, *args: Any, **kwargs: Any) -> Any:
        return function(self, *args, **kwargs)

    method.__name__ = name
    method.__qualname__ = f"Variable.{name}"
    method.__doc__ = function.__doc__
    first, *others = inspect.signature(function).parameters.values()
    method.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [first.replace(name="self", kind=first.POSITIONAL_ONLY), *others]
    )
    return method


def _bind() -> None:
    TensorType.__call__ = _make  # type: ignore[method-assign]
    for name, function in {**OPERATORS, **METHODS}.items():
        setattr(Variable, name, _method(name, function))
    for name in REVERSED:
        function = _reversed(OPERATORS[f"__{name}__"])
        setattr(Variable, f"__r{name}__", _method(f"__r{name}__", function))
    for name, (function, doc) in PROPERTIES.items():
        setattr(Variable, name, property(function, doc=doc))
    SharedVariable.zero = _method("zero", _zero)  # type: ignore[attr-defined]
    container = property(Container, doc="What holds the value: ``container.value``.")
    SharedVariable.container = container  # type: ignore[attr-defined]


_bind()
