"""One budget of threads, ``config.num_threads``, for everything that computes.

Each BLAS library has a pool of threads of its own: NumPy's, and SciPy's where that is loaded.
Numba has another one, for functions compiled with ``parallel=True``, which users may write.
Large kernels run in parts, in threads of ours (`blocks.compile.team`). All of them get the
same limit, in the first call of a function after a setting has changed.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from blocks.compile.forks import table_lock
from blocks.config import config

__all__ = ["available_threads", "limit_threads"]

LATE = ("scipy.linalg", "numba")  # what brings pools, and is imported only where it is needed

_lock = table_lock()
_in_force: dict[str, Any] = {"wanted": 0, "loaded": [], "limits": None}


def available_threads() -> int:
    """Return how many threads may work at once: ``config.num_threads``, or one per core.

    Examples
    --------
    >>> with config.use(num_threads=3):
    ...     available_threads()
    3
    """
    if config.num_threads:
        return int(config.num_threads)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def limit_threads() -> None:
    """Apply ``config.num_threads`` to the libraries that are loaded, if anything changed.

    0 leaves the libraries their own choice.

    Examples
    --------
    >>> with config.use(num_threads=1):
    ...     limit_threads()
    >>> limit_threads()
    """
    wanted = config.num_threads
    if not wanted and not _in_force["wanted"]:
        return
    loaded = [name for name in LATE if name in sys.modules]
    with _lock:
        if (wanted, loaded) == (_in_force["wanted"], _in_force["loaded"]):
            return
        # Imported here, as few ask for a limit.
        from threadpoolctl import threadpool_limits

        if _in_force["limits"] is not None:
            _in_force["limits"].restore_original_limits()
        limits = threadpool_limits(wanted, user_api="blas") if wanted else None
        if "numba" in loaded:
            _limit_numba(wanted)
        _in_force.update(wanted=wanted, loaded=loaded, limits=limits)


def _limit_numba(wanted: int) -> None:
    """Limit the functions with ``parallel=True`` that this thread calls."""
    import numba

    most: int = vars(numba.config)["NUMBA_NUM_THREADS"]
    numba.set_num_threads(min(wanted, most) if wanted else most)
