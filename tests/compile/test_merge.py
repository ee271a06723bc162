"""Elementwise groups over the same arrays: one pass over memory, the same numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocks import tensor
from blocks.compile import function
from blocks.graph import grad, shared

RNG = np.random.default_rng(0)


def passes(f):
    """Return how many nodes each instruction has."""
    return [len(i.nodes) for i in f.executor.schedule.instructions]


def check(inputs, outputs, arrays):
    """Return the compiled function, when it computes what NumPy does."""
    f, oracle = (function(inputs, outputs, mode=m) for m in ("compiled", "reference"))
    for found, expected in zip(f(*arrays), oracle(*arrays), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-12)
    return f


def test_a_value_and_its_gradients_are_one_pass():
    x, y, z = tensor.vectors("x", "y", "z")
    value = tensor.exp(-x * x) * tensor.tanh(y) + tensor.log1p(z * z)
    f = check([x, y, z], [value, *grad(value.sum(), [x, y, z])], RNG.standard_normal((3, 9)))
    assert len(passes(f)) == 1


def test_arrays_that_may_differ_in_size_stay_apart():
    x, y = tensor.vectors("x", "y")
    f = check([x, y], [x * 2 + 1, y * 3 + 1], [np.arange(3.0), np.arange(5.0)])
    assert len(passes(f)) == 2


def test_what_needs_something_in_between_stays_behind_it():
    x = tensor.matrix("x")
    e = tensor.exp(x)
    f = check([x], [e, x - e.sum(axis=0), x.dot(e.T) + 1], [RNG.standard_normal((3, 4))])
    assert len(passes(f)) > 2


def test_a_group_has_a_largest_size():
    x = tensor.vector("x")
    outputs = [tensor.exp(x * i) + i for i in range(2, 40)]
    f = check([x], outputs, [RNG.random(4)])
    assert 1 < len(passes(f)) < 20
    assert max(passes(f)) <= 40


def test_updates_stay_apart_from_what_others_read():
    W, x = shared(np.arange(3.0)), tensor.vector("x")
    f = function([x], (W * x).reshape((3, 1)).dot(np.ones((1, 2))), updates={W: W + x})
    np.testing.assert_array_equal(f(np.ones(3)), np.outer(np.arange(3.0), np.ones(2)))
    np.testing.assert_array_equal(W.get_value(), np.arange(3.0) + 1)


def test_updates_of_a_value_and_its_gradients_are_one_pass():
    x, y = tensor.vectors("x", "y")
    value = tensor.exp(-x * x) * tensor.tanh(y)
    new = [value, *grad(value.sum(), [x, y])]
    kept = [shared(np.zeros(5)) for _ in new]
    f = function([x, y], [], updates=list(zip(kept, new, strict=True)))
    assert len(passes(f)) == 1
    arrays = RNG.standard_normal((2, 5))
    f(*arrays)
    for found, z in zip(kept, function([x, y], new, mode="reference")(*arrays), strict=True):
        np.testing.assert_allclose(found.get_value(), z, rtol=1e-12)


OPERATIONS = [
    lambda a, b: a + b,
    lambda a, b: a * b,
    lambda a, b: tensor.tanh(a) - b,
    lambda a, b: a + b.sum(axis=0),
    lambda a, b: a * b.mean(),
    lambda a, b: tensor.maximum(a, b.T[:1, :1].sum()),
]


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 20), st.integers(0, 20)), max_size=12),
    st.lists(st.integers(0, 20), min_size=1, max_size=4),
)
@pytest.mark.usefixtures("plain_kernels")
def test_any_graph(steps, chosen):
    x, y = tensor.matrices("x", "y")
    values = [x + 0 * y, y - x]
    for operation, a, b in steps:
        values.append(OPERATIONS[operation](values[a % len(values)], values[b % len(values)]))
    outputs = [values[i % len(values)] for i in chosen]
    check([x, y], outputs, np.random.RandomState(0).uniform(-1, 1, (2, 3, 3)))


@pytest.fixture(scope="module")
def plain_kernels():
    """Many small graphs: kernels as plain Python."""
    from tests.fuzz.chunk import plain_kernels

    with plain_kernels():
        yield
