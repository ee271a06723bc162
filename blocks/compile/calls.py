"""NumPy functions as a plan calls them: with located errors, and results that kernels read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from blocks.compile.memory import prepared
from blocks.errors import BlocksError
from blocks.graph.op import Apply, Array
from blocks.graph.traversal import located

__all__ = ["checked", "contiguous", "failing", "preparing"]


def checked(function: Callable[..., Any], node: Apply) -> Callable[..., Any]:
    """Let errors of a function name the brick and the line of its node."""

    def call(*arrays: Array) -> Any:
        try:
            return function(*arrays)
        except BlocksError as error:
            raise located(error, node) from None

    return call


def contiguous(
    function: Callable[..., Any], dtypes: Sequence[np.dtype[Any]]
) -> Callable[..., list[Array]]:
    """Let a NumPy function return what kernels can read."""

    def call(*arrays: Array) -> list[Array]:
        with np.errstate(all="ignore"):
            results = function(*arrays)
        return [np.require(r, d, ["C", "W", "A"]) for r, d in zip(results, dtypes, strict=True)]

    return call


def failing(error: BlocksError) -> Callable[[], None]:
    """Return a function that raises an error which was found before the run."""

    def call() -> None:
        raise error

    return call


def preparing(function: Callable[..., Array]) -> Callable[..., Array]:
    """Let kernels take what a function returns: some of NumPy's views are read-only."""

    def call(*arrays: Array) -> Array:
        array = function(*arrays)
        return prepared(array) if array.flags.c_contiguous else array

    return call
