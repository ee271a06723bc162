"""What a loop backwards reads of the loop forward: what is stored, and what is computed again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from blocks.graph.op import Apply, Scalar, View
from blocks.graph.ops.scan_body import Body
from blocks.graph.ops.scan_sizes import changing_shapes
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
    changing = changing_shapes(op.nodes, body)
    groups = _compared(backward)
    compared = set().union(*groups)
    # What changes its shape cannot be stored. Then what it is compared with is computed again
    # too, by the same loop and so with the same rounding, even if it is there: a stored value
    # might differ from all of the new ones in the last digit.
    anew = {x for group in groups if group & changing for x in group if x.owner in forward}
    available = {*body.symbols, *op.stacked, *body.new} - anew
    effort: dict[Variable, int] = {}  # how many cheap nodes lead there from what is available
    for node in op.nodes:
        cost = _cost(node) + sum(effort.get(x, 0) for x in value_inputs(node))
        for y in node.outputs:
            is_read = y in needed and y in read_there and y not in available
            is_read = is_read and y not in changing and y not in anew
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
            is_new = x is body.new[i] and x in available
            if x in symbols or (is_new and x not in op.stacked):
                found.states.add(i)
    return found


def _compared(nodes: Sequence[Apply]) -> list[set[Variable]]:
    """Return sets of what some nodes ask whether they are equal, also through views.

    Computed again it may be rounded to another number than it was, and equal nothing. No
    variable is in two of the sets.
    """
    groups: list[set[Variable]] = []
    for node in reversed(nodes):
        group = set(node.inputs)
        if node.op.name not in ("eq", "neq"):
            is_inside = any(found.intersection(node.outputs) for found in groups)
            if not is_inside or _cost(node):
                continue
            group.update(node.outputs)
        group = {x for x in group if not isinstance(x, Constant)}
        joined = [found for found in groups if found & group]
        groups = [found for found in groups if not found & group]
        groups.append(group.union(*joined))
    return groups


def _cost(node: Apply) -> int:
    """Return how much work a node is: 0 for a view, 1 for plain arithmetic, else too much."""
    if isinstance(node.op, Shape):
        return 0
    lowering = node.op.lower(*[x.type for x in node.inputs])
    if isinstance(lowering, View):
        return 0
    is_cheap = isinstance(lowering, Scalar) and "(" not in lowering.text.replace("abs(", "")
    return 1 if is_cheap else MOST_REPEATED + 1
