"""Random graphs: Lop, Rop, Jacobian and Hessian are one another's products."""

import contextlib

import numpy as np
import pytest
from hypothesis import assume, given, settings

from blocks import function, tensor
from blocks.errors import DisconnectedInputError
from blocks.graph import Lop, Rop, hessian, jacobian
from tests.compile.test_random_graphs import graphs

MODES = ["reference", "compiled"]
each_mode = pytest.mark.parametrize("mode", MODES)


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
