"""Decompositions of square matrices: Cholesky factors, eigenvalues and eigenvectors.

Examples
--------
>>> cholesky([[4.0, 2.0], [2.0, 2.0]]).eval()
array([[2., 0.],
       [1., 1.]])
>>> eigh([[2.0, 0.0], [0.0, 1.0]])[0].eval()
array([1., 2.])
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from blocks.errors import DtypeError, GraphError
from blocks.graph.op import Array, Call, Gradients, Op, Types
from blocks.graph.ops.creation import identity_like
from blocks.graph.ops.diagonal import diag, diagonal, tril
from blocks.graph.ops.elementwise import add, cast, eq, inv, mul, sub, switch
from blocks.graph.ops.inverse import as_square, converging, square
from blocks.graph.ops.linalg import dot
from blocks.graph.ops.shape import dimshuffle, patternbroadcast
from blocks.graph.ops.solve import (
    folded,
    mirrored,
    not_positive_definite,
    solve_lower_triangular,
    solve_upper_triangular,
)
from blocks.graph.types import TensorType, upcast
from blocks.graph.variable import Variable

__all__ = [
    "Cholesky",
    "Eig",
    "Eigh",
    "cholesky",
    "eig",
    "eigh",
    "eigvalsh",
]


@dataclass(frozen=True)
class Cholesky(Op):
    """The lower triangle L with L L^T = A, of which the lower triangle is read.

    Parameters
    ----------
    on_error
        What to do where A is not positive definite: ``"raise"``, or ``"nan"`` for a matrix
        of NaN.
    """

    on_error: str = "raise"

    name = "cholesky"

    def infer(self, *types: TensorType) -> Types:
        """Return the type of the input."""
        square(self.name, types[0])
        return (types[0].clone(),)

    def grad(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        output_gradients: Gradients,
    ) -> Gradients:
        """Return the gradient of the lower triangle: Murray (2016), eq. 8 to 10."""
        (x,), (y,), (g,) = inputs, outputs, output_gradients
        if g is None:
            return [None]
        transposed = dimshuffle(y, 1, 0)
        inner = _half(dot(transposed, g))
        inner = solve_upper_triangular(transposed, dimshuffle(inner, 1, 0))
        inner = solve_upper_triangular(transposed, dimshuffle(inner, 1, 0))
        return [patternbroadcast(_half(add(inner, dimshuffle(inner, 1, 0))), x.broadcastable)]

    def lower(self, *types: TensorType) -> Call:
        """Lower to LAPACK."""

        def factor(x: Array) -> tuple[Array, ...]:
            try:
                y = np.linalg.cholesky(x)
            except np.linalg.LinAlgError:
                return self._failed(x)
            # Not every LAPACK takes NaN for an error.
            return self._failed(x) if np.isnan(y.diagonal()).any() else (y,)

        return Call(factor)

    def _failed(self, x: Array) -> tuple[Array, ...]:
        if self.on_error == "nan":
            return (np.full_like(x, np.nan),)
        raise not_positive_definite(self.name, x)

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute column by column."""
        (x,) = arrays
        y = np.zeros_like(x)
        for j in range(len(x)):
            column = x[j:, j] - y[j:, :j] @ y[j, :j]
            if not column[0] > 0:
                return self._failed(x)
            y[j:, j] = column / np.sqrt(column[0])
        return (y,)


def _half(x: Variable) -> Variable:
    """Return the lower triangle, with half of the diagonal."""
    return sub(tril(x), mul(0.5, diag(diagonal(x))))


def cholesky(x: Any, lower: bool = True, on_error: str = "raise") -> Variable:
    """Return the Cholesky factor of a positive definite matrix.

    Parameters
    ----------
    x
        A symmetric matrix: one triangle is read, and has a gradient.
    lower
        Whether to read the lower triangle and return the lower factor L, with L L^T = x;
        else the upper ones, U^T U = x.
    on_error
        What to do where it is not positive definite: ``"raise"``, or ``"nan"`` for a matrix of
        NaN.

    Raises
    ------
    ShapeError
        If `x` is not square.
    NonFiniteError
        If it is not positive definite, when the factor is computed.

    Examples
    --------
    >>> cholesky([[4.0, 2.0], [2.0, 2.0]], lower=False).eval()
    array([[2., 1.],
           [0., 1.]])
    """
    if on_error not in ("raise", "nan"):
        raise GraphError(f"cholesky: expected on_error to be 'raise' or 'nan', got {on_error!r}.")
    x = as_square("cholesky", x)
    if not lower:
        return dimshuffle(cholesky(dimshuffle(x, 1, 0), on_error=on_error), 1, 0)
    result: Variable = Cholesky(on_error)(x)
    return result


