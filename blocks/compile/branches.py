"""The order of nodes of which only some branches of an `ifelse` need some.

Examples
--------
>>> from blocks import tensor
>>> from blocks.graph.ops.branch import ifelse
>>> from blocks.graph.traversal import toposort
>>> x, flag = tensor.scalar("x"), tensor.bscalar("flag")
>>> y = ifelse(flag, tensor.exp(x), x)
>>> order, guards = guarded(toposort([y]), [y])
>>> [(str(node.op), guards.get(node, ())) for node in order]
[('exp', (((flag, True),),)), ('ifelse', ())]
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Mapping, Sequence

from blocks.graph.branches import ALWAYS, Guard, extended, guards_of
from blocks.graph.op import Apply
from blocks.graph.variable import Variable

__all__ = ["guarded"]


def guarded(
    nodes: Sequence[Apply], roots: Sequence[Variable]
) -> tuple[list[Apply], dict[Apply, Guard]]:
    """Return nodes in an order that decides before it branches, and the guards of some.

    Parameters
    ----------
    nodes
        The nodes, each after those it depends on.
    roots
        The variables that are computed in any case.

    Returns
    -------
    The nodes, conditions before what they guard; and the guard of each node that need not
    run in any case.
    """
    guards = guards_of(nodes, roots)
    if not guards:
        return list(nodes), {}
    return _conditions_first(nodes, guards), {n: g for n, g in guards.items() if g != ALWAYS}


def _conditions_first(nodes: Sequence[Apply], guards: dict[Apply, Guard]) -> list[Apply]:
    """Return the nodes in their order, but for those that must wait for a condition.

    A condition that depends on what it guards comes too late there: it leaves that guard.
    """
    position = {node: i for i, node in enumerate(nodes)}
    waiting: dict[Apply, dict[Apply, None]] = {}
    followers: dict[Apply, list[Apply]] = {}
    for node in nodes:
        conditions = [x for path in guards.get(node, ()) for x, _ in path]
        before = [x.owner for x in [*node.inputs, *conditions] if x.owner is not None]
        waiting[node] = dict.fromkeys(other for other in before if other in position)
        for other in waiting[node]:
            followers.setdefault(other, []).append(node)
    ready = [position[node] for node in nodes if not waiting[node]]
    heapq.heapify(ready)
    order: list[Apply] = []
    while waiting:
        if not ready:
            node, condition = _in_circle(waiting)
            guards[node] = _without(condition, guards[node], guards)
            del waiting[node][condition]
            if waiting[node]:
                continue
            ready.append(position[node])
        node = nodes[heapq.heappop(ready)]
        del waiting[node]
        order.append(node)
        for follower in followers.get(node, ()):
            if node in waiting.get(follower, ()):
                del waiting[follower][node]
                if not waiting[follower]:
                    heapq.heappush(ready, position[follower])
    return order


def _in_circle(waiting: Mapping[Apply, Mapping[Apply, None]]) -> tuple[Apply, Apply]:
    """Return a node and a condition that wait for each other; its inputs are computed."""
    node = next(iter(waiting))
    walk: list[Apply] = []
    while node not in walk:
        walk.append(node)
        inputs = [n for n in waiting[node] if any(x.owner is n for x in node.inputs)]
        node = next(iter(inputs or waiting[node]))
    circle = [*walk[walk.index(node) :], node]
    return next(
        (n, after)
        for n, after in itertools.pairwise(circle)
        if not any(x.owner in waiting for x in n.inputs)
    )


def _without(condition: Apply, guard: Guard, guards: Mapping[Apply, Guard]) -> Guard:
    """Return a guard without a condition, and without those that may hang on it."""
    shorter: Guard = ()
    for path in guard:
        kept, is_met = [], False
        for step in path:
            is_met = is_met or step[0].owner is condition
            is_known = step[0].owner is None or guards.get(step[0].owner, ALWAYS) == ALWAYS
            if step[0].owner is not condition and (is_known or not is_met):
                kept.append(step)
        shorter = extended(shorter, tuple(kept))
    return shorter
