"""Columns of larger arrays as operands of kernels: read and written where they lie."""

import numpy as np
import pytest

from blocks import function, shared, tensor
from blocks.compile import scalars  # noqa: F401 (decorated before compiling is switched off)
from blocks.graph import grad
from blocks.graph.loops import scan

RNG = np.random.RandomState(1)


def close(outputs, inputs, arrays, rtol=1e-12):
    """Check that a function gives the same compiled as in reference mode; return its schedule."""
    slow, fast = (function(inputs, outputs, mode=mode) for mode in ("reference", "compiled"))
    for expected, got in zip(slow(*arrays), fast(*arrays), strict=True):
        assert got.dtype == expected.dtype
        np.testing.assert_allclose(got, expected, rtol=rtol, atol=rtol)
    return fast.executor.schedule


def gates(x, W, size):
    """Return a product in two parts, which are read elementwise."""
    pre = x @ W
    return tensor.tanh(pre[:, :size]) * tensor.nnet.sigmoid(pre[:, size:])


def matrices(dtype, *shapes):
    return [RNG.uniform(-1, 1, shape).astype(dtype) for shape in shapes]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_parts_of_a_product_are_read_where_they_lie(dtype):
    x, W = tensor.matrix("x", dtype), tensor.matrix("W", dtype)
    schedule = close(
        [gates(x, W, 4)],
        [x, W],
        matrices(dtype, (3, 5), (5, 8)),
        1e-5 if dtype == "float32" else 1e-12,
    )
    assert sorted(w.start for w in schedule.windows.values()) == [0, 4]
    assert not any(w.is_written for w in schedule.windows.values())


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gradients_of_parts_are_written_where_the_next_product_reads_them(dtype):
    x, W = tensor.matrix("x", dtype), tensor.matrix("W", dtype)
    gradients = grad((gates(x, W, 4) ** 2).sum(), [x, W])
    rtol = 1e-4 if dtype == "float32" else 1e-11
    schedule = close(gradients, [x, W], matrices(dtype, (3, 5), (5, 8)), rtol)
    written = [w for w in schedule.windows.values() if w.is_written]
    assert sorted(w.start for w in written) == [0, 4]
    assert len({w.base for w in written}) == 1


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_leads_to_the_whole_keeps_its_memory_until_then(dtype):
    # The product was written over what it reads: its memory began with the first window.
    x, m, W = (tensor.matrix(name, dtype) for name in ("x", "m", "W"))
    arrays = matrices(dtype, (30, 4), (30, 4), (4, 8))
    close([gates(x * m, W, 4)], [x, m, W], arrays, 1e-5 if dtype == "float32" else 1e-12)

    def step(row, h, m, W):
        pre = row + (h * m) @ W
        return tensor.tanh(pre[:, :4]) * pre[:, 4:]

    rows, h = tensor.tensor3("rows", dtype), tensor.matrix("h", dtype)
    y, _ = scan(step, rows, h, [m, W])
    arrays = matrices(dtype, (5, 3, 8), (3, 4), (3, 4), (4, 8))
    close([y], [rows, h, m, W], arrays, 1e-4 if dtype == "float32" else 1e-11)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_products_are_not_computed_in_a_window(dtype):
    # Of a product whose epilogue writes columns of a larger array, and of one that is such columns.
    x, W, V = (tensor.matrix(name, dtype) for name in ("x", "W", "V"))
    arrays = matrices(dtype, (3, 5), (5, 8), (4, 4))
    rtol = 1e-4 if dtype == "float32" else 1e-11
    for function_of in (tensor.tanh, lambda y: y, lambda y: tensor.maximum(y, 0.1 * y)):
        right = function_of((x @ W)[:, 4:])
        y = tensor.tanh(right @ V)
        close([y[-1:], *grad((y[-1:] ** 2).sum(), [x, W, V])], [x, W, V], arrays, rtol)
        both = right @ V + 3 * (x @ W)[:, :4]
        close([y, *grad((both**2).sum(), [x, W, V])], [x, W, V], arrays, rtol)


def test_parts_that_leave_gaps_and_parts_that_overlap():
    x = tensor.matrix("x")
    a, b, c = x[:, 1:3], x[:, 2:5], x[:, 6:]
    cost = (tensor.exp(a)).sum() + (b**2).sum() + tensor.sin(c).sum()
    close([cost, grad(cost, x)], [x], matrices("float64", (4, 8)))


