"""The disk cache of machine code: one file for each kernel, safe to share and to lose.

A file is named by a key, the hash of everything that its content depends on, and begins with
a checksum of key and content. What is missing, cut off, changed or of another version is
made anew; a folder that cannot be used costs one warning, and kernels then live in memory.
Machine code is run, so files that another user could have written are never read.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import tempfile
import time
import warnings
from pathlib import Path

from blocks.config import config, lacks_home

__all__ = ["folder", "read", "write"]

MAGIC = b"blocks kernel 1\n"  # with the version of this layout
ENDING = ".kernel"
MEBIBYTE = 1 << 20
SECONDS_BETWEEN_USES = 3600.0  # the time of a file's last use is renewed no more often
SECONDS_OF_A_WRITE = 3600.0  # what a process that died left behind is older

_warned: list[str] = []
_written: dict[Path, int] = {}  # bytes written to a folder since its size was last looked at


def folder() -> Path:
    """Return the folder of the cache, below ``config.cache_dir``; it need not exist.

    Examples
    --------
    >>> with config.use(cache_dir="mine"):
    ...     folder().as_posix()
    'mine/kernels'
    """
    return Path(config.cache_dir) / "kernels"


def read(key: str) -> bytes | None:
    """Return what is kept under a key, or ``None`` if there is nothing that can be trusted.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as path, config.use(cache_dir=path):
    ...     write("a1", b"code")
    ...     read("a1"), read("b2")
    (b'code', None)
    """
    if not config.cache_size:
        return None
    path = folder() / (key + ENDING)
    try:
        fault = _fault(path.parent, path.parent)
        with open(path, "rb", opener=_open_at_once) as file:
            fault = fault or _fault(file.fileno(), path)  # maybe from before the folder was safe
            status = os.fstat(file.fileno())
            data = file.read() if not fault and stat.S_ISREG(status.st_mode) else b""
            used = status.st_mtime
    except OSError:  # where that is a loss, writing will say so
        return None
    if fault:
        _warn_once(fault)
        return None
    content = _content(key, data)
    if content is not None and abs(time.time() - used) > SECONDS_BETWEEN_USES:
        with contextlib.suppress(OSError):  # a read-only cache serves as well
            os.utime(path)
    return content


def _open_at_once(path: str, flags: int) -> int:
    """Open a file; a pipe in its place would wait for somebody who writes to it."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def write(key: str, content: bytes) -> None:
    """Keep something under a key, as far as the disk allows; warn once where it does not.

    A file is replaced as a whole: other processes see the old one or the new one.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as path, config.use(cache_dir=path):
    ...     write("a1", b"code")
    ...     [x.name for x in folder().iterdir()]
    ['a1.kernel']
    """
    if not config.cache_size:
        return
    data = b"".join([MAGIC, _checksum(key, content), content])
    path = folder()
    if lacks_home(path):
        _warn_once("the home folder is not known")
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=0o700, exist_ok=True)
        fault = _fault(path, path)
        if fault:
            _warn_once(fault)
            return
        handle, temporary = tempfile.mkstemp(dir=path, suffix=".tmp")
        try:
            with open(handle, "wb") as file:
                file.write(data)
            os.replace(temporary, path / (key + ENDING))
        except BaseException:
            os.unlink(temporary)
            raise
        _limit_size(path, len(data))
    except OSError as error:
        _warn_once(str(error))


def _checksum(key: str, content: bytes) -> bytes:
    return hashlib.sha256(key.encode() + content).digest()


def _content(key: str, data: bytes) -> bytes | None:
    start = len(MAGIC) + hashlib.sha256().digest_size
    content = data[start:]
    if data[:start] != MAGIC + _checksum(key, content):
        return None
    return content


def _fault(opened: int | Path, path: Path) -> str:
    """Return why a file or folder is not to be trusted: others own it or may write to it."""
    if os.name != "posix":
        return ""
    status = os.stat(opened)
    if status.st_uid not in (0, os.geteuid()):  # the administrator may do anything anyway
        return f"{path} belongs to another user, number {status.st_uid}"
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return f"other users may write to {path}"
    return ""


def _limit_size(path: Path, size: int) -> None:
    """Count what was written; now and then remove what was not used for longest.

    Other processes may write and remove at the same time. Each looks at the folder after its
    first file and after every sixteenth of the limit, so that it is exceeded by little.
    """
    limit = config.cache_size * MEBIBYTE
    first = path not in _written
    _written[path] = _written.get(path, 0) + size
    if not first and _written[path] < limit // 16:
        return
    _written[path] = 0
    files: list[tuple[float, int, str]] = []
    with os.scandir(path) as entries:
        for entry in entries:
            with contextlib.suppress(OSError):
                status = entry.stat(follow_symlinks=False)
                if not stat.S_ISREG(status.st_mode):
                    continue
                if entry.name.endswith(".tmp"):
                    if time.time() - status.st_mtime > SECONDS_OF_A_WRITE:
                        os.unlink(entry.path)
                    continue
                files.append((status.st_mtime, status.st_size, entry.path))
    total = sum(size for _, size, _ in files)
    if total <= limit:
        return
    for _, size, name in sorted(files):
        if total <= limit * 3 // 4:  # some room, so that the next kernel does not do this again
            break
        with contextlib.suppress(OSError):
            os.unlink(name)
        total -= size


def _warn_once(reason: str) -> None:
    """Say why the cache cannot be used, the first time that this happens in a process."""
    if _warned:
        return
    _warned.append(reason)
    warnings.warn(
        f"config.cache_dir: expected a folder of your own to keep kernels in, got "
        f"{config.cache_dir!r} ({reason}). Kernels are compiled in "
        "memory, again in each process; set BLOCKS_CACHE_DIR to another folder to keep them.",
        RuntimeWarning,
        stacklevel=2,
    )
