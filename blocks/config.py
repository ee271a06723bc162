"""Settings of the library: floatX, seeds, paths, threads.

A setting is looked up in this order: a value assigned in Python, its environment
variable, the YAML file, its default. The YAML file is ``~/.blocksrc``, or the path in
the environment variable ``BLOCKS_CONFIG``. It is read the first time a setting is needed.

Examples
--------
>>> config.default_seed
1
>>> with config.use(floatX="float32"):
...     config.floatX
'float32'
"""

from __future__ import annotations

import contextlib
import operator
import os
import stat
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from blocks.errors import ConfigurationError, nearest

__all__ = [
    *("NOT_SET", "Configuration", "ConfigurationError", "bool_", "config"),
    *("lacks_home", "str_or_none"),
]

NOT_SET = object()
"""Marks a setting that has no default: reading it before it is set is an error."""


def bool_(val: object) -> bool:
    """Read a truth value from Python, YAML or an environment variable.

    Examples
    --------
    >>> bool_("yes"), bool_("0"), bool_(True)
    (True, False, True)
    """
    text = str(val).strip().lower()
    if text in ("1", "true", "yes", "on"):
        return True
    if text in ("0", "false", "no", "off", ""):
        return False
    raise ValueError(f"expected true or false, got {val!r}")


def str_or_none(val: object) -> str | None:
    """Read a string; an empty one and ``None`` both mean ``None``.

    Examples
    --------
    >>> str_or_none("") is None
    True
    """
    return None if val is None or val == "" else str(val)


def _one_of(*choices: str) -> Callable[[object], str]:
    """Make a reader of a string that must be one of a few."""

    def read(value: object) -> str:
        if value not in choices:
            raise ValueError(f"expected {' or '.join(map(repr, choices))}, got {value!r}")
        return str(value)

    return read


def _path(value: object) -> str:
    """Read one path, with ``~`` expanded."""
    if not isinstance(value, str | os.PathLike) or not os.fspath(value):
        raise ValueError(f"expected a path, got {value!r}")
    return os.path.expanduser(os.fsdecode(value))


def _path_or_none(value: object) -> str | None:
    return None if value is None or value == "" else _path(value)


def _paths(value: object) -> tuple[str, ...]:
    """Read one path, several joined by ``os.pathsep``, or a list of them."""
    if isinstance(value, str):
        value = [part for part in value.split(os.pathsep) if part]
    elif isinstance(value, os.PathLike):
        value = [value]
    if not isinstance(value, Iterable):
        raise ValueError(f"expected one path or several, got {value!r}")
    return tuple(_path(part) for part in value)


def _mirrors(value: object) -> tuple[str, ...]:
    """Read addresses of folders to download from, separated by spaces, or a list of them."""
    urls = value.split() if isinstance(value, str) else list(value)  # type: ignore[call-overload]
    return tuple(str(url).rstrip("/") for url in urls)


