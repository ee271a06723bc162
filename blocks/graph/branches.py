"""Which nodes are needed under which conditions: those that only a branch of an `ifelse` needs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from blocks.graph.op import Apply
from blocks.graph.ops.branch import IfElse, ifelse
from blocks.graph.variable import Variable

__all__ = [
    "ALWAYS",
    "Guard",
    "Path",
    "extended",
    "guard_of_input",
    "guards_of",
    "only_if",
]

Path = tuple[tuple[Variable, bool], ...]
"""Conditions and the truth that each must have, the outermost first."""

Guard = tuple[Path, ...]
"""The paths on which a node is needed; it runs if one of them holds."""

ALWAYS: Guard = ((),)
"""The guard of what runs in any case: one path, without conditions."""

LARGEST_GUARD = 4  # paths; what is needed on more of them runs wherever all of them may lead


def guards_of(nodes: Sequence[Apply], roots: Iterable[Variable]) -> dict[Apply, Guard]:
    """Return the guards of the nodes that need not run in any case.

    Parameters
    ----------
    nodes
        The nodes, each after those it depends on.
    roots
        The variables that are computed in any case.

    Examples
    --------
    >>> from blocks import tensor
    >>> from blocks.graph.traversal import toposort
    >>> x, flag = tensor.scalar("x"), tensor.bscalar("flag")
    >>> y = ifelse(flag, tensor.exp(x), x)
    >>> {str(node.op): guard for node, guard in guards_of(toposort([y]), [y]).items()}
    {'exp': (((flag, True),),)}
    """
    if not any(isinstance(node.op, IfElse) for node in nodes):
        return {}
    guards: dict[Apply, Guard] = {y.owner: ALWAYS for y in roots if y.owner is not None}
    for node in reversed(nodes):
        for position, x in enumerate(node.inputs):
            if x.owner is None:
                continue
            for path in guard_of_input(node, position, guards[node]):
                guards[x.owner] = extended(guards.get(x.owner, ()), path)
    return {node: guard for node, guard in guards.items() if guard != ALWAYS}


def guard_of_input(node: Apply, position: int, guard: Guard) -> Guard:
    """Return the guard under which a node with the given one needs an input."""
    if not isinstance(node.op, IfElse) or position == 0:
        return guard
    step = (node.inputs[0], position == 1)
    return tuple((*path, step) for path in guard)


def only_if(guard: Guard, x: Variable, otherwise: Variable) -> Variable:
    """Return `x` where a guard holds, else `otherwise`; x is computed there only.

    Examples
    --------
    >>> from blocks import tensor
    >>> x, flag = tensor.scalar("x"), tensor.bscalar("flag")
    >>> only_if((((flag, False),),), tensor.exp(x), x).eval({x: 0.0, flag: 0})
    array(1.)
    """
    result = otherwise
    for path in guard:
        inner = x
        for condition, truth in reversed(path):
            inner = ifelse(condition, *((inner, result) if truth else (result, inner)))
        result = inner
    return result


def extended(guard: Guard, path: Path) -> Guard:
    """Return a guard that holds on one more path, in as few and short paths as will do."""
    if any(path[: len(p)] == p for p in guard):
        return guard
    if path:
        *before, (condition, truth) = path
        if (*before, (condition, not truth)) in guard:  # both branches
            return extended(guard, tuple(before))
    paths = (*(p for p in guard if p[: len(path)] != path), path)
    if len(paths) <= LARGEST_GUARD:
        return paths
    length = 0
    while len({p[: length + 1] for p in paths}) == 1:
        length += 1
    return (path[:length],)
