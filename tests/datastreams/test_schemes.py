"""Schemes: every index exactly once, reproducible orders, clear errors."""

import pickle
from itertools import chain

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocks.config import config
from blocks.datastreams import schemes
from blocks.datastreams.schemes import (
    ConcatenatedScheme,
    ConstantScheme,
    SequentialExampleScheme,
    SequentialScheme,
    ShuffledExampleScheme,
    ShuffledScheme,
    cross_validation,
)
from blocks.errors import DataError

REQUESTS = [
    (SequentialScheme(5, 2), [[0, 1], [2, 3], [4]]),
    (SequentialScheme(examples=4, batch_size=2), [[0, 1], [2, 3]]),
    (SequentialScheme([7, 3, 5], batch_size=2), [[7, 3], [5]]),
    (SequentialScheme(range(4, 7), 5), [[4, 5, 6]]),
    (SequentialScheme(np.array([2, 1]), 1), [[2], [1]]),
    (SequentialScheme({4: "a", 6: "b"}, 2), [[4, 6]]),
    (SequentialExampleScheme(3), [0, 1, 2]),
    (SequentialExampleScheme([3, 1]), [3, 1]),
    (ConstantScheme(3, num_examples=7), [3, 3, 1]),
    (ConstantScheme(3, num_examples=6), [3, 3]),
    (ConstantScheme(10, times=2), [10, 10]),
    (ConcatenatedScheme([SequentialScheme(2, 2), SequentialScheme(3, 2)]), [[0, 1], [0, 1], [2]]),
    (ConcatenatedScheme([ConstantScheme(2, times=1), ConstantScheme(9, times=2)]), [2, 9, 9]),
    (ConcatenatedScheme([SequentialExampleScheme(2), SequentialExampleScheme([8])]), [0, 1, 8]),
]


@pytest.mark.parametrize(("scheme", "requests"), REQUESTS)
def test_requests(scheme, requests):
    for _ in range(2):
        assert list(scheme.get_request_iterator()) == requests
    assert all(type(request) in (int, list) for request in scheme.get_request_iterator())


@pytest.mark.parametrize(
    ("scheme", "examples"),
    [
        (SequentialScheme(2, 1), False),
        (ShuffledScheme(2, 1), False),
        (ConstantScheme(2), False),
        (SequentialExampleScheme(2), True),
        (ShuffledExampleScheme(2), True),
        (ConcatenatedScheme([SequentialExampleScheme(2)]), True),
        (ConcatenatedScheme([ConstantScheme(2)]), False),
    ],
)
def test_requests_examples(scheme, examples):
    assert scheme.requests_examples is examples


def test_constant_scheme_without_an_end():
    iterator = ConstantScheme(4).get_request_iterator()
    assert [next(iterator) for _ in range(1000)] == [4] * 1000


@given(
    st.integers(1, 60),
    st.integers(1, 70),
    st.sampled_from([SequentialScheme, ShuffledScheme]),
    st.booleans(),
)
def test_batches_cover_each_index_once(num_examples, batch_size, scheme_class, sort):
    kwargs = {"sorted_indices": sort} if scheme_class is ShuffledScheme else {}
    scheme = scheme_class(num_examples, batch_size, **kwargs)
    for _ in range(2):
        batches = list(scheme.get_request_iterator())
        assert sorted(chain.from_iterable(batches)) == list(range(num_examples))
        assert [len(batch) for batch in batches[:-1]] == [batch_size] * (len(batches) - 1)
        assert 1 <= len(batches[-1]) <= batch_size
        if sort:
            assert batches == [sorted(batch) for batch in batches]


@pytest.mark.parametrize("seed", [1, 7])
def test_shuffled_schemes_draw_as_the_original(seed):
    """One generator for all epochs, and the draws of shuffling a list in place."""
    rng = np.random.RandomState(seed)
    with config.use(default_seed=seed):
        batches, examples = ShuffledScheme(50, 8), ShuffledExampleScheme(50)
        given_rng = ShuffledScheme(50, 8, rng=np.random.RandomState(seed))
    orders = []
    for _ in range(3):
        expected = list(range(50))
        rng.shuffle(expected)
        assert list(chain.from_iterable(batches.get_request_iterator())) == expected
        assert list(chain.from_iterable(given_rng.get_request_iterator())) == expected
        assert list(examples.get_request_iterator()) == expected
        orders.append(expected)
    assert orders[0] != orders[1] != orders[2]


