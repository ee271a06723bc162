"""`grad` against finite differences, and what it refuses."""

import dataclasses
import warnings

import numpy as np
import pytest

import blocks.graph.methods  # noqa: F401
from blocks.compile import function
from blocks.errors import DisconnectedInputError, GradientError, ShapeError
from blocks.graph.gradient import grad
from blocks.graph.op import Call, Op
from blocks.graph.ops.broadcast import spread, sum_to
from blocks.graph.ops.elementwise import (
    cast,
    exp,
    log,
    neg,
    switch,
)
from blocks.graph.origin import building
from blocks.graph.traversal import toposort, variables
from blocks.graph.types import TensorType
from blocks.graph.variable import Variable, constant, shared


def symbol(name="x", shape=(), dtype="float64"):
    return TensorType(dtype, shape)(name)


total = lambda x: sum_to(x, constant(0.0))  # noqa: E731


def run(outputs, values):
    used = set(variables(outputs))
    symbols = [x for x in values if x in used]
    compiled = function(symbols, list(outputs), mode="reference")
    return compiled(*(values[x] for x in symbols))


def finite_differences(cost, x, values, step=1e-6):
    value = np.array(values[x], dtype="float64")
    result = np.zeros_like(value)
    for i in np.ndindex(value.shape):
        ends = []
        for sign in (1, -1):
            moved = value.copy()
            moved[i] += sign * step
            ends.append(run([cost], {**values, x: moved})[0])
        result[i] = (ends[0] - ends[1]) / (2 * step)
    return result


@dataclasses.dataclass(frozen=True)
class Split(Op):
    """Two outputs, 2 x and 3 x."""

    def infer(self, *types):
        return (types[0], types[0])

    def grad(self, inputs, outputs, output_gradients):
        parts = [g * c for g, c in zip(output_gradients, (2.0, 3.0), strict=True) if g is not None]
        return [parts[0] if len(parts) == 1 else parts[0] + parts[1]]

    def lower(self, *types):
        return Call(lambda x: (2 * x, 3 * x))

    def reference(self, x):
        return 2 * x, 3 * x


@dataclasses.dataclass(frozen=True)
class Odd(Op):
    """An op whose gradient is wrong, or missing."""

    fault: str = "missing"

    def infer(self, *types):
        return types

    def grad(self, inputs, outputs, output_gradients):
        if self.fault == "missing":
            return super().grad(inputs, outputs, output_gradients)
        return [] if self.fault == "too few" else [constant(np.ones(3))]

    def lower(self, *types):
        return Call(lambda x: (x,))

    def reference(self, x):
        return (x,)


x, y = symbol("x", (None,)), symbol("y", (None,))
X, b, row = symbol("X", (None, 3)), symbol("b", (3,)), symbol("row", (1, 3))
s = symbol("s")
VALUES = {
    x: np.array([0.5, -1.2, 2.0]),
    y: np.array([1.5, 0.3, 0.7]),
    X: np.array([[0.1, 0.2, 0.3], [-1.0, 2.0, 0.5]]),
    b: np.array([0.4, -0.6, 1.1]),
    row: np.array([[0.9, 0.8, -0.2]]),
    s: np.array(0.7),
}

COSTS = {
    "scalar": (s * s, [s]),
    "sum": (total(x * y), [x, y]),
    "quotient": (total(x / y), [x, y]),
    "exp and log": (total(exp(x) * log(y)), [x, y]),
    "difference": (total(neg(x) - 3 * y), [x, y]),
    "number of axes": (total(X * b), [X, b]),
    "broadcast axis": (total(exp(X * row)), [X, row]),
    "scalar over matrix": (total(exp(X * s)), [X, s]),
    "all at once": (total(exp(X + b) * (row / (s + X * X))), [X, b, row, s]),
    "shared sub-expression": (total(exp(x) * exp(x) + exp(x)), [x]),
    "same variable twice": (total(x * x * x), [x]),
    "through a switch": (total(switch(x > 0, x * y, y)), [x, y]),
    "through float32": (total(cast(cast(x * 4, "float32"), "float64") * y), [y]),
    "spread": (total(spread(b, X) * X), [X, b]),
    "several outputs": (total(Split()(x)[0] * Split()(x)[1]), [x]),
    "one of several outputs": (total(exp(Split()(x)[1])), [x]),
}


