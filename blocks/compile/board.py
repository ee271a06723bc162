"""The memory through which a thread gives work to others.

It begins with a line for all, then comes one for each worker. A line is two lines of the
processor's cache, so that threads that wait in different ones do not slow each other down.

====  ==================================  ====================================================
word  in the first line                   in the line of a worker
====  ==================================  ====================================================
0     how many workers there are          its state: `IDLE`, `BUSY` or `ASLEEP`
1     CPython's lock of who gives work    CPython's lock that it sleeps on
2-5                                       what to do: segment, arrays, first and last kernel
6                                         how often to look for more work before it sleeps
7                                         the result
====  ==================================  ====================================================
"""

from __future__ import annotations

import numpy as np

__all__ = ["ASLEEP", "BOARD_SYMBOL", "BUSY", "IDLE", "LINE", "MOST", "board_address", "words"]

IDLE, BUSY, ASLEEP = range(3)
LINE = 128
"""Bytes of a line."""

MOST = 255
"""How many workers there is room for."""

BOARD_SYMBOL = "blocks_team_board"
"""What compiled code knows the address by."""

_memory = np.zeros((MOST + 2) * LINE // 8, np.int64)
_first = -_memory.ctypes.data % LINE // 8


def board_address() -> int:
    """Return where the memory begins.

    Examples
    --------
    >>> board_address() % LINE
    0
    """
    return int(_memory.ctypes.data) + 8 * _first


def words(line: int) -> np.ndarray:
    """Return the words of a line; 0 is the one for all.

    Examples
    --------
    >>> words(1).shape
    (16,)
    """
    start = _first + line * LINE // 8
    return _memory[start : start + LINE // 8]
