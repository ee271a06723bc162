"""Step rules: one table against NumPy, and what holds for all of them."""

from collections import OrderedDict

import numpy as np
import pytest

from blocks import tensor
from blocks.algorithms import (
    AdaDelta,
    AdaGrad,
    Adam,
    BasicMomentum,
    BasicRMSProp,
    CompositeRule,
    GradientDescent,
    Momentum,
    RemoveNotFinite,
    Restrict,
    RMSProp,
    Scale,
    StepClipping,
    VariableClipping,
)
from blocks.config import config
from blocks.graph.traversal import variables
from blocks.graph.variable import SharedVariable
from blocks.roles import (
    ALGORITHM_BUFFER,
    ALGORITHM_HYPERPARAMETER,
    ALGORITHM_STATE,
    WEIGHT,
    add_role,
    has_roles,
)
from blocks.utils.theano_utils import shared_floatx

START = {
    "W": np.array([[0.5, -2.0, 1.0], [3.0, 0.25, -1.5]]),
    "b": np.array([0.1, -0.2, 0.3]),
}
N_STEPS = 5


def gradients_of(values):
    """Return the gradients of sum((W + b)^2) / 2 + sum(b^3)."""
    y = values["W"] + values["b"]
    return {"W": y, "b": y.sum(axis=0) + 3 * values["b"] ** 2}


def norm(arrays):
    return np.sqrt(sum((a**2).sum() for a in arrays))


# What each rule does, in NumPy: f(gradients, values, memory, t) returns steps.
def scale(g, values, memory, t):
    return {k: 0.1 * v for k, v in g.items()}


def momentum(g, values, memory, t):
    for k in g:
        memory[k] = 0.9 * memory.get(k, 0) + 0.1 * g[k]
    return dict(memory)


def basic_momentum(g, values, memory, t):
    for k in g:
        memory[k] = 0.5 * memory.get(k, 0) + g[k]
    return dict(memory)


def adadelta(g, values, memory, t):
    steps = {}
    for k in g:
        s, d = memory.get(k, (0, 0))
        s = 0.9 * s + 0.1 * g[k] ** 2
        steps[k] = np.sqrt(d + 1e-4) / np.sqrt(s + 1e-4) * g[k]
        memory[k] = s, 0.9 * d + 0.1 * steps[k] ** 2
    return steps


def rmsprop(g, values, memory, t, rate=0.01):
    steps = {}
    for k in g:
        memory[k] = 0.8 * memory.get(k, 0) + 0.2 * g[k] ** 2
        steps[k] = rate * g[k] / np.maximum(np.sqrt(memory[k]), 1 / 2.0)
    return steps


def adagrad(g, values, memory, t):
    steps = {}
    for k in g:
        memory[k] = memory.get(k, 0) + g[k] ** 2
        steps[k] = 0.1 * g[k] / (np.sqrt(memory[k]) + 1e-3)
    return steps


def adam(g, values, memory, t):
    steps = {}
    beta1 = 0.8 * 0.95 ** (t - 1)
    for k in g:
        m, v = memory.get(k, (0, 0))
        m = beta1 * m + (1 - beta1) * g[k]
        v = 0.9 * v + 0.1 * g[k] ** 2
        memory[k] = m, v
        rate = 0.02 * np.sqrt(1 - 0.9**t) / (1 - beta1**t)
        steps[k] = rate * m / (np.sqrt(v) + 1e-8)
    return steps


def clipped(g, values, memory, t):
    factor = min(1.0, 1.5 / norm(g.values()))
    return {k: factor * v for k, v in g.items()}


def unclipped(g, values, memory, t):
    return g


def limited(g, values, memory, t, axis=None):
    steps = {}
    for k in g:
        moved = values[k] - 0.1 * g[k]
        axes = None if axis is None else axis if np.ndim(moved) > 1 else 0
        length = np.sqrt((moved**2).sum(axis=axes, keepdims=True))
        steps[k] = values[k] - np.where(length > 1.2, 1.2 / length, 1) * moved
    return steps


def limited_rows(g, values, memory, t):
    steps = limited({"W": g["W"]}, values, memory, t, axis=1)
    return {**steps, "b": 0.1 * g["b"]}


def only_b(g, values, memory, t):
    return {"W": g["W"], "b": 0.1 * g["b"]}


def only_W_by_adam(g, values, memory, t):
    return {"W": adam({"W": g["W"]}, values, memory, t)["W"], "b": g["b"]}


