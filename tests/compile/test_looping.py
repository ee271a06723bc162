"""How loops run: natively or in Python, where states lie, few steps, mistakes, memory."""

import tracemalloc

import numpy as np
import pytest

from blocks import function, shared, tensor
from blocks.compile import scalars  # noqa: F401 (decorated before compiling is switched off)
from blocks.errors import IndexRangeError
from blocks.graph import grad, ifelse
from blocks.graph.loops import scan, until


def both(inputs, outputs, updates=()):
    return [function(inputs, outputs, updates=updates, mode=m) for m in ("reference", "compiled")]


def same(functions, arrays):
    """Check that results are the same, and return them."""
    expected, got = (f(*arrays) for f in functions)
    for a, b in zip(expected, got, strict=True):
        assert (a.shape, a.dtype) == (b.shape, b.dtype)
        np.testing.assert_allclose(b, a, rtol=1e-12)
    return got


def loops_of(f):
    """Return what runs the loops in the plans made last."""
    programs, found = [f.executor], []
    for program in programs:
        if program.prefix is not None:  # sizes of what follows depend on values of these loops
            programs += [run.__self__ for run in program.prefix.loops.values()]
        found += list(program.plans.values())[-1].loops.values()
    return found


def is_native(f):
    return [loop.plan is not None and loop.segment is not None for loop in loops_of(f)]


# Native or in Python


@pytest.mark.parametrize(
    ("step", "native"),
    [
        (lambda row, h: tensor.tanh(row + h), True),
        (lambda row, h: tensor.tanh(row[::-1] + h), True),
        (lambda row, h: row.sum() * h / h.max(), True),
        (lambda row, h: tensor.sort(row) + h, False),
        (lambda row, h: ifelse(tensor.gt(row[0], 0), row + h, row - h), False),
    ],
)
def test_a_step_of_kernels_is_native(step, native):
    x, h = tensor.matrix("x"), tensor.vector("h")
    y, _ = scan(step, x, h)
    functions = both([x, h], [y])
    same(functions, [np.random.RandomState(1).randn(6, 3), np.ones(3)])
    assert is_native(functions[1]) == [native]


def test_a_native_loop_does_not_come_back_to_python(monkeypatch):
    x, h = tensor.matrix("x"), tensor.vector("h")
    y, _ = scan(lambda row, h: tensor.tanh(row + h), x, h)
    f = function([x, h], y)
    expected = f(np.ones((5, 3)), np.ones(3))
    (loop,) = loops_of(f)
    monkeypatch.delattr(loop.plan, "run")
    np.testing.assert_array_equal(f(np.ones((5, 3)), np.ones(3)), expected)


# States


def test_states_that_swap():
    a, b = tensor.vector("a"), tensor.vector("b")
    (x, y), _ = scan(lambda a, b: [b, a], outputs_info=[a, b], n_steps=3)
    given = [np.array([1.0, 2.0]), np.array([3.0, 4.0])]
    assert [z.tolist() for z in same(both([a, b], [x[-1], y[-1]]), given)] == [[3, 4], [1, 2]]
    assert same(both([a, b], [x, y]), given)[0].tolist() == [[3, 4], [1, 2], [3, 4]]


def test_states_in_a_circle_with_work():
    a, b, c = tensor.vectors("a", "b", "c")
    last = [
        y[-1]
        for y in scan(
            lambda a, b, c: [b, tensor.tanh(c), a * b], outputs_info=[a, b, c], n_steps=7
        )[0]
    ]
    same(both([a, b, c], last), list(np.random.RandomState(1).randn(3, 4)))


@pytest.mark.parametrize("read", [slice(None), -1])
@pytest.mark.parametrize(
    "new",
    [
        lambda row, a, b: [b, b],
        lambda row, a, b: [row, a],
        lambda row, a, b: [tensor.zeros((2,)), a + 1],
        lambda row, a, b: [a, row * b],
        lambda row, a, b: [b + 0, a + 0],
    ],
)
def test_new_states_that_are_something_else(new, read):
    x, a, b = tensor.matrix("x"), tensor.vector("a"), tensor.vector("b")
    (y, z), _ = scan(new, x, [a, b])
    functions = both([x, a, b], [y[read], z[read]])
    for steps in (1, 2, 5):
        same(functions, [np.random.RandomState(1).randn(steps, 2), np.ones(2), 2 * np.ones(2)])


def test_outputs_that_are_inputs_and_one_output_twice():
    x, h = tensor.matrix("x"), tensor.vector("h")

    def step(row, h):
        new = tensor.tanh(row + h)
        return [new, row, h, new, tensor.ones((2,))]

    ys, _ = scan(step, x, [h, None, None, None, None])
    functions = both([x, h], ys)
    same(functions, [np.random.RandomState(1).randn(4, 2), np.ones(2)])


