"""Transformers: a table of what each one yields, dtypes, views, labels and errors."""

import logging

import numpy as np
import pytest

from blocks.datastreams import (
    AgnosticSourcewiseTransformer,
    AgnosticTransformer,
    Batch,
    Cache,
    Cast,
    ConstantScheme,
    DataStream,
    ExpectsAxisLabels,
    Filter,
    FilterSources,
    Flatten,
    ForceFloatX,
    IndexableDataset,
    IterableDataset,
    Mapping,
    Merge,
    Padding,
    Rename,
    ScaleAndShift,
    SequentialExampleScheme,
    SequentialScheme,
    SortMapping,
    SourcewiseTransformer,
    Transformer,
    Unpack,
)
from blocks.datastreams.transformers import AxisLabelsMismatchError

LABELS = {"x": ("batch", "time", "feature"), "y": ("batch",)}


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


def epoch(stream):
    return [tuple(np.asarray(i).tolist() for i in data) for data in stream.get_epoch_iterator()]


RAGGED = [[1], [2, 3], [4, 5, 6]]
YIELDS = {
    "flatten batches": (
        lambda: Flatten(batches()),
        [([[0, 1, 2, 3], [4, 5, 6, 7]], [[2], [0]]), ([[8, 9, 10, 11]], [[1]])],
    ),
    "flatten one source": (
        lambda: Flatten(batches(3), which_sources=("x",)),
        [([[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]], [2, 0, 1])],
    ),
    "flatten examples": (
        lambda: Flatten(examples(x=np.arange(8).reshape(2, 2, 2))),
        [([0, 1, 2, 3],), ([4, 5, 6, 7],)],
    ),
    "scale and shift": (
        lambda: ScaleAndShift(examples(), 0.5, 1, which_sources=("y",)),
        [(0, 1.0), (1, 6.0), (2, 11.0), (3, 16.0)],
    ),
    "scale and shift by arrays": (
        lambda: ScaleAndShift(batches(4, x=np.ones((4, 2))), np.array([2, 3]), np.array([0, 1])),
        [([[2, 4]] * 4,)],
    ),
    "cast": (lambda: Cast(examples(x=np.array([1.5, 2.5])), "int8"), [(1,), (2,)]),
    "mapping": (
        lambda: Mapping(examples(), lambda data: (data[0] + 1, data[1])),
        [(1, 0), (2, 10), (3, 20), (4, 30)],
    ),
    "mapping of dicts": (
        lambda: Mapping(
            examples(), lambda data: {"y": data["x"], "x": data["y"]}, mapping_accepts=dict
        ),
        [(0, 0), (10, 1), (20, 2), (30, 3)],
    ),
    "mapping that adds sources": (
        lambda: Mapping(examples(), lambda data: (data[0] ** 2,), add_sources=("z",)),
        [(0, 0, 0), (1, 10, 1), (2, 20, 4), (3, 30, 9)],
    ),
    "mapping of dicts that adds sources": (
        lambda: Mapping(
            examples(), lambda d: {"z": d["x"] ** 2}, add_sources=["z"], mapping_accepts=dict
        ),
        [(0, 0, 0), (1, 10, 1), (2, 20, 4), (3, 30, 9)],
    ),
    "sorted": (
        lambda: Mapping(batches(3), SortMapping(lambda example: example[1])),
        [([[[4, 5], [6, 7]], [[8, 9], [10, 11]], [[0, 1], [2, 3]]], [0, 1, 2])],
    ),
    "sorted in reverse": (
        lambda: Mapping(batches(3, x=[3, 9, 5]), SortMapping(lambda e: e[0], reverse=True)),
        [([9, 5, 3],)],
    ),
    "filter": (lambda: Filter(examples(), lambda data: data[0] % 2), [(1, 10), (3, 30)]),
    "filter of batches": (lambda: Filter(batches(2, x=[1, 2, 3]), lambda b: 3 in b[0]), [([3],)]),
    "filter sources": (lambda: FilterSources(examples(), ("y",)), [(0,), (10,), (20,), (30,)]),
    "filter sources keeps the order": (
        lambda: FilterSources(examples(), ("y", "x")),
        [(0, 0), (1, 10), (2, 20), (3, 30)],
    ),
    "rename": (lambda: Rename(examples(x=[1, 2]), {"x": "z"}), [(1,), (2,)]),
    "batch": (
        lambda: Batch(examples(), ConstantScheme(3)),
        [([0, 1, 2], [0, 10, 20]), ([3], [30])],
    ),
    "batch, strictness 1": (
        lambda: Batch(examples(), ConstantScheme(3), strictness=1),
        [([0, 1, 2], [0, 10, 20])],
    ),
    "batch that fits, strictness 2": (
        lambda: Batch(examples(), ConstantScheme(2), strictness=2),
        [([0, 1], [0, 10]), ([2, 3], [20, 30])],
    ),
    "batch of some examples": (
        lambda: Batch(examples(), ConstantScheme(3, times=1)),
        [([0, 1, 2], [0, 10, 20])],
    ),
    "unpack": (lambda: Unpack(batches(2, x=[7, 8, 9])), [(7,), (8,), (9,)]),
    "cache": (
        lambda: Cache(batches(3, x=np.arange(7)), ConstantScheme(2)),
        [([0, 1],), ([2, 3],), ([4, 5],), ([6],)],
    ),
    "cache of lists": (
        lambda: Cache(batches(3, x=list("abcd")), ConstantScheme(2)),
        [(["a", "b"],), (["c", "d"],)],
    ),
    "cache of larger batches": (
        lambda: Cache(batches(1, x=np.arange(3)), ConstantScheme(2)),
        [([0, 1],), ([2],)],
    ),
    "padding": (
        lambda: Padding(batches(3, x=RAGGED)),
        [([[1, 0, 0], [2, 3, 0], [4, 5, 6]], [[1, 0, 0], [1, 1, 0], [1, 1, 1]])],
    ),
    "padding of one source": (
        lambda: Padding(batches(2, x=RAGGED, y=[7, 8, 9]), mask_sources=("x",)),
        [([[1, 0], [2, 3]], [[1, 0], [1, 1]], [7, 8]), ([[4, 5, 6]], [[1, 1, 1]], [9])],
    ),
    "padding of matrices": (
        lambda: Padding(batches(2, x=[[[1, 1]], [[2, 2], [3, 3]]])),
        [([[[1, 1], [0, 0]], [[2, 2], [3, 3]]], [[1, 0], [1, 1]])],
    ),
    "merge": (
        lambda: Merge((examples(x=[1, 2]), examples(y=[3, 4, 5])), ("a", "b")),
        [(1, 3), (2, 4)],
    ),
}


