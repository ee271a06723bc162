"""MNIST and Digits: shapes, dtypes, subsets, pickling, and files that are wrong."""

import gzip
import mmap
import pickle
import time

import numpy as np
import pytest

from blocks.config import config
from blocks.datastreams import MNIST, DataStream, Digits, Flatten, SequentialScheme
from blocks.datastreams.builtin import mnist as mnist_module
from blocks.datastreams.files import read_idx
from blocks.errors import DataError, IndexRangeError, SourceError


def idx(array):
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return b"\x00\x00\x08" + bytes([array.ndim]) + sizes + array.tobytes()


@pytest.mark.parametrize(
    ("make", "train", "test", "size"), [(MNIST, 30, 20, 28), (Digits, 1397, 400, 8)]
)
def test_common_interface(mnist_folder, make, train, test, size):
    for which_sets, count in (
        ("train", train),
        (("train",), train),
        (["test"], test),
        (("train", "test"), train + test),
    ):
        dataset = make(which_sets)
        assert dataset.num_examples == count
        assert dataset.sources == dataset.provides_sources == ("features", "targets")
        assert dataset.axis_labels == {
            "features": ("batch", "channel", "height", "width"),
            "targets": ("batch", "index"),
        }
        features, targets = dataset.get_data(request=slice(None))
        assert (features.dtype, targets.dtype) == (np.uint8, np.uint8)
        assert features.shape == (count, 1, size, size)
        assert targets.shape == (count, 1)
        example = dataset.get_data(request=3)
        assert [item.shape for item in example] == [(1, size, size), (1,)]


@pytest.mark.parametrize("make", [MNIST, Digits])
@pytest.mark.parametrize("floatX", ["float32", "float64"])
def test_default_stream(mnist_folder, make, floatX):
    dataset = make("test")
    top = 255 if make is MNIST else 16
    with config.use(floatX=floatX):
        stream = Flatten(
            DataStream.default_stream(dataset, iteration_scheme=SequentialScheme(20, 8))
        )
    batches = list(stream.get_epoch_iterator(as_dict=True))
    assert [len(batch["targets"]) for batch in batches] == [8, 8, 4]
    features = np.concatenate([batch["features"] for batch in batches])
    raw = dataset.get_data(request=slice(0, 20))[0].reshape(20, -1)
    assert features.dtype == floatX
    np.testing.assert_array_equal(features, (raw * (1.0 / top)).astype(floatX))
    assert batches[0]["targets"].shape == (8, 1)


@pytest.mark.parametrize("make", [MNIST, Digits])
@pytest.mark.parametrize(
    ("subset", "rows"), [(slice(5, 9), [5, 6, 7, 8]), ([7, 2], [7, 2]), (slice(0, 6, 2), [0, 2, 4])]
)
def test_subset(mnist_folder, make, subset, rows):
    whole, part = make("train"), make("train", subset=subset)
    assert part.num_examples == len(rows)
    for item, other in zip(
        part.get_data(request=slice(None)), whole.get_data(request=slice(None)), strict=True
    ):
        np.testing.assert_array_equal(item, other[rows])


def test_subsets_and_batches_are_views_of_shared_read_only_arrays(mnist_folder):
    whole, again, part = MNIST("train"), MNIST("train"), MNIST("train", subset=slice(3, 8))
    features = whole.indexables[0]
    assert not features.flags.writeable
    assert np.shares_memory(features, again.indexables[0])
    assert np.shares_memory(features, part.get_data(request=[1, 2])[0])


@pytest.mark.parametrize("make", [MNIST, Digits])
def test_chosen_sources(mnist_folder, make):
    dataset = make("test", sources=("targets",))
    assert dataset.sources == ("targets",)
    stream = DataStream.default_stream(dataset, iteration_scheme=SequentialScheme(4, 4))
    ((targets,),) = stream.get_epoch_iterator()
    assert targets.dtype == np.uint8
    with pytest.raises(SourceError, match=r"got 'feature'\. Did you mean 'features'"):
        make("test", sources=("feature",))


@pytest.mark.parametrize("make", [MNIST, Digits])
def test_older_keyword(mnist_folder, make):
    with pytest.warns(DeprecationWarning, match="which_set is the older name of which_sets"):
        dataset = make(which_set="test")
    assert dataset.which_sets == ("test",)


@pytest.mark.parametrize("make", [MNIST, Digits])
def test_pickling_leaves_the_data_in_the_files(mnist_folder, make):
    dataset = make("train", subset=slice(2, 9))
    features = dataset.indexables[0]
    saved = pickle.dumps(dataset)
    assert len(saved) < 2000
    assert b"indexables" not in saved
    loaded = pickle.loads(saved)
    assert loaded.num_examples == 7
    np.testing.assert_array_equal(loaded.get_data(request=slice(None))[0], features)


def test_a_pickled_data_set_needs_its_files_only_when_used(mnist_folder):
    saved = pickle.dumps(MNIST("train"))
    for path in mnist_folder.iterdir():
        path.unlink()
    loaded = pickle.loads(saved)
    assert loaded.num_examples == 30
    with pytest.raises(DataError, match=r"train-images-idx3-ubyte.gz: expected the file"):
        loaded.get_data(request=[0])


def test_load_in_memory(mnist_folder):
    on_disk, in_memory = MNIST("test", load_in_memory=False), MNIST("test")
    base = on_disk.indexables[0]
    while isinstance(base, np.ndarray):
        base = base.base
    assert isinstance(base, mmap.mmap)
    for item, other in zip(
        on_disk.get_data(request=[4, 1]), in_memory.get_data(request=[4, 1]), strict=True
    ):
        assert type(item) is np.ndarray
        np.testing.assert_array_equal(item, other)
    assert MNIST("train", load_in_memory=False).num_examples == 30