def test_shuffled_scheme_leaves_the_given_list_alone():
    examples = [3, 1, 2]
    list(ShuffledScheme(examples, 2).get_request_iterator())
    assert examples == [3, 1, 2]


@pytest.mark.parametrize(
    "scheme",
    [scheme for scheme, _ in REQUESTS]
    + [ShuffledScheme(9, 2), ShuffledExampleScheme(9), ConstantScheme(3)],
)
@pytest.mark.parametrize("read", [0, 1])
def test_iterators_go_on_after_pickling(scheme, read):
    iterator = scheme.get_request_iterator()
    for _ in range(read):
        next(iterator)
    copy, scheme_copy = pickle.loads(pickle.dumps((iterator, scheme)))
    rest = [next(copy, None) for _ in range(20)]
    assert rest == [next(iterator, None) for _ in range(20)]
    after = [next(scheme_copy.get_request_iterator()) for _ in range(2)]
    assert after == [next(scheme.get_request_iterator()) for _ in range(2)]


@given(st.integers(2, 40), st.data())
def test_cross_validation_splits_the_examples(num_examples, data):
    num_folds = data.draw(st.integers(2, num_examples))
    seen = []
    for train, valid, size in cross_validation(
        SequentialExampleScheme, num_examples, num_folds, strict=False
    ):
        held_out = list(valid.get_request_iterator())
        assert len(held_out) == size
        assert sorted(held_out + list(train.get_request_iterator())) == list(range(num_examples))
        seen += held_out
    assert seen == list(range(num_examples))


def test_cross_validation_hands_arguments_on():
    folds = list(cross_validation(SequentialScheme, 6, 3, batch_size=2))
    assert [list(train.get_request_iterator()) for train, _ in folds] == [
        [[2, 3], [4, 5]],
        [[0, 1], [4, 5]],
        [[0, 1], [2, 3]],
    ]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SequentialScheme(5, 0), "SequentialScheme: expected batch_size to be an integer"),
        (lambda: SequentialScheme(5, -3), "of at least 1, got -3"),
        (lambda: ShuffledScheme(5, 2.5), "ShuffledScheme: expected batch_size .* got 2.5"),
        (lambda: ConstantScheme(0), "ConstantScheme: expected batch_size"),
        (lambda: ConstantScheme(2, times=0), "ConstantScheme: expected times"),
        (lambda: ConstantScheme(2, 4, 2), "expected num_examples or times, got both"),
        (lambda: SequentialScheme(0, 2), "SequentialScheme: expected at least one example, got 0"),
        (lambda: ShuffledExampleScheme([]), "expected at least one example, got \\[\\]"),
        (lambda: SequentialExampleScheme(2.0), "expected a number of examples or their indices"),
        (
            lambda: ConcatenatedScheme([SequentialExampleScheme(2), SequentialScheme(2, 1)]),
            "got examples, batches",
        ),
        (lambda: ConcatenatedScheme([]), "got none"),
        (lambda: cross_validation(SequentialExampleScheme, 10, 3), "divisible by 3 folds, got 10"),
        (lambda: cross_validation(SequentialExampleScheme, 10, 1), "from 2 to num_examples = 10"),
    ],
)
def test_bad_arguments(make, message):
    with pytest.raises(DataError, match=message):
        make()


def test_public_names():
    assert set(schemes.__all__) >= {"IterationScheme", "BatchSizeScheme", "BatchScheme"}
    assert issubclass(ConstantScheme, schemes.BatchSizeScheme)
    assert issubclass(ShuffledScheme, schemes.BatchScheme)
    assert issubclass(ShuffledExampleScheme, schemes.IndexScheme)
