"""Random graphs: Lop, Rop, Jacobian and Hessian are one another's products."""

import contextlib

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from blocks import function, tensor
from blocks.errors import DisconnectedInputError
from blocks.graph import Lop, Rop, hessian, jacobian, shared

MODES = ["reference", "compiled"]
each_mode = pytest.mark.parametrize("mode", MODES)
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
        flags = tuple(size == 1 for size in shape)
        states.append(shared(value, f"s{i}", shape=shape, broadcastable=flags))
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


def drawn(shape, dtype, seed):
    return np.random.RandomState(seed).normal(size=shape).astype(dtype)


def assert_close(x, y):
    tolerance = 1e-3 if x.dtype == "float32" else 1e-9
    scale = max(1, np.abs(y).max(initial=0))
    np.testing.assert_allclose(x, y, rtol=tolerance, atol=tolerance * scale)


@each_mode
@settings(max_examples=25, deadline=None)
@given(graphs())
def test_products_with_the_jacobian(mode, graph):
    inputs, arrays, _, outputs, _ = graph
    y, x, array = outputs[0], inputs[0], arrays[0]
    row = y.type("row")
    try:
        left = Lop(y, x, row)
    except DisconnectedInputError:
        assume(False)
    column = x.type("column")
    right = Rop(y, x, column)
    J = jacobian(y, x)
    assert J.type.shape == y.type.shape + x.type.shape
    u, v = drawn(y.type.shape, y.dtype, 0), drawn(array.shape, x.dtype, 1)
    f = function([*inputs, row, column], [J, left, right], mode=mode, on_unused_input="ignore")
    J, left, right = f(*arrays, u, v)
    assert J.dtype == left.dtype == right.dtype == y.dtype
    assert_close(left, np.tensordot(u, J, u.ndim))
    assert_close(right, np.tensordot(J, v, v.ndim))


@each_mode
@settings(max_examples=25, deadline=None)
@given(graphs())
def test_products_with_the_hessian(mode, graph):
    inputs, arrays, _, outputs, _ = graph
    cost = tensor.tanh(outputs[0]).sum()
    x, array = inputs[0], arrays[0]
    H = hessian(cost, x, disconnected_inputs="ignore")
    column = x.type("column")
    slope = tensor.grad(cost, x, disconnected_inputs="ignore")
    third = tensor.grad((H * H).sum(), x, disconnected_inputs="ignore")
    outputs = [H, third]
    with contextlib.suppress(DisconnectedInputError):  # where the cost is linear
        outputs.append(Rop(slope, x, column))
    v = drawn(array.shape, x.dtype, 1)
    f = function([*inputs, column], outputs, mode=mode, on_unused_input="ignore")
    H, third, *product = f(*arrays, v)
    assert H.shape == array.shape * 2
    size = array.size
    assert_close(H.reshape(size, size), H.reshape(size, size).T)
    assert third.shape == array.shape
    if product:
        assert_close(product[0], np.tensordot(H, v, v.ndim))
    else:
        assert not H.any()
