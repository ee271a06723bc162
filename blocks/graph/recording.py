"""Telling apart what a function adds to the graph from what was there before it was called.

Examples
--------
>>> from blocks import tensor
>>> x = tensor.scalar("x")
>>> before = 2 * x
>>> with recorded() as made:
...     y = before + 1
>>> y.owner in made, before.owner in made
(True, False)
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from blocks.graph.op import Apply

__all__ = ["record", "recorded"]

_recorders: ContextVar[tuple[set[Apply], ...]] = ContextVar("recorders", default=())


def record(node: Apply) -> None:
    """Note that an application was made."""
    for made in _recorders.get():
        made.add(node)


@contextmanager
def recorded() -> Iterator[set[Apply]]:
    """Collect the applications that are made in a block, in blocks inside of it too."""
    made: set[Apply] = set()
    token = _recorders.set((*_recorders.get(), made))
    try:
        yield made
    finally:
        _recorders.reset(token)
