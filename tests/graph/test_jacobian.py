"""Jacobians, Hessians, and the loop that computes them, against finite differences."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blocks import function, tensor
from blocks.errors import ShapeError
from blocks.graph import ComputationGraph, Rop, hessian, jacobian, shared
from blocks.graph.ops.map import Map, map_rows
from blocks.graph.traversal import toposort
from blocks.graph.types import TensorType
from tests.graph import test_ops
from tests.graph.test_derivatives import MODES, ROWS, differences, drawn, each_mode

x, v, u = tensor.vectors("x", "v", "u")
W = tensor.matrix("W")
n = tensor.lvector("n")
ARRAY, MATRIX = np.array([0.5, -1.0, 2.0]), np.arange(6.0).reshape(3, 2) / 5


JACOBIANS = [
    "tanh",
    "softmax",
    "sum: 0",
    "prod: -1",
    "max: 1",
    "std: 0",
    "logsumexp",
    "transpose",
    "reshape symbolic",
    "join 0",
    "x[array]",
    "x[none]",
    "dot mm",
    "tensordot 2",
    "batched_dot",
    "cumsum",
    "matrix_inverse (3)",
    "diag vector",
    "sort",
    "set_subtensor[array]",
]


@each_mode
@pytest.mark.parametrize("name", JACOBIANS)
def test_jacobian(name, mode):
    """Every element of y by every element of the inputs."""
    (case,) = [c for c in ROWS if c.id == name]
    inputs, arrays = drawn(case)
    y = case.build(*inputs)
    f = function(inputs, y, mode=mode)
    reals = [i for i, x in enumerate(inputs) if x.type.is_float]
    jacobians = jacobian(y, [inputs[i] for i in reals], disconnected_inputs="ignore")
    found = function(inputs, jacobians, mode=mode)(*arrays)
    for i, J in zip(reals, found, strict=True):
        assert J.shape == f(*arrays).shape + arrays[i].shape
        for index in np.ndindex(arrays[i].shape):
            direction = [None] * len(arrays)
            direction[i] = np.zeros(arrays[i].shape)
            direction[i][index] = 1
            column = J[(..., *index)]
            expected = differences(f, arrays, direction)
            np.testing.assert_allclose(column, expected, rtol=1e-6, atol=1e-7)


@each_mode
@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.integers(0, 3), max_size=2).map(tuple),
    st.lists(st.integers(0, 3), max_size=2).map(tuple),
    st.sampled_from(["float32", "float64"]),
    st.booleans(),
)
def test_shapes_and_dtypes(mode, left, right, dtype, known):
    """Sizes 0 and 1, known or not: y = a * sum(x^2)."""
    shapes = [s if known else (None,) * len(s) for s in (left, right)]
    a, x = (TensorType(dtype, s)(name) for s, name in zip(shapes, "ax", strict=True))
    y = a * tensor.sqr(x).sum()
    by_a, by_x = jacobian(y, (a, x))
    assert by_x.broadcastable == a.broadcastable + x.broadcastable
    arrays = [
        np.arange(1, 1 + np.prod(s, dtype=int)).reshape(s).astype(dtype) for s in (left, right)
    ]
    values = function([a, x], [by_a, by_x], mode=mode, on_unused_input="ignore")(*arrays)
    expected = [
        np.eye(arrays[0].size).reshape(left + left) * (arrays[1] ** 2).sum(),
        np.multiply.outer(arrays[0], 2 * arrays[1]),
    ]
    for value, array in zip(values, expected, strict=True):
        assert (value.dtype, value.shape) == (dtype, array.shape)
        np.testing.assert_allclose(value, array)


def loops(y):
    return [node for node in toposort([y]) if isinstance(node.op, Map)]


def test_the_forward_pass_is_outside_of_the_loop():
    h = tensor.tanh(tensor.dot(x, W))
    h.name = "h"
    J = jacobian(tensor.dot(h, W.T), x)
    (node,) = loops(J)
    inner = {str(n.op) for n in toposort(node.op.inner_outputs())}
    assert inner == {"dot", "mul", "dimshuffle(x, 0)", "dimshuffle(1)"}
    graph = ComputationGraph(J)
    assert h in graph.variables
    assert {y.owner.op.name for y in graph.scan_variables if y.owner} >= {"mul", "dot"}
    (new,) = graph.replace({h: 2 * h}).outputs
    values = [function([x, W], y)(ARRAY, MATRIX) for y in (J, new)]
    slope = 1 - np.tanh(ARRAY @ MATRIX) ** 2
    np.testing.assert_allclose(values[0], MATRIX @ (slope[:, None] * MATRIX.T))
    slope = 1 - 4 * np.tanh(ARRAY @ MATRIX) ** 2  # the slope is computed from h itself
    np.testing.assert_allclose(values[1], MATRIX @ (slope[:, None] * MATRIX.T))


def test_replaced_by_other_sizes():
    a = tensor.vector("a", shape=(3,))
    J = jacobian(tensor.tanh(a * a), a)
    b = tensor.vector("b", shape=(5,))
    (new,) = ComputationGraph(J).replace({a: b[:3]}).outputs
    (other,) = ComputationGraph(jacobian(x * x, x)).replace({x: b}).outputs
    assert other.type.shape == (5, 5)
    values = function([b], [new, other])(np.ones(5))
    np.testing.assert_allclose(values[0], np.eye(3) * 2 * (1 - np.tanh(1) ** 2))
    np.testing.assert_allclose(values[1], 2 * np.eye(5))


@each_mode
def test_derivatives_of_jacobians(mode):
    """d/dx and d/dW of a weighted sum of all elements of a Jacobian."""
    J = jacobian(tensor.tanh(tensor.dot(x, W)), x)
    weights = np.random.RandomState(0).normal(size=(2, 3))
    cost = (J * J * weights).sum()
    f = function([x, W], cost, mode=mode)
    gradients = tensor.grad(cost, [x, W])
    assert all(loops(g) for g in gradients)
    arrays = [ARRAY, MATRIX]
    direction = test_ops.directions_of(arrays)
    values = function([x, W], gradients, mode=mode)(*arrays)
    slope = sum((g * d).sum() for g, d in zip(values, direction, strict=True))
    np.testing.assert_allclose(slope, differences(f, arrays, direction), rtol=1e-6)
    along = function([x, W, v], Rop(J, x, v), mode=mode)(ARRAY, MATRIX, direction[0])
    expected = differences(function([x, W], J, mode=mode), arrays, [direction[0], None])
    np.testing.assert_allclose(along, expected, rtol=1e-5, atol=1e-8)


@each_mode
def test_hessian(mode):
    """Of a cost of a vector and a matrix, against finite differences of the gradient."""
    cost = (tensor.tanh(tensor.dot(x, W)) ** 2).sum() + tensor.prod(x)
    for_x, for_W = hessian(cost, [x, W])
    arrays = [ARRAY, MATRIX]
    values = function([x, W], [for_x, for_W], mode=mode)(*arrays)
    for i, (value, name) in enumerate(zip(values, (x, W), strict=True)):
        assert value.shape == arrays[i].shape * 2
        f = function([x, W], tensor.grad(cost, name), mode=mode)
        for index in np.ndindex(arrays[i].shape):
            direction = [None, None]
            direction[i] = np.zeros(arrays[i].shape)
            direction[i][index] = 1
            expected = differences(f, arrays, direction)
            np.testing.assert_allclose(value[(..., *index)], expected, rtol=1e-5, atol=1e-8)
    third = tensor.grad((for_x * for_x).sum(), x)
    expected = differences(
        function([x, W], (for_x * for_x).sum(), mode=mode), arrays, [ARRAY, None]
    )
    result = function([x, W], third, mode=mode)(*arrays)
    np.testing.assert_allclose((result * ARRAY).sum(), expected, rtol=1e-5)


def test_hessian_of_scalars_and_of_linear_costs():
    t = tensor.scalar("t")
    assert hessian(t**3, t).eval({t: 2.0}) == 12
    assert hessian(x.sum(), x).eval({x: ARRAY}).tolist() == np.zeros((3, 3)).tolist()
    assert hessian(x.sum(), (x,))[0].type.ndim == 2
    assert hessian((tensor.fvector("f") ** 2).sum(), []) == []


def test_shared_variables_are_read_when_called():
    A = shared(MATRIX)
    f = function([x], jacobian(tensor.dot(x, A), x), updates=[(A, 2 * A)])
    np.testing.assert_allclose(f(ARRAY), MATRIX.T)
    np.testing.assert_allclose(f(ARRAY), 2 * MATRIX.T)


@each_mode
def test_sizes_that_depend_on_values(mode):
    f = function([x], jacobian(x[x > 0] ** 2, x), mode=mode)
    np.testing.assert_allclose(f(ARRAY), [[1, 0, 0], [0, 0, 4]])
    assert f(-abs(ARRAY)).shape == (0, 3)


@each_mode
def test_map_of_several_sequences(mode):
    a, b = tensor.vectors("a", "b")
    other = tensor.scalar("other")
    M, N = tensor.matrices("M", "N")
    results = map_rows([tensor.dot(a, b) * other, a, other + 1], {a: M, b: N})
    f = function([M, N, other], results, mode=mode)
    left, right = np.random.RandomState(0).normal(size=(2, 4, 3))
    products, same, constant = f(left, right, 2.0)
    np.testing.assert_allclose(products, 2 * (left * right).sum(axis=1))
    np.testing.assert_array_equal(same, left)
    assert constant.tolist() == [3] * 4
    cost = (results[0] ** 2).sum() + (results[1] * N).sum() + results[2].sum()
    by_M, by_other = function([M, N, other], tensor.grad(cost, [M, other]), mode=mode)(
        left, right, 2.0
    )
    np.testing.assert_allclose(by_M, 4 * products[:, None] * right + right)
    np.testing.assert_allclose(by_other, (products**2).sum() + 4)
    with pytest.raises(
        ShapeError, match=r"map: expected sequences of one length, got .*4, 3.*5, 3"
    ):
        f(left, np.ones((5, 3)), 1.0)


@pytest.mark.parametrize("mode", [*MODES, "debug"])
def test_loops_in_loops(mode):
    """The Jacobian of a Jacobian, and a mixed second derivative."""
    y = tensor.tanh(tensor.dot(x, W))
    second = jacobian(jacobian(y, x), x)
    value = function([x, W], second, mode=mode)(ARRAY, MATRIX)
    t = np.tanh(ARRAY @ MATRIX)
    expected = np.einsum("k,ik,jk->kij", -2 * t * (1 - t * t), MATRIX, MATRIX)
    np.testing.assert_allclose(value, expected, atol=1e-12)
    slope = tensor.grad((y * y).sum(), x)
    mixed = function([x, W], jacobian(slope, W), mode=mode)(ARRAY, MATRIX)
    f = function([x, W], slope, mode=mode)
    for index in np.ndindex(MATRIX.shape):
        direction = np.zeros(MATRIX.shape)
        direction[index] = 1
        expected = differences(f, [ARRAY, MATRIX], [None, direction])
        np.testing.assert_allclose(mixed[(..., *index)], expected, rtol=1e-6, atol=1e-9)


@each_mode
def test_errors_of_rows(mode):
    row = tensor.vector("row")
    f = function([W], map_rows([row[row > 0]], {row: W}), mode=mode)
    with pytest.raises(
        ShapeError,
        match=r"map: expected results of one shape, got \(2,\) for row 0 and \(1,\) f",
    ):
        f([[1.0, 2.0], [-1.0, 2.0]])
    f = function([W, x], map_rows([tensor.dot(row, x)], {row: W}), mode=mode)
    with pytest.raises(ShapeError, match=r"^dot: expected the last .* In map\(W, x.dim.*\(built"):
        f(np.ones((2, 3)), np.ones(2))
    element = tensor.scalar("element")
    with pytest.raises(ShapeError, match="map: expected a sequence of at least one axis, got floa"):
        map_rows([2 * element], {element: element})
