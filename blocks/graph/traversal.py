"""Walks over a graph. None of them recurses, so that depth does not matter.

Examples
--------
>>> from blocks import tensor
>>> x = tensor.matrix("x")
>>> inputs([x + 1, 2 * x])
[x, 1, 2]
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from blocks.errors import BlocksError, locate
from blocks.graph.op import Apply
from blocks.graph.types import TensorType
from blocks.graph.variable import Constant, SharedVariable, Variable

__all__ = [
    "clone_apply",
    "copied",
    "explicit_inputs",
    "in_step",
    "inner_variables",
    "inputs",
    "located",
    "rebuild",
    "toposort",
    "variables",
    "with_inputs",
]


def toposort(outputs: Iterable[Variable], blockers: Iterable[Variable] = ()) -> list[Apply]:
    """Return the applications that compute `outputs`, each after those it depends on.

    Parameters
    ----------
    outputs
        The variables to compute.
    blockers
        Variables that are taken as given: nothing behind them is visited.

    Examples
    --------
    >>> from blocks import tensor
    >>> x = tensor.scalar("x")
    >>> [str(node.op) for node in toposort([tensor.exp(-x)])]
    ['neg', 'exp']
    """
    stop = set(blockers)
    entered: set[Apply] = set()
    order: list[Apply] = []
    # Nodes that wait for their inputs, and the inputs that they have not asked for yet.
    stack: list[tuple[Apply | None, Iterator[Variable]]] = [(None, iter(tuple(outputs)))]
    while stack:
        node, left = stack[-1]
        for x in left:
            owner = x.owner
            if owner is not None and owner not in entered and x not in stop:
                entered.add(owner)
                stack.append((owner, iter(owner.inputs)))
                break
        else:
            stack.pop()
            if node is not None:
                order.append(node)
    return order


def variables(outputs: Iterable[Variable], blockers: Iterable[Variable] = ()) -> list[Variable]:
    """Return every variable that `outputs` depend on, inputs before what uses them.

    Parameters
    ----------
    outputs
        The variables whose graph is searched.
    blockers
        Variables at which the walk ends; they are returned too.

    Examples
    --------
    >>> from blocks import tensor
    >>> x = tensor.scalar("x")
    >>> variables([x + 1])
    [x, 1, x + 1]
    """
    outputs = list(outputs)
    order = toposort(outputs, blockers)
    found = dict.fromkeys(x for node in order for x in (*node.inputs, *node.outputs))
    found |= dict.fromkeys(outputs)
    several = [node.outputs for node in order if len(node.outputs) > 1]
    if several:
        used = set(outputs).union(*(node.inputs for node in order))
        for y in itertools.chain(*several):
            if y not in used:
                del found[y]
    return list(found)


def inner_variables(outputs: Iterable[Variable]) -> list[Variable]:
    """Return the variables of the graphs inside of ops, such as the step of a loop, at any depth.

    Parameters
    ----------
    outputs
        The variables whose graph is searched.

    Examples
    --------
    >>> from blocks import tensor
    >>> from blocks.graph.loops import scan
    >>> y, _ = scan(lambda row: 2 * row, sequences=tensor.vector("x"))
    >>> inner_variables([y])
    [2, x, 2 * x]
    """
    found: dict[Variable, None] = {}
    pending, seen = [list(outputs)], set()
    while pending:
        for node in toposort(pending.pop()):
            inner = node.op.inner_outputs()
            if inner and node.op not in seen:
                seen.add(node.op)
                found.update(dict.fromkeys(variables(inner)))
                pending.append(list(inner))
    return list(found)


def inputs(
    outputs: Iterable[Variable], blockers: Iterable[Variable] | None = None
) -> list[Variable]:
    """Return the variables without an owner: inputs, constants and shared variables.

    The walk ends at `blockers`, which are returned too.

    Parameters
    ----------
    outputs
        The variables whose graph is searched.
    blockers
        Variables at which the walk ends.

    Examples
    --------
    >>> from blocks import tensor
    >>> x = tensor.scalar("x")
    >>> inputs([x + 1])
    [x, 1]
    """
    blockers = set(blockers or ())
    return [x for x in variables(outputs, blockers) if x.owner is None or x in blockers]


def explicit_inputs(outputs: Iterable[Variable]) -> list[Variable]:
    """Return the inputs that a caller has to give: neither constants nor shared.

    Parameters
    ----------
    outputs
        The variables whose graph is searched.

    Examples
    --------
    >>> from blocks import tensor
    >>> explicit_inputs([tensor.scalar("x") + 1])
    [x]
    """
    return [x for x in inputs(outputs) if not isinstance(x, Constant | SharedVariable)]


def clone_apply(node: Apply, new_inputs: Sequence[Variable]) -> Apply:
    """Return a copy of an application on other inputs, with names and tags kept.

    Raises
    ------
    BlocksError
        If the op cannot take the new inputs, with its brick and the user's line.
    """
    try:
        copy = with_inputs(node, new_inputs)
    except BlocksError as error:
        raise located(error, node) from None
    if copy is node:
        copy = Apply(node.op, node.inputs, node.types, node.origin)
    for old, new in zip(node.outputs, copy.outputs, strict=True):
        new.name = old.name
        new.tag = old.tag.copy()
    return copy


def with_inputs(node: Apply, inputs: Sequence[Variable]) -> Apply:
    """Return the application of an op to other inputs: the node itself if they are its own.

    Types are inferred again only where those of the inputs differ; names and tags are left.

    Examples
    --------
    >>> from blocks import tensor
    >>> x, y = tensor.scalars("x", "y")
    >>> node = (x + 1).owner
    >>> with_inputs(node, [y, *node.inputs[1:]]), with_inputs(node, node.inputs) is node
    (y + 1, True)
    """
    pairs = list(zip(node.inputs, inputs, strict=True))
    if all(a is b for a, b in pairs):
        return node
    types = node.types
    if not all(a is b or _same_type(a.type, b.type) for a, b in pairs):
        types = node.op.infer(*[x.type for x in inputs])
    return Apply(node.op, tuple(inputs), types, node.origin)


def _same_type(a: TensorType, b: TensorType) -> bool:
    return a == b and a.known == b.known  # sizes may be computed from known values


def located(error: BlocksError, node: Apply) -> BlocksError:
    """Return the error with the brick, the inputs and the user's line of its node.

    ``<brick>: <message> In <op>(<inputs>). (built at <file>:<line>)``; an error that says
    so already is returned as it is.
    """
    if "(built at " in str(error):
        return error
    line = node.origin.line
    found = type(error)(f"{error} In {node}." + (f" (built at {line})" if line else ""))
    locate(found, node.origin.place)
    return found


def in_step(error: BlocksError, step: int, loop: str) -> BlocksError:
    """Return an error from inside of a loop, with the step in which it came up.

    Examples
    --------
    >>> from blocks.errors import ShapeError
    >>> print(in_step(ShapeError("dot: expected ... In dot(h, W). (built at a.py:3)"), 2, "rnn"))
    dot: expected ... In dot(h, W). In step 2 of rnn. (built at a.py:3)
    """
    text, line, rest = str(error).rpartition(" (built at ")
    if not line:
        text, rest = rest, ""
    return type(error)(f"{text} In step {step} of {loop}.{line}{rest}")


def copied(outputs: Sequence[Variable], blockers: Iterable[Variable] = ()) -> list[Variable]:
    """Return outputs computed by copies of all nodes that lead from the blockers to them.

    Examples
    --------
    >>> from blocks import tensor
    >>> x = tensor.scalar("x")
    >>> y = x + 1
    >>> z, same = copied([2 * y, y], blockers=[y])
    >>> z.owner.inputs[1] is y, same is y
    (True, True)
    """
    memo: dict[Variable, Variable] = {}
    for node in toposort(outputs, blockers=blockers):
        inputs = tuple([memo.get(x, x) for x in node.inputs])
        copy = Apply(node.op, inputs, node.types, node.origin)
        memo.update(zip(node.outputs, copy.outputs, strict=True))
    return [memo.get(y, y) for y in outputs]


def rebuild(
    outputs: Sequence[Variable],
    replacements: Mapping[Variable, Variable],
    on_clone: Callable[[Apply, Apply], None] | None = None,
) -> tuple[list[Variable], dict[Variable, Variable]]:
    """Return `outputs` computed from replaced variables, and what became of each one.

    Every variable in `replacements` is replaced wherever it is used, and as an output
    too. The graphs of the replacements themselves are taken as they are, so that each
    target is replaced exactly once. Nodes that depend on no target are shared.

    Parameters
    ----------
    outputs
        The variables to compute.
    replacements
        A map from a variable to the one that takes its place.
    on_clone
        Called with each node that had to be copied, and its copy.
    """
    memo: dict[Variable, Variable] = dict(replacements)
    for node in toposort(outputs, blockers=replacements):
        new_inputs = [memo.get(x, x) for x in node.inputs]
        if all(a is b for a, b in zip(node.inputs, new_inputs, strict=True)):
            continue
        copy = clone_apply(node, new_inputs)
        if on_clone is not None:
            on_clone(node, copy)
        for old, new in zip(node.outputs, copy.outputs, strict=True):
            memo.setdefault(old, new)
    return [memo.get(x, x) for x in outputs], memo
