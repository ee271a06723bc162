"""Products of all ranks, and places of elements, against NumPy, with Hypothesis."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from blocks import function, tensor
from blocks.errors import IndexRangeError
from blocks.graph.types import TensorType

MODES = ["reference", "compiled"]
each_mode = pytest.mark.parametrize("mode", MODES)
sizes = st.integers(0, 3)
dtypes = st.sampled_from(["float64", "float32", "int8", "int64"])
quickly = settings(max_examples=60, deadline=None)


@st.composite
def factors(draw, smallest=0, batched=False):
    """Draw two arrays, and the axes of each that fit: shapes, dtypes and ranks vary."""
    ranks = [draw(st.integers(smallest, 4)) for _ in range(2)]
    shapes = [[draw(sizes) for _ in range(rank)] for rank in ranks]
    free = [list(range(1 if batched else 0, rank)) for rank in ranks]
    number = draw(st.integers(0, min(len(axes) for axes in free)))
    pairs = [draw(st.permutations(axes))[:number] for axes in free]
    for a, b in zip(*pairs, strict=True):
        shapes[1][b] = shapes[0][a]
    if batched:
        shapes[1][0] = shapes[0][0]
    rng = np.random.RandomState(draw(st.integers(0, 99)))
    values = [np.asarray(rng.randint(-5, 5, size=shape)).astype(draw(dtypes)) for shape in shapes]
    return values, pairs


def check(build, expected, values, mode, known=False):
    """Compare the value, its type, and, for floats, the gradients along a direction."""
    inputs = [TensorType(str(a.dtype), a.shape if known else (None,) * a.ndim)() for a in values]
    y = build(*inputs)
    f = function(inputs, y, mode=mode)
    found = f(*values)
    assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
    assert (y.ndim, y.dtype) == (expected.ndim, expected.dtype)
    assert all(a in (None, b) for a, b in zip(y.type.shape, expected.shape, strict=True))
    np.testing.assert_allclose(found, expected)
    if any(a.dtype != "float64" for a in values):
        return
    rng = np.random.RandomState(0)
    weights = rng.normal(size=found.shape)
    gradients = tensor.grad((y * tensor.constant(weights)).sum(), inputs)
    found = function(inputs, gradients, mode=mode, on_unused_input="ignore")(*values)
    for i, gradient in enumerate(found):
        assert gradient.shape == values[i].shape
        direction = rng.normal(size=values[i].shape)
        # The product is linear in each factor, so a difference of any step is exact.
        moved = [a + direction if k == i else a for k, a in enumerate(values)]
        expected_slope = ((f(*moved) - f(*values)) * weights).sum()
        np.testing.assert_allclose((gradient * direction).sum(), expected_slope, atol=1e-9)


@each_mode
@quickly
@given(factors(), st.booleans())
def test_dot(mode, drawn, known):
    (x, y), _ = drawn
    if x.ndim and y.ndim:
        shape = list(y.shape)
        shape[max(y.ndim - 2, 0)] = x.shape[-1]
        y = np.resize(y, shape) if y.size else np.zeros(shape, y.dtype)
    check(tensor.dot, np.asarray(np.dot(x, y)), [x, y], mode, known)


@each_mode
@quickly
@given(factors(), st.booleans())
def test_tensordot(mode, drawn, known):
    values, pairs = drawn
    expected = np.asarray(np.tensordot(*values, pairs))
    check(lambda x, y: tensor.tensordot(x, y, pairs), expected, values, mode, known)


def from_the_end(pairs, values):
    return [[axis - a.ndim for axis in axes] for axes, a in zip(pairs, values, strict=True)]


@quickly
@given(factors(smallest=1))
def test_forms_of_axes(drawn):
    """A number, two numbers, tuples, arrays, axes from the end."""
    values, pairs = drawn
    expected = np.asarray(np.tensordot(*values, pairs))
    forms = [tuple(map(tuple, pairs)), from_the_end(pairs, values), np.array(pairs, dtype=int)]
    if len(pairs[0]) == 1:
        forms.append([pairs[0][0], pairs[1][0]])
    for axes in forms:
        check(lambda x, y, axes=axes: tensor.tensordot(x, y, axes), expected, values, "reference")
    number = len(pairs[0])
    x = np.ones((2, 3, 4))
    y = np.ones((*x.shape[3 - min(number, 3) :], 2))
    check(
        lambda x, y: tensor.tensordot(x, y, min(number, 3)),
        np.asarray(np.tensordot(x, y, min(number, 3))),
        [x, y],
        "reference",
    )


def by_batch(function, x, y, dtype):
    """Return a function of the parts of x and y, for each index of the first axis."""
    parts = [np.asarray(function(a, b)) for a, b in zip(x, y, strict=True)]
    if parts:
        return np.stack(parts).astype(dtype)
    like = np.asarray(function(np.zeros(x.shape[1:]), np.zeros(y.shape[1:])))
    return np.zeros((0, *like.shape), dtype)


@each_mode
@quickly
@given(factors(smallest=1, batched=True), st.booleans())
def test_batched_tensordot(mode, drawn, known):
    (x, y), pairs = drawn
    inner = [[axis - 1 for axis in axes] for axes in pairs]
    dtype = np.result_type(x, y)
    expected = by_batch(lambda a, b: np.tensordot(a, b, inner), x, y, dtype)
    check(lambda x, y: tensor.batched_tensordot(x, y, pairs), expected, [x, y], mode, known)


@each_mode
@quickly
@given(factors(smallest=1, batched=True), st.booleans())
def test_batched_dot(mode, drawn, known):
    """The dot of the parts; a vector holds a factor for each of them."""
    (x, y), _ = drawn
    if x.ndim > 1 and y.ndim > 1:
        shape = list(y.shape)
        shape[max(y.ndim - 2, 1)] = x.shape[-1]
        y = np.resize(y, shape) if y.size else np.zeros(shape, y.dtype)
    expected = by_batch(np.dot, x, y, np.result_type(x, y))
    check(tensor.batched_dot, expected, [x, y], mode, known)


def test_batched_tensordot_of_a_number_of_axes():
    x, y = np.arange(24.0).reshape(2, 3, 4), np.arange(48.0).reshape(2, 3, 4, 2)
    expected = by_batch(lambda a, b: np.tensordot(a, b, 2), x, y, "float64")
    check(lambda x, y: tensor.batched_tensordot(x, y), expected, [x, y], "compiled")
    check(
        lambda x, y: tensor.batched_tensordot(x, y, 0),
        by_batch(lambda a, b: np.tensordot(a, b, 0), x, y, "float64"),
        [x, y],
        "compiled",
    )


@each_mode
@quickly
@given(factors())
def test_outer(mode, drawn):
    """The inputs are flattened, as in NumPy."""
    values, _ = drawn
    check(tensor.outer, np.outer(*values), values, mode)


@each_mode
@quickly
@given(
    st.sampled_from(["bool", "int8", "float32", "float64"]).flatmap(
        lambda dtype: arrays(
            dtype,
            array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=3),
            elements=st.sampled_from([0, 0, 1]),
        )
    )
)
def test_places_that_are_not_zero(mode, array):
    x = TensorType(str(array.dtype), (None,) * array.ndim)()
    outputs = [
        *tensor.nonzero(x),
        *x.nonzero(),
        tensor.nonzero(x, return_matrix=True),
        x.nonzero(return_matrix=True),
        tensor.flatnonzero(x),
        tensor.nonzero_values(x),
        x.nonzero_values(),
    ]
    *places, matrix, again, flat, values, same = function([x], outputs, mode=mode)(array)
    for found, expected in zip(places, np.nonzero(array) * 2, strict=True):
        np.testing.assert_array_equal(found, expected)
    for found in (matrix, again):
        assert (found.dtype, found.shape) == ("int64", (array.ndim, np.count_nonzero(array)))
        np.testing.assert_array_equal(found, np.stack(np.nonzero(array)))
    np.testing.assert_array_equal(flat, np.flatnonzero(array))
    for found in (values, same):
        assert found.dtype == array.dtype
        np.testing.assert_array_equal(found, array[np.nonzero(array)])


def test_gradient_of_values_that_are_not_zero():
    x = tensor.matrix("x")
    gradient = tensor.grad((x.nonzero_values() ** 2).sum(), x)
    assert gradient.eval({x: [[0.0, 3], [-1, 0]]}).tolist() == [[0, 6], [-2, 0]]


def test_a_scalar_has_no_places():
    with pytest.raises(IndexRangeError) as error:
        tensor.nonzero(2.5)
    assert (
        str(error.value) == "nonzero: expected at least one axis, got a scalar. Use flatten first."
    )
