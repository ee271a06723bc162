"""Sigmoids, softmaxes and cross-entropies at large logits, subnormals, infinity and NaN.

Values and gradients are compared with mpmath, for the functions themselves and for what the
stabilizing rules make of formulas written out, in every mode.
"""

import mpmath
import numpy as np
import pytest
from mpmath import mp, mpf

from blocks import function, tensor
from blocks.graph.ops import elementwise as e
from blocks.graph.ops import nn
from blocks.graph.ops import reduce as r
from blocks.graph.ops.elementwise_op import like

INF, NAN = np.inf, np.nan
MODES = ("compiled", "reference", "debug")
each_mode = pytest.mark.parametrize("mode", MODES)
each_dtype = pytest.mark.parametrize("dtype", ["float32", "float64"])

LOGITS = [1e4, -1e4, 3e38, -3e38, 1e-40, -1e-40, 100, -100, 88.8, -88.8, 20, -20, 0.5, -0.5, 0]
T = 0.25  # a target that is neither 0 nor 1


def sigma(x):
    return 1 / (1 + exp(-x))


def exp(x):
    return mp.exp(max(min(x, 10**6), -(10**6)))


def softplus(x):
    return x + mp.log1p(exp(-x)) if x > 0 else mp.log1p(exp(x))


def bce(t):
    return lambda x: t * softplus(-x) + (1 - t) * softplus(x)


def written_out(x):
    p, t = e.sigmoid(x), like(x, T)
    return -(t * e.log(p) + (1 - t) * e.log(1 - p))


def share(x):
    power = e.exp(x)
    return power / (1 + power)


def softmax_written_out(x):
    powers = e.exp(x)
    return powers / powers.sum(axis=1, keepdims=True)


def logits_cost(t):
    return lambda x: nn.sigmoid_binary_crossentropy(x, t if t in (0, 1) else like(x, t))


def cost(t):
    return lambda x: nn.binary_crossentropy(e.sigmoid(x), t if t in (0, 1) else like(x, t))


def log(x):
    return -softplus(-x)


def elu(x):
    return x if x > 0 else mp.expm1(max(x, -(10**6)))


# What is written, its value, its derivative, and its values at inf and -inf.
FORMULAS = {
    "sigmoid": (e.sigmoid, sigma, lambda x: sigma(x) * sigma(-x), 1, 0),
    "softplus": (e.softplus, softplus, sigma, INF, 0),
    "log(s)": (lambda x: e.log(e.sigmoid(x)), log, lambda x: sigma(-x), 0, -INF),
    "log(s(-x))": (
        lambda x: e.log(e.sigmoid(-x)), lambda x: log(-x), lambda x: -sigma(x), -INF, 0
    ),
    "1 - s": (
        lambda x: 1 - e.sigmoid(x), lambda x: sigma(-x), lambda x: -sigma(x) * sigma(-x), 0, 1
    ),
    "-log(1 - s)": (lambda x: -e.log(1 - e.sigmoid(x)), softplus, sigma, INF, 0),
    "log1p(-s)": (
        lambda x: e.log1p(-e.sigmoid(x)), lambda x: log(-x), lambda x: -sigma(x), -INF, 0
    ),
    "log1p(exp)": (lambda x: e.log1p(e.exp(x)), softplus, sigma, INF, 0),
    "log(1 + exp)": (lambda x: e.log(1 + e.exp(x)), softplus, sigma, INF, 0),
    "log(exp(-x) + 1)": (
        lambda x: e.log(e.exp(-x) + 1), lambda x: softplus(-x), lambda x: -sigma(-x), 0, INF
    ),
    "binary, 0": (cost(0), softplus, sigma, INF, 0),
    "binary, 1": (cost(1), bce(1), lambda x: -sigma(-x), 0, INF),
    "binary": (cost(T), bce(T), lambda x: sigma(x) - T, INF, INF),
    "logits, 0": (logits_cost(0), softplus, sigma, INF, 0),
    "logits, 1": (logits_cost(1), bce(1), lambda x: -sigma(-x), 0, INF),
    "logits": (logits_cost(T), bce(T), lambda x: sigma(x) - T, INF, INF),
    "written out": (written_out, bce(T), lambda x: sigma(x) - T, INF, INF),
    "1 / (1 + exp)": (
        lambda x: 1 / (1 + e.exp(-x)), sigma, lambda x: sigma(x) * sigma(-x), 1, 0
    ),
    "exp / (1 + exp)": (share, sigma, lambda x: sigma(x) * sigma(-x), 1, 0),
    "elu": (e.elu, elu, lambda x: mpf(1) if x > 0 else exp(x), INF, -1),
}  # fmt: skip


def real(dtype):
    """Return the logits that are finite in a dtype, as numbers of that dtype."""
    return np.array(LOGITS, dtype)


