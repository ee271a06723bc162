"""A graph of one row, as a graph of many rows at once: rules for the operations that have them.

The loop of a Jacobian becomes matrix products and fused kernels over all rows where every
operation in it has a rule here.

Examples
--------
>>> from blocks import tensor
>>> row, W, x = tensor.vector("row"), tensor.matrix("W"), tensor.matrix("x")
>>> (y,) = all_rows_at_once([tensor.dot(row, W).sum()], {row: x})
>>> y.eval({x: [[1.0, 2.0], [3.0, 4.0]], W: [[1.0], [10.0]]})
array([21., 43.])
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from blocks.graph.op import Apply, Op
from blocks.graph.ops.axes import DimShuffle, SpecifyBroadcast
from blocks.graph.ops.batched import BatchedDot
from blocks.graph.ops.broadcast import Spread, SumTo
from blocks.graph.ops.elementwise import Elementwise
from blocks.graph.ops.join import concatenate
from blocks.graph.ops.linalg import Dot, tensordot
from blocks.graph.ops.reduce_op import Reduce
from blocks.graph.ops.shape import (
    Flatten,
    Reshape,
    dimshuffle,
    patternbroadcast,
    shape_i,
)
from blocks.graph.ops.sizes import make_vector
from blocks.graph.ops.softmax_op import LogSoftmax, Softmax, SoftmaxGrad
from blocks.graph.traversal import toposort
from blocks.graph.variable import Variable

__all__ = ["all_rows_at_once"]

Stacked = Sequence[Variable | None]


def all_rows_at_once(
    results: Sequence[Variable], rows: Mapping[Variable, Variable]
) -> list[Variable] | None:
    """Return results for many rows, along a new first axis, from variables that hold them.

    Parameters
    ----------
    results
        Variables computed from one row.
    rows
        For each symbol of a row the variable of many rows, with one more axis in front.

    Returns
    -------
    The results with one more axis in front; ``None`` if an operation has no rule, or a result
    does not depend on a row.
    """
    stacked = dict(rows)
    for node in toposort(results, blockers=rows):
        inputs = [stacked.get(x) for x in node.inputs]
        if all(x is None for x in inputs):
            continue
        rule = RULES.get(type(node.op))
        y = None if rule is None else rule(node, inputs)
        if y is None:
            return None
        (old,) = node.outputs
        stacked[old] = patternbroadcast(y, (False, *old.broadcastable))
    if any(y not in stacked for y in results):
        return None
    return [stacked[y] for y in results]


def _aligned(node: Apply, stacked: Stacked) -> list[Variable]:
    """Return the inputs with the axes of a row where broadcasting finds them."""
    ndim = node.outputs[0].ndim
    return [
        x if s is None else dimshuffle(s, 0, *["x"] * (ndim - x.ndim), *range(1, s.ndim))
        for x, s in zip(node.inputs, stacked, strict=True)
    ]


def _broadcasting(node: Apply, stacked: Stacked) -> Variable:
    result: Variable = node.op(*_aligned(node, stacked))
    return result


def _of_one_shape(node: Apply, stacked: Stacked) -> Variable:
    whole = next(s for s in stacked if s is not None)
    parts = [
        Spread()(x, whole) if s is None else s for x, s in zip(node.inputs, stacked, strict=True)
    ]
    result: Variable = node.op(*parts)
    return result


def _dimshuffle(node: Apply, stacked: Stacked) -> Variable:
    assert isinstance(node.op, DimShuffle)
    pattern = [axis if isinstance(axis, str) else axis + 1 for axis in node.op.pattern]
    return dimshuffle(stacked[0], 0, *pattern)


def _pattern(node: Apply, stacked: Stacked) -> Variable:
    assert isinstance(node.op, SpecifyBroadcast)
    return patternbroadcast(stacked[0], (False, *node.op.broadcastable))


def _reduce(node: Apply, stacked: Stacked) -> Variable:
    assert isinstance(node.op, Reduce)
    result: Variable = Reduce(node.op.kind, tuple(axis + 1 for axis in node.op.axes))(stacked[0])
    return result


def _sum_to(node: Apply, stacked: Stacked) -> Variable | None:
    assert isinstance(node.op, SumTo)
    (x,) = stacked
    drop = node.op.drop
    if x is None or not x.type.is_float:  # a sum of integers would have another dtype
        return None
    if drop:
        x = Reduce("sum", tuple(range(1, drop + 1)))(x)
    axes = tuple(axis - drop + 1 for axis in node.op.axes if axis >= drop)
    return SumTo(axes)(x) if axes else x


def _dot(node: Apply, stacked: Stacked) -> Variable:
    (x, y), (many_x, many_y) = node.inputs, stacked
    if many_y is None:
        return tensordot(many_x, y, ([2], [0]))
    if many_x is None:
        return dimshuffle(tensordot(x, many_y, ([1], [1])), 1, 0, 2)
    result: Variable = BatchedDot()(many_x, many_y)
    return result


def _reshape(node: Apply, stacked: Stacked) -> Variable | None:
    assert isinstance(node.op, Reshape)
    x, sizes = stacked
    if x is None or sizes is not None:
        return None
    shape = concatenate([make_vector([shape_i(x, 0)], "int64"), node.inputs[1]])
    result: Variable = Reshape(node.op.ndim + 1)(x, shape)
    return result


def _flatten(node: Apply, stacked: Stacked) -> Variable:
    assert isinstance(node.op, Flatten)
    if node.inputs[0].ndim == 0:
        return dimshuffle(stacked[0], 0, "x")
    result: Variable = Flatten(node.op.ndim + 1)(stacked[0])
    return result


RULES: dict[type[Op], Callable[[Apply, Stacked], Variable | None]] = {
    DimShuffle: _dimshuffle,
    Dot: _dot,
    Elementwise: _broadcasting,
    Flatten: _flatten,
    LogSoftmax: _broadcasting,
    Reduce: _reduce,
    Reshape: _reshape,
    Softmax: _broadcasting,
    SoftmaxGrad: _of_one_shape,
    SpecifyBroadcast: _pattern,
    Spread: _broadcasting,
    SumTo: _sum_to,
}
