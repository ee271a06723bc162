"""Shared variables of floatX, checks of variables, and hooks into a graph.

Examples
--------
>>> b = shared_floatx_nans((3,), name="b")
>>> b.get_value()
array([nan, nan, nan])
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from blocks.config import config
from blocks.errors import GraphError, ShapeError
from blocks.graph.op import Array, Call, Gradients, Op, Types, as_variable
from blocks.graph.types import TensorType
from blocks.graph.variable import Constant, SharedVariable, Variable, shared

__all__ = [
    "check_theano_variable",
    "is_graph_input",
    "is_shared_variable",
    "parameter_path",
    "put_hook",
    "shared_floatx",
    "shared_floatx_nans",
    "shared_floatx_zeros",
    "shared_floatx_zeros_matching",
    "shared_like",
]


def shared_floatx(
    value: Any,
    name: str | None = None,
    borrow: bool = False,
    dtype: str | None = None,
    **kwargs: Any,
) -> SharedVariable:
    """Return a shared variable with a value converted to floatX.

    Parameters
    ----------
    value
        A number, an array, or nested lists of numbers.
    name
        Its name.
    borrow
        Keep the given array itself where possible, not a copy.
    dtype
        The dtype, instead of ``config.floatX``.
    **kwargs
        Further options of ``blocks.graph.variable.shared``: ``shape``, ``broadcastable``.

    Examples
    --------
    >>> shared_floatx([1, 2], dtype="float32").get_value()
    array([1., 2.], dtype=float32)
    """
    array = np.asarray(value, dtype=dtype or config.floatX)
    return shared(array, name=name, borrow=borrow, **kwargs)


def shared_floatx_zeros(shape: Sequence[int], **kwargs: Any) -> SharedVariable:
    """Return a shared variable full of zeros, of floatX.

    Parameters
    ----------
    shape
        Its shape, which later values must have too.
    **kwargs
        Options of `shared_floatx`. Call that one instead where sizes have to stay open.

    Examples
    --------
    >>> shared_floatx_zeros((2,)).get_value()
    array([0., 0.])
    """
    kwargs["shape"] = tuple(shape)
    return shared_floatx(np.zeros(shape), **kwargs)


def shared_floatx_nans(shape: Sequence[int], **kwargs: Any) -> SharedVariable:
    """Return a shared variable full of NaN, of floatX: a parameter before initialization.

    Parameters
    ----------
    shape
        Its shape, which later values must have too.
    **kwargs
        Options of `shared_floatx`. Call that one instead where sizes have to stay open.

    Examples
    --------
    >>> shared_floatx_nans((3, 2), name="W").type
    TensorType('float64', (3, 2))
    """
    kwargs["shape"] = tuple(shape)
    return shared_floatx(np.full(shape, np.nan), **kwargs)


def shared_floatx_zeros_matching(
    shared_variable: SharedVariable, name: str | None = None, **kwargs: Any
) -> SharedVariable:
    """Return zeros of the shape, dtype and broadcasting of another shared variable.

    Parameters
    ----------
    shared_variable
        The variable to match.
    name
        The name of the new one.
    **kwargs
        Options of `shared_floatx`.

    Raises
    ------
    GraphError
        If `shared_variable` is not a shared variable.

    Examples
    --------
    >>> W = shared_floatx(np.ones((3, 2)), dtype="float32")
    >>> shared_floatx_zeros_matching(W).dtype
    'float32'
    """
    if not is_shared_variable(shared_variable):
        raise GraphError(
            "shared_floatx_zeros_matching: expected a shared variable, got "
            f"{type(shared_variable).__name__} {shared_variable}. Only those have a value."
        )
    kwargs.setdefault("shape", shared_variable.type.shape)
    kwargs.setdefault("broadcastable", shared_variable.broadcastable)
    kwargs.setdefault("dtype", shared_variable.dtype)
    value = np.zeros(shared_variable.array.shape)
    return shared_floatx(value, name=name, **kwargs)


def shared_like(variable: Any, name: str | None = None, **kwargs: Any) -> SharedVariable:
    """Return an empty shared variable of the dtype and number of axes of any variable.

    Parameters
    ----------
    variable
        A variable, or a value that can be made one.
    name
        Its name; ``shared_<name>`` by default.
    **kwargs
        Further options of ``blocks.graph.variable.shared``.

    Examples
    --------
    >>> from blocks import tensor
    >>> copy = shared_like(tensor.matrix("x"))
    >>> copy, copy.get_value().shape
    (shared_x, (0, 0))
    """
    variable = as_variable(variable)
    if name is None:
        name = f"shared_{variable.name}"
    # An axis that broadcasts has size 1 from the start; the others stay open.
    sizes = tuple(int(flag) for flag in variable.broadcastable)
    value = np.zeros(sizes, dtype=variable.dtype)
    kwargs.setdefault("broadcastable", variable.broadcastable)
    return shared(value, name=name, **kwargs)


def check_theano_variable(variable: Any, n_dim: int | None, dtype_prefix: str | None) -> None:
    """Raise unless a variable has a number of axes and a kind of dtype.

    Parameters
    ----------
    variable
        A variable, or a value that can be made one; ``None`` passes.
    n_dim
        The number of axes; ``None`` for any.
    dtype_prefix
        How the name of its dtype starts, such as ``"float"``; ``None`` for any.

    Raises
    ------
    ShapeError
        If the number of axes differs.
    GraphError
        If the dtype differs.

    Examples
    --------
    >>> check_theano_variable(np.zeros((2, 2)), 2, "float")
    """
    if variable is None:
        return
    variable = as_variable(variable)
    if n_dim is not None and variable.ndim != n_dim:
        raise ShapeError(
            f"{variable}: expected {n_dim} axes, got {variable.ndim} ({variable.type}). Reshape it."
        )
    if dtype_prefix is not None and not variable.dtype.startswith(dtype_prefix):
        raise GraphError(
            f"{variable}: expected a dtype that starts with {dtype_prefix!r}, got {variable.type}. "
            "Cast it."
        )


def is_graph_input(variable: Variable) -> bool:
    """Tell whether a variable is one that a caller has to give.

    Examples
    --------
    >>> from blocks import tensor
    >>> x = tensor.scalar("x")
    >>> is_graph_input(x), is_graph_input(x + 1), is_graph_input(shared_floatx(1))
    (True, False, False)
    """
    return variable.owner is None and not isinstance(variable, Constant | SharedVariable)


def is_shared_variable(variable: Any) -> bool:
    """Tell whether a variable holds a value.

    Examples
    --------
    >>> is_shared_variable(shared_floatx(1))
    True
    """
    return isinstance(variable, SharedVariable)


@dataclass(frozen=True, eq=False)  # two hooks stay two, whatever their arguments
class Hook(Op):
    """Return the input unchanged, and call a Python function with it when computed.

    Parameters
    ----------
    function
        The function.
    arguments
        What it gets after the value.
    """

    function: Callable[..., Any]
    arguments: tuple[Any, ...] = ()

    def infer(self, *types: TensorType) -> Types:
        """Return the type of the input."""
        return types[:1]

    def grad(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        output_gradients: Gradients,
    ) -> Gradients:
        """Pass the gradient on."""
        return output_gradients

    def lower(self, *types: TensorType) -> Call:
        """Call Python."""
        return Call(self.reference)

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Call the function and return a copy."""
        self.function(arrays[0], *self.arguments)
        return (arrays[0].copy(),)


