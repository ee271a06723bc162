"""Integers divided by a number, as pixels are: one pass over memory, in compiled code."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np

from blocks.compile.memory import Recycled
from blocks.compile.parts import SMALLEST_WORK
from blocks.compile.script import Place, Script, Signature
from blocks.compile.threads import available_threads
from blocks.graph.op import Array

__all__ = ["compiled_quotient"]

SMALLEST = 1 << 15  # elements: NumPy is as quick with fewer

_lock = threading.Lock()  # a segment holds the addresses of one call

BODY = """
def kernel(x, y, divisor, n):
    d = np.{0}(divisor)
    for i in range(n):
        y[i] = np.{0}(x[i]) / d
"""


def compiled_quotient(x: Array, divisor: float, dtype: np.dtype[Any]) -> Array | None:
    """Return what `blocks.division.quotient` does, or ``None`` where NumPy is as quick.

    Examples
    --------
    >>> compiled_quotient(np.full(1 << 20, 51, "uint8"), 255, np.dtype("float32"))[-1]
    np.float32(0.2)
    """
    flags = x.flags
    fits = x.size >= SMALLEST and x.dtype.kind in "iu" and flags.c_contiguous and flags.aligned
    if not fits or not x.dtype.isnative:
        return None
    run = _run(x.shape, x.dtype.name, float(divisor), dtype.name, available_threads())
    if run is None:
        return None
    with _lock:
        (result,) = run(x)
    return result


@lru_cache(maxsize=8)
def _run(
    shape: tuple[int, ...], dtype: str, divisor: float, result: str, threads: int
) -> Callable[[Array], list[Array]] | None:
    """Return what divides arrays of one shape, or ``None`` without compiled kernels."""
    script = Script()
    if script.is_plain:
        return None
    target = np.dtype(result)
    y = script.early_local(f"{script.constant(Recycled(shape, target), 'new')}()")
    size = math.prod(shape)
    count = threads if size * 3 >= SMALLEST_WORK else 1
    bounds = [*(size * i // count // 64 * 64 for i in range(count)), size]
    parts: list[list[Place | float]] = []
    for start, end in pairwise(bounds):
        n = end - start
        source = Place("i0", shape, (n,), start * np.dtype(dtype).itemsize)
        parts.append([source, Place(y, shape, (n,), start * target.itemsize), divisor, n])
    signature: Signature = [(dtype, 1), (result, 1), "float64", "int64"]
    script.launch_together(BODY.format(result), signature, parts)
    return script.finish(1, [y])[1]
