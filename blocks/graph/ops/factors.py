"""Factors of any matrix: orthogonal and triangular (QR), and singular values (SVD).

Examples
--------
>>> svd([[3.0, 0.0], [0.0, 4.0]], compute_uv=False).eval()
array([4., 3.])
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from blocks.errors import GradientError, GraphError
from blocks.graph.op import Array, Call, Gradients, Op, Types
from blocks.graph.ops.diagonal import tril
from blocks.graph.ops.elementwise import add, mul, sub
from blocks.graph.ops.inverse import as_matrix, converging
from blocks.graph.ops.linalg import dot
from blocks.graph.ops.shape import dimshuffle, patternbroadcast
from blocks.graph.ops.solve import solve_upper_triangular
from blocks.graph.types import TensorType
from blocks.graph.variable import Variable

__all__ = ["QR", "SVD", "qr", "svd"]


def _smaller(n: int | None, m: int | None) -> int | None:
    return None if n is None or m is None else min(n, m)


@dataclass(frozen=True)
class QR(Op):
    """The factors Q, with orthonormal columns, and R, an upper triangle, of Q R = A.

    Parameters
    ----------
    mode
        ``"reduced"``, ``"complete"`` (Q is square) or ``"r"`` (R alone).
    """

    mode: str = "reduced"

    name = "qr"

    def infer(self, *types: TensorType) -> Types:
        """Return the types of the factors."""
        (x,) = types
        n, m = x.shape
        inner = n if self.mode == "complete" else _smaller(n, m)
        r = TensorType(x.dtype, (inner, m))
        return (r,) if self.mode == "r" else (TensorType(x.dtype, (n, inner)), r)

    def grad(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        output_gradients: Gradients,
    ) -> Gradients:
        """Return the gradient for reduced factors of a matrix that is not wide.

        The formula is that of Walter and Lehmann (2018), section 4.
        """
        if self.mode != "reduced":
            raise GradientError(f"qr: expected mode 'reduced' for a gradient, got {self.mode!r}.")
        (x,), (q, r), (gq, gr) = inputs, outputs, output_gradients
        parts = []
        if gr is not None:
            parts.append(dot(r, dimshuffle(gr, 1, 0)))
        if gq is not None:
            parts.append(sub(0, dot(dimshuffle(gq, 1, 0), q)))
        if not parts:
            return [None]
        inner = parts[0] if len(parts) == 1 else add(*parts)
        symmetric = add(tril(inner), dimshuffle(tril(inner, -1), 1, 0))
        total = dot(q, symmetric)
        if gq is not None:
            total = add(gq, total)
        dx = dimshuffle(solve_upper_triangular(r, dimshuffle(total, 1, 0)), 1, 0)
        return [patternbroadcast(dx, x.broadcastable)]

    def lower(self, *types: TensorType) -> Call:
        """Lower to NumPy."""
        return Call(self._decompose)

    def _decompose(self, x: Array) -> tuple[Array, ...]:
        found = np.linalg.qr(x, self.mode)  # type: ignore[call-overload]
        return (found,) if self.mode == "r" else tuple(found)

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute with a reflection for each column (Householder)."""
        (x,) = arrays
        n, m = x.shape
        q, r = np.eye(n, dtype=x.dtype), x.copy()
        for j in range(min(n - 1, m)):
            v = r[j:, j].copy()
            if not v[1:].any():
                continue  # zeros below the diagonal already, as LAPACK sees it
            v[0] += np.copysign(np.linalg.norm(v), v[0])
            v /= np.linalg.norm(v)
            r[j:] -= 2 * np.outer(v, v @ r[j:])
            q[:, j:] -= 2 * np.outer(q[:, j:] @ v, v)
        size = n if self.mode == "complete" else min(n, m)
        r = np.triu(r[:size])
        return (r,) if self.mode == "r" else (q[:, :size], r)


