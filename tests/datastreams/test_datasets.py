"""Data sets: sources, views, states, and clear errors for bad data."""

import math
import pickle
from collections import OrderedDict

import numpy as np
import pytest

from blocks.datastreams import (
    Dataset,
    DataStream,
    IndexableDataset,
    IterableDataset,
    SequentialScheme,
)
from blocks.errors import DataError, IndexRangeError, SourceError


@pytest.fixture
def arrays():
    return OrderedDict(
        [("features", np.arange(20.0).reshape(10, 2)), ("targets", np.arange(10)[:, None])]
    )


@pytest.mark.parametrize(
    ("request_", "rows"),
    [([2, 3], [2, 3]), (slice(0, 3), [0, 1, 2]), ([3, 1, 3], [3, 1, 3]), (range(2), [0, 1])],
)
def test_batches(arrays, request_, rows):
    features, targets = IndexableDataset(arrays).get_data(request=request_)
    np.testing.assert_array_equal(features, arrays["features"][rows])
    np.testing.assert_array_equal(targets, arrays["targets"][rows])


def test_examples(arrays):
    features, targets = IndexableDataset(arrays).get_data(request=4)
    assert features.tolist() == [8, 9]
    assert targets.tolist() == [4]


def test_consecutive_examples_are_views(arrays):
    dataset = IndexableDataset(arrays)
    for request in ([2, 3, 4], slice(1, 5), 3):
        assert np.shares_memory(dataset.get_data(request=request)[0], arrays["features"])
    assert not np.shares_memory(dataset.get_data(request=[4, 2])[0], arrays["features"])


def test_a_whole_epoch_of_views(arrays):
    stream = DataStream(IndexableDataset(arrays), iteration_scheme=SequentialScheme(10, 3))
    batches = [batch for batch, _ in stream.get_epoch_iterator()]
    assert [len(batch) for batch in batches] == [3, 3, 3, 1]
    assert all(np.shares_memory(batch, arrays["features"]) for batch in batches)


@pytest.mark.parametrize(
    ("start", "stop", "rows"), [(None, 4, range(4)), (7, None, range(7, 10)), (2, 5, range(2, 5))]
)
def test_start_and_stop(arrays, start, stop, rows):
    dataset = IndexableDataset(arrays, start=start, stop=stop)
    assert dataset.num_examples == len(rows)
    examples = [int(y[0]) for _, y in dataset.get_example_stream().get_epoch_iterator()]
    assert examples == list(rows)
    with pytest.raises(IndexRangeError):
        dataset.get_data(request=len(rows))


def test_a_single_array_is_called_data():
    dataset = IndexableDataset(np.arange(3))
    assert dataset.sources == dataset.provides_sources == ("data",)
    assert dataset.get_data(request=[1])[0].tolist() == [1]


def test_lists_and_other_sequences():
    dataset = IndexableDataset({"words": ["a", "b", "c"], "tuple": (1, 2, 3)})
    assert dataset.get_data(request=[0, 1]) == (["a", "b"], (1, 2))
    assert dataset.get_data(request=[2, 0]) == (["c", "a"], [3, 1])
    assert dataset.get_data(request=2) == ("c", 3)


@pytest.mark.parametrize("sources", [("targets",), ("targets", "features"), ("features",)])
def test_chosen_sources_come_in_their_order(arrays, sources):
    dataset = IndexableDataset(arrays, sources=sources)
    assert dataset.sources == sources
    assert dataset.provides_sources == ("features", "targets")
    data = dataset.get_data(request=[1, 2])
    assert [item.shape for item in data] == [(2, *arrays[name].shape[1:]) for name in sources]
    assert dataset.filter_sources(("f", "t")) == tuple(name[0] for name in sources)


def test_filter_sources_needs_all_sources(arrays):
    with pytest.raises(SourceError, match="data for the sources features, targets, got 1 items"):
        IndexableDataset(arrays).filter_sources(("f",))


def test_axis_labels_reach_the_stream(arrays):
    labels = {"features": ("batch", "feature")}
    dataset = IndexableDataset(arrays, axis_labels=labels)
    assert DataStream(dataset).axis_labels == labels
    assert DataStream(dataset, axis_labels=None).axis_labels is None


def test_iterable_dataset():
    dataset = IterableDataset(OrderedDict([("x", [1, 2, 3]), ("y", "abc")]))
    assert dataset.num_examples == 3
    stream = dataset.get_example_stream()
    for _ in range(2):
        assert list(stream.get_epoch_iterator()) == [(1, "a"), (2, "b"), (3, "c")]
    assert stream.produces_examples
    only = IterableDataset({"x": [1], "y": [2]}, sources=("y",))
    assert list(only.get_example_stream().get_epoch_iterator()) == [(2,)]


