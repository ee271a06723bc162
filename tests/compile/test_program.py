"""The engine: fusion, gemm, memory, updates in place, sizes that depend on values."""

import threading
import tracemalloc

import numpy as np
import pytest

from blocks import tensor
from blocks.compile import function, program
from blocks.compile.gemm import Gemm
from blocks.errors import ShapeError
from blocks.graph import grad, shared
from blocks.graph.loops import scan

RNG = np.random.RandomState(0)


def compiled(inputs, outputs, updates=None):
    """Return the function, and a function that runs the same graph by NumPy."""
    both = [function(inputs, outputs, updates=updates, mode=m) for m in ("compiled", "reference")]
    return both


def groups(f):
    """Return the ops of each instruction."""
    return [[node.op.name for node in i.nodes] for i in f.executor.schedule.instructions]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_layer_is_one_kernel(dtype):
    x = tensor.matrix("x", dtype=dtype)
    W, b = shared(RNG.randn(5, 4).astype(dtype)), shared(RNG.randn(4).astype(dtype))
    f, oracle = compiled([x], tensor.maximum(x.dot(W) + b, 0))
    array = RNG.randn(7, 5).astype(dtype)
    np.testing.assert_allclose(f(array), oracle(array), rtol=1e-5)
    assert groups(f) == [["dot", "add", "maximum"]]
    assert f(array).dtype == dtype


def test_transposes_go_into_the_product():
    x, y = tensor.matrices("x", "y")
    f, oracle = compiled([x, y], x.T.dot(y.T))
    a, b = RNG.randn(3, 4), RNG.randn(5, 3)
    np.testing.assert_allclose(f(a, b), oracle(a, b))
    assert groups(f) == [["dot"]]


def test_weight_decay_and_the_product_are_one_gemm_into_the_weights():
    x, g = tensor.matrices("x", "g")
    rate = shared(np.asarray(0.1))
    W = shared(RNG.randn(4, 3), "W")
    old = W.get_value()
    memory = W.get_value(borrow=True)
    f = function([x, g], [], updates=[(W, W - rate * (x.T.dot(g) + 0.01 * W))])
    a, b = RNG.randn(6, 4), RNG.randn(6, 3)
    f(a, b)
    np.testing.assert_allclose(W.get_value(), old - 0.1 * (a.T @ b + 0.01 * old))
    assert W.get_value(borrow=True) is memory
    (*_, last) = f.executor.schedule.instructions
    assert isinstance(last.node.op, Gemm)
    assert list(last.in_place.values()) == [W]


def test_updates_use_old_values():
    a, b = shared(np.arange(3.0)), shared(np.arange(3.0) * 10)
    f = function([], [a, b, a + b], updates=[(a, b), (b, a + b)])
    old_a, old_b, total = f()
    np.testing.assert_array_equal(old_a, [0, 1, 2])
    np.testing.assert_array_equal(old_b, [0, 10, 20])
    np.testing.assert_array_equal(total, [0, 11, 22])
    np.testing.assert_array_equal(a.get_value(), [0, 10, 20])
    np.testing.assert_array_equal(b.get_value(), [0, 11, 22])


def test_swapping_two_shared_variables():
    a, b = shared(np.arange(3.0)), shared(np.arange(3.0) + 5)
    function([], [], updates={a: b, b: a})()
    np.testing.assert_array_equal(a.get_value(), [5, 6, 7])
    np.testing.assert_array_equal(b.get_value(), [0, 1, 2])


def test_a_view_of_an_old_value_survives_its_update():
    a = shared(np.arange(6.0).reshape(2, 3))
    f = function([], [a.T, a[0]], updates={a: a * 2})
    transposed, row = f()
    np.testing.assert_array_equal(transposed, np.arange(6.0).reshape(2, 3).T)
    np.testing.assert_array_equal(row, [0, 1, 2])


def test_an_update_that_reads_its_own_product_is_right():
    W = shared(RNG.randn(3, 3))
    old = W.get_value()
    function([], [], updates={W: W - W.dot(W)})()
    np.testing.assert_allclose(W.get_value(), old - old @ old)


def test_updates_may_change_sizes():
    a = shared(np.zeros(2))
    x = tensor.vector("x")
    f = function([x], a.sum(), updates={a: x})
    assert f(np.ones(3)) == 0
    assert f(np.ones(5)) == 3
    assert a.get_value().shape == (5,)


