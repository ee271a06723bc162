"""Theano's classes of linear algebra: called with options, they return the function.

Examples
--------
>>> Solve("lower_triangular")([[2.0, 9.0], [1.0, 1.0]], [2.0, 3.0]).eval()
array([1., 2.])
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from blocks.errors import GraphError
from blocks.graph.ops import diagonal, eigen, factors, inverse, matrices, solve
from blocks.graph.ops.inverse import Determinant as Det
from blocks.graph.ops.inverse import MatrixInverse

__all__ = [
    "SVD",
    "AllocDiag",
    "Cholesky",
    "Det",
    "Eig",
    "Eigh",
    "Eigvalsh",
    "Expm",
    "ExtractDiag",
    "MatrixInverse",
    "MatrixPinv",
    "QRFull",
    "QRIncomplete",
    "Solve",
    "TensorInv",
    "lstsq",
]

Function = Callable[..., Any]

STRUCTURES = {
    "general": ("gen", False),
    "symmetric": ("sym", True),
    "lower_triangular": ("tri", True),
    "upper_triangular": ("tri", False),
}


def Solve(
    A_structure: str = "general",
    lower: bool = False,
    overwrite_A: bool = False,
    overwrite_b: bool = False,
) -> Function:
    """Return ``solve`` for matrices of a structure; `lower` follows from it, as in Theano.

    Raises
    ------
    GraphError
        If there is no such structure.
    """
    if A_structure not in STRUCTURES:
        raise GraphError(
            f"Solve: expected A_structure to be one of {', '.join(STRUCTURES)}, "
            f"got {A_structure!r}."
        )
    structure, use_lower = STRUCTURES[A_structure]
    return functools.partial(solve.solve, assume_a=structure, lower=use_lower)


def Cholesky(lower: bool = True, destructive: bool = False, on_error: str = "raise") -> Function:
    """Return ``cholesky`` for a triangle.

    Examples
    --------
    >>> Cholesky(lower=False)([[4.0, 2.0], [2.0, 2.0]]).eval()
    array([[2., 1.],
           [0., 1.]])
    """
    return functools.partial(eigen.cholesky, lower=lower, on_error=on_error)


def Eig() -> Function:
    """Return ``eig``."""
    return eigen.eig


def Eigh(UPLO: str = "L") -> Function:
    """Return ``eigh`` for a triangle."""
    return functools.partial(eigen.eigh, UPLO=UPLO)


def Eigvalsh(lower: bool = True) -> Function:
    """Return ``eigvalsh`` for a triangle."""
    return functools.partial(eigen.eigvalsh, lower=lower)


def Expm() -> Function:
    """Return ``expm``."""
    return matrices.expm


def MatrixPinv() -> Function:
    """Return ``pinv``."""
    return inverse.pinv


def SVD(full_matrices: bool = True, compute_uv: bool = True) -> Function:
    """Return ``svd`` with options."""
    return functools.partial(factors.svd, full_matrices=full_matrices, compute_uv=compute_uv)


def QRFull(mode: str) -> Function:
    """Return ``qr`` with two results."""
    return functools.partial(factors.qr, mode=mode)


QRIncomplete = QRFull


def TensorInv(ind: int = 2) -> Function:
    """Return ``tensorinv`` for a number of axes."""
    return functools.partial(inverse.tensorinv, ind=ind)


def ExtractDiag(offset: int = 0, axis1: int = 0, axis2: int = 1, view: bool = False) -> Function:
    """Return ``diagonal`` for an offset and two axes.

    Examples
    --------
    >>> ExtractDiag(1)([[1, 2], [3, 4]]).eval()
    array([2])
    """
    return functools.partial(diagonal.diagonal, offset=offset, axis1=axis1, axis2=axis2)


def AllocDiag(offset: int = 0) -> Function:
    """Return ``diag`` of vectors for an offset."""
    return functools.partial(diagonal.diag, k=offset)


def lstsq(*arguments: Any) -> Any:
    """Return the function where it is called without arguments, as the class was.

    Examples
    --------
    >>> lstsq()([[1.0], [1.0]], [1.0, 3.0], -1)[0].eval()
    array([2.])
    """
    return solve.lstsq(*arguments) if arguments else solve.lstsq
