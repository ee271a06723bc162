"""Products with Jacobians, Jacobians and Hessians, against finite differences and by hand."""

import numpy as np
import pytest

from blocks import function, tensor
from blocks.errors import DisconnectedInputError, GradientError
from blocks.graph import (
    Lop,
    Rop,
    grad_clip,
    hessian,
    jacobian,
    subgraph_grad,
)
from blocks.graph.traversal import explicit_inputs
from tests.graph import cases, cases_linalg, cases_shape, test_cases_shape, test_ops

MODES = ["reference", "compiled"]
ELEMENTWISE = [c for c in cases.CASES if c.smooth and any(i.kind == "real" for i in c.inputs)]
ROWS = ELEMENTWISE + cases_shape.CASES + cases_linalg.CASES
each_mode = pytest.mark.parametrize("mode", MODES)


def drawn(case):
    """Return symbols of unknown sizes, and arrays, for a row of either table."""
    if isinstance(case, cases.Case):
        return test_ops.symbols(case, "float64"), case.draw("float64")
    arrays = case.arrays()
    return test_cases_shape.symbols(arrays, known=False), arrays


def differences(f, arrays, direction, step=1e-6):
    """Return the central difference of a function along a direction."""
    up, down = (f(*test_ops.moved(arrays, direction, s)) for s in (step, -step))
    return (up - down) / (2 * step)


@each_mode
@pytest.mark.parametrize("case", ROWS, ids=lambda case: case.id)
def test_derivative_along_a_direction(case, mode):
    """Rop of every row: the gradients of all ops are differentiable in what arrives."""
    inputs, arrays = drawn(case)
    y = case.build(*inputs)
    if not y.type.is_float:
        return
    direction = test_ops.directions_of(arrays)
    reals = [x for x in inputs if x.type.is_float]
    points = [x.type(f"direction of {x}") for x in reals]
    along = Rop(y, reals, points)
    assert (along.ndim, along.dtype, along.broadcastable) == (y.ndim, y.dtype, y.broadcastable)
    f = function([*inputs, *points], along, mode=mode, on_unused_input="ignore")
    result = f(*arrays, *(d for d in direction if d is not None))
    expected = differences(function(inputs, y, mode=mode), arrays, direction)
    assert result.shape == expected.shape
    np.testing.assert_allclose(result, expected, rtol=1e-6, atol=1e-7)


x, v, u = tensor.vectors("x", "v", "u")
W = tensor.matrix("W")
n = tensor.lvector("n")
ARRAY, MATRIX = np.array([0.5, -1.0, 2.0]), np.arange(6.0).reshape(3, 2) / 5


def test_one_product_for_each_direction():
    """Rop of tanh(x W) computes x W and v W, and nothing of the reverse passes."""
    f = function([x, W, v], Rop(tensor.tanh(tensor.dot(x, W)), x, v))
    nodes = f.executor.schedule.nodes
    names = sorted(str(node.op) for node in nodes if not str(node.op).startswith("dimshuffle"))
    assert names == ["dot", "dot", "mul", "sqr", "sub", "tanh"]
    np.testing.assert_allclose(
        f(ARRAY, MATRIX, 2 * ARRAY),
        (1 - np.tanh(ARRAY @ MATRIX) ** 2) * (2 * ARRAY @ MATRIX),
    )


def test_inputs_that_do_not_matter():
    """The product with the Jacobian of a linear function needs no W, but may be given it."""
    V = tensor.matrix("V")
    f = function([x, W, V], Rop(tensor.dot(x, W), W, V))
    np.testing.assert_allclose(f(ARRAY, MATRIX, 2 * MATRIX), ARRAY @ (2 * MATRIX))
    products = [node for node in f.executor.schedule.nodes if str(node.op) == "dot"]
    assert len(products) == 1
    np.testing.assert_allclose(f(ARRAY, 0 * MATRIX, MATRIX), ARRAY @ MATRIX)


