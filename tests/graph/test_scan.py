"""Loops: values against plain Python, gradients against finite differences."""

import numpy as np
import pytest

from blocks import function, tensor
from blocks.graph import Rop, grad, hessian, ifelse, shared, toposort, verify_grad
from blocks.graph.loops import foldl, foldr, map, reduce, scan, until

MODES = ["reference", "compiled"]


def rnn(x, h0, W):
    return scan(
        lambda row, h, W: tensor.tanh(row + tensor.dot(h, W)),
        sequences=x,
        outputs_info=h0,
        non_sequences=W,
    )[0]


def rnn_backwards(x, h0, W):
    return scan(
        lambda row, h: tensor.tanh(row + tensor.dot(h, W)),
        sequences=x,
        outputs_info=h0,
        go_backwards=True,
    )[0]


def rnn_twice(x, h0, W):
    return rnn_backwards(rnn(x, h0, W), h0, W)


def taps(x, h0, W):
    return scan(
        lambda before, now, second, first: tensor.sin(now * second) + tensor.dot(first, W) * before,
        sequences={"input": x, "taps": [-1, 0]},
        outputs_info={"initial": tensor.stack(h0, 2 * h0), "taps": [-2, -1]},
    )[0]


def taps_backwards(x, h0, W):
    return scan(
        lambda now, later, third, first: tensor.sin(now * third) + tensor.dot(first, W) * later,
        sequences={"input": x, "taps": [0, 2]},
        outputs_info={"initial": tensor.stack(h0, 2 * h0, h0**2), "taps": [-3, -1]},
        go_backwards=True,
    )[0]


def two_states(x, h0, W):
    (h, c, energy), _ = scan(
        lambda row, h, c: [
            tensor.nnet.sigmoid(row + c) * tensor.tanh(tensor.dot(h, W)),
            0.5 * c + tensor.exp(-(h**2)),
            (h * c).sum(),
        ],
        sequences=x,
        outputs_info=[h0, h0**2, None],
    )
    return h.sum(axis=1) * energy + c.mean()


def results_only(x, h0, W):
    return map(lambda row: tensor.exp(row) @ W + h0, x)[0]


def last_only(x, h0, W):
    return reduce(lambda row, h: tensor.tanh(h * row + row @ W), x, h0)[0]


def no_sequence(x, h0, W):
    return scan(lambda h: tensor.tanh(h @ W) + x[0], outputs_info=h0, n_steps=4)[0]


def fewer_steps(x, h0, W):
    return scan(lambda row, h: row * h @ W, sequences=x, outputs_info=h0, n_steps=3)[0]


def fewer_steps_backwards(x, h0, W):
    return scan(
        lambda row, h: row * h @ W, sequences=x, outputs_info=h0, n_steps=3, go_backwards=True
    )[0]


def ends_early(x, h0, W):
    return scan(
        lambda row, h: (tensor.exp(row) + h @ W, until(tensor.abs_(h).sum() > 3)),
        sequences=x,
        outputs_info=h0,
    )[0]


def nested(x, h0, W):
    def outer(row, h):
        inner, _ = scan(
            lambda g, r: tensor.tanh(g @ W + r), outputs_info=h, non_sequences=row, n_steps=3
        )
        return inner[-1] * row

    return scan(outer, sequences=x, outputs_info=h0)[0]


def masked(x, h0, W):
    mask = tensor.gt(x.sum(axis=1), 0).astype(x.dtype)
    return scan(
        lambda row, m, h: m * tensor.tanh(row + h @ W) + (1 - m) * h,
        sequences=[x, mask],
        outputs_info=h0,
    )[0]


def chosen(x, h0, W):
    return scan(
        lambda row, h: ifelse(tensor.gt(row.sum(), 0), tensor.tanh(h @ W), h * row),
        sequences=x,
        outputs_info=h0,
    )[0]


LOOPS = [
    rnn,
    rnn_backwards,
    rnn_twice,
    taps,
    taps_backwards,
    two_states,
    results_only,
    last_only,
    no_sequence,
    fewer_steps,
    fewer_steps_backwards,
    ends_early,
    nested,
    masked,
    chosen,
]


