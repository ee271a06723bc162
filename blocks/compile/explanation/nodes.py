"""Nodes in an explanation: where they come from, and those that NumPy runs one by one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from blocks.compile.explanation.names import Names, written
from blocks.compile.explanation.result import (
    ExplainedInstruction,
    ExplainedNode,
    ExplainedValue,
    Shape,
)
from blocks.graph.branches import ALWAYS, Guard
from blocks.graph.op import Apply
from blocks.graph.variable import Constant, SharedVariable, Variable

__all__ = ["arrays", "condition", "explained_node", "interpreted"]


def explained_node(node: Apply) -> ExplainedNode:
    """Return what a node is and where it comes from."""
    return ExplainedNode(str(node.op), node.origin.place, node.origin.line)


def arrays(inputs: Sequence[Variable]) -> Iterator[Variable]:
    """Return inputs once each, without the constant numbers, which formulas show."""
    for x in dict.fromkeys(inputs):
        if not (isinstance(x, Constant) and x.data.size <= 1):
            yield x


def condition(guard: Guard, names: Names) -> str:
    """Write when a node runs that only a branch needs; nothing if it always does."""
    if guard == ALWAYS:
        return ""
    paths = (
        " and ".join(f"{'' if truth else 'not '}{names.of(x)}" for x, truth in path)
        for path in guard
    )
    return f"if {' or '.join(paths)}" if guard else "never"


def interpreted(
    nodes: Sequence[Apply],
    guards: Mapping[Apply, Guard],
    names: Names,
    shape: Callable[[Variable], Shape],
    returned: Collection[Variable] = (),
) -> list[ExplainedInstruction]:
    """Return nodes that NumPy runs one by one.

    Parameters
    ----------
    nodes, guards
        Those of an `Interpreter`.
    names
        The names of values; results get theirs here.
    shape
        Returns the sizes of a value.
    returned
        The values that the caller gets.
    """
    rows = []
    for position, node in enumerate(nodes):
        names.number(node.outputs, position)
        results = node.outputs
        rows.append(
            ExplainedInstruction(
                position,
                "interpreted",
                written([node], results, names.of, results if len(results) > 1 else ()),
                nodes=(explained_node(node),),
                inputs=tuple(
                    ExplainedValue(names.of(x), x.dtype, shape(x), _place(x))
                    for x in arrays(node.inputs)
                ),
                outputs=tuple(
                    ExplainedValue(
                        names.of(y), y.dtype, shape(y), "output" if y in returned else "new array"
                    )
                    for y in results
                ),
                condition=condition(guards.get(node, ALWAYS), names),
            )
        )
    return rows


def _place(x: Variable) -> str:
    if x.owner is not None:
        return "new array"
    if isinstance(x, SharedVariable):
        return "shared variable"
    return "constant" if isinstance(x, Constant) else "input"
