"""Rewriting rules: from an op and its simplified inputs to a cheaper variable, or None.

A rule is looked up by the name of the op. What it returns must have the dtype and the
broadcasting of the original; otherwise it is ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from blocks.compile.gemm import MatrixProduct
from blocks.compile.windows import assemble, join_assembled
from blocks.graph.op import Op
from blocks.graph.ops.axes import DimShuffle
from blocks.graph.ops.broadcast import Spread
from blocks.graph.ops.elementwise import Elementwise, inv, sqr
from blocks.graph.ops.linalg import Dot
from blocks.graph.ops.shape import Reshape
from blocks.graph.ops.sizes import MakeVector, ShapeAt
from blocks.graph.ops.subtensor import SubtensorGradient
from blocks.graph.variable import Constant, Variable

__all__ = ["RULES", "Rule", "checks_no_size", "is_constant", "made_by", "scalar_of"]

DEEPEST_SCALAR = 20  # expressions that fill a matrix with one number are short

Rule = Callable[[Op, Sequence[Variable]], Variable | None]


def is_constant(x: Variable, value: float) -> bool:
    """Tell whether a variable is a constant that holds `value` everywhere."""
    if not isinstance(x, Constant) or x.data.size == 0 or x.data.flat[0] != value:
        return False
    return x.data.size == 1 or bool(np.all(x.data == value))


def made_by(x: Variable, *kinds: type) -> bool:
    """Tell whether a variable is the result of an op of one of the given classes."""
    return x.owner is not None and isinstance(x.owner.op, kinds)


def scalar_of(x: Variable) -> Variable | None:
    """Return the number that fills a variable, if it is one number everywhere.

    Examples
    --------
    >>> from blocks import tensor
    >>> rate, x = tensor.scalar("rate"), tensor.matrix("x")
    >>> scalar_of(tensor.zeros_like(x)), scalar_of(rate), scalar_of(x)
    (0.0, rate, None)
    """
    return _scalar_of(x, {}, 0)


def _scalar_of(x: Variable, known: dict[Variable, Variable | None], depth: int) -> Variable | None:
    """Return the number that fills a variable, visiting what several nodes read once."""
    if x.ndim == 0:
        return x
    if x in known:
        return known[x]
    result: Variable | None = None
    node = x.owner
    if isinstance(x, Constant) and x.data.size == 1:
        result = Constant(x.data.reshape(()))
    elif node is not None and depth < DEEPEST_SCALAR:
        if isinstance(node.op, Spread | DimShuffle):
            result = _scalar_of(node.inputs[0], known, depth + 1)
        elif isinstance(node.op, Elementwise):
            parts: list[Variable] = []
            for i in node.inputs:
                part = _scalar_of(i, known, depth + 1)
                if part is None:
                    break
                parts.append(part)
            else:
                result = node.op(*parts)
    if result is None and all(x.broadcastable):
        result = DimShuffle(())(x)
    known[x] = result
    return result


def checks_no_size(x: Variable, other: Variable) -> bool:
    """Tell whether `x` fits `other` for sure, so that it can go without a check going too."""
    return _has_sizes_of(x, other) or (x.ndim == other.ndim and _origins(x) <= _origins(other))


def _origins(x: Variable) -> set[Variable]:
    """Return the variables of which elementwise nodes made `x`, so that sizes must agree."""
    origins: set[Variable] = set()
    pending, visited = [x], 0
    while pending:
        y = pending.pop()
        visited += 1
        inputs: list[Variable] = []
        if visited <= DEEPEST_SCALAR and made_by(y, Elementwise, Spread):
            assert y.owner is not None
            inputs = [i for i in y.owner.inputs if not all(i.broadcastable)]
        pending += inputs
        if not inputs:
            origins.add(y)
    return origins


def _has_sizes_of(x: Variable, other: Variable) -> bool:
    sizes = (None,) * (x.ndim - other.ndim) + other.type.shape[max(0, other.ndim - x.ndim) :]
    pairs = zip(x.broadcastable, x.type.shape, sizes, strict=True)
    return all(flag or (mine is not None and mine == theirs) for flag, mine, theirs in pairs)


def _spread(op: Op, inputs: Sequence[Variable]) -> Variable | None:
    """Nothing is copied where both inputs have the same axes that broadcast."""
    x, like = inputs
    return x if x.broadcastable == like.broadcastable else None


def _without(value: float, *positions: int) -> Rule:
    """Return the rule that drops an operand at one of `positions` if it is `value`."""

    def rule(op: Op, inputs: Sequence[Variable]) -> Variable | None:
        if len(inputs) != 2:
            return None
        for position in positions:
            constant, other = inputs[position], inputs[1 - position]
            if is_constant(constant, value) and checks_no_size(constant, other):
                return other
        return None

    return rule


def _branch(op: Op, inputs: Sequence[Variable]) -> Variable | None:
    """The branch that a known condition chooses."""
    condition, x, y = inputs
    if isinstance(condition, Constant):
        return x if condition.data else y
    return x if x is y else None


def _double_negation(op: Op, inputs: Sequence[Variable]) -> Variable | None:
    (x,) = inputs
    return x.owner.inputs[0] if x.owner is not None and x.owner.op == op else None


def _power(op: Op, inputs: Sequence[Variable]) -> Variable | None:
    x, y = inputs
    if not checks_no_size(y, x):
        return None
    if is_constant(y, 1):
        return x
    if is_constant(y, 2):
        return sqr(x)
    # Others would be a call of the C library for each element.
    if is_constant(y, 3) and x.type.is_float:
        return sqr(x) * x
    return inv(x) if is_constant(y, -1) and x.type.is_float else None


def _shuffle(op: Op, inputs: Sequence[Variable]) -> Variable | None:
    """Merge two reorderings of axes; drop one that changes nothing."""
    assert isinstance(op, DimShuffle)
    (x,) = inputs
    pattern = op.pattern
    if pattern == tuple(range(x.ndim)):
        return x
    if x.owner is not None and isinstance(x.owner.op, DimShuffle):
        inner = x.owner.op.pattern
        merged = tuple("x" if axis == "x" else inner[int(axis)] for axis in pattern)
        (source,) = x.owner.inputs
        if merged == tuple(range(source.ndim)):
            return source
        # Axes that the inner one dropped were of size 1, and stay dropped.
        result: Variable = DimShuffle(merged)(source)
        return result
    return None


def _product(op: Op, inputs: Sequence[Variable]) -> Variable | None:
    """Turn dot into the product that reads its matrices transposed where they are."""
    a, b = inputs
    if not isinstance(op, Dot) or not a.type.is_float:
        return None
    (a, ta), (b, tb) = _untransposed(a), _untransposed(b)
    result: Variable = MatrixProduct(ta, tb)(a, b)
    return result


def _untransposed(x: Variable) -> tuple[Variable, bool]:
    if x.owner is not None and x.owner.op == DimShuffle((1, 0)):
        return x.owner.inputs[0], True
    return x, False


def _bias_first(op: Op, inputs: Sequence[Variable]) -> Variable | None:
    """Add a bias to a product before it gets more axes, so that both are one kernel."""
    for whole, bias in (inputs, inputs[::-1]) if len(inputs) == 2 else ():
        product = _product_of_rows(whole)
        if product is None or bias.dtype != whole.dtype or bias.ndim == 0:
            continue
        if bias.broadcastable[-1] or not all(bias.broadcastable[:-1]):
            continue
        assert whole.owner is not None
        row: Variable = bias if bias.ndim == 1 else DimShuffle((bias.ndim - 1,))(bias)
        if row.broadcastable != product.broadcastable[1:]:
            continue
        result: Variable = whole.owner.op(op(product, row), whole.owner.inputs[1])
        return result
    return None


def _product_of_rows(x: Variable) -> Variable | None:
    """Return the product that a reshape gives more leading axes, if it is one."""
    if not made_by(x, Reshape) or x.ndim < 3:
        return None
    assert x.owner is not None
    product, sizes = x.owner.inputs
    if not made_by(product, MatrixProduct) or not made_by(sizes, MakeVector):
        return None
    assert sizes.owner is not None
    assert product.owner is not None
    last, op = sizes.owner.inputs[-1].owner, product.owner.op
    if last is None or not isinstance(last.op, ShapeAt) or not isinstance(op, MatrixProduct):
        return None
    is_width = last.inputs[0] is product.owner.inputs[1] and last.op.axis == (not op.transpose_b)
    return product if is_width or (last.inputs[0] is product and last.op.axis == 1) else None


RULES: dict[str, Sequence[Rule]] = {
    "add": [_without(0, 0, 1), join_assembled, _bias_first],
    "sub": [_without(0, 1)],
    "mul": [_without(1, 0, 1)],
    "true_div": [_without(1, 1)],
    "ifelse": [_branch],
    "neg": [_double_negation],
    "pow": [_power],
    "spread": [_spread],
    SubtensorGradient.name: [assemble],
    DimShuffle(()).name: [_shuffle],
    Dot().name: [_product],
}
"""Rules that only save work; those that change results are in `blocks.compile.stable`."""
