"""MNIST in memory as uint8, or noise of its shape where MNIST is not on disk."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from blocks.datastreams import MNIST, IndexableDataset
from blocks.datastreams.transformers.defaults import uint8_pixels_to_floatX
from blocks.errors import DataError

SIZES = {"train": 60000, "test": 10000}


class Noise(IndexableDataset):
    """Noise with the sources, shapes and dtypes of MNIST."""

    default_transformers = uint8_pixels_to_floatX(("features",))

    def __init__(self, which: str = "train") -> None:
        rng = np.random.default_rng(0)
        count = SIZES[which]
        features = rng.integers(0, 256, (count, 1, 28, 28), dtype=np.uint8)
        targets = rng.integers(0, 10, (count, 1), dtype=np.uint8)
        super().__init__({"features": features, "targets": targets})


@lru_cache
def dataset(which: str = "train") -> IndexableDataset:
    """Return MNIST in memory, or noise of its shape."""
    try:
        return MNIST(which)
    except DataError:
        return Noise(which)


@lru_cache
def arrays(which: str = "train") -> tuple[np.ndarray, np.ndarray]:
    """Return the images as uint8 (n, 784), and the classes as int64 (n,)."""
    found = dataset(which)
    features, targets = found.get_data(None, slice(0, found.num_examples))
    return features.reshape(len(features), -1), targets.reshape(-1).astype(np.int64)
