"""Read the sets of a data set that Fuel stored in one HDF5 file (needs ``blocks[hdf5]``).

The attribute ``split`` of the file is an array of records (split, source, start, stop,
indices, available, comment): which examples of which source belong to which set.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from blocks.datastreams.indexing import take
from blocks.errors import DataError, nearest

__all__ = ["read_set"]


def read_set(path: str | Path, which_set: str, sources: Sequence[str]) -> tuple[np.ndarray, ...]:
    """Return the read-only arrays of some sources of one set.

    A file is read once per process as long as it does not change.

    Parameters
    ----------
    path
        The HDF5 file.
    which_set
        The name of the set, e.g. ``"train"``.
    sources
        The names of the sources.

    Raises
    ------
    ImportError
        If h5py is not installed.
    DataError
        If the file is corrupt, or lacks the set or one of the sources.
    """
    path = Path(path).absolute()
    status = path.stat()
    return tuple(
        _read(path, which_set, source, status.st_mtime_ns, status.st_size) for source in sources
    )


@functools.lru_cache(maxsize=8)
def _read(path: Path, which_set: str, source: str, modified: int, size: int) -> np.ndarray:
    try:
        import h5py
    except ImportError as error:
        raise ImportError(
            f"{path}: expected h5py to read it, got none. Install it with "
            "`pip install blocks[hdf5]`."
        ) from error
    try:
        with h5py.File(path, "r") as file:
            array = _read_rows(file, path, which_set, source)
    except (OSError, KeyError, RuntimeError) as error:
        raise DataError(
            f"{path}: expected a complete HDF5 file with the attribute 'split', got a truncated "
            f"or corrupt one ({error}). Delete it and make it again."
        ) from error
    array.flags.writeable = False
    return array


def _read_rows(file: Any, path: Path, which_set: str, source: str) -> np.ndarray:
    records = {
        (record["split"].decode(), record["source"].decode()): record
        for record in file.attrs["split"]
        if record["available"]
    }
    if (which_set, source) not in records:
        known = sorted({f"{name}/{item}" for name, item in records})
        wanted = f"{which_set}/{source}"
        raise DataError(
            f"{path}: expected the set and source {wanted}, got only {', '.join(known)}."
            f"{nearest(wanted, known)}"
        )
    record = records[which_set, source]
    if record["indices"]:
        return np.asarray(take(file[source], file[record["indices"]][...]))
    return np.asarray(file[source][record["start"] : record["stop"]])
