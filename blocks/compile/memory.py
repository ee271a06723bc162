"""Memory of plans and of results, and arrays as kernels want them."""

from __future__ import annotations

from sys import getrefcount
from typing import Any

import numpy as np

from blocks.graph.op import Array
from blocks.graph.variable import SharedVariable

__all__ = ["LARGE", "Recycled", "aligned", "prepared", "store", "writeable"]

ALIGNMENT = 64  # bytes: a cache line, and the widest vector register
LARGE = 1 << 16  # bytes: the system may give such memory page by page, at 0.25 us each


def aligned(size: int) -> Array:
    """Return memory for kernels, as an array of bytes.

    Examples
    --------
    >>> memory = aligned(1000)
    >>> memory.shape, memory.dtype, memory.ctypes.data % ALIGNMENT
    ((1000,), dtype('uint8'), 0)
    """
    raw = np.empty(size + ALIGNMENT, np.uint8)
    start = -raw.ctypes.data % ALIGNMENT
    return raw[start : start + size]


class Recycled:
    """Makes arrays for results: one of the two before again, as soon as nobody holds it.

    Fresh memory of some size costs more than the work that fills it, as the system maps and
    clears each page at its first use.

    Parameters
    ----------
    shape, dtype
        Those of the arrays.
    in_turn
        Whether to take the one that was not taken last, if both are free: what other
        processors have just read takes twice as long to write.

    Examples
    --------
    >>> make = Recycled((100, 100), np.dtype("float64"))
    >>> x = make()
    >>> y = make()
    >>> x is y
    False
    >>> address = y.ctypes.data
    >>> del y
    >>> make().ctypes.data == address
    True
    """

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype[Any], in_turn: bool = False) -> None:
        self.shape = shape
        self.dtype = dtype
        self.in_turn = in_turn
        # Two: a loop often holds one result while it computes the next.
        self._arrays = [np.empty(shape, dtype) for _ in range(2)]
        self._unheld = next(getrefcount(x) for x in self._arrays)

    def __call__(self) -> Array:
        """Return an array that nobody else holds, with any content."""
        for x in self._arrays:
            if getrefcount(x) == self._unheld:
                if self.in_turn:
                    self._arrays.reverse()
                return x
        del x
        self._arrays = [self._arrays[1], np.empty(self.shape, self.dtype)]
        return self._arrays[1]


def writeable(array: Array) -> Array:
    """Return an array that the kernels' signatures accept; no kernel writes to it."""
    if array.flags.writeable and array.flags.c_contiguous:
        return array
    return np.array(array, order="C")


def store(shared: SharedVariable, value: Array) -> None:
    """Give a shared variable its new value, in its own memory where it has that size."""
    if shared.array.shape == value.shape:
        np.copyto(shared.array, value)
    else:
        shared.array = np.array(value, order="C")


class _Writeable:
    """An array's memory without its read-only flag; kernels never write to inputs."""

    def __init__(self, array: Array) -> None:
        interface = dict(array.__array_interface__)
        interface["data"] = (interface["data"][0], False)
        self.__array_interface__ = interface
        self.array = array


def prepared(array: Array) -> Array:
    """Return an input as the kernels' signatures want it: C-contiguous and aligned."""
    flags = array.flags
    if flags.carray:
        return array
    if flags.c_contiguous and flags.aligned and array.dtype.isnative:
        return np.asarray(_Writeable(array))
    return np.require(array, None, ["C", "W", "A"]) if array.ndim else np.array(array)