def test_iterable_dataset_without_a_length():
    dataset = IterableDataset(i * i for i in range(3))
    assert math.isnan(dataset.num_examples)
    assert list(dataset.get_example_stream().get_epoch_iterator()) == [(0,), (1,), (4,)]


class Counter(Dataset):
    """Ten numbers from a state; notes what is opened and closed."""

    provides_sources = ("number",)
    example_iteration_scheme = None

    def __init__(self, **kwargs):
        self.events = []
        super().__init__(**kwargs)

    def open(self):
        self.events.append("open")
        return iter(range(3))

    def close(self, state):
        self.events.append("close")

    def get_data(self, state=None, request=None):
        return (next(state),)


def test_states_are_opened_and_closed_as_in_fuel():
    dataset = Counter()
    stream = DataStream(dataset)
    assert dataset.events == ["open"]
    assert list(stream.get_epoch_iterator()) == [(0,), (1,), (2,)]
    assert dataset.events == ["open"]
    assert list(stream.get_epoch_iterator()) == [(0,), (1,), (2,)]
    assert dataset.events == ["open", "close", "open"]
    stream.reset()
    assert dataset.events[3:] == ["close", "open"]
    stream.get_epoch_iterator()
    stream.next_epoch()
    assert dataset.events[5:] == ["close", "open"]
    stream.close()
    assert dataset.events[7:] == ["close"]
    assert stream.data_state is None


def test_an_example_scheme_must_be_set():
    class Bare(Dataset):
        provides_sources = ("x",)

        def get_data(self, state=None, request=None):
            return (request,)

    with pytest.raises(AttributeError, match="Bare: expected an example iteration scheme"):
        Bare().get_example_stream()
    dataset = Bare()
    dataset.example_iteration_scheme = SequentialScheme(2, 1)
    assert list(dataset.get_example_stream().get_epoch_iterator()) == [([0],), ([1],)]


@pytest.mark.parametrize("make", [IndexableDataset, IterableDataset])
def test_pickling(arrays, make):
    dataset = pickle.loads(pickle.dumps(make(arrays, sources=("targets",))))
    assert dataset.sources == ("targets",)
    assert dataset.num_examples == 10
    examples = [int(y[0]) for (y,) in dataset.get_example_stream().get_epoch_iterator()]
    assert examples == list(range(10))


class NoSources(Dataset):
    def get_data(self, state=None, request=None):
        return ()


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (
            lambda: IndexableDataset({"features": [1]}, sources=("feature",)),
            SourceError,
            r"IndexableDataset: expected sources among features, got 'feature'\. "
            "Did you mean 'features'",
        ),
        (
            lambda: IterableDataset({"x": [1]}, sources=()),
            SourceError,
            "expected at least one of the sources x, got none",
        ),
        (NoSources, SourceError, "NoSources: expected `provides_sources` to name at least one"),
        (
            lambda: IndexableDataset({"x": np.zeros(3), "y": np.zeros(4)}),
            DataError,
            "expected sources of equal length, got x: 3, y: 4",
        ),
        (
            lambda: IterableDataset({"x": [1, 2], "y": [1]}),
            DataError,
            "expected sources of equal length, got x: 2, y: 1",
        ),
        (lambda: IndexableDataset({"x": []}), DataError, "at least one example, got none"),
        (lambda: IndexableDataset(np.zeros((0, 3))), DataError, "at least one example, got none"),
        (lambda: IterableDataset([]), DataError, "at least one example, got none"),
        (
            lambda: IndexableDataset([1, 2], start=2),
            DataError,
            "got none of 2 with start=2 and stop=None",
        ),
        (lambda: IndexableDataset({}), SourceError, "expected `provides_sources`"),
        (
            lambda: IndexableDataset({"x": iter([1])}),
            DataError,
            "expected an array or list for source 'x', got list_iterator",
        ),
        (lambda: IterableDataset({"x": 5}), DataError, "an iterable for source 'x', got int"),
        (
            lambda: next(DataStream(IndexableDataset([1])).get_epoch_iterator()),
            DataError,
            "expected no state and a request, .*Give the DataStream an iteration_scheme",
        ),
        (
            lambda: DataStream(IterableDataset([1])).get_data([0]),
            DataError,
            "IterableDataset: expected a state and no request",
        ),
        (
            lambda: IndexableDataset([1, 2]).get_data(request=[1, 2]),
            IndexRangeError,
            "expected indices from 0 to 1, got 1, 2",
        ),
    ],
)
def test_bad_input(make, error, message):
    with pytest.raises(error, match=message):
        make()
