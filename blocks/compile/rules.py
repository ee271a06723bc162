"""Rewriting rules: from an op and its simplified inputs to a cheaper variable, or None.

A rule is looked up by the name of the op. What it returns must have the dtype and the
broadcasting of the original; otherwise it is ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from blocks.compile.gemm import MatrixProduct
from blocks.graph.op import Op
from blocks.graph.ops import nn
from blocks.graph.ops.axes import DimShuffle
from blocks.graph.ops.elementwise import Elementwise, cast, mul, neg, softplus, sqr, sub
from blocks.graph.ops.linalg import Dot
from blocks.graph.ops.reduce import sum as sum_
from blocks.graph.variable import Constant, Variable

__all__ = ["RULES", "STABLE_RULES", "scalar_of"]

DEEPEST_SCALAR = 20  # expressions that fill a matrix with one number are short

Rule = Callable[[Op, Sequence[Variable]], Variable | None]


def is_constant(x: Variable, value: float) -> bool:
    """Tell whether a variable is a constant that holds `value` everywhere."""
    return isinstance(x, Constant) and x.data.size > 0 and bool(np.all(x.data == value))


def made_by(x: Variable, *kinds: type) -> bool:
    """Tell whether a variable is the result of an op of one of the given classes."""
    return x.owner is not None and isinstance(x.owner.op, kinds)


def scalar_of(x: Variable, depth: int = 0) -> Variable | None:
    """Return the number that fills a variable, if it is one number everywhere.

    Examples
    --------
    >>> from blocks import tensor
    >>> rate, x = tensor.scalar("rate"), tensor.matrix("x")
    >>> scalar_of(tensor.zeros_like(x)), scalar_of(rate), scalar_of(x)
    (0.0, rate, None)
    """
    if x.ndim == 0:
        return x
    if isinstance(x, Constant) and x.data.size == 1:
        return Constant(x.data.reshape(()))
    node = x.owner
    if node is not None and depth < DEEPEST_SCALAR:
        if node.op.name == "spread" or isinstance(node.op, DimShuffle):
            found = scalar_of(node.inputs[0], depth + 1)
            if found is not None:
                return found
        elif isinstance(node.op, Elementwise):
            parts = [scalar_of(i, depth + 1) for i in node.inputs]
            if None not in parts:
                result: Variable = node.op(*parts)
                return result
    if all(x.broadcastable):
        number: Variable = DimShuffle(())(x)
        return number
    return None


def _itself(op: Op, inputs: Sequence[Variable]) -> Variable | None:
    return inputs[0]


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
            if is_constant(inputs[position], value):
                return inputs[1 - position]
        return None

    return rule


def _double_negation(op: Op, inputs: Sequence[Variable]) -> Variable | None:
    (x,) = inputs
    return x.owner.inputs[0] if x.owner is not None and x.owner.op == op else None


def _power(op: Op, inputs: Sequence[Variable]) -> Variable | None:
    x, y = inputs
    if is_constant(y, 1):
        return x
    return sqr(x) if is_constant(y, 2) else None


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


def _input_of(x: Variable, name: str) -> Variable | None:
    """Return what an op of that name made `x` from, or None if it did not."""
    return x.owner.inputs[0] if x.owner is not None and x.owner.op.name == name else None


def _gradient_of(dp: Variable, name: str, p: Variable) -> Sequence[Variable] | None:
    """Return the inputs (g, p, target) of the gradient `dp` of a cost of `p`, if it is one."""
    node = dp.owner
    return (
        node.inputs if node is not None and node.op.name == name and node.inputs[1] is p else None
    )


def _uncast(x: Variable) -> Variable:
    """Return what was converted to another float dtype to get `x`, or `x` itself."""
    node = x.owner
    if node is not None and node.op.name.startswith("cast_float") and node.inputs[0].type.is_float:
        return node.inputs[0]
    return x


def _divided_by(x: Variable, p: Variable) -> Variable | None:
    """Return what was divided by `p` to get `x`: the gradient with respect to log p."""
    node = x.owner
    if node is not None and node.op.name == "true_div" and node.inputs[1] is p:
        return node.inputs[0]
    return None


def _log(op: Op, inputs: Sequence[Variable]) -> Variable | None:
    """Log of a softmax, or of a sigmoid, from its logits."""
    x = _input_of(inputs[0], "softmax")
    if x is not None:
        return nn.logsoftmax(x)
    x = _input_of(inputs[0], "sigmoid")
    return None if x is None else neg(softplus(neg(x)))


def _cross_entropy(op: Op, inputs: Sequence[Variable]) -> Variable | None:
    """-log softmax(x)[y] from the logits."""
    p, y = inputs
    x = _input_of(p, "softmax")
    return None if x is None else nn.softmax_crossentropy(x, y)


def _binary_cross_entropy(op: Op, inputs: Sequence[Variable]) -> Variable | None:
    """Cross-entropy of a sigmoid and a target from the logits."""
    p, t = inputs
    x = _input_of(p, "sigmoid")
    return None if x is None else nn.sigmoid_binary_crossentropy(x, t)


def _softmax_gradient(op: Op, inputs: Sequence[Variable]) -> Variable | None:
    """Gradients of cross-entropies of a softmax, without dividing by what may be 0."""
    dp, p = _uncast(inputs[0]), inputs[1]
    x = _input_of(p, "softmax")
    if x is None:
        return None
    labels = _gradient_of(dp, nn.OneHotCrossEntropyGrad().name, p)
    if labels is not None:
        result: Variable = nn.SoftmaxCrossEntropyGrad()(labels[0], x, labels[2])
        return result
    a = _divided_by(dp, p)
    if a is None:
        return None
    return cast(sub(a, mul(p, sum_(a, axis=-1, keepdims=True))), p.dtype)


def _sigmoid_gradient(op: Op, inputs: Sequence[Variable]) -> Variable | None:
    """Gradients of the cross-entropy, g * (p - t), and of the logarithm, g * (1 - p)."""
    dp, p = _uncast(inputs[0]), inputs[1]
    if _input_of(p, "sigmoid") is None:
        return None
    found = _gradient_of(dp, "binary_crossentropy_grad", p)
    if found is not None:
        g, _, t = found
        return cast(mul(g, sub(p, t)), p.dtype)
    a = _divided_by(dp, p)
    return None if a is None else cast(mul(a, sub(1, p)), p.dtype)


STABLE_RULES: dict[str, Sequence[Rule]] = {
    "identity": [_itself],
    "log": [_log],
    nn.OneHotCrossEntropy().name: [_cross_entropy],
    "binary_crossentropy": [_binary_cross_entropy],
    "sigmoid_grad": [_sigmoid_gradient],
    nn.SoftmaxGrad().name: [_softmax_gradient],
}
"""Rules that change results, for the better: part of the meaning of the language."""

RULES: dict[str, Sequence[Rule]] = {
    "add": [_without(0, 0, 1)],
    "sub": [_without(0, 1)],
    "mul": [_without(1, 0, 1)],
    "true_div": [_without(1, 1)],
    "neg": [_double_negation],
    "pow": [_power],
    "spread": [_spread],
    DimShuffle(()).name: [_shuffle],
    Dot().name: [_product],
}
"""Rules that only save work."""
