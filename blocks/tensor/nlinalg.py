"""Linear algebra on matrices that Theano took from NumPy.

Examples
--------
>>> trace([[1.0, 2.0], [3.0, 4.0]]).eval()
array(5.)
"""

from __future__ import annotations

from blocks.graph.ops.diagonal import (
    alloc_diag,
    diag,
    extract_diag,
)
from blocks.graph.ops.eigen import (
    eig,
    eigh,
)
from blocks.graph.ops.factors import (
    qr,
    svd,
)
from blocks.graph.ops.inverse import (
    det,
    matrix_inverse,
    matrix_power,
    pinv,
    tensorinv,
)
from blocks.graph.ops.linalg import (
    tensordot,
    trace,
)
from blocks.graph.ops.matrices import (
    kron,
    matrix_dot,
)
from blocks.graph.ops.matrices import (
    matrix_norm as norm,
)
from blocks.graph.ops.solve import (
    lstsq,
    solve,
    tensorsolve,
)

inv = matrix_inverse

__all__ = [
    "alloc_diag",
    "det",
    "diag",
    "eig",
    "eigh",
    "extract_diag",
    "inv",
    "kron",
    "lstsq",
    "matrix_dot",
    "matrix_inverse",
    "matrix_power",
    "norm",
    "pinv",
    "qr",
    "solve",
    "svd",
    "tensordot",
    "tensorinv",
    "tensorsolve",
    "trace",
]
