"""Further functions, found under this name in Theano.

Examples
--------
>>> repeat([1, 2], 2).eval()
array([1, 1, 2, 2])
"""

from __future__ import annotations

from blocks.graph.ops.order import (
    cumprod,
    cumsum,
    diff,
    to_one_hot,
)
from blocks.graph.ops.repeat import (
    repeat,
)
from blocks.graph.ops.shape import (
    squeeze,
)

__all__ = [
    "cumprod",
    "cumsum",
    "diff",
    "repeat",
    "squeeze",
    "to_one_hot",
]