@dataclass(frozen=True)
class Eigh(Op):
    """Eigenvalues, rising, and eigenvectors, as columns, of a symmetric matrix.

    Parameters
    ----------
    use_lower
        Which triangle of the matrix is read.
    """

    use_lower: bool = True

    name = "eigh"

    def infer(self, *types: TensorType) -> Types:
        """Return the types of a vector and a matrix."""
        (x,) = types
        square(self.name, x)
        size = x.shape[1] if x.shape[0] is None else x.shape[0]
        return (TensorType(x.dtype, (size,)), TensorType(x.dtype, (size, size)))

    def grad(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        output_gradients: Gradients,
    ) -> Gradients:
        """Return the gradient of the triangle that is read: Giles (2008), 3.1.

        That of the eigenvectors is infinite where two eigenvalues are equal.
        """
        (x,), (w, v), (gw, gv) = inputs, outputs, output_gradients
        inner = None if gw is None else diag(gw)
        transposed = dimshuffle(v, 1, 0)
        if gv is not None:
            gaps = sub(dimshuffle(w, "x", 0), dimshuffle(w, 0, "x"))
            on_diagonal = eq(identity_like(gaps), 1)
            weights = switch(on_diagonal, 0, inv(switch(on_diagonal, 1, gaps)))
            turned = mul(weights, dot(transposed, gv))
            inner = turned if inner is None else add(inner, turned)
        if inner is None:
            return [None]
        dx = folded(dot(v, dot(inner, transposed)), self.use_lower)
        return [patternbroadcast(dx, x.broadcastable)]

    def lower(self, *types: TensorType) -> Call:
        """Lower to LAPACK."""

        def decompose(x: Array) -> tuple[Array, ...]:
            with converging(self.name, x):
                return tuple(np.linalg.eigh(x, "L" if self.use_lower else "U"))

        return Call(decompose)

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute from the whole matrix, through the triangle that `lower` does not read."""
        (x,) = arrays
        part = np.tril(x) if self.use_lower else np.triu(x)
        whole = part + part.T - np.diag(x.diagonal())
        with converging(self.name, x):
            return tuple(np.linalg.eigh(whole.T, "L" if self.use_lower else "U"))


def eigh(a: Any, UPLO: str = "L") -> tuple[Variable, Variable]:
    """Return the eigenvalues, rising, and the eigenvectors of a symmetric matrix.

    Parameters
    ----------
    a
        A symmetric matrix.
    UPLO
        Which triangle of it is read, and has a gradient: ``"L"`` or ``"U"``.

    Returns
    -------
    A vector w and a matrix v, whose column ``v[:, i]`` belongs to ``w[i]``.

    Raises
    ------
    ShapeError
        If it is not square.
    NonFiniteError
        If the iteration does not converge, as with NaN.

    Examples
    --------
    >>> w, v = eigh([[1.0, 0.0], [2.0, 1.0]])
    >>> w.eval()
    array([-1.,  3.])
    """
    if UPLO not in ("L", "U"):
        raise GraphError(f"eigh: expected UPLO to be 'L' or 'U', got {UPLO!r}.")
    w, v = Eigh(UPLO == "L").apply(as_square("eigh", a)).outputs
    return w, v


def eigvalsh(a: Any, b: Any = None, lower: bool = True) -> Variable:
    """Return the numbers w with a v = w b v for some v, for symmetric matrices.

    Parameters
    ----------
    a
        A symmetric matrix.
    b
        A positive definite matrix; by default the unit matrix.
    lower
        Whether the lower triangles of both are read, or the upper ones.

    Returns
    -------
    The generalized eigenvalues, rising.

    Raises
    ------
    NonFiniteError
        If `b` is not positive definite, when they are computed.

    Notes
    -----
    With b = L L^T they are the eigenvalues of L^-1 a L^-T, as in LAPACK's ``sygv``.

    Examples
    --------
    >>> eigvalsh([[2.0, 0.0], [0.0, 8.0]], [[1.0, 0.0], [0.0, 2.0]]).eval()
    array([2., 4.])
    """
    a = as_square("eigvalsh", a)
    if b is None:
        return eigh(a, "L" if lower else "U")[0]
    b = as_square("eigvalsh", b)
    dtype = upcast(a.dtype, b.dtype)
    a, b = cast(a, dtype), cast(b, dtype)
    factor = cholesky(mirrored(b, lower))
    inner = solve_lower_triangular(factor, mirrored(a, lower))
    return eigh(solve_lower_triangular(factor, dimshuffle(inner, 1, 0)))[0]


@dataclass(frozen=True)
class Eig(Op):
    """Eigenvalues, as LAPACK orders them, and eigenvectors, as columns. All must be real."""

    name = "eig"

    def infer(self, *types: TensorType) -> Types:
        """Return the types of a vector and a matrix."""
        return Eigh().infer(*types)

    def lower(self, *types: TensorType) -> Call:
        """Lower to LAPACK."""
        return Call(self._decompose)

    def _decompose(self, x: Array) -> tuple[Array, ...]:
        with converging(self.name, x):
            w, v = np.linalg.eig(x)
        if np.iscomplexobj(w):
            raise DtypeError(
                f"eig: expected a matrix with real eigenvalues, got one of {x.dtype} {x.shape} "
                "with complex ones. Use eigh for a symmetric matrix, or svd."
            )
        return w, v

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute with NumPy: there is no order of eigenvalues but LAPACK's."""
        return self._decompose(*arrays)


def eig(a: Any) -> tuple[Variable, Variable]:
    """Return the eigenvalues and eigenvectors of a matrix that has real ones; no gradient.

    Returns
    -------
    A vector w and a matrix v, whose column ``v[:, i]`` belongs to ``w[i]``.

    Raises
    ------
    ShapeError
        If it is not square.
    DtypeError
        If an eigenvalue is complex, when they are computed.

    Examples
    --------
    >>> eig([[2.0, 1.0], [0.0, 3.0]])[0].eval()
    array([2., 3.])
    """
    w, v = Eig().apply(as_square("eig", a)).outputs
    return w, v