RULES = {
    "scale": (lambda w: Scale(0.1), scale),
    "momentum": (lambda w: Momentum(0.1, 0.9), momentum),
    "basic_momentum": (lambda w: BasicMomentum(0.5), basic_momentum),
    "adadelta": (lambda w: AdaDelta(0.9, 1e-4), adadelta),
    "rmsprop": (lambda w: RMSProp(0.01, 0.8, 2.0), rmsprop),
    "basic_rmsprop": (
        lambda w: BasicRMSProp(0.8, 2.0),
        lambda *a: rmsprop(*a, rate=1.0),
    ),
    "adagrad": (lambda w: AdaGrad(0.1, 1e-3), adagrad),
    "adam": (lambda w: Adam(0.02, 0.8, 0.9, 1e-8, 0.95), adam),
    "step_clipping": (lambda w: StepClipping(1.5), clipped),
    "no_step_clipping": (lambda w: StepClipping(), unclipped),
    "variable_clipping": (
        lambda w: CompositeRule([Scale(0.1), VariableClipping(1.2)]),
        limited,
    ),
    "variable_clipping_rows": (
        lambda w: CompositeRule([Scale(0.1), Restrict(VariableClipping(1.2, axis=1), [w["W"]])]),
        limited_rows,
    ),
    "variable_clipping_last_axis": (
        lambda w: CompositeRule([Scale(0.1), Restrict(VariableClipping(1.2, axis=-1), [w["W"]])]),
        limited_rows,
    ),
    "remove_not_finite": (lambda w: CompositeRule([Scale(0.1), RemoveNotFinite(0.5)]), scale),
    "restrict": (lambda w: Restrict(Scale(0.1), [w["b"]]), only_b),
    "restrict_adam": (lambda w: Restrict(Adam(0.02, 0.8, 0.9, 1e-8, 0.95), w["W"]), only_W_by_adam),
    "composite": (
        lambda w: CompositeRule([StepClipping(1.5), Momentum(0.1, 0.9)]),
        lambda g, v, m, t: momentum(clipped(g, v, m, t), v, m, t),
    ),
}


def make(rule_name):
    """Return the weights by name and an algorithm with the rule."""
    weights = {k: shared_floatx(v, name=k) for k, v in START.items()}
    W, b = weights.values()
    cost = ((W + b) ** 2).sum() / 2 + (b**3).sum()
    rule = RULES[rule_name][0](weights)
    return weights, GradientDescent(cost=cost, parameters=[W, b], step_rule=rule)


@pytest.mark.parametrize("floatX", ["float64", "float32"])
@pytest.mark.parametrize("name", RULES)
def test_steps_are_those_of_numpy(name, floatX):
    config.floatX = floatX
    config.mode = "reference"  # the golden data check the compiled steps
    weights, algorithm = make(name)
    algorithm.initialize()
    values, memory = dict(START), {}
    for t in range(1, N_STEPS + 1):
        algorithm.process_batch({})
        steps = RULES[name][1](gradients_of(values), values, memory, t)
        values = {k: values[k] - steps[k] for k in values}
        tolerance = 1e-10 if floatX == "float64" else 1e-3
        for k, parameter in weights.items():
            np.testing.assert_allclose(parameter.get_value(), values[k], rtol=tolerance)
            assert parameter.dtype == floatX


@pytest.mark.parametrize("name", RULES)
def test_float32_has_no_float64_anywhere(name):
    config.floatX = "float32"
    _, algorithm = make(name)
    roots = [y for _, y in algorithm.updates]
    roots += [algorithm.total_gradient_norm, algorithm.total_step_norm]
    found = variables([*roots, *(x for x, _ in algorithm.updates)])
    assert len(found) > 10
    assert [x for x in found if x.dtype == "float64"] == []


@pytest.mark.parametrize("name", RULES)
def test_a_float32_parameter_stays_so_under_float64(name):
    config.mode = "reference"
    with config.use(floatX="float32"):
        weights = {k: shared_floatx(v, name=k) for k, v in START.items()}
    gradients = [(x, 0.5 * x) for x in weights.values()]
    algorithm = GradientDescent(gradients=gradients, step_rule=RULES[name][0](weights))
    assert {x.dtype for x, _ in algorithm.updates} == {"float32"}
    algorithm.initialize()
    algorithm.process_batch({})
    assert all(np.isfinite(x.get_value()).all() for x in weights.values())


@pytest.mark.parametrize("name", RULES)
def test_shared_variables_have_roles_and_names(name):
    weights, algorithm = make(name)
    own = set(weights.values())
    states = [x for _, y in algorithm.updates for x in variables([y])]
    states = {x for x in states if isinstance(x, SharedVariable)} - own
    assert all(has_roles(x, [ALGORITHM_STATE]) and x.name for x in states)
    for x, _ in algorithm.step_rule_updates:
        assert has_roles(x, [ALGORITHM_BUFFER])
        assert x.tag.for_parameter in own
        assert not x.get_value().any()


