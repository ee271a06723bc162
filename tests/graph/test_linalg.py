"""Products: which ones run as matrix products, their dtypes, and the errors."""

import numpy as np
import pytest

from blocks import function, tensor
from blocks.errors import NonFiniteError, ShapeError
from blocks.graph.op import Call, Product
from blocks.graph.ops.linalg import Dot
from blocks.graph.traversal import toposort
from blocks.graph.types import DTYPES, TensorType


def products(y):
    return [node for node in toposort([y]) if isinstance(node.op, Dot)]


@pytest.mark.parametrize("left", [1, 2, 3])
@pytest.mark.parametrize("right", [1, 2, 3])
def test_one_product_of_matrices(left, right):
    x, y = TensorType("float32", (None,) * left)("x"), TensorType("float32", (None,) * right)("y")
    (node,) = products(tensor.dot(x, y))
    assert [a.ndim for a in node.inputs] == [2, 2]
    assert node.op.lower(*(a.type for a in node.inputs)) == Product()


def test_sizes_are_kept():
    x, W = tensor.tensor3("x", shape=(None, 5, 4)), tensor.matrix("W", shape=(4, 7))
    assert tensor.dot(x, W).type.shape == (None, 5, 7)
    assert tensor.dot(x[0], W).type.shape == (5, 7)
    assert tensor.tensordot(x, W, [[2], [0]]).type.shape == (None, 5, 7)
    assert tensor.dot(tensor.row("r"), W.dimshuffle(0, 1)).broadcastable == (True, False)


@pytest.mark.parametrize("right", DTYPES)
@pytest.mark.parametrize("left", DTYPES)
def test_dtypes(left, right):
    x, y = np.array([[1, 0], [1, 1]], left), np.array([[1, 1], [0, 1]], right)
    result = tensor.dot(tensor.constant(x), tensor.constant(y)).eval()
    assert result.dtype == np.result_type(left, right)
    np.testing.assert_array_equal(result, np.dot(x, y))


def test_integers_run_in_numpy():
    x = tensor.lmatrix("x")
    (node,) = products(tensor.dot(x, x))
    assert isinstance(node.op.lower(x.type, x.type), Call)


def test_nothing_to_sum_over():
    x, y = tensor.matrix("x"), tensor.matrix("y")
    f = function([x, y], tensor.dot(x, y))
    np.testing.assert_array_equal(f(np.zeros((2, 0)), np.zeros((0, 3))), np.zeros((2, 3)))


