"""Axes: their order, new ones of size 1, and which of them broadcast.

Examples
--------
>>> from blocks import tensor
>>> x = tensor.matrix("x", shape=(None, 3))
>>> x.dimshuffle(1, "x", 0).type, x.T.type.shape
(TensorType('float64', (3, 1, None)), (3, None))
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from blocks.errors import ShapeError
from blocks.graph.op import Array, Gradients, Op, Types, View, as_variable
from blocks.graph.types import TensorType
from blocks.graph.variable import Variable

__all__ = [
    "DimShuffle",
    "SpecifyBroadcast",
    "addbroadcast",
    "dimshuffle",
    "normalize_axis",
    "patternbroadcast",
    "shape_padaxis",
    "shape_padleft",
    "shape_padright",
    "squeeze",
    "swapaxes",
    "transpose",
    "unbroadcast",
]


def normalize_axis(name: str, axis: int, ndim: int) -> int:
    """Return `axis` counted from the left, or raise `ShapeError` naming it.

    Examples
    --------
    >>> normalize_axis("sum", -1, 3)
    2
    """
    if not -ndim <= axis < ndim:
        raise ShapeError(
            f"{name}: expected an axis of a variable with {ndim} axes, got {axis}. "
            "Axes count from 0, or from -1 backwards."
        )
    return int(axis) % ndim


@dataclass(frozen=True)
class DimShuffle(Op):
    """Reordering of axes, with new axes of size 1 and without some of size 1.

    Parameters
    ----------
    pattern
        For each axis of the result the axis of the input, or ``"x"`` for a new one that
        broadcasts. Axes that are left out must be known to have size 1.
    """

    pattern: tuple[int | str, ...]

    name = "dimshuffle"

    def infer(self, *types: TensorType) -> Types:
        """Return the type with its axes reordered."""
        (x,) = types
        kept = [int(axis) for axis in self.pattern if axis != "x"]
        if len(set(kept)) < len(kept) or any(not 0 <= axis < x.ndim for axis in kept):
            raise ShapeError(
                f"dimshuffle: expected each of {x.ndim} axes at most once, got the pattern "
                f"{self.pattern} for {x}. "
                "Name an axis once, and use 'x' for new ones."
            )
        for axis in sorted(set(range(x.ndim)) - set(kept)):
            if not x.broadcastable[axis] and x.shape[axis] != 1:
                raise ShapeError(
                    f"dimshuffle: expected axis {axis} to be known to have size 1, to leave it "
                    f"out in the pattern {self.pattern}, got {x}. Use addbroadcast(x, {axis}) "
                    "if it has, or reshape."
                )
        shape = tuple(1 if axis == "x" else x.shape[int(axis)] for axis in self.pattern)
        flags = tuple(axis == "x" or x.broadcastable[int(axis)] for axis in self.pattern)
        return (TensorType(x.dtype, shape, flags, self._known(x)),)

    def _known(self, x: TensorType) -> Any:
        if len(self.pattern) == x.ndim <= 1:
            return x.known
        if x.ndim == 0 and len(self.pattern) == 1 and x.known is not None:
            return (x.known,)
        if x.ndim == 1 and not self.pattern and x.known is not None:
            return x.known[0]
        return None

    def grad(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        output_gradients: Gradients,
    ) -> Gradients:
        """Return the gradient with its axes put back in order."""
        (x,), (y,), (g,) = inputs, outputs, output_gradients
        if g is None:
            return [None]
        back = [self.pattern.index(a) if a in self.pattern else "x" for a in range(x.ndim)]
        return [DimShuffle(tuple(back))(patternbroadcast(g, y.broadcastable))]

    def lower(self, *types: TensorType) -> View:
        """Lower to a transposed view."""
        (x,) = types
        kept = [int(axis) for axis in self.pattern if axis != "x"]
        order = (*kept, *(axis for axis in range(x.ndim) if axis not in kept))
        new = [np.newaxis if axis == "x" else slice(None) for axis in self.pattern]
        # With the ellipsis the result is a view even without axes.
        index = (*new, *[0] * (x.ndim - len(kept)), ...)
        return View(lambda array: array.transpose(order)[index])

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute with NumPy."""
        (x,) = arrays
        kept = [int(axis) for axis in self.pattern if axis != "x"]
        y = np.squeeze(x, tuple(axis for axis in range(x.ndim) if axis not in kept))
        y = y.transpose([sorted(kept).index(axis) for axis in kept])
        return (np.expand_dims(y, [i for i, axis in enumerate(self.pattern) if axis == "x"]),)

    def __str__(self) -> str:
        return f"dimshuffle({', '.join(map(str, self.pattern))})"


