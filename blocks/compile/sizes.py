"""The first half of planning: every size, and what follows from sizes alone.

Types are inferred anew with the sizes of one call. Where an `ifelse` depends on sizes only,
it is decided here, and the other branch is left out; where it does not, an error in one of
its branches waits until that branch is chosen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from blocks.compile.interpreter import infer_at_run_time
from blocks.compile.schedule import Schedule
from blocks.errors import BlocksError
from blocks.graph.branches import ALWAYS, Guard, Path
from blocks.graph.evaluation import evaluate
from blocks.graph.op import Apply, Array
from blocks.graph.ops.branch import IfElse
from blocks.graph.ops.scan import Scan
from blocks.graph.traversal import toposort
from blocks.graph.types import TensorType
from blocks.graph.variable import Constant, Variable

__all__ = ["Sizes", "UnknownSizesError"]


class UnknownSizesError(Exception):
    """Some sizes depend on values, so these nodes must run before the rest is planned."""

    def __init__(self, nodes: list[Apply]) -> None:
        super().__init__(nodes)
        self.nodes = nodes


class Sizes:
    """The types of all variables of a schedule, with every size known.

    Parameters
    ----------
    schedule
        The instructions.
    types
        The types of the inputs and shared variables, with every size known.

    Attributes
    ----------
    types : dict
        The type of each variable that is computed.
    values : dict
        The value of each variable that follows from sizes.

    Raises
    ------
    UnknownSizesError
        If some sizes depend on values.
    BlocksError
        If sizes do not fit together.
    """

    def __init__(self, schedule: Schedule, types: Mapping[Variable, TensorType]) -> None:
        self.schedule = schedule
        self.types: dict[Variable, TensorType] = dict(types)
        self.values: dict[Variable, Array] = {}
        self._failed: dict[Apply, BlocksError] = {}
        unknown: dict[Apply, None] = {}
        static = set(schedule.static)
        for x, t in types.items():
            if t.known is not None:
                self.values[x] = np.asarray(t.known, t.dtype)
        for node in schedule.nodes:
            guard = self.guard(node)
            if not guard or not all(map(self.has, self._required(node, node in static))):
                continue  # in a branch that is not chosen, or behind unknown sizes
            try:
                found = self._infer(node)
            except BlocksError as error:
                if guard == ALWAYS:
                    raise
                self._failed[node] = error  # of interest only if the branch is chosen
                continue
            if not all(t.is_concrete for t in found) or self._waits(node):
                unknown.update(dict.fromkeys(self._first_to_run(node)))
                continue
            self.types.update(zip(node.outputs, found, strict=True))
            if node in static:
                self._compute(node, found)
        if unknown:
            raise UnknownSizesError(list(unknown))

    def type(self, x: Variable) -> TensorType:
        """Return the type of a variable."""
        return self.types.get(x, x.type)

    def has(self, x: Variable) -> bool:
        """Tell whether the sizes of a variable are known."""
        return x in self.types or x.owner is None

    def known(self, x: Variable) -> Array | None:
        """Return the value of a variable, if it is the same in every run of this plan."""
        return x.data if isinstance(x, Constant) else self.values.get(x)

    def guard(self, node: Apply) -> Guard:
        """Return what of a node's guard remains open: no path if it never runs."""
        if node not in self.schedule.guards:
            return ALWAYS
        remaining: list[Path] = []
        for path in self.schedule.guards[node]:
            values = [(self.known(x), x, truth) for x, truth in path]
            if all(value is None or bool(value) == truth for value, _, truth in values):
                remaining.append(tuple((x, truth) for value, x, truth in values if value is None))
        return ALWAYS if () in remaining else tuple(remaining)

    def runs(self, nodes: Sequence[Apply]) -> bool:
        """Tell whether what is fused into one call runs, in some runs at least.

        It does not in a branch that is not chosen, or that fails before.
        """
        return bool(self.guard(nodes[-1])) and all(self.has(y) for n in nodes for y in n.outputs)

    def branches(self, node: Apply) -> list[Variable]:
        """Return the inputs of an `ifelse` that can be chosen: one or both."""
        condition, *branches = node.inputs
        value = self.known(condition)
        return branches if value is None else [branches[not value]]

    def failure(self, x: Variable) -> BlocksError | None:
        """Return the error because of which a branch has no sizes, if there is one."""
        if self.has(x):
            return None
        return next(self._failed[node] for node in toposort([x]) if node in self._failed)

    def _waits(self, node: Apply) -> bool:
        """Tell whether a node is a loop whose number of steps is not known yet."""
        return isinstance(node.op, Scan) and self.steps(node) is None

    def steps(self, node: Apply) -> int | None:
        """Return how many steps a loop makes, if that is known."""
        value = self.known(node.inputs[0])
        steps = self.type(node.inputs[0]).known if value is None else value
        return None if steps is None else int(steps)

    def _required(self, node: Apply, is_static: bool) -> Sequence[Variable]:
        """Return the inputs that must have sizes: of a choice that is made now the branch too."""
        if not isinstance(node.op, IfElse):
            return node.inputs
        condition = node.inputs[0]
        if is_static and self.has(condition):
            return [condition, *self.branches(node)]
        return [condition]

    def _infer(self, node: Apply) -> Sequence[TensorType]:
        if not isinstance(node.op, IfElse):
            return infer_at_run_time(node, [self.type(x) for x in node.inputs])
        (y,) = node.outputs
        shapes = [self.type(x).shape for x in self.branches(node) if self.has(x)]
        shape = shapes[0] if len(set(shapes)) == 1 else (None,) * y.ndim
        return [TensorType(y.dtype, shape, y.broadcastable)]

    def _first_to_run(self, node: Apply) -> list[Apply]:
        """Return what to compute first to learn the sizes of a node: a choice as a whole."""
        guards = self.schedule.guards
        if node not in guards:
            return [node]
        outermost = [path[0][0] for path in guards[node]]
        return [
            n
            for n in self.schedule.nodes
            if isinstance(n.op, IfElse) and n.inputs[0] in outermost and n not in guards
        ]

    def _compute(self, node: Apply, types: Sequence[TensorType]) -> None:
        if isinstance(node.op, IfElse):
            results = tuple(map(self._value, self.branches(node)))
        elif all(t.known is not None and _fully(t.known) for t in types):
            results = tuple(np.asarray(t.known, t.dtype) for t in types)
        else:
            results = evaluate(node.op, tuple(types), [self._value(x) for x in node.inputs])
        for y, result in zip(node.outputs, results, strict=True):
            self.values[y] = np.ascontiguousarray(result).reshape(result.shape)

    def _value(self, x: Variable) -> Array:
        value = self.known(x)
        assert value is not None
        return value


def _fully(known: object) -> bool:
    return None not in known if isinstance(known, tuple) else True
