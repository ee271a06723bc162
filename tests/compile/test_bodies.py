"""Loops made cheaper as graph: what moves out of them, seen in the graph and in values."""

import numpy as np
import pytest

from blocks import function, tensor
from blocks.compile.bodies import improved
from blocks.compile.gemm import Gemm, MatrixProduct
from blocks.compile.simplify import stabilize
from blocks.graph import grad, toposort
from blocks.graph.loops import scan, until
from blocks.graph.ops.scan import Scan

DTYPES = ["float32", "float64"]


def symbols(dtype="float64"):
    return [
        tensor.tensor3("x", dtype),
        tensor.matrix("h", dtype),
        tensor.matrix("W", dtype),
        tensor.matrix("V", dtype),
    ]


def arrays(dtype="float64", steps=5):
    rng = np.random.RandomState(steps)
    shapes = [(steps, 2, 3), (2, 3), (3, 3), (3, 3)]
    return [rng.uniform(-1, 1, shape).astype(dtype) for shape in shapes]


def better(outputs, inputs):
    """Return the outputs with better loops, and these loops, in order."""
    found = improved(stabilize(outputs, inputs), inputs)
    return found, [node for node in toposort(found) if isinstance(node.op, Scan)]


def products(nodes):
    """Return how many products there are among nodes; a loop's own are not."""
    return sum(isinstance(n.op, MatrixProduct | Gemm) or n.op.name == "dot" for n in nodes)


def products_inside(loop):
    return products(loop.op.nodes)


def same(outputs, inputs, given):
    rtol = 1e-4 if given[0].dtype == np.float32 else 1e-10
    slow, fast = (
        function(inputs, outputs, mode=mode, on_unused_input="ignore")(*given)
        for mode in ("reference", "compiled")
    )
    for a, b in zip(slow, fast, strict=True):
        assert (a.shape, a.dtype) == (b.shape, b.dtype)
        np.testing.assert_allclose(b, a, rtol=rtol, atol=rtol)


# Products


@pytest.mark.parametrize("dtype", DTYPES)
def test_products_of_rows_come_before(dtype):
    x, h, W, V = inputs = symbols(dtype)
    y, _ = scan(lambda row, h: tensor.tanh(row @ V + h @ W), x, h)
    found, (loop,) = better([y], inputs)
    assert products_inside(loop) == 1
    assert products(toposort(found)) == 1
    same([y], inputs, arrays(dtype))


@pytest.mark.parametrize("dtype", DTYPES)
def test_products_of_transposed_matrices_come_before_too(dtype):
    x, h, W, V = inputs = symbols(dtype)
    y, _ = scan(lambda row, h: tensor.tanh(row @ V.T + h * W[0]), x, h)
    found, (loop,) = better([y], inputs)
    assert products_inside(loop) == 0
    assert products(toposort(found)) == 1
    same([y], inputs, arrays(dtype))


@pytest.mark.parametrize("dtype", DTYPES)
def test_products_that_are_results_come_behind(dtype):
    x, h, W, V = inputs = symbols(dtype)
    (_, y), _ = scan(lambda row, h: [tensor.tanh(row + h @ W), tensor.exp(h) @ V], x, [h, None])
    found, (loop,) = better([y], inputs)
    assert products_inside(loop) == 1
    assert products(toposort(found)) == 1
    assert found[0].owner.op.name == "reshape"
    same([y], inputs, arrays(dtype))


def test_a_product_that_the_step_reads_again_stays():
    x, h, W, _ = inputs = symbols()
    (_, y), _ = scan(lambda row, h: [tensor.tanh(row + h @ W), 2 * (h @ W)], x, [h, None])
    _, (loop,) = better([y], inputs)
    assert products_inside(loop) == 1
    same([y], inputs, arrays())


@pytest.mark.parametrize("dtype", DTYPES)
def test_gradients_of_matrices_are_one_product_behind(dtype):
    x, h, W, V = inputs = symbols(dtype)
    y, _ = scan(lambda row, h: tensor.tanh(row @ V + h @ W), x, h)
    outputs = grad((y**2).sum(), [W, V, x])
    found, (forward, backward) = better(outputs, inputs)
    # Only the gradient of the state is left of three products.
    assert [products_inside(forward), products_inside(backward)] == [1, 1]
    assert [len(loop.op.body.states) for loop in (forward, backward)] == [1, 1]
    assert products(toposort(found)) == 4  # x @ V, and the gradients of W, V and x
    same(outputs, inputs, arrays(dtype))


@pytest.mark.parametrize("dtype", DTYPES)
def test_gradients_of_matrices_that_multiply_vectors(dtype):
    x, h, W, V = inputs = symbols(dtype)
    y, _ = scan(lambda row, h: tensor.tanh(row[0] @ V + h @ W), x, h[0])
    outputs = grad((y**2).sum(), [W, V, h])
    _, (_, backward) = better(outputs, inputs)
    assert len(backward.op.body.states) == 1
    same(outputs, inputs, arrays(dtype))


@pytest.mark.parametrize("steps", [0, 1, 4])
def test_sums_over_few_steps(steps):
    x, h, W, V = inputs = symbols()
    y, _ = scan(lambda row, h: tensor.tanh(row @ V + h @ W), x, h)
    same(grad((y**2).sum(), inputs), inputs, arrays(steps=steps))


