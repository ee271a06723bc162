"""Random states go on after a loop where it has ended: no number is drawn twice."""

import numpy as np
import pytest

from blocks import function, tensor
from blocks.graph import ComputationGraph, RandomStreams, shared
from blocks.graph.default_updates import default_updates
from blocks.graph.loops import scan


def noise(steps, seed=7):
    """Return a loop that draws a number in each step."""
    rng = RandomStreams(seed=seed)
    return scan(lambda: rng.uniform(()), outputs_info=[None], n_steps=steps)


def all_at_once(steps):
    return noise(steps)[0].eval()


@pytest.mark.parametrize("mode", ["compiled", "reference"])
def test_calls_go_on_where_the_last_one_ended(mode):
    y, _ = noise(3)
    f = function([], y, mode=mode)
    np.testing.assert_array_equal(np.concatenate([f(), f()]), all_at_once(6))


def test_updates_may_also_be_passed():
    y, updates = noise(3)
    assert default_updates([y]) == updates == ComputationGraph(y).updates
    f = function([], y, updates=updates)
    np.testing.assert_array_equal(np.concatenate([f(), f()]), all_at_once(6))


def test_a_loop_in_a_loop():
    rng = RandomStreams(seed=7)

    def outer():
        return scan(lambda: rng.uniform(()), outputs_info=[None], n_steps=2)[0]

    y, _ = scan(outer, outputs_info=[None], n_steps=3)
    f = function([], y)
    np.testing.assert_array_equal(np.concatenate([f(), f()]).ravel(), all_at_once(12))


def test_a_loop_that_was_replaced():
    rng, x = RandomStreams(seed=7), tensor.vector("x")
    y, _ = scan(lambda row: row + rng.uniform(()), sequences=x)
    new = ComputationGraph(y).replace({x: tensor.zeros((3,))}).outputs[0]
    f = function([], new)
    np.testing.assert_array_equal(np.concatenate([f(), f()]), all_at_once(6))


def test_the_number_of_steps_may_differ_from_call_to_call():
    n = tensor.lscalar("n")
    y, _ = noise(n)
    f = function([n], y)
    np.testing.assert_array_equal(np.concatenate([f(2), f(0), f(3)]), all_at_once(5))


def test_a_gradient_goes_through_the_same_numbers():
    rng, W = RandomStreams(seed=7), shared(2.0, "W")
    h, _ = scan(lambda h: h * W * rng.uniform(()), outputs_info=tensor.ones(()), n_steps=3)
    f = function([], [h, tensor.grad(h[-1], W)])
    for draws in all_at_once(6).reshape(2, 3):
        states, slope = f()
        np.testing.assert_allclose(states, (2 * draws).cumprod(), rtol=1e-12)
        np.testing.assert_allclose(slope, 3 * 4 * draws.prod(), rtol=1e-12)


def test_variables_that_are_skipped():
    y, updates = noise(3)
    assert default_updates([y], skip=updates) == {}
    f = function([], y, no_default_updates=True)
    np.testing.assert_array_equal(f(), f())


def test_updates_that_need_further_ones():
    a, b = shared(0.0, "a"), shared(1.0, "b")
    a.default_update, b.default_update = a + b, 2 * b
    assert default_updates([a * 2]) == {a: a.default_update, b: b.default_update}
