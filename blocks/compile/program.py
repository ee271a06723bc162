"""The engine behind `Function`: stages, plans per set of sizes, and the run itself."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter, is_
from typing import Any, TypeAlias

import numpy as np

from blocks.compile.bodies import improved
from blocks.compile.convert import compiled_quotient
from blocks.compile.fuse import fuse
from blocks.compile.interpreter import Interpreter, check_update
from blocks.compile.layout import Layout
from blocks.compile.looping import add_loops
from blocks.compile.memory import aligned, prepared
from blocks.compile.plan import Plan
from blocks.compile.schedule import Schedule
from blocks.compile.simplify import accumulate, rewrite, stabilize
from blocks.compile.sizes import UnknownSizesError
from blocks.compile.threads import available_threads, limit_threads
from blocks.config import config
from blocks.division import divide_with
from blocks.graph.garbage import uncollected
from blocks.graph.op import Apply, Array
from blocks.graph.ops.scan import Scan
from blocks.graph.traversal import toposort
from blocks.graph.types import TensorType
from blocks.graph.variable import SharedVariable, Variable

__all__ = ["Program"]

Key: TypeAlias = tuple[Any, ...]
"""What a plan is for: the number of threads, the sizes of inputs and shared variables, and how
many steps loops make whose number is a value."""

LARGEST_NUMBER_OF_PLANS = 64  # the oldest goes when there are more
LARGE_LAYOUT = 1 << 20  # bytes: something is done to make it smaller
WORTHWHILE = 0.03  # of all memory that a run uses: what must be saved to compute more

_array = attrgetter("array")

divide_with(compiled_quotient)


class Program:
    """Computes outputs and updates with compiled kernels over planned memory.

    Parameters
    ----------
    inputs
        The variables whose arrays `run` takes.
    outputs
        The variables whose values it returns.
    updates
        The new value of each shared variable that it changes.
    """

    plan_type = Plan

    def __init__(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        updates: Mapping[SharedVariable, Variable],
    ) -> None:
        self.inputs = list(inputs)
        self.watching = [x for x in updates if getattr(x.tag, "watches", False)]
        updates = {x: y for x, y in updates.items() if x not in self.watching} | {
            x: updates[x] for x in self.watching
        }
        roots = stabilize([*outputs, *updates.values()], self.inputs)
        roots = improved(roots, self.inputs)
        self._simplified = rewrite(roots, self.inputs)
        roots = accumulate(self._simplified, self.inputs, watched=len(self.watching))
        self.outputs = roots[: len(outputs)]
        self.updates = dict(zip(updates, roots[len(outputs) :], strict=True))
        self.memory: Array = aligned(0)  # the plans share it
        self._changes = self._lendings = -1
        self._lent: list[SharedVariable] = []  # of those that are updated
        self._threads = 0
        self._schedule([])

    def _schedule(
        self,
        given: Sequence[Variable],
        prefix: Interpreter | None = None,
        valued: Sequence[Variable] = (),
    ) -> None:
        """Fuse what is left to do when some variables are given besides the inputs."""
        given = [*self.inputs, *given]
        schedule = self._fused(self.outputs, self.updates, self.watching, given, valued)
        shared = [x for x in _read(schedule) if isinstance(x, SharedVariable)]
        resizable = [x for x in shared if not x.type.is_concrete]
        # No calls from here on: an interrupt changes nothing, or all of it is done.
        self.prefix = prefix
        self.given = given
        self.valued = valued  # numbers of steps: a plan is for one value of each
        self.schedule: Schedule = schedule
        self.updates = schedule.updates
        self._alone: Schedule | None = None  # made when they are needed
        self._without_sums: tuple[Schedule, Schedule] | None = None
        self.shared = shared
        self.resizable = resizable
        self.plans: dict[Key, Plan] = {}
        self._last: tuple[list[tuple[int, ...]], list[Array], Plan] | None = None

    def _fused(
        self,
        outputs: Sequence[Variable],
        updates: Mapping[SharedVariable, Variable],
        watching: Sequence[SharedVariable],
        given: Sequence[Variable],
        valued: Sequence[Variable],
    ) -> Schedule:
        schedule = fuse(outputs, updates, given, watching, valued)
        add_loops(schedule)
        return schedule

    def run(self, arrays: Sequence[Array]) -> list[Array]:
        """Return the outputs for some inputs, and update the shared variables."""
        if self._changes != config.changes or self._lendings != SharedVariable.lendings:
            self._follow_settings()
        if self._lent:
            arrays = [self._own(a, self._lent) for a in arrays]
        if self.prefix is None and self._last is not None:
            # Nearly always: the sizes of the run before, and shared variables in their arrays.
            given = list(map(prepared, arrays))
            sizes, values, plan = self._last
            if [a.shape for a in given] == sizes and all(
                map(is_, map(_array, self.resizable), values)
            ):
                return plan.run(*given)
        return self._plan_and_run(arrays)

    def _plan_and_run(self, arrays: Sequence[Array]) -> list[Array]:
        while True:
            given = [prepared(a) for a in arrays]
            if self.prefix is not None:
                given += [self._own(a, self.updates) for a in self.prefix.look(arrays)]
            shapes = [a.shape for a in given]
            values = [x.array for x in self.resizable]
            steps = [int(a) for x, a in zip(self.given, given, strict=True) if x in self.valued]
            steps += [int(x.array) for x in self.valued if isinstance(x, SharedVariable)]
            key = (self._threads, *shapes, *(a.shape for a in values), *steps)
            plan = self.plans.get(key)
            if plan is None:
                try:
                    with uncollected():
                        plan = self._plan(given)
                except UnknownSizesError as unknown:
                    if not self._know_steps(unknown.nodes):
                        self._run_first(unknown.nodes)
                    continue
                if len(self.plans) >= LARGEST_NUMBER_OF_PLANS:
                    del self.plans[next(iter(self.plans))]
                self.plans[key] = plan
            if not self.valued:
                self._last = (shapes, values, plan)
            results = plan.run(*given)
            limit_threads()  # once more: a node may have loaded a library
            return results

    def _follow_settings(self) -> None:
        """Look for a plan for another number of threads, if that was set, and what was lent."""
        self._changes = config.changes
        self._lendings = SharedVariable.lendings
        self._lent = [x for x in self.updates if x.is_lent]
        self._threads = available_threads()
        self._last = None
        limit_threads()

    def _own(self, array: Array, updated: Iterable[SharedVariable]) -> Array:
        """Return an array that stays as it is while shared variables are updated in place."""
        if any(np.may_share_memory(array, shared.array) for shared in updated):
            return np.array(array, order="C")
        return prepared(array)

    def _plan(self, arrays: Sequence[Array]) -> Plan:
        types: dict[Variable, TensorType] = {}
        for x, array in zip(self.given, arrays, strict=True):
            known = int(array) if x in self.valued else None
            types[x] = TensorType(x.dtype, array.shape, x.broadcastable, known)
        for shared in self.shared:
            known = int(shared.array) if shared in self.valued else None
            shape = shared.array.shape
            types[shared] = TensorType(shared.dtype, shape, shared.broadcastable, known)
        layout = self._smaller(Layout(self.schedule, types), types)
        plan = self.plan_type(layout, self.given, self._reserve)
        for shared, y in plan.updates.items():
            check_update(shared, y, plan.sizes.type(y).shape)
        return plan

    def _smaller(self, layout: Layout, types: Mapping[Variable, TensorType]) -> Layout:
        """Return another layout in place of a large one, if it needs clearly less memory.

        Where gemm adds the gradient of weights to them, the gradient with respect to the
        inputs of that layer must come before, as it needs the old weights. The activations stay
        until then. If they are larger than the weights, memory for the gradient is little.

        The two ways round differently, so what only watches has no say: schedules without it
        are compared, and the memory of what these read.
        """
        if self.prefix is not None:
            return layout
        if self._alone is None:
            self._alone = self._without_watchers(self.outputs, self.updates) or self.schedule
        if not any(i.product and i.in_place for i in self._alone.instructions):
            return layout
        before = layout if self._alone is self.schedule else Layout(self._alone, types)
        if before.size < LARGE_LAYOUT:
            return layout
        if self._without_sums is None:
            self._without_sums = self._fused_without_sums()
        alone, together = self._without_sums
        after = Layout(alone, types)
        given = sum(
            math.prod(n or 0 for n in types[x].shape) * x.type.numpy_dtype.itemsize
            for x in _read(self._alone)
            if x in types
        )
        if before.size - after.size <= WORTHWHILE * (before.size + given):
            return layout
        return after if alone is together else Layout(together, types)

    def _fused_without_sums(self) -> tuple[Schedule, Schedule]:
        """Return schedules in which gemm adds to nothing: without what watches, and with it."""
        count = len(self.outputs)
        outputs = self._simplified[:count]
        updates = dict(zip(self.updates, self._simplified[count:], strict=True))
        together = self._fused(outputs, updates, self.watching, self.given, self.valued)
        return self._without_watchers(outputs, updates) or together, together

    def _without_watchers(
        self, outputs: Sequence[Variable], updates: Mapping[SharedVariable, Variable]
    ) -> Schedule | None:
        """Return the schedule of what does more than watch, or ``None`` if nothing watches."""
        if not self.watching:
            return None
        own = {x: y for x, y in updates.items() if x not in self.watching}
        return self._fused(outputs, own, [], self.given, self.valued)

    def _reserve(self, size: int) -> Array:
        """Return memory for a plan. Where it grows, plans in the old one are made anew one day."""
        if size > self.memory.size:
            self.plans.clear()
            self._last = None
            self.memory = aligned(0)  # or both would be there for a moment
            self.memory = aligned(size)
        return self.memory

    def _know_steps(self, nodes: Sequence[Apply]) -> bool:
        """Plan for each number of steps of some loops; tell whether there are such loops."""
        steps = [node.inputs[0] for node in nodes if isinstance(node.op, Scan)]
        wanted = list(dict.fromkeys(x for x in steps if x not in self.valued))
        if not wanted:
            return False
        needed = [*self.given[len(self.inputs) :]]
        # A shared variable is not given: its new value would go into what is given.
        needed += [x for x in wanted if x not in self.given and not isinstance(x, SharedVariable)]
        prefix = self._interpreter(needed) if needed else None
        self._schedule(needed, prefix, [*self.valued, *wanted])
        return True

    def _interpreter(self, outputs: Sequence[Variable]) -> Interpreter:
        return Interpreter(self.inputs, outputs, {}, run_loop=_loop)

    def _run_first(self, nodes: Sequence[Apply]) -> None:
        """Move nodes whose sizes depend on values, and all behind them, to a first part.

        That part is interpreted, and its results are inputs of the rest.
        """
        known = set(self.given) - set(self.inputs)
        outputs = [y for node in nodes for y in node.outputs]
        first = toposort([*outputs, *known], blockers=self.inputs)
        inside = set(first)
        needed: dict[Variable, None] = {}
        rest = toposort([*self.outputs, *self.updates.values()], blockers=self.inputs)
        for node in rest:
            if node not in inside:
                needed.update(dict.fromkeys(x for x in node.inputs if x.owner in inside))
        for y in [*self.outputs, *self.updates.values()]:
            if y.owner in inside:
                needed[y] = None
        self._schedule(list(needed), self._interpreter(list(needed)), self.valued)


def _loop(node: Apply) -> Callable[[Sequence[Array]], list[Array]]:
    """Return what runs a loop whose results are needed before the rest is planned."""
    inputs = [x.type(str(x)) for x in node.inputs]
    return _LoopProgram(inputs, node.op.apply(*inputs).outputs, {}).run


class _LoopProgram(Program):
    """A program of one loop, which is interpreted if even that cannot be planned."""

    def _interpreter(self, outputs: Sequence[Variable]) -> Interpreter:
        return Interpreter(self.inputs, outputs, {})


def _read(schedule: Schedule) -> dict[Variable, None]:
    """Return all that a schedule reads, returns or updates, each once, in order."""
    read = dict.fromkeys(x for node in schedule.nodes for x in node.inputs)
    return read | dict.fromkeys([*schedule.outputs, *schedule.updates, *schedule.updates.values()])
