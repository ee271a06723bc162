"""Find data files in the data path, download them, and read the IDX format.

The data path is ``config.data_path``: folders that are searched in order, each with a
sub-folder per data set. A download goes to the first of them that can be written, is checked
by the SHA-256 of its decompressed content, and appears under its name only when complete.
"""

from __future__ import annotations

import contextlib
import functools
import gzip
import hashlib
import os
import sys
import tempfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from blocks.config import config, lacks_home
from blocks.errors import DataError

__all__ = ["download", "find_file", "find_in_data_path", "map_idx", "read_idx"]

TIMEOUT = 5.0
"""Seconds that a server may stay silent before the next mirror is tried."""


def find_file(names: Sequence[str], folder: str = "") -> Path | None:
    """Return the first of `names` that is in the data path, or None.

    Parameters
    ----------
    names
        Names of the file, the preferred one first.
    folder
        A sub-folder of the data path's folders to look into as well.
    """
    for base in config.data_path:
        for place in (Path(base), Path(base, folder)):
            for name in names:
                path = place / name
                # A folder that may not be read counts as one without the file.
                with contextlib.suppress(OSError):
                    if path.is_file():
                        return path
    return None


def find_in_data_path(filename: str) -> str:
    """Return the path of a file in the data path.

    Raises
    ------
    DataError
        If no folder of the data path has the file.
    """
    path = find_file([filename])
    if path is None:
        raise DataError(
            f"{filename}: expected the file in one of the folders {_folders()} of "
            "config.data_path, got none. Put it there, or set BLOCKS_DATA_PATH."
        )
    return str(path)


def _folders() -> str:
    return ", ".join(config.data_path) or "(none)"


def download(name: str, mirrors: Sequence[str], sha256: str, folder: str = "") -> Path:
    """Download a file into the data path and return where it is.

    Parameters
    ----------
    name
        The name of the file, the last part of its address on each mirror.
    mirrors
        Addresses of folders, tried in order. ``config.mirrors`` (or ``BLOCKS_MIRRORS``, a
        list with spaces in between) replaces them.
    sha256
        The SHA-256 checksum of the content, decompressed if the name ends in ``.gz``.
    folder
        The sub-folder of the data path to write to.

    Raises
    ------
    DataError
        If downloads are off (``config.offline``), no folder can be written or no mirror
        delivers the right content. The message says what to put where.
    """
    remedy = (
        f"Put {name} into one of the folders {_folders()} (config.data_path), "
        "or set BLOCKS_DATA_PATH to the folder that has it."
    )
    if config.offline:
        raise DataError(
            f"{name}: expected the file in the data path, got none, and downloads are off "
            f"(config.offline). {remedy}"
        )
    target = _writable_folder(folder, name, remedy) / name
    failures = []
    for mirror in config.mirrors or mirrors:
        try:
            _fetch(f"{mirror}/{name}", target, sha256)
            return target
        except (OSError, DataError, ValueError) as error:
            failures.append(f"{mirror}: {error}")
    raise DataError(
        f"{name}: expected one of {len(failures)} mirrors to deliver it, got: "
        f"{'; '.join(failures) or 'no mirror'}. {remedy}"
    )


def _writable_folder(folder: str, name: str, remedy: str) -> Path:
    reasons = []
    for base in config.data_path:
        place = Path(base, folder)
        if lacks_home(place):
            reasons.append(f"{place}: the home folder is not known")
            continue
        try:
            place.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=place):
                return place
        except OSError as error:
            reasons.append(f"{place}: {error.strerror or error}")
    raise DataError(
        f"{name}: expected a folder of config.data_path that can be written, got "
        f"{'; '.join(reasons) or 'none'}. {remedy}"
    )


