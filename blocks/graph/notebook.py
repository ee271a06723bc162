"""How variables, graphs and functions show themselves in notebooks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from blocks.graph.formula import formula, value_text
from blocks.notebook import code, heading, table, tree

if TYPE_CHECKING:
    from blocks.graph.variable import Variable

__all__ = ["formula_html", "sections_html", "variable_html"]

LONGEST = 300  # characters of a formula


def variable_html(x: Variable) -> str:
    """Return a variable as name, type, roles, formula, and the graph behind it as a tree."""
    line = heading(type(x).__name__, _line(x))
    if x.owner is None:
        return line
    return f"{line}<div>{formula_html(x)}</div>" + tree(x, _line, _inputs, opened=1)


def formula_html(x: Variable) -> str:
    """Return the formula of a variable, shortened."""
    text = formula(x, limit=LONGEST)
    return code(text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}...")


def sections_html(kind: str, sections: Mapping[str, Iterable[Variable]]) -> str:
    """Return a table of the variables of something, by what they are in it."""
    rows: list[Sequence[str]] = []
    for title, variables in sections.items():
        for i, x in enumerate(variables):
            what = formula_html(x) if x.owner is not None else ""
            rows.append(["" if i else title, code(x), code(x.type), _roles(x), what])
    return heading(kind) + table(["", "name", "type", "roles", "formula"], rows)


def _inputs(x: Variable) -> Sequence[Variable]:
    return x.owner.inputs if x.owner is not None else ()


def _line(x: Variable) -> str:
    name = x.name if x.name is not None or x.owner is not None else value_text(x)
    words = [] if x.owner is None else [str(x.owner.op.name)]
    words += [] if name is None else [name]
    place = x.owner.origin.place if x.owner is not None else ""
    parts = [
        *map(code, dict.fromkeys(words)),
        code(x.type),
        _roles(x),
        code(place) if place else "",
    ]
    return " ".join(filter(None, parts))


def _roles(x: Variable) -> str:
    roles: list[Any] = getattr(x.tag, "roles", [])
    return " ".join(code(repr(role)) for role in roles)
