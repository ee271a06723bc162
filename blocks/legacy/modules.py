"""Modules of another time: each serves old names out of a table."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

from blocks.legacy import blocks_names, fuel_names, theano_names
from blocks.legacy.missing import sorry

__all__ = ["TABLES", "LegacyModule", "public_names", "resolve"]

Table = tuple[Mapping[str, str], Sequence[str]]

TABLES: dict[str, Table] = {
    **theano_names.MODULES,
    **fuel_names.MODULES,
    **blocks_names.MODULES,
}
"""For each old module: its names, and the modules whose names it has besides."""


def resolve(target: str) -> Any:
    """Return the object that a target such as ``blocks.graph:grad`` names.

    Examples
    --------
    >>> resolve("blocks.roles:WEIGHT")
    WEIGHT
    """
    module, _, attribute = target.partition(":")
    found: Any = importlib.import_module(module)
    return getattr(found, attribute) if attribute else found


def public_names(module: ModuleType) -> list[str]:
    """Return the names that a module offers."""
    return list(getattr(module, "__all__", None) or (n for n in dir(module) if n[0] != "_"))


class LegacyModule(ModuleType):
    """A module of another time, whose names are looked up in a table when they are used."""

    def __init__(self, name: str, names: Mapping[str, str], modules: Sequence[str]) -> None:
        super().__init__(name, f"Old names of {name}, served by blocks.")
        self._names = dict(names)
        self._modules = tuple(modules)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name not in self._names:
            raise AttributeError(name)
        target = self._target(name)
        if target is None:
            raise AttributeError(sorry(f"{self.__name__}.{name}", dir(self)))
        value = resolve(target)
        of_blocks = self.__name__.startswith("blocks.") and target not in TABLES
        if of_blocks or target in blocks_names.INSTEAD:
            blocks_names.warn(f"{self.__name__}.{name}", target)
        vars(self)[name] = value
        return value

    def _target(self, name: str) -> str | None:
        """Return where a name went, or None: own names, those of modules, submodules.

        ``theano.tensor.var`` is a module and a function: who asks for the attribute wants
        the function, as in Theano. Of two modules, the old one knows more.
        """
        submodule = f"{self.__name__}.{name}"
        if name in self._names:
            return self._names[name]
        for module in self._modules:
            found = resolve(module)
            if name in public_names(found):
                if submodule in TABLES and isinstance(getattr(found, name), ModuleType):
                    break
                return f"{module}:{name}"
        return submodule if submodule in TABLES else None

    def __setattr__(self, name: str, value: Any) -> None:
        # Importing theano.tensor.var must not hide the function theano.tensor.var.
        if isinstance(value, LegacyModule) and self._target(name) != value.__name__:
            return
        super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        names = set(self._names)
        for module in self._modules:
            names.update(public_names(resolve(module)))
        return sorted(names)

    @property
    def __all__(self) -> list[str]:
        return dir(self)
