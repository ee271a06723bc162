"""The sizes of axes as values of a graph: followed statically as far as they are known.

Examples
--------
>>> from blocks import tensor
>>> x = tensor.matrix("x", shape=(None, 3))
>>> x.shape.type.known
(None, 3)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from blocks.config import config
from blocks.errors import DtypeError, ShapeError
from blocks.graph.op import Array, Call, Gradients, Op, Types, View, as_variable
from blocks.graph.ops.axes import normalize_axis, patternbroadcast
from blocks.graph.ops.broadcast import spread
from blocks.graph.ops.elementwise import cast
from blocks.graph.types import Shape as Sizes
from blocks.graph.types import TensorType, is_float, upcast
from blocks.graph.variable import LARGEST_KNOWN, Constant, Variable, constant

__all__ = [
    "MakeVector",
    "Shape",
    "ShapeAt",
    "SpecifyShape",
    "as_scalar",
    "as_shape",
    "make_vector",
    "ones_like",
    "shape",
    "shape_i",
    "sizes_text",
    "specify_shape",
    "zeros_like",
]


@dataclass(frozen=True)
class Shape(Op):
    """The sizes of the axes of the input, as a vector of int64."""

    name = "shape"

    def infer(self, *types: TensorType) -> Types:
        """Return the type of a vector, with the sizes that are known."""
        (x,) = types
        return (TensorType("int64", (x.ndim,), known=_known_sizes(x)),)

    def grad(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        output_gradients: Gradients,
    ) -> Gradients:
        """Return no gradient: sizes do not depend on values."""
        return [None]

    def lower(self, *types: TensorType) -> Call:
        """Lower to a call: it runs once for each new set of sizes."""
        return Call(lambda x: (np.array(x.shape, np.int64),))

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute with NumPy."""
        return (np.asarray(arrays[0].shape, "int64"),)


@dataclass(frozen=True)
class ShapeAt(Shape):
    """The size of one axis of the input, an int64.

    Parameters
    ----------
    axis
        The axis, counted from the left.
    """

    axis: int

    name = "shape_i"

    def infer(self, *types: TensorType) -> Types:
        """Return the type of a scalar, with the size if it is known."""
        (x,) = types
        axis = normalize_axis("shape_i", self.axis, x.ndim)
        return (TensorType("int64", known=_known_sizes(x)[axis]),)

    def lower(self, *types: TensorType) -> Call:
        """Lower to a call: it runs once for each new set of sizes."""
        axis = self.axis
        return Call(lambda x: (np.array(x.shape[axis], np.int64),))

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute with NumPy."""
        return (np.asarray(np.shape(arrays[0])[self.axis]),)


def _known_sizes(x: TensorType) -> Sizes:
    return tuple(1 if flag else size for size, flag in zip(x.shape, x.broadcastable, strict=True))


@dataclass(frozen=True)
class MakeVector(Op):
    """The vector of some scalars.

    Parameters
    ----------
    dtype
        Its dtype.
    """

    dtype: str

    name = "make_vector"

    def infer(self, *types: TensorType) -> Types:
        """Return the type of a vector, with the integers that are known."""
        for t in types:
            if t.ndim:
                raise ShapeError(f"make_vector: expected scalars, got {t}. Use stack.")
        known = None
        if not np.issubdtype(self.dtype, np.floating) and len(types) <= LARGEST_KNOWN:
            known = tuple(t.known for t in types)
        return (TensorType(self.dtype, (len(types),), known=known),)

    def grad(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        output_gradients: Gradients,
    ) -> Gradients:
        """Return the elements of the gradient."""
        (g,) = output_gradients
        if g is None or not outputs[0].type.is_float:
            return [None] * len(inputs)
        return [g[i] if x.type.is_float else None for i, x in enumerate(inputs)]

    def lower(self, *types: TensorType) -> Call:
        """Lower to a call."""
        dtype = self.dtype
        return Call(lambda *scalars: (np.array(scalars, dtype),))

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute with NumPy."""
        return (np.asarray([a.astype(self.dtype) for a in arrays], self.dtype),)


