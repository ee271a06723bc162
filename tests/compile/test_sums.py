"""Long sums of gradients, and sums in which a matrix product hides."""

import numpy as np
import pytest

from blocks import function, grad, tensor
from blocks.compile.rules import scalar_of
from blocks.compile.simplify import simplify
from blocks.compile.sums import LARGEST_SUM, each_term, some_terms
from blocks.graph.traversal import toposort

X, Y = tensor.matrices("x", "y")
VALUE = np.array([[-1.0, 0.5, 2.0]])


def names(*outputs):
    return [node.op.name for node in toposort(outputs)]


def summed(terms, right):
    total = terms[0]
    for term in terms[1:]:
        total = term + total if right else total + term
    return total


@pytest.mark.parametrize("right", [False, True])
def test_each_term_of_a_long_sum(right):
    terms = [X * float(i) for i in range(2000)]
    visited = []

    def changed(term):
        visited.append(term)
        return term + 1.0

    assert each_term(summed(terms, right), changed) is not None
    assert set(visited) == set(terms)
    visited.clear()
    assert each_term(summed(terms, right), visited.append) is None
    assert len(visited) == 1


def test_each_term_keeps_signs_and_what_is_shared():
    a = X + -Y
    d = a + a
    new = each_term(d, lambda term: 2.0 * term)
    given = {X: VALUE, Y: VALUE**2}
    np.testing.assert_allclose(new.eval(given), 2 * d.eval(given))
    assert each_term(X, lambda term: None) is None


def test_some_terms():
    d = (X + Y) + tensor.cast(X, "float32")
    new = some_terms(d, lambda term: -term if term is X else None, lambda term: 3.0 * term)
    given = {X: VALUE, Y: VALUE**2}
    np.testing.assert_allclose(new.eval(given), -VALUE + 3 * VALUE**2 - VALUE)
    assert some_terms(d, lambda term: None, lambda term: term) is None


@pytest.mark.parametrize("right", [False, True])
def test_some_terms_of_a_short_sum_only(right):
    def visits(count):
        visited = []
        terms = [X * float(i) for i in range(count)]
        new = some_terms(summed(terms, right), lambda t: visited.append(t) or -t, lambda t: t)
        return new, len(visited)

    new, visited = visits(20)
    assert visited == 20
    np.testing.assert_allclose(new.eval({X: VALUE}), -190 * VALUE)
    new, visited = visits(2000)
    assert new is None
    assert visited <= LARGEST_SUM


@pytest.mark.parametrize(
    ("use", "slope"),
    [
        (tensor.exp, np.exp),
        (lambda x: tensor.log(1.0 + tensor.exp(x)), lambda x: 1 / (1 + np.exp(-x))),
        (tensor.nnet.sigmoid, lambda x: 0.25 / np.cosh(x / 2) ** 2),
        (lambda x: tensor.log(tensor.nnet.sigmoid(x)), lambda x: 1 / (1 + np.exp(x))),
    ],
)
def test_what_is_used_very_often(use, slope):
    y = use(X)
    cost = tensor.add(*((y * float(i)).sum() for i in range(1000)))
    found = function([X], grad(cost, X), mode="reference")(VALUE)
    np.testing.assert_allclose(found, 499500 * slope(VALUE), rtol=1e-10)


@pytest.mark.parametrize("right", [False, True])
def test_long_sums_of_matrices_are_not_searched_to_their_end(right, monkeypatch):
    from blocks.compile import simplify as module

    calls = []
    parts = module._parts
    monkeypatch.setattr(module, "_parts", lambda x, y: calls.append(x) or parts(x, y))
    count = 300
    simplify([summed([X * float(i) for i in range(count)], right)], [X])
    assert count < len(calls) < 40 * count


def test_products_are_found_in_sums():
    rate = tensor.scalar("rate")
    W = Y - rate * (tensor.dot(X, X.T) + 0.5 * Y)
    assert names(*simplify([W], [X, Y, rate])).count("gemm") == 1
    longer = summed([W, *(X * float(i) for i in range(100))], right=False)
    assert names(*simplify([longer], [X, Y, rate])).count("gemm") == 1


def test_a_number_is_looked_for_once_in_what_is_shared():
    y, ones = X, tensor.ones_like(X)
    for _ in range(19):
        y, ones = y + y, ones + ones
    assert scalar_of(y) is None
    number = scalar_of(ones)
    assert len(names(number)) < 60
    assert number.eval() == 2.0**19
