"""Random graphs: the compiled engine against the interpreter, gradients and updates included."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blocks import tensor
from blocks.compile import function
from blocks.graph import grad, shared

SIZES = (1, 2, 3)
UNARY = [tensor.tanh, tensor.sqr, tensor.neg, lambda x: tensor.exp(-abs(x)), lambda x: x * 0.5]
BINARY = [
    tensor.add,
    tensor.sub,
    tensor.mul,
    tensor.maximum,
    lambda x, y: tensor.switch(x > y, x, 0.25 * y),
]


def broadcasts(x, y):
    """Tell whether two variables can be combined, by the typing rule."""
    pairs = zip(x.type.shape[::-1], y.type.shape[::-1], strict=False)
    return all(a == b or 1 in (a, b) for a, b in pairs)


@st.composite
def graphs(draw):
    """Draw inputs, shared variables, and outputs of a random graph over them."""
    dtype = draw(st.sampled_from(["float32", "float64"]))
    seed = draw(st.integers(0, 2**16))
    rng = np.random.RandomState(seed)
    shapes = st.lists(st.sampled_from(SIZES), min_size=0, max_size=3).map(tuple)
    inputs, arrays, states = [], [], []
    for i in range(draw(st.integers(1, 3))):
        shape = draw(shapes)
        inputs.append(tensor.TensorType(dtype, shape)(f"x{i}"))
        arrays.append(rng.uniform(-1, 1, shape).astype(dtype))
    for i in range(draw(st.integers(0, 2))):
        shape = draw(shapes)
        value = rng.uniform(-1, 1, shape).astype(dtype)
        states.append(shared(value, f"s{i}", shape=shape))
    pool = [*inputs, *states]
    for _ in range(draw(st.integers(1, 12))):
        x = draw(st.sampled_from(pool))
        kind = draw(st.sampled_from(["unary", "binary", "binary", "reduce", "dot", "shape"]))
        if kind == "unary":
            pool.append(draw(st.sampled_from(UNARY))(x))
        elif kind == "binary":
            fitting = [y for y in pool if broadcasts(x, y)]
            pool.append(draw(st.sampled_from(BINARY))(x, draw(st.sampled_from(fitting))))
        elif kind == "reduce" and x.ndim:
            axis = draw(st.one_of(st.none(), st.integers(0, x.ndim - 1)))
            keep = draw(st.booleans())
            name = draw(st.sampled_from(["sum", "mean", "max"]))
            pool.append(getattr(x, name)(axis=axis, keepdims=keep))
        elif kind == "dot" and x.ndim == 2:
            fitting = [y for y in pool if y.ndim == 2 and y.type.shape[0] == x.type.shape[1]]
            if fitting:
                pool.append(x.dot(draw(st.sampled_from(fitting))))
        elif kind == "shape" and x.ndim:
            pool.append(
                draw(
                    st.sampled_from(
                        [x.T, x.flatten(), x[0], x.dimshuffle(0, "x", *range(1, x.ndim))]
                    )
                )
            )
    outputs = draw(st.lists(st.sampled_from(pool), min_size=1, max_size=4))
    return inputs, arrays, states, outputs, pool


def check(inputs, arrays, states, outputs, updates):
    """Compare two calls of the compiled function with two of the interpreted one."""
    before = [s.get_value() for s in states]
    results = {}
    for mode in ("reference", "compiled"):
        for s, value in zip(states, before, strict=True):
            s.set_value(value)
        f = function(inputs, outputs, updates=updates, mode=mode, on_unused_input="ignore")
        first, second = f(*arrays), f(*arrays)
        results[mode] = [*first, *second, *(s.get_value() for s in states)]
    for got, expected in zip(results["compiled"], results["reference"], strict=True):
        assert got.dtype == expected.dtype
        assert got.shape == expected.shape
        tolerance = 2e-4 if got.dtype == "float32" else 1e-9
        np.testing.assert_allclose(got, expected, rtol=tolerance, atol=tolerance)


@settings(max_examples=60)
@given(graphs())
def test_outputs_and_updates(graph):
    inputs, arrays, states, outputs, pool = graph
    updates = []
    for s in states:
        fitting = [y for y in pool if y.type.shape == s.type.shape and y is not s]
        if fitting:
            updates.append((s, 0.5 * s + 0.5 * fitting[-1]))
    check(inputs, arrays, states, outputs, updates)


@settings(max_examples=40)
@given(graphs())
def test_gradients(graph):
    inputs, arrays, states, outputs, _ = graph
    cost = sum((tensor.tanh(y).sum() for y in outputs), start=0)
    gradients = grad(cost, [*inputs, *states], disconnected_inputs="ignore")
    updates = [(s, s - 0.125 * g) for s, g in zip(states, gradients[len(inputs) :], strict=True)]
    check(inputs, arrays, states, [cost, *gradients], updates)


@pytest.mark.parametrize("seed", range(5))
def test_size_1_axes_of_unknown_type(seed):
    """Arrays of size 1 where the type says nothing: they must not broadcast."""
    rng = np.random.RandomState(seed)
    x, y = tensor.matrices("x", "y")
    shape = tuple(rng.choice([1, 4], 2))
    outputs = [x * y, (x + y).sum(axis=0), (x - y).mean(axis=1, keepdims=True) + x * 0]
    with pytest.raises(ValueError, match="add: expected inputs of one shape"):
        function([x, y], [x.mean(axis=1) + y.sum(axis=1)])(np.ones((2, 3)), np.ones((4, 3)))
    arrays = [rng.randn(*shape), rng.randn(*shape)]
    if shape[1] == 1:
        outputs = outputs[:2]
    else:
        outputs[2] = (x - y).mean(axis=1, keepdims=True) + x * 0
    check([x, y], arrays, [], outputs, [])