@pytest.mark.parametrize("case", YIELDS)
def test_yields(case):
    make, expected = YIELDS[case]
    stream = make()
    for _ in range(2):
        assert epoch(stream) == expected


@pytest.mark.parametrize(
    ("stream", "sources"),
    [
        (Padding(batches()), ("x", "x_mask", "y", "y_mask")),
        (Padding(batches(), mask_sources=("y",)), ("x", "y", "y_mask")),
        (Mapping(examples(), len, add_sources=("z",)), ("x", "y", "z")),
        (Rename(examples(), {"x": "y", "y": "x"}), ("y", "x")),
        (Rename(examples(), {"a": "b", "x": "z"}, on_non_existent="ignore"), ("z", "y")),
        (FilterSources(examples(), "y"), ("y",)),
        (Merge([examples(), examples(x=[1])], "abc"), ("a", "b", "c")),
    ],
)
def test_sources(stream, sources):
    assert stream.sources == sources


@pytest.mark.parametrize(
    ("make", "from_batches", "examples_out"),
    [
        (Flatten, True, False),
        (Flatten, False, True),
        (lambda s: Mapping(s, tuple), True, False),
        (lambda s: Filter(s, bool), False, True),
        (lambda s: Batch(s, ConstantScheme(2)), False, False),
        (Unpack, True, True),
        (lambda s: Cache(s, ConstantScheme(2)), True, False),
        (lambda s: Merge((s, s), "abcd"), True, False),
        (lambda s: Merge((s, s), "abcd"), False, True),
        (Transformer, False, True),
    ],
)
def test_produces_examples(make, from_batches, examples_out):
    assert make(batches() if from_batches else examples()).produces_examples is examples_out


