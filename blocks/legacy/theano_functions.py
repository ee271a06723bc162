"""Functions of Theano that have another signature here."""

from __future__ import annotations

from collections.abc import Sequence

from blocks.graph.op import Apply
from blocks.graph.traversal import toposort
from blocks.graph.variable import Variable

__all__ = ["io_toposort"]


def io_toposort(inputs: Sequence[Variable], outputs: Sequence[Variable]) -> list[Apply]:
    """Return the applications between inputs and outputs, each after those it depends on.

    Examples
    --------
    >>> from blocks import tensor
    >>> x = tensor.scalar("x")
    >>> [str(node.op) for node in io_toposort([x], [tensor.exp(-x)])]
    ['neg', 'exp']
    """
    return toposort(outputs, blockers=inputs)
