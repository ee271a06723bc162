"""Data streams: epochs, dicts, default transformers, saving in the middle of an epoch."""

import itertools
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocks.datastreams import (
    AbstractDataStream,
    Batch,
    Cache,
    Cast,
    ConcatenatedScheme,
    ConstantScheme,
    DataIterator,
    DataStream,
    Filter,
    FilterSources,
    Flatten,
    IndexableDataset,
    IterableDataset,
    Mapping,
    Merge,
    Padding,
    ReadAhead,
    Rename,
    ScaleAndShift,
    SequentialExampleScheme,
    SequentialScheme,
    ShuffledExampleScheme,
    ShuffledScheme,
    SortMapping,
    Unpack,
    schemes,
    transformers,
)
from blocks.errors import SourceError


def numbers(count=10, scheme=None):
    x = np.arange(count, dtype=np.int64)
    dataset = IndexableDataset({"x": x, "y": x[:, None] * 2})
    return DataStream(dataset, iteration_scheme=scheme)


def test_tuples_and_dicts():
    stream = numbers(3, SequentialScheme(3, 2))
    assert [tuple(map(list, batch)) for batch in stream.get_epoch_iterator()] == [
        ([0, 1], [[0], [2]]),
        ([2], [[4]]),
    ]
    batches = list(stream.get_epoch_iterator(as_dict=True))
    assert [list(batch) for batch in batches] == [["x", "y"]] * 2
    assert batches[1]["y"].tolist() == [[4]]


@pytest.mark.parametrize(
    ("scheme", "requests"),
    [
        (SequentialScheme(5, 3), [range(3), range(3, 5)]),
        (SequentialScheme([4, 0, 1], 2), [[4, 0], [1]]),
        (ShuffledScheme([4, 3], 2, sorted_indices=True), [[3, 4]]),
        (ConcatenatedScheme([SequentialScheme(3, 3)]), [[0, 1, 2]]),
    ],
)
def test_a_dataset_gets_ranges_only_if_it_takes_them(scheme, requests):
    class Spy(IndexableDataset):
        def get_data(self, state=None, request=None):
            seen.append(request)
            return super().get_data(state, request)

    class Accepting(Spy):
        accepts_ranges = True

    for dataset, expected in ((Spy, [list(x) for x in requests]), (Accepting, requests)):
        seen = []
        stream = DataStream(dataset(np.arange(5)), iteration_scheme=scheme)
        data = [x.tolist() for (x,) in stream.get_epoch_iterator()]
        assert seen == expected
        assert data == [list(x) for x in requests]
    assert IndexableDataset([1]).accepts_ranges
    assert [*scheme.get_request_iterator()] == [list(x) for x in requests]  # as ever


@pytest.mark.parametrize(
    ("scheme", "examples"),
    [
        (None, True),
        (SequentialScheme(3, 2), False),
        (SequentialExampleScheme(3), True),
        (ConstantScheme(2), False),
    ],
)
def test_produces_examples_follows_the_scheme(scheme, examples):
    stream = numbers(3, scheme)
    assert stream.produces_examples is examples
    stream.produces_examples = not examples
    assert stream.produces_examples is not examples


def test_iterate_epochs():
    epochs = numbers(4, SequentialScheme(4, 3)).iterate_epochs(as_dict=True)
    for epoch in itertools.islice(epochs, 3):
        assert [len(batch["x"]) for batch in epoch] == [3, 1]


def test_sources_can_be_renamed_by_hand():
    stream = numbers(2, SequentialExampleScheme(2))
    stream.sources = ("a", "b")
    assert set(next(stream.get_epoch_iterator(as_dict=True))) == {"a", "b"}


def test_a_dataset_that_forgets_a_source():
    class Half(IndexableDataset):
        def get_data(self, state=None, request=None):
            return super().get_data(state, request)[:1]

    stream = DataStream(Half({"x": [1], "y": [2]}), iteration_scheme=SequentialScheme(1, 1))
    with pytest.raises(SourceError, match="expected data for the 2 sources x, y, got 1 items"):
        next(stream.get_epoch_iterator(as_dict=True))


