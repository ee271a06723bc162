"""The third stage: memory and calls, for one set of sizes of the inputs.

A plan follows the sizes through all nodes, gives each value a place (a reused buffer, the
memory of a shared variable, a fresh array for an output), and writes the calls down as
one straight-line Python function.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

import numpy as np

from blocks.compile.calls import checked, contiguous, failing, preparing
from blocks.compile.fuse import Instruction, Schedule
from blocks.compile.kernels import group_kernel, own_kernel
from blocks.compile.memory import LARGE, Pool, Recycled, prepared, store, writeable
from blocks.compile.parts import cut
from blocks.compile.script import Place, Script, Signature
from blocks.compile.sizes import Sizes
from blocks.compile.threads import available_threads
from blocks.graph.branches import ALWAYS
from blocks.graph.op import Apply, Array, Branch, Call, Kernel, View
from blocks.graph.types import TensorType
from blocks.graph.variable import Constant, SharedVariable, Variable

__all__ = ["Plan"]

COPY = """
def kernel(x, y, n):
    for i in range(n):
        y[i] = x[i]
"""
CHECK_RANGE = """
def kernel(x, low, high, n):
    wrong = 0
    for i in range(n):
        if x[i] < low or x[i] >= high:
            wrong += 1
    if wrong > 0:
        raise ValueError
