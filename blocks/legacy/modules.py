"""Modules of old names: tables of where each name went, and the importer that reads them."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import sys
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

from blocks.errors import nearest
from blocks.legacy import fuel_names, theano_names

__all__ = ["LegacyFinder", "resolve"]


def resolve(target: str) -> Any:
    """Return the object that a target such as ``blocks.graph:grad`` names.

    Examples
    --------
    >>> resolve("blocks.roles:WEIGHT")
    WEIGHT
    """
    module, _, attribute = target.partition(":")
    value: Any = importlib.import_module(module)
    for part in attribute.split(".") if attribute else []:
        value = getattr(value, part)
    return value


class LegacyModule(ModuleType):
    """A module of another time, whose names are looked up in a table."""

    def __init__(self, name: str, names: Mapping[str, str], fallbacks: Sequence[str]) -> None:
        super().__init__(name, f"Old names of {name}, served by blocks.")
        self._names = dict(names)
        self._fallbacks = tuple(fallbacks)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        submodule = f"{self.__name__}.{name}"
        if name in self._names:
            value = resolve(self._names[name])
        elif submodule in TABLES:
            value = importlib.import_module(submodule)
        else:
            value = self._fallback(name)
        setattr(self, name, value)
        return value

    def _fallback(self, name: str) -> Any:
        for module in self._fallbacks:
            found = resolve(module)
            if name in getattr(found, "__all__", dir(found)):
                return getattr(found, name)
        raise AttributeError(
            f"{self.__name__}.{name}: expected a name that blocks provides, got one that it "
            f"does not have (yet).{nearest(name, dir(self))}"
        )

    def __dir__(self) -> list[str]:
        names = set(self._names)
        for module in self._fallbacks:
            found = resolve(module)
            names.update(getattr(found, "__all__", dir(found)))
        return sorted(names)

    @property
    def __all__(self) -> list[str]:
        return dir(self)


TABLES: dict[str, tuple[Mapping[str, str], Sequence[str]]] = {
    **theano_names.MODULES,
    **fuel_names.MODULES,
}
"""For each old module: its names, and the modules whose names it has besides."""


class LegacyFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports the modules of `TABLES`."""

    ROOTS = ("theano", "fuel")

    def find_spec(
        self, fullname: str, path: Any = None, target: Any = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return how to load an old module; an unknown one is an error that says so."""
        if fullname.split(".")[0] not in self.ROOTS:
            return None
        if fullname not in TABLES:
            raise ModuleNotFoundError(
                f"{fullname}: expected a module that blocks provides, got one that it does not "
                f"have (yet).{nearest(fullname, TABLES)}",
                name=fullname,
            )
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """Return the module of old names."""
        return LegacyModule(spec.name, *TABLES[spec.name])

    def exec_module(self, module: ModuleType) -> None:
        """Do nothing: names are looked up when they are used."""
        assert module.__name__ in sys.modules
