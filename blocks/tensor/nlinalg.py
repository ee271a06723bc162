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
from blocks.graph.ops.inverse import (
    det,
    matrix_inverse,
    solve,
)
from blocks.graph.ops.linalg import (
    norm,
    tensordot,
    trace,
)

__all__ = [
    "det",
    "diag",
    "matrix_inverse",
    "norm",
    "solve",
    "tensordot",
    "trace",
]
