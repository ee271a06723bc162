"""What grids, counts, searches and choices say of arguments that do not fit."""

import re

import numpy as np
import pytest

from blocks import tensor
from blocks.errors import DtypeError, IndexRangeError, ShapeError
from blocks.tensor import extra_ops, nnet

X, M, C = tensor.vector("x"), tensor.matrix("m"), tensor.tensor3("c")
N = tensor.lvector("n")

ERRORS = [
    (
        lambda: extra_ops.searchsorted(M, X),
        ShapeError,
        "searchsorted: expected a sorted vector, got float64 (?, ?).",
    ),
    (
        lambda: extra_ops.searchsorted(X, X, side="middle"),
        ShapeError,
        "searchsorted: expected the side 'left' or 'right', got 'middle'.",
    ),
    (
        lambda: extra_ops.Unique()(M),
        ShapeError,
        "unique: expected a vector, got float64 (?, ?). Flatten it.",
    ),
    (
        lambda: extra_ops.bincount(M),
        ShapeError,
        "bincount: expected a vector, got float64 (?, ?).",
    ),
    (
        lambda: extra_ops.bincount(X),
        DtypeError,
        "bincount: expected integers as indices, got x of type float64 (?,). Use cast(index, "
        "'int64').",
    ),
    (
        lambda: tensor.choose(N, X),
        ShapeError,
        "choose: expected a list of choices, got float64 (?,).",
    ),
    (
        lambda: tensor.choose(N, [X, X], mode="round"),
        ShapeError,
        "choose: expected out=None and one of the modes 'raise', 'clip' and 'wrap', got None and "
        "'round'.",
    ),
    (
        lambda: tensor.choose(X, [X, X]),
        DtypeError,
        "choose: expected integers, got float64 (?,). Cast them.",
    ),
    (
        lambda: tensor.cov(C),
        ShapeError,
        "cov: expected a matrix or a vector, got float64 (?, ?, ?).",
    ),
    (
        lambda: tensor.cov(M, aweights=X),
        ShapeError,
        "cov: expected no weights, got some. Repeat the observations.",
    ),
    (
        lambda: tensor.topk(X, 0),
        ShapeError,
        "topk: expected how many, a number other than 0, got 0.",
    ),
    (
        lambda: tensor.sort(X, kind="bogo"),
        ValueError,
        "sort: expected one of the kinds quicksort, mergesort, heapsort, stable and order=None, "
        "got 'bogo' and None.",
    ),
    (
        lambda: tensor.mgrid[0:2, 3],
        ShapeError,
        "grid: expected slices start:stop:step, got (slice(0, 2, None), 3).",
    ),
    (
        lambda: extra_ops.fill_diagonal(X, 0),
        ShapeError,
        "fill_diagonal: expected a matrix and a scalar, got float64 (?,) and int8 scalar.",
    ),
    (
        lambda: extra_ops.unravel_index(N, N),
        ShapeError,
        "unravel_index: expected dims of known length, got int64 (?,). Pass ndim as well.",
    ),
    (
        lambda: extra_ops.unravel_index(N, (2, 3), order="A"),
        ShapeError,
        "unravel_index: expected the order 'C' or 'F', got 'A'.",
    ),
    (
        lambda: extra_ops.ravel_multi_index((N, N), (2, 3), mode="round"),
        ShapeError,
        "ravel_multi_index: expected the mode 'raise', 'wrap' or 'clip', got 'round'.",
    ),
    (
        lambda: nnet.confusion_matrix(N, M),
        ShapeError,
        "confusion_matrix: expected two vectors, got int64 (?,) and float64 (?, ?).",
    ),
    (
        lambda: tensor.get_vector_length(X),
        ShapeError,
        "get_vector_length: expected a vector of known length, got float64 (?,).",
    ),
    (
        lambda: tensor.get_vector_length(M),
        ShapeError,
        "get_vector_length: expected a vector of known length, got float64 (?, ?).",
    ),
    (
        lambda: tensor.batched_tensordot(C, C, [[0], [1]]),
        ShapeError,
        "batched_tensordot: expected axes after the batch, 0, got [[0], [1]]. Leave out 0.",
    ),
]


@pytest.mark.parametrize(("build", "kind", "message"), ERRORS, ids=[e[2][:40] for e in ERRORS])
def test_errors_when_the_graph_is_built(build, kind, message):
    with pytest.raises(kind) as caught:
        build()
    assert str(caught.value) == message


@pytest.mark.parametrize("mode", ["reference", "compiled"])
@pytest.mark.parametrize("number", [2, -1])
def test_a_number_that_no_choice_has(number, mode):
    y = tensor.choose(N, [X, 2 * X])
    message = (
        f"choose: expected numbers of 2 choices, from 0 to 1, got {number}. Pass mode='clip' or "
        "mode='wrap' for others."
    )
    with pytest.raises(IndexRangeError, match=re.escape(message)):
        y.eval({N: [0, number], X: [1.0, 2.0]}, mode=mode)


def test_lengths_that_are_known():
    assert tensor.get_vector_length([1, 2, 3]) == 3
    assert tensor.get_vector_length(C.shape) == 3
    assert tensor.is_flat(X)
    assert tensor.is_flat(M, ndim=2)
    assert not tensor.is_flat(M, outdim=1)


@pytest.mark.parametrize("mode", ["reference", "compiled"])
def test_places_of_an_empty_vector(mode):
    empty = np.zeros(0)
    values, first, inverse, counts = extra_ops.Unique(True, True, True)(X)
    for y in (values, first, inverse, counts):
        assert y.eval({X: empty}, mode=mode).shape == (0,)
    assert tensor.nonzero(X, return_matrix=True).eval({X: empty}, mode=mode).shape == (1, 0)
    found = extra_ops.searchsorted(X, [1.0]).eval({X: empty}, mode=mode)
    assert found.tolist() == [0]


@pytest.mark.parametrize("mode", ["reference", "compiled"])
def test_nan_is_the_largest_number(mode):
    x = np.array([np.nan, 2.0, np.nan, 1.0, np.nan])
    found = [y.eval({X: x}, mode=mode) for y in extra_ops.Unique(True, True, True)(X)]
    np.testing.assert_array_equal(found[0], [1, 2, np.nan])
    assert [y.tolist() for y in found[1:]] == [[3, 1, 0], [2, 1, 2, 0, 2], [1, 1, 3]]
    for side, places in (("left", [2, 0, 2]), ("right", [5, 1, 2])):
        y = extra_ops.searchsorted(X, [np.nan, 1.0, np.inf], side)
        assert y.eval({X: np.sort(x)}, mode=mode).tolist() == places