def test_a_fixed_size_cannot_change():
    a = shared(np.zeros(2), "a", shape=(2,))
    x = tensor.vector("x")
    f = function([x], [], updates={a: x})
    with pytest.raises(
        ShapeError, match=r"a: expected an update like float64 \(2,\), got one of shape \(3,\)"
    ):
        f(np.ones(3))
    np.testing.assert_array_equal(a.get_value(), [0, 0])


def test_sizes_that_depend_on_values():
    x, n = tensor.matrix("x"), tensor.lscalar("n")
    W = shared(RNG.randn(4, 2))
    batch = x[n * 3 : (n + 1) * 3]
    f, oracle = compiled([x, n], [batch.dot(W).sum(axis=1), tensor.arange(n)])
    array = RNG.randn(8, 4)
    for number in (0, 1, 2):
        for got, expected in zip(f(array, number), oracle(array, number), strict=True):
            np.testing.assert_allclose(got, expected)


def test_mismatched_sizes_at_run_time_name_the_op_and_the_line():
    x, y = tensor.matrices("x", "y")
    f = function([x, y], x + y)
    message = r"add: expected inputs of one shape, got \(2, 3\) and \(2, 4\).*test_program.py:\d+"
    with pytest.raises(ShapeError, match=message):
        f(np.ones((2, 3)), np.ones((2, 4)))
    np.testing.assert_array_equal(f(np.ones((1, 1)), np.ones((1, 1))), [[2]])


def test_a_size_of_1_that_was_not_declared_does_not_broadcast():
    x, y = tensor.matrices("x", "y")
    with pytest.raises(ShapeError, match="addbroadcast"):
        function([x, y], x + y)(np.ones((2, 1)), np.ones((2, 4)))


@pytest.mark.parametrize(
    "array",
    [
        RNG.randn(4, 6)[:, ::2],
        RNG.randn(3, 4).T,
        np.asfortranarray(RNG.randn(4, 3)),
        RNG.randn(4, 3)[::-1],
        np.empty((0, 3)),
        np.empty((4, 0)),
        RNG.randn(4, 3).astype(">f8"),
    ],
    ids=["strided", "transposed", "fortran", "reversed", "no rows", "no columns", "big-endian"],
)
def test_any_memory_layout(array):
    x = tensor.matrix("x")
    f, oracle = compiled([x], [tensor.exp(x).sum(axis=0), x.T.dot(x), x * 2 + 1])
    for got, expected in zip(f(array), oracle(array), strict=True):
        np.testing.assert_allclose(got, expected)


def test_read_only_input():
    x = tensor.vector("x")
    array = np.arange(3.0)
    array.flags.writeable = False
    np.testing.assert_array_equal(function([x], x * 2)(array), [0, 2, 4])


def test_steady_state_allocates_nothing_but_outputs():
    x = tensor.matrix("x")
    W = shared(RNG.randn(300, 200))
    cost = tensor.tanh(x.dot(W)).sum()
    f = function([x], cost, updates={W: W - 0.1 * grad(cost, W)})
    array = RNG.randn(100, 300)
    f(array)
    f(array)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(20):
            f(array)
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 2000
    assert peak - before < 20000  # one (100, 200) array would be 160,000 bytes


def memory(f):
    """Return how many bytes the values of a function lie in."""
    return f.executor.memory.size


def test_the_last_batch_shares_the_memory_of_the_others():
    x = tensor.matrix("x")
    y = tensor.exp(tensor.tanh(x.dot(x.T)).dot(x)).sum()
    f, oracle = compiled([x], y)
    arrays = [RNG.randn(n, 20) / 20 for n in (50, 17, 50, 3)]
    f(arrays[0])
    before = memory(f)
    for array in arrays:
        np.testing.assert_allclose(f(array), oracle(array))
    assert len(f.executor.plans) == 3
    assert memory(f) <= 1.2 * before


def test_buffers_are_reused():
    x = tensor.matrix("x")
    y = x
    for _ in range(20):
        y = tensor.tanh(y.dot(y))
    f = function([x], y.sum())
    f(RNG.randn(50, 50) / 50)
    assert memory(f) <= 3 * 50 * 50 * 8