def test_abstract_stream():
    class Ones(AbstractDataStream):
        def get_epoch_iterator(self, as_dict=False):
            return super().get_epoch_iterator(as_dict=as_dict)

    stream = Ones(iteration_scheme=ConstantScheme(1))
    with pytest.raises(AttributeError, match="Ones: expected `sources` to be set"):
        stream.sources  # noqa: B018
    with pytest.raises(NotImplementedError, match="Ones: expected a method get_data"):
        next(stream.get_epoch_iterator())
    assert isinstance(stream.get_epoch_iterator(), DataIterator)
    assert (stream.reset(), stream.close(), stream.next_epoch()) == (None, None, None)


class Scaled(IndexableDataset):
    default_transformers = (
        (ScaleAndShift, [0.5, 0], {"which_sources": ("x",)}),
        (Cast, ["float32"], {"which_sources": ("x", "y")}),
    )


def test_default_stream():
    dataset = Scaled({"x": np.arange(4), "y": np.arange(4)})
    scheme = SequentialScheme(4, 4)
    x, y = next(DataStream.default_stream(dataset, iteration_scheme=scheme).get_epoch_iterator())
    assert (x.dtype, y.dtype) == (np.float32, np.float32)
    assert x.tolist() == [0, 0.5, 1, 1.5]
    assert y.tolist() == [0, 1, 2, 3]


def test_default_transformers_of_sources_left_out_are_left_out():
    dataset = Scaled({"x": np.arange(4), "y": np.arange(4)}, sources=("y",))
    stream = DataStream.default_stream(dataset, iteration_scheme=SequentialScheme(4, 4))
    assert isinstance(stream, Cast)
    assert isinstance(stream.data_stream, DataStream)
    assert next(stream.get_epoch_iterator())[0].dtype == np.float32


@given(st.integers(1, 40), st.integers(1, 45), st.booleans())
def test_any_batch_size_reads_each_example_once(num_examples, batch_size, shuffle):
    scheme_class = ShuffledScheme if shuffle else SequentialScheme
    stream = numbers(num_examples, scheme_class(num_examples, batch_size))
    for _ in range(2):
        batches = list(stream.get_epoch_iterator())
        assert sorted(np.concatenate([x for x, _ in batches])) == list(range(num_examples))
        for x, y in batches:
            np.testing.assert_array_equal(y[:, 0], 2 * x)


@given(st.integers(1, 30), st.integers(1, 35), st.integers(1, 35))
def test_batch_and_unpack_are_inverse(num_examples, first, second):
    stream = numbers(num_examples, SequentialScheme(num_examples, first))
    again = Batch(Unpack(stream), ConstantScheme(second))
    expected = numbers(num_examples, SequentialScheme(num_examples, second))
    for _ in range(2):
        pairs = list(zip(again.get_epoch_iterator(), expected.get_epoch_iterator(), strict=True))
        for batch, other in pairs:
            for item, other_item in zip(batch, other, strict=True):
                np.testing.assert_array_equal(item, other_item)
                assert item.dtype == other_item.dtype


@given(st.integers(1, 30), st.integers(1, 35), st.integers(1, 35))
def test_cache_cuts_batches_anew(num_examples, chunk, size):
    stream = Cache(
        numbers(num_examples, SequentialScheme(num_examples, chunk)), ConstantScheme(size)
    )
    expected = numbers(num_examples, SequentialScheme(num_examples, size))
    for batch, other in zip(
        stream.get_epoch_iterator(), expected.get_epoch_iterator(), strict=True
    ):
        for item, other_item in zip(batch, other, strict=True):
            np.testing.assert_array_equal(item, other_item)


def double(data):
    return tuple(2 * item for item in data)


def is_even(data):
    return bool(np.all(np.asarray(data[0]) % 2 == 0))


