"""Locks that a forked process finds free.

A process forks with the thread that asks for it alone. What other threads were about at that
moment is never finished in the child: their locks stay locked, a step of training is half done,
and BLAS takes away its threads while a product runs. So a fork waits until no function runs
and nothing is compiled, and nothing new begins until there are two processes.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from typing import Any
from weakref import WeakSet

__all__ = ["forking", "run_lock", "table_lock", "wait_for_fork"]

PATIENCE = 60.0  # seconds that a fork waits for others; then it goes on all the same
TURN = 0.05  # seconds that it keeps what it has: another function may need that to end

forking: list[bool] = []
"""Not empty while this process forks: what would begin now waits (`wait_for_fork`)."""

_gate = threading.Lock()
_running: WeakSet[Any] = WeakSet()  # the locks of functions
_tables: list[Any] = []  # locks that are taken last, and for a short time
_held: list[Any] = []


def run_lock() -> Any:
    """Return a lock for what runs, which other things that run may need to end.

    Examples
    --------
    >>> with run_lock() as is_locked:
    ...     is_locked
    True
    """
    lock = threading.RLock()
    _running.add(lock)
    return lock


def table_lock() -> Any:
    """Return a lock for what modules keep; who has it takes no lock of `run_lock`.

    Examples
    --------
    >>> with table_lock() as is_locked:
    ...     is_locked
    True
    """
    lock = threading.RLock()
    _tables.append(lock)
    return lock


def wait_for_fork() -> None:
    """Wait until this process has forked; not for ever, as the fork may wait for the caller.

    Examples
    --------
    >>> wait_for_fork()
    """
    if _gate.acquire(timeout=TURN):
        _gate.release()


def _locks() -> list[Any]:
    while True:
        try:
            return [*_running, *_tables]
        except RuntimeError:  # another thread made a function meanwhile
            continue


def _take(locks: Sequence[Any], patience: float) -> None:
    """Take all locks, or those that are free when the patience is at its end."""
    end = time.monotonic() + patience
    while True:
        for lock in locks:
            if not lock.acquire(timeout=TURN):
                break
            _held.append(lock)  # at once: an interrupt may come
        if len(_held) == len(locks) or time.monotonic() > end:
            return
        _give_back()


def _give_back() -> None:
    while _held:
        _held.pop().release()


def _before_fork() -> None:
    _gate.acquire()
    forking.append(True)
    _take(_locks(), PATIENCE)


def _after_fork() -> None:
    _give_back()
    forking.clear()
    _gate.release()


def _after_fork_in_child() -> None:
    held = {id(lock) for lock in _held}
    for lock in _locks():
        if id(lock) not in held:
            lock._at_fork_reinit()  # its owner does not live on
    _after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork_in_child
    )
