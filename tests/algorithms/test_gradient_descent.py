"""`GradientDescent`: gradients, steps, what is accepted, and every way to go wrong."""

import warnings
from collections import OrderedDict

import numpy as np
import pytest

from blocks import tensor
from blocks.algorithms import GradientDescent, Momentum, Scale, StepRule
from blocks.bricks import MLP, Linear, Tanh
from blocks.bricks.cost import SquaredError
from blocks.errors import (
    DisconnectedInputError,
    GradientError,
    GraphError,
    NonFiniteError,
    UninitializedError,
)
from blocks.graph.computation import ComputationGraph
from blocks.graph.variable import shared
from blocks.initialization import Constant, IsotropicGaussian
from blocks.utils.theano_utils import shared_floatx


@pytest.fixture
def W():
    return shared_floatx([[1.0, 2.0], [3.0, 4.0]], name="W")


def mlp_cost(initialize=True):
    x, y = tensor.matrix("features"), tensor.matrix("targets")
    mlp = MLP([Tanh(), None], [3, 4, 2], weights_init=IsotropicGaussian(0.1), seed=3)
    mlp.biases_init = Constant(0)
    if initialize:
        mlp.initialize()
    return SquaredError().apply(y, mlp.apply(x))


def test_a_step(W):
    algorithm = GradientDescent(cost=(W**2).sum(), parameters=[W])
    algorithm.step_rule.learning_rate.set_value(0.75)
    algorithm.initialize()
    algorithm.process_batch({})
    np.testing.assert_allclose(W.get_value(), [[-0.5, -1.0], [-1.5, -2.0]])


def test_default_rule_is_a_rate_of_one(W):
    rule = GradientDescent(cost=(W**2).sum(), parameters=[W]).step_rule
    assert type(rule) is Scale
    assert rule.learning_rate.get_value() == 1.0


def test_attributes(W):
    b = shared_floatx([1.0, 2.0], name="b")
    algorithm = GradientDescent(cost=((W + b) ** 2).sum(), parameters=[b, W], step_rule=Scale(0.5))
    assert algorithm.parameters == [b, W]
    assert list(algorithm.gradients) == list(algorithm.steps) == [b, W]
    assert [x for x, _ in algorithm.updates] == [b, W]
    gradient_W = 2 * (W.get_value() + b.get_value())
    gradient_b = gradient_W.sum(axis=0)
    norm = np.sqrt((gradient_W**2).sum() + (gradient_b**2).sum())
    np.testing.assert_allclose(algorithm.gradients[b].eval({}), gradient_b)
    np.testing.assert_allclose(algorithm.steps[W].eval({}), 0.5 * gradient_W)
    np.testing.assert_allclose(algorithm.total_gradient_norm.eval({}), norm)
    np.testing.assert_allclose(algorithm.total_step_norm.eval({}), 0.5 * norm)
    assert algorithm.total_gradient_norm.name == "total_gradient_norm"
    assert algorithm.total_step_norm.name == "total_step_norm"


def test_parameters_are_found_in_the_graph():
    cost = mlp_cost()
    algorithm = GradientDescent(cost=cost)
    assert algorithm.parameters == ComputationGraph(cost).parameters
    assert len(algorithm.parameters) == 4


def test_one_parameter_needs_no_list(W):
    assert GradientDescent(cost=W.sum(), parameters=W).parameters == [W]


@pytest.mark.parametrize("kind", [list, OrderedDict, dict])
def test_gradients_are_accepted(W, kind):
    n, m = shared_floatx(1.0, name="n"), tensor.scalar("m")
    algorithm = GradientDescent(gradients=kind([(W, W + 1)]))
    algorithm.add_updates([(n, n + m)])
    algorithm.initialize()
    algorithm.process_batch({"m": 2})
    np.testing.assert_array_equal(W.get_value(), -np.ones((2, 2)))
    assert n.get_value() == 3.0


def test_parameters_give_the_order_of_given_gradients(W):
    b = shared_floatx([1.0], name="b")
    algorithm = GradientDescent(gradients={W: W, b: b}, parameters=[b, W])
    assert [x for x, _ in algorithm.updates] == [b, W]


def test_known_grads_and_consider_constant(W):
    y = 2 * W
    by_hand = GradientDescent(known_grads={y: y * 0 + 3}, cost=(W * 0).sum(), parameters=[W])
    np.testing.assert_array_equal(by_hand.gradients[W].eval({}), np.full((2, 2), 6.0))
    cost = (W * y).sum()
    constant = GradientDescent(cost=cost, parameters=[W], consider_constant=[y])
    np.testing.assert_array_equal(constant.gradients[W].eval({}), 2 * W.get_value())


