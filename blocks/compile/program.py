"""The engine behind `Function`: stages, plans per set of sizes, and the run itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter, is_

import numpy as np

from blocks.compile.bodies import improved
from blocks.compile.convert import compiled_quotient
from blocks.compile.fuse import Schedule, fuse
from blocks.compile.interpreter import Interpreter, check_update
from blocks.compile.memory import aligned, prepared
from blocks.compile.plan import Plan
from blocks.compile.simplify import simplify, stabilize
from blocks.compile.sizes import UnknownSizesError
from blocks.compile.threads import limit_threads
from blocks.division import divide_with
from blocks.graph.garbage import uncollected
from blocks.graph.op import Apply, Array
from blocks.graph.ops.scan import Scan
from blocks.graph.traversal import toposort
from blocks.graph.types import TensorType
from blocks.graph.variable import SharedVariable, Variable

__all__ = ["Program"]

Key = tuple[tuple[int, ...], ...]
LARGEST_NUMBER_OF_PLANS = 64  # each keeps its buffers; the oldest goes when there are more

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
        roots = simplify(roots, self.inputs, watched=len(self.watching))
        self.outputs = roots[: len(outputs)]
        self.updates = dict(zip(updates, roots[len(outputs) :], strict=True))
        self.prefix: Interpreter | None = None
        self.valued: list[Variable] = []  # numbers of steps: a plan is for one value of each
        self.plans: dict[Key, Plan] = {}
        self.memory: Array = aligned(0)  # the plans share it
        self._schedule([])

    def _schedule(self, given: Sequence[Variable]) -> None:
        """Fuse what is left to do when some variables are given besides the inputs."""
        self.given = [*self.inputs, *given]
        self.schedule: Schedule = fuse(
            self.outputs, self.updates, self.given, self.watching, self.valued
        )
        self.updates = self.schedule.updates
        read = {x for node in self.schedule.nodes for x in node.inputs}
        read |= {*self.outputs, *self.updates, *self.updates.values()}
        self.shared = [x for x in read if isinstance(x, SharedVariable)]
        self.resizable = [x for x in self.shared if not x.type.is_concrete]
        self.plans.clear()
        self._last: tuple[list[tuple[int, ...]], list[Array], Plan] | None = None

    def run(self, arrays: Sequence[Array]) -> list[Array]:
        """Return the outputs for some inputs, and update the shared variables."""
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
                given += [self._own(a) for a in self.prefix.look(arrays)]
            shapes = [a.shape for a in given]
            values = [x.array for x in self.resizable]
            known = [(int(a),) for x, a in zip(self.given, given, strict=True) if x in self.valued]
            sizes = tuple(shapes + [a.shape for a in values] + known)
            plan = self.plans.get(sizes)
            if plan is None:
                try:
                    with uncollected():
                        plan = self._plan(given)
                except UnknownSizesError as unknown:
                    if not self._know_steps(unknown.nodes):
                        self._run_first(unknown.nodes)
                    continue
                limit_threads()  # here, because the libraries are loaded by now
                if len(self.plans) >= LARGEST_NUMBER_OF_PLANS:
                    del self.plans[next(iter(self.plans))]
                self.plans[sizes] = plan
            if not self.valued:
                self._last = (shapes, values, plan)
            return plan.run(*given)

    def _own(self, array: Array) -> Array:
        """Return an array that stays as it is while shared variables are updated in place."""
        if any(np.may_share_memory(array, shared.array) for shared in self.updates):
            return np.array(array, order="C")
        return prepared(array)

    def _plan(self, arrays: Sequence[Array]) -> Plan:
        types: dict[Variable, TensorType] = {}
        for x, array in zip(self.given, arrays, strict=True):
            known = int(array) if x in self.valued else None
            types[x] = TensorType(x.dtype, array.shape, x.broadcastable, known)
        for shared in self.shared:
            types[shared] = TensorType(shared.dtype, shared.array.shape, shared.broadcastable)
        plan = self.plan_type(
            self.schedule, self.given, self.outputs, self.updates, types, self._reserve
        )
        for shared, y in self.updates.items():
            check_update(shared, y, plan.sizes.type(y).shape)
        return plan

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
        self.valued += wanted
        needed = [*self.given[len(self.inputs) :]]
        needed += [x for x in wanted if x not in self.given]
        if needed:
            self.prefix = self._interpreter(needed)
        self._schedule(needed)
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
        self.prefix = self._interpreter(list(needed))
        self._schedule(list(needed))


def _loop(node: Apply) -> Callable[[Sequence[Array]], list[Array]]:
    """Return what runs a loop whose results are needed before the rest is planned."""
    inputs = [x.type() for x in node.inputs]
    return Program(inputs, node.op.apply(*inputs).outputs, {}).run
