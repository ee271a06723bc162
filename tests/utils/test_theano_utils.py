"""Shared variables of floatX, checks of variables, hooks, paths, and norms."""

import numpy as np
import pytest

from blocks import tensor
from blocks.bricks import MLP, Tanh
from blocks.compile import function
from blocks.config import config
from blocks.errors import GraphError, ShapeError
from blocks.theano_expressions import hessian_times_vector, l2_norm
from blocks.utils.theano_utils import (
    check_theano_variable,
    is_graph_input,
    is_shared_variable,
    parameter_path,
    put_hook,
    shared_floatx,
    shared_floatx_nans,
    shared_floatx_zeros,
    shared_floatx_zeros_matching,
    shared_like,
)


@pytest.mark.parametrize("floatX", ["float32", "float64"])
@pytest.mark.parametrize(
    ("make", "fill"),
    [
        (lambda: shared_floatx([[1, 1]], name="x"), 1),
        (lambda: shared_floatx_zeros((1, 2), name="x"), 0),
        (lambda: shared_floatx_nans((1, 2), name="x"), np.nan),
    ],
    ids=["value", "zeros", "nans"],
)
def test_values_are_floatx(floatX, make, fill):
    with config.use(floatX=floatX):
        x = make()
    assert (x.name, x.dtype) == ("x", floatX)
    np.testing.assert_array_equal(x.get_value(), np.full((1, 2), fill, floatX))


def test_a_dtype_may_be_given():
    assert shared_floatx(1, dtype="int8").dtype == "int8"
    assert shared_floatx_zeros((2,), dtype="float32").dtype == "float32"


def test_zeros_and_nans_have_a_fixed_shape():
    for make in (shared_floatx_zeros, shared_floatx_nans):
        x = make((3, 1), name="x")
        assert x.type.shape == (3, 1)
        assert x.broadcastable == (False, False)  # as of Theano's shared variables
        with pytest.raises(ShapeError, match=r"x: expected float64 \(3, 1\)"):
            x.set_value(np.zeros((1, 3)))
    assert shared_floatx(np.zeros((3, 1))).type.shape == (None, None)


def test_values_are_copied_unless_borrowed():
    value = np.zeros(2)
    copied, borrowed = shared_floatx(value), shared_floatx(value, borrow=True)
    value[0] = 1
    assert copied.get_value()[0] == 0
    assert borrowed.get_value()[0] == 1


def test_zeros_matching():
    W = shared_floatx(np.ones((1, 2)), dtype="float32", broadcastable=(True, False))
    zeros = shared_floatx_zeros_matching(W, "zeros")
    assert (zeros.name, zeros.type) == ("zeros", W.type)
    assert zeros.get_value().shape == (1, 2)
    assert not zeros.get_value().any()
    message = r"shared_floatx_zeros_matching: expected a shared variable, got Variable x\."
    with pytest.raises(GraphError, match=message):
        shared_floatx_zeros_matching(tensor.scalar("x"))


@pytest.mark.parametrize("x", [tensor.imatrix("x"), tensor.row("x"), tensor.scalar("x")])
def test_like(x):
    copy = shared_like(x)
    assert (copy.name, copy.dtype, copy.ndim) == ("shared_x", x.dtype, x.ndim)
    assert copy.broadcastable == x.broadcastable
    assert copy.get_value().shape == tuple(map(int, x.broadcastable))
    copy.set_value(np.ones((1,) * x.ndim, x.dtype))
    assert copy.get_value().all()
    assert shared_like(x, "other").name == "other"


def test_check_theano_variable():
    check_theano_variable(None, 3, "float")
    check_theano_variable([[1, 2], [3, 4]], 2, "int")
    check_theano_variable(tensor.matrix("x"), None, None)
    with pytest.raises(ShapeError, match=r"x: expected 2 axes, got 1 \(float64 \(\?,\)\)"):
        check_theano_variable(tensor.vector("x"), 2, "float")
    with pytest.raises(GraphError, match=r"x: expected a dtype that starts with 'int', got float"):
        check_theano_variable(tensor.vector("x"), 1, "int")


def test_kinds_of_variables():
    x, W, c = tensor.scalar("x"), shared_floatx(1), tensor.constant(1)
    assert [is_graph_input(v) for v in (x, W, c, x + 1)] == [True, False, False, False]
    assert [is_shared_variable(v) for v in (x, W, c)] == [False, True, False]


@pytest.mark.parametrize("mode", ["compiled", "reference"])
def test_a_hook_sees_every_value(mode):
    x = tensor.vector("x")
    seen = []
    hooked = put_hook(x, lambda value, note: seen.append((*note, value.sum())), ["sum"])
    assert hooked.name == "x"
    f = function([x], [2 * hooked, tensor.grad((hooked**2).sum(), x)], mode=mode)
    doubled, gradient = f([1.0, 2.0])
    np.testing.assert_array_equal(doubled, [2.0, 4.0])
    np.testing.assert_array_equal(gradient, [2.0, 4.0])
    assert set(seen) == {("sum", 3.0)}


def test_paths():
    mlp = MLP([Tanh()], [2, 3])
    y = mlp.apply(tensor.matrix("x"))
    assert parameter_path(mlp.linear_transformations[0].W) == "/mlp/linear_0.W"
    assert parameter_path(shared_floatx(1, name="a")) == "a"
    assert parameter_path(y) == str(y)


@pytest.mark.parametrize("floatX", ["float32", "float64"])
def test_l2_norm(floatX):
    config.floatX = floatX
    x, y, z = tensor.scalar("x"), tensor.vector("y"), tensor.matrix("z")
    values = {x: 1.0, y: np.array([2.0, 3.0], floatX), z: np.array([[4.0], [5.0]], floatX)}
    assert l2_norm([x, y, z]).eval(values) == pytest.approx(np.sqrt(55.0))
    assert l2_norm([x, y, z], squared=True).eval(values) == pytest.approx(55.0)
    assert l2_norm([x, y, z]).dtype == floatX
    with pytest.raises(GraphError, match=r"l2_norm: expected at least one tensor, got none\."):
        l2_norm([])


@pytest.mark.parametrize("r_op", [False, True])
def test_hessian_times_vector(r_op):
    x, v = tensor.vectors("x", "v")
    A = np.array([[2.0, 1.0], [1.0, 4.0]])
    gradient = tensor.grad(x.dot(tensor.constant(A)).dot(x), x)
    product = hessian_times_vector(gradient, x, v, r_op=r_op)
    found = product.eval({x: np.array([5.0, -1.0]), v: np.array([1.0, 2.0])})
    np.testing.assert_allclose(found, 2 * A @ [1.0, 2.0])


def test_hessian_times_vector_takes_one_variable():
    x = tensor.vector("x")
    for arguments in (([x], [x], [x]), (x, [x], x), (x, x, [x]), (x, None, x)):
        with pytest.raises(GraphError, match=r"^hessian_times_vector: expected one variable as "):
            hessian_times_vector(*arguments)