@pytest.mark.parametrize(
    ("make", "labels"),
    [
        (Flatten, {"x": ("batch", "feature"), "y": ("batch", "feature")}),
        (lambda s: Flatten(s, which_sources=("x",)), {**LABELS, "x": ("batch", "feature")}),
        (lambda s: ScaleAndShift(s, 1, 0), LABELS),
        (lambda s: Cast(s, "int8"), LABELS),
        (ForceFloatX, LABELS),
        (lambda s: Filter(s, bool), LABELS),
        (lambda s: FilterSources(s, ("y",)), {"y": ("batch",)}),
        (lambda s: Rename(s, {"y": "z"}), {"x": LABELS["x"], "z": ("batch",)}),
        (Unpack, {"x": ("time", "feature"), "y": ()}),
        (lambda s: Batch(Unpack(s), ConstantScheme(2)), LABELS),
        (lambda s: Cache(s, ConstantScheme(2)), LABELS),
        (lambda s: Flatten(Unpack(s)), {"x": ("feature",), "y": ("feature",)}),
        (lambda s: Mapping(s, tuple), None),
        (lambda s: Mapping(s, tuple, axis_labels=LABELS), LABELS),
        (lambda s: Merge((s, s), "abcd", axis_labels={"a": ("batch",)}), {"a": ("batch",)}),
    ],
)
def test_axis_labels(make, labels):
    stream = batches()
    stream.axis_labels = LABELS
    assert make(stream).axis_labels == labels


def test_verify_axis_labels(caplog):
    checker = ExpectsAxisLabels()
    checker.verify_axis_labels(("batch", "time"), ("batch", "time"), "x")
    assert not caplog.records
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            checker.verify_axis_labels(("batch",), None, "y")
    assert [record.getMessage() for record in caplog.records] == [
        "ExpectsAxisLabels: expected axes ('batch',) of source 'y', got no axis labels to check."
    ]
    with pytest.raises(AxisLabelsMismatchError, match=r"expected axes \('batch',\) of source 'z'"):
        checker.verify_axis_labels(("batch",), ("time",), "z")


class AddOne(SourcewiseTransformer):
    def __init__(self, data_stream, **kwargs):
        super().__init__(data_stream, data_stream.produces_examples, **kwargs)

    def transform_source_example(self, source_example, source_name):
        return source_example + 1

    def transform_source_batch(self, source_batch, source_name):
        return source_batch + 1


class Name(AgnosticSourcewiseTransformer):
    def transform_any_source(self, source_data, source_name):
        return source_name


class Swap(AgnosticTransformer):
    def transform_any(self, data):
        return data[::-1]


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (lambda: AddOne(examples(x=[1, 2], y=[3, 4]), which_sources=("y",)), [(1, 4), (2, 5)]),
        (lambda: AddOne(batches(2, x=np.array([1, 2]))), [([2, 3],)]),
        (lambda: Name(examples(x=[1], y=[2]), True, which_sources=["y"]), [(1, "y")]),
        (lambda: Name(batches(2, x=[1, 2]), False), [("x",)]),
        (lambda: Swap(examples(x=[1], y=[2])), [(2, 1)]),
        (lambda: Swap(batches(1, x=[1], y=[2])), [([2], [1])]),
    ],
)
def test_own_transformers(stream, expected):
    assert epoch(stream()) == expected


def test_rename_can_warn():
    with pytest.warns(UserWarning, match="Rename: expected names among x, y, got a; ignored"):
        stream = Rename(examples(), {"a": "b"}, on_non_existent="warn")
    assert stream.sources == ("x", "y")


def test_batch_of_an_iterable_dataset():
    stream = Batch(DataStream(IterableDataset(range(5))), ConstantScheme(2))
    assert epoch(stream) == [([0, 1],), ([2, 3],), ([4],)]
