"""Where the values of a plan lie in its memory."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from blocks.compile.calls import checked, preparing
from blocks.compile.kernels import group_kernel
from blocks.compile.memory import ALIGNMENT
from blocks.compile.packing import Need, pack
from blocks.compile.parts import rows_at_once
from blocks.compile.schedule import Instruction, Schedule
from blocks.compile.sizes import Sizes
from blocks.graph.op import Apply, Array, Branch, Call, Kernel, Loop, Pieces, View
from blocks.graph.types import TensorType
from blocks.graph.variable import Variable

__all__ = ["Layout", "Region"]


@dataclass(frozen=True)
class Region:
    """A part of a plan's memory, and the instructions during which it belongs to one value.

    Parameters
    ----------
    offset
        The byte at which it begins.
    shape, dtype
        Those of the array in it.
    first, last
        The positions of the instruction that writes it and of the last one that reads it.
    """

    offset: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    first: int
    last: int

    @property
    def size(self) -> int:
        """The bytes of the array."""
        return math.prod(self.shape) * self.dtype.itemsize

    def array(self, memory: Array) -> Array:
        """Return the array in a piece of memory, which is one of bytes."""
        return memory[self.offset : self.offset + self.size].view(self.dtype).reshape(self.shape)


class Layout:
    """Regions for all values that neither lie in a shared variable nor go to the caller.

    Parameters
    ----------
    schedule
        The instructions.
    types
        The types of the inputs and shared variables, with every size known.

    Attributes
    ----------
    sizes : Sizes
        The sizes of all values.
    schedule : Schedule
        The instructions.
    size : int
        The bytes that all regions need together.
    values : dict of Variable to Region
        Where values lie.
    scratch : dict of Instruction to list of Region
        What a kernel needs besides its values, while it runs.
    in_place : dict of Variable to SharedVariable
        For each new value that is written over an old one, the shared variable.
    """

    def __init__(
        self,
        schedule: Schedule,
        types: Mapping[Variable, TensorType],
    ) -> None:
        self.schedule = schedule
        self.sizes = sizes = Sizes(schedule, types)
        self.values: dict[Variable, Region] = {}
        self.scratch: dict[Instruction, list[Region]] = {}
        self.in_place = {
            y: shared
            for instruction in schedule.instructions
            for y, shared in instruction.in_place.items()
            if sizes.runs(instruction.nodes) and self._shape(y) == self._shape(shared)
        }
        self._returned = set(schedule.outputs)
        roots = [*schedule.outputs, *schedule.updates.values()]
        self._last = last_uses(schedule.instructions, roots)
        self._windows = schedule.windows
        self._first: dict[Variable, int] = {}  # where something is written before the rest
        for position, instruction in enumerate(schedule.instructions):
            for y in instruction.writes:
                if y in self._windows:
                    base = self._windows[y].base
                    if self._windows[y].is_written:
                        self._first.setdefault(base, position)
                    last = max(self._last.get(base, position), self._last.get(y, position))
                    self._last[base] = last
        for instruction in reversed(schedule.instructions):  # a value, its successors included
            for y, x in instruction.overwrites.items():
                self._last[x] = max(self._last[x], self._last.get(y, 0))
        wanted: list[tuple[Variable | Instruction, tuple[int, ...], str, Need]] = []
        for position, instruction in enumerate(schedule.instructions):
            if not sizes.runs(instruction.nodes):
                continue
            for owner, shape, dtype in self._wanted(instruction):
                first = last = position
                if isinstance(owner, Variable) and owner in instruction.writes:
                    # Before the rest if its parts are made one by one; columns are read later.
                    first = self._first.get(owner, position)
                    last = self._last.get(owner, position)
                count = max(1, math.prod(shape) * np.dtype(dtype).itemsize)
                need = Need(-(-count // ALIGNMENT) * ALIGNMENT, first, last)
                wanted.append((owner, shape, dtype, need))
        offsets, self.size = pack([need for *_, need in wanted])
        for (owner, shape, dtype, need), offset in zip(wanted, offsets, strict=True):
            region = Region(offset, shape, np.dtype(dtype), need.first, need.last)
            if isinstance(owner, Variable):
                self.values[owner] = region
            else:
                self.scratch.setdefault(owner, []).append(region)
        for position, instruction in enumerate(schedule.instructions):
            for y, x in instruction.overwrites.items():
                if x in self.values:
                    last = self._last.get(y, position)
                    self.values[y] = replace(self.values[x], first=position, last=last)

    def _shape(self, x: Variable) -> tuple[int, ...]:
        return tuple(int(size) for size in self.sizes.type(x).shape if size is not None)

    def _wanted(
        self, instruction: Instruction
    ) -> Iterator[tuple[Variable | Instruction, tuple[int, ...], str]]:
        """Yield what an instruction needs memory for: values, or itself for scratch."""
        lowering, node = instruction.lowering, instruction.node
        if isinstance(lowering, View):
            if node.outputs[0] not in self._windows and self._is_copied(node, lowering):
                (y,) = node.outputs
                yield y, self._shape(y), y.dtype
            return
        if isinstance(lowering, Call | Branch):
            return
        for y in instruction.writes:
            is_elsewhere = y in instruction.overwrites or y in self.in_place or y in self._windows
            if not is_elsewhere and y not in self._returned:
                yield y, self._shape(y), y.dtype
        if isinstance(lowering, Kernel):
            if lowering.workspace is not None:
                types = (self.sizes.type(x) for x in node.inputs)
                for shape, dtype in lowering.workspace(*types):
                    yield instruction, tuple(shape), dtype
            return
        if isinstance(lowering, Loop | Pieces):
            return
        kernel = group_kernel(instruction)
        for x, _ in kernel.arrays:
            if x.owner in instruction.nodes and x not in instruction.writes:
                shape = self._shape(x)  # of a product that its epilogue reads
                if x is kernel.by_rows:
                    rows, columns = shape
                    inner = self._shape(kernel.arrays[0][0])[1]
                    rows = rows_at_once(rows, columns, inner, x.type.numpy_dtype.itemsize)
                    shape = (rows, columns)
                yield x, shape, x.dtype
        if kernel.scratch is not None:
            extents = kernel.loops.extents(self._shape(kernel.space))
            yield instruction, kernel.loops.shape(kernel.scratch, extents), kernel.scratch.dtype

    def _is_copied(self, node: Apply, view: View) -> bool:
        """Tell whether what a view returns must be copied for kernels to read it."""
        if any(self.sizes.known(x) is None for x in node.inputs[1:]):
            return False  # taken in each run, and copied then if need be
        source, *indices = node.inputs
        array = self.sizes.known(source)
        if array is None:
            array = np.empty(self._shape(source), source.type.numpy_dtype)
        look = checked(preparing(view.function), node)
        known = [self.sizes.known(x) for x in indices]
        return not look(array, *known).flags.c_contiguous


def last_uses(
    instructions: Sequence[Instruction], roots: Iterable[Variable]
) -> dict[Variable, int]:
    """Return the last instruction that reads each variable, views of it included.

    Parameters
    ----------
    instructions
        The instructions.
    roots
        What is read after all of them.
    """
    end = len(instructions)
    last = dict.fromkeys(roots, end)
    for position in reversed(range(end)):
        instruction = instructions[position]
        for x in instruction.reads:
            last.setdefault(x, position)
            if isinstance(instruction.lowering, View | Call | Branch):
                for y in instruction.writes:
                    last[x] = max(last[x], last.get(y, position))
    return last
