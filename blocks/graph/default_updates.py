"""The default updates of the shared variables that a graph reads, such as random states.

Examples
--------
>>> from blocks.graph import RandomStreams
>>> y = RandomStreams(seed=7).uniform((2,))
>>> default_updates([y])
{random_state_0: random_state_0 + [0, 1]}
"""

from __future__ import annotations

from collections.abc import Iterable

from blocks.graph.traversal import toposort, variables
from blocks.graph.variable import SharedVariable, Variable

__all__ = ["default_updates"]


def default_updates(
    outputs: Iterable[Variable], skip: Iterable[Variable] = (), blockers: Iterable[Variable] = ()
) -> dict[SharedVariable, Variable]:
    """Return the new values of shared variables that have a ``default_update``.

    It is that of the variable; but where a loop of the graph reads the variable and changes
    it in each step, it is the value after the last step: else the next call of a function
    would draw numbers again that this one has drawn.

    Parameters
    ----------
    outputs
        The variables of the graph. What their updates read belongs to it too.
    skip
        Shared variables to leave out.
    blockers
        Variables behind which nothing is looked for.
    """
    left, blockers = set(skip), set(blockers)
    found: dict[SharedVariable, Variable] = {}
    pending = list(outputs)
    while pending:
        new = [
            x
            for x in variables(pending, blockers)
            if isinstance(x, SharedVariable) and x.default_update is not None and x not in left
        ]
        advanced: dict[Variable, Variable] = {}
        if new:
            for node in toposort(pending, blockers):
                for i, k in node.op.advanced().items():
                    advanced[node.inputs[i]] = node.outputs[k]
        for x in new:
            assert x.default_update is not None
            found[x] = advanced.get(x, x.default_update)
        left.update(new)
        pending = [found[x] for x in new]
    return found
