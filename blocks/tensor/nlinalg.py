"""Linear algebra on matrices.

Examples
--------
>>> trace([[1.0, 2.0], [3.0, 4.0]]).eval()
array(5.)
"""

from __future__ import annotations

from blocks.graph.ops.diagonal import (
    diag,
)
from blocks.graph.ops.linalg import (
    norm,
    tensordot,
    trace,
)

__all__ = [
    "diag",
    "norm",
    "tensordot",
    "trace",
]
