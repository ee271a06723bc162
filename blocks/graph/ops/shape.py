"""Shapes: the same elements with other axes. All that concerns shapes is found here.

Examples
--------
>>> from blocks import tensor
>>> x = tensor.tensor4("x", shape=(None, 1, 28, 28))
>>> x.flatten(2).type, x.dimshuffle(0, 2, 3, 1).type.shape
(TensorType('float64', (None, 784)), (None, 28, 28, 1))
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from blocks.errors import ShapeError
from blocks.graph.op import Array, Gradients, Op, Types, View, as_variable
from blocks.graph.ops.axes import (
    DimShuffle,
    SpecifyBroadcast,
    addbroadcast,
    dimshuffle,
    normalize_axis,
    patternbroadcast,
    shape_padaxis,
    shape_padleft,
    shape_padright,
    squeeze,
    swapaxes,
    transpose,
    unbroadcast,
)
from blocks.graph.ops.sizes import (
    MakeVector,
    Shape,
    ShapeAt,
    SpecifyShape,
    as_scalar,
    as_shape,
    make_vector,
    ones_like,
    shape,
    shape_i,
    sizes_text,
    specify_shape,
    zeros_like,
)
from blocks.graph.types import Shape as Sizes
from blocks.graph.types import TensorType
from blocks.graph.variable import Variable

__all__ = [
    "DimShuffle",
    "Flatten",
    "MakeVector",
    "Reshape",
    "Shape",
    "ShapeAt",
    "SpecifyBroadcast",
    "SpecifyShape",
    "addbroadcast",
    "as_scalar",
    "as_shape",
    "dimshuffle",
    "flatten",
    "get_vector_length",
    "is_flat",
    "make_vector",
    "normalize_axis",
    "ones_like",
    "patternbroadcast",
    "reshape",
    "shape",
    "shape_i",
    "shape_padaxis",
    "shape_padleft",
    "shape_padright",
    "sizes_text",
    "specify_shape",
    "squeeze",
    "swapaxes",
    "transpose",
    "unbroadcast",
    "zeros_like",
]


@dataclass(frozen=True)
class Reshape(Op):
    """The same elements, in C order, in another shape: the value of the second input.

    Parameters
    ----------
    ndim
        The number of axes of the result.
    """

    ndim: int

    name = "reshape"

    def infer(self, *types: TensorType) -> Types:
        """Return the type with the sizes that follow from the two shapes."""
        x, shape = types
        if shape.ndim != 1 or shape.dtype not in ("int8", "int16", "int32", "int64", "uint8"):
            raise ShapeError(
                f"reshape: expected a vector of integers as the shape, got {shape} "
                f"for {x}. Convert it with cast(shape, 'int64')."
            )
        if shape.shape[0] not in (None, self.ndim):
            raise ShapeError(
                f"reshape: expected a shape of {self.ndim} sizes, got {shape.shape[0]}. "
                "Pass the ndim that belongs to the shape."
            )
        wanted = shape.known if shape.known is not None else (None,) * self.ndim
        sizes = _solve(x, wanted)
        known = None
        if x.known is not None and self.ndim == 1:
            known = (x.known,) if x.ndim == 0 else x.known
        return (TensorType(x.dtype, sizes, known=known),)

    def grad(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        output_gradients: Gradients,
    ) -> Gradients:
        """Return the gradient in the shape of the input."""
        (x, _), (g,) = inputs, output_gradients
        return [None if g is None else _like(g, x), None]

    def lower(self, *types: TensorType) -> View:
        """Lower to a view of other shape."""
        return View(lambda x, shape: x.reshape([int(size) for size in shape]))

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute with NumPy."""
        x, sizes = arrays
        wanted = tuple(map(int, sizes))
        _solve(TensorType(str(x.dtype), x.shape), wanted)
        return (np.reshape(x, wanted),)


def _solve(x: TensorType, wanted: Sizes) -> Sizes:
    """Return the sizes that `wanted` stands for: at most one may be -1, for what is left."""
    holes = [axis for axis, size in enumerate(wanted) if size == -1]
    if len(holes) > 1 or any(size is not None and size < -1 for size in wanted):
        raise ShapeError(
            f"reshape: expected sizes, at most one of them -1, got {sizes_text(wanted)} for {x}. "
            "Compute all sizes but one."
        )
    result = [None if size == -1 else size for size in wanted]
    if not x.is_concrete:
        return tuple(result)
    total = math.prod(size for size in x.shape if size is not None)
    unknown = [axis for axis, size in enumerate(result) if size is None]
    rest = math.prod(size for size in result if size is not None)
    fits = total == rest
    if len(unknown) > 1:
        fits = rest == 0 == total or (rest > 0 and total % rest == 0)
    elif unknown:
        fits = rest > 0 and total % rest == 0
        if fits and holes:  # a size that is a value of the run may turn out not to fit
            result[unknown[0]] = total // rest
        elif rest == 0 == total and not holes:
            fits = True  # any size will do
    if not fits:
        raise ShapeError(
            f"reshape: expected a shape of {total} elements, as {x} has, got {sizes_text(wanted)}. "
            "Give sizes with that product; one of them may be -1."
        )
    return tuple(result)


