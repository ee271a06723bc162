"""Python's search for garbage, paused while a graph is transformed.

Everything that is made then stays, and each search would go through all of it: for large
graphs that took as long as the work itself.

Examples
--------
>>> with uncollected():
...     gc.isenabled()
False
>>> gc.isenabled()
True
"""

from __future__ import annotations

import contextlib
import gc
import os
import threading
from collections.abc import Iterator

__all__ = ["uncollected"]

_lock = threading.Lock()
_pauses: list[bool] = []  # for each that is under way, whether the search was on before


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """Pause the search for cycles of unreachable objects inside the block.

    Blocks may be nested, and several threads may be in one; the search goes on after the last.

    Examples
    --------
    >>> with uncollected(), uncollected():
    ...     cycle = []
    ...     cycle.append(cycle)
    """
    with _lock:
        _pauses.append(gc.isenabled())
        gc.disable()
    try:
        yield
    finally:
        with _lock:
            if _pauses and _pauses.pop():  # what the first found, for the last one that leaves
                gc.enable()


def _after_fork() -> None:
    """End the pauses of threads that do not live on in a forked process."""
    global _lock
    _lock = threading.Lock()
    if any(_pauses):
        gc.enable()
    _pauses.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
