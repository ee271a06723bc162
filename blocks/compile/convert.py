"""Integers divided by a number, as pixels are: one pass over memory, in compiled code."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np

from blocks.compile.forks import table_lock
from blocks.compile.memory import Recycled
from blocks.compile.parts import SMALLEST_WORK
from blocks.compile.script import Place, Script, Signature
from blocks.compile.threads import available_threads
from blocks.graph.op import Array

__all__ = ["compiled_quotient"]

SMALLEST = 1 << 15  # elements: NumPy is as quick with fewer

LARGEST_NUMBER_OF_SHAPES = 1000  # remembered at a time

_lock = table_lock()  # a segment holds the addresses of one call
_seen: set[tuple[Any, ...]] = set()

BODY = """
def kernel(x, y, divisor, n):
    d = np.{0}(divisor)
    for i in range(n):
        y[i] = np.{0}(x[i]) / d
"""


def compiled_quotient(x: Array, divisor: float, dtype: np.dtype[Any]) -> Array | None:
    """Return what `blocks.division.quotient` does, or ``None`` where NumPy is as quick.

    Arrays of a shape that has not come before are left to NumPy: for a single one it takes
    longer to get a kernel, and there would be no memory to use again.

    Examples
    --------
    >>> x = np.full(1 << 20, 51, "uint8")
    >>> first = compiled_quotient(x, 255, np.dtype("float32"))
    >>> compiled_quotient(x, 255, np.dtype("float32"))[-1]
    np.float32(0.2)
    """
    flags = x.flags
    fits = x.size >= SMALLEST and x.dtype.kind in "iu" and flags.c_contiguous and flags.aligned
    if not fits or not x.dtype.isnative:
        return None
    threads = available_threads() if x.size * 3 >= SMALLEST_WORK else 1
    key = (x.shape, x.dtype, float(divisor), dtype, threads)
    run = _run(*key) if _comes_again(key) else None
    if run is None:
        return None
    with _lock:
        (result,) = run(x)
    return result


def _comes_again(key: tuple[Any, ...]) -> bool:
    """Tell whether there was such a call before, and remember this one."""
    if key in _seen:
        return True
    if len(_seen) >= LARGEST_NUMBER_OF_SHAPES:
        _seen.clear()
    _seen.add(key)
    return False


@lru_cache(maxsize=8)
def _run(
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    divisor: float,
    result: np.dtype[Any],
    threads: int,
) -> Callable[[Array], list[Array]] | None:
    """Return what divides arrays of one shape, or ``None`` without compiled kernels."""
    script = Script()
    script.is_patient = False  # training comes next
    if script.is_plain:
        return None
    new = script.constant(Recycled(shape, result, in_turn=True), "new")
    y = script.early_local(f"{new}()")
    size = math.prod(shape)
    bounds = [*(size * i // threads // 64 * 64 for i in range(threads)), size]
    parts: list[list[Place | float]] = []
    for start, end in pairwise(bounds):
        n = end - start
        source = Place("i0", shape, (n,), start * dtype.itemsize)
        parts.append([source, Place(y, shape, (n,), start * result.itemsize), divisor, n])
    signature: Signature = [(dtype.name, 1), (result.name, 1), "float64", "int64"]
    script.launch_together(BODY.format(result.name), signature, parts)
    return script.finish(1, [y])[1]
