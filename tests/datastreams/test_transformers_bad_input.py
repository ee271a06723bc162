"""Transformers: bad input gets a clear error, as early as it can be seen."""

import numpy as np
import pytest

from blocks.datastreams import (
    Batch,
    Cache,
    ConstantScheme,
    DataStream,
    Filter,
    FilterSources,
    Flatten,
    IndexableDataset,
    Mapping,
    Merge,
    Padding,
    Rename,
    SequentialExampleScheme,
    SequentialScheme,
    SourcewiseTransformer,
    Transformer,
    Unpack,
)
from blocks.errors import DataError, ShapeError, SourceError


def batches(size=2, **sources):
    sources = sources or {
        "x": np.arange(12).reshape(3, 2, 2),
        "y": np.array([2, 0, 1]),
    }
    dataset = IndexableDataset(sources)
    count = dataset.num_examples
    return DataStream(dataset, iteration_scheme=SequentialScheme(count, size))


def examples(**sources):
    sources = sources or {"x": np.arange(4), "y": np.arange(4) * 10}
    dataset = IndexableDataset(sources)
    return DataStream(dataset, iteration_scheme=SequentialExampleScheme(dataset.num_examples))


def drain(stream):
    return lambda: list(stream().get_epoch_iterator())


BAD = [
    (lambda: Batch(batches(), ConstantScheme(2)), DataError, "Batch: expected a stream of ex"),
    (lambda: Batch(examples(), ConstantScheme(2), strictness=3), DataError, "strictness 0, 1 or"),
    (
        drain(lambda: Batch(examples(), ConstantScheme(3), strictness=2)),
        DataError,
        "Batch: expected 3 examples for the last batch, got 1",
    ),
    (
        drain(lambda: Batch(examples(), SequentialScheme(4, 2))),
        DataError,
        r"Batch: expected a number of examples as request, got \[0, 1\]",
    ),
    (lambda: Unpack(examples()), DataError, "Unpack: expected a stream of batches"),
    (lambda: Cache(examples(), ConstantScheme(2)), DataError, "Cache: expected a stream of ba"),
    (lambda: Padding(examples()), DataError, "Padding: expected a stream of batches"),
    (
        lambda: Padding(batches(), mask_sources=("xx",)),
        SourceError,
        "Padding: expected mask_sources among x, y, got 'xx'",
    ),
    (
        drain(lambda: Padding(batches(2, x=[1, 2]))),
        ShapeError,
        "Padding: expected sequences in source 'x', got numbers",
    ),
    (
        drain(lambda: Padding(batches(2, x=[np.zeros((2, 3)), np.zeros((2, 4))]))),
        ShapeError,
        r"differ in length only, got shapes \(2, 3\), \(2, 4\)",
    ),
    (
        lambda: Flatten(batches(), which_sources=("X",)),
        SourceError,
        "Flatten: expected which_sources among x, y, got 'X'",
    ),
    (lambda: FilterSources(batches(), ("z",)), SourceError, "FilterSources: .* x, y, got 'z'"),
    (lambda: Rename(batches(), {"z": "a"}), SourceError, "Rename: .* x, y, got 'z'"),
    (lambda: Rename(batches(), {"x": "y"}), SourceError, "distinct source names, got y, y"),
    (lambda: Rename(batches(), {}, on_non_existent="?"), DataError, "'raise', 'warn' or 'igno"),
    (
        lambda: Merge((batches(), examples()), "abcd"),
        DataError,
        "Merge: expected streams that all yield examples",
    ),
    (lambda: Merge((batches(),), ("a",)), SourceError, "Merge: expected 2 source names for 1 st"),
    (lambda: Mapping(batches(), tuple, add_sources=("x",)), SourceError, "got x, y, x"),
    (lambda: Mapping(batches(), tuple, mapping_accepts=set), DataError, "to be list or dict"),
    (
        drain(lambda: Mapping(batches(), lambda data: data[0])),
        SourceError,
        "expected a tuple for the sources x, y from the mapping, got ndarray",
    ),
    (
        drain(lambda: Mapping(batches(), lambda data: (1,))),
        SourceError,
        "for the sources x, y from the mapping, got 1 items",
    ),
    (
        drain(lambda: Mapping(batches(), lambda data: {"x": 1}, mapping_accepts=dict)),
        SourceError,
        "expected a dict with the sources x, y from the mapping, got x",
    ),
    (
        drain(lambda: Transformer(examples(), produces_examples=False)),
        NotImplementedError,
        "Transformer: expected a stream of batches, got one of examples",
    ),
    (drain(lambda: Transformer(examples())), NotImplementedError, "method transform_example"),
    (drain(lambda: Transformer(batches())), NotImplementedError, "method transform_batch"),
    (
        drain(lambda: SourcewiseTransformer(examples(), True)),
        NotImplementedError,
        "method transform_source_example",
    ),
    (
        drain(lambda: SourcewiseTransformer(batches(), False)),
        NotImplementedError,
        "method transform_source_batch",
    ),
    (
        drain(lambda: Unpack(Mapping(batches(2), lambda data: (data[0], data[1][:1])))),
        ShapeError,
        "Unpack: expected batches with as many examples for each source, got x: 2, y: 1",
    ),
    *(
        (lambda make=make: make().get_data([0]), DataError, "expected no request, got \\[0\\]")
        for make in (
            lambda: Flatten(batches()),
            lambda: Mapping(batches(), tuple),
            lambda: Filter(batches(), bool),
            lambda: Unpack(batches()),
            lambda: Merge((batches(),), "ab"),
        )
    ),
]


@pytest.mark.parametrize(("make", "error", "message"), BAD)
def test_bad_input(make, error, message):
    with pytest.raises(error, match=message):
        make()
