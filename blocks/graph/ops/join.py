"""Putting variables together along an axis, and taking them apart.

Examples
--------
>>> from blocks import tensor
>>> x = tensor.matrix("x", shape=(None, 3))
>>> concatenate([x, x], axis=1).type.shape, stack([x, x]).type.shape
((None, 6), (2, None, 3))
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from blocks.errors import ShapeError, described, listed
from blocks.graph.op import Array, Call, Gradients, Op, Types, as_variable
from blocks.graph.ops.elementwise import cast
from blocks.graph.ops.shape import (
    as_shape,
    make_vector,
    normalize_axis,
    patternbroadcast,
    shape_i,
    shape_padaxis,
    shape_padleft,
    zeros_like,
)
from blocks.graph.types import TensorType, upcast
from blocks.graph.variable import LARGEST_KNOWN, Constant, Variable, constant

__all__ = [
    "Join",
    "Split",
    "as_tensor_variable",
    "concatenate",
    "join",
    "split",
    "stack",
]


@dataclass(frozen=True)
class Join(Op):
    """The inputs, of one dtype, one after the other along an axis.

    Parameters
    ----------
    axis
        The axis, counted from the left.
    """

    axis: int

    name = "join"

    def infer(self, *types: TensorType) -> Types:
        """Return the type of the whole; raise where other axes differ."""
        first = types[0]
        shape: list[int | None] = []
        flags: list[bool] = []
        for axis in range(first.ndim):
            sizes = [t.shape[axis] for t in types]
            if axis == self.axis:
                shape.append(None if None in sizes else sum(s for s in sizes if s is not None))
                flags.append(len(types) == 1 and first.broadcastable[axis])
                continue
            known = {s for s in sizes if s is not None}
            if len(known) > 1:
                raise ShapeError(
                    f"join: expected inputs that differ in axis {self.axis} only, got "
                    f"{listed((t.sizes() for t in types), ' and ')}, which differ in axis {axis} "
                    f"({listed(('?' if s is None else s for s in sizes), ' and ')}). "
                    "Join along another axis, or reshape one of them."
                )
            shape.append(known.pop() if known else None)
            flags.append(any(t.broadcastable[axis] for t in types))
        return (TensorType(first.dtype, tuple(shape), tuple(flags), self._known(types)),)

    def _known(self, types: Sequence[TensorType]) -> Any:
        if any(t.ndim != 1 or t.known is None for t in types):
            return None
        joined = tuple(value for t in types for value in t.known)
        return joined if len(joined) <= LARGEST_KNOWN else None

    def grad(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        output_gradients: Gradients,
    ) -> Gradients:
        """Return the pieces of the gradient."""
        (g,) = output_gradients
        if g is None or not outputs[0].type.is_float:
            return [None] * len(inputs)
        sizes = make_vector([shape_i(x, self.axis) for x in inputs], "int64")
        pieces = Split(len(inputs), self.axis).apply(g, sizes).outputs
        pairs = zip(pieces, inputs, strict=True)
        return [patternbroadcast(piece, x.broadcastable) for piece, x in pairs]

    def lower(self, *types: TensorType) -> Call:
        """Lower to NumPy."""
        axis = self.axis
        return Call(lambda *arrays: (np.concatenate(arrays, axis),))

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute with NumPy."""
        moved = [np.moveaxis(a, self.axis, 0) for a in arrays]
        whole = np.array([part for a in moved for part in a], moved[0].dtype)
        shape = (sum(a.shape[0] for a in moved), *moved[0].shape[1:])
        return (np.moveaxis(whole.reshape(shape), 0, self.axis),)


