"""Gradients of loops that end early, are truncated, or have results that are one variable."""

import numpy as np
import pytest

from blocks import function, tensor
from blocks.graph import disconnected_grad, grad
from blocks.graph.loops import scan, until

MODES = ["reference", "compiled"]
EPSILON = 1e-6


def differences(f, values, position):
    """Return the gradient of a number by one of the arrays that it is computed from."""
    values = [np.array(a, "float64") if np.asarray(a).dtype.kind == "f" else a for a in values]
    found = np.zeros_like(values[position])
    for i in np.ndindex(found.shape):
        sides = []
        for sign in (1, -1):
            moved = [np.array(a) for a in values]
            moved[position][i] += sign * EPSILON
            sides.append(float(f(*moved)))
        found[i] = (sides[0] - sides[1]) / (2 * EPSILON)
    return found


def check(cost, inputs, values, mode, wrt=None):
    """Check the gradients by inputs, by default by all floats, against differences."""
    wrt = [x for x in inputs if x.type.is_float] if wrt is None else wrt
    f = function(inputs, cost, mode=mode, on_unused_input="ignore")
    g = function(inputs, grad(cost, wrt), mode=mode, on_unused_input="ignore")
    for x, found in zip(wrt, g(*values), strict=True):
        expected = differences(f, values, inputs.index(x))
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7)


# Loops that end early.


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("limit", [1, 10, 1000])
@pytest.mark.parametrize("backwards", [False, True])
def test_until(mode, limit, backwards):
    v = tensor.dvector("v")
    y, _ = scan(
        lambda a, h: (a * h, until(tensor.gt(a * h, limit))),
        v,
        tensor.ones(()),
        go_backwards=backwards,
    )
    check(y.sum(), [v], [[5.0, 4.0, 3.0, 2.0]], mode)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("steps", [None, 3])
def test_until_with_taps_results_and_others(mode, backwards, steps):
    v, h0, w = tensor.dvector("v"), tensor.dvector("h0"), tensor.dscalar("w")
    limit = 0.6 if backwards else 0.25

    def step(before, now, g, h):
        new = tensor.sin(now * h) + w * before * g
        return new, tensor.exp(new) * now, until(tensor.gt(new, limit))

    (y, z), _ = scan(
        step,
        {"input": v, "taps": [-1, 0]},
        [{"initial": h0, "taps": [-2, -1]}, None],
        n_steps=steps,
        go_backwards=backwards,
    )
    values = [[0.1, 0.3, 0.9, 0.8, 0.2, 0.4], [0.2, 0.5], 1.5]
    if steps is None:
        assert function([v, h0, w], y.shape[0], mode=mode)(*values) < 5
    cost = (y**2).sum() + (z * tensor.arange(z.shape[0])).sum()
    check(cost, [v, h0, w], values, mode)
    check(y[-1], [v, h0, w], values, mode)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("reach", [1, 2, 3, 9])
def test_until_with_a_truncated_gradient(mode, backwards, reach):
    v = tensor.dvector("v")
    y, _ = scan(
        lambda a, h: (a * h, until(tensor.gt(a * h, 20))),
        v,
        tensor.ones(()),
        go_backwards=backwards,
        truncate_gradient=reach,
    )
    rows = np.array([5.0, 4.0, 3.0, 2.0, 1.5])
    if not backwards:
        rows = rows[::-1].copy()
    made = 4  # 1.5, 3, 9, 36
    found = function([v], grad(y[-1], v), mode=mode)(rows)
    expected = np.zeros(5)
    expected[max(made - reach, 0) : made] = 36 / np.array([1.5, 2, 3, 4])[max(made - reach, 0) :]
    np.testing.assert_allclose(found, expected[::-1] if backwards else expected)


@pytest.mark.parametrize("mode", MODES)
def test_one_variable_as_several_results(mode):
    v = tensor.dvector("v")
    (a, b, c), _ = scan(lambda x: [x, x, 3 * x], v)
    check((a**2).sum() + 2 * (b**2).sum() + (a * c).sum(), [v], [[1.0, 2.0, 3.0]], mode)


# Truncated gradients: those of the loop written out, in which what was before is constant.


def written_out(step, rows, initial, taps, reach):
    """Return the initial values and those of all steps, the last ones with gradients."""
    depth, made = -min(taps), len(rows)
    states = [initial[i] for i in range(depth)] if depth > 1 else [initial]
    for t, row in enumerate(rows):
        y = step(row, *(states[tap] for tap in taps))
        states.append(y if t >= made - reach else disconnected_grad(y))
    return states


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("taps", [[-1], [-2, -1], [-2], [-3, -1]])
@pytest.mark.parametrize("reach", [0, 1, 2, 3, 4, 9])
def test_truncated_gradients_of_initial_values(mode, backwards, taps, reach):
    v, w, depth = tensor.dvector("v"), tensor.dscalar("w"), -min(taps)
    h0 = tensor.dvector("h0") if depth > 1 else tensor.dscalar("h0")
    values = [[0.5, -0.2, 0.3, 0.7], [0.4, 0.6, -0.3][:depth] if depth > 1 else 0.4, 0.8]

    def step(a, *before):
        return tensor.sin(a + w * sum((k + 1) * h for k, h in enumerate(before)))

    y, _ = scan(
        step,
        v,
        {"initial": h0, "taps": taps},
        truncate_gradient=reach,
        go_backwards=backwards,
    )
    rows = [v[i] for i in (range(3, -1, -1) if backwards else range(4))]
    states = written_out(step, rows, h0, taps, reach)[depth:]
    whole = y.owner.inputs[0]
    if backwards:
        whole = whole.owner.inputs[0][::-1]
    initial = [h0[i] for i in range(depth)] if depth > 1 else [h0]
    for found, expected in [
        (y[-1], states[-1]),
        (y[-2:].sum() ** 2 + y[-1], (states[-2] + states[-1]) ** 2 + states[-1]),
        # From outside the gradient arrives at initial values in full.
        (whole[0] ** 2 + 3 * whole[-1], initial[0] ** 2 + 3 * states[-1]),
    ]:
        both = [
            function(
                [v, h0, w],
                grad(cost, [h0, v, w], disconnected_inputs="ignore"),
                mode=mode,
                on_unused_input="ignore",
            )
            for cost in (found, expected)
        ]
        for a, b in zip(*(f(*values) for f in both), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("backwards", [False, True])
def test_truncated_gradients_of_initial_values_if_the_loop_ends_early(mode, backwards):
    v, h0 = tensor.dvector("v"), tensor.dscalar("h0")
    y, _ = scan(
        lambda a, h: (a * h, until(tensor.gt(a * h, 5))),
        v,
        h0,
        truncate_gradient=2,
        go_backwards=backwards,
    )
    f = function([v, h0], grad(y[-1], h0), mode=mode)
    rows = np.array([2.0, 3.0, 4.0, 5.0])
    assert f(rows[::-1].copy() if backwards else rows, 1.0) == 6  # after two steps
    assert f(rows[::-1].copy() if backwards else rows, 0.1) == 0  # after four