@each_mode
@each_dtype
@pytest.mark.parametrize("name", FORMULAS)
def test_formula(name, dtype, mode):
    build, exact, slope, at_inf, at_minus_inf = FORMULAS[name]
    x = tensor.TensorType(dtype, (None,))("x")
    y = build(x)
    f = function([x], [y, tensor.grad(y.sum(), x)], mode=mode)
    logits = real(dtype)
    value, gradient = f(logits)
    assert value.dtype == gradient.dtype == dtype
    info = np.finfo(dtype)
    tiny = float(info.smallest_subnormal)
    with mpmath.workprec(200):
        expected = [float(exact(mpf(float(v)))) for v in logits]
        slopes = [float(slope(mpf(float(v)))) for v in logits]
    np.testing.assert_allclose(value, expected, rtol=6 * info.eps, atol=2 * tiny)
    # Relative to the factors 1 and sigmoid(x), not to their difference.
    np.testing.assert_allclose(gradient, slopes, rtol=6 * info.eps, atol=2 * info.eps)
    value, gradient = f(np.array([INF, -INF, NAN], dtype))
    np.testing.assert_array_equal(value, [at_inf, at_minus_inf, NAN])
    ends = [slope(mpf(v)) for v in (10**9, -(10**9))]
    np.testing.assert_allclose(gradient[:2], [float(v) for v in ends], atol=2 * info.eps)
    assert np.isnan(gradient[2])


@each_mode
@each_dtype
def test_differences_with_one(dtype, mode):
    """log(1 + y) and e^x - 1 keep the digits of small arguments."""
    x = tensor.TensorType(dtype, (None,))("x")
    outputs = [e.log(1 + x), e.log(x + 1), e.exp(x) - 1, -1 + e.exp(x), e.log(1 + x * x)]
    f = function([x], outputs, mode=mode)
    small = np.array([1e-12, -1e-12, 1e-6, 0.5, 1e-40], dtype)
    for y in f(small)[:4]:
        np.testing.assert_allclose(y[[0, 1, 4]], small[[0, 1, 4]], rtol=1e-11)
    np.testing.assert_allclose(f(small)[4][0], 1e-24, rtol=1e-6)


@each_mode
@each_dtype
def test_sigmoids_written_out(dtype, mode):
    x = tensor.TensorType(dtype, (None,))("x")
    outputs = [1 / (1 + e.exp(-x)), e.exp(x) / (1 + e.exp(x)), 1 / (e.exp(-x) + 1)]
    for y in function([x], outputs, mode=mode)(np.array([1e4, -1e4, -88.8, 0], dtype)):
        exact = [1, 0, float(sigma(mpf(float(np.dtype(dtype).type(-88.8))))), 0.5]
        np.testing.assert_allclose(y, exact, rtol=1e-5)


@each_mode
@each_dtype
def test_slopes_of_inverse_functions_near_their_ends(dtype, mode):
    x = tensor.TensorType(dtype, (None,))("x")
    below = 1 - np.array([2.0**-23, 1e-5, 1e-3, 0.5], dtype)
    eps = np.finfo(dtype).eps
    with mpmath.workprec(200):
        legs = np.array([float(1 - mpf(float(v)) ** 2) for v in below])
    for name, exact in [
        ("arcsin", 1 / np.sqrt(legs)),
        ("arccos", -1 / np.sqrt(legs)),
        ("arctanh", 1 / legs),
    ]:
        f = function([x], tensor.grad(getattr(e, name)(x).sum(), x), mode=mode)
        np.testing.assert_allclose(f(below), exact, rtol=4 * eps)
    above = np.array([1 + 2.0**-23, 1.5, 1e30], dtype)
    f = function([x], tensor.grad(e.arccosh(x).sum(), x), mode=mode)
    exact = [float(1 / mp.sqrt(mpf(float(v)) ** 2 - 1)) for v in above]
    np.testing.assert_allclose(f(above), exact, rtol=4 * eps)


ROWS = np.array(
    [
        [1e4, 0, -1e4],
        [3e38, -3e38, 0],
        [1e-40, -1e-40, 0],
        [0, -INF, 1],
        [-INF, -INF, 0],
        [1, 2, 3],
        [-1e4, -1e4, -1e4],
    ]
)
UNDEFINED = np.array([[-INF, -INF, -INF], [INF, 0, 1], [0, NAN, 1]])
LABELS = np.array([2, 0, 1, 2, 2, 0, 1])


def exact_rows(dtype):
    """Return log sum e^x, the softmax and its logarithm for each of the rows."""
    totals, shares, logs = [], [], []
    with mpmath.workprec(200):
        for row in ROWS.astype(dtype):
            top = mpf(float(row.max()))
            powers = [exp(mpf(float(v)) - top) for v in row]
            total = mp.log(sum(powers)) + top
            totals.append(float(total))
            shares.append([float(p / sum(powers)) for p in powers])
            logs.append([float(mpf(float(v)) - total) for v in row])
    with np.errstate(over="ignore"):
        return np.array(totals), np.array(shares), np.array(logs).astype(dtype)


