"""What one step of a loop computes, in symbols for what it reads."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from blocks.graph.ops.map import name_inside
from blocks.graph.traversal import rebuild, toposort
from blocks.graph.variable import Constant, Variable

__all__ = ["Body", "enclosed"]


@dataclass(frozen=True, eq=False)
class Body:
    """What one step computes; two are equal only if they are one.

    Parameters
    ----------
    rows
        The symbols that stand for a row of each sequence.
    states
        For each state the symbols that stand for earlier values, one for each of its taps.
    taps
        For each state how many steps back these are: -1 for the step before.
    others
        The symbols that stand for what is the same in all steps.
    new
        The new value of each state.
    results
        What else is computed in each step, and stacked.
    condition
        After a step in which this is true, the loop ends.
    """

    rows: tuple[Variable, ...]
    states: tuple[tuple[Variable, ...], ...]
    taps: tuple[tuple[int, ...], ...]
    others: tuple[Variable, ...]
    new: tuple[Variable, ...]
    results: tuple[Variable, ...] = ()
    condition: Variable | None = None

    @property
    def symbols(self) -> tuple[Variable, ...]:
        """All symbols: of rows, states, and others."""
        return (*self.rows, *(x for some in self.states for x in some), *self.others)

    @property
    def outputs(self) -> tuple[Variable, ...]:
        """All that a step computes for those outside: new states, results, the condition."""
        return (*self.new, *self.results, *([] if self.condition is None else [self.condition]))

    @cached_property
    def depths(self) -> tuple[int, ...]:
        """For each state how many steps back its furthest tap is."""
        return tuple(-min(taps) for taps in self.taps)


def enclosed(
    targets: Sequence[Variable],
    symbols: Mapping[Variable, Variable],
    fixed: Collection[Variable] = (),
) -> tuple[list[Variable], dict[Variable, Variable]]:
    """Return what a step computes in symbols only, and the symbols for what is outside.

    Parameters
    ----------
    targets
        What it computes.
    symbols
        What depends on the step, and the symbols that stand for it in the loop.
    fixed
        What is taken from outside as it is, even if it depends on what stands for a symbol.

    Returns
    -------
    The targets, computed from symbols; and for each variable from outside that they need its
    symbol. What does not depend on the step is outside as a whole.
    """
    inside = set(symbols)
    order = []
    for node in toposort(targets, blockers=(*symbols, *fixed)):
        if not node.op.is_pure or any(x in inside for x in node.inputs):
            inside.update(node.outputs)
            order.append(node)
    read = dict.fromkeys([*(x for node in order for x in node.inputs), *targets])
    outside = [x for x in read if x not in inside and not isinstance(x, Constant)]
    others = {x: x.type(name_inside(x)) for x in outside}
    inner, _ = rebuild(targets, {**symbols, **others})
    return inner, others
