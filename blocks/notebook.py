"""Plain HTML by which objects show themselves in notebooks.

There are no scripts, no colours and no style sheets, so that it reads in light and dark
themes alike; whatever comes from users is escaped.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, TypeVar

__all__ = ["code", "heading", "table", "tree"]

LARGEST_TREE = 200  # lines
INDENT = "margin-left: 1.2em"
CELL = "text-align: left; padding: 0.1em 0.8em 0.1em 0; vertical-align: top"

Node = TypeVar("Node", bound=Hashable)


def code(value: Any) -> str:
    """Return a value as it reads in Python, escaped.

    Examples
    --------
    >>> code("x < y")
    '<code>x &lt; y</code>'
    """
    return f"<code>{html.escape(str(value))}</code>"


def heading(kind: str, what: str = "") -> str:
    """Return a first line: a word in bold, and HTML after it."""
    return f"<div><b>{html.escape(kind)}</b> {what}</div>"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table.

    Parameters
    ----------
    head
        The titles of the columns, as text.
    rows
        The cells of each row, as HTML.

    Examples
    --------
    >>> "<td" in table(["name"], [[code("W")]])
    True
    """
    titles = _row("th", map(html.escape, head))
    body = "".join(_row("td", row) for row in rows)
    style = "border-collapse: collapse"
    return f'<table style="{style}"><thead>{titles}</thead><tbody>{body}</tbody></table>'


def _row(tag: str, cells: Iterable[str]) -> str:
    inside = "".join(f'<{tag} style="{CELL}">{cell}</{tag}>' for cell in cells)
    return f"<tr>{inside}</tr>"


def tree(
    root: Node,
    line: Callable[[Node], str],
    children: Callable[[Node], Iterable[Node]],
    opened: int = 2,
) -> str:
    """Return a tree that can be folded.

    What was shown before is not shown again: ``···`` stands for its children. Long trees
    end in ``...``.

    Parameters
    ----------
    root
        The root.
    line
        Returns the HTML of a node.
    children
        Returns the children of a node.
    opened
        How many levels are unfolded.

    Examples
    --------
    >>> text = tree((1, (2,)), lambda x: code(x[0]), lambda x: x[1:])
    >>> text.count("<details")
    1
    """
    pieces: list[str] = []
    shown: set[Node] = set()
    stack: list[tuple[Node, int] | str] = [(root, 0)]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            pieces.append(item)
            continue
        node, level = item
        style = f' style="{INDENT}"' if level else ""
        below = list(children(node))
        if len(shown) >= LARGEST_TREE:
            pieces.append(f"<div{style}>...</div>")
        elif not below or node in shown:
            pieces.append(f"<div{style}>{line(node)}{' ···' if below else ''}</div>")
        else:
            is_open = " open" if level < opened else ""
            pieces.append(f"<details{style}{is_open}><summary>{line(node)}</summary>")
            stack.append("</details>")
            stack.extend((child, level + 1) for child in reversed(below))
        shown.add(node)
    return "".join(pieces)
