"""Integers divided by a number, as pixels are.

NumPy does it, in pieces that it copies first, until the engine is in use: then compiled code
does, in one pass (`blocks.compile.convert`). The results are the same, bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["Division", "divide_with", "quotient"]

Division: TypeAlias = Callable[
    [npt.NDArray[Any], float, "np.dtype[Any]"], "npt.NDArray[Any] | None"
]
"""What divides an array, or returns ``None`` if that is not worth its while."""

_divisions: list[Division] = []


def divide_with(division: Division) -> None:
    """Let a function do it where it can.

    Parameters
    ----------
    division
        Takes what `quotient` takes.
    """
    _divisions[:] = [division]


def quotient(x: npt.NDArray[Any], divisor: float, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """Return x / divisor, each converted to a float dtype before.

    Parameters
    ----------
    x
        Integers.
    divisor
        A number that the dtype holds exactly.
    dtype
        ``float32`` or ``float64``.

    Examples
    --------
    >>> quotient(np.array([0, 51, 255], "uint8"), 255, np.dtype("float32"))
    array([0. , 0.2, 1. ], dtype=float32)
    """
    for division in _divisions:
        result = division(x, divisor, dtype)
        if result is not None:
            return result
    return np.divide(x, divisor, dtype=dtype, casting="same_kind")