def put_hook(variable: Variable, hook_fn: Callable[..., Any], *args: Any) -> Variable:
    """Return a copy of a variable that calls a Python function each time it is computed.

    Parameters
    ----------
    variable
        The variable; the copy has to be used in its place.
    hook_fn
        Called with the value, then `args`, such as ``blocks.utils.print_shape``.
    *args
        Further arguments of it.

    Examples
    --------
    >>> from blocks import tensor
    >>> from blocks.utils import print_sum
    >>> x = tensor.vector("x")
    >>> put_hook(x, print_sum, "the sum is").eval({x: np.ones(3)})
    the sum is 3.0
    array([1., 1., 1.])
    """
    copy: Variable = Hook(hook_fn, args)(variable)
    copy.name = variable.name
    return copy


def parameter_path(variable: Variable) -> str:
    """Return the path of a parameter of a brick, the name of any other variable.

    Examples
    --------
    >>> parameter_path(shared_floatx(1, name="temperature"))
    'temperature'
    """
    if isinstance(variable, SharedVariable):
        for annotation in getattr(variable.tag, "annotations", ()):
            # Not by class, as bricks are above this module.
            if hasattr(annotation, "get_hierarchical_name"):
                return str(annotation.get_hierarchical_name(variable))
    return str(variable)