def test_the_sub_folder_mnist(mnist_folder):
    (mnist_folder / "mnist").mkdir()
    for path in list(mnist_folder.glob("*ubyte*")):
        path.rename(mnist_folder / "mnist" / path.name)
    assert MNIST("train").num_examples == 30


@pytest.mark.parametrize("make", [MNIST, Digits])
@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"which_sets": "tset"}, r"which_sets among train, test, got 'tset'\. Did you mean 'test'"),
        ({"which_sets": ("train", "valid")}, "which_sets among train, test, got 'valid'"),
        ({}, r"expected which_sets among train, test, got None\. Write for example"),
        ({"which_sets": ()}, r"got \(\)"),
        ({"which_sets": "train", "subset": slice(0, 0)}, "at least one example, got none"),
        ({"which_sets": "train", "subset": [1, 1]}, "expected distinct indices, got 1 2 times"),
    ],
)
def test_bad_arguments(mnist_folder, make, kwargs, message):
    with pytest.raises(DataError, match=message):
        make(**kwargs)


def test_a_subset_beyond_the_data(mnist_folder):
    with pytest.raises(IndexRangeError, match="expected a slice of 30 examples"):
        MNIST("train", subset=slice(0, 31))


TEST_IMAGES, TEST_LABELS = mnist_module.FILES["test"]
WRONG_FILES = {
    "labels out of range": (
        TEST_LABELS,
        idx(np.array([1] * 19 + [10], np.uint8)),
        IndexRangeError,
        "expected labels from 0 to 9, got 10 at example 19",
    ),
    "fewer labels than images": (
        TEST_LABELS,
        idx(np.zeros(19, np.uint8)),
        DataError,
        "expected as many labels as images, got 19 labels and 20 images",
    ),
    "images of another size": (
        TEST_IMAGES,
        idx(np.zeros((20, 8, 8), np.uint8)),
        DataError,
        r"expected images of 28 x 28 pixels, got \(8, 8\)",
    ),
    "labels in the place of images": (
        TEST_IMAGES,
        idx(np.zeros(20, np.uint8)),
        DataError,
        r"expected 3 axes, got 1 of sizes \(20,\)",
    ),
    "truncated": (
        TEST_IMAGES,
        idx(np.zeros((20, 28, 28), np.uint8))[:-1],
        DataError,
        r"expected 15696 bytes for an array of shape \(20, 28, 28\), got 15695",
    ),
    "not an IDX file": (TEST_IMAGES, b"<html></html>", DataError, "expected an IDX file of uint8"),
}


@pytest.mark.parametrize("case", WRONG_FILES)
@pytest.mark.parametrize("load_in_memory", [True, False])
def test_wrong_files(mnist_folder, case, load_in_memory):
    name, content, error, message = WRONG_FILES[case]
    (mnist_folder / name).write_bytes(content)
    with pytest.raises(error, match=message) as caught:
        MNIST("test", load_in_memory=load_in_memory)
    assert str(mnist_folder / name) in str(caught.value)


def test_a_truncated_compressed_file(mnist_folder):
    path = mnist_folder / "train-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(DataError, match=r"train-images.*complete gzip file, got a truncated"):
        MNIST("train")


def test_digits_are_those_of_uci():
    train, test = Digits("train").indexables, Digits("test").indexables
    features = np.concatenate([train[0], test[0]])
    targets = np.concatenate([train[1], test[1]])[:, 0]
    assert len(targets) == 1797
    assert features.max() == 16
    assert features.sum(dtype=int) == 561718
    assert features[0, 0, 0].tolist() == [0, 0, 5, 13, 9, 1, 0, 0]
    assert np.bincount(targets).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_digits_can_be_learned():
    """The mean image of each class is a sound classifier of real digits."""
    (x, y), (x_test, y_test) = (Digits(which).indexables for which in ("train", "test"))
    x, x_test = (images.reshape(len(images), 64).astype(float) for images in (x, x_test))
    means = np.stack([x[y[:, 0] == label].mean(axis=0) for label in range(10)])
    distances = ((x_test[:, None] - means) ** 2).sum(axis=2)
    assert (distances.argmin(axis=1) != y_test[:, 0]).mean() < 0.15


def test_the_real_mnist(real_mnist):
    train, test = MNIST("train"), MNIST(("test",))
    assert (train.num_examples, test.num_examples) == (60000, 10000)
    assert train.indexables[1][:8, 0].tolist() == [5, 0, 4, 1, 9, 2, 1, 3]
    assert test.indexables[1][:5, 0].tolist() == [7, 2, 1, 0, 4]
    assert round(float(train.indexables[0].mean()), 4) == 33.3184
    assert MNIST(("train", "test")).num_examples == 70000


def test_checksums_are_those_of_the_real_mnist(real_mnist):
    import hashlib

    for name, checksum in mnist_module.CHECKSUMS.items():
        content = gzip.decompress((real_mnist / f"{name}.gz").read_bytes())
        assert hashlib.sha256(content).hexdigest() == checksum


def test_a_second_mnist_costs_nothing(real_mnist):
    MNIST("train")
    read = read_idx(real_mnist / "train-images-idx3-ubyte.gz", 3)
    start = time.perf_counter()
    again = MNIST("train")
    assert time.perf_counter() - start < 0.1
    assert np.shares_memory(again.indexables[0], read)
