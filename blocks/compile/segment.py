"""Rows of kernels that run one after another without Python in between.

A `Segment` is a piece of memory that says which kernels to call and with which arguments; one
compiled function, the same for all of them, walks it. A kernel costs some nanoseconds more
than its work that way, where a call from Python costs half a microsecond, and a new graph
compiles nothing but the kernels that no graph had before.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from functools import cache
from typing import TypeAlias

import numpy as np

from blocks.compile.jit import OPTIONS, NativeKernel, compile_function
from blocks.graph.op import Array

__all__ = ["WALK", "Dynamic", "Segment", "looper", "runner"]

# What walks a segment. Its words are: how many dynamic addresses there are, then for each of
# them the word that it goes to, its position among `arrays` and what to add to it; then for
# each kernel its address and the word where its slots begin; then the slots.
#
# `arrays` is the address of a tuple of NumPy arrays. Its items follow the head of the object,
# and an array's first field after its head is the address of its data: both are part of the
# binary interfaces of CPython and NumPy. Asking from Python takes longer than a small kernel.
WALK = f"""
@njit({OPTIONS})
def walk(segment, arrays, first, last):
    count = word(segment, 0)
    for i in range(count):
        array = word(arrays + {tuple.__basicsize__}, word(segment, 2 + 3 * i))
        address = word(array + {object.__basicsize__}, 0) + word(segment, 3 + 3 * i)
        put(segment, word(segment, 1 + 3 * i), address)
    table = segment + 8 * (1 + 3 * count)
    for i in range(first, last):
        if call(word(table, 2 * i), segment + 8 * word(table, 2 * i + 1)) != 0:
            return i
    return -1
"""

RUNNER = f"""
{WALK}

def kernel(segment, arrays, first, last):
    return walk(segment, arrays, first, last)
"""

# The same again and again: arrays move on with each step.
LOOPER = f"""
def kernel(segment, arrays, table, steps, kernels):
    count = word(segment, 0)
    rows = segment + 8 * (1 + 3 * count)
    stop = word(table, 1)
    for t in range(steps):
        put(table, 0, t)
        for i in range(count):
            position = word(segment, 2 + 3 * i)
            array = word(arrays + {tuple.__basicsize__}, position)
            address = word(array + {object.__basicsize__}, 0) + word(segment, 3 + 3 * i)
            address += word(table, 2 + 2 * position) + t * word(table, 3 + 2 * position)
            put(segment, word(segment, 1 + 3 * i), address)
        for i in range(kernels):
            if call(word(rows, 2 * i), segment + 8 * word(rows, 2 * i + 1)) != 0:
                return -1
        if stop != 0 and word(stop, 0) != 0:
            return t + 1
    return steps
"""


@cache
def looper() -> Callable[[int, tuple[Array, ...], int, int, int], int]:
    """Return the function that runs all kernels of a segment in each of some steps.

    It takes the segment's address, a tuple of the dynamic arrays, the address of a table (the
    present step, the address of a word that ends the loop when it is not 0, then for each array
    at which byte it begins and by how many it moves with each step), the number of steps and
    that of kernels. It returns how many steps it made, or -1 if a kernel found its arguments
    wrong.
    """
    return compile_function(LOOPER, ["int64", "object", "int64", "int64", "int64"])


@cache
def runner() -> Callable[[int, tuple[Array, ...], int, int], int]:
    """Return the function that runs the kernels `first` to `last` of a segment.

    It takes the segment's address, a tuple of the dynamic arrays, first and last;
    it returns -1, or the position of a kernel that found its arguments wrong.
    """
    return compile_function(RUNNER, ["int64", "object", "int64", "int64"])


class Dynamic:
    """An array argument whose memory is another one in each run.

    Parameters
    ----------
    position
        Its position in the tuple of arrays that a run gives.
    """

    def __init__(self, position: int) -> None:
        self.position = position


ArrayArgument: TypeAlias = tuple[Array | Dynamic, tuple[int, ...], int]
"""The memory of an array, the shape to see it in, and at which byte it begins."""


class Segment:
    """Kernels and their arguments, as `runner` reads them.

    Examples
    --------
    >>> from blocks.compile.jit import compile_kernel
    >>> double = compile_kernel("def kernel(y): y[0] = y[0] + y[0]", [("float64", 1)])
    >>> y = np.array([2.0])
    >>> segment = Segment()
    >>> segment.add(double, [(y, (1,), 0)])
    >>> words = segment.words()
    >>> runner()(words.ctypes.data, (), 0, 1), y
    (-1, array([4.]))
    """

    def __init__(self) -> None:
        self.kernels: list[NativeKernel] = []
        self.slots: list[list[tuple[Array | Dynamic, int] | int]] = []

    def add(self, kernel: NativeKernel, arguments: Sequence[ArrayArgument | float]) -> None:
        """Append a kernel with its arguments; the caller keeps the memory of the arrays."""
        slots: list[tuple[Array | Dynamic, int] | int] = []
        for argument in arguments:
            if isinstance(argument, tuple):
                array, shape, offset = argument
                slots += [(array, offset), *shape]
            else:
                slots.append(_word(argument))
        self.kernels.append(kernel)
        self.slots.append(slots)

    def words(self) -> Array:
        """Return the memory that `runner` reads."""
        flat = [slot for slots in self.slots for slot in slots]
        count = sum(isinstance(slot, tuple) and isinstance(slot[0], Dynamic) for slot in flat)
        start = 1 + 3 * count + 2 * len(self.kernels)
        table: list[int] = []
        position = start
        for kernel, slots in zip(self.kernels, self.slots, strict=True):
            table += [kernel.address, position]
            position += len(slots)
        patches: list[int] = []
        values: list[int] = []
        for position, slot in enumerate(flat, start):
            if not isinstance(slot, tuple):
                values.append(slot)
                continue
            array, offset = slot
            if isinstance(array, Dynamic):
                patches += [position, array.position, offset]
                values.append(0)
            else:
                values.append(array.ctypes.data + offset)
        return np.array([count, *patches, *table, *values], np.int64)


def _word(value: float) -> int:
    """Return the word that holds a number."""
    if isinstance(value, float):
        (word,) = struct.unpack("q", struct.pack("d", value))
        return int(word)
    return int(value)