def qr(a: Any, mode: str = "reduced") -> Any:
    """Return the factors q and r of a matrix: q has orthonormal columns, r is triangular.

    Parameters
    ----------
    a
        A matrix of shape (n, m); k is the smaller of the two.
    mode
        ``"reduced"`` for q of shape (n, k) and r of shape (k, m); ``"complete"`` for q of
        shape (n, n); ``"r"`` for r alone.

    Returns
    -------
    The two factors, or r. The reduced ones have a gradient where n >= m and the rank is m.

    Raises
    ------
    GraphError
        If the mode is none of the three. (Theano's "raw" is not there.)

    Examples
    --------
    >>> q, r = qr([[2.0, 1.0], [0.0, 3.0]])
    >>> dot(q, r).eval()
    array([[2., 1.],
           [0., 3.]])
    """
    if mode not in ("reduced", "complete", "r"):
        raise GraphError(f"qr: expected mode 'reduced', 'complete' or 'r', got {mode!r}.")
    factors = QR(mode).apply(as_matrix("qr", a)).outputs
    return factors[0] if mode == "r" else factors


@dataclass(frozen=True)
class SVD(Op):
    """The factors of U diag(s) V = A: orthogonal, singular values (falling), orthogonal.

    Parameters
    ----------
    full_matrices
        Whether U and V are square.
    compute_uv
        Whether U and V are returned, or s alone.
    """

    full_matrices: bool = True
    compute_uv: bool = True

    name = "svd"

    def infer(self, *types: TensorType) -> Types:
        """Return the types of the factors."""
        (x,) = types
        n, m = x.shape
        k = _smaller(n, m)
        s = TensorType(x.dtype, (k,))
        if not self.compute_uv:
            return (s,)
        left, right = (n, m) if self.full_matrices else (k, k)
        return (TensorType(x.dtype, (n, left)), s, TensorType(x.dtype, (right, m)))

    def grad(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        output_gradients: Gradients,
    ) -> Gradients:
        """Return the gradient of the singular values: Giles (2008), section 3.2."""
        (x,) = inputs
        gu, gs, gv = output_gradients if self.compute_uv else (None, *output_gradients, None)
        if gu is not None or gv is not None:
            raise GradientError(
                "svd: expected a gradient through the singular values alone, got one through U "
                "or V. Use eigh of the product of the matrix with its transpose."
            )
        if gs is None:
            return [None]
        u, _, v = SVD(False, True).apply(x).outputs
        dx = dot(mul(u, dimshuffle(gs, "x", 0)), v)
        return [patternbroadcast(dx, x.broadcastable)]

    def lower(self, *types: TensorType) -> Call:
        """Lower to NumPy."""

        def decompose(x: Array) -> tuple[Array, ...]:
            with converging(self.name, x):
                if not self.compute_uv:
                    return (np.linalg.svd(x, compute_uv=False),)
                return tuple(np.linalg.svd(x, self.full_matrices))

        return Call(decompose)

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute with NumPy, all three in any case, or from the transposed matrix."""
        (x,) = arrays
        with converging(self.name, x):
            if not self.compute_uv:
                return (np.linalg.svd(x.T, compute_uv=False),)
            return tuple(np.linalg.svd(x, self.full_matrices))


def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    """Return the factors of a singular value decomposition, U diag(s) V = a.

    Parameters
    ----------
    a
        A matrix of shape (n, m); k is the smaller of the two.
    full_matrices
        Whether U has shape (n, n) and V shape (m, m), or (n, k) and (k, m).
    compute_uv
        Whether U and V are returned, or s alone.

    Returns
    -------
    U, s and V (already transposed, as in NumPy), or s alone. The singular values, in falling
    order, have a gradient, U and V have none.

    Raises
    ------
    NonFiniteError
        If the iteration does not converge, as with NaN.

    Examples
    --------
    >>> u, s, v = svd([[0.0, 2.0], [1.0, 0.0]])
    >>> s.eval()
    array([2., 1.])
    """
    found = SVD(bool(full_matrices), bool(compute_uv)).apply(as_matrix("svd", a)).outputs
    return found if compute_uv else found[0]
