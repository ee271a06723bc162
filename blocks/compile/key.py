"""The name of a compiled kernel: a hash of everything that its machine code depends on."""

from __future__ import annotations

import hashlib
import os
import pkgutil
import re
import runpy
import sys
import warnings
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import llvmlite
import llvmlite.binding
import numpy as np

from blocks.compile.symbols import SOURCE

__all__ = ["is_jit_disabled", "kernel_key"]

NUMBA_SETTINGS = Path(".numba_config.yaml")  # Numba reads it in the working directory
HELPER = re.compile(r"^from blocks\.compile\.(\w+) import ", re.MULTILINE)
# Settings that change where and when something runs, not what is compiled.
HARMLESS = ("CACHE_DIR", "DEFAULT_NUM_THREADS", "DISABLE_JIT", "NUM_THREADS", "THREADING_LAYER")


def kernel_key(text: str, kind: str) -> str:
    """Return the name of a kernel.

    Parameters
    ----------
    text
        The module that defines it. The sources of the helpers that it imports count too.
    kind
        How it is called.

    Examples
    --------
    >>> kernel_key("x = 1", "slots") == kernel_key("x = 1", "slots") != kernel_key("x = 2", "slots")
    True
    """
    around = _around(tuple(HELPER.findall(text)))
    return hashlib.sha256(repr((text, kind, around, _changes())).encode()).hexdigest()[:32]


@cache
def _around(helpers: tuple[str, ...]) -> str:
    """Return a hash of what does not change while a program runs."""
    parts = (_helpers(helpers), _machine(), _environment())
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _helpers(names: tuple[str, ...]) -> dict[str, str]:
    """Return the sources of modules of this package, and of those that they import."""
    sources: dict[str, str] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in sources:
            sources[name] = (pkgutil.get_data("blocks.compile", f"{name}.py") or b"").decode()
            waiting += HELPER.findall(sources[name])
    return sources


def _machine() -> tuple[str, ...]:
    """Return processor, operating system, and the versions of what makes machine code."""
    return (
        llvmlite.binding.get_process_triple(),
        llvmlite.binding.get_host_cpu_name(),
        llvmlite.binding.get_host_cpu_features().flatten(),
        sys.version,
        np.__version__,
        llvmlite.__version__,
        _version("numba", "_version.py"),
        _version("scipy", "version.py"),
        SOURCE,
    )


def _version(package: str, file: str) -> str:
    """Return text that tells versions of a package apart, without importing it."""
    spec = find_spec(package)
    for folder in (spec and spec.submodule_search_locations) or []:
        path = Path(folder) / file
        if path.is_file():
            return path.read_text(encoding="utf-8")
    from importlib.metadata import version  # takes longer than all of the above

    return version(package)


def _environment() -> tuple[Any, ...]:
    """Return the settings that a Numba imported now would have, as their sources give them."""
    settings = [
        (key, value)
        for key, value in sorted(os.environ.items())
        if key.startswith("NUMBA_") and key.removeprefix("NUMBA_") not in HARMLESS
    ]
    file = NUMBA_SETTINGS.read_bytes() if NUMBA_SETTINGS.is_file() else b""
    return (settings, file)


def _changes() -> list[tuple[str, Any]]:
    """Return the settings of Numba that the program has changed since."""
    if "numba" not in sys.modules:
        return []
    from numba import config  # waits for a thread that is importing it

    return [
        (key, getattr(config, key))
        for key, value in _fresh(config.__file__).items()
        if getattr(config, key, value) != value
    ]


@cache
def _fresh(path: str) -> dict[str, Any]:
    """Return the settings that Numba would have if nothing but the environment changed them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Numba has said it, when it was imported
        settings = runpy.run_path(path)
    return {
        key: value
        for key, value in settings.items()
        if key.isupper()
        and isinstance(value, bool | int | str | None)
        and key.removeprefix("NUMBA_") not in HARMLESS
    }


def is_jit_disabled() -> bool:
    """Return whether ``NUMBA_DISABLE_JIT`` asks for kernels as plain Python.

    Fuzzing switches this while it runs, in ``numba.config``.
    """
    if "numba" in sys.modules or NUMBA_SETTINGS.is_file():
        from numba import config

        return bool(vars(config).get("DISABLE_JIT"))
    return os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0")
