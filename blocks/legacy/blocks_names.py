"""Names that Blocks had in 2015 at paths where 0.2 no longer had them.

While old names are installed, each of these modules serves its old names too, with a
DeprecationWarning that says where the name is now.
"""

from __future__ import annotations

import importlib
import sys
import types
import warnings
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["NAMES", "install", "uninstall"]

ROLES = {
    "WEIGHT": "blocks.roles:WEIGHT",
    "WEIGHTS": "blocks.roles:WEIGHT",
    "BIAS": "blocks.roles:BIAS",
    "BIASES": "blocks.roles:BIAS",
}
UTILS = {
    name: f"blocks.utils:{name}"
    for name in ("pack", "unpack", "shared_floatx", "shared_floatx_nans", "shared_floatx_zeros")
}

NAMES: dict[str, Mapping[str, str]] = {
    "blocks.bricks": {
        **ROLES,
        **UTILS,
        "add_role": "blocks.roles:add_role",
        "config": "blocks.config:config",
        "Sigmoid": "blocks.bricks:Logistic",
    },
    "blocks.roles": {
        "WEIGHTS": "blocks.roles:WEIGHT",
        "BIASES": "blocks.roles:BIAS",
        "FILTERS": "blocks.roles:FILTER",
        "WeightsRole": "blocks.roles:WeightRole",
        "BiasesRole": "blocks.roles:BiasRole",
        "FiltersRole": "blocks.roles:FilterRole",
    },
    "blocks.algorithms": {
        "DifferentiableCostMinimizer": "blocks.algorithms:GradientDescent",
        "SteepestDescent": "blocks.algorithms:Scale",
        "GradientClipping": "blocks.algorithms:StepClipping",
    },
    "blocks.extensions.monitoring": {
        "PREFIX_SEPARATOR": "blocks.extensions.monitoring:SEPARATOR",
    },
}
"""For each module of ours: its older names, and where they are now."""

_before: dict[str, Callable[[str], Any] | None] = {}


def _resolve(target: str) -> Any:
    module, _, name = target.partition(":")
    return getattr(importlib.import_module(module), name)


def _getter(
    module: str, names: Mapping[str, str], before: Callable[[str], Any] | None
) -> Callable[[str], Any]:
    def get(name: str) -> Any:
        if name in names:
            warnings.warn(
                f"{module}.{name} is an older name of {names[name].replace(':', '.')}.",
                DeprecationWarning,
                stacklevel=2,
            )
            return _resolve(names[name])
        if before is not None:
            return before(name)
        raise AttributeError(f"module {module!r} has no attribute {name!r}")

    return get


def install() -> None:
    """Let the modules serve their older names."""
    for name, names in NAMES.items():
        module: types.ModuleType = importlib.import_module(name)
        _before[name] = vars(module).get("__getattr__")
        vars(module)["__getattr__"] = _getter(name, names, _before[name])


def uninstall() -> None:
    """Undo `install`."""
    for name, before in _before.items():
        module = sys.modules[name]
        if before is None:
            del vars(module)["__getattr__"]
        else:
            vars(module)["__getattr__"] = before
    _before.clear()
