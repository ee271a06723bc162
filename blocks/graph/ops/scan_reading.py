"""What a loop backwards reads of the loop forward: what is stored, and what is computed again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from blocks.graph.op import Apply, Scalar, View
from blocks.graph.ops.scan_body import Body
from blocks.graph.ops.sizes import Shape
from blocks.graph.reading import read_by_value, value_inputs
from blocks.graph.traversal import toposort
from blocks.graph.variable import Constant, Variable

if TYPE_CHECKING:
    from blocks.graph.ops.scan import Scan

__all__ = ["Reading", "reading_of"]

MOST_REPEATED = 4
"""Cheap nodes that are computed again rather than to store their result."""


@dataclass
class Reading:
    """What a loop backwards reads: variables that are there, those to store, and states."""

    taken: list[Variable] = field(default_factory=list)
    stored: list[Variable] = field(default_factory=list)
    states: set[int] = field(default_factory=set)


def reading_of(targets: Sequence[Variable], op: Scan, body: Body) -> Reading:
    """Return what to read, so that little is computed again and little is stored."""
    forward = {*op.nodes}
    backward = [n for n in toposort(targets, blockers=body.symbols) if n not in forward]
    inside = set(backward)
    needed = read_by_value(targets, backward)
    read_there = dict.fromkeys([*(x for n in backward for x in n.inputs), *targets])
    wanted = [x for x in read_there if x in needed and x.owner not in inside]
    wanted = [x for x in wanted if not isinstance(x, Constant)]
    found = Reading()
    compared = _compared(backward)
    available = {*body.symbols, *op.stacked, *body.new}
    effort: dict[Variable, int] = {}  # how many cheap nodes lead there from what is available
    for node in op.nodes:
        cost = _cost(node) + sum(effort.get(x, 0) for x in value_inputs(node))
        for y in node.outputs:
            is_read = y in needed and y in read_there and y not in available
            if is_read and (cost > MOST_REPEATED or y in compared):
                found.stored.append(y)
                available.add(y)
            effort[y] = 0 if y in available else cost
    read: dict[Variable, None] = {}
    pending = list(wanted)
    while pending:
        x = pending.pop()
        if x in read:
            continue
        read[x] = None
        if x.owner is not None and x.owner in forward and x not in available:
            pending += value_inputs(x.owner)
    for x in read:
        if x in available and x.owner is not None:
            found.taken.append(x)
        for i, symbols in enumerate(body.states):
            if x in symbols or (x is body.new[i] and x not in op.stacked):
                found.states.add(i)
    return found


def _compared(nodes: Sequence[Apply]) -> set[Variable]:
    """Return what some nodes ask whether it equals another value, also through views.

    Computed again it may be rounded to another number than it was, and equal nothing.
    """
    found: set[Variable] = set()
    for node in reversed(nodes):
        if node.op.name in ("eq", "neq") or (found.intersection(node.outputs) and not _cost(node)):
            found.update(node.inputs)
    return found


def _cost(node: Apply) -> int:
    """Return how much work a node is: 0 for a view, 1 for plain arithmetic, else too much."""
    if isinstance(node.op, Shape):
        return 0
    lowering = node.op.lower(*[x.type for x in node.inputs])
    if isinstance(lowering, View):
        return 0
    is_cheap = isinstance(lowering, Scalar) and "(" not in lowering.text.replace("abs(", "")
    return 1 if is_cheap else MOST_REPEATED + 1
