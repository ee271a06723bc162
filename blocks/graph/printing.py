"""Graphs as text: a tree with one line per variable, or a formula.

Examples
--------
>>> from blocks import tensor
>>> x = tensor.vector("x")
>>> pp(x * (x + 1))
'x * (x + 1)'
>>> debugprint(x * (x + 1))
mul [id A] float64 (?,)
 |x [id B] float64 (?,)
 |add [id C] float64 (?,)
 | |x [id B] float64 (?,)
 | |1 [id D] int8 scalar
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Any

from blocks.errors import GraphError, described
from blocks.graph.formula import formula, value_text
from blocks.graph.variable import Variable

__all__ = ["debugprint", "pp", "pprint"]

INDENTED = 40  # levels; deeper ones are numbered, or a deep graph would print quadratically


def debugprint(
    obj: Any,
    depth: int = -1,
    print_type: bool = True,
    file: Any = None,
    ids: str = "CHAR",
    stop_on_name: bool = False,
) -> str | None:
    """Print the graphs of variables as trees.

    What was printed before is not printed again: ``···`` stands for its inputs.

    Parameters
    ----------
    obj
        A variable, several, or anything with ``outputs``: a graph or a function.
    depth
        How many levels to print; -1 for all.
    print_type
        Whether to print dtype and shape.
    file
        Where to print; by default to the standard output. ``"str"`` returns the text.
    ids
        ``"CHAR"`` to number the variables by letters, ``""`` to leave that out.
    stop_on_name
        Whether to stop at variables that have a name.

    Returns
    -------
    The text if `file` is ``"str"``, else ``None``.

    Raises
    ------
    GraphError
        If there is no variable to print.

    Examples
    --------
    >>> from blocks import tensor
    >>> y = tensor.exp(tensor.scalar("x"))
    >>> print(debugprint(y + y, print_type=False, file="str"))
    add [id A]
     |exp [id B]
     | |x [id C]
     |exp [id B]
     | |···
    """
    lines = _lines(_roots(obj), depth, print_type, bool(ids), stop_on_name)
    if file == "str":
        return "\n".join(lines)
    out = sys.stdout if file is None else file
    for line in lines:
        out.write(line + "\n")
    return None


def _roots(obj: Any) -> list[Variable]:
    if isinstance(obj, Variable):
        return [obj]
    found = getattr(obj, "outputs", obj)
    roots = list(found) if isinstance(found, Iterable) else [found]
    for x in roots:
        if not isinstance(x, Variable):
            raise GraphError(
                f"debugprint: expected variables, got {described(x)}. "
                "Pass a variable, several, a graph or a function."
            )
    return roots


def _lines(
    roots: list[Variable], depth: int, print_type: bool, with_ids: bool, stop_on_name: bool
) -> Iterator[str]:
    letters: dict[Variable, str] = {}
    printed: set[Variable] = set()
    stack: list[tuple[Variable, int]] = [(x, 0) for x in reversed(roots)]
    while stack:
        x, level = stack.pop()
        letter = letters.setdefault(x, _letters(len(letters)))
        yield (
            _indent(level)
            + _label(x)
            + (f" [id {letter}]" if with_ids else "")
            + (f" {x.type}" if print_type else "")
            + (f" '{x.name}'" if x.owner is not None and x.name else "")
        )
        named = stop_on_name and x.name is not None
        if x.owner is None or named or level + 1 == depth:
            continue
        if x in printed:
            yield _indent(level + 1) + "···"
            continue
        printed.add(x)
        stack.extend((y, level + 1) for y in reversed(x.owner.inputs))


def _indent(level: int) -> str:
    if level > INDENTED:
        return f" ({level})|"
    return " |" * level


def _label(x: Variable) -> str:
    if x.owner is None:
        return value_text(x)
    several = len(x.owner.outputs) > 1
    return f"{x.owner.op}.{x.index}" if several else str(x.owner.op)


def _letters(number: int) -> str:
    """Return A, B, ..., Z, AA, AB, ..."""
    text = ""
    number += 1
    while number:
        number, digit = divmod(number - 1, 26)
        text = chr(ord("A") + digit) + text
    return text


def pp(x: Variable, limit: int = 100_000) -> str:
    """Return a variable as a formula; named variables inside stay names.

    Parameters
    ----------
    x
        The variable.
    limit
        How many symbols to write at most: a formula repeats what a graph shares.

    Raises
    ------
    GraphError
        If it is not a variable.

    Examples
    --------
    >>> from blocks import tensor
    >>> x, y = tensor.vectors("x", "y")
    >>> pp(tensor.exp(-x[1:]) / (1 + y.sum()))
    'exp(-x[1:]) / (1 + sum(y))'
    """
    if not isinstance(x, Variable):
        raise GraphError(
            f"pp: expected a variable, got {described(x)}. Use debugprint for several."
        )
    return formula(x, limit)


pprint = pp
