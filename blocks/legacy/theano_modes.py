"""Theano's modes, linkers and optimizers, as the modes that functions of ours run in.

Examples
--------
>>> Mode(linker="cvm", optimizer="fast_run").excluding("fusion")
'compiled'
>>> mode_of(optimizer="fast_compile")
'reference'
"""

from __future__ import annotations

from typing import Any

from blocks.config import config

__all__ = ["DebugMode", "Mode", "NanGuardMode", "get_default_mode", "get_mode", "mode_of"]

UNOPTIMIZED = (None, "None", "fast_compile")
"""The optimizers of Theano that did nothing, or little: NumPy, node by node, does the same."""


def mode_of(linker: Any = None, optimizer: Any = "default") -> str:
    """Return our mode for a linker and an optimizer of Theano.

    Examples
    --------
    >>> mode_of("py"), mode_of("cvm", "fast_run"), mode_of(optimizer=None)
    ('reference', 'compiled', 'reference')
    """
    plain = linker == "py" or (isinstance(optimizer, str | None) and optimizer in UNOPTIMIZED)
    return "reference" if plain else "compiled"


class Mode(str):
    """How functions run: a name that ``function(mode=...)`` takes.

    Parameters
    ----------
    linker
        ``"py"`` stands for plain NumPy, any other for compiled kernels.
    optimizer
        ``None`` and ``"fast_compile"`` stand for plain NumPy; others choose nothing.
    """

    def __new__(cls, linker: Any = None, optimizer: Any = "default") -> Mode:
        """Return the name."""
        return super().__new__(cls, mode_of(linker, optimizer))

    def including(self, *tags: str) -> Mode:
        """Return the mode: there are no optimizations to choose."""
        return self

    excluding = requiring = register = including


class NanGuardMode(Mode):
    """Checks each instruction for NaN and infinity: mode "debug"; all checks are made."""

    def __new__(
        cls,
        nan_is_error: bool | None = None,
        inf_is_error: bool | None = None,
        big_is_error: bool | None = None,
        optimizer: Any = "default",
        linker: Any = None,
    ) -> NanGuardMode:
        """Return the name."""
        return str.__new__(cls, "debug")


class DebugMode(Mode):
    """Checks each instruction: mode "debug"; options of the original are ignored."""

    def __new__(cls, optimizer: Any = "fast_run", **options: Any) -> DebugMode:
        """Return the name."""
        return str.__new__(cls, "debug")


def get_mode(orig_string: str | None = None) -> Mode:
    """Return the mode of a name, with the methods that modes have.

    Examples
    --------
    >>> get_mode("FAST_RUN").including("fusion")
    'FAST_RUN'
    """
    return str.__new__(Mode, config.mode if orig_string is None else orig_string)


def get_default_mode() -> Mode:
    """Return the mode that functions run in by default.

    Examples
    --------
    >>> get_default_mode()
    'compiled'
    """
    return get_mode()
