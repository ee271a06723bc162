"""Requests become slices where they can, and subsets translate them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocks.datastreams import Subset
from blocks.datastreams.indexing import iterable_fancy_indexing, resolve_request, take
from blocks.errors import DataError, IndexRangeError


@pytest.mark.parametrize(
    ("request_", "resolved"),
    [
        (3, 3),
        (np.int64(3), 3),
        (slice(2, 4), slice(2, 4)),
        ([2, 3, 4], slice(2, 5)),
        (range(2, 5), slice(2, 5)),
        ([9], slice(9, 10)),
        ([], slice(0, 0)),
    ],
)
def test_resolved(request_, resolved):
    assert resolve_request(request_, 10) == resolved


@pytest.mark.parametrize(
    "request_", [[3, 2], [2, 2], [1, 2, 4], [1, 3, 2, 4], (4, 1), [0, 9, 2], range(8, 1, -3)]
)
def test_other_lists_become_index_arrays(request_):
    resolved = resolve_request(request_, 10)
    assert isinstance(resolved, np.ndarray)
    assert resolved.tolist() == list(request_)


@pytest.mark.parametrize(
    "request_", [10, -1, [9, 10], [0, 10], [-2, -1], [-1, 0], [3, -1, 2], range(8, 11)]
)
def test_out_of_range(request_):
    with pytest.raises(IndexRangeError, match=r"expected indices from 0 to 9, got .*num_examples"):
        resolve_request(request_, 10)


@pytest.mark.parametrize("request_", [[0.5, 1.5], ["a"], np.array([True, False]), [[1, 2]]])
def test_not_a_request(request_):
    with pytest.raises(DataError, match="expected an integer, a slice or a list of integers"):
        resolve_request(request_, 10)


@given(st.lists(st.integers(0, 9), max_size=12))
def test_take_agrees_with_a_loop(indices):
    array, plain = np.arange(30).reshape(10, 3), list("abcdefghij")
    resolved = resolve_request(indices, 10)
    assert take(array, resolved).tolist() == [array[i].tolist() for i in indices]
    assert list(take(plain, resolved)) == [plain[i] for i in indices]


def test_iterable_fancy_indexing():
    assert iterable_fancy_indexing("abc", [2, 0]) == ["c", "a"]
    assert iterable_fancy_indexing(np.arange(3), [2, 0]).tolist() == [2, 0]


SUBSETS = [
    (slice(None), list(range(10))),
    (slice(2, 8), list(range(2, 8))),
    (slice(1, 10, 3), [1, 4, 7]),
    (slice(3, 3), []),
    ([4, 5, 6], [4, 5, 6]),
    ([7, 1, 4], [7, 1, 4]),
    ([], []),
]


@pytest.mark.parametrize(("part", "indices"), SUBSETS)
def test_subset(part, indices):
    subset = Subset(part, 10)
    assert subset.get_list_representation() == indices
    assert subset.num_examples == len(indices)
    assert subset.is_empty is (not indices)
    data = np.arange(10) * 10
    assert subset.index_within_subset(data, slice(None)).tolist() == [10 * i for i in indices]
    for position, index in enumerate(indices):
        assert subset[position] == index
        assert subset.index_within_subset(data, position) == 10 * index
    if len(indices) > 2:
        for sort in (False, True):
            within = subset.index_within_subset(data, [2, 0], sort_indices=sort)
            assert within.tolist() == [10 * indices[2], 10 * indices[0]]
        assert Subset.subset_of(subset, [2, 0]).get_list_representation() == [
            indices[2],
            indices[0],
        ]
        part_of = Subset.subset_of(subset, slice(1, 3))
        assert part_of.get_list_representation() == indices[1:3]


def test_contiguous_lists_are_held_as_slices():
    assert not Subset([4, 5, 6], 10).is_list
    assert Subset([4, 6], 10).is_list
    data = np.arange(10)
    assert np.shares_memory(Subset([4, 5, 6], 10).index_within_subset(data, [0, 1]), data)


def test_subset_union_and_equality():
    assert Subset([1, 5], 10) + Subset(slice(5, 7), 10) == Subset([1, 5, 6], 10)
    assert not (Subset(slice(0, 2), 4) + Subset(slice(2, 4), 4)).is_list
    assert Subset([1], 10) != Subset([1], 11)
    assert Subset.empty_subset(5).is_empty
    assert repr(Subset([1, 5], 10)) == "Subset([1, 5], 10)"
    with pytest.raises(DataError, match="subsets of 10 and 11 examples"):
        Subset([1], 10) + Subset([1], 11)


def test_subset_static_methods():
    assert Subset.slice_to_numerical_args(slice(None, 5), 10) == (0, 5, 1)
    assert Subset.slice_to_numerical_args(slice(2, None, 3), 10) == (2, 10, 3)
    data = np.arange(10)
    assert Subset.sorted_fancy_indexing(data, [4, 1, 4]).tolist() == [4, 1, 4]
    assert Subset.sorted_fancy_indexing(data, []).tolist() == []


@pytest.mark.parametrize(
    ("part", "error", "message"),
    [
        ([1, 1], DataError, "expected distinct indices, got 1 2 times"),
        ([3, 10], IndexRangeError, "expected indices from 0 to 9, got 10"),
        ([-1, 3], IndexRangeError, "got -1"),
        ([0.5], DataError, "expected a slice or a list of integers"),
        (slice(-3, None), DataError, "bounds of at least 0"),
        (slice(0, 5, -1), DataError, "positive step"),
        (slice(0, 11), IndexRangeError, "expected a slice of 10 examples"),
    ],
)
def test_bad_subsets(part, error, message):
    with pytest.raises(error, match=message):
        Subset(part, 10)


def test_requests_beyond_a_subset():
    with pytest.raises(IndexRangeError, match="from 0 to 2, got 3"):
        Subset(slice(2, 5), 10)[[1, 3]]
    with pytest.raises(IndexRangeError, match="from 0 to 2, got 3"):
        Subset([9, 4, 1], 10)[3]