@dataclass(frozen=True)
class Split(Op):
    """The pieces of the first input along an axis; the second has their sizes.

    Parameters
    ----------
    pieces
        How many there are.
    axis
        The axis, counted from the left.
    """

    pieces: int
    axis: int

    name = "split"

    def infer(self, *types: TensorType) -> Types:
        """Return the types of the pieces; raise where the sizes do not add up."""
        x, sizes = types
        if sizes.ndim != 1 or sizes.shape[0] not in (None, self.pieces):
            raise ShapeError(
                f"split: expected {self.pieces} sizes, got {sizes}. Give as many sizes as pieces."
            )
        known = sizes.known or (None,) * self.pieces
        total = x.shape[self.axis]
        if None not in known and (
            min(known, default=0) < 0 or (total is not None and sum(known) != total)
        ):
            raise ShapeError(
                f"split: expected sizes that add up to {'?' if total is None else total}, "
                f"axis {self.axis} of {x}, got {known}. "
                "Change the sizes."
            )
        result = []
        for size in known:
            shape = (*x.shape[: self.axis], size, *x.shape[self.axis + 1 :])
            flags = list(x.broadcastable)
            flags[self.axis] = size == 1
            result.append(TensorType(x.dtype, shape, tuple(flags)))
        return tuple(result)

    def grad(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        output_gradients: Gradients,
    ) -> Gradients:
        """Return the gradients of the pieces, joined."""
        from_pieces = [
            zeros_like(y) if g is None else patternbroadcast(g, y.broadcastable)
            for y, g in zip(outputs, output_gradients, strict=True)
        ]
        if not inputs[0].type.is_float:
            return [None, None]
        joined = Join(self.axis)(*from_pieces)
        return [patternbroadcast(joined, inputs[0].broadcastable), None]

    def lower(self, *types: TensorType) -> Call:
        """Lower to NumPy."""
        return Call(self._split)

    def _split(self, x: Array, sizes: Array) -> tuple[Array, ...]:
        if sizes.size != self.pieces or (sizes < 0).any() or sizes.sum() != x.shape[self.axis]:
            raise ShapeError(
                f"split: expected {self.pieces} sizes that add up to {x.shape[self.axis]}, "
                f"axis {self.axis} of {x.dtype} {x.shape}, got {tuple(map(int, sizes))}. "
                "Change the sizes."
            )
        return tuple(np.split(x, np.cumsum(sizes)[:-1], self.axis))

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute with NumPy."""
        x, sizes = arrays
        self._split(x, sizes)
        numbers = np.repeat(np.arange(self.pieces), sizes)
        return tuple(np.compress(numbers == i, x, self.axis) for i in range(self.pieces))


def _joinable(name: str, tensors: Any) -> list[Variable]:
    if isinstance(tensors, Variable) or not isinstance(tensors, list | tuple) or not tensors:
        raise ShapeError(
            f"{name}: expected a list of variables, got {described(tensors)}. Write [x, y]."
        )
    variables = [as_tensor_variable(x) for x in tensors]
    if len({x.ndim for x in variables}) > 1:
        raise ShapeError(
            f"{name}: expected the same number of axes throughout, got "
            f"{listed((x.type for x in variables), ' and ')}. "
            f"Add axes with dimshuffle{'' if name == 'stack' else ', or use stack'}."
        )
    dtype = upcast(*(x.dtype for x in variables))
    return [cast(x, dtype) for x in variables]


def join(axis: int, *tensors: Any) -> Variable:
    """Return some variables one after the other along an axis; see `concatenate`.

    Examples
    --------
    >>> join(0, [1, 2], [3]).eval()
    array([1, 2, 3])
    """
    return concatenate(list(tensors), axis)


def concatenate(tensor_list: Sequence[Any], axis: int = 0) -> Variable:
    """Return some variables one after the other along an axis that they have.

    Parameters
    ----------
    tensor_list
        Variables with the same number of axes, and the same sizes except in `axis`.
    axis
        The axis.

    Raises
    ------
    ShapeError
        If the numbers of axes or other sizes differ.

    Examples
    --------
    >>> concatenate([np.ones((2, 1)), np.zeros((2, 2))], axis=1).eval()
    array([[1., 0., 0.],
           [1., 0., 0.]])
    """
    variables = _joinable("concatenate", tensor_list)
    if variables[0].ndim == 0:
        raise ShapeError("concatenate: expected at least one axis, got scalars. Use stack.")
    axis = int(axis.data) if isinstance(axis, Constant) else axis
    result: Variable = Join(normalize_axis("concatenate", axis, variables[0].ndim))(*variables)
    return result


def stack(*tensors: Any, axis: int = 0) -> Variable:
    """Return some variables of one shape one after the other along a new axis.

    Parameters
    ----------
    tensors
        A list or tuple of variables; or the variables, each as an argument.
    axis
        Where the new axis goes; also the argument after a list.

    Examples
    --------
    >>> stack([[1, 2], [3, 4]], axis=1).eval()
    array([[1, 3],
           [2, 4]])
    """
    if tensors and isinstance(tensors[0], list | tuple) and len(tensors) <= 2:
        axis = tensors[1] if len(tensors) == 2 else axis
        tensors = tuple(tensors[0])
    variables = _joinable("stack", tensors)
    if variables[0].ndim == 0:
        normalize_axis("stack", axis, 1)
        return make_vector(variables)
    axis = normalize_axis("stack", axis, variables[0].ndim + 1)
    return concatenate([shape_padaxis(x, axis) for x in variables], axis)


def as_tensor_variable(x: Any, name: str | None = None, ndim: int | None = None) -> Variable:
    """Return `x` as a variable: itself, a constant, or the stack of a list with variables.

    Parameters
    ----------
    x
        A variable, a number, an array, or a list or tuple of these.
    name
        The name of a constant that is made.
    ndim
        The number of axes wanted; axes of size 1 are added in front.

    Raises
    ------
    ShapeError
        If `x` has more axes than `ndim`.

    Examples
    --------
    >>> from blocks import tensor
    >>> x = tensor.scalar("x")
    >>> as_tensor_variable([x, 2 * x]).eval({x: 3.0})
    array([3., 6.])
    """
    if isinstance(x, list | tuple) and _holds_variables(x):
        parts = [as_tensor_variable(part) for part in x]
        result = stack(parts)
    else:
        result = as_variable(x) if isinstance(x, Variable | bool) else constant(x, name)
    if ndim is None or result.ndim == ndim:
        return result
    if result.ndim > ndim:
        raise ShapeError(
            f"as_tensor_variable: expected at most {ndim} axes, got {result.type}. "
            "Flatten or reshape it."
        )
    return shape_padleft(result, ndim - result.ndim)


def _holds_variables(x: Any) -> bool:
    pending = [x]
    while pending:
        part = pending.pop()
        if isinstance(part, list | tuple):
            pending += part
        elif isinstance(part, Variable):
            return True
    return False


def split(x: Any, splits_size: Any, n_splits: int, axis: int = 0) -> list[Variable]:
    """Return the pieces of `x` along an axis.

    Parameters
    ----------
    x
        A variable.
    splits_size
        The size of each piece: integers, or a vector.
    n_splits
        How many pieces there are.
    axis
        The axis.

    Raises
    ------
    ShapeError
        If the sizes do not add up to that of the axis.

    Examples
    --------
    >>> [piece.eval() for piece in split([1, 2, 3], [1, 2], 2)]
    [array([1]), array([2, 3])]
    """
    x = as_tensor_variable(x)
    axis = normalize_axis("split", axis, x.ndim)
    return list(Split(n_splits, axis).apply(x, as_shape("split", splits_size)).outputs)