def arrays(steps=5, size=3, seed=1):
    rng = np.random.RandomState(seed)
    return [rng.uniform(-1, 1, shape) for shape in [(steps, size), (size,), (size, size)]]


def symbols():
    return tensor.matrix("x"), tensor.vector("h0"), tensor.matrix("W")


@pytest.mark.parametrize("loop", LOOPS)
def test_gradients(loop):
    verify_grad(loop, arrays(), rng=np.random.RandomState(2), mode="reference")


@pytest.mark.parametrize("loop", LOOPS)
def test_compiled_as_interpreted(loop):
    x = symbols()
    y = loop(*x)
    outputs = [y, *grad((y**2).sum(), list(x), disconnected_inputs="ignore")]
    slow, fast = (function(list(x), outputs, mode=mode) for mode in MODES)
    for steps in (5, 4, 5):
        for a, b in zip(slow(*arrays(steps)), fast(*arrays(steps)), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("loop", LOOPS)
def test_gradients_of_gradients(loop):
    def slope(*inputs):
        return sum(
            (g**2).sum()
            for g in grad((loop(*inputs) ** 2).sum(), list(inputs), disconnected_inputs="ignore")
        )

    verify_grad(slope, arrays(4, 2), rng=np.random.RandomState(2), mode="reference")


@pytest.mark.parametrize("mode", MODES)
def test_rnn_is_the_loop_in_python(mode):
    x, h, W = arrays()
    expected = []
    for row in x:
        h = np.tanh(row + h @ W)
        expected.append(h)
    s = symbols()
    found = function(list(s), rnn(*s), mode=mode)
    np.testing.assert_allclose(found(*arrays()), expected)


@pytest.mark.parametrize("mode", MODES)
def test_backwards_outputs_are_in_the_order_of_the_walk(mode):
    x = tensor.vector("x")
    y, _ = scan(
        lambda r, s: 10 * s + r, sequences=x, outputs_info=tensor.zeros(()), go_backwards=True
    )
    assert function([x], y, mode=mode)([1.0, 2.0, 3.0]).tolist() == [3, 32, 321]


@pytest.mark.parametrize("mode", MODES)
def test_folds(mode):
    x = tensor.vector("x")
    left, _ = foldl(lambda r, s: 10 * s + r, x, tensor.zeros(()))
    right, _ = foldr(lambda r, s: 10 * s + r, x, tensor.zeros(()))
    f = function([x], [left, right], mode=mode)
    assert [float(y) for y in f([1.0, 2.0, 3.0])] == [123, 321]


@pytest.mark.parametrize("mode", MODES)
def test_taps_of_sequences_and_states(mode):
    x = tensor.vector("x")
    y, _ = scan(
        lambda before, after, second, first: 100 * before + 10 * after + second - first,
        sequences={"input": x, "taps": [-1, 1]},
        outputs_info={"initial": tensor.as_tensor_variable([5.0, 7.0]), "taps": [-2, -1]},
    )
    expected, states = [], [5.0, 7.0]
    values = [1.0, 2.0, 3.0, 4.0]
    for t in (1, 2):
        states.append(100 * values[t - 1] + 10 * values[t + 1] + states[-2] - states[-1])
        expected.append(states[-1])
    assert function([x], y, mode=mode)(values).tolist() == expected


@pytest.mark.parametrize("mode", MODES)
def test_until_keeps_the_step_that_met_the_condition(mode):
    n = tensor.iscalar("n")
    y, _ = scan(lambda x: (2 * x, until(2 * x > 10)), outputs_info=tensor.ones(()), n_steps=n)
    f = function([n], y, mode=mode)
    assert f(100).tolist() == [2, 4, 8, 16]
    assert f(2).tolist() == [2, 4]
    assert f(0).tolist() == []


@pytest.mark.parametrize("mode", MODES)
def test_updates_inside(mode):
    count, x = shared(np.float64(3)), tensor.vector("x")
    y, updates = scan(lambda r: (r * count, {count: count + 1}), sequences=x)
    f = function([x], y, updates=updates, mode=mode)
    assert f([1.0, 1.0, 10.0]).tolist() == [3, 4, 50]
    assert count.get_value() == 6
    assert f([]).tolist() == []
    assert count.get_value() == 6


@pytest.mark.parametrize("mode", MODES)
def test_default_updates_advance_with_each_step(mode):
    count = shared(np.float64(0), name="count")
    count.default_update = count + 1
    y, updates = scan(lambda: count * 2, n_steps=3)
    f = function([], y, updates=updates, mode=mode)
    assert f().tolist() == [0, 2, 4]
    assert f().tolist() == [6, 8, 10]


@pytest.mark.parametrize("steps", [0, 1])
@pytest.mark.parametrize("loop", [rnn, rnn_backwards, two_states, results_only, masked])
def test_few_steps(loop, steps):
    x = symbols()
    y = loop(*x)
    outputs = [y, *grad((y**2).sum(), list(x), disconnected_inputs="ignore")]
    slow, fast = (function(list(x), outputs, mode=mode) for mode in MODES)
    for a, b in zip(slow(*arrays(steps)), fast(*arrays(steps)), strict=True):
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, atol=1e-12)
    assert slow(*arrays(steps))[1].shape == (steps, 3)


