"""What is inside of loops is found, and replaced."""

import numpy as np
import pytest

from blocks import function, tensor
from blocks.filter import VariableFilter
from blocks.graph import ComputationGraph, grad, shared
from blocks.graph.loops import scan
from blocks.roles import OUTPUT, add_role

MODES = ["reference", "compiled"]


def named(graph, name):
    (found,) = [x for x in graph.scan_variables if x.name == name]
    return found


def loop(x, W):
    def step(row, h):
        hidden = tensor.tanh(row + h @ W)
        hidden.name = "hidden"
        add_role(hidden, OUTPUT)
        return 0.5 * hidden + h

    return scan(step, sequences=x, outputs_info=tensor.zeros_like(x[0]))[0]


def test_roles_and_names_inside_are_found():
    x, W = tensor.matrix("x"), shared(np.eye(3), name="W")
    graph = ComputationGraph(loop(x, W).sum())
    found = VariableFilter(roles=[OUTPUT])(graph.scan_variables)
    assert [y.name for y in found] == ["hidden"]
    assert graph.shared_variables == [W]


@pytest.mark.parametrize("mode", MODES)
def test_replacing_inside(mode):
    x, W = tensor.matrix("x"), shared(np.eye(3) / 2, name="W")
    scale = shared(np.float64(3), name="scale")
    y = loop(x, W)
    graph = ComputationGraph(y.sum())
    hidden = named(graph, "hidden")
    new = graph.replace({hidden: scale * hidden})
    f = function([x], new.outputs, mode=mode)
    array = np.random.RandomState(1).normal(size=(4, 3))
    h = np.zeros(3)
    total = 0
    for row in array:
        h = 0.5 * 3 * np.tanh(row + h @ np.eye(3) / 2) + h
        total += h.sum()
    np.testing.assert_allclose(f(array)[0], total)
    assert named(new, "hidden").name == "hidden"
    # The old graph stays as it was, and what was put in has a gradient.
    slope = function([x], grad(new.outputs[0], scale), mode=mode)(array)
    scale.set_value(3 + 1e-6)
    above = f(array)[0]
    scale.set_value(3 - 1e-6)
    np.testing.assert_allclose(slope, (above - f(array)[0]) / 2e-6, rtol=1e-6)
    assert function([x], graph.outputs, mode=mode)(array)[0] != f(array)[0]


def test_replacing_inside_and_outside_at_once():
    x, W = tensor.matrix("x"), shared(np.eye(3), name="W")
    inputs = 2 * x
    graph = ComputationGraph(loop(inputs, W).sum())
    hidden = named(graph, "hidden")
    both = graph.replace({hidden: -hidden, inputs: 10 * inputs})
    by_hand = ComputationGraph(loop(20 * x, W).sum())
    hidden = named(by_hand, "hidden")
    by_hand = by_hand.replace({hidden: -hidden})
    array = np.random.RandomState(1).normal(size=(4, 3))
    f, g = (function([x], graph.outputs[0]) for graph in (both, by_hand))
    np.testing.assert_allclose(f(array), g(array))


def test_replacing_in_a_loop_in_a_loop():
    x = tensor.vector("x")

    def inner(state):
        double = 2 * state
        double.name = "double"
        return double + 1

    def outer(row):
        return scan(inner, outputs_info=row, n_steps=2)[0][-1]

    y, _ = scan(outer, sequences=x)
    graph = ComputationGraph(y)
    double = named(graph, "double")
    new = graph.replace({double: 5 * double})
    assert function([x], new.outputs[0])([1.0, 0.0]).tolist() == [111, 11]
    assert function([x], y)([1.0, 0.0]).tolist() == [7, 3]


def test_what_is_in_no_loop_warns():
    x = tensor.vector("x")
    y, _ = scan(lambda row: 2 * row, sequences=x)
    with pytest.warns(UserWarning, match="expected variables of the graph"):
        ComputationGraph(y).replace({tensor.scalar("z"): x.sum()})