@dataclass(frozen=True)
class Flatten(Op):
    """The same elements, in C order, with all axes from the last of `ndim` on made one.

    Parameters
    ----------
    ndim
        The number of axes of the result.
    """

    ndim: int

    name = "flatten"

    def infer(self, *types: TensorType) -> Types:
        """Return the type with the last sizes multiplied."""
        (x,) = types
        if not 1 <= self.ndim <= max(x.ndim, 1):
            raise ShapeError(
                f"flatten: expected ndim from 1 to {max(x.ndim, 1)}, got {self.ndim} for {x}. "
                "Use dimshuffle to add axes."
            )
        kept, merged = x.shape[: self.ndim - 1], x.shape[self.ndim - 1 :]
        size = None if None in merged else math.prod(s for s in merged if s is not None)
        last = all(x.broadcastable[self.ndim - 1 :])
        known = (x.known,) if x.ndim == 0 and x.known is not None else None
        known = x.known if x.ndim == 1 else known
        flags = (*x.broadcastable[: self.ndim - 1], last)
        return (TensorType(x.dtype, (*kept, 1 if last else size), flags, known),)

    def grad(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        output_gradients: Gradients,
    ) -> Gradients:
        """Return the gradient in the shape of the input."""
        (x,), (g,) = inputs, output_gradients
        return [None if g is None else _like(g, x)]

    def lower(self, *types: TensorType) -> View:
        """Lower to a view of other shape."""
        keep = self.ndim - 1
        return View(lambda x: x.reshape((*x.shape[:keep], math.prod(x.shape[keep:]))))

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute with NumPy."""
        (x,) = arrays
        shape = (*x.shape[: self.ndim - 1], int(np.prod(x.shape[self.ndim - 1 :])))
        return (x.reshape(shape),)


def _like(g: Variable, x: Variable) -> Variable:
    """Return a gradient in the shape of `x`, with the flags of `x`."""
    return patternbroadcast(Reshape(x.ndim)(g, Shape()(x)), x.broadcastable)


def reshape(x: Any, newshape: Any, ndim: int | None = None) -> Variable:
    """Return the elements of `x`, in C order, in another shape.

    Parameters
    ----------
    x
        A variable.
    newshape
        The sizes: integers or scalar variables, at most one of them -1, for what is
        left; or a vector of integers.
    ndim
        The number of axes, where `newshape` is a vector whose length is not known.

    Raises
    ------
    ShapeError
        If the number of elements differs; when the graph is built if it is known then.

    Examples
    --------
    >>> from blocks import tensor
    >>> x = tensor.matrix("x", shape=(6, 4))
    >>> reshape(x, (2, -1)).type.shape, reshape(x, (x.shape[0], 2, 2)).type.shape
    ((2, 12), (6, 2, 2))
    """
    sizes = as_shape("reshape", newshape)
    length = sizes.type.shape[0] if ndim is None else ndim
    if length is None:
        raise ShapeError(
            f"reshape: expected a shape of known length, got {sizes.type}. Pass ndim as well."
        )
    result: Variable = Reshape(int(length))(x, sizes)
    return result


def flatten(x: Any, ndim: int | None = None, outdim: int | None = None) -> Variable:
    """Return `x` with its last axes made one, so that `ndim` are left.

    Parameters
    ----------
    x
        A variable of at least `ndim` axes.
    ndim
        The number of axes of the result, by default 1.
    outdim
        The old name of `ndim`.

    Examples
    --------
    >>> from blocks import tensor
    >>> flatten(tensor.tensor3("x", shape=(None, 2, 3)), 2).type.shape
    (None, 6)
    """
    variable = as_variable(x)
    ndim = (1 if ndim is None else ndim) if outdim is None else outdim
    if ndim == variable.ndim:
        return variable
    result: Variable = Flatten(int(ndim))(variable)
    return result


def is_flat(var: Any, ndim: int | None = None, outdim: int | None = None) -> bool:
    """Tell whether a variable has `ndim` axes, by default 1; `outdim` is the old name.

    Parameters
    ----------
    var
        The variable.
    ndim, outdim
        The number of axes.

    Examples
    --------
    >>> from blocks import tensor
    >>> is_flat(tensor.matrix()), is_flat(tensor.matrix(), 2)
    (False, True)
    """
    wanted = ndim if outdim is None else outdim
    return as_variable(var).ndim == (1 if wanted is None else wanted)


def get_vector_length(v: Any) -> int:
    """Return the length of a vector, where it is known when the graph is built.

    Parameters
    ----------
    v
        A vector.

    Raises
    ------
    ShapeError
        If it is no vector, or its length is not known.

    Examples
    --------
    >>> from blocks import tensor
    >>> get_vector_length(tensor.matrix().shape)
    2
    """
    v = as_variable(v)
    size = v.type.shape[0] if v.ndim == 1 else None
    if size is None:
        raise ShapeError(
            f"get_vector_length: expected a vector of known length, got {v.type}. Use v.shape[0], "
            "which is a symbol."
        )
    return int(size)