def test_further_updates_come_last(W):
    n = shared_floatx(0.0, name="n")
    algorithm = GradientDescent(
        cost=(W**2).sum(), parameters=[W], step_rule=Momentum(0.1, 0.9), updates=[(n, n + 1)]
    )
    assert [x.name for x, _ in algorithm.updates] == ["W", "velocity", "n"]


def test_the_older_name_of_parameters(W):
    with pytest.warns(DeprecationWarning, match=r"params= is the older name of parameters="):
        algorithm = GradientDescent(cost=W.sum(), params=[W])
    assert algorithm.parameters == [W]


def test_warning_names_the_line_of_the_user(W):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        GradientDescent(cost=W.sum(), params=[W])
    assert [w.filename for w in caught] == [__file__]


def test_the_order_of_updates_is_the_same_each_time():
    cost = mlp_cost()
    first, second = (GradientDescent(cost=cost, step_rule=Momentum(0.1, 0.9)) for _ in range(2))
    assert [x.name for x, _ in first.updates] == [x.name for x, _ in second.updates]
    assert first.parameters == second.parameters


def test_training_lowers_the_cost():
    cost = mlp_cost()
    algorithm = GradientDescent(cost=cost, step_rule=Momentum(0.1, 0.5))
    algorithm.initialize()
    rng = np.random.RandomState(1)
    x = rng.normal(size=(20, 3))
    batch = {"features": x, "targets": x[:, :2] ** 2}
    values = {v: batch[v.name] for v in ComputationGraph(cost).inputs}
    before = cost.eval(values)
    for _ in range(50):
        algorithm.process_batch(batch)
    assert cost.eval(values) < 0.7 * before


def test_uninitialized_parameters_are_listed_by_path():
    algorithm = GradientDescent(cost=mlp_cost(initialize=False))
    with pytest.raises(UninitializedError) as caught:
        algorithm.initialize()
    message = str(caught.value)
    assert message.startswith("GradientDescent: expected parameters with values, got NaN in ")
    for path in ("/mlp/linear_0.W", "/mlp/linear_0.b", "/mlp/linear_1.W", "/mlp/linear_1.b"):
        assert path in message
    assert "Call initialize() of the bricks" in message


def test_uninitialized_parameters_outside_of_bricks():
    b = shared_floatx([1.0, np.nan], name="b")
    with pytest.raises(UninitializedError, match=r"got NaN in b\. Call initialize"):
        GradientDescent(cost=(b**2).sum(), parameters=[b]).initialize()


def test_debug_mode_finds_the_first_nan(W):
    x = tensor.scalar("x")
    algorithm = GradientDescent(
        cost=(W * tensor.log(x)).sum(), parameters=[W], theano_func_kwargs={"mode": "debug"}
    )
    algorithm.initialize()
    algorithm.process_batch({"x": np.float64(1.0)})
    before = W.get_value()
    with pytest.raises(NonFiniteError, match=r"log: expected finite values, got NaN"):
        algorithm.process_batch({"x": np.float64(-1.0)})
    np.testing.assert_array_equal(W.get_value(), before)


class Float64(StepRule):
    def compute_step(self, parameter, previous_step):
        return tensor.cast(previous_step, "float64"), []


class NoSteps(StepRule):
    def compute_steps(self, previous_steps):
        return OrderedDict(), []


class NoPair(StepRule):
    def compute_steps(self, previous_steps):
        return previous_steps


A = shared_floatx(np.zeros((2, 2)), name="A")
OTHER = shared_floatx([1.0], name="other")
THRESHOLD = shared_floatx(0.5, name="threshold")
COUNT = shared(np.zeros(2, "int64"), name="count")
SINGLE = shared(np.zeros(2, "float32"), name="single")
x_ = tensor.vector("x")
LINEAR = Linear(2, 2, name="unused")
LINEAR.allocate()

