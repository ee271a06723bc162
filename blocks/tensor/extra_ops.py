"""Further functions, found under this name in Theano.

Examples
--------
>>> repeat([1, 2], 2).eval()
array([1, 1, 2, 2])
"""

from __future__ import annotations

from blocks.graph.ops.grid import (
    fill_diagonal,
    fill_diagonal_offset,
    ravel_multi_index,
    unravel_index,
)
from blocks.graph.ops.order import (
    cumprod,
    cumsum,
    diff,
    to_one_hot,
)
from blocks.graph.ops.repeat import (
    repeat,
)
from blocks.graph.ops.search import (
    Unique,
    compress,
    searchsorted,
)
from blocks.graph.ops.shape import (
    squeeze,
)
from blocks.graph.ops.statistics import (
    bincount,
)

__all__ = [
    "Unique",
    "bincount",
    "compress",
    "cumprod",
    "cumsum",
    "diff",
    "fill_diagonal",
    "fill_diagonal_offset",
    "ravel_multi_index",
    "repeat",
    "searchsorted",
    "squeeze",
    "to_one_hot",
    "unravel_index",
]
