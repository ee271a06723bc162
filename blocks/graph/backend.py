"""The one place where the language calls the engine.

`blocks.compile` puts its `function` here when it is imported, so that ``x.eval()`` and
``ComputationGraph.get_theano_function()`` work while the language knows no compiler.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from blocks.errors import GraphError

__all__ = ["compile_function", "set_backend"]

_backend: list[Callable[..., Any]] = []


def set_backend(function: Callable[..., Any]) -> None:
    """Make `function` the one that turns graphs into callables."""
    _backend[:] = [function]


def compile_function(*args: Any, **kwargs: Any) -> Any:
    """Compile a graph with the engine that is installed; see ``blocks.compile.function``."""
    if not _backend:
        raise GraphError("blocks.graph: expected an engine, got none. Import blocks.compile.")
    return _backend[0](*args, **kwargs)
