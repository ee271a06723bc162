"""One thread budget: how many threads BLAS may use, from ``config.num_threads``.

NumPy and SciPy bring a BLAS library each, with a pool of threads of its own; both get the
same limit. The generated kernels run in one thread.
"""

from __future__ import annotations

import os
from typing import Any

from threadpoolctl import threadpool_limits

from blocks.config import config

__all__ = ["available_threads", "limit_threads"]

_current: list[Any] = [0, None]  # the limit in force, and the object that set it


def available_threads() -> int:
    """Return how many threads may work at once: ``config.num_threads``, or one per core."""
    if config.num_threads:
        return int(config.num_threads)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def limit_threads() -> None:
    """Apply ``config.num_threads``, if it changed; 0 leaves the libraries' own choice."""
    wanted = config.num_threads
    if wanted == _current[0]:
        return
    if _current[1] is not None:
        _current[1].restore_original_limits()
    _current[:] = [wanted, threadpool_limits(wanted, user_api="blas") if wanted else None]