BAD = {
    "vector cost": (
        {"cost": A.sum(axis=0), "parameters": [A]},
        GradientError,
        r"GradientDescent: expected a scalar cost, got .* of type float64 \(\?,\)\. Reduce it "
        r"first, with \.mean\(\) or \.sum\(\)\.",
    ),
    "integer cost": (
        {"cost": COUNT.sum(), "parameters": [COUNT]},
        GradientError,
        r"GradientDescent: expected a cost of floating dtype, got .* of type int64 scalar",
    ),
    "no variable": (
        {"cost": 3.0, "parameters": [A]},
        GraphError,
        r"GradientDescent: expected a variable as cost, got float 3\.0\.",
    ),
    "nothing": (
        {},
        GraphError,
        r"GradientDescent: expected a cost and parameters, or gradients, got neither\.",
    ),
    "parameters only": ({"parameters": [A]}, GraphError, r"got parameters only\."),
    "no parameters": (
        {"cost": A.sum(), "parameters": []},
        GraphError,
        r"GradientDescent: expected at least one parameter, got none\.",
    ),
    "parameter elsewhere": (
        {"cost": (A**2).sum(), "parameters": [A, OTHER, LINEAR.W]},
        DisconnectedInputError,
        r"GradientDescent: expected the cost .* to depend on all parameters, got one that does "
        r"not depend on other \(not in its graph\), /unused\.W \(not in its graph\)\. Pass "
        r"ComputationGraph\(cost\)\.parameters",
    ),
    "no gradient": (
        {"cost": tensor.switch(A.sum() > THRESHOLD, A, 2 * A).sum(), "parameters": [A, THRESHOLD]},
        DisconnectedInputError,
        r"threshold \(reached only through operations without a gradient\)",
    ),
    "symbol": (
        {"cost": x_.sum(), "parameters": [x_]},
        GraphError,
        r"GradientDescent: expected shared variables as parameters, got Variable x\.",
    ),
    "integer parameter": (
        {"cost": A.sum(), "parameters": [COUNT]},
        GraphError,
        r"expected parameters of floating dtype, got count of type int64 \(\?,\)\.",
    ),
    "twice": (
        {"cost": A.sum(), "parameters": [A, A]},
        GraphError,
        r"GradientDescent: expected each parameter once, got A twice\.",
    ),
    "other gradients": (
        {"gradients": [(A, A)], "parameters": [OTHER]},
        GraphError,
        r"expected gradients of just the parameters, got one of the two without A, other\.",
    ),
    "gradients of what": (
        {"gradients": A},
        GraphError,
        r"GradientDescent: expected gradients as a dict or a list of pairs",
    ),
    "empty gradients": (
        {"gradients": []},
        GraphError,
        r"GradientDescent: expected at least one gradient, got none\.",
    ),
    "gradient of a wrong shape": (
        {"gradients": [(OTHER, A)]},
        GraphError,
        r"GradientDescent, gradients: expected a gradient for other like it \(float64 \(\?,\)\), "
        r"got float64 \(\?, \?\)\.",
    ),
    "gradients and known_grads": (
        {"gradients": [(A, A)], "known_grads": {A: A}},
        GraphError,
        r"expected either gradients, or known_grads and consider_constant, got both\.",
    ),
    "class of a rule": (
        {"gradients": [(A, A)], "step_rule": Scale},
        TypeError,
        r"GradientDescent: expected a step rule, got <class .*>\. Make one of it: Scale\(\)\.",
    ),
    "no rule": (
        {"gradients": [(A, A)], "step_rule": 0.1},
        TypeError,
        r"expected a step rule, got 0\.1\. Pass one of blocks\.algorithms, such as Scale",
    ),
    "a step of another dtype": (
        {"gradients": [(SINGLE, SINGLE)], "step_rule": Float64()},
        GraphError,
        r"Float64\.compute_steps: expected a step for single like it \(float32 \(\?,\)\), got "
        r"float64 \(\?,\)\. Use tensor\.cast",
    ),
    "no steps": (
        {"gradients": [(A, A)], "step_rule": NoSteps()},
        GraphError,
        r"NoSteps\.compute_steps: expected a step for each parameter, got none for A\.",
    ),
    "no pair": (
        {"gradients": [(A, A)], "step_rule": NoPair()},
        TypeError,
        r"NoPair\.compute_steps: expected the steps and a list of updates, got OrderedDict",
    ),
    "parameters twice": (
        {"cost": A.sum(), "parameters": [A], "params": [A]},
        TypeError,
        r"GradientDescent: expected parameters once, got parameters= and params=\.",
    ),
    "a wrong keyword": (
        {"cost": A.sum(), "parameters": [A], "steprule": Scale()},
        TypeError,
        r"expected only arguments that it knows, got steprule=\. Did you mean 'step_rule'\?",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_errors(case):
    arguments, error, message = BAD[case]
    with pytest.raises(error, match=message):
        GradientDescent(**arguments)
