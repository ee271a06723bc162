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
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from blocks.errors import GraphError, described, listed
from blocks.graph.formula import formula, value_text
from blocks.graph.op import Array
from blocks.graph.traversal import toposort
from blocks.graph.variable import SharedVariable, Variable

__all__ = ["debugprint", "min_informative_str", "pp", "pprint"]

INDENTED = 40  # levels; deeper ones are numbered, or a deep graph would print quadratically


def debugprint(
    obj: Any,
    depth: int = -1,
    print_type: bool = True,
    file: Any = None,
    ids: str = "CHAR",
    stop_on_name: bool = False,
    done: dict[Variable, str] | None = None,
    print_storage: bool = False,
    print_clients: bool = False,
    used_ids: dict[Variable, str] | None = None,
) -> str | None:
    """Print the graphs of variables as trees, a line for each variable.

    A line says the op, or the name; the number; dtype and shape; the name of a result; its
    roles; and the brick, where another one begins. What was printed before is not printed
    again: ``···`` stands for its inputs.

    The parameters are Theano's and in its order, but types are printed unless
    ``print_type=False``: most questions to a graph are about shapes.

    Parameters
    ----------
    obj
        A variable, several, or anything with ``outputs``: a graph, an application, or a
        function, whose updates are printed too.
    depth
        How many levels to print; -1 for all.
    print_type
        Whether to print dtype and shape.
    file
        Where to print; by default to the standard output. ``"str"`` returns the text.
    ids
        How to number the variables: ``"CHAR"`` by letters, ``"int"`` by numbers, ``"id"``
        by Python's ``id``, ``""`` not at all.
    stop_on_name
        Whether to stop at variables that have a name.
    done
        What was printed before, to be left out; it is added to.
    print_storage
        Whether to print the values of shared variables, shortened.
    print_clients
        Whether to print which ops read a result, where there are several.
    used_ids
        The numbers given before, to be kept; it is added to.

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
    roots = _roots(obj)
    tree = _Tree(
        depth=depth,
        print_type=print_type,
        ids=ids,
        stop_on_name=stop_on_name,
        printed={} if done is None else done,
        print_storage=print_storage,
        clients=_clients([x for _, x in roots]) if print_clients else {},
        numbers={} if used_ids is None else used_ids,
    )
    lines = tree.lines(roots)
    if file == "str":
        return "\n".join(lines)
    out = sys.stdout if file is None else file
    for line in lines:
        out.write(line + "\n")
    return None


def _roots(obj: Any) -> list[tuple[str, Variable]]:
    """Return what to print, each with the words before it."""
    found = [obj] if isinstance(obj, Variable) else getattr(obj, "outputs", obj)
    roots = list(found) if isinstance(found, Iterable) else [found]
    for x in roots:
        if not isinstance(x, Variable):
            raise GraphError(
                f"debugprint: expected variables, got {described(x)}. "
                "Pass a variable, several, a graph or a function."
            )
    updates = getattr(obj, "updates", None)
    changes = updates.items() if isinstance(updates, Mapping) else ()
    return [("", x) for x in roots] + [(f"{x} <- ", y) for x, y in changes]


def _clients(roots: Iterable[Variable]) -> dict[Variable, list[str]]:
    """Return the ops that read each variable."""
    readers: dict[Variable, list[str]] = {}
    for node in toposort(roots):
        for x in node.inputs:
            readers.setdefault(x, []).append(str(node.op))
    return readers


@dataclass
class _Tree:
    depth: int
    print_type: bool
    ids: str
    stop_on_name: bool
    printed: dict[Variable, str]
    print_storage: bool
    clients: dict[Variable, list[str]]
    numbers: dict[Variable, str]

    def lines(self, roots: list[tuple[str, Variable]]) -> Iterator[str]:
        stack = [(before, x, 0, "") for before, x in reversed(roots)]
        while stack:
            before, x, level, place = stack.pop()
            yield _indent(level) + before + self._line(x, place)
            named = self.stop_on_name and x.name is not None
            if x.owner is None or named or level + 1 == self.depth:
                continue
            if x in self.printed:
                yield _indent(level + 1) + "···"
                continue
            self.printed[x] = self.numbers[x]
            inside = x.owner.origin.place
            stack.extend(("", y, level + 1, inside) for y in reversed(x.owner.inputs))

    def _line(self, x: Variable, place: str) -> str:
        number = self._number(x)
        words = [_label(x)]
        if self.ids:
            words.append(f"[id {number}]")
        if self.print_type:
            words.append(str(x.type))
        if x.owner is not None and x.name:
            words.append(repr(x.name))
        roles = getattr(x.tag, "roles", [])
        if roles:
            words.append(f"{{{', '.join(map(repr, roles))}}}")
        if x.owner is not None and x.owner.origin.place not in ("", place):
            words.append(f"in {x.owner.origin.place}")
        if self.print_storage and isinstance(x, SharedVariable):
            words.append(f"= {_shortened(x.array)}")
        if len(self.clients.get(x, ())) > 1:
            words.append(f"read by {listed(self.clients[x])}")
        return " ".join(words)

    def _number(self, x: Variable) -> str:
        if x not in self.numbers:
            count = len(self.numbers)
            styles = {"int": str(count), "id": str(id(x))}
            self.numbers[x] = styles.get(self.ids) or _letters(count)
        return self.numbers[x]


def _indent(level: int) -> str:
    if level > INDENTED:
        return f" ({level})|"
    return " |" * level


def _shortened(array: Array) -> str:
    text = np.array2string(array, precision=3, threshold=6, edgeitems=2)
    return " ".join(text.split())


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


def min_informative_str(obj: Variable, indent_level: int = 0) -> str:
    """Return the tree of a variable, without types, as text.

    Parameters
    ----------
    obj
        The variable.
    indent_level
        How many tabs to put before each line.

    Examples
    --------
    >>> from blocks import tensor
    >>> print(min_informative_str(tensor.exp(tensor.scalar("x"))))
    exp [id A]
     |x [id B]
    """
    text = debugprint(obj, print_type=False, file="str")
    assert text is not None
    return "\n".join("\t" * indent_level + line for line in text.splitlines())
