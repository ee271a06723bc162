"""MNIST in memory as uint8, or noise of its shape where MNIST is not on disk.

The four IDX files are looked for where blocks does: in the folders of BLOCKS_DATA_PATH and in
its cache, and in their sub-folder ``mnist``; also in ``../shared/data`` beside the checkout. They
are read here, without blocks, as the start-up of its peers is timed too.
"""

from __future__ import annotations

import gzip
import os
from functools import lru_cache
from pathlib import Path

import numpy as np

FILES = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
SIZES = {"train": 60000, "test": 10000}


def folders() -> list[Path]:
    """Return the folders that may hold MNIST."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    roots = [Path(x) for x in os.environ.get("BLOCKS_DATA_PATH", "").split(os.pathsep) if x]
    roots += [cache / "blocks" / "data", Path(__file__).resolve().parents[2] / "shared" / "data"]
    return [folder for root in roots for folder in (root / "mnist", root)]


def _find(name: str) -> Path | None:
    places = [folder / (name + suffix) for folder in folders() for suffix in ("", ".gz")]
    return next((path for path in places if path.is_file()), None)


def mnist_folder() -> Path | None:
    """Return the folder with all files of MNIST, or None."""
    found = [_find(name) for names in FILES.values() for name in names]
    return found[0].parent if None not in found else None


def source() -> str:
    """Return what the arrays are: ``"MNIST"`` or ``"noise of MNIST's shape"``."""
    return "MNIST" if mnist_folder() else "noise of MNIST's shape"


def _read(path: Path, header: int) -> np.ndarray:
    raw = path.read_bytes()
    raw = gzip.decompress(raw) if path.suffix == ".gz" else raw
    return np.frombuffer(raw, np.uint8, offset=header)


def noise(which: str) -> tuple[np.ndarray, np.ndarray]:
    """Return noise with the shapes of MNIST."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (SIZES[which], 784), dtype=np.uint8)
    return images, rng.integers(0, 10, SIZES[which])


@lru_cache
def arrays(which: str = "train") -> tuple[np.ndarray, np.ndarray]:
    """Return the images as uint8 (n, 784), and the classes as int64 (n,)."""
    if mnist_folder() is None:
        return noise(which)
    images, labels = (_find(name) for name in FILES[which])
    assert images is not None
    assert labels is not None
    return _read(images, 16).reshape(-1, 784), _read(labels, 8).astype(np.int64)
