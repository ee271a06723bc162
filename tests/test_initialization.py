"""Initialization schemes: statistics, shapes, dtypes, errors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blocks.config import config
from blocks.errors import BrickError, ShapeError
from blocks.graph.variable import shared
from blocks.initialization import (
    Constant,
    FromFunction,
    Identity,
    IsotropicGaussian,
    NdarrayInitialization,
    Orthogonal,
    Sparse,
    SparseND,
    Uniform,
    as_scheme,
)

MATRIX_SCHEMES = [
    Constant(0.1),
    IsotropicGaussian(0.1, 2),
    Uniform(width=0.3),
    Identity(0.1),
    Orthogonal(0.1),
    Sparse(0.5, IsotropicGaussian(0.1)),
    SparseND(axis=0, num_init=1, weights_init=Constant(0.1)),
    FromFunction(lambda rng, shape: rng.randn(*shape)),
]


@pytest.mark.parametrize("scheme", MATRIX_SCHEMES, ids=lambda scheme: type(scheme).__name__)
@given(shape=st.tuples(st.integers(1, 6), st.integers(1, 6)), seed=st.integers(0, 100))
@settings(max_examples=20, deadline=None)
def test_every_scheme_is_reproducible_and_rounds_float64_draws(scheme, shape, seed):
    values = scheme.generate(np.random.RandomState(seed), shape)
    assert values.shape == shape
    assert values.dtype == np.float64
    np.testing.assert_array_equal(values, scheme.generate(np.random.RandomState(seed), shape))
    with config.use(floatX="float32"):
        rounded = scheme.generate(np.random.RandomState(seed), shape)
    assert rounded.dtype == np.float32
    if not isinstance(scheme, Orthogonal):  # decomposes in floatX, as Blocks did
        np.testing.assert_array_equal(rounded, values.astype(np.float32))


def test_gaussian_has_its_mean_and_deviation():
    values = IsotropicGaussian(std=0.3, mean=1.5).generate(np.random.RandomState(1), (10000,))
    assert abs(values.mean() - 1.5) < 0.01
    assert abs(values.std() - 0.3) < 0.01


@pytest.mark.parametrize(
    ("scheme", "low", "high"),
    [
        (Uniform(width=0.4), -0.2, 0.2),
        (Uniform(mean=1.0, width=2.0), 0.0, 2.0),
        (Uniform(mean=1.0, std=0.5), 1 - np.sqrt(12) / 4, 1 + np.sqrt(12) / 4),
    ],
)
def test_uniform_fills_its_interval(scheme, low, high):
    values = scheme.generate(np.random.RandomState(1), (10000,))
    assert low <= values.min() < low + 0.01
    assert high - 0.01 < values.max() <= high


@pytest.mark.parametrize("shape", [(5, 5), (7, 3), (3, 7), (1, 4), (1, 1)])
def test_orthogonal_rows_or_columns(shape):
    values = Orthogonal(2).generate(np.random.RandomState(3), shape) / 2
    product = values @ values.T if shape[0] <= shape[1] else values.T @ values
    np.testing.assert_allclose(product, np.eye(min(shape)), atol=1e-12)


@given(
    rows=st.integers(1, 5), columns=st.integers(1, 8), count=st.integers(1, 8), seed=st.integers()
)
@settings(deadline=None)
def test_sparse_rows_have_as_many_values_as_asked(rows, columns, count, seed):
    count = min(count, columns)
    scheme = Sparse(count, Constant(2), sparse_init=Constant(-1))
    values = scheme.generate(np.random.RandomState(abs(seed) % 2**32), (rows, columns))
    assert ((values == 2).sum(axis=1) == count).all()
    assert ((values == -1).sum(axis=1) == columns - count).all()


def test_sparse_leaves_the_global_generator_alone():
    np.random.seed(5)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    Sparse(2, IsotropicGaussian()).generate(np.random.RandomState(1), (4, 6))
    np.testing.assert_array_equal(before, np.random.get_state()[1])  # noqa: NPY002


@pytest.mark.parametrize("axis", [0, 3, (0, 1), (2, 0), (1, 3)])
def test_sparse_along_axes(axis):
    scheme = SparseND(axis=axis, num_init=2, weights_init=Constant(1))
    values = scheme.generate(np.random.RandomState(1), (2, 3, 4, 5))
    axes = (axis,) if isinstance(axis, int) else axis
    rest = tuple(i for i in range(4) if i not in axes)
    assert values.shape == (2, 3, 4, 5)
    assert (values.sum(axis=rest) == 2).all()


def test_constant_array_is_repeated():
    values = Constant([[1], [2]]).generate(None, (2, 3))
    np.testing.assert_array_equal(values, [[1, 1, 1], [2, 2, 2]])


def test_initialize_sets_a_shared_variable():
    W = shared(np.full((2, 3), np.nan, "float32"), name="W")
    IsotropicGaussian(0.1).initialize(W, np.random.RandomState(1))
    expected = np.random.RandomState(1).normal(0, 0.1, (2, 3)).astype("float32")
    np.testing.assert_array_equal(W.get_value(), expected)
    Constant(1).initialize(W, np.random.RandomState(1), shape=(1, 2))
    np.testing.assert_array_equal(W.get_value(), [[1, 1]])


class _Wrong(NdarrayInitialization):
    def generate(self, rng, shape):
        return np.zeros((5,))


ERRORS = [
    (
        lambda: Uniform(),
        ValueError,
        r"Uniform: expected either width or std, got width=None and std=None\. Give exactly",
    ),
    (lambda: Uniform(width=1, std=1), ValueError, r"got width=1 and std=1"),
    (lambda: IsotropicGaussian(-1), ValueError, r"expected std of at least 0, got -1"),
    (
        lambda: Identity().generate(None, (2,)),
        ShapeError,
        r"Identity: expected the shape of a matrix, got \(2,\)\. Use another scheme",
    ),
    (lambda: Orthogonal().generate(None, (2, 3, 4)), ShapeError, r"Orthogonal: .* \(2, 3, 4\)"),
    (lambda: Sparse(0, Constant(1)), ValueError, r"Sparse: expected num_init .*, got 0\."),
    (lambda: Sparse(1.5, Constant(1)), ValueError, r"fraction in \(0, 1\], got 1.5"),
    (
        lambda: Sparse(4, Constant(1)).generate(np.random.RandomState(1), (2, 3)),
        ShapeError,
        r"Sparse: expected rows of at least num_init = 4 elements, got the shape \(2, 3\)",
    ),
    (
        lambda: SparseND(axis=(0, 4), num_init=1, weights_init=Constant(1)).generate(None, (2, 3)),
        ShapeError,
        r"SparseND: expected different axes of an array of shape \(2, 3\), got axis=\(0, 4\)",
    ),
    (
        lambda: Constant([1, 2]).generate(None, (3,)),
        ShapeError,
        r"Constant: expected values that broadcast to \(3,\), got an array of shape \(2,\)",
    ),
    (
        lambda: _Wrong().initialize(shared(np.zeros((2, 2)), name="W"), None),
        ShapeError,
        r"_Wrong: expected values of shape \(2, 2\) for W, got \(5,\)",
    ),
    (
        lambda: as_scheme(IsotropicGaussian, "/linear: weights_init"),
        BrickError,
        r"/linear: weights_init: expected an initialization scheme, got the class "
        r"IsotropicGaussian\. Create one: IsotropicGaussian\(\.\.\.\)\.",
    ),
    (
        lambda: as_scheme("normal", "/linear: weights_init"),
        BrickError,
        r"/linear: weights_init: expected an initialization scheme, an array or a function of "
        r"\(rng, shape\), got str 'normal'\. Use one of blocks\.initialization\.",
    ),
]


@pytest.mark.parametrize(("act", "error", "text"), ERRORS)
def test_bad_input(act, error, text):
    with pytest.raises(error, match=text):
        act()
