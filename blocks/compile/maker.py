"""What a function runs, under the names by which Theano's scripts look at it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from blocks.graph.op import Apply
from blocks.graph.traversal import toposort, variables
from blocks.graph.variable import SharedVariable, Variable

__all__ = ["FunctionGraph", "Maker"]


@dataclass(frozen=True)
class FunctionGraph:
    """The graph that a function runs, after it was simplified.

    Parameters
    ----------
    inputs
        What the function takes.
    outputs
        What it computes: its outputs, then the new values of shared variables.
    """

    inputs: list[Variable]
    outputs: list[Variable]

    def toposort(self) -> list[Apply]:
        """Return the applications, each after those it depends on."""
        return toposort(self.outputs, blockers=self.inputs)

    @property
    def apply_nodes(self) -> set[Apply]:
        """The applications."""
        return set(self.toposort())

    @property
    def variables(self) -> set[Variable]:
        """The variables, inputs and outputs included."""
        return {*self.inputs, *variables(self.outputs, blockers=self.inputs)}


class Maker:
    """Where Theano kept the graph of a function: ``f.maker.fgraph``.

    Examples
    --------
    >>> from blocks import function, tensor
    >>> x = tensor.scalar("x")
    >>> f = function([x], x * 1 + 0 * 2 + tensor.exp(x))
    >>> [str(node.op) for node in f.maker.fgraph.toposort()]
    ['exp', 'add']
    """

    def __init__(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        updates: Mapping[SharedVariable, Variable],
    ) -> None:
        self.fgraph = FunctionGraph(list(inputs), [*outputs, *updates.values()])
