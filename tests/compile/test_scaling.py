"""Work grows with the size of a graph, not with its square, and nothing recurses."""

import sys
from functools import partial

import numpy as np
import pytest

from blocks import function, grad, shared, tensor
from blocks.algorithms import Adam, GradientDescent, Scale
from blocks.bricks import MLP, Rectifier
from blocks.compile.simplify import stabilize
from blocks.filter import VariableFilter
from blocks.graph import ComputationGraph
from blocks.graph.cloning import clone
from blocks.graph.derivatives import Rop
from blocks.graph.dot import dot_source
from blocks.graph.printing import debugprint, pp
from blocks.graph.traversal import toposort
from blocks.initialization import Constant, IsotropicGaussian
from blocks.roles import WEIGHT


def halves(x, n):
    """Return x, by way of n operations: half of it, and that twice."""
    y = x
    for _ in range(n // 2):
        y = y * 0.5
        y = y + y
    return y


def layers(x, n):
    """Return layers of three operations, n in all, and their parameters."""
    y, parameters = x, []
    for _ in range(n // 3):
        W, b = shared(np.eye(3)), shared(np.zeros(3))
        parameters += [W, b]
        y = tensor.tanh(tensor.dot(y, W) + b)
    return y, parameters


def centred(x, n):
    """Return n operations in which reductions and broadcasting take turns."""
    y = x
    for _ in range(n // 4):
        y = tensor.tanh(y - y.mean(axis=1, keepdims=True))
    return y


def wide(x, n):
    """Return a sum of n / 2 matrices, each scaled."""
    return tensor.add(*(x * float(i) for i in range(n // 2)))


def logarithms(x, n):
    """Return a sum of n / 4 terms of probabilities, whose gradients are stabilized."""
    p = tensor.nnet.sigmoid(x)
    return tensor.add(*(tensor.log(p) * float(i) for i in range(n // 4)))


def trained(y, wrt):
    """Compile and run the update of some parameters, or the gradient of a matrix."""
    cost = y.sum()
    gradients = grad(cost, wrt)
    if isinstance(wrt, list):
        updates = [(W, W - 0.1 * g) for W, g in zip(wrt, gradients, strict=True)]
        return function([X], cost, updates=updates)(VALUE)
    return function([X], [cost, gradients])(VALUE)


X = tensor.matrix("x")
VALUE = np.arange(6.0).reshape(2, 3)


def chain(n):
    trained(halves(X, n), X)


def network(n):
    trained(*layers(X, n))


def reductions(n):
    trained(centred(X, n), X)


def terms(n):
    trained(wide(X, n), X)


def probabilities(n):
    trained(logarithms(X, n), X)


def outputs(n):
    function([X], [X * float(i) for i in range(n // 4)])(VALUE)


def queries(n):
    y, parameters = layers(X, n)
    graph = ComputationGraph(y)
    VariableFilter(roles=[WEIGHT])(graph.variables)
    assert all(graph.has_inputs(x) for x in graph.variables if x not in parameters)
    middle = [x for x in graph.intermediary_variables if x.ndim == 2]
    assert len(graph.replace({x: 2 * x for x in middle}).variables) > len(graph.variables)


def bricks(n, rule=Scale):
    depth = n // (4 if rule is Scale else 16)
    mlp = MLP(
        [Rectifier() for _ in range(depth)],
        [3] * (depth + 1),
        weights_init=IsotropicGaussian(1),
        biases_init=Constant(0),
    )
    mlp.initialize()
    x = tensor.matrix("features")
    algorithm = GradientDescent(cost=mlp.apply(x).sum(), step_rule=rule())
    algorithm.initialize()
    algorithm.process_batch({"features": VALUE})


WORK = [
    chain,
    network,
    reductions,
    terms,
    probabilities,
    outputs,
    queries,
    bricks,
    partial(bricks, rule=Adam),
]


SIZES = (160, 320)


def lines_run(work):
    """Return how many lines of Python some work takes, rounds of loops counted each."""
    count = 0

    def line(frame, event, argument):
        nonlocal count
        count += event == "line"
        return line

    before = sys.gettrace()
    sys.settrace(lambda frame, event, argument: line)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("work", WORK, ids=lambda f: getattr(f, "__name__", "bricks_adam"))
def test_work_is_linear(work):
    small, large = SIZES
    for n in SIZES:
        work(n)  # kernels are compiled, and what is looked up later is computed
    ratio = lines_run(partial(work, large)) / lines_run(partial(work, small))
    assert 1.9 < ratio < 2.1


def test_quadratic_work_is_noticed():
    def work(n):
        found = toposort([halves(X, n)])
        return [any(x is y for y in found[:i]) for i, x in enumerate(found)]

    small, large = SIZES
    assert lines_run(partial(work, large)) / lines_run(partial(work, small)) > 2.1


def test_ten_thousand_operations():
    y = halves(X, 10_000)
    assert len(toposort([y])) == 10_000
    cost, gradient = function([X], [y.sum(), grad(y.sum(), X)])(VALUE)
    assert cost == VALUE.sum()
    np.testing.assert_array_equal(gradient, np.ones((2, 3)))


@pytest.mark.parametrize("mode", ["compiled", "reference", "debug"])
def test_deep_networks(mode):
    y, parameters = layers(X, 2400)
    updates = [
        (W, W - 0.5 * g) for W, g in zip(parameters, grad(y[0].sum(), parameters), strict=True)
    ]
    f = function([X], y, updates=updates, mode=mode)
    expected = VALUE
    for _ in range(800):
        expected = np.tanh(expected)
    np.testing.assert_allclose(f(VALUE), expected, rtol=1e-10)
    # The last bias: its gradient is 1 - tanh(x)^2, of the first row only.
    b = parameters[-1].get_value()
    np.testing.assert_allclose(b, -0.5 * (1 - expected[0] ** 2), rtol=1e-10)


DEPTH = 2000  # twice what Python recurses


@pytest.mark.parametrize(
    ("show", "begins"),
    [
        (repr, "(... + ...) * 0.5 + "),
        (lambda y: repr(y.owner), "... * 0.5 + ... * 0.5"),
        (lambda y: pp(y, limit=1000), "(("),
        (lambda y: debugprint(y, file="str"), "add [id A]"),
        (lambda y: dot_source([y]), "digraph"),
        (lambda y: y._repr_html_(), "<"),
        (lambda y: ComputationGraph(y)._repr_html_(), "<"),
    ],
)
def test_deep_graphs_are_shown(show, begins):
    assert show(halves(X, DEPTH)).startswith(begins)


@pytest.mark.parametrize(
    ("change", "factor"),
    [
        (lambda y: ComputationGraph(y).replace({X: 3 * X}).outputs[0], 3),
        (lambda y: clone(y, replace={X: 3 * X}), 3),
        (lambda y: Rop(y, X, X), 1),
    ],
)
def test_deep_graphs_are_changed(change, factor):
    new = change(halves(X, DEPTH))
    np.testing.assert_array_equal(new.eval({X: VALUE}), factor * VALUE)


def test_very_many_operands():
    y = tensor.add(*[X] * 2000)
    np.testing.assert_array_equal(y.eval({X: VALUE}), 2000 * VALUE)


def test_what_is_simple_is_kept():
    y, transposed = X, X.T
    for _ in range(10):
        y = tensor.tanh(tensor.dot(y, transposed) + X)
    assert stabilize([y], [X]) == [y]
    z = y * 2 + tensor.exp(y * 2)  # two constants, which become one
    (new,) = stabilize([z], [X])
    power, scaled = new.owner.inputs[1].owner, new.owner.inputs[0]
    assert power.inputs[0] is scaled
    assert scaled.owner.inputs[0] is y


def kernels_of(depth, rule):
    mlp = MLP(
        [Rectifier() for _ in range(depth)],
        range(4, 4 + depth + 1),
        weights_init=IsotropicGaussian(1),
        biases_init=Constant(0),
    )
    mlp.initialize()
    x = tensor.matrix("features")
    algorithm = GradientDescent(cost=mlp.apply(x).sum(), step_rule=rule())
    algorithm.initialize()
    algorithm.process_batch({"features": np.ones((2, 4))})
    (plan,) = algorithm._function.executor.plans.values()
    kernels = plan.script.kernels
    return {(k.body, k.signature) for k in kernels}, len(kernels)


@pytest.mark.parametrize("rule", [Scale, Adam])
def test_deeper_networks_need_no_more_kernels(rule):
    few, small = kernels_of(3, rule)
    same, large = kernels_of(12, rule)
    assert same == few
    assert large > 3 * small
