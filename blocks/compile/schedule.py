"""What a program does, before sizes are known: instructions, in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from blocks.graph.branches import Guard
from blocks.graph.op import Apply, Lowering, Product, Reduction, Scalar
from blocks.graph.variable import SharedVariable, Variable

__all__ = ["Instruction", "Schedule", "Window"]


@dataclass(frozen=True)
class Window:
    """Where a variable lies in another one.

    Parameters
    ----------
    base
        The other one.
    start
        The column of it at which the variable begins.
    is_written
        Whether the variable is written there, and not only read.
    """

    base: Variable
    start: int
    is_written: bool


@dataclass(eq=False)
class Instruction:
    """Something that runs as one call.

    Parameters
    ----------
    nodes
        What it computes, in order; the last one names it in messages.
    lowerings
        How each of its nodes runs, and others may be there too.
    reads
        The variables whose values it needs.
    writes
        The variables that others read.
    in_place
        For each variable written into the memory of a shared variable, that variable. If it is
        not read here, that holds where their sizes are the same.
    overwrites
        For each variable written over a value that nobody reads later, that value.
    apart
        The variables whose memory is not that of the product at the beginning, even if it fits.
    kernel
        The generated kernel of a group, once there is one: sizes do not change it.
    windows
        Which variables lie in the memory of another one.
    """

    nodes: list[Apply]
    lowerings: Mapping[Apply, Lowering]
    reads: list[Variable]
    writes: list[Variable]
    in_place: dict[Variable, SharedVariable] = field(default_factory=dict)
    overwrites: dict[Variable, Variable] = field(default_factory=dict)
    apart: set[Variable] = field(default_factory=set)
    kernel: Any = None
    windows: Mapping[Variable, Window] = field(default_factory=dict)

    @property
    def node(self) -> Apply:
        """The last node of the instruction."""
        return self.nodes[-1]

    @property
    def lowering(self) -> Lowering:
        """How it runs; for a group, the lowering of its last node."""
        return self.lowerings[self.nodes[-1]]

    @property
    def is_group(self) -> bool:
        """Whether it is run by a generated kernel."""
        return isinstance(self.lowering, Scalar | Reduction | Product)

    @property
    def targets(self) -> dict[Variable, Variable]:
        """For each variable whose memory another one has had, that one."""
        return {**self.overwrites, **self.in_place}

    @cached_property
    def product(self) -> Apply | None:
        """The matrix product at its beginning, if there is one."""
        found = [n for n in self.nodes if isinstance(self.lowerings[n], Product)]
        return found[0] if found else None


@dataclass
class Schedule:
    """The instructions of a program, and what only depends on sizes.

    Parameters
    ----------
    nodes
        All nodes, in order, for following sizes.
    static
        Those whose values follow from sizes and constants; computed once per set of sizes.
    instructions
        The others, fused and ordered.
    guards
        For nodes that only a branch needs, the conditions under which they run.
    outputs
        What the caller gets.
    updates
        The new value of each shared variable, as the instructions compute it.
    windows
        Which variables lie in the memory of another one.
    """

    nodes: list[Apply]
    static: list[Apply]
    instructions: list[Instruction]
    guards: dict[Apply, Guard]
    outputs: list[Variable]
    updates: dict[SharedVariable, Variable]
    windows: Mapping[Variable, Window]
