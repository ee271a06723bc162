"""Copies of graphs, and which graphs are the same."""

import numpy as np
import pytest

from blocks import shared, tensor
from blocks.errors import GraphError
from blocks.graph.cloning import clone, clone_with_inputs, is_same_graph
from blocks.graph.traversal import inputs

X, Y, Z = tensor.vectors("x", "y", "z")


@pytest.mark.parametrize("replace", [{X: Y}, [(X, Y)]])
def test_clone_replaces(replace):
    result = clone(X * Z, replace)
    assert result.eval({Y: [2.0], Z: [3.0]}) == [6]
    several = clone([X, X * Z], replace)
    assert several[0] is Y
    assert several[1].eval({Y: [2.0], Z: [3.0]}) == [6]


def test_clone_with_inputs_of_its_own():
    W = shared(np.array([2.0]), "W")
    result = clone(X * W, share_inputs=False)
    x, weights = inputs([result])
    assert (x.name, x.type, x is X) == ("x", X.type, False)
    assert weights is not W
    weights.set_value([5.0])
    assert result.eval({x: [3.0]}) == [15]
    assert W.get_value() == [2]
    assert inputs([clone(X * W)]) == [X, W]


def test_clone_of_another_kind():
    n = tensor.lvector("n")
    with pytest.raises(GraphError) as caught:
        clone(X * Z, {X: n})
    assert str(caught.value) == (
        "clone: expected a replacement of x like float64 (?,), got n of type int64 (?,). Cast or "
        "reshape it, or pass strict=False."
    )
    assert clone(X * Z, {X: n}, strict=False).eval({n: [2], Z: [3.0]}) == [6]


def test_clone_of_inputs_and_outputs():
    (x, z), (y,) = clone_with_inputs([X, Z], [X * Z + 1])
    assert (x.name, x.type, x is X) == ("x", X.type, False)
    assert y.eval({x: [2.0], z: [3.0]}) == [7]


SHARED = tensor.exp(X)


@pytest.mark.parametrize(
    ("first", "second", "givens", "same"),
    [
        (X, X, None, True),
        (X, Y, None, False),
        (X, Y, {X: Y}, True),
        (X + 1, X + 1, None, True),
        (X + 1, X + 2, None, False),
        (X + 1, X - 1, None, False),
        (X + Y, Y + X, None, False),
        (X.sum(axis=0), X.sum(), None, True),
        (X[0], X[1], None, False),
        (tensor.exp(X) * tensor.exp(X), SHARED * SHARED, None, True),
        (X + Z, Y + Z, [(X, Y)], True),
        (X + Z, Y + Z, {Z: X}, False),
    ],
)
def test_is_same_graph(first, second, givens, same):
    assert is_same_graph(first, second, givens) is same
    assert is_same_graph(second, first, givens) is same