def test_results_do_not_share_memory_with_inputs_or_each_other():
    x = tensor.matrix("x")
    (a, b), _ = scan(lambda row: [row, row], x)
    given = np.ones((3, 2))
    first, second = function([x], [a, b])(given)
    first[...] = 5
    assert (second == 1).all()
    assert (given == 1).all()


def test_initial_states_stay_as_they_are():
    h = shared(np.ones(3), name="h")
    x = tensor.matrix("x")
    y, _ = scan(lambda row, h: row * h, x, h)
    f = function([x], y[-1])
    f(2 * np.ones((4, 3)))
    assert h.get_value().tolist() == [1, 1, 1]
    assert f(2 * np.ones((4, 3))).tolist() == [16, 16, 16]


def test_a_shared_variable_as_state_that_the_function_updates_too():
    count = shared(np.float64(1), name="count")
    x = tensor.vector("x")
    y, updates = scan(lambda row: (row * count, {count: 2 * count}), x)
    f = function([x], y, updates=updates)
    assert f([1.0, 1.0, 1.0]).tolist() == [1, 2, 4]
    assert f([1.0, 1.0]).tolist() == [8, 16]
    assert count.get_value() == 32


# How many steps


@pytest.mark.parametrize("steps", [0, 1, 2])
@pytest.mark.parametrize("backwards", [False, True])
def test_few_steps_and_taps(steps, backwards):
    x, h = tensor.matrix("x"), tensor.matrix("h")
    y, _ = scan(
        lambda row, c, a: tensor.tanh(row + a - c),
        x,
        {"initial": h, "taps": [-3, -1]},
        go_backwards=backwards,
    )
    outputs = [y, *grad((y**2).sum(), [x, h])]
    same(both([x, h], outputs), [np.random.RandomState(1).randn(steps, 2), np.ones((3, 2))])


def test_two_sizes_in_turn():
    x, h = tensor.matrix("x"), tensor.vector("h")
    y, _ = scan(lambda row, h: tensor.tanh(row + h), x, h)
    functions = both([x, h], [y, y[-1], grad(y.sum(), h)])
    rng = np.random.RandomState(1)
    for steps in (5, 2, 5, 2, 9, 5):
        same(functions, [rng.randn(steps, 3), rng.randn(3)])
    assert len(functions[1].executor.plans) <= 3


@pytest.mark.parametrize(
    ("new", "steps"),
    [
        (lambda n, total: n + 1, lambda n: n),
        (lambda n, total: n * 2, lambda n: n),
        (lambda n, total: tensor.minimum(n + 1, 4), lambda n: n + 0),
        (lambda n, total: n * 0, lambda n: 2 * n),
        (lambda n, total: tensor.cast(total, "int64") % 7, lambda n: n),
    ],
)
def test_a_number_of_steps_that_the_function_updates(new, steps):
    found = []
    for mode in ("reference", "compiled"):
        n, w = shared(np.int64(2)), shared(0.5)
        x, mask = tensor.vector("x"), tensor.vector("mask")
        y, _ = scan(lambda row, h, w: h * w + row, x, tensor.ones(()), [w], steps(n))
        kept = tensor.exp(mask[(mask > 0).nonzero()]).sum()  # its size is a value too
        updates = [(n, new(n, y.sum())), (w, w - 0.01 * grad(y.sum(), w))]
        f = function([x, mask], [y, n, kept], updates=updates, mode=mode)
        calls = [f(np.arange(20.0), [1, -1, k]) for k in range(4)]
        n.set_value(3)
        calls += [f(np.arange(20.0), [1, 1, 1])]
        found.append([*calls, [n.get_value(), w.get_value()]])
    for expected, got in zip(*found, strict=True):
        for a, b in zip(expected, got, strict=True):
            np.testing.assert_allclose(b, a, rtol=1e-12)


@pytest.mark.parametrize("backwards", [False, True])
def test_until_natively(backwards):
    x = tensor.vector("x")
    y, _ = scan(
        lambda row, total: (total + row**2, until(tensor.gt(total + row, 3))),
        x,
        tensor.zeros(()),
        go_backwards=backwards,
    )
    functions = both([x], [y, y[-1], grad(y[-1], x)])
    for given in ([1.0, 1, 1, 1, 1], [5.0, 1], [1.0, 5.0], [0.5, 0.5]):
        same(functions, [np.array(given)])
    assert is_native(functions[1]) == [True, True]


def test_until_in_python():
    x, h = tensor.matrix("x"), tensor.vector("h")
    y, _ = scan(lambda row, h: (tensor.sort(row) + h, until(tensor.gt(h[0], 3))), x, h)
    functions = both([x, h], [y, y[-1]])
    assert len(same(functions, [np.ones((9, 2)), np.ones(2)])[0]) == 4
    assert is_native(functions[1]) == [False]
    same(functions, [np.ones((2, 2)), np.ones(2)])
    same(functions, [np.ones((9, 2)), 5 * np.ones(2)])