def test_several_outputs_and_inputs():
    y, z = tensor.dot(x, W), x * x
    lop = Lop([y, z], [x, W], [u, v])
    rop = Rop((y, z), (x, W), (v, W))
    assert isinstance(lop, list)
    assert isinstance(rop, tuple)
    f = function([x, W, u, v], [*lop, *rop])
    weights = np.array([1.0, 3.0])
    by_x, by_W, along_y, along_z = f(ARRAY, MATRIX, weights, ARRAY)
    np.testing.assert_allclose(by_x, MATRIX @ weights + 2 * ARRAY * ARRAY)
    np.testing.assert_allclose(by_W, np.outer(ARRAY, weights))
    np.testing.assert_allclose(along_y, 2 * ARRAY @ MATRIX)
    np.testing.assert_allclose(along_z, 2 * ARRAY * ARRAY)


def test_variables_that_depend_on_each_other():
    """Lop adds what comes through all paths; Rop takes each of wrt as independent."""
    h = 3 * x
    y = h * h
    np.testing.assert_allclose(
        function([x, u, v], Lop([h, y], x, [u, v]))(ARRAY, ARRAY, ARRAY),
        3 * ARRAY + 18 * ARRAY * ARRAY,
    )
    f = function([x, u, v], Rop(y, [x, h], [u, v]), on_unused_input="ignore")
    np.testing.assert_allclose(f(ARRAY, [9.0, 9, 9], ARRAY), 2 * 3 * ARRAY * ARRAY)
    assert Rop(x, x, v).eval({v: ARRAY}).tolist() == ARRAY.tolist()


def test_rop_of_steps_and_of_clipped_gradients():
    assert Rop(tensor.floor(x), x, v).eval({x: ARRAY}).tolist() == [0, 0, 0]
    f = function([x, v], Rop(grad_clip(x, -1, 1) * 3, x, v))
    assert f(ARRAY, [10.0, 0, 1]).tolist() == [30, 0, 3]


def test_float32():
    a, b, M = tensor.fvector("a"), tensor.fvector("b"), tensor.fmatrix("M")
    y = tensor.nnet.softmax(tensor.dot(a, M))
    for result in (
        Lop(y, a, b),
        Rop(y, a, b),
        jacobian(y, M),
        hessian((y * y).sum(), a),
        tensor.grad((jacobian(y, a) ** 2).sum(), M),
    ):
        assert result.dtype == "float32"
        inputs = explicit_inputs([result])
        arrays = [np.ones((3, 3) if i.ndim == 2 else 3, "float32") for i in inputs]
        f = function(inputs, result)
        assert f(*arrays).dtype == "float32"
        assert {str(z.dtype) for node in f.executor.schedule.nodes for z in node.outputs} <= {
            "float32",
            "int64",
            "int8",
        }


def test_constants_and_disconnected():
    h = x * x
    assert jacobian(h * x, x, consider_constant=h).eval({x: [3.0]}).tolist() == [[9]]
    assert hessian((h * x).sum(), x, consider_constant=[h]).eval({x: [3.0]}).tolist() == [[0]]
    by_v, by_n = jacobian(h, [v, n], disconnected_inputs="ignore")
    assert by_n.dtype == "int64"
    values = function([x, v, n], [by_v, by_n])(ARRAY, [1.0, 2.0], [1, 2, 3, 4])
    assert [value.tolist() for value in values] == [[[0] * 2] * 3, [[0] * 4] * 3]
    y = h * n
    np.testing.assert_array_equal(
        jacobian(y, x).eval({x: ARRAY, n: [1, 2, 3]}), np.diag(2 * ARRAY * [1, 2, 3])
    )
    with pytest.warns(UserWarning, match="to depend on v"):
        jacobian(h, v, disconnected_inputs="warn")