HYPERPARAMETERS = [
    (Scale(), ["learning_rate"]),
    (BasicMomentum(), ["momentum"]),
    (Momentum(), ["learning_rate", "momentum"]),
    (AdaDelta(), ["decay_rate", "epsilon"]),
    (BasicRMSProp(), ["decay_rate", "epsilon"]),
    (RMSProp(), ["learning_rate", "decay_rate"]),
    (AdaGrad(), ["learning_rate", "epsilon"]),
    (Adam(), ["learning_rate", "beta1", "beta2", "epsilon", "decay_factor"]),
    (StepClipping(1.0), ["threshold"]),
    (VariableClipping(1.0), ["threshold"]),
    (RemoveNotFinite(), ["scaler"]),
]


@pytest.mark.parametrize(
    ("rule", "names"), HYPERPARAMETERS, ids=[type(rule).__name__ for rule, _ in HYPERPARAMETERS]
)
def test_hyperparameters_are_shared_variables(rule, names):
    for name in names:
        setting = getattr(rule, name)
        assert isinstance(setting, SharedVariable)
        assert setting.name == name
        assert setting.dtype == config.floatX
        assert has_roles(setting, [ALGORITHM_HYPERPARAMETER])


def test_defaults_are_those_of_blocks():
    adam = Adam()
    settings = (adam.learning_rate, adam.beta1, adam.beta2, adam.epsilon, adam.decay_factor)
    assert [float(x.get_value()) for x in settings] == [0.002, 0.9, 0.999, 1e-8, 1.0]
    assert [float(x.get_value()) for x in (Momentum().learning_rate, Momentum().momentum)] == [1, 0]
    assert float(BasicRMSProp().epsilon.get_value()) == pytest.approx(1e-5)
    assert StepClipping().threshold is None


def test_a_rate_can_change_in_the_course_of_training():
    W = shared_floatx([1.0], name="W")
    rule = Momentum(learning_rate=0.5)
    algorithm = GradientDescent(gradients=[(W, W)], step_rule=rule)
    algorithm.initialize()
    rule.learning_rate.set_value(0.25)
    algorithm.process_batch({})
    assert W.get_value() == [0.75]


def test_a_rate_can_be_shared_by_rules():
    rate = shared_floatx(0.5, name="rate")
    first, second = Scale(rate), Momentum(rate)
    assert first.learning_rate is second.learning_rate is rate
    assert has_roles(rate, [ALGORITHM_HYPERPARAMETER])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("scaler", [1, 0.25])
def test_steps_that_are_not_finite_are_replaced(bad, scaler):
    W, b = shared_floatx([1.0, 2.0], name="W"), shared_floatx([4.0], name="b")
    x = tensor.vector("x")
    rule = CompositeRule([Scale(0.5), RemoveNotFinite(scaler)])
    algorithm = GradientDescent(gradients=[(W, x), (b, b)], step_rule=rule)
    algorithm.initialize()
    algorithm.process_batch({"x": np.array([1.0, bad])})
    np.testing.assert_array_equal(W.get_value(), scaler * np.array([1.0, 2.0]))
    np.testing.assert_array_equal(b.get_value(), [2.0])


def test_infinities_of_both_signs_are_not_finite_either():
    W = shared_floatx([1.0, 2.0], name="W")
    gradient = tensor.vector("x")
    algorithm = GradientDescent(gradients=[(W, gradient)], step_rule=RemoveNotFinite())
    algorithm.initialize()
    algorithm.process_batch({"x": np.array([np.inf, -np.inf])})
    np.testing.assert_array_equal(W.get_value(), [1.0, 2.0])


def test_clipping_at_the_threshold_and_below():
    W = shared_floatx([3.0, 4.0], name="W")
    for threshold, expected in [(5.0, [3.0, 4.0]), (10.0, [3.0, 4.0]), (2.5, [1.5, 2.0])]:
        steps, _ = StepClipping(threshold).compute_steps(OrderedDict([(W, W * 1)]))
        np.testing.assert_allclose(steps[W].eval({}), expected)


def test_buffers_match_their_parameters():
    W = shared_floatx(np.ones((2, 1)), name="W", shape=(2, 1))
    add_role(W, WEIGHT)
    algorithm = GradientDescent(cost=(W**2).sum(), parameters=[W], step_rule=Momentum())
    ((velocity, _),) = algorithm.step_rule_updates
    assert velocity.type == W.type
    assert velocity.name == "velocity"