@dataclass(frozen=True)
class SpecifyBroadcast(Op):
    """The input, with other axes taken as broadcastable; their sizes are checked.

    Parameters
    ----------
    broadcastable
        Which axes broadcast in the result.
    """

    broadcastable: tuple[bool, ...]

    name = "patternbroadcast"

    def infer(self, *types: TensorType) -> Types:
        """Return the type with other flags; raise where the size is not 1."""
        (x,) = types
        if len(self.broadcastable) != x.ndim:
            raise ShapeError(
                f"patternbroadcast: expected a pattern for {x.ndim} axes, got "
                f"{self.broadcastable} for {x}. "
                "Give one flag for each axis."
            )
        sizes = []
        for axis, (size, flag) in enumerate(zip(x.shape, self.broadcastable, strict=True)):
            if flag and size not in (None, 1):
                raise ShapeError(
                    f"patternbroadcast: expected size 1 in axis {axis}, which is to broadcast, "
                    f"got {x}. "
                    "Only an axis of size 1 broadcasts."
                )
            sizes.append(1 if flag else size)
        return (TensorType(x.dtype, tuple(sizes), self.broadcastable, x.known),)

    def grad(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        output_gradients: Gradients,
    ) -> Gradients:
        """Return the gradient, with the flags of the input."""
        (x,), (g,) = inputs, output_gradients
        return [None if g is None else patternbroadcast(g, x.broadcastable)]

    def lower(self, *types: TensorType) -> View:
        """Lower to the input itself."""
        return View(lambda x: x)

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Return the input."""
        return (arrays[0],)


def dimshuffle(x: Any, *pattern: Any) -> Variable:
    """Return `x` with its axes reordered, added or left out.

    Parameters
    ----------
    x
        A variable.
    pattern
        For each axis of the result the axis of `x`, or ``"x"`` for a new one of size 1
        that broadcasts; also as one list or tuple. Axes of `x` that are left out must be
        known to have size 1.

    Raises
    ------
    ShapeError
        If an axis does not exist, is named twice, or is left out and may be larger.

    Examples
    --------
    >>> from blocks import tensor
    >>> dimshuffle(tensor.matrix("x", shape=(2, 3)), 1, "x", 0).type.shape
    (3, 1, 2)
    """
    if len(pattern) == 1 and isinstance(pattern[0], list | tuple):
        pattern = tuple(pattern[0])
    x = as_variable(x)
    axes = [
        a if a == "x" else normalize_axis("dimshuffle", int(a), max(x.ndim, 1)) for a in pattern
    ]
    result: Variable = DimShuffle(tuple(axes))(x)
    return result


def transpose(x: Any, axes: Sequence[int] | None = None) -> Variable:
    """Return `x` with its axes in the given order, by default the reverse one.

    Examples
    --------
    >>> from blocks import tensor
    >>> transpose(tensor.tensor3("x", shape=(2, 3, 4))).type.shape
    (4, 3, 2)
    """
    x = as_variable(x)
    order = range(x.ndim)[::-1] if axes is None else axes
    if len(order) != x.ndim:
        raise ShapeError(
            f"transpose: expected an order of {x.ndim} axes, got {tuple(order)} for {x.type}. "
            "Name each axis once."
        )
    return dimshuffle(x, *order)


def swapaxes(x: Any, axis1: int, axis2: int) -> Variable:
    """Return `x` with two axes exchanged.

    Parameters
    ----------
    x
        A variable.
    axis1, axis2
        The two axes; negative numbers count from the end.

    Examples
    --------
    >>> from blocks import tensor
    >>> swapaxes(tensor.tensor3("x", shape=(2, 3, 4)), 0, -1).type.shape
    (4, 3, 2)
    """
    x = as_variable(x)
    axis1, axis2 = (normalize_axis("swapaxes", axis, x.ndim) for axis in (axis1, axis2))
    order = list(range(x.ndim))
    order[axis1], order[axis2] = axis2, axis1
    return dimshuffle(x, *order)


def shape_padleft(x: Any, n_ones: int = 1) -> Variable:
    """Return `x` with `n_ones` new axes of size 1 before the others.

    Examples
    --------
    >>> from blocks import tensor
    >>> shape_padleft(tensor.vector("x", shape=(3,)), 2).type.shape
    (1, 1, 3)
    """
    x = as_variable(x)
    return dimshuffle(x, *["x"] * n_ones, *range(x.ndim))


def shape_padright(x: Any, n_ones: int = 1) -> Variable:
    """Return `x` with `n_ones` new axes of size 1 after the others.

    Examples
    --------
    >>> from blocks import tensor
    >>> shape_padright(tensor.vector("x", shape=(3,))).type.shape
    (3, 1)
    """
    x = as_variable(x)
    return dimshuffle(x, *range(x.ndim), *["x"] * n_ones)


def shape_padaxis(x: Any, axis: int) -> Variable:
    """Return `x` with a new axis of size 1 at the place `axis`.

    Examples
    --------
    >>> from blocks import tensor
    >>> shape_padaxis(tensor.matrix("x", shape=(2, 3)), 1).type.shape
    (2, 1, 3)
    """
    x = as_variable(x)
    axis = normalize_axis("shape_padaxis", axis, x.ndim + 1)
    return dimshuffle(x, *range(axis), "x", *range(axis, x.ndim))


def squeeze(x: Any, axis: int | Sequence[int] | None = None) -> Variable:
    """Return `x` without the axes that are known to have size 1.

    Parameters
    ----------
    x
        A variable.
    axis
        Leave out only this axis, or these.

    Examples
    --------
    >>> from blocks import tensor
    >>> squeeze(tensor.row("x", shape=(1, 3))).type.shape
    (3,)
    """
    variable = as_variable(x)
    if axis is None:
        dropped = {a for a, flag in enumerate(variable.broadcastable) if flag}
    else:
        listed = [axis] if isinstance(axis, int) else axis
        dropped = {normalize_axis("squeeze", a, variable.ndim) for a in listed}
    if not dropped:
        return variable
    return dimshuffle(variable, *(a for a in range(variable.ndim) if a not in dropped))


def patternbroadcast(x: Any, broadcastable: Sequence[bool]) -> Variable:
    """Return `x` with exactly the given axes broadcastable; `x` itself if it is so.

    The size of an axis that becomes broadcastable is checked when it is known.

    Examples
    --------
    >>> from blocks import tensor
    >>> patternbroadcast(tensor.matrix("x"), (True, False)).broadcastable
    (True, False)
    """
    variable = as_variable(x)
    flags = tuple(map(bool, broadcastable))
    if flags == variable.broadcastable:
        return variable
    result: Variable = SpecifyBroadcast(flags)(variable)
    return result


def addbroadcast(x: Any, *axes: int) -> Variable:
    """Return `x` with some axes broadcastable; they must turn out to have size 1.

    Examples
    --------
    >>> from blocks import tensor
    >>> addbroadcast(tensor.matrix("x"), 0).type.shape
    (1, None)
    """
    return _with_flags("addbroadcast", x, axes, True)


def unbroadcast(x: Any, *axes: int) -> Variable:
    """Return `x` with some axes not broadcastable.

    Examples
    --------
    >>> from blocks import tensor
    >>> unbroadcast(tensor.row("x"), 0).broadcastable
    (False, False)
    """
    return _with_flags("unbroadcast", x, axes, False)


def _with_flags(name: str, x: Any, axes: Sequence[int], flag: bool) -> Variable:
    x = as_variable(x)
    flags = list(x.broadcastable)
    for axis in axes:
        flags[normalize_axis(name, axis, x.ndim)] = flag
    return patternbroadcast(x, flags)
