"""The third stage: memory and calls, for one set of sizes of the inputs.

A plan follows the sizes through all nodes, gives each value a place (a reused buffer, the
memory of a shared variable, a fresh array for an output), and writes the calls down as
one straight-line Python function.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from blocks.compile.fuse import Instruction, Schedule
from blocks.compile.interpreter import infer_at_run_time
from blocks.compile.jit import compile_kernel
from blocks.compile.kernels import group_kernel, own_kernel
from blocks.compile.memory import Pool, store, writeable
from blocks.errors import BlocksError
from blocks.graph.op import Apply, Array, Call, Kernel, View, evaluate
from blocks.graph.traversal import located
from blocks.graph.types import TensorType
from blocks.graph.variable import Constant, SharedVariable, Variable

__all__ = ["Plan", "UnknownSizesError"]


class UnknownSizesError(Exception):
    """Some sizes depend on values, so these nodes must run before the rest is planned."""

    def __init__(self, nodes: list[Apply]) -> None:
        super().__init__(nodes)
        self.nodes = nodes


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
        self.types: dict[Variable, TensorType] = dict(types)
        self.arrays: dict[Variable, Array] = {}  # what is known before the run
        self.names: dict[Variable, str] = {}  # what is a local name of the run
        self.globals: dict[str, Any] = {"np": np, "empty": np.empty, "copyto": np.copyto}
        self.lines: list[str] = []
        self.pool = Pool(blocks)
        self._shaped: dict[tuple[str, tuple[int, ...]], str] = {}
        self._follow_sizes()
        self._write()

    def _follow_sizes(self) -> None:
        static = set(self.schedule.static)
        unknown: list[Apply] = []
        for node in self.schedule.nodes:
            if any(x not in self.types and x.owner is not None for x in node.inputs):
                continue  # behind a node whose sizes are unknown
            found = infer_at_run_time(node, [self._type(x) for x in node.inputs])
            if not all(t.is_concrete for t in found):
                unknown.append(node)
                continue
            self.types.update(zip(node.outputs, found, strict=True))
            if node in static:
                self._compute(node, found)
        if unknown:
            raise UnknownSizesError(unknown)

    def _type(self, x: Variable) -> TensorType:
        return self.types.get(x, x.type)

    def _compute(self, node: Apply, types: Sequence[TensorType]) -> None:
        if all(t.known is not None and _fully(t.known) for t in types):
            results = tuple(np.asarray(t.known, t.dtype) for t in types)
        else:
            arrays = [x.data if isinstance(x, Constant) else self.arrays[x] for x in node.inputs]
            results = evaluate(node.op, tuple(types), arrays)
        for y, result in zip(node.outputs, results, strict=True):
            self.arrays[y] = np.ascontiguousarray(result).reshape(result.shape)

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
            is_read_later = y in self.outputs or isinstance(y, SharedVariable)
            if y not in saved and y not in made and is_read_later:
                saved[y] = self._local(f"np.array({self._expression(y)})")
        blocks: dict[Variable, Array] = {}
        for position, instruction in enumerate(self.schedule.instructions):
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
                if isinstance(instruction.lowering, View | Call):
                    for y in instruction.writes:
                        last[x] = max(last[x], last.get(y, position))
        return last

    # How values are named in the text of the run.

    def _global(self, value: Any, prefix: str) -> str:
        name = f"{prefix}{len(self.globals)}"
        self.globals[name] = value
        return name

    def _local(self, expression: str) -> str:
        name = f"r{len(self.lines)}"
        self.lines.append(f"{name} = {expression}")
        return name

    def _expression(self, x: Variable) -> str:
        """Return the name of a value, as a C-contiguous array of its own shape."""
        if x in self.names:
            return self.names[x]
        if isinstance(x, SharedVariable):
            self.names[x] = self._local(f"{self._global(x, 's')}.array")
        else:
            array = x.data if isinstance(x, Constant) else self.arrays[x]
            self.names[x] = self._global(writeable(array), "b")
        return self.names[x]

    def _argument(self, x: Variable, shape: tuple[int, ...]) -> str:
        """Return the name of a value in another shape."""
        name = self._expression(x)
        if self._type(x).shape == shape:
            return name
        key = (name, shape)
        if key not in self._shaped:
            if name in self.globals:
                self._shaped[key] = self._global(self.globals[name].reshape(shape), "b")
            else:
                self._shaped[key] = self._local(f"{name}.reshape({shape})")
        return self._shaped[key]

    # The instructions.

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
        else:
            for y in instruction.writes:
                self._place(y, instruction, returned, blocks)
            if isinstance(lowering, Kernel):
                self._own_kernel(instruction, lowering)
            else:
                self._group(instruction)
            return
        # A view may share memory with what is about to change.
        for y in instruction.writes:
            if y in returned or y in self.updates.values():
                saved[y] = self._local(f"np.array({self._expression(y)})")

    def _place(
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
            self.names[y] = self._local(f"empty({shape}, {self._global(dtype, 'd')})")
        else:
            self.arrays[y], blocks[y] = self.pool.take(shape, dtype)

    def _sizes(self, x: Variable) -> tuple[int, ...]:
        return tuple(int(size) for size in self._type(x).shape if size is not None)

    def _group(self, instruction: Instruction) -> None:
        kernel = group_kernel(instruction)
        extents = kernel.loops.extents(self._sizes(kernel.space))
        function = compile_kernel(kernel.source, kernel.signature, kernel.fastmath)
        for x, _ in kernel.arrays:
            if x.owner in instruction.nodes and x not in instruction.writes:
                self.arrays[x], block = self.pool.take(self._sizes(x), x.type.numpy_dtype)
                self.pool.give_back(block)  # scratch memory, for this call only
        arguments = [
            self._argument(x, self._sizes(x) if o is None else kernel.loops.shape(o, extents))
            for x, o in kernel.arrays
        ]
        arguments += map(str, extents)
        self._copy_addend(instruction)
        self.lines.append(f"{self._global(function, 'k')}({', '.join(arguments)})")

    def _copy_addend(self, instruction: Instruction) -> None:
        """Put c where ``alpha * a @ b + beta * c`` is accumulated, unless it is there."""
        product = instruction.product
        if product is None or len(product.inputs) == 2:
            return
        c, (y,) = product.inputs[0], product.outputs
        if instruction.in_place.get(y) is not c:
            self.lines.append(f"copyto({self._expression(y)}, {self._expression(c)})")

    def _own_kernel(self, instruction: Instruction, lowering: Kernel) -> None:
        node = instruction.node
        arrays = [*node.inputs, *node.outputs]
        types = [self._type(x) for x in arrays]
        arguments = [self._expression(x) for x in arrays]
        if lowering.check is not None:
            check = _checked(lowering.check, node)
            self.lines.append(f"{self._global(check, 'c')}({', '.join(arguments)})")
        if lowering.workspace is not None:
            for shape, dtype in lowering.workspace(*types[: len(node.inputs)]):
                array, block = self.pool.take(shape, np.dtype(dtype))
                self.pool.give_back(block)  # free again as soon as the kernel has run
                types.append(TensorType(dtype, shape))
                arguments.append(self._global(array, "w"))
        source, signature = own_kernel(lowering, types)
        function = compile_kernel(source, signature)
        arguments += [repr(value) for value in lowering.static]
        self.lines.append(f"{self._global(function, 'k')}({', '.join(arguments)})")

    def _view(self, instruction: Instruction, view: View, blocks: dict[Variable, Array]) -> None:
        node = instruction.node
        (y,) = node.outputs
        operands = [self._operand(x) for x in node.inputs]
        dummies = [
            np.zeros(self._sizes(x), x.dtype) if a is None else a
            for x, a in zip(node.inputs, operands, strict=True)
        ]
        array = view.function(*dummies)
        contiguous = array.flags.c_contiguous
        # A function that had to copy must be called in every run.
        is_view = np.may_share_memory(array, dummies[0])
        if is_view and all(a is not None for a in operands):
            if contiguous:
                self.arrays[y] = array
                return
            expression = self._global(array, "b")
        else:
            arguments = ", ".join(self._expression(x) for x in node.inputs)
            function = self._global(_checked(view.function, node), "f")
            expression = f"{function}({arguments})"
        if contiguous:
            # All elements, in order: a reshape, which needs no call of the view's function,
            # unless that has an index to check.
            is_fixed = all(a is not None for a in operands[1:])
            if is_view and is_fixed and array.size == dummies[0].size:
                self.names[y] = self._argument(node.inputs[0], self._sizes(y))
            else:
                self.names[y] = self._local(expression)
            return
        self.arrays[y], blocks[y] = self.pool.take(self._sizes(y), y.type.numpy_dtype)
        self.lines.append(f"copyto({self._expression(y)}, {expression})")

    def _operand(self, x: Variable) -> Array | None:
        """Return the memory of a value, if it is the same in every run."""
        if isinstance(x, Constant):
            return x.data
        return self.arrays.get(x)

    def _call(self, instruction: Instruction, call: Call) -> None:
        node = instruction.node
        arguments = ", ".join(self._expression(x) for x in node.inputs)
        dtypes = [y.type.numpy_dtype for y in node.outputs]
        function = self._global(_contiguous(_checked(call.function, node), dtypes), "f")
        names = []
        for i, y in enumerate(node.outputs):
            names.append(f"r{len(self.lines)}_{i}")
            self.names[y] = names[-1]
        self.lines.append(f"{', '.join(names)}, = {function}({arguments})")

    def _finish(self, saved: Mapping[Variable, str]) -> None:
        done = {y for i in self.schedule.instructions for y in i.in_place}
        assign = self._global(store, "store")
        for shared, y in self.updates.items():
            if y is shared or y in done:
                continue
            value = saved.get(y) or self._expression(y)
            self.lines.append(f"{assign}({self._global(shared, 's')}, {value})")
        results = []
        for position, y in enumerate(self.outputs):
            name = saved.get(y) or self._expression(y)
            # No two results share memory, and none is memory of ours.
            repeated = y in self.outputs[:position] or name in self.globals
            results.append(f"np.array({name})" if repeated else name)
        arguments = ", ".join(f"i{i}" for i in range(len(self.inputs)))
        body = "\n".join(f"    {line}" for line in self.lines)
        self.source = f"def run({arguments}):\n{body}\n    return [{', '.join(results)}]\n"
        namespace = self.globals
        exec(compile(self.source, "<plan>", "exec"), namespace)
        self.run: Callable[..., list[Array]] = namespace["run"]


def _fully(known: Any) -> bool:
    return None not in known if isinstance(known, tuple) else True


def _checked(function: Callable[..., Any], node: Apply) -> Callable[..., Any]:
    """Let errors of a function name the brick and the line of its node."""

    def checked(*arrays: Array) -> Any:
        try:
            return function(*arrays)
        except BlocksError as error:
            raise located(error, node) from None

    return checked


def _contiguous(
    function: Callable[..., Any], dtypes: Sequence[np.dtype[Any]]
) -> Callable[..., list[Array]]:
    """Let a NumPy function return what kernels can read."""

    def contiguous(*arrays: Array) -> list[Array]:
        with np.errstate(all="ignore"):
            results = function(*arrays)
        return [np.require(r, d, ["C", "W", "A"]) for r, d in zip(results, dtypes, strict=True)]

    return contiguous
