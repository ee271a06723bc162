"""Threads that run parts of one kernel at the same time.

A kernel over many elements is called once for each part of its outermost loop. Each element
is computed as it would be alone, so results do not depend on the number of threads.

The workers stay in compiled code. One that has done its part may look for the next for a while,
which it finds within a microsecond, before it sleeps; to wake one takes some five. It must not
look where BLAS comes next: the threads of BLAS look too, and the processors are not enough.
"""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any

from blocks.compile.board import ASLEEP, BUSY, IDLE, LINE, MOST, board_address, words
from blocks.compile.forks import table_lock
from blocks.compile.jit import OPTIONS, compile_function
from blocks.compile.segment import WALK, runner
from blocks.graph.op import Array

__all__ = ["PATIENCE", "gather", "run_together"]

RESTLESS = 1000
"""How often a thread looks before it lets others have its processor each time: some 30 us."""

PATIENCE = 2000
"""How often a worker looks for more work before it sleeps, where that pays: some 300 us."""

COUNT, LOCK = range(2)  # words of the first line
NOT_ENOUGH = -2

COMMON = f"""
from blocks.compile.waiting import (
    acquire, board, exchange, give_way, pause, peek, publish, release_lock, replace,
)


@njit({OPTIONS})
def look_again(looks):
    if looks < {RESTLESS}:
        pause()
    else:
        give_way()
    return looks + 1


{WALK}
"""

# What a worker does all its life.
SERVE = f"""{COMMON}

def kernel(line):
    looks = 0
    while line != 0:
        if peek(line) == {BUSY}:
            put(line, 7, walk(word(line, 2), word(line, 3), word(line, 4), word(line, 5)))
            publish(line, {IDLE})
            looks = 0
        elif looks < word(line, 6):
            looks = look_again(looks)
        elif replace(line, {IDLE}, {ASLEEP}) != 0:
            acquire(word(line, 1), 1)
    return 0
"""

TOGETHER = f"""{COMMON}

def kernel(segment, arrays, first, last, patience):
    others = last - first - 1
    if others > word(board(), {COUNT}):
        return {NOT_ENOUGH}
    lock = word(board(), {LOCK})
    if acquire(lock, 0) == 0:
        return walk(segment, arrays, first, last)
    for i in range(1, others + 1):
        line = board() + {LINE} * i
        put(line, 2, segment)
        put(line, 3, arrays)
        put(line, 4, first + i)
        put(line, 5, first + i + 1)
        put(line, 6, patience)
        if exchange(line, {BUSY}) == {ASLEEP}:
            release_lock(word(line, 1))
    result = walk(segment, arrays, first, first + 1)
    for i in range(1, others + 1):
        line = board() + {LINE} * i
        looks = 0
        while peek(line) == {BUSY}:
            looks = look_again(looks)
        result = max(result, word(line, 7))
    release_lock(lock)
    return result
"""

_lock = table_lock()


def _new_lock(is_taken: bool) -> int:
    """Return the address of a new lock of CPython, which compiled code can take."""
    api = ctypes.pythonapi
    api.PyThread_allocate_lock.restype = ctypes.c_void_p
    api.PyThread_acquire_lock.argtypes = [ctypes.c_void_p, ctypes.c_int]
    lock = api.PyThread_allocate_lock()
    assert lock, "no memory"
    if is_taken:
        api.PyThread_acquire_lock(lock, 1)
    return int(lock)


@cache
def _serve() -> Callable[[int], int]:
    return compile_function(SERVE, ["int64"])


@cache
def _together() -> Callable[[int, tuple[Array, ...], int, int, int], int]:
    return compile_function(TOGETHER, ["int64", "object", "int64", "int64", "int64"])


def gather(count: int) -> None:
    """See to it that there are so many workers beside the thread that asks them.

    Examples
    --------
    >>> gather(1)
    >>> int(words(0)[COUNT]) >= 1
    True
    """
    head = words(0)
    if head[COUNT] >= count:
        return
    with _lock:
        if not head[LOCK]:
            head[LOCK] = _new_lock(is_taken=False)
        for i in range(int(head[COUNT]) + 1, min(count, MOST) + 1):
            line = words(i)
            line[:2] = IDLE, _new_lock(is_taken=True)
            thread = threading.Thread(
                target=_serve(), args=(board_address() + i * LINE,), name="blocks", daemon=True
            )
            try:
                thread.start()
            finally:  # an interrupt may come
                if thread.ident is not None:
                    head[COUNT] = i


def run_together(segment: int, arrays: Any, first: int, last: int, patience: int) -> int:
    """Run the kernels `first` to `last` of a segment at the same time, a thread each.

    Returns -1, or the position of a kernel that raised an error. While another function has
    the team, they run one after another.

    Parameters
    ----------
    segment, arrays, first, last
        The arguments of `blocks.compile.segment.runner`.
    patience
        How often the workers look for more work before they sleep.
    """
    arguments = segment, arrays, first, last
    failed = _together()(*arguments, patience)
    if failed == NOT_ENOUGH:
        with suppress(RuntimeError):  # the system allows no more threads
            gather(last - first - 1)
        failed = _together()(*arguments, patience)
    return failed if failed != NOT_ENOUGH else runner()(*arguments)


def _after_fork() -> None:
    """Forget the workers: threads do not live on in a forked process."""
    words(0)[:] = 0


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
