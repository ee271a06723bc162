"""Parts of a kernel's work: its outermost loop, cut into pieces for several threads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from blocks.compile.kernels import GroupKernel
from blocks.compile.script import Place

__all__ = ["cut"]

SMALLEST_WORK = 1 << 20
"""Elements times operations of a kernel that is worth waking a second thread for, which takes
some 20 us; that is about 100 us of work."""

Arguments = list[Place | float]


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


def _piece(kernel: GroupKernel, position: int, x: Place | float, start: int, end: int) -> Place:
    """Return an argument as a part of the loop sees it."""
    assert isinstance(x, Place)
    variable, operand = kernel.arrays[position]
    if operand is None:  # of a product: nothing is left to multiply
        return replace(x, shape=(0,) * len(x.shape))
    if not kernel.loops.varies(operand)[0]:
        return x
    step = int(np.prod(x.shape[1:])) * variable.type.numpy_dtype.itemsize
    return replace(x, shape=(end - start, *x.shape[1:]), offset=start * step)
