"""Patterns of indices: what is written between the brackets, apart from its values.

A pattern has an entry for each of the first axes: an int, a triple (start, stop, step), or
a marker that stands for an input of the op: ``"i"`` for an integer, also inside a triple,
``"a"`` for an array of integers.

Examples
--------
>>> sizes_of(((1, None, 2), 0), TensorType("int8", (5, 3)), [])
((2,), (False,))
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from blocks.errors import IndexRangeError, ShapeError
from blocks.graph.op import Array
from blocks.graph.types import Shape as Sizes
from blocks.graph.types import TensorType, broadcast_shapes

__all__ = [
    "Entry",
    "Pattern",
    "known_value",
    "numpy_index",
    "out_of_range",
    "range_error",
    "select",
    "sizes_of",
]

Bound = int | str | None
Entry = int | str | tuple[Bound, Bound, Bound]
Pattern = tuple[Entry, ...]


def _fill(pattern: Pattern, values: Iterator[Any]) -> list[Any]:
    """Return the entries with markers replaced by values; triples become slices."""
    filled: list[Any] = []
    for entry in pattern:
        if isinstance(entry, tuple):
            filled.append(slice(*(next(values) if b == "i" else b for b in entry)))
        else:
            filled.append(next(values) if isinstance(entry, str) else entry)
    return filled


def numpy_index(pattern: Pattern, arrays: Sequence[Array]) -> tuple[Any, ...]:
    """Return the index to use on an array; the result is never a NumPy scalar.

    Examples
    --------
    >>> numpy_index(("i", (0, "i", None)), [np.array(1), np.array(3)])
    (1, slice(0, 3, None), Ellipsis)
    """
    values = (a if a.ndim else int(a) for a in arrays)
    return (*_fill(pattern, values), ...)


def select(name: str, x: Array, pattern: Pattern, arrays: Sequence[Array]) -> Array:
    """Return the part of an array that a pattern selects.

    Raises
    ------
    IndexRangeError
        If an index is out of range, naming the axis.
    """
    index = numpy_index(pattern, arrays)
    try:
        result: Array = x[index]
    except IndexError:
        raise out_of_range(name, x, index) from None
    return result


def out_of_range(name: str, x: Array, index: Sequence[Any]) -> IndexRangeError:
    """Return the error that names the axis, its size and the first bad index."""
    for axis, entry in enumerate(index):
        if isinstance(entry, slice) or entry is Ellipsis:
            continue
        size = x.shape[axis]
        values = np.atleast_1d(np.asarray(entry))
        bad = values[(values < -size) | (values >= size)]
        if bad.size:
            return range_error(name, axis, size, int(bad[0]), f"{x.dtype} {x.shape}")
    return IndexRangeError(
        f"{name}: expected indices that fit {x.dtype} {x.shape}, got others. Check each of them."
    )


def range_error(name: str, axis: int, size: int, index: int, what: str) -> IndexRangeError:
    """Return the error for one bad index."""
    allowed = f"from {-size} to {size - 1}" if size else "none, as it is empty,"
    return IndexRangeError(
        f"{name}: expected an index {allowed} into axis {axis} of size {size}, "
        f"got {index}, for {what}. Check where the index comes from."
    )


def sizes_of(
    pattern: Pattern, x: TensorType, types: Sequence[TensorType], name: str = "index"
) -> tuple[Sizes, tuple[bool, ...]]:
    """Return the sizes of what a pattern selects, and which of its axes broadcast.

    Parameters
    ----------
    pattern
        The pattern.
    x
        The type of the variable that is indexed.
    types
        The types of the values that the markers stand for.
    name
        The operation, for messages.

    Raises
    ------
    IndexRangeError
        If an index is known to be out of range, or there are too many.
    """
    if len(pattern) > x.ndim:
        raise IndexRangeError(
            f"{name}: expected at most {x.ndim} indices for {x}, got {len(pattern)}. "
            "Leave some out."
        )
    filled = _fill(pattern, iter(types))
    filled += [slice(None)] * (x.ndim - len(filled))
    shape: list[int | None] = []
    flags: list[bool] = []
    arrays: list[TensorType] = []
    for axis, entry in enumerate(filled):
        if isinstance(entry, slice):
            size, flag = _slice_size(name, entry, x, axis)
            shape.append(size)
            flags.append(flag)
            continue
        if isinstance(entry, TensorType) and entry.ndim:
            arrays.append(entry)
        _check(name, x, axis, entry.known if isinstance(entry, TensorType) else entry)
    if arrays:
        # Integers beside arrays count as arrays, and only neighbours stay in their place.
        places = [axis for axis, entry in enumerate(filled) if not isinstance(entry, slice)]
        where = places[0] if places[-1] - places[0] == len(places) - 1 else 0
        sizes, broadcast = broadcast_shapes(name, *arrays)
        shape[where:where] = sizes
        flags[where:where] = broadcast
    return tuple(shape), tuple(flags)


def _check(name: str, x: TensorType, axis: int, index: Any) -> None:
    size = x.shape[axis]
    if index is None or size is None:
        return
    for i in index if isinstance(index, tuple) else (index,):
        if i is not None and not -size <= i < size:
            raise range_error(name, axis, size, i, str(x))


def _slice_size(name: str, entry: slice, x: TensorType, axis: int) -> tuple[int | None, bool]:
    flag = x.broadcastable[axis]
    size = 1 if flag else x.shape[axis]
    given = (entry.start, entry.stop, entry.step)
    bounds = [b.known if isinstance(b, TensorType) else b for b in given]
    if bounds[2] == 0:
        raise ShapeError(
            f"{name}: expected a step other than 0, got 0, in axis {axis}. "
            "Use -1 to reverse the axis."
        )
    unknown = any(b is None for b, g in zip(bounds, given, strict=True) if g is not None)
    if unknown or size is None:
        return None, False
    length = len(range(*slice(*bounds).indices(size)))
    return length, length == 1 and (size != 1 or flag)


def known_value(pattern: Pattern, x: TensorType, types: Sequence[TensorType]) -> Any:
    """Return what is known of the part of a vector of integers that a pattern selects."""
    if x.ndim != 1 or not isinstance(x.known, tuple) or any(t.ndim for t in types):
        return None
    if any(t.known is None for t in types):
        return None
    (entry,) = _fill(pattern, (t.known for t in types)) if pattern else (slice(None),)
    try:
        return x.known[entry]
    except IndexError:
        return None
