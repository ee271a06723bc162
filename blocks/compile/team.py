"""Threads that run parts of one kernel at the same time.

A kernel over many elements is called once for each part of its outermost loop. Each element
is computed as it would be alone, so results do not depend on the number of threads.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TypeAlias

__all__ = ["run_together"]

Runner: TypeAlias = Callable[[int, Any, int, int], int]
Job: TypeAlias = tuple[Runner, tuple[int, Any, int, int], "SimpleQueue[int]"]

_busy = threading.Lock()  # two functions that run at once share the cores anyway
_jobs: list[SimpleQueue[Job]] = []  # one queue for each worker


def _serve(jobs: SimpleQueue[Job]) -> None:
    while True:
        run, arguments, done = jobs.get()
        done.put(run(*arguments))
        del arguments  # or the arrays stay until the next job


def _hire(count: int) -> None:
    """Start workers until there are so many."""
    while len(_jobs) < count:
        jobs: SimpleQueue[Job] = SimpleQueue()
        threading.Thread(target=_serve, args=(jobs,), name="blocks", daemon=True).start()
        _jobs.append(jobs)


def run_together(run: Runner, segment: int, arrays: Any, first: int, last: int) -> int:
    """Run the kernels `first` to `last` of a segment at the same time, a thread each.

    Returns -1, or the position of a kernel that raised an error.

    Parameters
    ----------
    run
        What runs the kernels of a segment (`blocks.compile.segment.runner`).
    segment, arrays, first, last
        Its arguments.

    Examples
    --------
    >>> run_together(lambda segment, arrays, first, last: -1, 0, (), 0, 2)
    -1
    """
    others = last - first - 1
    if not others or not _busy.acquire(blocking=False):
        return run(segment, arrays, first, last)
    done: SimpleQueue[int] = SimpleQueue()
    under_way: list[int] = []
    results: list[int] = []
    try:
        _hire(others)
        for jobs, i in zip(_jobs, range(first + 1, last), strict=False):
            under_way.append(i)
            jobs.put((run, (segment, arrays, i, i + 1), done))
        results.append(run(segment, arrays, first, first + 1))
    finally:
        _wait(done, under_way, results)
        _busy.release()
    return max(results)


def _wait(done: SimpleQueue[int], under_way: list[int], results: list[int]) -> None:
    """Wait for all results, even if an interrupt comes.

    Nobody may go on while another thread writes to its memory.
    """
    try:
        while under_way:
            results.append(done.get())
            under_way.pop()
    finally:
        if under_way:
            _wait(done, under_way, results)


def _after_fork() -> None:
    """Forget the workers: threads do not live on in a forked process."""
    global _busy
    _busy = threading.Lock()
    _jobs.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