@pytest.mark.parametrize("name", COSTS)
def test_against_finite_differences(name):
    cost, wrt = COSTS[name]
    for x, gradient in zip(wrt, grad(cost, wrt), strict=True):
        assert (gradient.dtype, gradient.ndim) == (x.dtype, x.ndim)
        expected = finite_differences(cost, x, VALUES)
        np.testing.assert_allclose(run([gradient], VALUES)[0], expected, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", ["quotient", "all at once", "several outputs"])
def test_second_order_against_finite_differences(name):
    cost, wrt = COSTS[name]
    first = sum((total(g * g) for g in grad(cost, wrt)), start=constant(0.0))
    for x, gradient in zip(wrt, grad(first, wrt), strict=True):
        expected = finite_differences(first, x, VALUES)
        np.testing.assert_allclose(run([gradient], VALUES)[0], expected, rtol=1e-5, atol=1e-7)


def test_third_order():
    cost = exp(s) * s
    for order in range(1, 4):
        cost = grad(cost, s)
        np.testing.assert_allclose(run([cost], VALUES)[0], np.exp(0.7) * (0.7 + order))


def test_result_has_the_form_of_wrt():
    cost = total(x * y)
    assert isinstance(grad(cost, x), Variable)
    assert isinstance(grad(cost, [x, y]), list)
    assert isinstance(grad(cost, (x, y)), tuple)
    assert grad(cost, []) == []
    np.testing.assert_array_equal(*run(grad(cost, [x, x]), VALUES))


def test_gradient_by_an_intermediate_variable():
    assert run([grad(s, s)], VALUES) == [1.0]
    hidden = exp(x)
    (gradient,) = run([grad(total(hidden * hidden), hidden)], VALUES)
    np.testing.assert_allclose(gradient, 2 * np.exp(VALUES[x]))


def test_names():
    cost = total(x * y)
    assert [g.name for g in grad(cost, [x, y])] == ["(dcost/dx)", "(dcost/dy)"]
    assert grad(cost, x, add_names=False).name is None
    cost.name = "loss"
    assert grad(cost, y).name == "(dloss/dy)"


def test_origins():
    with building("/mlp.apply"):
        cost = total(exp(x))
    places = {node.origin.place for node in toposort([grad(cost, x)])}
    assert places == {"/mlp.apply", "gradient of /mlp.apply"}


def test_float32_stays_float32():
    narrow = symbol("narrow", (None,), "float32")
    cost = total(exp(narrow * 0.5 + 1))
    order = toposort([grad(cost, narrow)])
    assert {y.dtype for node in order for y in node.outputs} == {"float32"}


def test_known_grads_start_from_the_middle():
    hidden = exp(x)
    start = constant(np.array([1.0, 2.0, 3.0]))
    gradient = grad(None, x, known_grads={hidden: start})
    np.testing.assert_allclose(
        run([gradient], VALUES)[0], np.array([1.0, 2.0, 3.0]) * np.exp(VALUES[x])
    )
    assert gradient.name == "(dcost/dx)"


def test_known_grads_take_the_place_of_computed_ones():
    hidden = exp(x)
    cost = total(hidden * 5 + x)
    gradient = grad(cost, x, known_grads={hidden: hidden * 0})
    np.testing.assert_allclose(run([gradient], VALUES)[0], np.ones(3))


def test_known_grads_of_several_variables_add_up():
    first, second = x * 2, x * 3
    ones = constant(np.ones(3))
    (gradient,) = run([grad(None, x, known_grads={first: ones, second: ones * 10})], VALUES)
    np.testing.assert_allclose(gradient, 32 * np.ones(3))


def test_known_grads_are_converted():
    narrow = symbol("narrow", dtype="float32")
    doubled = narrow * 2
    for where in (narrow, doubled):
        assert grad(None, where, known_grads={doubled: constant(1)}).dtype == "float32"


def test_consider_constant():
    hidden = exp(x)
    cost = total(hidden * x)
    for known in ([hidden], (hidden,), hidden):
        (gradient,) = run([grad(cost, x, consider_constant=known)], VALUES)
        np.testing.assert_allclose(gradient, np.exp(VALUES[x]))


def test_consider_one_of_several_outputs_constant():
    first, second = Split()(x)
    (gradient,) = run([grad(total(first * second), x, consider_constant=first)], VALUES)
    np.testing.assert_allclose(gradient, 3 * 2 * VALUES[x])


def test_consider_the_only_path_constant():
    hidden = exp(x)
    cost = total(hidden)
    with pytest.raises(DisconnectedInputError):
        grad(cost, x, consider_constant=[hidden])
    assert run([grad(cost, hidden, consider_constant=[hidden])], VALUES)[0].tolist() == [1] * 3


@pytest.mark.parametrize("missing", ["zero", "none", "disconnected"])
@pytest.mark.parametrize("how", ["raise", "warn", "ignore"])
def test_disconnected_inputs(how, missing):
    message = r"grad: expected cost to depend on y \(float64 \(\?,\)\) through differentiable"
    cost = total(x)
    cost.name = "cost"
    options = {"disconnected_inputs": how, "return_disconnected": missing.title()}
    if how == "raise":
        with pytest.raises(DisconnectedInputError, match=message):
            grad(cost, [x, y], **options)
        return
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        _, gradient = grad(cost, [x, y], **options)
    assert len(caught) == (how == "warn")
    assert all(w.filename == __file__ for w in caught)
    if missing == "zero":
        np.testing.assert_array_equal(run([gradient], VALUES)[0], np.zeros(3))
    else:
        assert gradient is None


def test_through_integers_and_comparisons_no_gradient_flows():
    labels = symbol("labels", (None,), "int64")
    cost = total(cast(labels, "float64") * x)
    np.testing.assert_array_equal(
        run([grad(cost, x)], {x: np.ones(3), labels: np.array([4, 5, 6])})[0], [4, 5, 6]
    )
    for where in (labels, x):
        with pytest.raises(DisconnectedInputError):
            grad(total(cast(x > 0, "float64") * cast(labels, "float64")), where)
    rounded = total(cast(cast(x, "int64"), "float64") * x)
    np.testing.assert_array_equal(run([grad(rounded, x)], {x: np.array([2.5])})[0], [2.0])


def test_shared_variables_and_constants_as_wrt():
    W, two = shared(np.array([1.0, 2.0])), constant(2.0, dtype="float64")
    for where in (W, two):
        (gradient,) = run([grad(total(W * two), where)], {})
        assert gradient.tolist() == ([2.0, 2.0] if where is W else 3.0)


@pytest.mark.parametrize(
    ("act", "error", "message"),
    [
        (
            lambda: grad(x, x),
            GradientError,
            r"expected a scalar cost, got x of type float64 \(\?,\)\. Reduce it first",
        ),
        (
            lambda: grad(symbol("n", dtype="int64"), x),
            GradientError,
            r"expected a cost of floating dtype, got n of type int64 scalar",
        ),
        (lambda: grad(3.0, x), GradientError, r"expected a scalar cost, got float"),
        (lambda: grad(None, x), GradientError, r"expected a cost or known_grads, got neither"),
        (lambda: grad(s, [3]), GradientError, r"expected variables in wrt, got int 3"),
        (
            lambda: grad(s, s, disconnected_inputs="zero"),
            GradientError,
            r"expected disconnected_inputs to be 'raise', 'warn' or 'ignore', got 'zero'",
        ),
        (
            lambda: grad(s, s, return_disconnected="zeros"),
            GradientError,
            r"expected return_disconnected to be 'zero', 'none' or 'disconnected', got 'zeros'",
        ),
        (
            lambda: grad(None, s, known_grads={exp(s): x}),
            ShapeError,
            r"expected a known gradient like exp\(s\) \(float64 scalar\), got float64 \(\?,\)",
        ),
        (
            lambda: grad(None, s, known_grads={"s": s}),
            GradientError,
            r"expected known_grads of variables, got one of str 's'",
        ),
        (
            lambda: grad(None, y, known_grads={exp(x): x}),
            DisconnectedInputError,
            r"expected exp\(x\) to depend on y",
        ),
    ],
)
def test_errors(act, error, message):
    with pytest.raises(error, match=rf"^grad: {message}"):
        act()


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("missing", r"^/brick\.apply: Odd: expected an op with a gradient, .*\(built at .*:\d+\)"),
        ("too few", r"^/brick\.apply: Odd: expected a gradient for each of 1 inputs, got 0"),
        (
            "ndim",
            r"^/brick\.apply: Odd: expected a gradient like its input \(float64 scalar\), "
            r"got float64 \(3,\)",
        ),
    ],
)
def test_faulty_ops(fault, message):
    with building("/brick.apply"):
        cost = Odd(fault)(s)
    with pytest.raises(GradientError, match=message):
        grad(cost, s)


def test_ops_off_the_path_need_no_gradient():
    grad(s * Odd()(symbol("other")), s)


def test_deep_graph():
    deep = s
    for i in range(10_000):
        deep = neg(deep) if i % 2 else deep * 1.0001
    np.testing.assert_allclose(run([grad(deep, s)], VALUES)[0], 1.0001**5000)
