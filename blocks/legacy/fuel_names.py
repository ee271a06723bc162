"""Where the names of Fuel went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

__all__ = ["MODULES"]

DATA = ("blocks.datastreams",)
CONFIG = {
    "config": "blocks.config:config",
    "Configuration": "blocks.config:Configuration",
    "ConfigurationError": "blocks.config:ConfigurationError",
    "NOT_SET": "blocks.config:NOT_SET",
}

MODULES: dict[str, tuple[Mapping[str, str], Sequence[str]]] = {
    "fuel": ({"config": CONFIG["config"], "__version__": "blocks.version:version"}, ()),
    "fuel.config_parser": (CONFIG, ()),
    "fuel.datasets": ({}, DATA),
    "fuel.datasets.base": ({}, DATA),
    "fuel.datasets.mnist": ({}, DATA),
    "fuel.exceptions": (
        {
            "AxisLabelsMismatchError": "blocks.errors:DataError",
            "ConfigurationError": "blocks.config:ConfigurationError",
        },
        (),
    ),
    "fuel.iterator": ({}, DATA),
    "fuel.schemes": ({}, DATA),
    "fuel.streams": ({}, DATA),
    "fuel.transformers": ({}, DATA),
    "fuel.transformers.defaults": ({}, DATA),
    "fuel.utils": ({}, DATA),
    "fuel.version": ({"version": "blocks.version:version"}, ()),
}
"""For each module: the names that went elsewhere, and the modules that have the rest."""
