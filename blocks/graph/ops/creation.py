"""New arrays from sizes: filled with a value, a range, or a unit matrix.

Examples
--------
>>> zeros((2, 3)).type, arange(5).type
(TensorType('float64', (2, 3)), TensorType('int64', (5,)))
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from blocks.config import config
from blocks.errors import ShapeError
from blocks.graph.op import Array, Call, Gradients, Op, Types, as_variable
from blocks.graph.ops.broadcast import spread, sum_to
from blocks.graph.ops.elementwise import cast
from blocks.graph.ops.index import index
from blocks.graph.ops.shape import as_scalar, as_shape, shape_i
from blocks.graph.types import TensorType, is_float, upcast
from blocks.graph.variable import Variable, constant

__all__ = [
    "Alloc",
    "Arange",
    "Eye",
    "alloc",
    "arange",
    "eye",
    "fill",
    "full",
    "full_like",
    "identity_like",
    "ones",
    "zeros",
]


@dataclass(frozen=True)
class Alloc(Op):
    """Copies of the first input over the shape that the other inputs, integers, give."""

    name = "alloc"

    def infer(self, *types: TensorType) -> Types:
        """Return the type of that shape."""
        value, *sizes = types
        shape = tuple(t.known for t in sizes)
        if value.ndim > len(shape):
            raise ShapeError(
                f"alloc: expected a value of at most {len(shape)} axes, got {value}. "
                "Give more sizes, or a value of fewer axes."
            )
        for axis in range(-value.ndim, 0):
            pair = (value.shape[axis], shape[axis])
            if None not in pair and pair[0] != pair[1] and not value.broadcastable[axis]:
                raise ShapeError(
                    f"alloc: expected a value that fits the shape {shape}, got {value}. "
                    "An axis of the value has that size, or is known to be 1."
                )
        if any(size is not None and size < 0 for size in shape):
            raise ShapeError(
                f"alloc: expected sizes of at least 0, got {shape}. Check how they are computed."
            )
        return (TensorType(value.dtype, shape),)

    def grad(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        output_gradients: Gradients,
    ) -> Gradients:
        """Return the gradient summed over the copies."""
        (value, *sizes), (g,) = inputs, output_gradients
        dx = None if g is None or not value.type.is_float else sum_to(g, value)
        return [dx, *[None] * len(sizes)]

    def lower(self, *types: TensorType) -> Call:
        """Lower to NumPy."""

        def fill(value: Array, *sizes: Array) -> tuple[Array, ...]:
            result = np.empty([int(size) for size in sizes], value.dtype)
            result[...] = value
            return (result,)

        return Call(fill)

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute with NumPy."""
        value, *sizes = arrays
        return (np.broadcast_to(value, tuple(map(int, sizes))).copy(),)


@dataclass(frozen=True)
class Arange(Op):
    """The numbers from the first input on, before the second, in steps of the third.

    Parameters
    ----------
    dtype
        Their dtype.
    """

    dtype: str

    name = "arange"

    def infer(self, *types: TensorType) -> Types:
        """Return the type of a vector, of known size if the inputs are known."""
        start, stop, step = (t.known for t in types)
        if step == 0:
            raise ShapeError(
                "arange: expected a step other than 0, got 0. Give a step below or above 0."
            )
        if None in (start, stop, step):
            return (TensorType(self.dtype, (None,)),)
        size = max(0, math.ceil((stop - start) / step))
        return (TensorType(self.dtype, (size,)),)

    def grad(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        output_gradients: Gradients,
    ) -> Gradients:
        """Return no gradient: the size of the result jumps."""
        return [None, None, None]

    def lower(self, *types: TensorType) -> Call:
        """Lower to NumPy."""
        return Call(self.reference)

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute with NumPy."""
        start, stop, step = (a.item() for a in arrays)
        return (np.arange(start, stop, step, dtype=self.dtype),)


@dataclass(frozen=True)
class Eye(Op):
    """Ones on a diagonal, else zeros; the inputs are rows, columns and which diagonal.

    Parameters
    ----------
    dtype
        The dtype.
    """

    dtype: str

    name = "eye"

    def infer(self, *types: TensorType) -> Types:
        """Return the type of a matrix."""
        return (TensorType(self.dtype, (types[0].known, types[1].known)),)

    def grad(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        output_gradients: Gradients,
    ) -> Gradients:
        """Return no gradient: the inputs are sizes."""
        return [None, None, None]

    def lower(self, *types: TensorType) -> Call:
        """Lower to NumPy."""
        return Call(lambda n, m, k: (np.eye(int(n), int(m), int(k), self.dtype),))

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute with NumPy."""
        n, m, k = map(int, arrays)
        return (np.arange(m) == np.arange(n)[:, None] + k,)


