"""Loops: the step of a `Scan` planned once, and run again and again over moving rows.

The body is fused and planned as a function is, but all arrays from outside are its arguments:
rows of sequences, earlier values of states, and where to put what the step computes, so that
nothing is copied. If the whole step is kernels, one compiled function makes all steps; else
Python runs the step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from blocks.compile.fuse import fuse
from blocks.compile.interpreter import step_of
from blocks.compile.layout import Layout
from blocks.compile.memory import aligned, prepared
from blocks.compile.plan import Plan
from blocks.compile.schedule import Instruction, Schedule
from blocks.compile.script import AFTER, BEFORE, Place
from blocks.compile.segment import looper
from blocks.compile.sizes import Sizes, UnknownSizesError
from blocks.errors import BlocksError
from blocks.graph.op import Apply, Array, Loop
from blocks.graph.ops.scan import Scan
from blocks.graph.traversal import in_step, located, rebuild
from blocks.graph.types import TensorType
from blocks.graph.variable import SharedVariable, Variable

__all__ = ["LoopBody", "add_loops"]


class LoopBody:
    """The schedule of a step, for all sizes.

    Parameters
    ----------
    op
        The loop.

    Attributes
    ----------
    carries : dict of int to SharedVariable
        What stands, in the step, for the states of which only the last value is kept.
    outputs : list of Variable
        What the step writes into rows: kept states, results, and last the condition.
    """

    def __init__(self, op: Scan) -> None:
        self.op, body = op, op.body
        self.carries: dict[int, SharedVariable] = {}
        for i, kept in enumerate(op.kept):
            if not kept:
                (symbol,) = body.states[i]
                empty = np.zeros([n or 0 for n in symbol.type.shape], symbol.dtype)
                self.carries[i] = SharedVariable(empty, symbol.type, symbol.name)
        own = {body.states[i][0]: carry for i, carry in self.carries.items()}
        wanted = [*body.new, *op.stacked]
        wanted += [] if body.condition is None else [body.condition]
        found, _ = rebuild(wanted, own)
        new = found[: len(op.kept)]
        self.inputs = [x for x in body.symbols if x not in own]
        self.outputs = [y for y, kept in zip(new, op.kept, strict=True) if kept]
        self.outputs += found[len(op.kept) :]
        self.updates = {carry: new[i] for i, carry in self.carries.items()}
        self.schedule: Schedule = fuse(self.outputs, self.updates, self.inputs)
        self.updates = self.schedule.updates
        add_loops(self.schedule)

    def prepared(self, node: Apply, sizes: Sizes) -> Callable[..., None]:
        """Return what runs the loop: it takes sequences, initial states, others, and outputs.

        Parameters
        ----------
        node
            The loop.
        sizes
            The sizes of what it reads and writes.
        """
        op = self.op
        steps = sizes.steps(node)
        assert steps is not None
        _, sequences, initials, others = op.split([sizes.type(x) for x in node.inputs])
        types = op.inner_types(sequences, initials, others)
        for i, carry in self.carries.items():
            types[carry] = types[op.body.states[i][0]]
        given = {x: types[x] for x in [*self.inputs, *self.carries.values()]}
        try:
            plan = LoopPlan(self, given)
        except UnknownSizesError:
            return _Interpreted(node, op, steps, [sizes.type(x) for x in node.inputs[1:]])
        return _Looped(self, plan, steps)


def add_loops(schedule: Schedule) -> None:
    """Give each loop of a schedule the schedule of its step."""
    for instruction in schedule.instructions:
        if isinstance(instruction.lowering, Loop):
            op = instruction.node.op
            assert isinstance(op, Scan)
            instruction.kernel = LoopBody(op)


class LoopPlan(Plan):
    """The calls of a step: all arrays from outside are arguments of its run."""

    def __init__(self, body: LoopBody, types: Mapping[Variable, TensorType]) -> None:
        self.carries = list(body.carries.values())
        super().__init__(Layout(body.schedule, types), body.inputs, reserve=aligned)

    def _name_arguments(self) -> None:
        arguments = [*self.inputs, *self.carries]
        self.names.update((x, f"i{i}") for i, x in enumerate(arguments))
        self.destinations = [f"i{len(arguments) + j}" for j in range(len(self.outputs))]
        self.count = len(arguments) + len(self.outputs)
        self.where: dict[Variable, str] = {}
        for y, name in zip(self.outputs, self.destinations, strict=True):
            self.where.setdefault(y, name)

    def _write(self) -> None:
        self._name_arguments()
        made, old = self._made(), set(self.carries)
        saved: dict[Variable, str] = {}
        self.script.begin(BEFORE)
        for y in [*self.outputs, *self.updates.values()]:
            if y in old and y not in saved:  # before anything changes it
                saved[y] = self._copied(y)
        self.script.end()
        self._instructions(made & set(self.outputs), saved)
        self._finish(saved)

    def _allot(self, y: Variable, instruction: Instruction, returned: set[Variable]) -> None:
        if y in self.layout.in_place:
            self.names[y] = self._expression(self.layout.in_place[y])
        elif y in self.where:
            self.names[y] = self.where[y]

    def _copied(self, y: Variable) -> str:
        name = self.script.constant(np.empty(self._sizes(y), y.dtype), "t")
        self._copy_to(name, y)
        return name

    def _copy_to(self, name: str, y: Variable, source: str | None = None) -> None:
        shape = self._sizes(y)
        place = self._place(y) if source is None else Place(source, shape, shape)
        count = int(np.prod(shape))
        flat = Place(place.name, place.own_shape, (count,), place.offset)
        self._copy(flat, Place(name, shape, (count,)), y.dtype)

    def _finish(self, saved: Mapping[Variable, str]) -> None:
        self.script.begin(AFTER)
        for y, name in zip(self.outputs, self.destinations, strict=True):
            if self.names.get(y) != name or y in self.aliases:
                self._copy_to(name, y, saved.get(y))
        done = self.layout.in_place
        for carry, y in self.updates.items():
            if y is not carry and y not in done:
                self._copy_to(self.names[carry], y, saved.get(y))
        self.script.end()
        self.segment = self.script.only_segment()
        self.source, self.run = self.script.finish(self.count, [])


@dataclass(frozen=True)
class _Argument:
    """An argument of a step: which array of the loop, where it begins, how it moves."""

    array: int
    start: int  # rows
    step: int  # rows


class _Interpreted:
    """A loop in which sizes depend on values: step by step, node by node."""

    plan = None

    def __init__(self, node: Apply, op: Scan, steps: int, types: Sequence[TensorType]) -> None:
        self.node, self.op, self.steps, self.types = node, op, steps, types
        self.step = step_of(op)

    def __call__(self, *arrays: Array | None) -> None:
        # Of some only the sizes matter.
        given = [
            np.zeros([n or 0 for n in t.shape], t.dtype) if a is None else a
            for a, t in zip(arrays, self.types, strict=False)
        ]
        try:
            found = self.op.run([np.asarray(self.steps), *given], self.step)
        except BlocksError as error:
            raise located(error, self.node) from None
        for whole, result in zip(arrays[len(given) :], found, strict=True):
            assert whole is not None
            np.copyto(whole, result)


class _Looped:
    """A loop that runs a plan of its step.

    Parameters
    ----------
    body, plan
        The step.
    steps
        How often to run it.
    """

    def __init__(self, body: LoopBody, plan: LoopPlan, steps: int) -> None:
        self.op, self.plan, self.steps = body.op, plan, steps
        op = body.op
        self.first_initial = len(op.body.rows)
        self.first_output = self.first_initial + len(op.kept) + len(op.body.others)
        self.stop = np.zeros(1, np.int64)
        self.arguments = self._arguments(body)
        self.segment = None
        if plan.segment is not None:
            segment, names = plan.segment
            self.segment = segment
            self.words = segment.words()
            self.used = [self.arguments[int(name[1:])] for name in names]
            self.moves: Array | None = None

    def _arguments(self, body: LoopBody) -> list[_Argument]:
        """Return the arguments of the step, in the order of the plan's."""
        op, last = self.op, self.steps - 1
        backwards = op.backwards

        def moving(array: int, at: int) -> _Argument:
            """Return an argument that begins some rows behind the first one."""
            return _Argument(array, at + (last if backwards else 0), -1 if backwards else 1)

        found: list[_Argument] = [moving(i, 0) for i in range(len(op.body.rows))]
        for i, taps in enumerate(op.body.taps):
            if op.kept[i]:
                rows = [op.state_rows(i, tap).start for tap in taps]
                found += [moving(self.first_output + i, row) for row in rows]
        first = self.first_initial + len(op.kept)
        found += [_Argument(first + j, 0, 0) for j in range(len(op.body.others))]
        found += [_Argument(self.first_output + i, 0, 0) for i in body.carries]
        for i, kept in enumerate(op.kept):
            if kept:
                found.append(moving(self.first_output + i, op.state_rows(i, 0).start))
        start = self.first_output + len(op.kept)
        found += [moving(start + j, 0) for j in range(len(op.stacked))]
        if op.body.condition is not None:
            found.append(_Argument(-1, 0, 0))
        return found

    def __call__(self, *arrays: Array) -> None:
        op, initials = self.op, arrays[self.first_initial :]
        outputs = arrays[self.first_output :]
        if op.body.condition is not None:
            for y in outputs:
                y[...] = 0
            self.stop[0] = 0
        op.start(outputs, initials, self.steps)
        for i, kept in enumerate(op.kept):
            if not kept:
                np.copyto(outputs[i], initials[i])
        made = self._steps(arrays)
        if op.body.condition is not None:
            outputs[-1][...] = made

    def _steps(self, arrays: Sequence[Array]) -> int:
        """Make the steps, and return how many."""
        if self.segment is None or not self.steps:
            return self._in_python(arrays)
        used = [self.stop if a.array < 0 else arrays[a.array] for a in self.used]
        if self.moves is None:
            self.moves = self._moves(used)
        made = looper()(
            self.words.ctypes.data,
            tuple(used),
            self.moves.ctypes.data,
            self.steps,
            len(self.segment.kernels),
        )
        if made < 0:
            self._in_python(arrays, int(self.moves[0]))  # it raises the error
            self.plan.script.broken()
        return made

    def _moves(self, used: Sequence[Array]) -> Array:
        """Return the table of `looper`: sizes, and so the bytes of rows, are those of the plan."""
        table = [0, self.stop.ctypes.data if self.op.body.condition is not None else 0]
        for argument, x in zip(self.used, used, strict=True):
            row = x.strides[0] if argument.step else 0
            table += [argument.start * row, argument.step * row]
        return np.array(table, np.int64)

    def _in_python(self, arrays: Sequence[Array], first: int = 0) -> int:
        with np.errstate(all="ignore"):
            for t in range(first, self.steps):
                rows = [self._row(argument, arrays, t) for argument in self.arguments]
                try:
                    self.plan.run(*rows)
                except BlocksError as error:
                    row = self.steps - 1 - t if self.op.backwards else t
                    raise in_step(error, row, self.op.name) from None
                if self.stop[0]:
                    return t + 1
        return self.steps

    def _row(self, argument: _Argument, arrays: Sequence[Array], t: int) -> Array | None:
        if argument.array >= 0 and arrays[argument.array] is None:
            return None  # only its sizes matter
        if argument.array < 0:
            condition = self.op.body.condition
            assert condition is not None
            return self.stop.view(condition.dtype)[:1].reshape(())
        x: Any = arrays[argument.array]
        return prepared(x[argument.start + t * argument.step, ...]) if argument.step else x
