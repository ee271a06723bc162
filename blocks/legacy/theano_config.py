"""``theano.config`` and ``THEANO_FLAGS``: the settings that still mean something.

Examples
--------
>>> config.floatX
'float64'
>>> flags("floatX=float32,device=cpu")
{'floatX': 'float32', 'device': 'cpu'}
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from blocks.config import config as settings

__all__ = ["TheanoConfig", "config", "flags", "read_flags"]

SETTINGS = {
    "floatX": "floatX",
    "mode": "mode",
    "base_compiledir": "cache_dir",
    "profile": "profile",
}
"""Theano's names of the settings that exist here."""


class TheanoConfig:
    """``theano.config``: settings of ours under their old names; others are only kept.

    Scripts set many options that choose between devices, compilers and optimisers. They
    are accepted and have no effect.
    """

    def __init__(self) -> None:
        vars(self).update(
            compute_test_value="off",
            device="cpu",
            exception_verbosity="low",
            optimizer="fast_run",
            linker="cvm",
            warn_float64="ignore",
            on_unused_input="raise",
        )

    @property
    def floatX(self) -> str:
        """The dtype of constructors that name none."""
        value: str = settings.floatX
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        if name in SETTINGS:
            setattr(settings, SETTINGS[name], value)
        else:
            vars(self)[name] = value

    @property
    def mode(self) -> str:
        """How functions run; see ``blocks.compile.function``."""
        value: str = settings.mode
        return value

    @property
    def base_compiledir(self) -> str:
        """Where compiled kernels are kept."""
        value: str = settings.cache_dir
        return value

    @property
    def profile(self) -> bool:
        """Whether functions keep times."""
        value: bool = settings.profile
        return value


config = TheanoConfig()
"""What ``theano.config`` was."""


def flags(text: str) -> dict[str, str]:
    """Parse ``THEANO_FLAGS``: pairs ``name=value`` with commas between."""
    pairs = [pair.partition("=") for pair in text.split(",") if pair.strip()]
    return {name.strip(): value.strip() for name, _, value in pairs}


def read_flags(environment: Mapping[str, str]) -> None:
    """Take over the settings of Theano and Fuel from the environment.

    Settings that are given under their names of today stay as they are.
    """
    for name, value in flags(environment.get("THEANO_FLAGS", "")).items():
        ours = SETTINGS.get(name)
        if ours is not None and f"BLOCKS_{name.upper()}" not in environment:
            setattr(settings, ours, value)
    for old, ours in (
        ("FUEL_DATA_PATH", "data_path"),
        ("FUEL_FLOATX", "floatX"),
        ("FUEL_DEFAULT_SEED", "default_seed"),
    ):
        if environment.get(old) and f"BLOCKS_{ours.upper()}" not in os.environ:
            setattr(settings, ours, environment[old])
