"""Fuel's mnist.hdf5: the same data set as from the IDX files."""

import numpy as np
import pytest

from blocks.datastreams import MNIST
from blocks.datastreams.hdf5 import read_set
from blocks.errors import DataError

h5py = pytest.importorskip("h5py", reason="needs h5py, the extra blocks[hdf5]")


def write(path, small_mnist, indices=None, available=True):
    """Write a file as Fuel's converter does."""
    arrays = {
        "features": np.concatenate(
            [small_mnist["train-images-idx3-ubyte"], small_mnist["t10k-images-idx3-ubyte"]]
        )[:, None],
        "targets": np.concatenate(
            [small_mnist["train-labels-idx1-ubyte"], small_mnist["t10k-labels-idx1-ubyte"]]
        )[:, None],
    }
    dtype = np.dtype(
        [
            ("split", "S5"),
            ("source", "S8"),
            ("start", np.int64),
            ("stop", np.int64),
            ("indices", h5py.special_dtype(ref=h5py.Reference)),
            ("available", bool),
            ("comment", "S1"),
        ]
    )
    with h5py.File(path, "w") as file:
        for name, array in arrays.items():
            file[name] = array
        reference = h5py.Reference()
        if indices is not None:
            file["chosen"] = np.array(indices)
            reference = file["chosen"].ref
        records = [
            (split, source, start, stop, reference, available, b".")
            for split, start, stop in ((b"train", 0, 30), (b"test", 30, 50))
            for source in (b"features", b"targets")
        ]
        file.attrs["split"] = np.array(records, dtype=dtype)
    return arrays


@pytest.mark.parametrize("folder", ["", "mnist"])
def test_mnist_from_hdf5(data_folder, small_mnist, folder):
    (data_folder / folder).mkdir(exist_ok=True)
    arrays = write(data_folder / folder / "mnist.hdf5", small_mnist)
    for which_set, rows in (("train", slice(0, 30)), ("test", slice(30, 50))):
        dataset = MNIST(which_set)
        for item, source in zip(
            dataset.get_data(request=slice(None)), ("features", "targets"), strict=True
        ):
            assert item.dtype == np.uint8
            assert not item.flags.writeable
            np.testing.assert_array_equal(item, arrays[source][rows])


def test_idx_files_come_first(mnist_folder):
    (mnist_folder / "mnist.hdf5").write_bytes(b"not read")
    assert MNIST("train").num_examples == 30


def test_sets_given_by_indices(tmp_path, small_mnist):
    path = tmp_path / "some.hdf5"
    arrays = write(path, small_mnist, indices=[7, 3, 40])
    (features,) = read_set(path, "train", ("features",))
    np.testing.assert_array_equal(features, arrays["features"][[7, 3, 40]])


def test_bad_files(data_folder, small_mnist):
    path = data_folder / "mnist.hdf5"
    path.write_bytes(b"this is no HDF5 file")
    with pytest.raises(DataError, match=r"mnist.hdf5: expected a complete HDF5 file"):
        MNIST("train")
    with h5py.File(path, "w") as file:
        file["features"] = np.zeros(3)
    with pytest.raises(DataError, match="with the attribute 'split', got"):
        MNIST("train")
    write(path, small_mnist)
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(DataError, match="truncated or corrupt"):
        MNIST("train")


def test_a_missing_set(tmp_path, small_mnist):
    path = tmp_path / "some.hdf5"
    write(path, small_mnist)
    with pytest.raises(DataError, match=r"source train/feature, got only .*Did you mean"):
        read_set(path, "train", ("feature",))
    write(path, small_mnist, available=False)
    with pytest.raises(DataError, match="source train/features, got only"):
        read_set(path, "train", ("features",))


def test_without_h5py(data_folder, small_mnist, monkeypatch):
    write(data_folder / "mnist.hdf5", small_mnist)
    monkeypatch.setitem(__import__("sys").modules, "h5py", None)
    with pytest.raises(ImportError, match=r"pip install blocks\[hdf5\]"):
        MNIST("train")
