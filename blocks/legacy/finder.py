"""The importer of old modules, and of old names in modules of today."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from types import ModuleType
from typing import Any

from blocks.legacy import blocks_names
from blocks.legacy.missing import LegacyImportError, sorry
from blocks.legacy.modules import TABLES, LegacyModule, public_names

__all__ = ["LegacyFinder"]


class LegacyFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports the modules of `TABLES`, and lets modules of ours serve their older names.

    What is imported with ``from package import name`` and does not exist reaches
    `find_spec` too, as ``package.name``: only an error from here can say more than
    "cannot import name".
    """

    ROOTS = ("theano", "fuel")

    def check_nothing_is_in_the_way(self) -> None:
        """Raise if a real package with one of our old names is imported already."""
        for root in self.ROOTS:
            found = sys.modules.get(root)
            if found is not None and not isinstance(found, LegacyModule):
                raise LegacyImportError(
                    f"blocks.legacy: expected no package {root}, got the one of "
                    f"{getattr(found, '__file__', None)}, imported before. Install the old "
                    f"names in a process that has not imported {root}."
                )

    def install(self) -> None:
        """Take part in imports from now on."""
        sys.meta_path.insert(0, self)
        for name in blocks_names.NAMES:
            if name in sys.modules:
                blocks_names.serve(sys.modules[name])

    def uninstall(self) -> None:
        """Forget the old modules and the older names of ours."""
        sys.meta_path.remove(self)
        blocks_names.forget()
        old = {n: m for n, m in list(sys.modules.items()) if isinstance(m, LegacyModule)}
        for name, module in old.items():
            del sys.modules[name]
            above, _, last = name.rpartition(".")
            parent = sys.modules.get(above)
            if parent is not None and vars(parent).get(last) is module:
                delattr(parent, last)

    def find_spec(
        self, fullname: str, path: Any = None, target: Any = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return how to load an old module; an unknown one is an error that says so."""
        root, _, rest = fullname.partition(".")
        if fullname in TABLES:
            return importlib.machinery.ModuleSpec(fullname, self, is_package=True)
        if root in self.ROOTS:
            raise self._missing(fullname)
        if root != "blocks" or not rest:
            return None
        spec = self._todays(fullname, path, target)
        if spec is None and not fullname.rpartition(".")[2].startswith("__"):
            raise self._missing(fullname)
        if spec is not None and fullname in blocks_names.NAMES and spec.loader is not None:
            spec.loader = _ServingLoader(spec.loader)
        return spec

    def _todays(
        self, fullname: str, path: Any, target: Any
    ) -> importlib.machinery.ModuleSpec | None:
        for finder in sys.meta_path:
            if finder is not self and (spec := finder.find_spec(fullname, path, target)):
                return spec
        return None

    def _missing(self, fullname: str) -> LegacyImportError:
        above, _, _ = fullname.rpartition(".")
        modules = [name.rpartition(".") for name in TABLES]
        candidates = [last for parent, _, last in modules if parent == above]
        candidates += blocks_names.NAMES.get(above, ())
        if above in sys.modules:
            candidates += public_names(sys.modules[above])
        return LegacyImportError(sorry(fullname, candidates), name=fullname)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """Return the module of old names."""
        return LegacyModule(spec.name, *TABLES[spec.name])

    def exec_module(self, module: ModuleType) -> None:
        """Do nothing: names are looked up, and older ones warned of, when they are used."""


class _ServingLoader(importlib.abc.Loader):
    """Loads a module of ours as usual, then lets it serve its older names."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        module: ModuleType | None = self._loader.create_module(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        assert module.__spec__ is not None
        module.__spec__.loader = module.__loader__ = self._loader
        self._loader.exec_module(module)
        blocks_names.serve(module)