def alloc(value: Any, *shape: Any) -> Variable:
    """Return copies of `value` over a shape.

    Parameters
    ----------
    value
        A number or variable; its axes are aligned at the right.
    shape
        The sizes, integers that may be symbolic; also as one list, tuple or vector.

    Raises
    ------
    ShapeError
        If the value does not fit the shape.

    Examples
    --------
    >>> alloc(7, 2, 2).eval()
    array([[7, 7],
           [7, 7]], dtype=int8)
    """
    sizes = shape
    if len(shape) == 1:
        vector = as_shape("alloc", shape[0])
        if vector.type.shape[0] is None:
            raise ShapeError(
                f"alloc: expected a shape of known length, got {vector.type}. "
                "Give the sizes as a list, one for each axis."
            )
        sizes = tuple(index(vector, i) for i in range(vector.type.shape[0]))
        if isinstance(shape[0], list | tuple):
            sizes = tuple(shape[0])
    result: Variable = Alloc()(value, *(as_scalar("alloc", size) for size in sizes))
    return result


def full(shape: Any, fill_value: Any, dtype: str | None = None) -> Variable:
    """Return an array of a shape that holds one value everywhere.

    Parameters
    ----------
    shape
        The sizes: a number, several, or a symbolic vector.
    fill_value
        The value, a scalar.
    dtype
        That of the result, by default that of the value.

    Examples
    --------
    >>> full((2,), 3, "int8").eval()
    array([3, 3], dtype=int8)
    """
    value = as_variable(fill_value)
    return alloc(value if dtype is None else cast(value, dtype), shape)


def zeros(shape: Any, dtype: str | None = None) -> Variable:
    """Return zeros of a shape, by default of dtype floatX.

    Parameters
    ----------
    shape
        An integer, integers that may be symbolic, or a vector of them.
    dtype
        The dtype.

    Examples
    --------
    >>> zeros((2,)).eval()
    array([0., 0.])
    """
    return alloc(constant(0, dtype=_dtype(dtype)), shape)


def ones(shape: Any, dtype: str | None = None) -> Variable:
    """Return ones of a shape, by default of dtype floatX; see `zeros`.

    Examples
    --------
    >>> ones(2).eval()
    array([1., 1.])
    """
    return alloc(constant(1, dtype=_dtype(dtype)), shape)


def _dtype(dtype: Any) -> str:
    return config.floatX if dtype in (None, "floatX") else str(np.dtype(dtype))


def fill(a: Any, b: Any) -> Variable:
    """Return `b` in the shape of `a`: copies over the axes that it lacks.

    Examples
    --------
    >>> fill([1, 2], 5).eval()
    array([5, 5], dtype=int8)
    """
    return spread(as_variable(b), as_variable(a))


def full_like(a: Any, fill_value: Any, dtype: str | None = None) -> Variable:
    """Return an array of the shape of `a` that holds one value, by default of its dtype.

    Parameters
    ----------
    a
        The variable whose shape is taken.
    fill_value
        The value, a scalar.
    dtype
        That of the result.

    Examples
    --------
    >>> full_like([1, 2], 5).eval()
    array([5, 5])
    """
    a = as_variable(a)
    return fill(a, cast(as_variable(fill_value), dtype or a.dtype))


def arange(start: Any, stop: Any = None, step: Any = 1, dtype: str | None = None) -> Variable:
    """Return the numbers from `start` on, before `stop`, in steps.

    Parameters
    ----------
    start, stop, step
        Numbers, which may be symbolic. With one argument it is `stop`.
    dtype
        The dtype; by default int64 for integers, else the common one.

    Examples
    --------
    >>> arange(3).eval(), arange(1, 2, 0.5).eval()
    (array([0, 1, 2]), array([1. , 1.5], dtype=float32))
    """
    if stop is None:
        start, stop = 0, start
    bounds = [as_variable(x) for x in (start, stop, step)]
    for x in bounds:
        if x.ndim:
            raise ShapeError(f"arange: expected scalars, got {x.type}. Take one element of it.")
    if dtype is None:
        dtype = upcast(*(x.dtype for x in bounds))
        dtype = dtype if is_float(dtype) else "int64"
    result: Variable = Arange(_dtype(dtype))(*bounds)
    return result


def eye(n: Any, m: Any = None, k: Any = 0, dtype: str | None = None) -> Variable:
    """Return a matrix of `n` rows and `m` columns with ones on diagonal `k`, else zeros.

    Parameters
    ----------
    n, m
        The numbers of rows and columns; m is n by default.
    k
        The diagonal: 0 for the main one, positive numbers above it, negative ones below.
    dtype
        That of the result, by default floatX.

    Examples
    --------
    >>> eye(2, 3, 1).eval()
    array([[0., 1., 0.],
           [0., 0., 1.]])
    """
    m = n if m is None else m
    result: Variable = Eye(_dtype(dtype))(*(as_scalar("eye", x) for x in (n, m, k)))
    return result


def identity_like(x: Any) -> Variable:
    """Return the identity matrix of the shape and dtype of `x`.

    Examples
    --------
    >>> identity_like(np.zeros((2, 2))).eval()
    array([[1., 0.],
           [0., 1.]])
    """
    x = as_variable(x)
    if x.ndim != 2:
        raise ShapeError(f"identity_like: expected a matrix, got {x.type}. Use ones_like or eye.")
    return eye(shape_i(x, 0), shape_i(x, 1), 0, x.dtype)
