"""MNIST: 70,000 handwritten digits, found in the data path or downloaded.

Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database of handwritten digits", 1998.
Licence: CC BY-SA 3.0.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from blocks.datastreams.builtin.images import LabelledImages
from blocks.datastreams.files import download, find_file, map_idx, read_idx
from blocks.datastreams.hdf5 import read_set
from blocks.datastreams.transformers import uint8_pixels_to_floatX
from blocks.errors import DataError

__all__ = ["MNIST"]

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist",
    "https://storage.googleapis.com/cvdf-datasets/mnist",
    "http://yann.lecun.com/exdb/mnist",
)

FILES = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}

# SHA-256 of the decompressed files: each mirror has gzip wrappers of its own.
CHECKSUMS = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}


class MNIST(LabelledImages):
    """The MNIST digits: 60,000 for training and 10,000 for testing, 28 x 28 pixels.

    Looks in each folder of ``config.data_path``, and its sub-folder ``mnist``, for the four
    IDX files, compressed (``.gz``) or not, or Fuel's ``mnist.hdf5``; else downloads the IDX
    files. Sources: ``features``, uint8 (n, 1, 28, 28), and ``targets``, uint8 (n, 1). The
    default stream scales features to [0, 1] in floatX.

    Parameters
    ----------
    which_sets
        ``"train"``, ``"test"`` or both.
    subset, load_in_memory, which_set, **kwargs
        As of LabelledImages.

    Raises
    ------
    DataError
        If the files are neither found nor downloaded, or are truncated or corrupt.

    Examples
    --------
    ``MNIST("train", subset=slice(0, 50000))`` leaves 10,000 examples to validate on:
    ``MNIST("train", subset=slice(50000, None))``.

    >>> MNIST.set_names
    ('train', 'test')
    """

    set_names = ("train", "test")
    num_classes = 10
    default_transformers = uint8_pixels_to_floatX(("features",))

    def _read_set(self, which_set: str) -> tuple[np.ndarray, np.ndarray, str]:
        names = FILES[which_set]
        found = [find_file([name, f"{name}.gz"], "mnist") for name in names]
        store = find_file(["mnist.hdf5"], "mnist")
        if store is not None and None in found:
            images, labels = read_set(store, which_set, ("features", "targets"))
            return images, labels.reshape(-1), str(store)
        paths = [
            path or download(f"{name}.gz", MIRRORS, CHECKSUMS[name], "mnist")
            for path, name in zip(found, names, strict=True)
        ]
        images, labels = self._read(paths[0], 3), self._read(paths[1], 1)
        if images.shape[1:] != (28, 28):
            raise DataError(
                f"{paths[0]}: expected images of 28 x 28 pixels, got {images.shape[1:]}. "
                "It is another data set's file; get MNIST's."
            )
        return images, labels, " and ".join(map(str, paths))

    def _read(self, path: Path, ndim: int) -> np.ndarray:
        if self.load_in_memory or path.name.endswith(".gz"):
            return read_idx(path, ndim)
        return map_idx(path, ndim)
