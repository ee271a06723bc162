"""Names that Blocks had in 2015, and modules by which 0.2 could be asked for others' names.

While old names are installed, modules of today serve their older names too, each with one
DeprecationWarning that says where the name is now.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any

from blocks import older
from blocks.legacy.missing import MISSING, LegacyImportError, sorry

__all__ = ["MODULES", "NAMES", "forget", "serve", "warn"]

ROLES = ("AUXILIARY", "COLLECTED", "COLLECTOR", "DROPOUT", "PARAMETER", "add_role", "has_roles")
UTILS = (
    "dict_union",
    "is_graph_input",
    "is_shared_variable",
    "shared_floatx_zeros",
    "shared_like",
)
BRICKS_UTILS = ("pack", "shared_floatx", "shared_floatx_nans", "shared_floatx_zeros", "unpack")


def _here(*names: str) -> dict[str, str]:
    return {name: f"blocks.legacy.blocks_functions:{name}" for name in names}


INSTEAD = {
    target: today
    for name, today in {
        "BatchIterator": "the get_request_iterator() of SequentialScheme or ShuffledScheme",
        "ConstantIterator": "the get_request_iterator() of ConstantScheme",
        "ContainerDataset": "blocks.datastreams.IterableDataset",
        "InMemoryDataset": "blocks.datastreams.IndexableDataset",
        "LambdaIterator": "iter() of a function and a value that it never returns",
        "MNIST": "blocks.datastreams.MNIST, with Flatten and default_stream",
        "MNIST_IMAGE_MAGIC": "the number 2051",
        "MNIST_LABEL_MAGIC": "the number 2049",
        "SequenceIterator": "iter() of a sequence",
        "extract_parameter_values": "Model.get_parameter_values",
        "inject_parameter_values": "Model.set_parameter_values",
        "load_parameter_values": "numpy.load",
        "named_copy": "variable.copy(name=...)",
        "read_mnist_images": "blocks.datastreams.MNIST",
        "read_mnist_labels": "blocks.datastreams.MNIST",
        "save_parameter_values": "numpy.savez",
    }.items()
    for target in _here(name).values()
}
INSTEAD["blocks.legacy.fuel_functions:SingleMapping"] = (
    "blocks.datastreams.transformers.AgnosticSourcewiseTransformer"
)
"""What to use instead of names that have no other home than `blocks.legacy`."""

ITERATORS = _here("LambdaIterator", "SequenceIterator")
NAMED_COPY = _here("named_copy")
OLDER_ROLES = {
    "WEIGHTS": "blocks.roles:WEIGHT",
    "BIASES": "blocks.roles:BIAS",
}

NAMES: dict[str, Mapping[str, str]] = {
    "blocks.algorithms": {
        "DifferentiableCostMinimizer": "blocks.algorithms:GradientDescent",
        "SteepestDescent": "blocks.algorithms:Scale",
        "GradientClipping": "blocks.algorithms:StepClipping",
        **NAMED_COPY,
    },
    "blocks.bricks": {
        **OLDER_ROLES,
        **{name: f"blocks.roles:{name}" for name in ("WEIGHT", "BIAS", "add_role")},
        **{name: f"blocks.utils:{name}" for name in BRICKS_UTILS},
        "config": "blocks.config:config",
        "Sigmoid": "blocks.bricks:Logistic",
    },
    "blocks.bricks.base": {
        "BrickList": "blocks.bricks.members:Children",
        "create_unbound_method": "blocks.legacy.blocks_functions:create_unbound_method",
        "property_": "builtins:property",
    },
    "blocks.bricks.interfaces": {},
    "blocks.bricks.recurrent": {"Recurrent": "blocks.bricks.recurrent:SimpleRecurrent"},
    "blocks.bricks.wrappers": {},
    "blocks.config": {},
    "blocks.extensions.monitoring": {
        "PREFIX_SEPARATOR": "blocks.extensions.monitoring:SEPARATOR",
    },
    "blocks.graph": {
        **{name: f"blocks.roles:{name}" for name in ROLES},
        **{name: f"blocks.utils:{name}" for name in UTILS},
        "config": "blocks.config:config",
    },
    "blocks.log": {"AbstractTrainingLog": "blocks.log:TrainingLogBase"},
    "blocks.model": {"AbstractModel": "blocks.model:Model"},
    "blocks.roles": {
        **OLDER_ROLES,
        "FILTERS": "blocks.roles:FILTER",
        "WeightsRole": "blocks.roles:WeightRole",
        "BiasesRole": "blocks.roles:BiasRole",
        "FiltersRole": "blocks.roles:FilterRole",
    },
    "blocks.utils": {**ITERATORS, **NAMED_COPY},
}
"""For each module of ours: its older names, and where they are now."""

SCHEMES = ("blocks.datastreams.schemes",)
STREAMS = {
    "BatchDataStream": "blocks.datastreams:Batch",
    "CachedDataStream": "blocks.datastreams:Cache",
    "DataStreamFilter": "blocks.datastreams:Filter",
    "DataStreamMapping": "blocks.datastreams:Mapping",
    "DataStreamWrapper": "blocks.datastreams:Transformer",
    "ForceFloatX": "blocks.datastreams:ForceFloatX",
    "PaddingDataStream": "blocks.datastreams:Padding",
}

MODULES: dict[str, tuple[Mapping[str, str], Sequence[str]]] = {
    "blocks.config_parser": (
        {
            name: f"blocks.config:{name}"
            for name in ("config", "Configuration", "ConfigurationError", "NOT_SET")
        },
        (),
    ),
    "blocks.datasets": (
        {
            **ITERATORS,
            **_here("ContainerDataset", "InMemoryDataset"),
            "DataStream": "blocks.datastreams:DataStream",
        },
        ("blocks.datastreams.datasets",),
    ),
    "blocks.datasets.iterator": ({"DataIterator": "blocks.datastreams:DataIterator"}, ()),
    "blocks.datasets.mnist": (
        _here(
            "MNIST",
            "MNIST_IMAGE_MAGIC",
            "MNIST_LABEL_MAGIC",
            "read_mnist_images",
            "read_mnist_labels",
        ),
        (),
    ),
    "blocks.datasets.schemes": (_here("BatchIterator", "ConstantIterator"), SCHEMES),
    "blocks.datasets.streams": (STREAMS, ("blocks.datastreams.streams",)),
    "blocks.dump": (
        _here(
            "extract_parameter_values",
            "inject_parameter_values",
            "load_parameter_values",
            "save_parameter_values",
        ),
        (),
    ),
    "blocks.scripts": (
        {
            "change_recursion_limit": "blocks.utils:change_recursion_limit",
            "config": "blocks.config:config",
        },
        (),
    ),
}
"""Modules that are no more: their names, and the modules whose names they had besides."""

_before: dict[str, Callable[[str], Any] | None] = {}
_warned: set[str] = set()


def warn(name: str, target: str) -> None:
    """Warn, once for each name, that it is an older name of another."""
    if name not in _warned:
        today = INSTEAD.get(target, target.replace(":", "."))
        older.warn(f"{name} is an older name of {today}.")
        _warned.add(name)


class _SettingsModule(ModuleType):
    """``blocks.config`` as of early 2015, when that name was the settings themselves."""

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_") and name in dir(self.config):
            warn(f"blocks.config.{name}", f"blocks.config.config.{name}")
            return getattr(self.config, name)
        raise AttributeError(f"module 'blocks.config' has no attribute {name!r}")

    def __setattr__(self, name: str, value: Any) -> None:
        if not name.startswith("_") and name not in vars(self) and name in dir(self.config):
            warn(f"blocks.config.{name}", f"blocks.config.config.{name}")
            setattr(self.config, name, value)
        else:
            super().__setattr__(name, value)


def _getter(module: str, before: Callable[[str], Any] | None) -> Callable[[str], Any]:
    names = NAMES[module]

    def get(name: str) -> Any:
        if name in names:
            target, _, attribute = names[name].partition(":")
            warn(f"{module}.{name}", names[name])
            return getattr(importlib.import_module(target), attribute)
        if f"{module}.{name}" in MISSING and not hasattr(sys.modules[module], "__path__"):
            # No AttributeError: ``from module import name`` would drop its message.
            raise LegacyImportError(sorry(f"{module}.{name}"), name=module)
        if before is not None:
            return before(name)
        raise AttributeError(f"module {module!r} has no attribute {name!r}")

    return get


def serve(module: ModuleType) -> None:
    """Let a module of ours serve its older names."""
    name = module.__name__
    if name == "blocks.config":
        module.__class__ = _SettingsModule
    elif name not in _before:
        _before[name] = vars(module).get("__getattr__")
        vars(module)["__getattr__"] = _getter(name, _before[name])


def forget() -> None:
    """Let no module serve older names any more."""
    for name, before in _before.items():
        module = sys.modules.get(name)
        if module is None:
            continue
        if before is None:
            vars(module).pop("__getattr__", None)
        else:
            vars(module)["__getattr__"] = before
    _before.clear()
    _warned.clear()
    settings = sys.modules.get("blocks.config")
    if isinstance(settings, _SettingsModule):
        settings.__class__ = ModuleType  # type: ignore[assignment]
