"""Linear algebra on matrices that Theano took from SciPy.

Examples
--------
>>> cholesky([[4.0, 0.0], [0.0, 9.0]]).eval()
array([[2., 0.],
       [0., 3.]])
"""

from __future__ import annotations

from blocks.graph.ops.eigen import (
    cholesky,
    eigvalsh,
)
from blocks.graph.ops.matrices import (
    expm,
    kron,
)
from blocks.graph.ops.solve import (
    solve,
    solve_lower_triangular,
    solve_triangular,
    solve_upper_triangular,
)

__all__ = [
    "cholesky",
    "eigvalsh",
    "expm",
    "kron",
    "solve",
    "solve_lower_triangular",
    "solve_triangular",
    "solve_upper_triangular",
]
