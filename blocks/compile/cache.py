"""The disk cache of compiled kernels: where their files live, and how they are read and written.

A kernel is written to a file named by the hash of everything that matters, and imported
from there, so that Numba's own cache serves the next process. Where the cache cannot be
used (no home, a read-only or full disk, a corrupt file), kernels are compiled in memory,
after one warning.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

from blocks.config import config

__all__ = ["in_memory", "load", "warn_once"]

_warned: list[str] = []


def load(key: str, text: str) -> Any:
    """Return the function ``kernel`` of the module `text`, imported from a file of the cache.

    Parameters
    ----------
    key
        Names the file: a hash of everything that the compiled kernel depends on.
    text
        Source of the module.
    """
    path = Path(config.cache_dir) / "kernels" / f"k{key}.py"
    try:
        current = path.read_text(encoding="utf-8")
    except OSError:
        current = ""
    if current != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Another process may write the same file: replace it whole, never in part.
        handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
    spec = importlib.util.spec_from_file_location(f"blocks_kernel_{key}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # Numba's cache finds a kernel's globals by this name
    spec.loader.exec_module(module)
    return module.kernel


def in_memory(text: str) -> Any:
    """Return the function ``kernel`` of the module `text`, which the disk never sees."""
    namespace: dict[str, Any] = {"__name__": "blocks_kernel"}
    exec(compile(text.replace("cache=True", "cache=False"), "<kernel>", "exec"), namespace)
    return namespace["kernel"]


def warn_once(error: Exception) -> None:
    """Say that the cache cannot be used, the first time that this happens in a process."""
    if _warned:
        return
    _warned.append(str(error))
    warnings.warn(
        f"config.cache_dir: expected a writable folder {config.cache_dir!r}, got "
        f"{type(error).__name__}: {error}. Kernels are compiled in memory; set "
        "BLOCKS_CACHE_DIR to a folder of your own to keep them.",
        RuntimeWarning,
        stacklevel=2,
    )
