"""Reads a compiled function: its schedule, and the plan for one set of sizes if there is one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from blocks.compile.explanation.names import Names, known_text, written
from blocks.compile.explanation.nodes import arrays, condition, explained_node, interpreted
from blocks.compile.explanation.result import (
    ExplainedInstruction,
    ExplainedRegion,
    ExplainedValue,
    Measured,
    Shape,
)
from blocks.compile.layout import Region
from blocks.compile.plan import Plan
from blocks.compile.program import Program
from blocks.compile.schedule import Instruction
from blocks.compile.script import AFTER, BEFORE, FIRST
from blocks.graph.branches import ALWAYS
from blocks.graph.formula import formula
from blocks.graph.op import Branch, Call, Kernel, Loop, Pieces, Product, Reduction, Scalar, View
from blocks.graph.variable import Constant, SharedVariable, Variable

__all__ = ["Reader"]

KINDS = {
    Branch: "branch",
    Call: "python",
    Kernel: "kernel",
    Loop: "loop",
    Pieces: "kernel",
    Product: "product",
    Reduction: "fold",
    Scalar: "elementwise",
    View: "view",
}


class Reader:
    """Turns what a program does into the instructions of an explanation.

    Parameters
    ----------
    program
        The engine of a function.
    plan
        The plan to read; ``None`` if it has not run yet.

    Attributes
    ----------
    shared : list of SharedVariable
        The shared variables that it reads or updates.
    """

    def __init__(self, program: Program, plan: Plan | None) -> None:
        self.program, self.plan = program, plan
        self.schedule = program.schedule if plan is None else plan.schedule
        prefix = program.prefix
        nodes = [*(prefix.nodes if prefix is not None else ()), *self.schedule.nodes]
        read = (x for node in nodes for x in node.inputs)
        found = dict.fromkeys([*self.schedule.updates, *read, *self.schedule.outputs])
        self.shared = [x for x in found if isinstance(x, SharedVariable)]
        self.names = Names(program.inputs, self.shared)
        self._first: list[ExplainedInstruction] = []
        if prefix is not None:
            self._first = interpreted(prefix.nodes, prefix.guards, self.names, self._shape)
        self._makers = {y: i for i in self.schedule.instructions for y in i.writes}
        self._outputs = set(self.schedule.outputs)
        self._before, self._after = list(self._copied_before()), list(self._copied_after())
        self._start = len(self._first) + bool(self._before)
        self._last = len(self.schedule.instructions) - (not self._after)  # what may read a result
        self._name_results()
        self._lying = {} if plan is None else plan.layout.values
        timings = getattr(plan, "timings", None)
        self.timings = timings if timings is not None and timings.calls else None
        self._typical = None if self.timings is None else self.timings.typical()
        self._sums = None if self.timings is None else (self.timings.runs(), self.timings.totals())

    def instructions(self) -> list[ExplainedInstruction]:
        """Return everything that is done in a call, in order."""
        instructions = self.schedule.instructions
        return [
            *self._first,
            *self._copies(self._start - 1, BEFORE, self._before),
            *(self._row(instruction, i) for i, instruction in enumerate(instructions)),
            *self._copies(self._start + len(instructions), AFTER, self._after),
        ]

    # Names, sizes and places of values

    def _name_results(self) -> None:
        for node in self.schedule.static:
            for y in node.outputs:
                value = None if self.plan is None else self.plan.sizes.values.get(y)
                self.names.names[y] = (
                    formula(y, limit=40, depth=3) if value is None else known_text(value)
                )
        for i, instruction in enumerate(self.schedule.instructions):
            self.names.number(instruction.writes, self._start + i)
            for y, shared in self._in_place(instruction).items():
                self.names.names[y] = self.names.of(shared)

    def _in_place(self, instruction: Instruction) -> dict[Variable, SharedVariable]:
        """Return what is written over old values: as far as sizes are known, in this plan."""
        found = instruction.in_place
        if self.plan is None:
            return found
        return {y: shared for y, shared in found.items() if y in self.plan.layout.in_place}

    def value(self, x: Variable, place: str | None = None) -> ExplainedValue:
        """Return a value with its sizes and where it is."""
        where = self._place(x) if place is None else place
        return ExplainedValue(self.names.of(x), x.dtype, self._shape(x), where)

    def _shape(self, x: Variable) -> Shape:
        if self.plan is not None and x in self.plan.sizes.types:
            return self.plan.sizes.type(x).shape
        return x.array.shape if isinstance(x, SharedVariable) else x.type.shape

    def nbytes(self, x: Variable) -> int | None:
        """Return the bytes of a value, if its sizes are known."""
        sizes = [size for size in self._shape(x) if size is not None]
        known = len(sizes) == x.ndim
        return int(np.prod(sizes)) * x.type.numpy_dtype.itemsize if known else None

    def _place(self, x: Variable) -> str:
        if isinstance(x, SharedVariable):
            return "shared variable"
        if x in self.program.inputs:
            return "input"
        if x in self.program.given:
            return "new array"
        if isinstance(x, Constant) or x.owner in self.schedule.static:
            return "constant"
        maker = self._makers.get(x)
        return "" if maker is None else self._place_of_result(maker, x)

    def _place_of_result(self, instruction: Instruction, y: Variable) -> str:
        lowering = instruction.lowering
        if y in self._in_place(instruction):
            return self.names.of(y)
        if y in self._outputs:
            return "output"
        if y in self._lying:
            return f"byte {self._lying[y].offset}"
        if isinstance(lowering, View):
            return f"view of {self.names.of(instruction.node.inputs[0])}"
        if isinstance(lowering, Branch):
            return "as chosen"
        return "new array" if isinstance(lowering, Call) else "memory"

    # Memory

    def regions(self) -> list[ExplainedRegion]:
        """Return which values lie where in the memory of the plan."""
        return [
            ExplainedRegion(
                name, r.offset, r.size, self._start + r.first, self._start + min(r.last, self._last)
            )
            for instruction in self.schedule.instructions
            for name, r in [*self._values(instruction), *self._scratch(instruction)]
        ]

    def _values(self, instruction: Instruction) -> Iterator[tuple[str, Region]]:
        for y in instruction.writes:
            if y in self._lying:
                yield self.names.of(y), self._lying[y]

    def _scratch(self, instruction: Instruction) -> Iterator[tuple[str, Region]]:
        """Yield what an instruction needs for itself: a product that it reads, and totals."""
        for node in instruction.nodes:
            for y in node.outputs:
                if y in self._lying and y not in instruction.writes:
                    yield "scratch", self._lying[y]
        for region in () if self.plan is None else self.plan.layout.scratch.get(instruction, ()):
            yield "scratch", region

    # Rows

    def _row(self, instruction: Instruction, i: int) -> ExplainedInstruction:
        writes, in_place = instruction.writes, self._in_place(instruction)
        named = [y for y in writes if len(writes) > 1 or y in in_place]
        bodies = [] if self.plan is None else self.plan.script.bodies.get(i, [])
        inputs = list(arrays(instruction.reads))
        product = self._product(instruction)
        flops = None
        if product is not None and None not in product:
            flops = 2 * int(np.prod([size for size in product if size is not None]))
        sizes = [self.nbytes(x) for x in [*inputs, *writes]]
        moves_nothing = isinstance(instruction.lowering, View | Branch)
        return ExplainedInstruction(
            self._start + i,
            "product" if instruction.product is not None else KINDS[type(instruction.lowering)],
            written(instruction.nodes, writes, self.names.of, named),
            nodes=tuple(map(explained_node, instruction.nodes)),
            inputs=tuple(map(self.value, inputs)),
            outputs=tuple(self.value(y, self._place_of_result(instruction, y)) for y in writes),
            in_place=tuple(self.names.of(x) for x in in_place.values()),
            condition=self._condition(instruction),
            product=product,
            flops=flops,
            nbytes=None if moves_nothing or None in sizes else sum(n or 0 for n in sizes),
            scratch=sum(region.size for _, region in self._scratch(instruction)),
            sources=tuple(dict.fromkeys(body.strip() for body in bodies)),
            measured=self._measured(i),
        )

    def _condition(self, instruction: Instruction) -> str:
        if self.plan is None:
            return condition(self.schedule.guards.get(instruction.node, ALWAYS), self.names)
        made = [y for node in instruction.nodes for y in node.outputs]
        guard = self.plan.sizes.guard(instruction.node)
        return condition(guard if all(map(self.plan.sizes.has, made)) else (), self.names)

    def _product(self, instruction: Instruction) -> Shape | None:
        node = instruction.product
        if node is None:
            return None
        lowering = node.op.lower(*(x.type for x in node.inputs))
        assert isinstance(lowering, Product)
        a, b = node.inputs[1:3] if lowering.accumulate else node.inputs
        left, right = self._shape(a), self._shape(b)
        m, k = left[::-1] if lowering.transpose[0] else left
        also_k, n = right[::-1] if lowering.transpose[1] else right
        return (m, n, also_k if k is None else k)

    def _measured(self, i: int) -> Measured | None:
        if self._typical is None or self._sums is None:
            return None
        if i < 0:
            i -= 1  # after the parts stands the whole
        in_call, in_run = self._typical
        runs, totals = self._sums
        share = float(in_call[i] / in_call[-1])
        # What a branch alone needs may not have run in the calls that `typical` looks at.
        seconds = float(in_run[i] or totals[i] / max(1, runs[i]))
        return Measured(int(runs[i]), seconds, float(totals[i]), share)

    def call_seconds(self) -> tuple[float | None, float | None, float | None]:
        """Return the time of a call, of what is interpreted in it, and outside of all parts."""
        if self._typical is None:
            return None, None, None
        in_call, _ = self._typical
        first = float(in_call[FIRST - 1]) if self._first else None
        return float(in_call[-1]), first, float(in_call[-1] - in_call[:-1].sum())

    # What is copied before and after all instructions

    def _copied_before(self) -> Iterator[Variable]:
        """Return the inputs, constants and old values that are returned or stored elsewhere."""
        outputs, updates = self.schedule.outputs, self.schedule.updates
        for y in dict.fromkeys([*outputs, *updates.values()]):
            if y not in self._makers and (y in outputs or isinstance(y, SharedVariable)):
                yield y

    def _copied_after(self) -> Iterator[tuple[SharedVariable, Variable]]:
        """Return the updates that were not written in place."""
        done = {x for i in self.schedule.instructions for x in self._in_place(i).values()}
        for shared, y in self.schedule.updates.items():
            if y is not shared and shared not in done:
                yield shared, y

    def _copies(
        self, position: int, which: int, values: Sequence[Variable | tuple[Variable, Variable]]
    ) -> Iterator[ExplainedInstruction]:
        """Return the row of some copies, if there are any."""
        if not values:
            return
        pairs = [x if isinstance(x, tuple) else (None, x) for x in values]
        sizes = [self.nbytes(y) for _, y in pairs]
        texts, results = [], []
        for x, y in pairs:
            if x is None:
                texts.append(f"copy of {self.names.of(y)}")
                results.append(self.value(y, "output" if y in self._outputs else "new array"))
            else:
                texts.append(f"{self.names.of(x)} = {self.names.of(y)}")
                results.append(replace(self.value(x), place=self.names.of(x)))
        yield ExplainedInstruction(
            position,
            "copy",
            "; ".join(texts),
            inputs=tuple(self.value(y) for _, y in pairs),
            outputs=tuple(results),
            nbytes=None if None in sizes else 2 * sum(n or 0 for n in sizes),
            measured=self._measured(which),
        )
