"""Parameters collected into one vector: the same values, one gradient."""

import numpy as np
import pytest

from blocks import tensor
from blocks.bricks import MLP, Tanh
from blocks.compile import function
from blocks.errors import GraphError
from blocks.filter import VariableFilter
from blocks.graph import ComputationGraph, collect_parameters, shared
from blocks.initialization import IsotropicGaussian
from blocks.roles import BIAS, COLLECTED, COLLECTOR, WEIGHT

X = np.random.RandomState(3).randn(5, 4)


@pytest.fixture
def graph():
    schemes = {name: IsotropicGaussian() for name in ("weights_init", "biases_init")}
    mlp = MLP([Tanh(), None], [4, 3, 2], seed=1, **schemes)
    mlp.initialize()
    return ComputationGraph((mlp.apply(tensor.matrix("x")) ** 2).sum())


def test_cost_and_gradient_are_the_same(graph):
    parameters = graph.parameters
    new = collect_parameters(graph, parameters)
    (collected,) = new.shared_variables
    assert new.parameters == VariableFilter(roles=[COLLECTOR])(new.variables) == [collected]
    sizes = [x.get_value().size for x in parameters]
    assert collected.type.shape == (sum(sizes),)
    both = function(
        graph.inputs,
        [
            *graph.outputs,
            *new.outputs,
            tensor.grad(new.outputs[0], collected),
            *tensor.grad(graph.outputs[0], parameters),
        ],
    )
    cost, new_cost, gradient, *gradients = both(X)
    np.testing.assert_allclose(new_cost, cost, rtol=1e-12)
    expected = np.concatenate([g.ravel() for g in gradients])
    np.testing.assert_allclose(gradient, expected, rtol=1e-12)


def test_parts_stand_for_parameters(graph):
    parameters = VariableFilter(roles=[WEIGHT])(graph.variables)
    kept = VariableFilter(roles=[BIAS])(graph.variables)
    new = collect_parameters(graph, parameters)
    assert set(new.shared_variables) == {*kept, *VariableFilter(roles=[COLLECTOR])(new.variables)}
    parts = VariableFilter(roles=[COLLECTED])(new.variables)
    assert {x.tag.replacement_of for x in parts} == set(parameters)
    for part in parts:
        parameter = part.tag.replacement_of
        assert part.name == parameter.name
        np.testing.assert_array_equal(part.eval(), parameter.get_value())


def test_the_collected_vector_keeps_order_and_dtype_and_is_a_copy():
    a, b = shared(np.float32([1, 2]), name="a"), shared(np.float32([[3]]), name="b")
    new = collect_parameters(ComputationGraph(a.sum() + b.sum()), [b, a, b])
    (collected,) = new.shared_variables
    np.testing.assert_array_equal(collected.get_value(), np.float32([3, 1, 2]))
    assert collected.dtype == new.outputs[0].dtype == "float32"
    collected.set_value(np.float32([5, 6, 7]))
    assert function([], new.outputs)() == [18]
    np.testing.assert_array_equal(b.get_value(), [[3]])


@pytest.mark.parametrize(
    ("parameters", "got"),
    [
        ([], "none"),
        ([tensor.vector("v")], r"v \(float64 \(\?,\)\)"),
        (
            [shared(np.float32([1]), name="a"), shared(np.float64([1]), name="b")],
            r"a \(float32 \(\?,\)\), b \(float64 \(\?,\)\)",
        ),
    ],
)
def test_bad_parameters(graph, parameters, got):
    text = rf"^collect_parameters: expected shared variables of one dtype as parameters, got {got}"
    with pytest.raises(GraphError, match=text):
        collect_parameters(graph, parameters)
