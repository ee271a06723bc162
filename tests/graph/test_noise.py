"""Dropout and noise: values, roles and annotations, training and what is left as it was."""

import numpy as np
import pytest

from blocks import function, shared, tensor
from blocks.algorithms import GradientDescent, Scale
from blocks.bricks import MLP, Identity, Linear, Rectifier, Softmax
from blocks.config import config
from blocks.errors import DtypeError, RangeError
from blocks.filter import VariableFilter
from blocks.graph import (
    ComputationGraph,
    MRG_RandomStreams,
    add_annotation,
    apply_dropout,
    apply_noise,
)
from blocks.graph.annotations import Annotation
from blocks.initialization import Constant, IsotropicGaussian
from blocks.roles import DROPOUT, OUTPUT, WEIGHT, add_role, has_roles

x = tensor.matrix("x")
ONES = np.ones((200, 50))


def network():
    mlp = MLP(
        [Rectifier(), Identity()],
        [50, 40, 3],
        weights_init=IsotropicGaussian(0.1),
        biases_init=Constant(0.1),
        seed=1,
    )
    mlp.initialize()
    cost = Softmax().categorical_cross_entropy(tensor.lvector("y"), mlp.apply(x)).mean()
    cost.name = "cost"
    return ComputationGraph(cost)


def masks(graph, *args, mode="compiled"):
    return function(graph.inputs, graph.outputs, mode=mode)(*args)


@pytest.mark.parametrize("mode", ["compiled", "reference"])
@pytest.mark.parametrize("p", [0.0, 0.1, 0.5, 0.9])
def test_expected_values_stay(p, mode):
    (y,) = masks(apply_dropout(ComputationGraph(1 * x), [x], p), ONES, mode=mode)
    kept = y != 0
    np.testing.assert_allclose(y[kept], 1 / (1 - p), rtol=1e-12)
    assert abs(kept.mean() - (1 - p)) < 4 * (p * (1 - p) / ONES.size) ** 0.5 + 1e-12


def test_custom_divisor():
    (y,) = masks(apply_dropout(ComputationGraph(1 * x), [x], 0.5, custom_divisor=1), ONES)
    assert set(np.unique(y)) == {0, 1}
    (y,) = masks(apply_dropout(ComputationGraph(1 * x), [x], 1.0, custom_divisor=1), ONES)
    assert not y.any()
    divisors = np.arange(1.0, 51.0)
    (y,) = masks(apply_dropout(ComputationGraph(1 * x), [x], 0.0, custom_divisor=divisors), ONES)
    np.testing.assert_allclose(y, ONES / divisors)
    for zero in (0, [1.0, 0.0]):
        with pytest.raises(RangeError, match=r"apply_dropout: expected a custom_divisor other tha"):
            apply_dropout(ComputationGraph(1 * x), [x], 0.0, custom_divisor=zero)


def test_seeds():
    """That of the configuration by default; one seed gives one mask, a stream goes on."""
    graph = ComputationGraph(1 * x)
    with config.use(default_seed=5):
        default = masks(apply_dropout(graph, [x], 0.5), ONES)[0]
    by_seed = masks(apply_dropout(graph, [x], 0.5, seed=5), ONES)[0]
    np.testing.assert_array_equal(default, by_seed)
    assert (masks(apply_dropout(graph, [x], 0.5, seed=6), ONES)[0] != by_seed).any()
    rng = MRG_RandomStreams(5)
    first, second = (masks(apply_dropout(graph, [x], 0.5, rng=rng), ONES)[0] for _ in range(2))
    np.testing.assert_array_equal(first, by_seed)
    assert (first != second).any()
    noise = [masks(apply_noise(graph, [x], 0.5, seed=s), ONES)[0] for s in (5, 5, 6)]
    np.testing.assert_array_equal(noise[0], noise[1])
    assert (noise[0] != noise[2]).any()


def test_every_call_drops_others_and_each_variable_its_own():
    y, z = 1 * x, 2 * x
    f = function([x], apply_dropout(ComputationGraph([y, z]), [y, z], 0.5).outputs)
    (first, other), (second, _) = f(ONES), f(ONES)
    assert (first != second).any()
    assert ((first > 0) != (other > 0)).any()


def test_roles_and_annotations_are_kept():
    y = 1 * x
    y.name = "y"
    annotation = Annotation()
    annotation.add_auxiliary_variable(y.mean(), name="mean_y")
    add_annotation(y, annotation)
    add_role(y, OUTPUT)
    z = 3 * y
    z.name = "z"
    graph = apply_dropout(ComputationGraph(z), [y], 0.5)
    (dropped,) = VariableFilter(roles=[DROPOUT])(graph)
    assert dropped.tag.replacement_of is y
    assert has_roles(y, [OUTPUT])
    assert not has_roles(y, [DROPOUT])
    assert graph.outputs[0].name == "z"
    (mean,) = graph.auxiliary_variables
    assert mean.name == "mean_y"
    result, values = function([x], [graph.outputs[0], mean])(ONES)
    np.testing.assert_allclose(values, result.mean() / 3)