@pytest.mark.parametrize("steps", [2, 5, 8])
@pytest.mark.parametrize("loop", [rnn, rnn_backwards, results_only])
def test_truncated_gradient_is_that_of_the_last_steps(loop, steps):
    x, h0, W = symbols()
    backwards = loop is rnn_backwards
    y, _ = scan(
        lambda row, h: tensor.tanh(row + h @ W),
        sequences=x,
        outputs_info=h0,
        truncate_gradient=steps,
        go_backwards=backwards,
    )
    g = function([x, h0, W], grad(y[-1].sum(), [x, W]))(*arrays())
    # By hand: the steps before are constants.
    X, h, w = arrays()
    rows = X[::-1] if backwards else X
    for row in rows[: max(0, 5 - steps)]:
        h = np.tanh(row + h @ w)
    rest = rows[max(0, 5 - steps) :]
    y, _ = scan(lambda row, h: tensor.tanh(row + h @ W), sequences=x, outputs_info=h0)
    by_x, by_W = function([x, h0, W], grad(y[-1].sum(), [x, W]))(rest.copy(), h, w)
    expected = np.zeros_like(X)
    expected[max(0, 5 - steps) :] = by_x
    np.testing.assert_allclose(g[0][::-1] if backwards else g[0], expected)
    np.testing.assert_allclose(g[1], by_W)


def test_hessian_and_rop():
    x, h0, W = symbols()
    y = rnn(x, h0, W)
    values = arrays()
    found = function([x, h0, W], hessian((y**2).sum(), h0))(*values)
    slope = function([x, h0, W], grad((y**2).sum(), h0))
    for i in range(3):
        step = np.eye(3)[i] * 1e-6
        ahead, back = (slope(values[0], values[1] + s * step, values[2]) for s in (1, -1))
        np.testing.assert_allclose(found[i], (ahead - back) / 2e-6, rtol=1e-5, atol=1e-7)
    direction = tensor.vector("direction")
    v = np.array([0.3, -0.2, 0.5])
    found = function([x, h0, W, direction], Rop(y, h0, direction))(*values, v)
    f = function([x, h0, W], y)
    ahead, back = (f(values[0], values[1] + s * 1e-6 * v, values[2]) for s in (1, -1))
    np.testing.assert_allclose(found, (ahead - back) / 2e-6, rtol=1e-5, atol=1e-7)


def test_what_does_not_depend_on_the_step_is_outside():
    x, h0, W = symbols()
    y, _ = scan(lambda row, h: row + h @ tensor.exp(W), sequences=x, outputs_info=h0)
    scans = [n for n in toposort([y]) if n.op.inner_outputs()]
    inside = {n.op.name for n in scans[0].op.nodes}
    assert inside == {"dot", "add", "dimshuffle"}