"""


class Plan:
    """The calls for one set of sizes.

    Parameters
    ----------
    schedule
        The instructions.
    inputs, outputs, updates
        Those of the function.
    types
        The types of the inputs and shared variables, with every size known.
    blocks
        Memory that earlier plans of the program made; new blocks are added.

    Attributes
    ----------
    run : callable
        Takes the input arrays and returns the outputs.
    source : str
        The text of `run`, to read.
    """

    def __init__(
        self,
        schedule: Schedule,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        updates: Mapping[SharedVariable, Variable],
        types: Mapping[Variable, TensorType],
        blocks: list[Array],
    ) -> None:
        self.schedule = schedule
        self.inputs = list(inputs)
        self.outputs = list(outputs)
        self.updates = dict(updates)
        self.new_values = set(self.updates.values())
        self.sizes = Sizes(schedule, types)
        self.arrays: dict[Variable, Array] = dict(self.sizes.values)  # what is there before the run
        self.names: dict[Variable, str] = {}  # what is a local name of the run
        self.aliases: dict[Variable, Variable] = {}  # all elements of another one, in order
        self.script = Script()
        self.pool = Pool(blocks)
        self._write()

    def _write(self) -> None:
        for i, x in enumerate(self.inputs):
            self.names[x] = f"i{i}"
        last_use = self._last_uses()
        dying: dict[int, list[Variable]] = {}
        for x, position in last_use.items():
            dying.setdefault(position, []).append(x)
        returned = set(self.outputs)
        saved: dict[Variable, str] = {}
        made = self._made()
        for y in [*self.outputs, *self.updates.values()]:
            # An input, a constant or an old value: copied before anything changes it.
            is_read_later = y in returned or isinstance(y, SharedVariable)
            if y not in saved and y not in made and is_read_later:
                saved[y] = self.script.local(f"np.array({self._expression(y)})")
        blocks: dict[Variable, Array] = {}
        for position, instruction in enumerate(self.schedule.instructions):
            with self._guarded(instruction) as runs:
                if runs:
                    self._instruction(instruction, returned, blocks, saved)
            unread = [y for y in instruction.writes if y not in last_use]
            for x in [*dying.get(position, ()), *unread]:
                if x in blocks:
                    self.pool.give_back(blocks.pop(x))
        self._finish(saved)

    def _made(self) -> set[Variable]:
        return {y for i in self.schedule.instructions for y in i.writes}

    def _last_uses(self) -> dict[Variable, int]:
        """Return the last instruction that reads each variable, views of it included."""
        last: dict[Variable, int] = {}
        end = len(self.schedule.instructions)
        for y in [*self.outputs, *self.updates.values()]:
            last[y] = end
        for position in reversed(range(end)):
            instruction = self.schedule.instructions[position]
            for x in instruction.reads:
                last.setdefault(x, position)
                if isinstance(instruction.lowering, View | Call | Branch):
                    for y in instruction.writes:
                        last[x] = max(last[x], last.get(y, position))
        return last

    # How values are named in the text of the run.

    def _expression(self, x: Variable) -> str:
        """Return the name of a value, as a C-contiguous array of its own shape."""
        if x in self.aliases:
            return self.script.reshaped(self._expression(self._base(x)), self._sizes(x))
        if x in self.names:
            return self.names[x]
        if isinstance(x, SharedVariable):
            self.names[x] = self.script.early_local(f"{self.script.constant(x, 's')}.array")
        else:
            array = x.data if isinstance(x, Constant) else self.arrays[x]
            self.names[x] = self.script.constant(writeable(array), "b")
        return self.names[x]

    def _base(self, x: Variable) -> Variable:
        while x in self.aliases:
            x = self.aliases[x]
        return x

    def _place(self, x: Variable, shape: tuple[int, ...] | None = None) -> Place:
        """Return a value as an argument of a kernel, in its own shape or in another one."""
        base = self._base(x)
        own = self._sizes(base)
        return Place(self._expression(base), own, self._sizes(x) if shape is None else shape)

    def _scratch(self, shape: tuple[int, ...], dtype: str) -> Place:
        """Return memory for the next call only."""
        array, block = self.pool.take(shape, np.dtype(dtype))
        self.pool.give_back(block)
        return Place(self.script.constant(array, "w"), shape, shape)

    # The instructions.

    @contextmanager
    def _guarded(self, instruction: Instruction) -> Iterator[bool]:
        """Put the lines of an instruction under its conditions; tell whether it runs at all."""
        guard = self.sizes.guard(instruction.node)
        made = {y for node in instruction.nodes for y in node.outputs}
        if not guard or not all(map(self.sizes.has, made)):
            yield False  # in a branch that is not chosen, or that fails before
            return
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
        for y in [*islice(reversed(self.names), len(self.names) - count)]:
            if y not in made:
                del self.names[y]

    def _instruction(
        self,
        instruction: Instruction,
        returned: set[Variable],
        blocks: dict[Variable, Array],
        saved: dict[Variable, str],
    ) -> None:
        lowering = instruction.lowering
        if isinstance(lowering, View):
            self._view(instruction, lowering, blocks)
        elif isinstance(lowering, Call):
            self._call(instruction, lowering)
        elif isinstance(lowering, Branch):
            self._branch(instruction)
        else:
            for y in instruction.writes:
                self._allot(y, instruction, returned, blocks)
            if isinstance(lowering, Kernel):
                self._own_kernel(instruction, lowering)
            else:
                self._group(instruction)
            return
        # A view may share memory with what is about to change.
        for y in instruction.writes:
            if y in returned or y in self.new_values:
                saved[y] = self.script.local(f"np.array({self._expression(y)})")

    def _allot(
        self,
        y: Variable,
        instruction: Instruction,
        returned: set[Variable],
        blocks: dict[Variable, Array],
    ) -> None:
        shape, dtype = self._sizes(y), y.type.numpy_dtype
        if y in instruction.in_place:
            self.names[y] = self._expression(instruction.in_place[y])
        elif y in returned:
            self.names[y] = self.script.early_local(self._fresh(shape, dtype))
        else:
            self.arrays[y], blocks[y] = self.pool.take(shape, dtype)

    def _fresh(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> str:
        """Return the expression of an array for a result, which the caller may keep."""
        if int(np.prod(shape)) * dtype.itemsize < LARGE:
            return f"empty({shape}, {self.script.constant(dtype, 'd')})"
        return f"{self.script.constant(Recycled(shape, dtype), 'new')}()"

    def _sizes(self, x: Variable) -> tuple[int, ...]:
        return tuple(int(size) for size in self.sizes.type(x).shape if size is not None)

    def _group(self, instruction: Instruction) -> None:
        kernel = group_kernel(instruction)
        extents = kernel.loops.extents(self._sizes(kernel.space))
        for x, _ in kernel.arrays:
            if x.owner in instruction.nodes and x not in instruction.writes:
                self.arrays[x], block = self.pool.take(self._sizes(x), x.type.numpy_dtype)
                self.pool.give_back(block)  # scratch memory, for this call only
        arguments: list[Place | float] = [
            self._place(x, None if o is None else kernel.loops.shape(o, extents))
            for x, o in kernel.arrays
        ]
        if kernel.scratch is not None:
            shape = kernel.loops.shape(kernel.scratch, extents)
            arguments.append(self._scratch(shape, kernel.scratch.dtype))
        self._copy_addend(instruction)
        threads = 1 if self.script.is_plain else available_threads()
        first, parts = cut(kernel, arguments, extents, threads)
        if first is not None:
            self.script.launch(kernel.source, kernel.signature, first)
        self.script.launch_together(kernel.source, kernel.signature, parts)

    def _copy_addend(self, instruction: Instruction) -> None:
        """Put c where ``alpha * a @ b + beta * c`` is accumulated, unless it is there."""
        product = instruction.product
        if product is None or len(product.inputs) == 2:
            return
        c, (y,) = product.inputs[0], product.outputs
        if instruction.in_place.get(y) is not c:
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
        if lowering.workspace is not None:
            for shape, dtype in lowering.workspace(*types[: len(node.inputs)]):
                arguments.append(self._scratch(shape, dtype))
                types.append(TensorType(dtype, shape))
        source, signature = own_kernel(lowering, types)
        self.script.launch(source, signature, [*arguments, *lowering.static])

    def _view(self, instruction: Instruction, view: View, blocks: dict[Variable, Array]) -> None:
        node = instruction.node
        (y,) = node.outputs
        arguments = ", ".join(self._expression(x) for x in node.inputs)
        # An index that is computed, or given, in the run: only then can the view be taken.
        if any(self.sizes.known(x) is None for x in node.inputs[1:]):
            call = checked(lambda *arrays: prepared(view.function(*arrays)), node)
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
        if is_view and memory is not None:
            expression = self.script.constant(array, "b")
        else:
            expression = f"{self.script.constant(call, 'f')}({arguments})"
        if contiguous:
            self.names[y] = self.script.local(expression)
            return
        self.arrays[y], blocks[y] = self.pool.take(self._sizes(y), y.type.numpy_dtype)
        self.script.line(f"np.copyto({self._expression(y)}, {expression})")

    def _operand(self, x: Variable) -> Array | None:
        """Return the memory of a value, if it is the same in every run."""
        if isinstance(x, Constant):
            return x.data
        return self.arrays.get(x)

    def _call(self, instruction: Instruction, call: Call) -> None:
        node = instruction.node
        arguments = ", ".join(self._expression(x) for x in node.inputs)
        dtypes = [y.type.numpy_dtype for y in node.outputs]
        function = self.script.constant(contiguous(checked(call.function, node), dtypes), "f")
        for y in node.outputs:
            self.names[y] = self.script.new_name()
        names = ", ".join(self.names[y] for y in node.outputs)
        self.script.line(f"{names}, = {function}({arguments})")

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
        done = {y for i in self.schedule.instructions for y in i.in_place}
        assign = self.script.constant(store, "store")
        for shared, y in self.updates.items():
            if y is shared or y in done:
                continue
            if y in saved or self._sizes(shared) != self._sizes(y):
                value = saved.get(y) or self._expression(y)
                self.script.line(f"{assign}({self.script.constant(shared, 's')}, {value})")
                continue
            count = int(np.prod(self._sizes(y)))
            self._copy(self._place(y, (count,)), self._place(shared, (count,)), y.dtype)
        results = []
        seen: set[Variable] = set()
        for y in self.outputs:
            name = saved.get(y) or self._expression(y)
            # No two results share memory, and none is memory of ours.
            repeated = y in seen or name in self.script.globals
            seen.add(y)
            results.append(f"np.array({name})" if repeated else name)
        self.source, self.run = self.script.finish(len(self.inputs), results)
