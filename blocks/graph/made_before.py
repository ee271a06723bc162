"""What was there before a function added to the graph, and is the same whatever it does.

Examples
--------
>>> from blocks import tensor
>>> from blocks.graph.recording import recorded
>>> x, y = tensor.scalars("x", "y")
>>> first, second = 2 * x, 3 * y
>>> with recorded() as made:
...     total = first + second
>>> made_before([total], made, changing=[y])
{2 * x}
"""

from __future__ import annotations

from collections.abc import Iterable

from blocks.graph.op import Apply
from blocks.graph.traversal import toposort
from blocks.graph.variable import SharedVariable, Variable

__all__ = ["is_drawn_before", "made_before"]


def is_drawn_before(x: Variable, made: set[Apply]) -> bool:
    """Tell whether a variable is the state of a draw from before."""
    if not isinstance(x, SharedVariable) or x.default_update is None or not x.is_noted:
        return False
    return hasattr(x.tag, "is_of_draw") and x.default_update.owner not in made


def made_before(
    targets: Iterable[Variable], made: set[Apply], changing: Iterable[Variable]
) -> set[Variable]:
    """Return the first variables on the way back from targets that are as they were before.

    Parameters
    ----------
    targets
        What a function returned.
    made
        The applications that it made.
    changing
        Variables whose value is not that from before. What depends on one of them is not as it
        was, whenever it was made.
    """
    targets = list(targets)
    new = set(changing)
    read = [*targets]
    for node in toposort(targets):
        if node in made or any(x in new for x in node.inputs):
            new.update(node.outputs)
            read += node.inputs
    return {x for x in read if x.owner is not None and x not in new}