ROW_FORMULAS = {
    "softmax": nn.softmax,
    "exp / sum exp": lambda x: e.exp(x) / e.exp(x).sum(axis=1, keepdims=True),
    "powers / sum powers": softmax_written_out,
    "logsoftmax": nn.logsoftmax,
    "log(powers / sum powers)": lambda x: e.log(softmax_written_out(x)),
    "log softmax": lambda x: e.log(nn.softmax(x)),
    "log(exp / sum exp)": lambda x: e.log(e.exp(x) / e.exp(x).sum(axis=1, keepdims=True)),
    "logsumexp": lambda x: r.logsumexp(x, axis=1),
    "log sum exp": lambda x: e.log(e.exp(x).sum(axis=1)),
    "log sum exp, kept": lambda x: e.log(e.exp(x).sum(axis=1, keepdims=True))[:, 0],
    "log sum exp, columns": lambda x: e.log(e.exp(x.T).sum(axis=0)),
}


@each_mode
@each_dtype
@pytest.mark.parametrize("name", ROW_FORMULAS)
def test_rows(name, dtype, mode):
    x = tensor.TensorType(dtype, (None, None))("x")
    y = ROW_FORMULAS[name](x)
    w = np.array([1.0, 2.0, -1.0])
    weighted = (y * w.astype(dtype)).sum() if y.ndim == 2 else y.sum()
    f = function([x], [y, tensor.grad(weighted, x)], mode=mode)
    value, gradient = f(ROWS.astype(dtype))
    total, p, logs = exact_rows(dtype)
    eps = np.finfo(dtype).eps
    if y.ndim == 1:
        expected, slope = total, p
    elif "log" in name:
        expected, slope = logs, w - p * w.sum()
    else:
        expected, slope = p, p * (w - (p * w).sum(axis=1, keepdims=True))
    np.testing.assert_allclose(value, expected, rtol=8 * eps, atol=np.finfo(dtype).tiny)
    np.testing.assert_allclose(gradient, slope, rtol=16 * eps, atol=8 * eps)
    value, gradient = f(UNDEFINED.astype(dtype))
    if y.ndim == 1:
        np.testing.assert_array_equal(value, [-INF, INF, NAN])
        assert np.isnan(gradient[0]).all()
    else:
        assert np.isnan(value).all()
        assert np.isnan(gradient).all()


COSTS = {
    "labels": lambda x, y, t: nn.categorical_crossentropy(nn.softmax(x), y),
    "rows": lambda x, y, t: nn.categorical_crossentropy(nn.softmax(x), t),
    "one-hot": lambda x, y, t: nn.categorical_crossentropy(nn.softmax(x), e.cast(t, "int64")),
    "labels, logits": lambda x, y, t: nn.softmax_crossentropy(x, y),
    "rows, logits": lambda x, y, t: nn.softmax_crossentropy(x, t),
}


@each_mode
@each_dtype
@pytest.mark.parametrize("name", COSTS)
def test_cross_entropy(name, dtype, mode):
    x, t = (tensor.TensorType(dtype, (None, None))(n) for n in "xt")
    y = tensor.lvector("y")
    cost = COSTS[name](x, y, t)
    f = function([x, y, t], [cost, tensor.grad(cost.sum(), x)], mode=mode, on_unused_input="ignore")
    one_hot = np.eye(3, dtype=dtype)[LABELS]
    value, gradient = f(ROWS.astype(dtype), LABELS, one_hot)
    assert value.dtype == gradient.dtype == dtype
    _, p, logs = exact_rows(dtype)
    eps = np.finfo(dtype).eps
    expected = -np.take_along_axis(logs, LABELS[:, np.newaxis], 1)[:, 0]
    np.testing.assert_allclose(value, expected, rtol=8 * eps, atol=np.finfo(dtype).tiny)
    np.testing.assert_allclose(gradient, p - one_hot, rtol=8 * eps, atol=8 * eps)
    value, gradient = f(UNDEFINED.astype(dtype), LABELS[:3], one_hot[:3])
    assert np.isnan(value).all()
    assert np.isnan(gradient).all()
    # A label that cannot be: infinite, as -log 0 is.
    value, _ = f(ROWS[3:4].astype(dtype), LABELS[2:3], one_hot[2:3])
    assert value == INF


@pytest.mark.parametrize("mode", ["compiled", "reference"])  # "debug" reports log 0
@each_dtype
def test_cross_entropy_of_probabilities(dtype, mode):
    """0 log 0 is 0, for rows and for single probabilities."""
    p, t = (tensor.TensorType(dtype, (None, None))(n) for n in "pt")
    outputs = [nn.categorical_crossentropy(p, t), nn.binary_crossentropy(p, t)]
    f = function([p, t], outputs, mode=mode)
    rows, elements = f(np.array([[0, 1], [0.5, 0.5]], dtype), np.array([[0, 1], [1, 0]], dtype))
    np.testing.assert_allclose(rows, [0, np.log(2)], rtol=1e-6)
    np.testing.assert_allclose(elements, [[0, 0], [np.log(2)] * 2], rtol=1e-6)