def test_two_threads_share_a_function():
    x = tensor.vector("x")
    f = function([x], tensor.exp(x).sum())
    expected = {n: np.exp(np.full(1000, n)).sum() for n in (0.1, 0.2)}
    wrong = []

    def work(n):
        for _ in range(200):
            if abs(f(np.full(1000, n)) - expected[n]) > 1e-6:
                wrong.append(n)

    threads = [threading.Thread(target=work, args=(n,)) for n in expected]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong


def test_common_subexpressions_run_once():
    x = tensor.matrix("x")
    f = function([x], [tensor.exp(x).sum(axis=0), tensor.exp(x).sum(axis=1)])
    names = [name for group in groups(f) for name in group]
    assert names.count("exp") == 1


def test_deep_graphs():
    x = tensor.vector("x")
    y = x
    for _ in range(3000):
        y = y * 0.999 + 0.001
    f, oracle = compiled([x], y)
    array = RNG.randn(5)
    np.testing.assert_allclose(oracle(array), f(array))


def test_a_slice_of_what_is_updated_keeps_the_old_value():
    a, n = shared(np.arange(6.0)), tensor.lscalar("n")
    part = a[n : n + 2]
    f = function([n], part * 1.0 + part, updates={a: a * 0})
    np.testing.assert_array_equal(f(2), [4, 6])
    np.testing.assert_array_equal(a.get_value(), np.zeros(6))
    f, oracle = compiled([n], [a[n : n + 3], a[n:].sum()], None)
    for got, expected in zip(f(1), oracle(1), strict=True):
        np.testing.assert_array_equal(got, expected)
    f(1)[0][:] = 7
    np.testing.assert_array_equal(a.get_value(), np.zeros(6))


def test_buffers_behind_views_are_reused_too():
    x = tensor.matrix("x")
    y = x
    for _ in range(20):
        y = tensor.tanh(y.dot(y)).flatten().reshape((50, 50))
    f = function([x], y.sum())
    f(RNG.randn(50, 50) / 50)
    assert memory(f) <= 3 * 50 * 50 * 8


@pytest.mark.parametrize("first", [0, 1])
def test_a_view_of_a_shared_variable_is_read_before_its_update(first):
    """Whichever operand of the view comes last: here the index."""
    W, total, i = shared(np.arange(6.0).reshape(3, 2)), shared(np.zeros(2)), tensor.lscalar("i")
    updates = [(W, W * 0), (total, total + tensor.exp(W[i]))]
    function([i], [], updates=[updates[first], updates[1 - first]])(2)
    np.testing.assert_allclose(total.get_value(), np.exp([4, 5]))
    assert not W.get_value().any()


def test_a_shape_with_a_number_that_only_a_run_knows():
    W, n, x = (
        shared(np.arange(6.0), shape=(6,)),
        tensor.lscalar("n"),
        tensor.matrix("x", shape=(3, 2)),
    )
    f = function([n, x], W.reshape((n, 2)) * x)
    assert f(3, np.ones((3, 2))).tolist() == [[0, 1], [2, 3], [4, 5]]


@pytest.mark.parametrize("mode", ["reference", "compiled"])
def test_an_update_that_does_not_fit_changes_nothing(mode):
    x, a, b = tensor.vector("x"), shared(np.zeros(2)), shared(np.zeros(2), "b", shape=(2,))
    f = function([x], updates=[(a, a + 1), (b, x)], mode=mode)
    with pytest.raises(ShapeError, match=r"b: expected an update like .* of shape \(3,\)"):
        f(np.ones(3))
    np.testing.assert_array_equal(a.get_value(), [0, 0])


@pytest.mark.parametrize("mode", ["reference", "compiled"])
def test_a_simplification_keeps_checks_of_sizes(mode):
    x, zero, one = tensor.vector("x"), np.zeros(2), np.ones(2)
    for y in (x + zero, x - zero, x * one, x / one, x**one):
        with pytest.raises(ShapeError, match=r"got \(3,\) and \(2,\)"):
            function([x], y, mode=mode)(np.ones(3))


