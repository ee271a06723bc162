"""`ifelse`: what is computed, and what is not, in each mode."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocks import tensor
from blocks.compile import function
from blocks.errors import IndexRangeError, NonFiniteError, ShapeError
from blocks.graph import shared
from blocks.graph.ops.branch import ifelse
from blocks.graph.ops.effects import Print

MODES = ("reference", "debug", "compiled")
modes = pytest.mark.parametrize("mode", MODES)
x, y = tensor.vectors("x", "y")
a, b = tensor.scalars("a", "b")


class Recorder:
    """An op that says when it runs."""

    def __init__(self):
        self.ran = []

    def __call__(self, name, value):
        return Print(name, global_fn=lambda op, array: self.ran.append(op.message))(value)


@modes
def test_only_the_chosen_branch_runs(mode):
    record = Recorder()
    both = record("both", x * 2)
    first = record("first", tensor.exp(both))
    second = record("second", both + 1)
    f = function([a, x], ifelse(a > 0, first.sum(), second.sum()) + 1, mode=mode)
    assert f(1.0, [0.0, 0.0]) == 3
    assert record.ran == ["both", "first"]
    record.ran.clear()
    assert f(-1.0, [0.0, 0.0]) == 3
    assert record.ran == ["both", "second"]


@modes
def test_what_is_needed_elsewhere_runs_once(mode):
    record = Recorder()
    shared_part = record("part", x + 1)
    f = function([a, x], [ifelse(a > 0, shared_part.sum(), a), shared_part], mode=mode)
    assert f(-1.0, [1.0])[0] == -1
    assert record.ran == ["part"]


@modes
def test_nested(mode):
    record = Recorder()
    inner = ifelse(record("inner condition", b) > 0, record("1", x + 1), record("2", x + 2))
    z = ifelse(a > 0, inner, record("3", x + 3))
    f = function([a, b, x], z, mode=mode)
    expected = {
        (1, 1): (1, ["inner condition", "1"]),
        (1, -1): (2, ["inner condition", "2"]),
        (-1, 1): (3, ["3"]),
        (-1, -1): (3, ["3"]),
    }
    for (first, second), (value, ran) in expected.items():
        record.ran.clear()
        assert f(first, second, [0.0]).tolist() == [value]
        assert record.ran == ran


@modes
def test_a_condition_that_depends_on_a_choice(mode):
    c = ifelse(a > 0, a - 2, a + 2)
    f = function([a, x], ifelse(c > 0, x.sum(), x.prod()), mode=mode)
    for value in (-3.0, -1.0, 1.0, 3.0):
        c_value = value - 2 if value > 0 else value + 2
        assert f(value, [3.0, 4.0]) == (7 if c_value > 0 else 12)


@modes
@pytest.mark.parametrize("values", [(), (1,), (2,), (-1,), (-2, 0)])
def test_a_condition_needs_what_it_guards(mode, values):
    largest = x.max()
    first, second = (ifelse(x.any(), largest > i, tensor.eq(x.size, 1)) for i in (0, 1))
    f = function([x], ifelse(first, ifelse(second, x + 1, x + 2), x + 3), mode=mode)
    add = (1 if max(values) > 1 else 2) if max(values, default=0) > 0 else 3
    assert f(values).tolist() == [value + add for value in values]


@modes
def test_conditions_need_what_the_other_guards(mode):
    """Each of two conditions is computed from what the other leads to, in another branch."""
    m, n = tensor.exp(x).sum(), tensor.sin(x).sum()
    c, d = m > 2, n > 0
    y = ifelse(a > 0, ifelse(c, n, 1.0), 2.0)
    z = ifelse(b > 0, ifelse(d, m, 3.0), 4.0)
    f = function([a, b, x], [y, z], mode=mode)
    for value in (1.0, -1.0):
        M, N = np.exp(value), np.sin(value)
        for first, second in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
            expected = [(N if M > 2 else 1) if first > 0 else 2]
            expected.append((M if N > 0 else 3) if second > 0 else 4)
            np.testing.assert_allclose(f(first, second, [value]), expected)


@modes
def test_two_results_of_one_condition(mode):
    record = Recorder()
    part = record("part", tensor.exp(x))  # used by both results, in the same branch
    first, second = ifelse(a > 0, [part.sum(), part.prod()], [a, a])
    f = function([a, x], [first, second], mode=mode)
    f(-1.0, [1.0])
    assert record.ran == []
    f(1.0, [1.0])
    assert record.ran == ["part"]


@modes
def test_sizes_that_differ(mode):
    f = function([a, x], ifelse(a > 0, x[1:], tensor.zeros_like(x)) * 2, mode=mode)
    assert f(1.0, [1.0, 2.0, 3.0]).tolist() == [4, 6]
    assert f(0.0, [1.0, 2.0, 3.0]).tolist() == [0, 0, 0]


@modes
def test_sizes_known_only_at_run_time(mode):
    record = Recorder()
    chosen = record("chosen", x[x > 1])
    f = function([a, x], ifelse(a > 0, chosen, x) + 1, mode=mode)
    assert f(1.0, [1.0, 2.0]).tolist() == [3]
    record.ran.clear()
    assert f(0.0, [1.0, 2.0]).tolist() == [2, 3]
    assert record.ran == []


@modes
@pytest.mark.parametrize("values", [(1.0, 2.0), (0.0, 3.0), (0.0, 0.0)])
def test_sizes_of_choices_behind_sizes_that_depend_on_values(mode, values):
    n = tensor.nonzero(x)[0].shape[0]
    first = ifelse(n > 0, tensor.eq(n, 2), tensor.gt(x.size, 5))
    f = function([x], [first, ifelse(first, tensor.zeros([n]), tensor.ones([n + 1]))], mode=mode)
    n = np.count_nonzero(values)
    is_two, filled = f(values)
    assert is_two == (n == 2)
    assert filled.tolist() == ([0.0] * n if n == 2 else [1.0] * (n + 1))


@modes
def test_errors_wait_for_their_branch(mode):
    f = function([a, x], ifelse(a > 0, tensor.exp(x[3]) * 2, x.sum()), mode=mode)
    assert f(-1.0, [1.0]) == 1
    with pytest.raises(IndexRangeError, match=r"index from -1 to 0 .* got 3"):
        f(1.0, [1.0])
    assert f(1.0, [0.0] * 4) == 2
    m = tensor.matrix("m")
    invert = function([a, m], ifelse(a > 0, tensor.nlinalg.matrix_inverse(m), m), mode=mode)
    assert invert(0.0, np.zeros((2, 2))).tolist() == [[0, 0], [0, 0]]
    with pytest.raises(NonFiniteError, match="singular"):
        invert(1.0, np.zeros((2, 2)))


@modes
def test_conditions_on_sizes(mode):
    z = ifelse(x.shape[0] > 2, x[2] + x[0], ifelse(tensor.eq(x.shape[0], 0), 0.0, x[0]))
    f = function([x], z, mode=mode)
    assert [f([1.0] * n) for n in range(4)] == [0, 1, 1, 2]


@modes
def test_updates_and_shared_conditions(mode):
    flag, state = shared(np.int8(1)), shared(np.zeros(2))
    f = function(
        [x], [], updates=[(state, ifelse(flag, state + x, state - x)), (flag, 1 - flag)], mode=mode
    )
    for expected in ([1, 2], [0, 0], [1, 2]):
        f([1.0, 2.0])
        assert state.get_value().tolist() == expected
        result = state.get_value(borrow=True)
        f([0.0, 0.0])
        f([0.0, 0.0])
        assert result.tolist() == state.get_value().tolist()


@modes
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gradients(mode, dtype):
    u, v = (tensor.TensorType(dtype, (None,))(n) for n in "uv")
    cost = ifelse(u.sum() > 0, (u * v).sum(), tensor.exp(v).sum())
    f = function([u, v], tensor.grad(cost, [u, v]), mode=mode)
    du, dv = f(np.array([1, 2], dtype), np.array([3, 4], dtype))
    assert (du.tolist(), dv.tolist()) == ([3, 4], [1, 2])
    du, dv = f(np.array([-1, -2], dtype), np.array([0, 0], dtype))
    assert (du.tolist(), dv.tolist()) == ([0, 0], [1, 1])
    assert du.dtype == dv.dtype == dtype


@modes
@given(st.lists(st.booleans(), min_size=3, max_size=3), st.integers(0, 3))
def test_against_switch(mode, flags, size):
    """With branches of one shape the values are those of `switch`."""
    p, q, r = (tensor.bscalar(n) for n in "pqr")
    arrays = [np.arange(float(size)), np.ones(size)]

    def build(choose):
        inner = choose(q, x * y, x - y)
        return choose(p, choose(r, inner + x, inner), choose(q, y, inner * 2))

    def run(choose):
        f = function([p, q, r, x, y], build(choose), mode=mode)
        return f(*(np.int8(flag) for flag in flags), *arrays)

    np.testing.assert_array_equal(run(ifelse), run(tensor.switch))


def test_lists_names_and_dtypes():
    first, second = ifelse(a > 0, [a, 1], [0, 2], name="z")
    assert (first.name, second.name) == ("z0", "z1")
    assert (first.dtype, second.dtype) == ("float64", "int8")
    assert ifelse(a > 0, tensor.fvector(), tensor.vector(), name="z").name == "z"
    static = ifelse(a > 0, tensor.ones((2, 3)), tensor.ones((2, 4)))
    assert static.type.shape == (2, None)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: ifelse(x > 0, x, x), r"ifelse: expected a scalar condition, got bool \(\?,\)"),
        (lambda: ifelse(a, x, a), r"ifelse: expected branches with as many axes, got float64 \(\?"),
        (lambda: ifelse(a, [x, x], [x]), "ifelse: expected as many values in both .* 2 and 1"),
    ],
)
def test_errors(build, message):
    with pytest.raises(ShapeError, match=message):
        build()


@modes
def test_gradients_of_the_branch_that_is_not_chosen_are_zero_and_do_not_run(mode):
    record = Recorder()
    root = tensor.sqrt(record("root", x))  # whose slope at 0 is infinite
    cost = ifelse(a > 0, (root * b).sum(), (x * b).sum()) + b
    f = function([a, b, x], tensor.grad(cost, [x, b]), mode=mode)
    dx, db = f(1.0, 2.0, [4.0])
    assert (dx.tolist(), db) == ([0.5], 3)
    assert record.ran == ["root"]
    record.ran.clear()
    dx, db = f(-1.0, 2.0, [0.0])
    assert (dx.tolist(), db) == ([2], 1)
    assert record.ran == []


@modes
def test_gradients_of_what_several_branches_share(mode):
    part = tensor.exp(x)  # needed in three of four cases
    inner = ifelse(b > 0, part.sum(), x.sum())
    cost = ifelse(a > 0, (part * part).sum(), inner)
    f = function([a, b, x], [tensor.grad(cost, x), tensor.grad(cost, part)], mode=mode)
    e = np.exp(2.0)
    expected = {
        (1, 1): (2 * e * e, 2 * e),
        (1, -1): (2 * e * e, 2 * e),
        (-1, 1): (e, 1),
        (-1, -1): (1, 0),
    }
    for conditions, values in expected.items():
        for got, value in zip(f(*conditions, [2.0]), values, strict=True):
            np.testing.assert_allclose(got, [value])


@modes
def test_second_derivatives_through_branches(mode):
    cost = ifelse(a > 0, (x**3).sum(), ifelse(a < -1, tensor.sin(x).sum(), x.sum()))
    f = function([a, x], tensor.hessian(cost, x), mode=mode)
    for value, expected in ((1, 12), (-2, -np.sin(2)), (-0.5, 0)):
        np.testing.assert_allclose(f(value, [2.0]), [[expected]])


@modes
def test_gradients_by_what_is_inside_a_branch(mode):
    hidden = tensor.tanh(x)
    cost = ifelse(a > 0, (hidden**2).sum(), a)
    f = function([a, x], tensor.grad(cost, hidden), mode=mode)
    np.testing.assert_allclose(f(1.0, [1.0]), [2 * np.tanh(1)])
    np.testing.assert_array_equal(f(-1.0, [1.0]), [0])


@modes
def test_gradients_through_a_branch_that_cannot_fit(mode):
    """The product wants two columns; the column would fail forward, but is not chosen."""
    X = tensor.matrix("X", shape=(2, 2))
    chosen = ifelse(a > 0, X, X.sum(axis=1, keepdims=True))
    cost = chosen.dot(np.ones((2, 3))).sum()
    f = function([a, X], tensor.grad(cost, X), mode=mode)
    assert f(1.0, np.ones((2, 2))).tolist() == [[3, 3], [3, 3]]
    with pytest.raises(ShapeError, match="dot: expected the last axis of x"):
        function([a, X], cost, mode=mode)(-1.0, np.ones((2, 2)))
