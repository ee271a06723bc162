"""Where a node of the graph came from: the brick and the line of the user's script.

Bricks announce themselves with `building`; every application of an op records the
innermost announcement and the first line of code outside of this package.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache

from blocks.representation import Represented

__all__ = ["Origin", "building", "current_origin", "derived", "inheriting", "place"]

PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


@dataclass(frozen=True)
class Origin:
    """The place where a node was made.

    Parameters
    ----------
    place
        The path of the brick and its application, such as ``/mlp/linear_0.apply``, or
        the empty string outside of bricks.
    line
        The user's line, as ``file:number``.
    """

    place: str = ""
    line: str = ""

    def __str__(self) -> str:
        parts = [self.place, f"({self.line})" if self.line else ""]
        return " ".join(part for part in parts if part)


@lru_cache(maxsize=4096)
def derived(origin: Origin, relation: str) -> Origin:
    """Return the origin of what was made from nodes of another one.

    Examples
    --------
    >>> derived(Origin("/mlp.apply", "script.py:3"), "gradient")
    Origin(place='gradient of /mlp.apply', line='script.py:3')
    """
    place = f"{relation} of {origin.place}" if origin.place else relation
    return Origin(place, origin.line)


@lru_cache(maxsize=4096)
def _origin_at(place: str, file: str, number: int) -> Origin:
    """Return the origin of a line: one object for all nodes that are made there."""
    return Origin(place, f"{file}:{number}")


_places: ContextVar[tuple[str, ...]] = ContextVar("places", default=())
_origin: ContextVar[Origin | None] = ContextVar("origin", default=None)


@contextlib.contextmanager
def building(place: str) -> Iterator[None]:
    """Record that nodes made inside the block belong to `place`.

    Examples
    --------
    >>> with building("/mlp/linear_0.apply"):
    ...     place()
    '/mlp/linear_0.apply'
    """
    token = _places.set((*_places.get(), place))
    try:
        yield
    finally:
        _places.reset(token)


class inheriting(Represented, contextlib.AbstractContextManager[None]):
    """Record that nodes made inside the block derive from a node of that origin.

    A class, as a generator would take as long as making a node.

    Examples
    --------
    >>> with inheriting(Origin("/mlp.apply")):
    ...     current_origin()
    Origin(place='/mlp.apply', line='')
    """

    def __init__(self, origin: Origin | None) -> None:
        self.origin = origin

    def __enter__(self) -> None:
        self._token = _origin.set(self.origin)

    def __exit__(self, *error: object) -> None:
        _origin.reset(self._token)


def place() -> str:
    """Return the innermost brick application that is being built, or ''."""
    places = _places.get()
    return places[-1] if places else ""


def current_origin() -> Origin:
    """Return the origin for a node that is made now."""
    inherited = _origin.get()
    if inherited is not None:
        return inherited
    frame = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith((PACKAGE, "<string>")):
        frame = frame.f_back  # type: ignore[assignment]
    if frame is None:
        return Origin(place())
    return _origin_at(place(), frame.f_code.co_filename, frame.f_lineno)