def test_subgraphs():
    """The gradient of a part, from the start or the cost on, ends at `end`."""
    h = x * x
    y = h * v
    cost = y.sum() + x.sum()
    (by_v,), (by_h,) = subgraph_grad([v], [h], cost=cost)
    assert by_v.eval({x: ARRAY, v: ARRAY}).tolist() == (ARRAY**2).tolist()
    (by_x,), nothing, from_start, from_cost = subgraph_grad(
        [x], [], start={h: by_h}, cost=cost, details=True
    )
    assert nothing == []
    assert len(from_start) == len(from_cost) == 1
    values = function([x, v], [by_x, *from_start])(ARRAY, [1.0, 2, 3])
    np.testing.assert_allclose(values[0], 2 * (2 * ARRAY * [1, 2, 3]) + 1)
    np.testing.assert_allclose(values[1], 2 * ARRAY * [1, 2, 3])


ERRORS = {
    "Lop dtype": (
        lambda: Lop(n, x, n),
        "Lop: expected variables of floating dtype in f, got n of type int64 (?,). "
        "Leave it out, or cast it to floatX.",
    ),
    "Lop point": (
        lambda: Lop(x, x, W),
        "Lop: expected an evaluation point like x (float64 (?,)), got W of type float64 (?, ?). "
        "Give one of that shape.",
    ),
    "Lop number": (
        lambda: Lop([x, v], x, [x]),
        "Lop: expected an evaluation point for each of 2 variables in f, got 1. Give one each, in "
        "the same order.",
    ),
    "Rop wrt": (
        lambda: Rop(x, 3.0, 1.0),
        "Rop: expected variables in wrt, got 3.0. Give symbols, not values.",
    ),
    "Rop option": (
        lambda: Rop(x, x, x, disconnected_outputs="skip"),
        "Rop: expected disconnected_outputs to be 'raise', 'warn' or 'ignore', got 'skip'. Choose "
        "one of them.",
    ),
    "Rop disconnected": (
        lambda: Rop(x * 2, [v, u], [v, u]),
        "Rop: expected x * 2 (float64 (?,)) to depend on v or u through differentiable operations, "
        "got no such path. Leave it out, or pass disconnected_outputs='ignore'.",
    ),
    "jacobian dtype": (
        lambda: jacobian(n, x),
        "jacobian: expected a variable of floating dtype, got n (int64 (?,)). Compute it from "
        "real numbers, or use cast(expression, 'floatX').",
    ),
    "jacobian number": (
        lambda: jacobian(1.5, x),
        "jacobian: expected a variable of floating dtype, got 1.5 (no variable). Compute it "
        "from real numbers, or use cast(expression, 'floatX').",
    ),
    "jacobian disconnected": (
        lambda: jacobian(x * 2, v),
        "grad: expected x * 2 to depend on v (float64 (?,)) through differentiable operations, got "
        "no such path. Leave it out, or pass disconnected_inputs='ignore'.",
    ),
    "hessian": (
        lambda: hessian(x, x),
        "grad: expected a scalar cost, got x of type float64 (?,). Reduce it first, with .mean() "
        "or .sum().",
    ),
    "subgraph_grad": (
        lambda: subgraph_grad([x], [v]),
        "subgraph_grad: expected a cost or start, got neither. Pass the cost, or the gradients"
        " to start from as {variable: gradient}.",
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name):
    build, text = ERRORS[name]
    error = DisconnectedInputError if "disconnected" in name else GradientError
    with pytest.raises(error) as caught:
        build()
    assert str(caught.value) == text


def test_disconnected_outputs_of_rop():
    with pytest.warns(UserWarning, match=r"Rop: expected -x .* to depend on v through"):
        zero, column = Rop([-x, v * 2], v, u, disconnected_outputs="warn")
    assert zero.eval({x: [1.0, 2.0]}).tolist() == [0, 0]
    assert column.eval({u: [1.0, 2.0], v: [3.0, 4.0]}).tolist() == [2, 4]
    options = {"disconnected_outputs": "ignore", "return_disconnected": "none"}
    assert Rop([-x], v, u, **options) == [None]
