"""Which variables of a step have one shape in all steps.

A loop keeps what it stores for its gradient in arrays with a row for each step, so the rows
must be of one shape. Where that is not sure, a variable counts as one that changes its shape.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from blocks.errors import BlocksError
from blocks.graph.op import Apply, Product, Reduction, Scalar
from blocks.graph.ops.branch import IfElse
from blocks.graph.ops.creation import Arange
from blocks.graph.ops.scan_body import Body
from blocks.graph.ops.search import Unique
from blocks.graph.ops.sizes import Shape
from blocks.graph.ops.take import Nonzero
from blocks.graph.types import TensorType
from blocks.graph.variable import Constant, Variable

__all__ = ["changing_shapes"]

ANY = 5
"""The size that stands for those that are not known."""


def changing_shapes(nodes: Sequence[Apply], body: Body) -> set[Variable]:
    """Return what a step computes whose shape may differ from step to step.

    Parameters
    ----------
    nodes
        Those of the step, each after those that it depends on.
    body
        What the step computes.
    """
    # Values that differ from step to step. What is stacked has one shape, or the loop fails.
    moving = {*body.rows, *(x for symbols in body.states for x in symbols)}
    stacked, changing = {*body.new, *body.results}, set[Variable]()
    for node in nodes:
        grows = any(x in changing for x in node.inputs)
        moves = any(x in moving for x in node.inputs) or not node.op.is_pure
        if isinstance(node.op, Shape):
            moves = grows
        if moves or grows:
            moving.update(node.outputs)
        left = [y for y in node.outputs if y not in stacked and not y.type.is_concrete]
        if grows:
            changing.update(left)
        elif moves and left and _depends_on_values(node, moving):
            fixed = _fixed(node, moving)
            changing.update(y for y in left if y not in fixed)
    return changing


def _depends_on_values(node: Apply, moving: set[Variable]) -> bool:
    """Tell whether the shapes of a node may depend on values that differ: those of integers."""
    if isinstance(node.op, Nonzero | Unique | Arange):
        return True
    if all(x.type.is_float for x in node.inputs if x in moving):
        return False
    lowering = node.op.lower(*[x.type for x in node.inputs])
    return not isinstance(lowering, Scalar | Reduction | Product)


def _fixed(node: Apply, moving: set[Variable]) -> set[Variable]:
    """Return the outputs whose sizes follow from those of the inputs and from fixed values."""
    if isinstance(node.op, IfElse):
        return set()  # its branches may differ in size
    for size in _candidates(node):
        try:
            types = node.op.infer(*(_with_sizes(x, size, x in moving) for x in node.inputs))
        except BlocksError:
            continue  # other sizes may fit
        return {y for y, t in zip(node.outputs, types, strict=True) if t.is_concrete}
    return set()


def _candidates(node: Apply) -> Iterator[int]:
    """Return sizes to try for the unknown ones: one of those beside them is likely to fit."""
    yield from dict.fromkeys([ANY, *(n for x in node.inputs for n in x.type.shape if n)])


def _with_sizes(x: Variable, size: int, moves: bool) -> TensorType:
    t = x.type
    shape = tuple(size if n is None else n for n in t.shape)
    known = t.known
    if not moves and not isinstance(x, Constant) and not t.is_float:
        if t.ndim == 0:
            known = size if known is None else known
        elif t.ndim == 1:
            known = tuple(size if n is None else n for n in known or (None,) * shape[0])
    return TensorType(t.dtype, shape, t.broadcastable, known)