@pytest.mark.parametrize("mode", ["reference", "compiled"])
def test_a_product_that_accumulates_keeps_checks_of_sizes(mode):
    a, b, c, like = tensor.matrices("a", "b", "c", "like")
    scale = tensor.fill(like, 2.0)
    arrays = [np.ones(shape) for shape in ((2, 3), (3, 2), (2, 2), (4, 4))]
    for y in (c + scale * a.dot(b), c * scale - a.dot(b)):
        with pytest.raises(ShapeError, match=r"mul: expected inputs of one shape, got"):
            function([a, b, c, like], y, mode=mode)(*arrays)
    y = c + tensor.fill(c, 2.0) * c + a.dot(b)  # of which c is checked anyway
    assert y.eval(dict(zip((a, b, c), arrays, strict=False))).tolist() == [[6, 6], [6, 6]]


@pytest.mark.parametrize("mode", ["reference", "compiled"])
def test_indices_that_are_computed_in_the_run(mode):
    x, i = tensor.matrix("x", shape=(2, 3)), tensor.iscalar("i")
    array = RNG.randn(2, 3)
    g = function([x, i], tensor.reshape(x, [i + 4]), mode=mode)
    f = function([x, i], [x[i], x[i, ::-1], x[:, i]], mode=mode)
    for k in (1, 0, 1):
        for got, expected in zip(f(array, k), (array[k], array[k, ::-1], array[:, k]), strict=True):
            np.testing.assert_array_equal(got, expected)
    np.testing.assert_array_equal(g(array, 2), array.ravel())


@pytest.mark.parametrize("shape", [(4, 1), (1, 4), (3, 3)])
@pytest.mark.parametrize("of", [lambda x: x, tensor.exp], ids=["input", "value"])
def test_diagonals_are_views_that_kernels_take(shape, of):
    """NumPy's are read-only; those of one element are contiguous."""
    x = tensor.matrix("x")
    part = of(x).diagonal(-1)
    f, oracle = compiled([x], [part, 1 + tensor.tanh(part)])
    for _ in range(2):
        array = RNG.randn(*shape)
        for got, expected in zip(f(array), oracle(array), strict=True):
            np.testing.assert_allclose(got, expected)


@pytest.mark.parametrize("mode", ["reference", "compiled"])
def test_size_1_that_follows_from_constants_does_not_broadcast(mode):
    x = tensor.vector("x")
    counts = tensor.bincount(tensor.constant(np.array([0, 0])))  # of a length that no type knows
    f = function([x], x * counts, mode=mode)
    assert f([3.0]) == [6]
    with pytest.raises(ShapeError, match=r"mul: expected inputs of one shape, got \(2,\) and"):
        f([1.0, 2.0])


@pytest.mark.parametrize("mode", ["reference", "compiled"])
def test_sizes_that_folding_finds_are_checked_when_a_function_runs(mode):
    """Not when it is compiled: the place may be in a branch that is never chosen."""
    x, flag = tensor.vector("x", shape=(2,)), tensor.bscalar("flag")
    counts = tensor.bincount(tensor.constant([0, 2]))  # of size 3, as only folding finds
    f = function([flag, x], tensor.ifelse(flag, (x + counts).sum(), x.sum()), mode=mode)
    assert f(0, [1.0, 2.0]) == 3
    with pytest.raises(ShapeError, match=r"^add: .* got \(2,\) and \(3,\).*built at"):
        f(1, [1.0, 2.0])


def test_an_interrupted_call_leaves_a_function_whole(monkeypatch):
    """Whatever of the program is made anew: sizes and numbers of steps that only a run knows."""
    x, n = tensor.vector("x"), tensor.lscalar("n")
    total = tensor.exp(x[(x > 0).nonzero()]).sum()
    steps = scan(lambda h: 2 * h, outputs_info=tensor.ones(()), n_steps=abs(n))[0]
    expected = [np.exp([1, 2]).sum(), [2, 4, 8]]
    for place in (program.Program, "_schedule"), (program, "fuse"), (program, "add_loops"):
        for late in (0, 1):
            f = function([x, n], [total, steps])
            original, left = getattr(*place), [late]

            def interrupted(*arguments, original=original, left=left):
                left[0] -= 1
                if left[0] == -1:
                    raise KeyboardInterrupt
                return original(*arguments)

            with monkeypatch.context() as patch:
                patch.setattr(*place, interrupted)
                with pytest.raises(KeyboardInterrupt):
                    f([1.0, -1, 2], -3)
            for got, wanted in zip(f([1.0, -1, 2], -3), expected, strict=True):
                np.testing.assert_allclose(got, wanted)
