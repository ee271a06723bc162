"""Batch normalization as functions, against NumPy."""

import numpy as np
import pytest

from blocks import function, grad, tensor
from blocks.errors import GraphError, ShapeError
from blocks.graph.types import TensorType
from blocks.tensor.nnet import (
    batch_normalization,
    batch_normalization_test,
    batch_normalization_train,
)

AXES = [("per-activation", (0,)), ("spatial", (0, 2, 3)), (1, (1,)), ((-1, 0), (0, 3))]
SHAPE = (5, 4, 3, 2)
EPSILON = 1e-3


def draw(*shapes, dtype="float64"):
    rng = np.random.RandomState(1)
    return [(rng.uniform(0.5, 2, shape)).astype(dtype) for shape in shapes]


@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("axes", "numbers"), AXES)
def test_against_numpy(axes, numbers, dtype, full):
    kept = tuple(1 if a in numbers else size for a, size in enumerate(SHAPE))
    shape = kept if full else tuple(size for a, size in enumerate(SHAPE) if a not in numbers)
    arrays = draw(SHAPE, *[shape] * 4, dtype=dtype)
    inputs = [TensorType(dtype, (None,) * a.ndim)(f"x{i}") for i, a in enumerate(arrays)]
    x, gamma, beta, mean, var = inputs
    train = batch_normalization_train(
        x, gamma, beta, axes, EPSILON, 0.25, running_mean=mean, running_var=var
    )
    test = batch_normalization_test(x, gamma, beta, mean, var, axes, EPSILON)
    results = function(inputs, [*train, test])(*arrays)
    x, gamma, beta, mean, var = (a if a.shape == SHAPE else a.reshape(kept) for a in arrays)
    m, v = x.mean(axis=numbers, keepdims=True), x.var(axis=numbers, keepdims=True)
    n = x.size // m.size
    expected = [
        (x - m) / np.sqrt(v + EPSILON) * gamma + beta,
        m,
        1 / np.sqrt(v + EPSILON),
        0.75 * mean + 0.25 * m,
        0.75 * var + 0.25 * v * n / (n - 1),
        (x - mean) / np.sqrt(var + EPSILON) * gamma + beta,
    ]
    for got, wanted in zip(results, expected, strict=True):
        assert got.dtype == dtype
        assert got.shape == wanted.shape
        tolerance = 1e-5 if dtype == "float32" else 1e-11
        np.testing.assert_allclose(got, wanted, rtol=tolerance, atol=tolerance)


def test_given_statistics():
    x = tensor.matrix("x")
    gamma, beta, mean, std = tensor.vectors("gamma", "beta", "mean", "std")
    y = batch_normalization(x, gamma, beta, mean, std, mode="high_mem")
    arrays = draw((5, 3), *[(3,)] * 4)
    a, g, b, mu, s = arrays
    got = function([x, gamma, beta, mean, std], y)(*arrays)
    np.testing.assert_allclose(got, (a - mu) * g / s + b)


def test_gradient():
    x, w = tensor.matrices("x", "w")
    gamma, beta = tensor.vectors("gamma", "beta")
    y, _, _ = batch_normalization_train(x, gamma, beta)
    wrt = [x, gamma, beta]
    cost = (y * w).sum()
    f = function([*wrt, w], [cost, *grad(cost, wrt)])
    arrays = draw((6, 3), (3,), (3,), (6, 3))
    _, *gradients = f(*arrays)
    rng = np.random.RandomState(2)
    for i, gradient in enumerate(gradients):
        direction = rng.normal(size=arrays[i].shape)
        costs = []
        for step in (1e-6, -1e-6):
            moved = [a + step * direction if i == j else a for j, a in enumerate(arrays)]
            costs.append(f(*moved)[0])
        slope = (costs[0] - costs[1]) / 2e-6
        np.testing.assert_allclose((gradient * direction).sum(), slope, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(
    ("build", "error", "text"),
    [
        (lambda x: batch_normalization_train(x, x, x, "all"), GraphError, "'spatial' or numbers"),
        (lambda x: batch_normalization_train(1.0, x, x), ShapeError, "expected a batch of inputs"),
        (
            lambda x: batch_normalization_test(x, tensor.tensor3(), 0, 0, 1),
            ShapeError,
            r"batch_normalization_test: expected parameters with 2 or 1 axes for inputs of "
            r"float64 \(\?, \?\) normalized over the axes \(0,\), got float64 \(\?, \?, \?\). Re",
        ),
        (lambda x: batch_normalization_train(x, 1, 0, 2), ShapeError, "expected an axis"),
    ],
)
def test_errors(build, error, text):
    with pytest.raises(error, match=text):
        build(tensor.matrix("x"))
