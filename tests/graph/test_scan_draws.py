"""Random numbers and loops: drawn in the step they are new in each, drawn outside they stay."""

import numpy as np
import pytest

from blocks import function, tensor
from blocks.bricks.recurrent import BaseRecurrent, recurrent
from blocks.graph import ComputationGraph, RandomStreams, apply_dropout, grad, shared
from blocks.graph.loops import scan

MODES = ["reference", "compiled"]
ONES = np.ones(4)


class Masked(BaseRecurrent):
    """A brick whose states are its inputs, some of them dropped."""

    @recurrent(sequences=["inputs"], states=["h"], contexts=["keep"], outputs=["h"])
    def apply(self, inputs, h, keep):
        return (inputs + 0 * h) * keep

    def get_dim(self, name):
        return 3


def loop_over(step, **options):
    v = tensor.dvector("v")
    y, updates = scan(step, v, **options)
    return v, y, updates


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("is_given", [False, True])
def test_a_draw_from_outside_is_one_number_for_all_steps(mode, is_given):
    once = RandomStreams(1).uniform(())
    if is_given:
        v, y, updates = loop_over(lambda a, o: a * o, non_sequences=once)
    else:
        v, y, updates = loop_over(lambda a: a * once)
    assert updates == {}
    f = function([v], [y, once], updates=updates, mode=mode)
    first, second = f(ONES), f(ONES)
    for values, number in (first, second):
        assert values.tolist() == [number] * 4
    assert first[1] != second[1]


@pytest.mark.parametrize("mode", MODES)
def test_draws_from_outside_and_inside_one_stream(mode):
    rng = RandomStreams(1)
    once = rng.uniform(())
    v, (outside, inside), updates = loop_over(lambda a: [a * once, a * rng.uniform(())])
    f = function([v], [outside, inside], updates=updates, mode=mode)
    values = [f(ONES), f(ONES)]
    assert [len(np.unique(y)) for y, _ in values] == [1, 1]
    assert len(np.unique([values[0][0], values[1][0]])) == 2
    assert len(np.unique([y for _, y in values])) == 8


@pytest.mark.parametrize("mode", MODES)
def test_a_draw_of_the_outer_step_is_one_number_for_the_inner_steps(mode):
    rng, v, w = RandomStreams(1), tensor.dvector("v"), tensor.dvector("w")

    def outer(a):
        once = rng.uniform(())
        inner, updates = scan(lambda b: [a * b * once, b * rng.uniform(())], w)
        return [*inner, once], updates

    found, updates = scan(outer, v)
    f = function([v, w], found, updates=updates, mode=mode)
    calls = [f(ONES[:2], ONES[:3]), f(ONES[:2], ONES[:3])]
    for repeated, new, once in calls:
        np.testing.assert_array_equal(repeated, np.repeat(once[:, None], 3, 1))
        assert len(np.unique(new)) == 6
    assert len(np.unique([once for _, _, once in calls])) == 4
    assert len(np.unique([new for _, new, _ in calls])) == 12


@pytest.mark.parametrize("mode", MODES)
def test_a_loop_with_draws_from_outside_stays_in_an_outer_loop(mode):
    rng, v = RandomStreams(1), tensor.dvector("v")
    noise, updates = scan(lambda: rng.uniform(()), n_steps=3)
    y, more = scan(lambda a: a * noise, v)
    assert more == {}
    f = function([v], y, updates=updates, mode=mode)
    rows = f(ONES)
    assert len(np.unique(rows)) == 3
    np.testing.assert_array_equal(rows, np.tile(rows[:1], (4, 1)))
    assert not np.isin(f(ONES), rows).any()


@pytest.mark.parametrize("mode", MODES)
def test_the_gradient_in_a_loop_of_draws_from_outside(mode):
    rng, v, x = RandomStreams(1), tensor.dvector("v"), tensor.dvector("x")
    y, updates = scan(lambda row: row * rng.uniform(()), x)
    once = rng.normal((), avg=x.sum())
    g, more = scan(lambda a: a * grad(y.sum() * once, x), v)
    assert more == {}
    f = function([v, x], [g, y, once], updates=updates, mode=mode)
    for _ in range(2):
        slopes, factors, number = f(ONES[:3], ONES)
        expected = factors * number + factors.sum()
        np.testing.assert_allclose(slopes, np.tile(expected, (3, 1)))


@pytest.mark.parametrize("mode", MODES)
def test_weight_noise_from_outside(mode):
    w = shared(np.ones(2), name="w")
    noisy = w + RandomStreams(1).normal((2,))
    x = tensor.dmatrix("x")
    y, updates = scan(lambda row, h: h + row * noisy, x, tensor.zeros(2))
    f = function([x], [y[-1], noisy, grad(y[-1].sum(), w)], updates=updates, mode=mode)
    last, weights, slope = f(np.ones((5, 2)))
    np.testing.assert_allclose(last, 5 * weights)
    assert slope.tolist() == [5, 5]
    # The step may update w itself: then the weights change, and their noise does not.
    y, updates = scan(lambda: (noisy, {w: w + 1}), n_steps=3)
    rows = function([], y, updates=updates, mode=mode)()
    np.testing.assert_allclose(np.diff(rows, axis=0), 1)
    assert w.get_value().tolist() == [4, 4]


@pytest.mark.parametrize("mode", MODES)
def test_a_counter_read_outside_and_in_the_step(mode):
    count = shared(np.float64(0), name="count")
    count.default_update = count + 1
    before = 10 * count
    y, updates = scan(lambda: before + count, n_steps=3)
    f = function([], y, updates=updates, mode=mode)
    assert f().tolist() == [0, 1, 2]
    assert f().tolist() == [33, 34, 35]


@pytest.mark.parametrize("mode", MODES)
def test_a_dropout_mask_for_all_steps_of_a_recurrent_brick(mode):
    rng, x = RandomStreams(1), tensor.tensor3("x")
    mask = rng.binomial((2, 3), p=0.5, dtype="float64")
    h = Masked().apply(x, keep=mask)
    assert list(ComputationGraph(h).updates) == [mask.rng]
    f = function([x], [h, mask], updates=ComputationGraph(h).updates, mode=mode)
    seen = []
    for _ in range(4):
        states, kept = f(np.ones((5, 2, 3)))
        np.testing.assert_array_equal(states, np.tile(kept, (5, 1, 1)))
        seen.append(kept)
    assert len(np.unique(np.array(seen), axis=0)) > 1


def test_dropout_of_what_a_loop_reads_is_one_mask():
    W, x = shared(np.ones((3, 3)), name="W"), tensor.dmatrix("x")
    y, updates = scan(lambda row: row @ W, x)
    dropped = apply_dropout(ComputationGraph(y), [W], 0.5)
    rows = function([x], dropped.outputs[0], updates=updates)(np.ones((6, 3)))
    np.testing.assert_array_equal(rows, np.tile(rows[:1], (6, 1)))
