"""What of its inputs a node reads: values, or only sizes.

Examples
--------
>>> from blocks import tensor
>>> from blocks.graph import toposort
>>> from blocks.graph.ops.broadcast import spread
>>> x, b = tensor.matrix("x"), tensor.row("b")
>>> y = spread(b, x)
>>> value_inputs(y.owner, y.owner.op.lower(b.type, x.type))
[b]
>>> read_by_value([y], toposort([y])) == {y, b}
True
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from functools import lru_cache

from blocks.graph.op import Apply, Loop, Lowering, Scalar
from blocks.graph.ops.sizes import Shape
from blocks.graph.variable import Variable

__all__ = ["read_by_value", "value_inputs"]


@lru_cache(maxsize=4096)
def _names(text: str) -> frozenset[str]:
    return frozenset(n.id for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Name))


def value_inputs(node: Apply, lowering: Lowering | None = None) -> list[Variable]:
    """Return the inputs whose values, not only sizes, a node needs, each once.

    Parameters
    ----------
    node
        The node.
    lowering
        How it runs, where that is known already.
    """
    if isinstance(node.op, Shape):
        return []
    lowering = lowering or node.op.lower(*[x.type for x in node.inputs])
    read: Sequence[bool] = (True,) * len(node.inputs)
    if isinstance(lowering, Scalar):
        used = _names(lowering.text)
        read = [name in used for name in lowering.arguments]
    elif isinstance(lowering, Loop):
        read = lowering.reads
    return list(dict.fromkeys(x for x, is_read in zip(node.inputs, read, strict=True) if is_read))


def read_by_value(targets: Iterable[Variable], nodes: Sequence[Apply]) -> set[Variable]:
    """Return the variables whose values are needed for targets.

    Parameters
    ----------
    targets
        The variables to compute.
    nodes
        What computes them, each node after those that it depends on.
    """
    needed = set(targets)
    for node in reversed(nodes):
        if any(y in needed for y in node.outputs):
            needed.update(value_inputs(node))
    return needed
