"""Transformers: dtypes, exact numbers, views and masks."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from blocks.config import config
from blocks.datastreams import (
    Batch,
    Cache,
    Cast,
    ConstantScheme,
    DataStream,
    Flatten,
    ForceFloatX,
    IndexableDataset,
    Padding,
    ScaleAndShift,
    SequentialExampleScheme,
    SequentialScheme,
    Unpack,
)
from blocks.datastreams.transformers import uint8_pixels_to_floatX

RAGGED = [[1], [2, 3], [4, 5, 6]]


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


@pytest.mark.parametrize("floatX", ["float32", "float64"])
def test_pixels_equal_those_of_fuel_bit_for_bit(floatX):
    pixels = np.arange(256, dtype=np.uint8).reshape(4, 64)
    with config.use(floatX=floatX):
        stream = batches(4, features=pixels)
        for transformer, arguments, keywords in uint8_pixels_to_floatX(("features",)):
            stream = transformer(stream, *arguments, **keywords)
    ((scaled,),) = stream.get_epoch_iterator()
    assert scaled.dtype == floatX
    np.testing.assert_array_equal(scaled, (pixels * (1 / 255.0)).astype(floatX))


@pytest.mark.parametrize("scale", [1 / 255.0, 1 / 16.0, 0.3, -0.25, 3, np.float64(0.5)])
@pytest.mark.parametrize("shift", [0, 0.5, -1])
@pytest.mark.parametrize("floatX", ["float32", "float64"])
@pytest.mark.parametrize(
    ("dtype", "kept"),
    [("uint8", False), ("int64", False), ("bool", False), ("float32", True), ("float64", True)],
)
def test_scale_and_shift(scale, shift, floatX, dtype, kept):
    data = np.array([[0, 1, 7], [100, 200, 255]]).astype(dtype)
    with config.use(floatX=floatX):
        stream = ScaleAndShift(batches(2, x=data), scale, shift)
    ((scaled,),) = stream.get_epoch_iterator()
    expected = dtype if kept else floatX
    assert scaled.dtype == expected
    tolerance = 1e-6 if expected == "float32" else 0
    exact = data.astype("float64") * scale + shift
    np.testing.assert_allclose(scaled, exact, rtol=tolerance, atol=tolerance)


def test_float32_pixels_make_no_float64_temporary():
    pixels = np.zeros((256, 1, 28, 28), dtype=np.uint8)
    with config.use(floatX="float32"):
        stream = Cast(ScaleAndShift(batches(256, x=pixels), 1 / 255.0, 0), "floatX")
    iterator = stream.get_epoch_iterator()
    tracemalloc.start()
    try:
        (scaled,) = next(iterator)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert scaled.dtype == np.float32
    assert peak < scaled.nbytes + 100_000


@pytest.mark.parametrize(
    ("data", "dtype"),
    [
        (np.zeros(2, "float64"), "float32"),
        (np.zeros(2, "float32"), "float32"),
        (np.zeros(2, "int64"), "int64"),
        (np.zeros(2, "uint8"), "uint8"),
    ],
)
def test_force_floatx(data, dtype):
    with config.use(floatX="float32"):
        stream = ForceFloatX(batches(2, x=data))
    assert next(stream.get_epoch_iterator())[0].dtype == dtype


def test_force_floatx_leaves_other_data_alone():
    assert next(ForceFloatX(batches(2, x=["a", "b"])).get_epoch_iterator()) == (["a", "b"],)


@pytest.mark.parametrize(
    ("make", "kind", "first"),
    [
        (lambda s: ScaleAndShift(s, 2, 0), "f", [2.0]),
        (lambda s: Cast(s, "float32"), "f", [1.0]),
        (Flatten, "i", [1]),
        (ForceFloatX, "i", [1]),
    ],
)
def test_examples_of_unequal_shapes(make, kind, first):
    batch = Batch(examples(x=[np.array(x) for x in RAGGED]), ConstantScheme(3))
    ((ragged,),) = make(batch).get_epoch_iterator()
    assert ragged.dtype == object
    assert [len(example) for example in ragged] == [1, 2, 3]
    assert all(example.dtype.kind == kind for example in ragged)
    assert ragged[0].tolist() == first


def test_views():
    features = np.arange(12.0).reshape(3, 2, 2)
    for make in (Flatten, lambda s: Cast(s, "float64"), Unpack, ForceFloatX):
        data = next(make(batches(3, x=features)).get_epoch_iterator())[0]
        assert np.shares_memory(data, features)
    cached = next(Cache(batches(3, x=features), ConstantScheme(2)).get_epoch_iterator())[0]
    assert np.shares_memory(cached, features)


@pytest.mark.parametrize(("mask_dtype", "dtype"), [(None, "float32"), ("uint8", "uint8")])
def test_mask_dtype(mask_dtype, dtype):
    with config.use(floatX="float32"):
        stream = Padding(batches(3, x=RAGGED), mask_dtype=mask_dtype)
    assert next(stream.get_epoch_iterator())[1].dtype == dtype


def test_padding_keeps_fractions_of_later_examples():
    ((data, _),) = Padding(batches(2, x=[[1, 2], [0.5]])).get_epoch_iterator()
    assert data.tolist() == [[1, 2], [0.5, 0]]


@given(
    st.lists(
        hnp.arrays("int32", st.tuples(st.integers(0, 5), st.just(2))), min_size=1, max_size=6
    ).filter(lambda sequences: any(len(sequence) for sequence in sequences))
)
def test_padding_masks_exactly_the_data(sequences):
    ((data, mask),) = Padding(batches(len(sequences), x=sequences)).get_epoch_iterator()
    assert data.dtype == np.int32
    for row, row_mask, sequence in zip(data, mask, sequences, strict=True):
        np.testing.assert_array_equal(row[row_mask == 1], sequence)
        assert not row[row_mask == 0].any()