def test_a_part_beyond_the_last_column():
    x = tensor.matrix("x")
    y = tensor.exp(x[:, 2:9])
    close([y, grad(y.sum(), x)], [x], matrices("float64", (3, 4)))
    close([y, grad(y.sum(), x)], [x], matrices("float64", (3, 2)))


def test_parts_of_more_axes():
    x = tensor.tensor3("x")
    y = tensor.exp(x[:, :, :2]) + x[:, :, 2:] ** 2
    close([y, grad(y.sum(), x)], [x], matrices("float64", (2, 3, 4)))


@pytest.mark.parametrize("axis", [None, 0, 1])
def test_folds_over_parts(axis):
    x, W = tensor.matrix("x"), tensor.matrix("W")
    pre = x @ W
    outputs = [
        (pre[:, :3] ** 2).sum(axis=axis),
        tensor.exp(pre[:, 3:]).sum(axis=axis),
        pre[:, 2:4].max(axis=axis),
        pre[:, 1:].prod(axis=axis),
    ]
    close(outputs, [x, W], matrices("float64", (7, 5), (5, 6)))


@pytest.mark.parametrize("shape", [(0, 8), (1, 8), (3, 8)])
def test_few_rows(shape):
    x = tensor.matrix("x")
    y = tensor.tanh(x[:, :3]) + x[:, 3:6] * x[:, 5:]
    close([y, grad(y.sum(), x)], [x], matrices("float64", shape))


def test_the_same_part_twice_and_a_part_that_is_returned():
    x = tensor.matrix("x")
    part, again = (2 * x)[:, 1:3], (2 * x)[:, 1:3]
    close([tensor.exp(part) + again, part], [x], matrices("float64", (3, 4)))


def test_a_part_that_a_product_reads():
    x, W = tensor.matrix("x"), tensor.matrix("W")
    part = tensor.tanh(x)[:, 1:3]
    close([part @ W, part + 1], [x, W], matrices("float64", (3, 4), (2, 5)))


def test_parts_of_what_is_updated():
    W = shared(np.arange(12.0).reshape(3, 4), name="W")
    x = tensor.matrix("x")
    cost = (tensor.tanh(W[:, :2]) * x + W[:, 2:]).sum()
    f = function([x], cost, updates=[(W, W - 0.1 * grad(cost, W))])
    arrays, expected = matrices("float64", (3, 2)), W.get_value()
    f(*arrays)
    slope = np.hstack([arrays[0] * (1 - np.tanh(expected[:, :2]) ** 2), np.ones((3, 2))])
    np.testing.assert_allclose(W.get_value(), expected - 0.1 * slope)


def test_plain_kernels_read_and_write_parts(monkeypatch):
    import numba

    monkeypatch.setattr(numba.config, "DISABLE_JIT", 1)
    x, W = tensor.matrix("x"), tensor.matrix("W")
    y = gates(x, W, 2)
    outputs = [y, y[:, :1].sum(), *grad((y**2).sum(), [x, W])]
    schedule = close(outputs, [x, W], matrices("float64", (3, 5), (5, 4)))
    assert any(w.is_written for w in schedule.windows.values())


def test_what_watches_parts_changes_no_bit():
    def trained(with_monitors):
        W = shared(np.random.RandomState(3).uniform(-1, 1, (5, 8)), name="W")
        x = tensor.matrix("x")
        pre = x @ W
        y = tensor.tanh(pre[:, :4]) * tensor.nnet.sigmoid(pre[:, 4:])
        cost = (y**2).sum()
        slope = grad(cost, W)
        updates = [(W, W - 0.01 * slope)]
        for watched in [pre[:, :4].sum(), pre.max(), slope[:, 2:5].sum(), y.mean()]:
            seen = shared(np.float64(0))
            seen.tag.watches = True
            if with_monitors:
                updates.append((seen, seen + watched))
        f = function([x], cost, updates=updates)
        costs = [f(a) for a in np.random.RandomState(4).uniform(-1, 1, (5, 3, 5))]
        return np.array(costs), W.get_value()

    for a, b in zip(trained(False), trained(True), strict=True):
        assert a.tobytes() == b.tobytes()