def test_until_that_is_an_input_of_the_step():
    x, stop = tensor.vector("x"), tensor.vector("stop", dtype="bool")
    y, _ = scan(lambda row, s: (2 * row, until(s)), [x, stop])
    functions = both([x, stop], [y])
    (y,) = same(functions, [np.arange(4.0), np.array([False, True, False, False])])
    assert y.tolist() == [0, 2]


# Mistakes


@pytest.mark.parametrize("backwards", [False, True])
def test_a_check_that_fails_in_a_native_loop(backwards):
    labels = tensor.lmatrix("labels")
    p = tensor.tensor3("p")
    y, _ = scan(
        lambda p, label, h: h + tensor.nnet.categorical_crossentropy(tensor.nnet.softmax(p), label),
        [p, labels],
        tensor.zeros((2,)),
        go_backwards=backwards,
        name="costs",
    )
    f = function([p, labels], y[-1])
    good = np.zeros((5, 2), int)
    expected = f(np.zeros((5, 2, 3)), good)
    assert is_native(f) == [True]
    bad = good.copy()
    bad[3, 1] = 7
    with pytest.raises(IndexRangeError, match=r"got 7.* In step 3 of costs\. "):
        f(np.zeros((5, 2, 3)), bad)
    np.testing.assert_array_equal(f(np.zeros((5, 2, 3)), good), expected)


def test_a_check_that_fails_because_of_a_state():
    p, k = tensor.tensor3("p"), tensor.lvector("k")
    (_, y), _ = scan(
        lambda p, k: [
            k + 1,
            tensor.nnet.categorical_crossentropy(tensor.nnet.softmax(p), k),
        ],
        p,
        [k, None],
        name="counts",
    )
    f = function([p, k], y.sum(axis=0))
    f(np.zeros((3, 2, 4)), np.array([0, 1]))
    assert is_native(f) == [True]
    with pytest.raises(IndexRangeError, match=r"got 4.* In step 3 of counts\. "):
        f(np.zeros((9, 2, 4)), np.array([0, 1]))


# dtypes and memory


def test_float32_stays_float32():
    x, h = tensor.matrix("x", dtype="float32"), tensor.vector("h", dtype="float32")
    W = shared(np.eye(3, dtype="float32"))
    y, _ = scan(lambda row, h: tensor.tanh(row + h @ W), x, h)
    outputs = [y, y[-1], grad(y.sum(), W)]
    f = function([x, h], outputs)
    assert [z.dtype for z in f(np.ones((4, 3), "float32"), np.ones(3, "float32"))] == [
        "float32"
    ] * 3
    for loop in loops_of(f):
        assert {x.dtype for node in loop.op.nodes for x in node.outputs} <= {"float32", "int64"}


def test_nothing_grows_with_the_steps_but_the_outputs():
    x, h = tensor.matrix("x"), tensor.vector("h")
    y, _ = scan(lambda row, h: tensor.tanh(row + h), x, h)
    f = function([x, h], y[-1])
    small, large = np.ones((10, 50)), np.ones((20000, 50))
    start = np.zeros(50)
    f(large, start)
    f(small, start)
    peaks = []
    for given in (small, large):
        f(given, start)
        tracemalloc.start()
        f(given, start)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 2000


@pytest.mark.parametrize("mode", ["reference", "compiled"])
def test_a_run_that_fails_in_a_loop_changes_nothing(mode):
    count, table = shared(np.zeros(3), "count"), shared(np.eye(3), "table")
    steps = tensor.lvector("steps")
    rows, _ = scan(
        lambda i: tensor.take(table, tensor.stack([i, i]), axis=0).sum(), sequences=steps
    )
    f = function([steps], rows, updates=[(count, count + 1)], mode=mode)
    with pytest.raises(IndexRangeError, match="got 7"):
        f([0, 7])
    assert not count.get_value().any()
    f([0, 2])
    assert (count.get_value() == 1).all()


@pytest.mark.parametrize(
    "extreme",
    [
        lambda y: tensor.maximum(y, 0.1 * y),
        lambda y: tensor.minimum(y, 0.1 * y),
        lambda y: y.max(axis=1),
        lambda y: y.min(axis=0),
        lambda y: tensor.max(y.dimshuffle(1, 0), axis=0),
    ],
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gradients_know_the_largest_again(extreme, dtype):
    # Computed again with other rounding it equalled no element, and the gradient was 0.
    x = tensor.tensor3("x", dtype)

    def step(row):
        gate = tensor.nnet.sigmoid(row)
        return extreme(gate * row + (1 - gate) * row)

    y, _ = scan(step, sequences=x)
    array = np.random.RandomState(1).uniform(-1, 1, (6, 3, 5)).astype(dtype)
    by_x = function([x], grad((y**2).sum(), x))(array)
    direct = grad((extreme(x[0]) ** 2).sum(), x)
    expected = [function([x], direct)(row[np.newaxis])[0] for row in array]
    np.testing.assert_allclose(by_x, expected, rtol=1e-4 if dtype == "float32" else 1e-10)
