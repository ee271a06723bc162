"""Indexing: ``x[...]`` in all its forms, and the same with other values in place.

Examples
--------
>>> from blocks import tensor
>>> x = tensor.matrix("x", shape=(5, 3))
>>> x[1:, 0].type.shape, x[:, None].type.shape, x[[0, 1], [2, 2]].type.shape
((4,), (5, 1, 3), (2,))
"""

from __future__ import annotations

from typing import Any

import numpy as np

from blocks.errors import DtypeError, GraphError, IndexRangeError, ShapeError
from blocks.graph.op import as_variable
from blocks.graph.ops.elementwise import cast
from blocks.graph.ops.pattern import Entry, Pattern
from blocks.graph.ops.shape import (
    DimShuffle,
    dimshuffle,
    make_vector,
    patternbroadcast,
    shape_i,
    shape_padleft,
    specify_shape,
)
from blocks.graph.ops.subtensor import IncSubtensor, Subtensor, subtensor
from blocks.graph.ops.take import Take, as_index, nonzero
from blocks.graph.types import upcast
from blocks.graph.variable import Constant, Variable

__all__ = ["inc_subtensor", "index", "set_subtensor"]


def index(x: Any, key: Any) -> Variable:
    """Return ``x[key]``.

    Parameters
    ----------
    x
        A variable.
    key
        As in NumPy: integers and slices, also of scalar variables; ``None`` for a new
        axis; ``...``; arrays of integers, which broadcast against each other; arrays of
        truth values of the shape of the axes that they stand for.

    Raises
    ------
    IndexRangeError
        If an index is out of range, or there are too many; when the graph is built if
        that is known then.
    DtypeError
        If an index is not an integer or truth value.

    Examples
    --------
    >>> index(np.array([[1, 2], [3, 4]]), (slice(None), -1)).eval()
    array([2, 4])
    """
    x = as_variable(x)
    entries = _expand(x, key if isinstance(key, tuple) else (key,))
    axes = [entry for entry in entries if entry is not None]
    if not any(entry is None for entry in entries):
        return _select(x, axes)
    arrays = [entry for entry in axes if isinstance(entry, Variable) and entry.ndim]
    if arrays:  # where their axes go depends on what is between them: add new axes first
        axis = iter(range(x.ndim))
        new = ["x" if entry is None else next(axis) for entry in entries]
        x = dimshuffle(x, *new, *axis)
        return _select(x, [slice(None) if entry is None else entry for entry in entries])
    part = _select(x, axes)
    remaining = iter(range(part.ndim))
    order: list[Any] = []
    for entry in entries:
        if entry is None:
            order.append("x")
        elif isinstance(entry, slice):
            order.append(next(remaining))
    return dimshuffle(part, *order, *remaining)


def _expand(x: Variable, key: tuple[Any, ...]) -> list[Any]:
    """Return one entry per axis and new axis: None, slice, int or variable of int64."""
    entries: list[Any] = []
    for part in key:
        if part is None or part is Ellipsis or isinstance(part, slice):
            entries.append(part)
            continue
        if isinstance(part, int | np.integer) and not isinstance(part, bool):
            entries.append(int(part))
            continue
        if isinstance(part, list | tuple) and any(isinstance(i, Variable) for i in part):
            part = make_vector(part)
        variable = as_variable(part)
        if variable.dtype == "bool":
            if variable.ndim == 0:
                raise DtypeError(
                    "index: expected integers or a mask, got one truth value. "
                    "Use switch(condition, x, y)."
                )
            axis = sum(entry is not None and entry is not Ellipsis for entry in entries)
            if Ellipsis in [e for e in entries if not isinstance(e, Variable)]:
                axis += x.ndim - _count(key)
            entries += nonzero(_fitting_mask(x, variable, axis))
        else:
            entries.append(as_index("index", variable))
    holes = [i for i, entry in enumerate(entries) if entry is Ellipsis]
    if len(holes) > 1:
        raise IndexRangeError("index: expected '...' at most once, got it twice. Leave one out.")
    given = sum(entry is not None and entry is not Ellipsis for entry in entries)
    if given > x.ndim:
        raise IndexRangeError(
            f"index: expected at most {x.ndim} indices for {x.type}, got {given}. "
            "Leave some out, or add axes with None."
        )
    if holes:
        entries[holes[0] : holes[0] + 1] = [slice(None)] * (x.ndim - given)
    return entries


def _count(key: tuple[Any, ...]) -> int:
    """Return how many axes a key stands for."""
    count = 0
    for part in key:
        if part is None or part is Ellipsis:
            continue
        is_array = isinstance(part, Variable | np.ndarray | list)
        variable = as_variable(part) if is_array else None
        count += variable.ndim if variable is not None and variable.dtype == "bool" else 1
    return count


def _fitting_mask(x: Variable, mask: Variable, axis: int) -> Variable:
    wanted = x.type.shape[axis : axis + mask.ndim]
    pairs = zip(wanted, mask.type.shape, strict=False)
    if len(wanted) < mask.ndim or any(None not in pair and pair[0] != pair[1] for pair in pairs):
        raise ShapeError(
            f"index: expected a mask with the sizes of x ({x.type}) from axis {axis} on, "
            f"got {mask.type}. "
            "Reshape the mask, or index with mask.nonzero()."
        )
    return specify_shape(mask, [shape_i(x, axis + i) for i in range(mask.ndim)])


