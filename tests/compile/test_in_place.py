"""Updates that do not read what they replace: written over it where nobody else reads it."""

import numpy as np
import pytest

from blocks import explain, tensor
from blocks.compile import function
from blocks.graph import grad, shared
from tests.compile.training import Training

x = tensor.matrix("x")


def test_a_value_and_its_gradient_go_where_the_old_ones_are():
    y = tensor.exp(-x * x) * tensor.tanh(x)
    kept = [shared(np.zeros((4, 5)), name) for name in ("value", "gradient")]
    f = function([x], [], updates=list(zip(kept, [y, grad(y.sum(), x)], strict=True)))
    before = [s.array for s in kept]
    array = np.random.RandomState(0).randn(4, 5)
    f(array)
    assert len(f.executor.schedule.instructions) == 1
    assert f.executor.memory.size == 0
    assert all(s.array is array for s, array in zip(kept, before, strict=True))
    np.testing.assert_allclose(kept[0].get_value(), np.exp(-array * array) * np.tanh(array))


def test_a_value_of_other_sizes_replaces_the_old_one():
    last = shared(np.zeros((0, 0)), "last")
    f = function([x], last.sum(), updates={last: tensor.exp(x)})
    for shape in [(2, 3), (2, 3), (4, 1), (2, 3)]:
        f(np.zeros(shape))
        assert last.get_value().tolist() == np.ones(shape).tolist()
    first, *others = f.executor.plans.values()
    assert (len(first.layout.in_place), len(first.layout.values)) == (0, 1)
    assert sorted(len(plan.layout.in_place) for plan in others) == [0, 0, 1]
    texts = [str(explain(f, plan=i)) for i in range(2)]
    assert ["last = %" in text for text in texts] == [True, False]


a, b = (shared(np.zeros((3, 3)), name) for name in "ab")

# New values of a and b, and what is returned.
CASES = {
    "apart": (tensor.exp(x), tensor.tanh(x), x.sum()),
    "swapped": (b * 1, a * 1, x.sum()),
    "swapped after a product": (tensor.exp(b.dot(x)), tensor.exp(a.dot(x)), x.sum()),
    "read later": (tensor.exp(x), tensor.tanh(a), tensor.exp(x.dot(a)).sum()),
    "read through a view": (tensor.exp(x), a[::-1] + x, a[0]),
    "through a view of itself": (x + b, b[::-1] + x, x.sum()),
    "one number of the other": (x + b[2, 2], x * a[2, 2], x.sum()),
    "in two passes": (x + b[2, 2], tensor.zeros((3, 3)) + a[2, 2], x.sum()),
    "the same": (tensor.exp(x), tensor.exp(x), x.sum()),
    "returned": (tensor.exp(x), tensor.exp(x) + 1, tensor.exp(x)),
    "read by the other": (tensor.exp(x), tensor.exp(x).dot(x), tensor.exp(x).sum(axis=0)),
    "a product": (x.dot(a.T), tensor.tanh(x.dot(x)), x.sum()),
    "a fold": (x + x.sum(axis=0), b + x.sum(axis=1, keepdims=True), x.sum()),
    "a row": (tensor.zeros((3, 3)) + x[0], tensor.ones((3, 3)) * 2, x.sum()),
}


@pytest.mark.parametrize("name", CASES)
def test_all_new_values_come_from_the_old_ones(name):
    new_a, new_b, result = CASES[name]
    found = []
    for mode in ("compiled", "reference"):
        for start, s in enumerate((a, b)):
            s.set_value(np.arange(9.0).reshape(3, 3) / 10 + start)
        f = function([x], result, updates=[(a, new_a), (b, new_b)], mode=mode)
        for step in range(3):
            values = [f(np.sin(np.arange(9.0) + step).reshape(3, 3))]
            found.append([*values, a.get_value(), b.get_value()])
    for got, expected in zip(found[:3], found[3:], strict=True):
        for y, wanted in zip(got, expected, strict=True):
            np.testing.assert_allclose(y, wanted)


@pytest.mark.parametrize("lend", ["get", "shared", "set", "part", "sizes"])
def test_an_input_that_is_the_memory_of_what_is_updated(lend):
    first = np.random.RandomState(1).randn(50, 50)
    found = []
    for mode in ("reference", "compiled"):
        memory = first.copy()
        W = shared(memory if lend == "shared" else first, borrow=lend == "shared")
        f = function([x], [], updates=[(W, W - 0.1 * tensor.dot(x.T, x))], mode=mode)
        if lend != "shared":
            f(np.ones((50, 50)))
            W.set_value(first)
        if lend == "sizes":
            memory = memory.reshape(-1)[:400].reshape(20, 20)
        if lend in ("set", "sizes"):
            W.set_value(memory, borrow=True)
        given = W.get_value(borrow=True) if lend in ("get", "part") else memory
        f(given[10:40] if lend == "part" else given)
        found.append(W.get_value())
    np.testing.assert_allclose(found[1], found[0], rtol=1e-10)


def test_lending_costs_only_those_that_update():
    W, v = shared(np.ones((2, 2))), shared(np.ones(2))
    f = function([x], tensor.dot(x, W), updates=[(v, 2 * v)])
    g = function([x], v.sum(), updates=[(W, W - x)])
    for _ in range(2):
        f(np.ones((2, 2))), g(np.ones((2, 2)))
    W.get_value(borrow=True)
    f(np.ones((2, 2))), g(np.ones((2, 2)))
    assert (f.executor._lent, g.executor._lent) == ([], [W])


def test_training_lends_no_parameters():
    """Each call of a function would look whether an input is part of them."""
    training = Training("adam").steps(1)
    assert len(training.algorithm.updates) > 4
    assert not [x for x, _ in training.algorithm.updates if x.is_lent]