def test_the_old_graph_stays():
    graph = network()
    batch = [np.random.RandomState(1).normal(size=(20, 50)), np.arange(20) % 3]
    before = function(graph.inputs, graph.outputs)(*batch)
    hidden = VariableFilter(roles=[OUTPUT], bricks=[Rectifier])(graph)
    dropped = apply_dropout(graph, hidden, 0.5)
    assert dropped.parameters == graph.parameters
    assert dropped.inputs == graph.inputs
    assert len(dropped.updates) == 1
    assert graph.updates == {}
    after, new = function(graph.inputs, [*graph.outputs, *dropped.outputs])(*batch)
    assert after == before[0] != new
    with pytest.warns(UserWarning, match="none of them"):
        apply_dropout(graph, [tensor.matrix("stranger")], 0.5)


def test_dropout_in_inputs_and_of_a_brick_inside():
    graph = network()
    (W, _) = VariableFilter(roles=[WEIGHT])(graph)
    (output,) = VariableFilter(roles=[OUTPUT], bricks=[Linear], name="output")(graph)[:1]
    dropped = apply_dropout(graph, [x, W, output], 0.3)
    assert len(dropped.updates) == 3
    assert W in dropped.parameters


@pytest.mark.parametrize("mode", ["compiled", "reference"])
def test_training_with_dropout(mode):
    """The gradient is that of the masked graph: a step by hand gives the same parameters."""
    with config.use(mode=mode):
        graph = network()
        (W, _) = VariableFilter(roles=[WEIGHT])(graph)
        hidden = VariableFilter(roles=[OUTPUT], bricks=[Rectifier])(graph)
        dropped = apply_dropout(graph, hidden, 0.5, seed=3)
        (cost,) = dropped.outputs
        slope = tensor.grad(cost, W)
        batch = {"x": np.random.RandomState(1).normal(size=(20, 50)), "y": np.arange(20) % 3}
        f = function(dropped.inputs, [cost, slope], no_default_updates=True)
        expected_cost, expected = f(**batch)
        before = W.get_value()
        algorithm = GradientDescent(cost=cost, parameters=[W], step_rule=Scale(0.1))
        algorithm.initialize()
        algorithm.process_batch(batch)
        np.testing.assert_allclose(W.get_value(), before - 0.1 * expected, rtol=1e-12)
        other_cost, _ = f(**batch)
        assert other_cost != expected_cost  # other weights, and the next mask
        (state,) = dropped.updates
        assert state.get_value()[1] == 1


def test_float32_stays():
    with config.use(floatX="float32"):
        v = tensor.fmatrix("v")
        y = 1 * v
        for graph in (
            apply_dropout(ComputationGraph(y), [v, y], 0.3),
            apply_dropout(ComputationGraph(y), [v, y], shared(0.3)),
            apply_noise(ComputationGraph(y), [v, y], 0.3),
        ):
            assert all(z.dtype == "float32" for z in graph.outputs)
            nodes = function([v], graph.outputs).maker.fgraph.toposort()
            kinds = {z.dtype for n in nodes for z in n.outputs if z.type.is_float and z.ndim}
            assert kinds == {"float32"}


@pytest.mark.parametrize("level", [0.0, 0.5, 2.0])
def test_noise(level):
    (y,) = masks(apply_noise(ComputationGraph(1 * x), [x], level), ONES)
    noise = y - 1
    assert abs(noise.mean()) <= 4 * level / ONES.size**0.5
    assert abs(noise.std() - level) <= 4 * level / (2 * ONES.size) ** 0.5


def test_noise_on_parameters():
    """As for training with noisy weights; the parameters themselves are untouched."""
    graph = network()
    weights = VariableFilter(roles=[WEIGHT])(graph)
    before = [W.get_value() for W in weights]
    level = shared(0.0)
    noisy = apply_noise(graph, weights, level)
    assert set(weights) <= set(noisy.parameters)
    f = function(noisy.inputs, noisy.outputs + graph.outputs)
    batch = [np.ones((4, 50)), np.zeros(4, "int64")]
    assert len(set(map(float, f(*batch)))) == 1
    level.set_value(0.1)
    assert len(set(map(float, f(*batch)))) == 2
    for W, value in zip(weights, before, strict=True):
        np.testing.assert_array_equal(W.get_value(), value)


def test_a_probability_that_changes():
    p = shared(0.0, "p")
    (y,) = apply_dropout(ComputationGraph(1 * x), [x], p).outputs
    f = function([x], y)
    np.testing.assert_array_equal(f(ONES), ONES)
    p.set_value(0.75)
    assert set(np.unique(f(ONES))) == {0, 4}
    p.set_value(1.5)
    with pytest.raises(
        RangeError, match=r"apply_dropout: expected drop_prob from 0 to 1, got 1\.5"
    ):
        f(ONES)


def test_errors():
    graph = ComputationGraph(1 * x)
    with pytest.raises(
        RangeError, match=r"apply_dropout: expected drop_prob from 0 to 1, got -0.1"
    ):
        apply_dropout(graph, [x], -0.1)
    with pytest.raises(RangeError, match=r"expected drop_prob below 1, got 1.0. Pass custom_div"):
        apply_dropout(graph, [x], 1.0)
    y = tensor.lvector("labels")
    for apply in (apply_dropout, apply_noise):
        with pytest.raises(
            DtypeError, match=r"expected variables of real numbers, got labels of in"
        ):
            apply(ComputationGraph(y), [y], 0.5)