def _integer(value: object) -> int:
    """Read an integer; 1.5 is not silently made 1."""
    try:
        if isinstance(value, bool):
            raise TypeError
        return int(value) if isinstance(value, str) else operator.index(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise ValueError(f"expected an integer, got {value!r}") from None


def _count(value: object) -> int:
    number = _integer(value)
    if number < 0:
        raise ValueError(f"expected a number of at least 0, got {value!r}")
    return number


def _cache_home() -> str:
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(base, "blocks")


def lacks_home(path: Path) -> bool:
    """Tell whether a path begins with a home folder that the system does not know.

    Examples
    --------
    >>> lacks_home(Path("~", "data")), lacks_home(Path("data"))
    (True, False)
    """
    return path.parts[0].startswith("~")


def _yaml_path() -> Path:
    # Not Path.expanduser, which fails where no home folder is known.
    return Path(os.path.expanduser(os.environ.get("BLOCKS_CONFIG") or "~/.blocksrc"))


def _is_there(path: Path) -> bool:
    """Tell whether there is a YAML file; only one that the user named must be within reach."""
    is_named = bool(os.environ.get("BLOCKS_CONFIG"))
    if not is_named and lacks_home(path):
        return False
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        if is_named:
            raise _out_of_reach(path, error) from error
        return False


def _out_of_reach(path: Path, error: OSError) -> ConfigurationError:
    return ConfigurationError(
        f"{path}: expected a file that can be read, got {error}. Change its "
        "permissions, or let BLOCKS_CONFIG name another file."
    )


@dataclass
class _Setting:
    type: Callable[[Any], Any]
    default: Any
    env_var: str | None


@dataclass(eq=False)
class _Block:
    """What a ``with config.use(...)`` has set, and the thread that is in it."""

    values: dict[str, Any]
    thread: int


class Configuration:
    """A set of named, typed settings.

    Settings are attributes. Assigning converts and checks the value at once; an
    unknown name is an error that suggests the nearest known one.

    Examples
    --------
    >>> settings = Configuration()
    >>> settings.add_config("rate", type_=float, default=0.1)
    >>> settings.rate = "0.5"
    >>> settings.rate
    0.5

    Attributes
    ----------
    changes : int
        How often anything was set, for what goes on with a setting that it has read; environment
        variables are read again each time, and do not count.
    """

    changes: int

    def __init__(self) -> None:
        object.__setattr__(self, "_settings", {})
        object.__setattr__(self, "_assigned", {})
        object.__setattr__(self, "_blocks", [])  # newest first
        object.__setattr__(self, "_yaml", None)
        object.__setattr__(self, "changes", 0)

    def add_config(
        self,
        key: str,
        type_: Callable[[Any], Any],
        default: Any = NOT_SET,
        env_var: str | None = None,
    ) -> None:
        """Declare a setting.

        Parameters
        ----------
        key
            The name of the setting.
        type_
            Converts and checks a value; raises ``ValueError`` for a bad one.
        default
            The value where nothing else is given; a callable is called for it.
        env_var
            The environment variable that may hold the value.
        """
        self._settings[key] = _Setting(type_, default, env_var)

    def load_yaml(self) -> None:
        """Read the YAML file of settings anew, if there is one.

        Raises
        ------
        ConfigurationError
            If the file is not a YAML mapping or names an unknown setting.
        """
        path = _yaml_path()
        values: dict[str, Any] = {}
        if _is_there(path):
            import yaml  # read only when there is such a file: import blocks stays fast

            try:
                loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
            except (yaml.YAMLError, UnicodeDecodeError) as error:
                raise ConfigurationError(
                    f"{path}: expected YAML, got {error}. Mend the file, or move it away."
                ) from error
            except OSError as error:
                raise _out_of_reach(path, error) from error
            if not isinstance(loaded, dict | None):
                raise ConfigurationError(
                    f"{path}: expected `name: value` lines, got {type(loaded).__name__}. "
                    "Write one setting a line, for example `floatX: float32`."
                )
            values = loaded or {}
            for key in values:
                self._setting(key, where=str(path))
        object.__setattr__(self, "_yaml", values)
        self._count_change()

    def _count_change(self) -> None:
        object.__setattr__(self, "changes", self.changes + 1)

    def _setting(self, key: str, where: str = "config") -> _Setting:
        try:
            return self._settings[key]
        except KeyError:
            raise ConfigurationError(
                f"{where}: expected one of the settings {', '.join(sorted(self._settings))}, "
                f"got {key!r}.{nearest(str(key), self._settings)}"
            ) from None

    def _holder(self, key: str) -> dict[str, Any]:
        """Return what holds the value of a setting that was set in Python, for this thread."""
        here = threading.get_ident()
        blocks = [block for block in tuple(self._blocks) if key in block.values]
        own = [block for block in blocks if block.thread == here]
        return next((block.values for block in own + blocks), self._assigned)

    def _convert(self, key: str, value: Any, where: str) -> Any:
        try:
            return self._settings[key].type(value)
        except (TypeError, ValueError) as error:
            raise ConfigurationError(f"{where}: bad value of {key}: {error}.") from error

    def __getattr__(self, key: str) -> Any:
        if key.startswith("_"):  # pickle and copy probe for dunder names
            raise AttributeError(key)
        value = self._holder(key).get(key, NOT_SET)
        if value is not NOT_SET:
            return value
        try:
            setting = self._setting(key)
        except ConfigurationError as error:
            raise AttributeError(str(error)) from None
        text = os.environ.get(setting.env_var) if setting.env_var is not None else None
        if text:
            return self._convert(key, text, str(setting.env_var))
        if self._yaml is None:
            self.load_yaml()
        if key in self._yaml:
            return self._convert(key, self._yaml[key], str(_yaml_path()))
        if setting.default is NOT_SET:
            hint = f" or the environment variable {setting.env_var}" if setting.env_var else ""
            raise ConfigurationError(
                f"config.{key}: expected a value, got none. Set config.{key}{hint}."
            )
        default = setting.default() if callable(setting.default) else setting.default
        return self._convert(key, default, "default")

    def __setattr__(self, key: str, value: Any) -> None:
        self._setting(key)
        self._holder(key)[key] = self._convert(key, value, "config")
        self._count_change()

    def __delattr__(self, key: str) -> None:
        self._setting(key)
        self._holder(key)[key] = NOT_SET
        self._count_change()

    def __dir__(self) -> list[str]:
        return sorted([*super().__dir__(), *self._settings])

    def __repr__(self) -> str:
        lines = ["Configuration"]
        for key in sorted(self._settings):
            try:
                lines.append(f"  {key}: {getattr(self, key)!r}")
            except ConfigurationError as error:
                lines.append(f"  {key}: <{error}>")
        return "\n".join(lines)

    @contextlib.contextmanager
    def use(self, **values: Any) -> Iterator[Configuration]:
        """Set some settings inside a ``with`` block and restore them after it.

        Threads may be in blocks of their own: each sees what it has set itself. A thread that
        is in none, as one that was started inside the block, sees the newest of all.

        Examples
        --------
        >>> with config.use(default_seed=7):
        ...     config.default_seed
        7
        """
        for key in values:
            self._setting(key)
        converted = {key: self._convert(key, value, "config") for key, value in values.items()}
        block = _Block(converted, threading.get_ident())
        self._blocks.insert(0, block)
        self._count_change()
        try:
            yield self
        finally:
            self._blocks.remove(block)
            self._count_change()


config = Configuration()
"""The settings of this process."""

config.add_config("floatX", _one_of("float32", "float64"), "float64", "BLOCKS_FLOATX")
config.add_config("default_seed", _count, 1, "BLOCKS_DEFAULT_SEED")
config.add_config(
    "data_path",
    _paths,
    lambda: os.path.join(_cache_home(), "data"),
    "BLOCKS_DATA_PATH",
)
config.add_config("cache_dir", _path, _cache_home, "BLOCKS_CACHE_DIR")
config.add_config("cache_size", _count, 256, "BLOCKS_CACHE_SIZE")  # MiB of kernels; 0: no cache
config.add_config("num_threads", _count, 0, "BLOCKS_NUM_THREADS")  # 0: every core
config.add_config("log_backend", _one_of("python", "sqlite"), "python", "BLOCKS_LOG_BACKEND")
config.add_config("mode", str, "compiled", "BLOCKS_MODE")  # checked by blocks.compile
config.add_config(
    "compute_test_value",  # "pdb" is taken for "raise"
    _one_of("off", "ignore", "warn", "raise", "pdb"),
    "off",
    "BLOCKS_COMPUTE_TEST_VALUE",
)
config.add_config("profile", bool_, False, "BLOCKS_PROFILE")
config.add_config("recursion_limit", _count, 10000, "BLOCKS_RECURSION_LIMIT")
config.add_config("temp_dir", _path_or_none, None, "BLOCKS_TEMP_DIR")
config.add_config(
    "sqlite_database",
    _path,
    lambda: os.path.join(_cache_home(), "log.sqlite"),
    "BLOCKS_SQLITEDB",
)
config.add_config("max_blob_size", _count, 4096, "BLOCKS_MAX_BLOB_SIZE")
config.add_config("offline", bool_, False, "BLOCKS_OFFLINE")  # no downloads
config.add_config("mirrors", _mirrors, (), "BLOCKS_MIRRORS")  # instead of the public ones
