"""Shapes and dtypes of random variables: as asked for, or as the parameters have it.

Examples
--------
>>> from blocks import tensor
>>> sizes, ndim = size_of("normal", None, None, tensor.matrix("avg"))
>>> sizes, ndim
(avg.shape, 2)
"""

from __future__ import annotations

from typing import Any

from blocks.config import config
from blocks.errors import DtypeError, ShapeError
from blocks.graph.ops.creation import alloc
from blocks.graph.ops.elementwise import add, cast
from blocks.graph.ops.index import index
from blocks.graph.ops.shape import Shape, as_shape, make_vector, shape
from blocks.graph.types import as_dtype, is_float, upcast
from blocks.graph.variable import Constant, Variable, constant

__all__ = ["converted", "filled", "float_dtype", "is_number", "real", "size_of", "whole"]


def size_of(name: str, size: Any, ndim: int | None, *parameters: Variable) -> tuple[Variable, int]:
    """Return the shape of the result, as a vector, and its number of axes.

    Parameters
    ----------
    name
        The distribution, for messages.
    size
        The shape that was asked for: integers, a vector of them, or ``None`` for that of the
        parameters.
    ndim
        The number of axes, where it cannot be seen.
    *parameters
        The parameters of the distribution.

    Raises
    ------
    ShapeError
        If the number of axes is not known, or not that of `size` or of a parameter.

    Examples
    --------
    >>> size_of("uniform", (2, 3), None)
    ([2, 3], 2)
    """
    if size is None:
        arrays = [x for x in parameters if x.ndim]
        common = arrays[0] if len(arrays) == 1 else add(*arrays) if arrays else None
        sizes = constant([], dtype="int64") if common is None else shape(common)
    else:
        sizes = as_shape(name, size)
    length = sizes.type.shape[0]
    if ndim is None:
        ndim = length
    if ndim is None:
        raise ShapeError(
            f"{name}: expected a size of known length, got {sizes.type}. Pass ndim as well."
        )
    if length is None:
        sizes = make_vector([index(sizes, i) for i in range(ndim)], "int64")
    elif length != ndim:
        raise ShapeError(
            f"{name}: expected a size of {ndim} axes, as ndim says, got {length}. Leave ndim out."
        )
    for x in parameters:
        if x.ndim > ndim:
            raise ShapeError(
                f"{name}: expected parameters of at most {ndim} axes, got {x.type}. Give a size "
                "of as many axes, or none."
            )
    return _as_sizes(sizes, ndim), ndim


def _as_sizes(sizes: Variable, ndim: int) -> Variable:
    """Return a shape as that of an array, if it depends on values of inputs.

    What has such a shape is interpreted; then only that array is, and the draw is compiled.
    """
    pending: list[Variable] = [sizes]
    while pending:
        x = pending.pop()
        if x.owner is None and not isinstance(x, Constant):
            zero = constant(0, dtype="int8")
            return shape(alloc(zero, *(index(sizes, i) for i in range(ndim))))
        if x.owner is not None and not isinstance(x.owner.op, Shape):
            pending += x.owner.inputs
    return sizes


def filled(x: Variable, sizes: Variable, ndim: int) -> Variable:
    """Return a parameter as a scalar, or in the shape of the result.

    Examples
    --------
    >>> filled(constant([1, 2]), constant([3, 2]), 2).eval().tolist()
    [[1, 2], [1, 2], [1, 2]]
    """
    return x if x.ndim == 0 else alloc(x, *(index(sizes, i) for i in range(ndim)))


def float_dtype(name: str, dtype: Any, *parameters: Variable) -> str:
    """Return the dtype of the result: the common one of floatX and parameters, or as asked."""
    if dtype is None:
        return upcast(config.floatX, *(x.dtype for x in parameters))
    chosen = as_dtype(dtype)
    if not is_float(chosen):
        raise DtypeError(f"{name}: expected a floating dtype, got {chosen}. Cast the result.")
    return chosen


def real(x: Variable) -> Variable:
    """Return a parameter as a real number."""
    return x if x.type.is_float else converted(x, config.floatX)


def converted(x: Variable, dtype: str) -> Variable:
    """Return a variable of another dtype; a constant stays one, so that it is checked early."""
    return constant(x.data, dtype=dtype) if isinstance(x, Constant) else cast(x, dtype)


def is_number(x: Variable, value: float) -> bool:
    """Tell whether a parameter is a constant of this value."""
    return isinstance(x, Constant) and x.ndim == 0 and x.data == value


def whole(name: str, n: Variable) -> Variable:
    """Return a parameter as int64; raise a `DtypeError` if it is a real number."""
    if is_float(n.dtype):
        raise DtypeError(f"{name}: expected an integer n, got {n} of {n.dtype}. Cast it to int64.")
    return converted(n, "int64")