x = tensor.matrix("x", shape=(None, 784))
W = tensor.matrix("W", shape=(100, 10))
t = tensor.tensor3("t", shape=(2, 3, 4))
BUILD_ERRORS = {
    "dot": (
        lambda: tensor.dot(x, W),
        "dot: expected the last axis of x (784) to match the first of y (100), got x of "
        "float64 (?, 784) and y of float64 (100, 10). Transpose one of them, or change its size.",
    ),
    "dot vector": (
        lambda: tensor.dot(x, W[0]),
        "dot: expected the last axis of x (784) to match the first of y (10), got x of "
        "float64 (?, 784) and y of float64 (10,). Transpose one of them, or change its size.",
    ),
    "dot 3-d": (
        lambda: tensor.dot(x, t),
        "dot: expected the last axis of x (784) to match the second to last of y (3), got x of "
        "float64 (?, 784) and y of float64 (2, 3, 4). Transpose one of them, or change its size.",
    ),
    "tensordot": (
        lambda: tensor.tensordot(t, W, [[1], [0]]),
        "tensordot: expected axis 1 of x (3) to match axis 0 of y (100), got x of "
        "float64 (2, 3, 4) and y of float64 (100, 10). Choose axes of one size.",
    ),
    "tensordot axes": (
        lambda: tensor.tensordot(t, W, 3),
        "tensordot: expected from 0 to 2 axes to sum over, got 3 for x of float64 (2, "
        "3, 4) and y of float64 (100, 10). Choose a number in that range.",
    ),
    "tensordot pairs": (
        lambda: tensor.tensordot(t, W, [[0, 1], [0]]),
        "tensordot: expected as many axes of x as of y, got [[0, 1], [0]]. Name them in "
        "pairs: [[axes of x], [axes of y]].",
    ),
    "batched_dot": (
        lambda: tensor.batched_dot(t, t),
        "batched_dot: expected x of shape (batch, n, k) and y of shape (batch, k, m), "
        "got (2, 3, 4) and (2, 3, 4). Use dimshuffle to reorder the axes.",
    ),
    "batched_dot scalar": (
        lambda: tensor.batched_dot(t, t[0, 0, 0]),
        "batched_dot: expected at least one axis, got float64 scalar. Add the batch's.",
    ),
    "batched_dot vector": (
        lambda: tensor.batched_dot(t, t[0, 0]),
        "mul: expected inputs of one shape, got (2, 3, 4) and (4, 1, 1), which differ in axis -3 "
        "(2 and 4). Reshape or transpose one of them.",
    ),
    "batched_tensordot": (
        lambda: tensor.batched_tensordot(t, t, [[0, 1], [0, 1]]),
        "batched_tensordot: expected axes after the batch, 0, got [[0, 1], [0, 1]]. Leave out 0.",
    ),
    "batched_tensordot axes": (
        lambda: tensor.batched_tensordot(t, t, 3),
        "batched_tensordot: expected from 0 to 2 axes to sum over, got 3 for x of float64 "
        "(2, 3, 4) and y of float64 (2, 3, 4). Choose a number in that range.",
    ),
    "batched_tensordot sizes": (
        lambda: tensor.batched_tensordot(t, t, 1),
        "batched_tensordot: expected axis 2 of x (4) to match axis 1 of y (3), got x of float64 "
        "(2, 3, 4) and y of float64 (2, 3, 4). Choose axes of one size.",
    ),
    "batched_tensordot scalar": (
        lambda: tensor.batched_tensordot(t, t[0, 0, 0]),
        "batched_tensordot: expected at least one axis each, got float64 (2, 3, 4) and float64 "
        "scalar. Add the batch's.",
    ),
    "tensordot twice": (
        lambda: tensor.tensordot(t, t, [[0, 0], [0, 0]]),
        "tensordot: expected each axis once, got [[0, 0], [0, 0]]. Remove the repeated one.",
    ),
    "matrix_inverse": (
        lambda: tensor.nlinalg.matrix_inverse(W),
        "matrix_inverse: expected a square matrix, got float64 (100, 10). Check its shape.",
    ),
    "det": (
        lambda: tensor.nlinalg.det(t),
        "det: expected a square matrix, got float64 (2, 3, 4). Check its shape.",
    ),
    "trace": (
        lambda: tensor.trace(t),
        "trace: expected a matrix, got float64 (2, 3, 4). Index the matrix that is meant.",
    ),
}


@pytest.mark.parametrize("name", BUILD_ERRORS)
def test_error_when_built(name):
    build, text = BUILD_ERRORS[name]
    with pytest.raises(ShapeError) as error:
        build()
    assert str(error.value) == text


@pytest.mark.parametrize("mode", ["reference", "compiled"])
def test_error_when_run(mode):
    a, b = tensor.matrix("a"), tensor.matrix("b")
    with pytest.raises(
        ShapeError, match=r"dot: expected the last axis of .* to match the first of .* got .*3"
    ):
        tensor.dot(a, b).eval({a: np.zeros((2, 3)), b: np.zeros((2, 2))}, mode=mode)


@pytest.mark.parametrize("mode", ["reference", "compiled"])
def test_singular_matrix(mode):
    a = tensor.matrix("a")
    with pytest.raises(NonFiniteError, match="expected an invertible matrix, got a singular one"):
        tensor.nlinalg.matrix_inverse(a).eval({a: np.zeros((2, 2))}, mode=mode)
