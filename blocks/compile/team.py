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


def run_together(run: Runner, segment: int, arrays: Any, first: int, last: int) -> None:
    """Run the kernels `first` to `last` of a segment at the same time, a thread each.

    Parameters
    ----------
    run
        What runs the kernels of a segment (`blocks.compile.segment.runner`).
    segment, arrays, first, last
        Its arguments. None of the kernels may raise.

    Examples
    --------
    >>> run_together(lambda segment, arrays, first, last: arrays.append(first), 0, [], 0, 1)
    """
    others = last - first - 1
    if not others or not _busy.acquire(blocking=False):
        run(segment, arrays, first, last)
        return
    interrupt: BaseException | None = None
    done: SimpleQueue[int] = SimpleQueue()
    begun = 0
    try:
        _hire(others)
        for jobs in _jobs[:others]:
            begun += 1
            jobs.put((run, (segment, arrays, first + begun, first + begun + 1), done))
        run(segment, arrays, first, first + 1)
    finally:
        # Whatever happens, nobody may go on while another thread writes to its memory.
        while begun:
            try:
                done.get()
                begun -= 1
            except KeyboardInterrupt as error:
                interrupt = error
        _busy.release()
    if interrupt is not None:
        raise interrupt


def _after_fork() -> None:
    """Forget the workers: threads do not live on in a forked process."""
    global _busy
    _busy = threading.Lock()
    _jobs.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