def _select(x: Variable, entries: list[Any]) -> Variable:
    while entries and isinstance(entries[-1], slice) and entries[-1] == slice(None):
        entries = entries[:-1]
    if not entries:
        return x
    arrays = [e for e in entries if isinstance(e, Variable) and e.ndim]
    leading = [i for i, e in enumerate(entries) if not isinstance(e, slice) or e != slice(None)]
    if len(arrays) == 1 and len(leading) == 1:
        result: Variable = Take(leading[0])(x, arrays[0])
        return result
    inputs: list[Variable] = []
    pattern = tuple(_entry(e, inputs) for e in entries)
    result = subtensor(pattern)(x, *inputs)
    return result


def _entry(part: Any, inputs: list[Variable]) -> Entry:
    """Return the entry of the pattern for one axis; its variables go to `inputs`."""
    if isinstance(part, slice):
        bounds = (_bound(bound, inputs) for bound in (part.start, part.stop, part.step))
        start, stop, step = bounds
        return (start, stop, step)
    if isinstance(part, Variable) and part.ndim:
        inputs.append(part)
        return "a"
    entry = _bound(part, inputs)
    assert entry is not None
    return entry


def _bound(bound: Any, inputs: list[Variable]) -> int | str | None:
    if bound is None or isinstance(bound, int):
        return bound
    variable = as_index("index", bound)
    if variable.ndim:
        raise ShapeError(
            f"index: expected an integer as the end of a slice, got {variable.type}. "
            "Use cast(n, 'int64'), or an element of it."
        )
    if isinstance(variable, Constant):
        return int(variable.data)
    inputs.append(variable)
    return "i"


def set_subtensor(
    x: Variable, y: Any, inplace: bool = False, tolerate_inplace_aliasing: bool = False
) -> Variable:
    """Return the variable that `x` is a part of, with `y` in the place of that part.

    Parameters
    ----------
    x
        The result of indexing, such as ``z[2:5]``.
    y
        The new values; their axes of size 1 broadcast.
    inplace, tolerate_inplace_aliasing
        Accepted for compatibility; ``z`` itself never changes.

    Raises
    ------
    GraphError
        If `x` is not the result of indexing.

    Examples
    --------
    >>> from blocks import tensor
    >>> z = tensor.vector("z")
    >>> set_subtensor(z[1:], 0).eval({z: [1.0, 2.0, 3.0]})
    array([1., 0., 0.])
    """
    return _changed("set_subtensor", x, y, True)


def inc_subtensor(
    x: Variable,
    y: Any,
    inplace: bool = False,
    set_instead_of_inc: bool = False,
    tolerate_inplace_aliasing: bool = False,
) -> Variable:
    """Return the variable that `x` is a part of, with `y` added to that part.

    Parameters
    ----------
    x
        The result of indexing, such as ``z[2:5]`` or ``z[[0, 0, 1]]``; an index that
        occurs more than once is added to each time.
    y
        What to add; its axes of size 1 broadcast.
    inplace, tolerate_inplace_aliasing
        Accepted for compatibility; ``z`` itself never changes.
    set_instead_of_inc
        Replace the values, as `set_subtensor` does.

    Raises
    ------
    GraphError
        If `x` is not the result of indexing.

    Examples
    --------
    >>> from blocks import tensor
    >>> z = tensor.vector("z")
    >>> inc_subtensor(z[[0, 0, 1]], 1).eval({z: [1.0, 2.0, 3.0]})
    array([3., 3., 3.])
    """
    return _changed("inc_subtensor", x, y, set_instead_of_inc)


def _changed(name: str, x: Variable, y: Any, assign: bool) -> Variable:
    is_literal = not isinstance(y, Variable)
    y = as_variable(y)
    node = as_variable(x).owner
    order: tuple[int | str, ...] | None = None
    if node is not None and isinstance(node.op, DimShuffle) and "x" in node.op.pattern:
        order = node.op.pattern
        node = node.inputs[0].owner
    if node is None or not isinstance(node.op, Subtensor | Take):
        raise GraphError(
            f"{name}: expected the result of indexing, such as x[2:5], got {x}. "
            "Pass the part itself, without further operations."
        )
    if order is not None:  # x[:, None]: drop the new axes of the values as well
        y = shape_padleft(y, max(len(order) - y.ndim, 0))
        new = [flag or a == "x" for flag, a in zip(y.broadcastable, order, strict=True)]
        y = patternbroadcast(y, new)
        y = dimshuffle(y, *(order.index(a) for a in range(node.outputs[0].ndim)))
    source, *indices = node.inputs
    is_literal = is_literal and (source.type.is_float or not y.type.is_float)
    if upcast(source.dtype, y.dtype) != source.dtype and not is_literal:
        raise DtypeError(
            f"{name}: expected values that fit {source.dtype}, got {y.type}. "
            f"Use cast(y, {source.dtype!r})."
        )
    if isinstance(node.op, Take):
        pattern: Pattern = (*[(None, None, None)] * node.op.axis, "a")
    else:
        pattern = node.op.pattern
    result: Variable = IncSubtensor(pattern, assign)(source, cast(y, source.dtype), *indices)
    return result
