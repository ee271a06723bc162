"""Parts of a kernel's work: for several threads, or one after another to need less memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from blocks.compile.kernels import GroupKernel
from blocks.compile.key import is_jit_disabled
from blocks.compile.script import Place

__all__ = ["by_rows", "cut", "rows_at_once", "shares"]

SMALLEST_WORK = 1 << 20
"""Elements times operations of a kernel that is worth a second thread, which takes some 5 us to
wake up, and more where BLAS's threads have its processor; that is about 100 us of work."""

LARGEST_NUMBER_OF_PARTS = 16
SMALLEST_PART = 1 << 17  # bytes
# BLAS packs the second matrix anew for each part: that takes 2 % of the time of so many rows.
FEWEST_ROWS = 512
# The same where that matrix has at most so many bytes, and so stays in a cache.
FEWEST_ROWS_OF_SMALL = 128
LARGEST_SMALL = 1 << 20

Arguments = list[Place | float]


def rows_at_once(rows: int, columns: int, inner: int, itemsize: int) -> int:
    """Return how many rows of a product to compute at a time, if only its epilogue reads it.

    The memory that they need is small then, and in the caches when the epilogue reads it.

    Parameters
    ----------
    rows, columns
        The sizes of the product.
    inner
        The size of the axis that it sums over.
    itemsize
        The bytes of an element.

    Examples
    --------
    >>> rows_at_once(100, 100, 100, 4), rows_at_once(65536, 2048, 2048, 4)
    (100, 4096)
    """
    count = min(rows * columns * itemsize // SMALLEST_PART, LARGEST_NUMBER_OF_PARTS)
    if count < 2 or is_jit_disabled():
        return rows
    is_small = inner * columns * itemsize <= LARGEST_SMALL
    fewest = max(FEWEST_ROWS_OF_SMALL, rows // 4) if is_small else FEWEST_ROWS
    # Whole tiles of BLAS: what is left over at the end of each part would be rounded otherwise.
    return min(rows, -(-max(-(-rows // count), fewest) // 64) * 64)


def by_rows(
    kernel: GroupKernel, arguments: Arguments, extents: Sequence[int], rows: int, at_once: int
) -> list[tuple[Arguments, list[int]]]:
    """Return the arguments and extents of the calls that compute some rows each.

    Parameters
    ----------
    kernel
        The kernel, one with `by_rows`.
    arguments, extents
        As of `cut`.
    rows
        How many rows there are.
    at_once
        How many to compute at a time.
    """
    unit = extents[0] // rows if rows else 0  # the loop may run over columns as well
    calls: list[tuple[Arguments, list[int]]] = []
    a, b = arguments[:2]
    assert isinstance(a, Place)
    step = a.shape[1] * kernel.arrays[0][0].type.numpy_dtype.itemsize
    for start in range(0, rows, at_once):
        end = min(start + at_once, rows)
        shape = (end - start, a.shape[1])
        pieces: Arguments = [replace(a, shape=shape, offset=a.offset + start * step), b]
        for i, x in enumerate(arguments[2:], 2):
            piece = _piece(kernel, i, x, start * unit, end * unit)
            is_product = kernel.arrays[i][0] is kernel.by_rows
            pieces.append(replace(piece, offset=0) if is_product else piece)
        calls.append((pieces, [(end - start) * unit, *extents[1:]]))
    return calls


def cut(
    kernel: GroupKernel, arguments: Arguments, extents: Sequence[int], threads: int
) -> tuple[Arguments | None, list[Arguments]]:
    """Return the arguments of what runs first, if anything, and of what runs at the same time.

    Parameters
    ----------
    kernel
        The kernel.
    arguments
        Its arrays; the extents of the loops follow them.
    extents
        How often each loop runs.
    threads
        How many may run at once.
    """
    whole: Arguments = [*arguments, *extents]
    count = min(threads, extents[0]) if kernel.is_divisible else 1
    if count < 2 or int(np.prod(extents)) * kernel.operations < SMALLEST_WORK:
        return None, [whole]
    bounds = [extents[0] * i // count for i in range(count + 1)]
    if extents[0] > 64 * count:  # whole vector registers
        bounds[1:-1] = [bound // 64 * 64 for bound in bounds[1:-1]]
    parts: list[Arguments] = []
    for start, end in pairwise(bounds):
        pieces = [_piece(kernel, i, x, start, end) for i, x in enumerate(arguments)]
        parts.append([*pieces, end - start, *extents[1:]])
    # BLAS has threads of its own: first the product, without the loops behind it.
    first = [*arguments, *(0 for _ in extents)] if kernel.begins_with_product else None
    return first, parts


def shares(count: int, operations: int, threads: int) -> list[tuple[int, int]]:
    """Return which parts of a kernel each thread does: the first, and the first not.

    Parameters
    ----------
    count
        How many parts there are.
    operations
        How many operations each takes.
    threads
        How many threads may run at once.

    Examples
    --------
    >>> shares(4096, 1000, 2), shares(10, 1000, 2)
    ([(0, 2048), (2048, 4096)], [(0, 10)])
    """
    number = min(threads, count) if count * operations >= SMALLEST_WORK else 1
    bounds = [count * i // max(number, 1) for i in range(max(number, 1) + 1)]
    return list(pairwise(bounds))


def _piece(kernel: GroupKernel, position: int, x: Place | float, start: int, end: int) -> Place:
    """Return an argument as a part of the loop sees it."""
    assert isinstance(x, Place)
    variable, operand = kernel.arrays[position]
    if operand is None:  # of a product: nothing is left to multiply
        return replace(x, shape=(0,) * len(x.shape))
    if not kernel.loops.varies(operand)[0]:
        return x
    step = int(np.prod(x.shape[1:])) * variable.type.numpy_dtype.itemsize
    return replace(x, shape=(end - start, *x.shape[1:]), offset=x.offset + start * step)
