"""Containers that do something with the items put into them."""

from __future__ import annotations

from collections.abc import Iterable, MutableSequence
from typing import Any

__all__ = ["AnnotatingList"]


class AnnotatingList(MutableSequence[Any]):
    """A list that calls a hook for every item that enters or leaves it.

    Subclasses override ``_setitem(key, value)`` and ``_delitem(key)``, which run *before* the
    list changes: an exception there leaves the list as it was.

    Parameters
    ----------
    items
        The first items, appended one by one.

    Examples
    --------
    >>> class Loud(AnnotatingList):
    ...     def _setitem(self, key, value):
    ...         print("in:", value)
    ...     def _delitem(self, key):
    ...         print("out:", self[key])
    >>> items = Loud(["a"])
    in: a
    >>> items[0] = "b"
    out: a
    in: b
    >>> items
    ['b']
    """

    def __init__(self, items: Iterable[Any] | None = None) -> None:
        self._items: list[Any] = []
        for item in items if items is not None else ():
            self.append(item)

    def __repr__(self) -> str:
        return repr(self._items)

    def __eq__(self, other: object) -> bool:
        return self._items == (other._items if isinstance(other, AnnotatingList) else other)

    __hash__ = None  # type: ignore[assignment]

    def __getitem__(self, key: Any) -> Any:
        return self._items[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        if isinstance(key, slice):
            self._set_slice(key, list(value))
            return
        self._items[key]  # raises IndexError before any hook has run
        self._delitem(key)
        self._setitem(key, value)
        self._items[key] = value

    def _set_slice(self, key: slice, values: list[Any]) -> None:
        """Replace a slice, with the hooks called item by item."""
        positions = range(*key.indices(len(self)))
        if positions.step != 1:
            if len(positions) != len(values):
                raise ValueError(
                    f"{type(self).__name__}: expected {len(positions)} items for the slice, "
                    f"got {len(values)}. Assign as many items as the slice has."
                )
            for position, value in zip(positions, values, strict=True):
                self[position] = value
            return
        del self[positions.start : positions.stop]
        for offset, value in enumerate(values):
            self.insert(positions.start + offset, value)

    def __delitem__(self, key: Any) -> None:
        if isinstance(key, slice):
            for position in sorted(range(*key.indices(len(self))), reverse=True):
                del self[position]
            return
        self._items[key]  # raises IndexError before any hook has run
        self._delitem(key)
        del self._items[key]

    def __len__(self) -> int:
        return len(self._items)

    def insert(self, key: int, value: Any) -> None:
        """Insert `value` before position `key`."""
        self._setitem(key, value)
        self._items.insert(key, value)

    def _setitem(self, key: int, value: Any) -> None:
        """Act on `value`, which is about to be put at `key`."""
        return

    def _delitem(self, key: int) -> None:
        """Act on the item at `key`, which is about to leave."""
        return
