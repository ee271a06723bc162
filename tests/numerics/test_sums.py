"""Sums of ten million float32 numbers, and what is made of sums, within the pairwise bound.

The bound is that of pairwise summation, u log2(n) sum |x| with the unit roundoff u = 2^-24
(Higham, Accuracy and Stability of Numerical Algorithms, 2002, section 4.2), plus half an ulp
for the rounding of the result.
"""

import functools

import numpy as np
import pytest

from blocks import function, tensor
from blocks.graph.ops import nn

N = 10**7
U = 2.0**-24
MODES = ("compiled", "reference")
each_mode = pytest.mark.parametrize("mode", MODES)


@functools.cache
def numbers(kind):
    rng = np.random.RandomState(1)
    x = rng.uniform(-1, 1, N)
    if kind == "constant":
        x[:] = 0.1
    if kind == "alternating":
        x += 1e6 * (1 - 2 * (np.arange(N) % 2))
    if kind == "sorted":
        x.sort()
    if kind == "positive":
        x = np.abs(x)
    return x.astype("float32")


SHAPES = [
    ((N,), None),
    ((N // 4, 4), 0),
    ((4, N // 4), 1),
    ((1000, N // 1000), 0),
    ((N // 1000, 1000), (0, 1)),
    ((10, N // 100, 10), 1),
    ((N // 100, 10, 10), (0, 2)),
    ((N, 1), 0),
]


def bound(x, axis):
    """Return the pairwise bound of a sum in float32."""
    total = np.abs(x).sum(axis=axis, keepdims=True, dtype="d")
    count = x.size // total.size
    return U * (np.log2(count) + 1) * total


@functools.cache
def folds(ndim, axis, mode):
    x = tensor.TensorType("float32", (None,) * ndim)("x")
    outputs = [f(axis=axis, keepdims=True) for f in (x.sum, x.mean, tensor.sqr(x).sum)]
    return function([x], outputs, mode=mode)


@each_mode
@pytest.mark.parametrize("kind", ["random", "constant", "alternating", "sorted", "positive"])
@pytest.mark.parametrize(("shape", "axis"), SHAPES, ids=str)
def test_ten_million(shape, axis, kind, mode):
    x = numbers(kind).reshape(shape)
    total, mean, squares = folds(len(shape), axis, mode)(x)
    assert total.dtype == mean.dtype == squares.dtype == "float32"
    exact = x.sum(axis=axis, keepdims=True, dtype="d")
    count = N // exact.size
    limit = bound(x, axis)
    assert (np.abs(total - exact) <= limit).all()
    assert (np.abs(mean - exact / count) <= limit / count + U * np.abs(mean)).all()
    y = x * x
    exact = y.sum(axis=axis, keepdims=True, dtype="d")
    # One rounding of the squares, which the compiler may leave out.
    assert (np.abs(squares - exact) <= bound(y, axis) + U * exact).all()


@each_mode
def test_not_contiguous(mode):
    x = tensor.fmatrix("x")
    outputs = [x[::2].sum(axis=0), x.T.sum(axis=0), x[:, ::3].sum(), x.T[::-1].mean(axis=1)]
    f = function([x], outputs, mode=mode)
    a = numbers("positive").reshape(1000, -1)[:, :2000]
    a[:] = 0.1
    expected = [(a[::2], 0), (a.T, 0), (a[:, ::3], None), (a.T[::-1], 1)]
    for i, (y, (part, axis)) in enumerate(zip(f(a), expected, strict=True)):
        exact, limit = part.sum(axis=axis, dtype="d"), bound(part, axis).reshape(y.shape)
        scale = part.shape[1] if i == 3 else 1
        assert (np.abs(y - exact / scale) <= (limit + U * exact) / scale).all()


@each_mode
def test_gradient_of_a_bias(mode):
    """What broadcasting undoes is a sum too."""
    b, x = tensor.fvector("b"), tensor.fmatrix("x")
    f = function([b, x], tensor.grad((x * b).sum(), b), mode=mode)
    x = np.full((10**6, 3), 0.1, "float32")
    np.testing.assert_allclose(f(np.ones(3, "float32"), x), 1e5, rtol=1e-7)


@each_mode
def test_only_the_fold_is_reordered(mode):
    """(x + c) - c rounds x to a multiple of 1/2 and may not become x."""
    x = tensor.fvector("x")
    c = np.float32(3 * 2**21)
    y = (x + c) - c
    f = function([x], [y.sum(), (y * 2).max(), y.prod()], mode=mode)
    assert [v.item() for v in f(np.full(64, 0.8, "float32"))] == [64.0, 2.0, 1.0]


@each_mode
@pytest.mark.parametrize("corrected", [False, True])
def test_variance_of_data_with_a_large_mean(corrected, mode):
    x = tensor.fmatrix("x")
    f = function([x], [x.var(axis=0, corrected=corrected), x.std(corrected=corrected)], mode=mode)
    a = (1e4 + np.random.RandomState(1).normal(size=(10**5, 3))).astype("float32")
    var, std = f(a)
    # The mean is rounded to float32: the square of that error is what a correction takes off.
    shift = 0 if corrected else (1e4 * U) ** 2
    np.testing.assert_allclose(var, a.var(axis=0, dtype="d"), rtol=8 * U, atol=shift)
    np.testing.assert_allclose(std, a.std(dtype="d"), rtol=8 * U, atol=shift)


@each_mode
@pytest.mark.parametrize("dtype", ["bool", "int8", "uint8", "int16", "int32", "uint32", "int64"])
def test_integers_are_added_in_64_bits(dtype, mode):
    x = tensor.TensorType(dtype, (None,))("x")
    f = function([x], [x.sum(), x.mean()], mode=mode)
    top = True if dtype == "bool" else np.iinfo(dtype).max if dtype != "int64" else 2**40
    total, mean = f(np.full(10**6, top, dtype))
    assert total.dtype == ("uint64" if dtype.startswith("uint") else "int64")
    assert mean.dtype == "float64"
    assert int(total) == int(top) * 10**6
    assert mean == float(top)


@each_mode
def test_mean_of_integers_does_not_overflow(mode):
    x = tensor.lvector("x")
    f = function([x], x.mean(), mode=mode)
    assert f(np.full(4, 2**62)) == 2.0**62


@each_mode
def test_products(mode):
    x = tensor.fmatrix("x")
    f = function([x], [x.prod(), x.prod(axis=0), x.prod(axis=1)], mode=mode)
    a = np.float32([[1e30, 1e30, 1e-30], [1e-30, 1e-30, 1e30]])
    everything, columns, rows = f(a)
    exact = a.astype("d")
    np.testing.assert_allclose(everything, exact.prod(), rtol=2 * U)
    np.testing.assert_allclose(columns, exact.prod(axis=0), rtol=2 * U)
    np.testing.assert_allclose(rows, exact.prod(axis=1), rtol=2 * U)
    near = np.full((1, 10**6), 1 + 2**-20, "float32")
    np.testing.assert_allclose(f(near)[0], np.exp(10**6 * np.log1p(2.0**-20)), rtol=2 * U)


@each_mode
def test_running_sums(mode):
    x = tensor.fvector("x")
    f = function([x], tensor.cumsum(x), mode=mode)
    y = f(np.full(10**6 if mode == "compiled" else 10**5, 0.1, "float32"))
    assert y.dtype == "float32"
    np.testing.assert_allclose(y, np.float32(0.1) * np.arange(1.0, y.size + 1), rtol=U)


@each_mode
def test_rows_of_a_softmax(mode):
    x, y, g = tensor.fmatrix("x"), tensor.lvector("y"), tensor.fmatrix("g")
    outputs = [nn.softmax(x), nn.logsoftmax(x), nn.softmax_crossentropy(x, y)]
    outputs += [tensor.logsumexp(x, axis=1), tensor.grad((nn.softmax(x) * g).sum(), x)]
    f = function([x, y, g], outputs, mode=mode)
    n = 10**6
    a = np.zeros((1, n), "float32")
    a[0, 0] = 13  # e^13 is about n / 2
    ones = np.ones_like(a)
    p, logp, cost, total, slope = f(a, np.zeros(1, "int64"), ones)
    exact = np.log(np.exp(13) + n - 1)
    np.testing.assert_allclose(p[0, :2], np.exp([13 - exact, -exact]), rtol=8 * U)
    np.testing.assert_allclose(logp[0, :2], [13 - exact, -exact], rtol=8 * U, atol=13 * U)
    np.testing.assert_allclose(cost, exact - 13, rtol=8 * U, atol=13 * U)
    np.testing.assert_allclose(total, exact, rtol=8 * U)
    assert np.abs(slope).max() < 8 * U