def first(example):
    return -int(example[0])


def batches():
    return numbers(10, ShuffledScheme(10, 3))


def examples():
    return numbers(10, ShuffledExampleScheme(10))


PIPELINES = {
    "batches": batches,
    "examples": examples,
    "iterable": lambda: DataStream(IterableDataset([3, 1, 2, 5])),
    "concatenated": lambda: numbers(
        10, schemes.ConcatenatedScheme([SequentialScheme(4, 3), ShuffledScheme(9, 2)])
    ),
    "default": lambda: DataStream.default_stream(
        Scaled({"x": np.arange(9), "y": np.arange(9)}), iteration_scheme=ShuffledScheme(9, 2)
    ),
    "batch": lambda: Batch(examples(), ConstantScheme(3)),
    "unpack": lambda: Unpack(batches()),
    "cache": lambda: Cache(batches(), ConstantScheme(2)),
    "flatten": lambda: Flatten(batches()),
    "mapping": lambda: Mapping(batches(), double),
    "sort": lambda: Mapping(batches(), SortMapping(first)),
    "filter": lambda: Filter(examples(), is_even),
    "filter sources": lambda: FilterSources(batches(), ("y",)),
    "rename": lambda: Rename(batches(), {"x": "z"}),
    "merge": lambda: Merge((batches(), batches()), ("a", "b", "c", "d")),
    "read ahead": lambda: ReadAhead(batches()),
    "read far ahead": lambda: Flatten(ReadAhead(Cache(batches(), ConstantScheme(2)), 9)),
    "read examples ahead": lambda: Batch(ReadAhead(examples(), 1), ConstantScheme(3)),
    "read iterable ahead": lambda: ReadAhead(DataStream(IterableDataset([3, 1, 2, 5]))),
    "padding": lambda: Padding(
        DataStream(
            IndexableDataset({"x": [[1], [2, 3], [4, 5, 6]]}),
            iteration_scheme=ShuffledScheme(3, 2),
        )
    ),
}


def listed(batch):
    return [np.asarray(item).tolist() for item in batch]


@pytest.mark.parametrize("pipeline", PIPELINES)
@pytest.mark.parametrize("read", [0, 1, 2])
def test_streams_go_on_after_pickling(pipeline, read):
    """The rest of this epoch and the next one are the same after saving and loading."""
    stream = PIPELINES[pipeline]()
    iterator = stream.get_epoch_iterator()
    for _ in range(read):
        next(iterator)
    copied_stream, copied_iterator = pickle.loads(pickle.dumps((stream, iterator)))
    rest = [listed(batch) for batch in iterator]
    assert [listed(batch) for batch in copied_iterator] == rest
    epoch = [listed(batch) for batch in stream.get_epoch_iterator()]
    assert [listed(batch) for batch in copied_stream.get_epoch_iterator()] == epoch
    assert epoch


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_an_epoch_can_be_left_early(pipeline):
    stream, other = PIPELINES[pipeline](), PIPELINES[pipeline]()
    next(stream.get_epoch_iterator())
    list(other.get_epoch_iterator())
    assert [listed(batch) for batch in stream.get_epoch_iterator()] == [
        listed(batch) for batch in other.get_epoch_iterator()
    ]


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_dicts_name_every_item(pipeline):
    stream = PIPELINES[pipeline]()
    for batch in stream.get_epoch_iterator(as_dict=True):
        assert tuple(batch) == stream.sources
    stream.reset()
    assert list(stream.get_epoch_iterator())
    stream.next_epoch()
    stream.close()


def test_all_transformers_are_pickled_above():
    built = {type(make()).__name__ for make in PIPELINES.values()}
    inside = {"ScaleAndShift", "SortMapping", "ForceFloatX", "uint8_pixels_to_floatX"}
    leaves = {
        name
        for name in transformers.__all__
        if "Transformer" not in name and "AxisLabels" not in name
    }
    assert leaves - inside <= built
