"""The third stage: memory and calls, for one set of sizes of the inputs.

A plan follows the sizes through all nodes, gives each value a place (a reused buffer, the
memory of a shared variable, a fresh array for an output), and writes the calls down as
one straight-line Python function.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np

from blocks.compile.calls import checked, contiguous, failing, preparing
from blocks.compile.copies import CHECK_RANGE, COPY, COPY_COLUMNS, COPY_STRIDED, ZERO_COLUMNS
from blocks.compile.kernels import group_kernel, own_kernel
from blocks.compile.layout import Layout
from blocks.compile.memory import LARGE, Recycled, prepared, store
from blocks.compile.parts import by_rows, cut, shares
from blocks.compile.schedule import Instruction, Schedule, Window
from blocks.compile.script import AFTER, BEFORE, Place, Script, Signature
from blocks.compile.threads import available_threads
from blocks.compile.values import Values
from blocks.graph.branches import ALWAYS
from blocks.graph.op import Apply, Array, Branch, Call, Kernel, Loop, Pieces, View
from blocks.graph.types import TensorType
from blocks.graph.variable import SharedVariable, Variable

__all__ = ["Plan"]


class Plan(Values):
    """The calls for one set of sizes.

    Parameters
    ----------
    layout
        The instructions, the sizes of their values, and where these lie in the memory.
    inputs
        The variables that are given.
    reserve
        Returns memory of at least so many bytes, as an array of bytes. The plans of a program
        never run at the same time, so they share it.

    Attributes
    ----------
    run : callable
        Takes the input arrays and returns the outputs.
    source : str
        The text of `run`, to read.
    """

    def __init__(
        self,
        layout: Layout,
        inputs: Sequence[Variable],
        reserve: Callable[[int], Array],
    ) -> None:
        super().__init__(layout.schedule, layout.sizes, self._new_script(layout.schedule))
        self.layout = layout
        self.inputs = list(inputs)
        self.outputs = self.schedule.outputs
        self.updates = self.schedule.updates
        self.new_values = set(self.updates.values())
        self.memory = reserve(layout.size)
        self.loops: dict[Instruction, Any] = {}  # what runs those of the schedule
        self.arrays |= {x: r.array(self.memory) for x, r in layout.values.items()}
        self._write()

    def _new_script(self, schedule: Schedule) -> Script:
        return Script()

    def _write(self) -> None:
        self._name_arguments()
        returned = set(self.outputs)
        saved: dict[Variable, str] = {}
        made = self._made()
        self.script.begin(BEFORE)
        for y in [*self.outputs, *self.updates.values()]:
            # An input, a constant or an old value: copied before anything changes it.
            is_read_later = y in returned or isinstance(y, SharedVariable)
            if y not in saved and y not in made and is_read_later:
                saved[y] = self._copied(y)
        self.script.end()
        self._instructions(returned, saved)
        self._finish(saved)

    def _instructions(self, returned: set[Variable], saved: dict[Variable, str]) -> None:
        for position, instruction in enumerate(self.schedule.instructions):
            with self._guarded(instruction) as runs:
                if runs:
                    self.script.begin(position)
                    self._instruction(instruction, returned, saved)
                    self.script.end()

    def _name_arguments(self) -> None:
        for i, x in enumerate(self.inputs):
            self.names[x] = f"i{i}"

    def _made(self) -> set[Variable]:
        return {y for i in self.schedule.instructions for y in i.writes}

    def _scratch(self, instruction: Instruction) -> list[Place | float]:
        """Return the memory that a kernel needs besides its values."""
        regions = self.layout.scratch.get(instruction, ())
        return [
            Place(self.script.constant(r.array(self.memory), "w"), r.shape, r.shape)
            for r in regions
        ]

    # The instructions.

    @contextmanager
    def _guarded(self, instruction: Instruction) -> Iterator[bool]:
        """Put the lines of an instruction under its conditions; tell whether it runs at all."""
        if not self.sizes.runs(instruction.nodes):
            yield False
            return
        guard = self.sizes.guard(instruction.node)
        if guard == ALWAYS:
            yield True
            return
        paths = (
            " and ".join(f"{'' if truth else 'not '}{self._expression(x)}" for x, truth in path)
            for path in guard
        )
        count = len(self.names)
        with self.script.block(f"if {' or '.join(paths)}:"):
            yield True
        # What got a name in there may not exist outside.
        made = {y for node in instruction.nodes for y in node.outputs}
        for y in [*islice(reversed(self.names), len(self.names) - count)]:
            if y not in made:
                del self.names[y]

    def _instruction(
        self,
        instruction: Instruction,
        returned: set[Variable],
        saved: dict[Variable, str],
    ) -> None:
        lowering = instruction.lowering
        if isinstance(lowering, Call | Loop):
            self.script.is_patient = False
        if isinstance(lowering, View):
            self._view(instruction, lowering)
        elif isinstance(lowering, Call):
            self._call(instruction, lowering)
        elif isinstance(lowering, Branch):
            self._branch(instruction)
        else:
            for y in instruction.writes:
                window = self.schedule.windows.get(y)
                target = y if window is None else window.base
                if target not in self.names:  # or parts of it are there already
                    self._allot(target, instruction, returned)
            if isinstance(lowering, Kernel):
                self._own_kernel(instruction, lowering)
            elif isinstance(lowering, Loop):
                self._loop(instruction)
            elif isinstance(lowering, Pieces):
                self._pieces(instruction, lowering)
            else:
                self._group(instruction)
            return
        # A view may share memory with what is about to change.
        for y in instruction.writes:
            if y in returned or y in self.new_values:
                saved[y] = self._copied(y)

    def _copied(self, y: Variable) -> str:
        """Return the name of a copy of a value as it is now."""
        return self.script.local(f"np.array({self._expression(y)})")

    def _pieces(self, instruction: Instruction, lowering: Pieces) -> None:
        """Put columns where they belong, those that are not there yet, and zeros between them."""
        (y,) = instruction.node.outputs
        rows, width = int(np.prod(self._sizes(y)[:-1])), self._sizes(y)[-1]
        end, dtype = 0, y.dtype
        itemsize = y.type.numpy_dtype.itemsize
        signature: Signature = [(dtype, 2), "int64", "int64"]
        whole = self._place(y, (rows, width))

        def columns(start: int) -> Place:
            return replace(whole, offset=whole.offset + start * itemsize)

        pieces = [*zip(lowering.starts, instruction.node.inputs[1:], strict=True), (width, None)]
        for start, x in pieces:
            if start > end:
                self.script.launch(ZERO_COLUMNS, signature, [columns(end), rows, start - end])
            if x is None:
                return
            size = self._sizes(x)[-1]
            if self.schedule.windows.get(x) != Window(y, start, is_written=True):
                arguments: list[Place | float] = [self._place(x, (rows, size)), columns(start)]
                types: Signature = [(dtype, 2), (dtype, 2), "int64", "int64"]
                self.script.launch(COPY_COLUMNS, types, [*arguments, rows, size])
            end = start + size

    def _allot(self, y: Variable, instruction: Instruction, returned: set[Variable]) -> None:
        if y in self.layout.in_place:
            self.names[y] = self._expression(self.layout.in_place[y])
        elif y in returned:
            result = self._fresh(self._sizes(y), y.type.numpy_dtype)
            self.names[y] = self.script.early_local(result)

    def _fresh(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> str:
        """Return the expression of an array for a result, which the caller may keep."""
        if int(np.prod(shape)) * dtype.itemsize < LARGE:
            return f"empty({shape}, {self.script.constant(dtype, 'd')})"
        return f"{self.script.constant(Recycled(shape, dtype), 'new')}()"

    def _group(self, instruction: Instruction) -> None:
        kernel = group_kernel(instruction)
        extents = kernel.loops.extents(self._sizes(kernel.space))
        arguments: list[Place | float] = [
            self._place(x) if o is None else self._operand_place(x, kernel.loops.shape(o, extents))
            for x, o in kernel.arrays
        ]
        arguments += self._scratch(instruction)
        self._copy_addend(instruction)
        threads = 1 if self.script.is_plain else available_threads()
        calls = [(arguments, list(extents))]
        if kernel.by_rows is not None:
            rows, at_once = self._sizes(kernel.by_rows)[0], self.arrays[kernel.by_rows].shape[0]
            calls = by_rows(kernel, arguments, extents, rows, at_once)
        for some, lengths in calls:
            first, parts = cut(kernel, some, lengths, threads)
            if first is not None:
                self.script.launch(kernel.source, kernel.signature, first)
            self.script.launch_together(kernel.source, kernel.signature, parts)

    def _copy_addend(self, instruction: Instruction) -> None:
        """Put c where ``alpha * a @ b + beta * c`` is accumulated, unless it is there."""
        product = instruction.product
        if product is None or len(product.inputs) == 2:
            return
        c, (y,) = product.inputs[0], product.outputs
        if instruction.targets.get(y) is not c:
            count = int(np.prod(self._sizes(y)))
            self._copy(self._place(c, (count,)), self._place(y, (count,)), c.dtype)

    def _copy(self, source: Place, target: Place, dtype: str) -> None:
        signature: Signature = [(dtype, 1), (dtype, 1), "int64"]
        self.script.launch(COPY, signature, [source, target, source.shape[0]])

    def _check(self, node: Apply, lowering: Kernel, types: Sequence[TensorType]) -> None:
        """Look at the arguments of a kernel before it runs."""
        if lowering.check is None:
            return
        check = self.script.constant(checked(lowering.check, node), "c")
        call = f"{check}({', '.join(map(self._expression, [*node.inputs, *node.outputs]))})"
        if lowering.within is None:
            self.script.line(call)
            return
        position, low, high = lowering.within(*types)
        x = node.inputs[position]
        count = int(np.prod(self._sizes(x)))
        signature: Signature = [(x.dtype, 1), "int64", "int64", "int64"]
        arguments: list[Place | float] = [self._place(x, (count,)), low, high, count]
        self.script.launch(CHECK_RANGE, signature, arguments, on_failure=call)

    def _own_kernel(self, instruction: Instruction, lowering: Kernel) -> None:
        node = instruction.node
        arrays = [*node.inputs, *node.outputs]
        types = [self.sizes.type(x) for x in arrays]
        self._check(node, lowering, types)
        arguments: list[Place | float] = [self._place(x) for x in arrays]
        arguments += self._scratch(instruction)
        ranges: list[tuple[int, ...]] = [()]
        if lowering.parts is not None:
            threads = 1 if self.script.is_plain else available_threads()
            ranges = [*shares(*lowering.parts(*types), threads)]
        types += [
            TensorType(r.dtype.name, r.shape) for r in self.layout.scratch.get(instruction, ())
        ]
        source, signature = own_kernel(lowering, types)
        calls = [[*arguments, *lowering.static, *bounds] for bounds in ranges]
        self.script.launch_together(source, signature, calls)

    def _view(self, instruction: Instruction, view: View) -> None:
        node = instruction.node
        (y,) = node.outputs
        window = self.schedule.windows.get(y)
        if window is not None and not window.is_written:
            return
        # An index that is computed, or given, in the run: only then can the view be taken.
        if any(self.sizes.known(x) is None for x in node.inputs[1:]):
            call = checked(lambda *arrays: prepared(view.function(*arrays)), node)
            arguments = ", ".join(self._expression(x) for x in node.inputs)
            self.names[y] = self.script.local(f"{self.script.constant(call, 'f')}({arguments})")
            return
        call = checked(preparing(view.function), node)
        source, *indices = node.inputs
        memory = self._operand(source)
        dummy = np.zeros(self._sizes(source), source.dtype) if memory is None else memory
        array = call(dummy, *map(self._operand, indices))
        contiguous = array.flags.c_contiguous
        # A function that had to copy must be called in every run.
        is_view = np.may_share_memory(array, dummy)
        if is_view and memory is not None and contiguous:
            self.arrays[y] = array
            return
        # All elements, in order: a reshape, which needs no call of the view's function.
        if is_view and contiguous and array.size == dummy.size:
            self.aliases[y] = source
            return
        if is_view and self._see(y, source, dummy, array):
            return
        if is_view and memory is not None:
            expression = self.script.constant(array, "b")
        else:
            arguments = ", ".join(self._expression(x) for x in node.inputs)
            expression = f"{self.script.constant(call, 'f')}({arguments})"
        if contiguous:
            self.names[y] = self.script.local(expression)
            return
        self.script.line(f"np.copyto({self._expression(y)}, {expression})")

    def _see(self, y: Variable, source: Variable, whole: Array, part: Array) -> bool:
        """Take a view without Python: where it begins in its source, or a copy by a kernel."""
        if self.script.is_plain or part.ndim > 4 or not part.size:
            return False
        itemsize = part.itemsize
        offset = part.ctypes.data - whole.ctypes.data
        if part.flags.c_contiguous:
            self.parts[y] = (source, offset)
            return True
        missing = 4 - part.ndim
        sizes = [1] * missing + list(part.shape)
        strides = [0] * missing + [stride // itemsize for stride in part.strides]
        place = self._place(source, (whole.size,))
        target = self._place(y, (part.size,))
        arguments: list[Place | float] = [place, target, offset // itemsize, *sizes, *strides]
        signature: Signature = [(y.dtype, 1), (y.dtype, 1), *["int64"] * 9]
        self.script.launch(COPY_STRIDED, signature, arguments)
        return True

    def _call(self, instruction: Instruction, call: Call) -> None:
        node = instruction.node
        arguments = ", ".join(self._expression(x) for x in node.inputs)
        dtypes = [y.type.numpy_dtype for y in node.outputs]
        function = self.script.constant(contiguous(checked(call.function, node), dtypes), "f")
        for y in node.outputs:
            self.names[y] = self.script.new_name()
        names = ", ".join(self.names[y] for y in node.outputs)
        self.script.line(f"{names}, = {function}({arguments})")

    def _loop(self, instruction: Instruction) -> None:
        node = instruction.node
        arrays = [*node.inputs[1:], *node.outputs]
        loop = self.loops[instruction] = instruction.kernel.prepared(node, self.sizes)
        known = {*instruction.reads, *node.outputs}
        arguments = ", ".join(self._expression(x) if x in known else "None" for x in arrays)
        self.script.line(f"{self.script.constant(loop, 'loop')}({arguments})")

    def _branch(self, instruction: Instruction) -> None:
        node = instruction.node
        (y,) = node.outputs
        choices = []
        for x in self.sizes.branches(node):
            error = self.sizes.failure(x)
            choices.append(
                self._expression(x)
                if error is None
                else f"{self.script.constant(failing(error), 'e')}()"
            )
        condition = self._expression(node.inputs[0])
        self.names[y] = self.script.local(f" if {condition} else ".join(choices))

    def _finish(self, saved: Mapping[Variable, str]) -> None:
        self.script.begin(AFTER)
        done = set(self.layout.in_place.values())
        assign = self.script.constant(store, "store")
        for shared, y in self.updates.items():
            if y is shared or shared in done:
                continue
            if y in saved or self._sizes(shared) != self._sizes(y):
                value = saved.get(y) or self._expression(y)
                self.script.line(f"{assign}({self.script.constant(shared, 's')}, {value})")
                continue
            count = int(np.prod(self._sizes(y)))
            self._copy(self._place(y, (count,)), self._place(shared, (count,)), y.dtype)
        self.script.end()
        results = []
        seen: set[Variable] = set()
        for y in self.outputs:
            name = saved.get(y) or self._expression(y)
            # No two results share memory, and none is memory of ours.
            repeated = y in seen or name in self.script.globals
            seen.add(y)
            results.append(f"np.array({name})" if repeated else name)
        self.source, self.run = self.script.finish(len(self.inputs), results)
