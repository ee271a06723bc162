"""Where the names of Fuel went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

__all__ = ["MODULES", "VERSION"]

VERSION = "0.2.0"
"""The Fuel that scripts find: the one whose interface is served."""

CONFIG = {
    "config": "blocks.config:config",
    "Configuration": "blocks.config:Configuration",
    "ConfigurationError": "blocks.config:ConfigurationError",
    "NOT_SET": "blocks.config:NOT_SET",
    "multiple_paths_parser": "blocks.legacy.fuel_functions:multiple_paths_parser",
}
MISMATCH = {"AxisLabelsMismatchError": "blocks.datastreams.transformers:AxisLabelsMismatchError"}
FUNCTIONS = ("do_not_pickle_attributes", "lazy_property_factory", "remember_cwd")

MODULES: dict[str, tuple[Mapping[str, str], Sequence[str]]] = {
    "fuel": (
        {"config": CONFIG["config"], "__version__": "blocks.legacy.fuel_names:VERSION"},
        (),
    ),
    "fuel.config_parser": (CONFIG, ()),
    "fuel.datasets": ({}, ("blocks.datastreams.datasets", "blocks.datastreams.builtin")),
    "fuel.datasets.base": ({}, ("blocks.datastreams.datasets",)),
    "fuel.datasets.mnist": ({"MNIST": "blocks.datastreams:MNIST"}, ()),
    "fuel.exceptions": ({**MISMATCH, "ConfigurationError": CONFIG["ConfigurationError"]}, ()),
    "fuel.iterator": ({"DataIterator": "blocks.datastreams:DataIterator"}, ()),
    "fuel.schemes": ({}, ("blocks.datastreams.schemes",)),
    "fuel.streams": ({}, ("blocks.datastreams.streams",)),
    "fuel.transformers": (
        {**MISMATCH, "SingleMapping": "blocks.legacy.fuel_functions:SingleMapping"},
        ("blocks.datastreams.transformers",),
    ),
    "fuel.transformers.defaults": ({}, ("blocks.datastreams.transformers.defaults",)),
    "fuel.utils": (
        {
            **{name: f"blocks.legacy.fuel_functions:{name}" for name in FUNCTIONS},
            "Subset": "blocks.datastreams:Subset",
            "find_in_data_path": "blocks.datastreams.files:find_in_data_path",
            "iterable_fancy_indexing": "blocks.datastreams.indexing:iterable_fancy_indexing",
        },
        (),
    ),
    "fuel.version": ({"version": "blocks.legacy.fuel_names:VERSION"}, ()),
}
"""For each module: the names that went elsewhere, and the modules that have the rest."""