def _fetch(url: str, target: Path, sha256: str) -> None:
    """Download `url` beside `target`, check it, and only then give it its name."""
    import http.client
    import urllib.request  # takes 40 ms to import, and is needed only here

    handle, partial = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
    try:
        request = urllib.request.Request(url, headers={"User-Agent": "blocks"})
        with os.fdopen(handle, "wb") as file:
            try:
                with urllib.request.urlopen(request, timeout=TIMEOUT) as response:
                    length = int(response.headers.get("Content-Length") or 0)
                    with _progress_bar(target.name, length) as advance:
                        while chunk := response.read(1 << 16):
                            file.write(chunk)
                            advance(len(chunk))
            except http.client.HTTPException as error:
                raise DataError(f"broken transfer ({type(error).__name__})") from error
            received = file.tell()
            if length and received < length:
                raise DataError(f"truncated: {received} of {length} bytes")
            file.flush()
            os.fsync(file.fileno())
        content = _decompressed(Path(partial), target.name.endswith(".gz"), "the download")
        found = hashlib.sha256(content).hexdigest()
        if found != sha256:
            raise DataError(f"wrong checksum {found[:12]}..., expected {sha256[:12]}...")
        os.chmod(partial, 0o644)
        os.replace(partial, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(partial)
        raise


@contextlib.contextmanager
def _progress_bar(name: str, length: int) -> Any:
    """Yield a function that is told the number of bytes; shows a bar on a terminal only."""
    advance: Callable[[int], Any] = lambda count: None  # noqa: E731
    tqdm = _tqdm() if sys.stderr is not None and sys.stderr.isatty() else None
    if tqdm is None:
        yield advance
        return
    with tqdm(desc=name, total=length or None, unit="B", unit_scale=True, leave=False) as bar:
        yield bar.update


def _decompressed(path: Path, compressed: bool, name: str) -> bytes:
    try:
        content = path.read_bytes()
        return gzip.decompress(content) if compressed else content
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(
            f"{name}: expected a complete gzip file, got a truncated or corrupt one "
            f"({error}). Delete it and get it again."
        ) from error
    except OSError as error:
        raise DataError(
            f"{name}: expected a file that can be read, got {error.strerror or error}. "
            "Check its permissions."
        ) from error


def _tqdm() -> Any:
    try:
        from tqdm import tqdm
    except ImportError:
        return None
    return tqdm


def read_idx(path: str | Path, ndim: int) -> np.ndarray:
    """Return the read-only uint8 array in an IDX file, which may be compressed (``.gz``).

    IDX: two zero bytes, the type (8: uint8), the number of axes, the size of each axis as
    a 32-bit big-endian number, the data. A file is read once per process as long as it does
    not change.

    Parameters
    ----------
    path
        The file.
    ndim
        The number of axes it must have.

    Raises
    ------
    DataError
        If the file is missing, truncated, too long, corrupt or of another format.
    """
    path = Path(path)
    try:
        status = path.stat()
    except OSError as error:
        raise DataError(
            f"{path}: expected a file that can be read, got {error.strerror}. Put it there."
        ) from error
    array = _read_idx(path.absolute(), status.st_mtime_ns, status.st_size)
    if array.ndim != ndim:
        raise DataError(
            f"{path}: expected {ndim} axes, got {array.ndim} of sizes {array.shape}. "
            "It may be another file under this name; get it again."
        )
    return array


@functools.lru_cache(maxsize=8)
def _read_idx(path: Path, modified: int, size: int) -> np.ndarray:
    content = _decompressed(path, path.name.endswith(".gz"), str(path))
    shape = _parse_header(path, content[:64], len(content))
    # bytes cannot be changed, so neither can the array: it is safe to share.
    return np.frombuffer(content, np.uint8, offset=4 + 4 * len(shape)).reshape(shape)


def map_idx(path: Path, ndim: int) -> np.ndarray:
    """Return the array in an uncompressed IDX file, read from the disk as it is used."""
    with path.open("rb") as file:
        shape = _parse_header(path, file.read(64), path.stat().st_size)
    if len(shape) != ndim:
        raise DataError(
            f"{path}: expected {ndim} axes, got {len(shape)} of sizes {shape}. "
            "It may be another file under this name; get it again."
        )
    return np.asarray(np.memmap(path, np.uint8, "r", offset=4 + 4 * len(shape), shape=shape))


def _parse_header(path: Path, header: bytes, size: int) -> tuple[int, ...]:
    """Return the sizes of the axes of an IDX file of `size` bytes, checked against `size`."""
    axes = header[3] if len(header) >= 4 else 0
    if header[:3] != b"\x00\x00\x08" or not 1 <= axes <= 4 or len(header) < 4 + 4 * axes:
        raise DataError(
            f"{path}: expected an IDX file of uint8 (first bytes 00 00 08), got the first bytes "
            f"{header[:4].hex(' ') or '(none)'}. It is another file or corrupt; get it again."
        )
    shape = tuple(int(size) for size in np.frombuffer(header, ">u4", axes, offset=4))
    expected = 4 + 4 * axes + int(np.prod(shape, dtype=object))
    if size != expected:
        raise DataError(
            f"{path}: expected {expected} bytes for an array of shape {shape}, got {size}. "
            "The file is truncated or corrupt; delete it and get it again."
        )
    return shape
