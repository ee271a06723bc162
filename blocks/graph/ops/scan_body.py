"""What one step of a loop computes, in symbols for what it reads."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from blocks.graph.variable import Variable

__all__ = ["Body"]


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
