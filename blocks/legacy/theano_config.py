"""``theano.config``, ``THEANO_FLAGS`` and Fuel's environment: what still means something.

Examples
--------
>>> config.floatX
'float64'
>>> flags("floatX=float32,device=cpu")
{'floatX': 'float32', 'device': 'cpu'}
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, MutableMapping
from types import SimpleNamespace
from typing import Any

from blocks.config import config as settings
from blocks.errors import ConfigurationError, nearest
from blocks.legacy.theano_modes import mode_of

__all__ = ["TheanoConfig", "config", "flags", "forget", "read_environment"]

SETTINGS = {
    "floatX": "floatX",
    "mode": "mode",
    "compute_test_value": "compute_test_value",
    "base_compiledir": "cache_dir",
    "profile": "profile",
}
"""Theano's names of the settings that exist here."""

CHOOSE_MODE = ("linker", "optimizer")
"""Settings that say how functions run, where none is named: see `theano_modes.mode_of`."""

FUEL = {
    "FUEL_DATA_PATH": "data_path",
    "FUEL_FLOATX": "floatX",
    "FUEL_DEFAULT_SEED": "default_seed",
}
"""Fuel's variables, and the settings that they are today."""

SECTIONS = (
    "DebugMode",
    "NanGuardMode",
    "blas",
    "conv",
    "cuda",
    "dnn",
    "experimental",
    "gcc",
    "gpu",
    "gpuarray",
    "lib",
    "nvcc",
    "profiling",
    "scan",
    "tensor",
    "traceback",
    "unittests",
    "warn",
)

DEFAULTS = {
    "allow_gc": True,
    "cast_policy": "custom",
    "cxx": "",
    "exception_verbosity": "low",
    "force_device": False,
    "int_division": "int",
    "linker": "cvm",
    "on_opt_error": "warn",
    "on_unused_input": "raise",
    "openmp": False,
    "optimizer": "fast_run",
    "print_active_device": True,
    "profile_memory": False,
    "profile_optimizer": False,
    "seterr_all": "ignore",
    "warn_float64": "ignore",
}


class TheanoConfig:
    """``theano.config``: settings of ours under their old names; others are only kept.

    ``linker`` and ``optimizer`` choose a mode: ``optimizer = None`` or ``"fast_compile"``, and
    ``linker = "py"``, mean "reference", others "compiled". Scripts set many more options
    that choose between devices and compilers. They are accepted and have no effect. The
    device is always ``cpu``.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget what was assigned, but for settings of ours."""
        sections = {name: SimpleNamespace() for name in SECTIONS}
        vars(self).clear()
        vars(self).update(sections, **DEFAULTS, _names_mode=False)

    @property
    def device(self) -> str:
        """Where functions run; scripts ask before they use a GPU."""
        return "cpu"

    def __getattr__(self, name: str) -> Any:
        if name in SETTINGS:
            return getattr(settings, SETTINGS[name])
        if name.startswith("__"):
            raise AttributeError(name)
        known = [*SETTINGS, *vars(self)]
        raise AttributeError(
            f"theano.config.{name}: expected a setting that has a value, got one that nobody "
            f"has set.{nearest(name, known)}"
        )

    def __setattr__(self, name: str, value: Any) -> None:
        section, _, rest = name.partition(".")
        if name in SETTINGS:
            setattr(settings, SETTINGS[name], value)
            vars(self)["_names_mode"] |= name == "mode"
        elif name == "device":
            _check_device(value, stacklevel=3)
        elif name in CHOOSE_MODE:
            vars(self)[name] = value
            if not self._names_mode:
                settings.mode = mode_of(**{key: vars(self)[key] for key in CHOOSE_MODE})
        elif rest:
            kept = vars(self).get(section)
            if not isinstance(kept, SimpleNamespace):
                kept = vars(self)[section] = SimpleNamespace()
            setattr(kept, rest, value)
        else:
            vars(self)[name] = value

    def __dir__(self) -> list[str]:
        return sorted([*super().__dir__(), *SETTINGS])


def _check_device(device: Any, stacklevel: int) -> None:
    if device != "cpu":
        warnings.warn(
            f"theano.config.device: expected 'cpu', got {device!r}. There is no GPU backend; "
            "functions run on the CPU.",
            UserWarning,
            stacklevel=stacklevel,
        )


config = TheanoConfig()
"""What ``theano.config`` was."""


def flags(text: str) -> dict[str, str]:
    """Parse ``THEANO_FLAGS``: pairs ``name=value`` with commas between.

    Raises
    ------
    ConfigurationError
        If there is no ``=`` in one of them.
    """
    pairs = [pair.partition("=") for pair in text.split(",") if pair.strip()]
    for name, sign, _ in pairs:
        if not sign:
            raise ConfigurationError(
                f"THEANO_FLAGS: expected name=value, got {name.strip()!r}. Separate the flags "
                "with commas, for example floatX=float32,mode=FAST_RUN."
            )
    return {name.strip(): value.strip() for name, _, value in pairs}


def read_environment(environment: MutableMapping[str, str]) -> dict[str, str]:
    """Take over the settings of Theano and Fuel, as variables of ours.

    As such they give way to what is assigned in Python and to variables of ours that are
    set, and child processes have them too.

    Parameters
    ----------
    environment
        The environment, to which variables are added.

    Returns
    -------
    The variables that were added.

    Raises
    ------
    ConfigurationError
        If a value does not fit its setting.
    """
    theirs = flags(environment.get("THEANO_FLAGS", ""))
    given: list[tuple[str, str | None, str, str]] = [
        (f"THEANO_FLAGS, {name}", SETTINGS.get(name), name, value)
        for name, value in theirs.items()
        if name not in CHOOSE_MODE
    ]
    choice = {name: theirs[name] for name in CHOOSE_MODE if name in theirs}
    vars(config).update(choice)
    if choice and "mode" not in theirs:
        given.append((f"THEANO_FLAGS, {'/'.join(choice)}", "mode", "", mode_of(**choice)))
    given += [(old, ours, "", environment.get(old, "")) for old, ours in FUEL.items()]
    added: dict[str, str] = {}
    try:
        for where, ours, flag, value in given:
            if ours is not None:
                _add(environment, added, where, ours, value)
            elif flag == "device":
                _check_device(value, stacklevel=4)
            else:
                setattr(config, flag, value)
    except (ConfigurationError, UserWarning):
        forget(environment, added)
        raise
    return added


def _add(
    environment: MutableMapping[str, str],
    added: dict[str, str],
    where: str,
    ours: str,
    value: str,
) -> None:
    variable = f"BLOCKS_{ours.upper()}"
    if environment.get(variable) or not value:
        return
    try:
        with settings.use(**{ours: value}):  # which checks the value
            pass
    except ConfigurationError as error:
        raise ConfigurationError(f"{where}: {error}") from None
    environment[variable] = added[variable] = value


def forget(environment: MutableMapping[str, str], added: Mapping[str, str]) -> None:
    """Undo `read_environment`: remove what it added, unless somebody changed it."""
    for variable, value in added.items():
        if environment.get(variable) == value:
            del environment[variable]
    config.reset()
