"""Old names for the time of one test."""

import struct
import sys

import numpy as np
import pytest

from blocks import legacy
from blocks.config import config
from blocks.legacy.finder import LegacyFinder


@pytest.fixture
def installed():
    """Install old names, and leave no trace of them."""
    assert not legacy.installed()
    legacy.install()
    yield
    legacy.uninstall()
    assert not [name for name in sys.modules if name.partition(".")[0] in LegacyFinder.ROOTS]


def idx(array):
    """Return the IDX file of a uint8 array."""
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


def write_mnist(folder, train, test):
    """Write files of MNIST's kind, with so many examples, and return the training set."""
    rng = np.random.default_rng(0)
    for name, count in (("t10k", test), ("train", train)):
        images = rng.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        labels = rng.integers(0, 10, count, dtype=np.uint8)
        (folder / f"{name}-images-idx3-ubyte").write_bytes(idx(images))
        (folder / f"{name}-labels-idx1-ubyte").write_bytes(idx(labels))
    return images, labels


@pytest.fixture
def small_mnist_folder(tmp_path):
    """The data path: a folder with a tiny MNIST; gives its training images and labels."""
    with config.use(data_path=str(tmp_path)):
        yield write_mnist(tmp_path, 30, 20)
