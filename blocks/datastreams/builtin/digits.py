"""Digits: 1,797 small handwritten digits that come with Blocks.

E. Alpaydin, C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning
Repository, 1998. Licence: CC BY 4.0. See ``data/README.md``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from blocks.datastreams.builtin.images import LabelledImages
from blocks.datastreams.files import read_idx
from blocks.datastreams.transformers import Cast, ScaleAndShift

__all__ = ["Digits"]

NUM_TRAIN = 1397
_DATA = Path(__file__).parent / "data"


class Digits(LabelledImages):
    """Handwritten digits of 8 x 8 pixels: the first 1,397 for training, the last 400 to test.

    They are part of Blocks: for trying things out where MNIST cannot be had. Sources:
    ``features``, uint8 (n, 1, 8, 8) from 0 to 16, and ``targets``, uint8 (n, 1). The default
    stream scales features to [0, 1] in floatX.

    Parameters
    ----------
    which_sets
        ``"train"``, ``"test"`` or both.
    subset, load_in_memory, which_set, **kwargs
        As of LabelledImages.

    Examples
    --------
    >>> Digits("train").num_examples, Digits("test").num_examples
    (1397, 400)
    >>> features, targets = Digits("test").get_data(request=[0, 1, 2])
    >>> features.shape, targets.ravel()
    ((3, 1, 8, 8), array([4, 4, 7], dtype=uint8))
    """

    set_names = ("train", "test")
    num_classes = 10
    default_transformers = (
        (ScaleAndShift, [1 / 16.0, 0], {"which_sources": ("features",)}),
        (Cast, ["floatX"], {"which_sources": ("features",)}),
    )

    def _read_set(self, which_set: str) -> tuple[np.ndarray, np.ndarray, str]:
        part = slice(NUM_TRAIN) if which_set == "train" else slice(NUM_TRAIN, None)
        images = read_idx(_DATA / "digits-images-idx3-ubyte.gz", 3)
        labels = read_idx(_DATA / "digits-labels-idx1-ubyte.gz", 1)
        return images[part], labels[part], str(_DATA)
