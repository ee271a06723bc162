"""Rules that make results better, such as ``log(softmax(x))`` from the logits x.

They are part of the meaning of the language and apply in every mode: where a formula would
overflow, or lose all digits, although its result does not, the graph computes it otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence

from blocks.compile.rules import Rule, is_constant
from blocks.compile.sums import each_term, some_terms, uncast
from blocks.graph.op import Op
from blocks.graph.ops import nn
from blocks.graph.ops.axes import DimShuffle
from blocks.graph.ops.broadcast import Spread, SumTo
from blocks.graph.ops.elementwise import (
    cast,
    exp,
    expm1,
    log1p,
    mul,
    neg,
    sigmoid,
    softplus,
    sub,
    true_div,
)
from blocks.graph.ops.reduce import logsumexp
from blocks.graph.ops.reduce import max as max_
from blocks.graph.ops.reduce import sum as sum_
from blocks.graph.ops.reduce_op import Reduce
from blocks.graph.variable import Variable

__all__ = ["STABLE_RULES"]


def _itself(op: Op, inputs: Sequence[Variable]) -> Variable | None:
    return inputs[0]


def _is_number(x: Variable, value: float) -> bool:
    """Tell whether a variable is that number: of size 1, so that nothing hangs on its shape."""
    return all(x.broadcastable) and is_constant(x, value)


def _input_of(x: Variable, name: str) -> Variable | None:
    """Return what an op of that name made `x` from, or None if it did not."""
    return x.owner.inputs[0] if x.owner is not None and x.owner.op.name == name else None


def _gradient_of(dp: Variable, name: str, p: Variable) -> Sequence[Variable] | None:
    """Return the inputs (g, p, target) of the gradient `dp` of a cost of `p`, if it is one."""
    node = dp.owner
    return (
        node.inputs if node is not None and node.op.name == name and node.inputs[1] is p else None
    )


def _divided_by(x: Variable, p: Variable) -> Variable | None:
    """Return what was divided by `p` to get `x`: the gradient with respect to log p."""
    node = x.owner
    if node is not None and node.op.name == "true_div" and node.inputs[1] is p:
        return node.inputs[0]
    return None


def _negated(x: Variable) -> Variable:
    """Return -x; of -y that is y."""
    y = _input_of(x, "neg")
    return neg(x) if y is None else y


def _are_opposite(x: Variable, y: Variable) -> bool:
    return _input_of(x, "neg") is y or _input_of(y, "neg") is x


def _one_plus(x: Variable) -> Variable | None:
    """Return y if x is 1 + y."""
    if x.owner is None or x.owner.op.name != "add":
        return None
    a, b = x.owner.inputs
    return b if _is_number(a, 1) else a if _is_number(b, 1) else None


Axes = tuple[int, ...]
Pattern = tuple[int | str, ...]


def _peeled(x: Variable) -> tuple[Variable, Pattern]:
    """Return what became `x` by moving its axes about, and the pattern that does it."""
    pattern: Pattern = tuple(range(x.ndim))
    while x.owner is not None and isinstance(x.owner.op, DimShuffle):
        inner = x.owner.op.pattern
        pattern = tuple("x" if axis == "x" else inner[int(axis)] for axis in pattern)
        x = x.owner.inputs[0]
    return x, pattern


def _sum_of_powers(s: Variable) -> tuple[Variable, Axes, Pattern] | None:
    """Return x, the axes and the pattern if `s` is the sum of e^x over axes, moved about."""
    total, pattern = _peeled(s)
    node = total.owner
    if node is None or not isinstance(node.op, Reduce) or node.op.kind != "sum":
        return None
    x = _input_of(node.inputs[0], "exp")
    return None if x is None else (x, node.op.axes, pattern)


def _kept(x: Variable, axes: Axes) -> Pattern:
    """Return the pattern that gives a reduction of `x` its axes back, with size 1."""
    rest = iter(range(x.ndim))
    return tuple("x" if axis in axes else next(rest) for axis in range(x.ndim))


def _softmax(x: Variable, axes: Axes) -> Variable:
    """Return e^x / sum e^x over some axes."""
    if len(axes) == 1:
        return nn.softmax(x, axes[0])
    powers = exp(sub(x, max_(x, axes, keepdims=True)))
    return true_div(powers, sum_(powers, axes, keepdims=True))


def _log(op: Op, inputs: Sequence[Variable]) -> Variable | None:
    """Log of a softmax, a sigmoid, a sum of exponentials or 1 + y, from what they are made of."""
    (y,) = inputs
    x = _input_of(y, "softmax")
    if x is not None:
        return nn.logsoftmax(x)
    x = _input_of(y, "sigmoid")
    if x is not None:
        return neg(softplus(_negated(x)))
    found = _sum_of_powers(y)
    if found is not None:
        x, axes, pattern = found
        total: Variable = DimShuffle(pattern)(logsumexp(x, axes))
        return total
    x = _one_plus(y)
    return None if x is None else _log1p(op, [x]) or log1p(x)


def _log1p(op: Op, inputs: Sequence[Variable]) -> Variable | None:
    """log(1 + e^x) is softplus(x), log(1 - sigmoid(x)) is -softplus(x)."""
    (y,) = inputs
    x = _input_of(y, "exp")
    if x is not None:
        return softplus(x)
    p = _input_of(y, "neg")
    x = None if p is None else _input_of(p, "sigmoid")
    return None if x is None else neg(softplus(x))


def _difference(op: Op, inputs: Sequence[Variable]) -> Variable | None:
    """e^x - 1 is expm1(x), 1 - sigmoid(x) is sigmoid(-x)."""
    a, b = inputs
    x = _input_of(a, "exp")
    if x is not None and _is_number(b, 1):
        return expm1(x)
    x = _input_of(b, "sigmoid")
    return None if x is None or not _is_number(a, 1) else sigmoid(_negated(x))


def _sum(op: Op, inputs: Sequence[Variable]) -> Variable | None:
    """1 + -sigmoid(x) is sigmoid(-x), -1 + e^x is expm1(x)."""
    for a, b in (inputs, inputs[::-1]):
        p, x = _input_of(b, "neg"), _input_of(b, "exp")
        if _is_number(a, -1) and x is not None:
            return expm1(x)
        x = None if p is None else _input_of(p, "sigmoid")
        if _is_number(a, 1) and x is not None:
            return sigmoid(_negated(x))
    return None


def _quotient(op: Op, inputs: Sequence[Variable]) -> Variable | None:
    """1 / (1 + e^x) and e^x / (1 + e^x) are sigmoids, e^x / sum e^x is a softmax."""
    a, b = inputs
    power = _one_plus(b)
    x = None if power is None else _input_of(power, "exp")
    if x is not None and _is_number(a, 1):
        return sigmoid(_negated(x))
    if x is not None and a is power:
        return sigmoid(x)
    found = _sum_of_powers(b)
    if found is None or found[0] is not _input_of(a, "exp"):
        return None
    x, axes, pattern = found
    return _softmax(x, axes) if pattern == _kept(x, axes) else None


def _product(op: Op, inputs: Sequence[Variable]) -> Variable | None:
    """Gradients of log(1 + e^x), log sum e^x and e^x / sum e^x, where e^x would overflow."""
    for d, power in (inputs, inputs[::-1]):
        x = _input_of(power, "exp")
        if x is not None:
            found = _product_with_power(d, power, x)
            if found is not None:
                return found
        if _input_of(power, "softmax") is not None:
            inner = _input_of(d, "neg")
            a = _divided_by(d if inner is None else inner, power)
            if a is not None:
                return a if inner is None else neg(a)
    return None


def _product_with_power(d: Variable, power: Variable, x: Variable) -> Variable | None:
    """Return d e^x if d, or each of its terms, was divided by 1 + e^x or by sum e^x."""
    return each_term(d, lambda term: _term_with_power(term, power, x))


def _term_with_power(d: Variable, power: Variable, x: Variable) -> Variable | None:
    node = d.owner
    if node is None:
        return None
    if node.op.name == "sigmoid":
        return sigmoid(x) if _are_opposite(x, node.inputs[0]) else None
    if node.op.name not in ("true_div", "spread"):
        return None
    if node.op.name == "true_div":
        a, b = node.inputs
        if _one_plus(b) is power:
            return mul(a, sigmoid(x))
        found = _sum_of_powers(b)
        if found is None or found[0] is not x or found[2] != _kept(x, found[1]):
            return None
        p = a.owner.inputs[-1] if a.owner is not None else a
        if _divided_by(a, p) is not None and _input_of(p, "softmax") is x:
            return _divided_by(a, p)  # the gradient of the logarithm
        return mul(a, _softmax(x, found[1]))
    inner, pattern = _peeled(node.inputs[0])
    folded = inner.owner
    if folded is None:
        return None
    fold = folded.op if isinstance(folded.op, SumTo) and not folded.op.drop else None
    quotient = folded if fold is None else folded.inputs[0].owner
    if quotient is None or quotient.op.name != "true_div":
        return None
    a, b = quotient.inputs
    found = _sum_of_powers(b)
    if found is None or found[0] is not x:
        return None
    axes = found[1]
    a = Spread()(a, b)
    if fold is None:  # each total is divided by its sum, then spread
        aligned = tuple("x" if axis == "x" else found[2][int(axis)] for axis in pattern)
        if aligned != _kept(x, axes):
            return None
    else:  # the terms of each total are divided, then added up and spread
        back = tuple("x" if axis in axes else axis for axis in range(x.ndim))
        if (fold.axes, pattern, found[2]) != (axes, back, _kept(x, axes)):
            return None
        a = fold(a)
    return mul(Spread()(DimShuffle(pattern)(a), node.inputs[1]), _softmax(x, axes))


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
    dp, p = uncast(inputs[0]), inputs[1]
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
    """Gradients of the cross-entropy, g * (p - t), and of logarithms of p and 1 - p.

    Of the sum of both too, as of a cross-entropy that is written out.
    """
    dp, p = inputs
    x = _input_of(p, "sigmoid")
    if x is None:
        return None
    return some_terms(dp, lambda term: _sigmoid_gradient_of(term, p, x), lambda term: op(term, p))


def _sigmoid_gradient_of(dp: Variable, p: Variable, x: Variable) -> Variable | None:
    """Return the gradient by x of p = sigmoid(x) for one term `dp` of the gradient by p."""
    found = _gradient_of(dp, "binary_crossentropy_grad", p)
    if found is not None:
        g, _, t = found
        return cast(mul(g, sub(p, t)), p.dtype)
    a = _divided_by(dp, p)
    if a is not None:
        return cast(mul(a, sigmoid(_negated(x))), p.dtype)
    node = dp.owner
    if node is None or node.op.name != "neg":
        return None
    a = _divided_by_complement(node.inputs[0], x)
    return None if a is None else cast(neg(mul(a, p)), p.dtype)


def _divided_by_complement(d: Variable, x: Variable) -> Variable | None:
    """Return what was divided by 1 - sigmoid(x), which is sigmoid(-x) by now, to get `d`."""
    node = d.owner
    if node is None or node.op.name != "true_div":
        return None
    y = _input_of(node.inputs[1], "sigmoid")
    return node.inputs[0] if y is not None and _are_opposite(x, y) else None


STABLE_RULES: dict[str, Sequence[Rule]] = {
    "identity": [_itself],
    "log": [_log],
    "log1p": [_log1p],
    "add": [_sum],
    "sub": [_difference],
    "mul": [_product],
    "true_div": [_quotient],
    nn.OneHotCrossEntropy().name: [_cross_entropy],
    "binary_crossentropy": [_binary_cross_entropy],
    "sigmoid_grad": [_sigmoid_gradient],
    nn.SoftmaxGrad().name: [_softmax_gradient],
}
"""Rules that change results, for the better: part of the meaning of the language."""
