"""Sums of gradients, term by term: what the rules of `blocks.compile.stable` look into.

Nothing here recurses, as there is a term for each use of a variable.
"""

from __future__ import annotations

from collections.abc import Callable

from blocks.graph.ops.elementwise import add, neg
from blocks.graph.variable import Variable

__all__ = ["each_term", "some_terms", "uncast"]

LARGEST_SUM = 64  # operands: each sum of a graph is looked at, also those inside of longer ones

Change = Callable[[Variable], Variable | None]
"""From a term to what takes its place, or None."""


def uncast(x: Variable) -> Variable:
    """Return what was converted to another float dtype to get `x`, or `x` itself.

    Examples
    --------
    >>> from blocks import tensor
    >>> x = tensor.fvector("x")
    >>> uncast(tensor.cast(x, "float64"))
    x
    """
    node = x.owner
    if node is not None and node.op.name.startswith("cast_float") and node.inputs[0].type.is_float:
        return node.inputs[0]
    return x


def _is_sum(x: Variable) -> bool:
    return x.owner is not None and x.owner.op.name in ("add", "neg")


def each_term(d: Variable, changed: Change) -> Variable | None:
    """Return a sum, of terms and negated ones, with each changed; None if one cannot be.

    Parameters
    ----------
    d
        The sum, or a single term.
    changed
        What makes of a term the one that takes its place.

    Examples
    --------
    >>> from blocks import tensor
    >>> x, y = tensor.scalars("x", "y")
    >>> each_term(x + -y, lambda term: 2 * term)
    2 * x + -(2 * y)
    """
    if not _is_sum(d):
        return changed(d)
    done: dict[Variable, Variable] = {}
    stack = [d]
    while stack:
        node = stack[-1].owner
        assert node is not None
        sums = []
        for term in node.inputs:
            if term in done:
                continue
            if _is_sum(term):
                sums.append(term)
                continue
            new = changed(term)  # before the sums beside it: most searches end here
            if new is None:
                return None
            done[term] = new
        if sums:
            stack += sums
        else:
            terms = [done[term] for term in node.inputs]
            done[stack.pop()] = add(*terms) if node.op.name == "add" else neg(*terms)
    return done[d]


def some_terms(
    d: Variable, changed: Change, otherwise: Callable[[Variable], Variable]
) -> Variable | None:
    """Return a sum with terms changed where they can be; None where none can, or it is long.

    Parameters
    ----------
    d
        The sum, or a single term; conversions between float dtypes are looked through.
    changed
        What makes of a term, without such a conversion, the one that takes its place.
    otherwise
        What makes it of a term, or of a whole sum of terms, that cannot be changed.

    Examples
    --------
    >>> from blocks import tensor
    >>> x, y = tensor.scalars("x", "y")
    >>> some_terms(x + y, lambda term: 2 * term if term is x else None, lambda term: 3 * term)
    2 * x + 3 * y
    """
    done: dict[Variable, Variable | None] = {}
    stack = [d]
    while stack:
        node = uncast(stack[-1]).owner
        if node is None or node.op.name != "add":
            x = stack.pop()
            done[x] = changed(uncast(x))
            continue
        missing = [term for term in node.inputs if term not in done]
        if len(done) + len(stack) > LARGEST_SUM:
            return None
        if missing:
            stack += missing
            continue
        found = [done[term] for term in node.inputs]
        new: Variable | None = None
        if found.count(None) < len(found):
            pairs = zip(found, node.inputs, strict=True)
            new = add(*(otherwise(term) if y is None else y for y, term in pairs))
        done[stack.pop()] = new
    return done[d]
