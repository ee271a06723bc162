"""The table of linear algebra, for matrices of size 3, 1 and 0.

What NumPy and SciPy make of a triangle alone has derivatives by that triangle alone, so that
finite differences of the oracle check that too.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg

from blocks import tensor
from tests.graph.cases_shape import Case


def positive(n):
    """Return a function that draws a matrix whose symmetric part is positive definite."""

    def draw(rng):
        x = rng.normal(size=(n, n))
        return x @ x.T + n * np.eye(n) + 0.1 * np.triu(rng.normal(size=(n, n)), 1)

    return draw


def dominant(*shape):
    """Return a function that draws a matrix with a large diagonal, far from singular."""
    return lambda rng: rng.normal(size=shape) + 4 * np.eye(*shape)


def _symmetric(x, lower=True):
    part = np.tril(x) if lower else np.triu(x)
    return part + part.T - np.diag(x.diagonal())


def _triangular(lower):
    def solve(a, b):
        return np.linalg.solve(np.tril(a) if lower else np.triu(a), b)

    return solve


def _function_of_symmetric(x):
    """Return the inverse square root, which depends on no sign of eigenvectors."""
    w, v = tensor.nlinalg.eigh(x)
    return tensor.dot(v / tensor.sqrt(w), v.T)


def _inverse_square_root(x):
    w, v = np.linalg.eigh(x)
    return v / np.sqrt(w) @ v.T


def _generalized(a, b):
    factor = np.linalg.inv(np.linalg.cholesky(b))
    return np.linalg.eigvalsh(factor @ _symmetric(a) @ factor.T)


def _expm(x):
    return scipy.linalg.expm(x) if x.size else x


def _squared_factors(a):
    q, r = tensor.nlinalg.qr(a)
    return q * q + tensor.dot(r * r, tensor.ones_like(r))[:1].sum()


def _numpy_squared_factors(a):
    q, r = np.linalg.qr(a)
    return q * q + (r * r @ np.ones_like(r))[:1].sum()


def cases(n):
    """Return the rows for matrices of size n."""
    N, tall, vector, thin = (n, n), (n + 2, n), (n,), (n, 2)
    good, square = positive(n), dominant(n, n)
    t = tensor.nlinalg
    s = tensor.slinalg
    return [
        Case("matrix_inverse", t.matrix_inverse, (square,), np.linalg.inv),
        Case("det", t.det, (square,), np.linalg.det),
        Case("pinv", t.pinv, (dominant(*tall),), np.linalg.pinv),
        Case(
            "pinv of wide", lambda x: t.pinv(x.T), (dominant(*tall),), lambda x: np.linalg.pinv(x.T)
        ),
        Case("trace", t.trace, (N,), np.trace),
        Case("extract_diag", t.extract_diag, (N,), np.diag),
        Case("alloc_diag", t.alloc_diag, (vector,), np.diag),
        Case("matrix_dot", t.matrix_dot, (N, N, N), lambda x, y, z: x @ y @ z),
        Case("matrix_power 5", lambda x: t.matrix_power(x, 5), (N,), lambda x: x @ x @ x @ x @ x),
        Case("matrix_power 0", lambda x: x + t.matrix_power(x, 0), (N,), lambda x: x + np.eye(n)),
        Case(
            "matrix_power -2",
            lambda x: t.matrix_power(x, -2),
            (square,),
            lambda x: np.linalg.inv(x) @ np.linalg.inv(x),
        ),
        Case("norm", t.norm, (dominant(*tall),), np.linalg.norm),
        Case("norm 1", lambda x: t.norm(x, 1), (square,), lambda x: np.abs(x).sum(0).max()),
        Case("norm inf", lambda x: t.norm(x, "inf"), (square,), lambda x: np.abs(x).sum(1).max()),
        Case("kron", s.kron, (N, (2, 3)), np.kron),
        Case("kron of a vector", s.kron, (vector, N), np.kron),
        Case("kron 3-d", s.kron, ((2, n, 1), (1, 2, 3)), np.kron),
        Case("cholesky", s.cholesky, (good,), np.linalg.cholesky),
        Case(
            "cholesky upper",
            lambda x: s.cholesky(x, lower=False),
            (good,),
            lambda x: np.linalg.cholesky(x.T).T,
        ),
        Case("solve", s.solve, (square, N), np.linalg.solve),
        Case("solve vector", s.solve, (square, vector), np.linalg.solve),
        Case("solve thin", s.solve, (square, thin), np.linalg.solve),
        *(
            Case(
                f"solve {kind} {'lower' if lower else 'upper'}",
                lambda a, b, kind=kind, lower=lower: s.solve(a, b, kind, lower),
                (good, thin),
                lambda a, b, lower=lower: np.linalg.solve(_symmetric(a, lower), b),
            )
            for kind in ("sym", "pos")
            for lower in (True, False)
        ),
        Case("solve_lower_triangular", s.solve_lower_triangular, (square, N), _triangular(True)),
        Case("solve_upper_triangular", s.solve_upper_triangular, (square, N), _triangular(False)),
        Case(
            "solve_triangular vector",
            lambda a, b: s.solve_triangular(a, b, lower=True),
            (square, vector),
            _triangular(True),
        ),
        Case("eigvalsh", s.eigvalsh, (N,), lambda x: np.linalg.eigvalsh(x)),
        Case("eigvalsh of two", s.eigvalsh, (N, good), _generalized),
        Case(
            "eigvalsh of two upper",
            lambda a, b: s.eigvalsh(a, b, lower=False),
            (N, good),
            lambda a, b: _generalized(a.T, b.T),
        ),
        Case("eigh", _function_of_symmetric, (good,), _inverse_square_root),
        Case(
            "eigh squared vectors",
            lambda x: tensor.nlinalg.eigh(x, "U")[1] ** 2,
            (good,),
            lambda x: np.linalg.eigh(x, "U")[1] ** 2,
        ),
        Case(
            "svd values",
            lambda x: t.svd(x, compute_uv=False),
            (dominant(*tall),),
            lambda x: np.linalg.svd(x, compute_uv=False),
        ),
        Case(
            "svd values of all",
            lambda x: t.svd(x.T)[1],
            (dominant(*tall),),
            lambda x: np.linalg.svd(x, compute_uv=False),
        ),
        Case("qr", _squared_factors, (dominant(*tall),), _numpy_squared_factors),
        Case("qr of r", lambda x: t.qr(x)[1], (square,), lambda x: np.linalg.qr(x)[1]),
        Case("expm", s.expm, (N,), _expm),
        Case(
            "tensorinv",
            lambda x: t.tensorinv(x.reshape((n, 2, 2 * n)), 2),
            (dominant(2 * n, 2 * n),),
            lambda x: np.linalg.inv(x).reshape(2 * n, n, 2),
        ),
        Case(
            "tensorsolve",
            lambda a, b: t.tensorsolve(a.reshape((2 * n, 2, n)), b, axes=[0]),
            (dominant(2 * n, 2 * n), (2, n)),
            lambda a, b: np.linalg.tensorsolve(a.reshape(2 * n, 2, n), b, axes=[0]),
        ),
    ]


CASES = [
    Case(f"{case.id} ({n})", case.build, case.inputs, case.expected)
    for n in (3, 1, 0)
    for case in cases(n)
    if n or not case.id.startswith("norm")  # it has no derivative at 0, and none is largest
]