@dataclass(frozen=True)
class SpecifyShape(Op):
    """The first input, whose shape is checked to be the value of the second."""

    name = "specify_shape"

    def infer(self, *types: TensorType) -> Types:
        """Return the type with the sizes of both; raise where they differ."""
        x, shape = types
        wanted = shape.known or (None,) * x.ndim
        if len(wanted) != x.ndim:
            raise ShapeError(
                f"specify_shape: expected {x.ndim} sizes for {x}, got {wanted}. "
                "Give one for each axis, None where it is not known."
            )
        try:
            result = x.merge(TensorType(x.dtype, wanted))
        except ShapeError:
            raise ShapeError(
                f"specify_shape: expected the shape {sizes_text(wanted)}, got {x}. "
                "Check the data, or the shape that was promised."
            ) from None
        return (result,)

    def grad(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        output_gradients: Gradients,
    ) -> Gradients:
        """Return the gradient as it is."""
        (x, _), (g,) = inputs, output_gradients
        return [None if g is None else patternbroadcast(g, x.broadcastable), None]

    def lower(self, *types: TensorType) -> View | Call:
        """Lower to the input itself, and to a check where the shape is computed."""
        known = types[1].known
        if isinstance(known, tuple) and None not in known:
            return View(lambda x, shape: x)  # `infer` has compared the sizes
        return Call(lambda x, shape: (np.array(self.reference(x, shape)[0]),))

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Return the input, if its shape fits."""
        x, wanted = arrays
        if x.shape != tuple(wanted):
            raise ShapeError(
                f"specify_shape: expected the shape {tuple(map(int, wanted))}, got {x.dtype} "
                f"{x.shape}. "
                "Check the data, or the shape that was promised."
            )
        return (x,)


def sizes_text(sizes: Sizes) -> str:
    """Write sizes for a message, with ``?`` for an unknown one.

    Examples
    --------
    >>> sizes_text((None, 3))
    '(?, 3)'
    """
    inner = ", ".join("?" if size is None else str(size) for size in sizes)
    return f"({inner},)" if len(sizes) == 1 else f"({inner})"


def shape(x: Any) -> Variable:
    """Return the sizes of the axes of `x`, a vector of int64.

    Examples
    --------
    >>> from blocks import tensor
    >>> x = tensor.matrix("x")
    >>> shape(x).eval({x: np.zeros((2, 3))})
    array([2, 3])
    """
    result: Variable = Shape()(x)
    return result


def shape_i(x: Any, i: int) -> Variable:
    """Return the size of axis `i` of `x`, an int64.

    Examples
    --------
    >>> from blocks import tensor
    >>> x = tensor.matrix("x")
    >>> shape_i(x, 1).eval({x: np.zeros((2, 3))})
    array(3)
    """
    x = as_variable(x)
    result: Variable = ShapeAt(normalize_axis("shape_i", i, x.ndim))(x)
    return result


def make_vector(scalars: Sequence[Any], dtype: str | None = None) -> Variable:
    """Return the vector of some scalars, of their common dtype.

    Examples
    --------
    >>> make_vector([1, 2]).eval()
    array([1, 2], dtype=int8)
    """
    variables = [as_variable(x) for x in scalars]
    dtype = dtype or upcast(*(x.dtype for x in variables))
    result: Variable = MakeVector(dtype)(*variables)
    return result


def as_scalar(name: str, x: Any) -> Variable:
    """Return an integer as a scalar variable of int64.

    Parameters
    ----------
    name
        The operation, for messages.
    x
        An int, or a scalar variable of integer dtype.

    Raises
    ------
    DtypeError, ShapeError
        If `x` is anything else.

    Examples
    --------
    >>> as_scalar("eye", 3)
    3
    """
    x = as_variable(x)
    if x.ndim:
        raise ShapeError(f"{name}: expected an integer, got {x.type}. Take one element of it.")
    if is_float(x.dtype):
        raise DtypeError(
            f"{name}: expected an integer, got {x} of {x.dtype}. Use cast(x, 'int64')."
        )
    if isinstance(x, Constant):
        return constant(x.data, dtype="int64")
    return cast(x, "int64")


def as_shape(name: str, shape: Any) -> Variable:
    """Return a shape as a vector of int64.

    Parameters
    ----------
    name
        The operation, for messages.
    shape
        An integer, a list or tuple of integers, which may be scalar variables, or a
        vector of integers.

    Examples
    --------
    >>> as_shape("zeros", (2, 3)).data
    array([2, 3])
    """
    if isinstance(shape, list | tuple):
        sizes = [as_scalar(name, size) for size in shape]
        if all(isinstance(size, Constant) for size in sizes):
            values = [int(size.data) for size in sizes if isinstance(size, Constant)]
            return constant(np.array(values, dtype="int64"))
        return make_vector(sizes, "int64")
    shape = as_variable(shape)
    if shape.ndim == 0:
        return as_shape(name, [shape])
    if shape.ndim != 1 or is_float(shape.dtype):
        remedy = "Flatten it" if shape.ndim != 1 else "Use cast(shape, 'int64')"
        raise ShapeError(
            f"{name}: expected a shape, that is integers or a vector of them, got {shape.type}. "
            f"{remedy}."
        )
    if isinstance(shape, Constant):
        return constant(shape.data, dtype="int64")
    return cast(shape, "int64")


def specify_shape(x: Any, shape: Any) -> Variable:
    """Return `x`, whose shape is checked when it is known, and counts as known from then on.

    Parameters
    ----------
    x
        A variable.
    shape
        The size of each axis, ``None`` where any will do; or a vector of integers.

    Raises
    ------
    ShapeError
        If the shapes differ; at the latest when the value is there.

    Examples
    --------
    >>> from blocks import tensor
    >>> specify_shape(tensor.matrix("x"), (None, 3)).type.shape
    (None, 3)
    """
    x = as_variable(x)
    if isinstance(shape, list | tuple):
        if len(shape) != x.ndim:
            raise ShapeError(
                f"specify_shape: expected {x.ndim} sizes for {x.type}, got {len(shape)}. "
                "Give one for each axis, None where it is not known."
            )
        shape = [shape_i(x, i) if size is None else size for i, size in enumerate(shape)]
    result: Variable = SpecifyShape()(x, as_shape("specify_shape", shape))
    return result


def ones_like(x: Any, dtype: str | None = None) -> Variable:
    """Return ones of the shape of `x`, by default of its dtype.

    Examples
    --------
    >>> ones_like([2, 3]).eval()
    array([1, 1])
    """
    return _filled(1, x, dtype)


def zeros_like(x: Any, dtype: str | None = None) -> Variable:
    """Return zeros of the shape of `x`, by default of its dtype.

    Examples
    --------
    >>> zeros_like([2, 3]).eval()
    array([0, 0])
    """
    return _filled(0, x, dtype)


def _filled(value: int, x: Any, dtype: str | None) -> Variable:
    x = as_variable(x)
    return spread(
        constant(value, dtype=config.floatX if dtype == "floatX" else dtype or x.dtype), x
    )