def test_a_sum_that_is_read_in_each_step_stays():
    x, _h, W, _ = inputs = symbols()
    (total, y), _ = scan(lambda row, s: [s + row.T @ row, s[:2]], x, [W, None])
    _, (loop,) = better([total[-1], y], inputs)
    assert products_inside(loop) == 1
    same([total[-1], y], inputs, arrays())
    same([total], inputs, arrays())


def test_a_sum_of_products_that_begins_with_something():
    x, _h, W, _ = inputs = symbols()
    total, _ = scan(lambda row, s: s + row.T @ row, x, W)
    same([total[-1], grad(total[-1].sum(), x)], inputs, arrays())


def test_what_is_transposed_is_transposed_once():
    x, h, W, _ = inputs = symbols()
    y, _ = scan(lambda row, h: tensor.tanh(row + h @ W), x, h)
    slope = grad((y**2).sum(), x)
    found, (_, backward) = better([slope], inputs)
    inside = [n.op for n in backward.op.nodes if isinstance(n.op, MatrixProduct)]
    assert [op.transpose_b for op in inside] == [False]
    assert [n.op.name for n in toposort(found)].count("transposed") == 1
    same([slope], inputs, arrays())


@pytest.mark.parametrize("backwards", [False, True])
def test_fewer_steps_than_rows(backwards):
    x, h, W, V = inputs = symbols()
    (_, y), _ = scan(
        lambda row, h: [tensor.tanh(row @ V + h @ W), h @ V],
        x,
        [h, None],
        n_steps=3,
        go_backwards=backwards,
    )
    same([y, *grad((y**2).sum(), inputs)], inputs, arrays())


def test_a_loop_that_may_end_early_keeps_sums_and_results():
    x, h, W, V = inputs = symbols()
    (_, y), _ = scan(
        lambda row, h: (
            [tensor.tanh(row @ V + h @ W), h @ V],
            until(tensor.gt(abs(h).sum(), 3)),
        ),
        x,
        [h, None],
    )
    found, (loop,) = better([y], inputs)
    assert products_inside(loop) == 2
    assert products(toposort(found)) == 1
    same([y, *grad((y**2).sum(), inputs)], inputs, arrays(steps=9))


# What is dead, and what is there twice


def test_states_and_results_that_nobody_reads_go():
    x, h, W, _ = inputs = symbols()
    (a, _b, c, _d), _ = scan(
        lambda row, a, b: [tensor.tanh(a + row), tensor.exp(b @ W), row * 2, a * 3],
        x,
        [h, h, None, None],
    )
    _, (loop,) = better([c, a[-1]], inputs)
    assert len(loop.op.body.states) == 1
    assert len(loop.op.body.results) == 1
    assert loop.op.kept == (True,) or loop.op.kept == (False,)
    same([c, a[-1]], inputs, arrays())


def test_a_state_that_another_one_reads_stays():
    x, h, _, _ = inputs = symbols()
    (a, _b), _ = scan(lambda row, a, b: [tensor.tanh(a + b), tensor.sin(b + row)], x, [h, h])
    _, (loop,) = better([a], inputs)
    assert len(loop.op.body.states) == 2
    same([a], inputs, arrays())


def test_a_loop_that_nobody_reads_goes():
    x, h, _, _ = inputs = symbols()
    y, _ = scan(lambda row, h: tensor.tanh(row + h), x, h)
    found, loops = better([y.shape[0] + 0, y.shape[2] + 0], inputs)
    assert len(loops) <= 1
    same(found, inputs, arrays())


def test_the_loop_forward_runs_once_for_values_and_gradients():
    x, h, W, V = inputs = symbols()
    y, _ = scan(lambda row, h: tensor.tanh(tensor.exp(row @ V) + h @ W), x, h)
    outputs = [y[-1], *grad(y[-1].sum(), [W, V])]
    _, loops = better(outputs, inputs)
    assert len(loops) == 2
    same(outputs, inputs, arrays())


def test_loops_behind_one_another_are_merged_each_with_its_own():
    x, h, W, V = inputs = symbols()

    def layer(x):
        return scan(lambda row, h: tensor.tanh(tensor.exp(row @ V) + h @ W), x, h)[0]

    y = layer(layer(x))
    outputs = [y[-1], y.mean(), *grad((y**2).sum(), inputs)]
    _, loops = better(outputs, inputs)
    assert len(loops) == 4
    same(outputs, inputs, arrays())


def test_gradients_of_gradients():
    x, h, W, V = inputs = symbols()
    y, _ = scan(lambda row, h: tensor.tanh(row @ V + h @ W), x, h)
    slope = sum((g**2).sum() for g in grad((y**2).sum(), [W, h]))
    same(grad(slope, inputs), inputs, arrays(steps=3))


def test_nested_loops_are_improved_too():
    x, h, W, V = inputs = symbols()

    def outer(row, h):
        inner, _ = scan(lambda g: tensor.tanh(g @ W.T + row @ V), outputs_info=h, n_steps=2)
        return inner[-1]

    y, _ = scan(outer, x, h)
    found, (loop,) = better([y], inputs)
    assert products_inside(loop) == 0  # row @ V, which is outside of the inner loop, came before
    assert products(toposort(found)) == 1
    same([y, *grad((y**2).sum(), inputs)], inputs, arrays())
