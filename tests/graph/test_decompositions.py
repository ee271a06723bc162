"""Linear algebra beyond the table: factors, dtypes, triangles that are read, and errors."""

import re

import numpy as np
import pytest

from blocks import function, tensor
from blocks.errors import DtypeError, GradientError, GraphError, NonFiniteError, ShapeError
from blocks.graph.ops.linalg import dot
from blocks.graph.types import DTYPES, TensorType
from tests.graph.cases_linalg import dominant, positive

MODES = ["reference", "compiled"]
each_mode = pytest.mark.parametrize("mode", MODES)
n, s = tensor.nlinalg, tensor.slinalg
x, y = tensor.matrix("x"), tensor.matrix("y")
RNG = np.random.RandomState(0)


@each_mode
@pytest.mark.parametrize("shape", [(4, 3), (3, 4), (3, 3), (1, 1), (2, 0), (0, 2)])
def test_qr(shape, mode):
    array = RNG.normal(size=shape)
    for name in ("reduced", "complete"):
        q, r = function([x], list(n.qr(x, name)), mode=mode)(array)
        expected = np.linalg.qr(array, name)
        for found, numpy in zip((q, r), expected, strict=True):
            assert found.shape == numpy.shape
        np.testing.assert_allclose(q @ r, array, atol=1e-12)
        np.testing.assert_allclose(q.T @ q, np.eye(q.shape[1]), atol=1e-12)
        np.testing.assert_allclose(abs(q), abs(expected[0]), atol=1e-12)
    r = function([x], n.qr(x, "r"), mode=mode)(array)
    np.testing.assert_allclose(r, np.linalg.qr(array, "r"), atol=1e-12)
    assert (r == np.triu(r)).all()


@each_mode
@pytest.mark.parametrize("shape", [(4, 3), (3, 4), (1, 1), (2, 0)])
def test_svd(shape, mode):
    array = RNG.normal(size=shape)
    for full in (True, False):
        u, w, v = n.svd(x, full_matrices=full)
        u, w, v = function([x], [u, w, v], mode=mode)(array)
        assert [a.shape for a in (u, w, v)] == [a.shape for a in np.linalg.svd(array, full)]
        k = min(shape)
        np.testing.assert_allclose(u[:, :k] * w @ v[:k], array, atol=1e-12)
        np.testing.assert_allclose(u.T @ u, np.eye(u.shape[1]), atol=1e-12)
    np.testing.assert_allclose(function([x], n.svd(x, compute_uv=False), mode=mode)(array), w)


@each_mode
def test_eig_and_eigh(mode):
    array = RNG.normal(size=(4, 4))
    product = array @ np.diag([1.0, -2, 3, 4]) @ np.linalg.inv(array)
    w, v = function([x], list(n.eig(x)), mode=mode)(product)
    np.testing.assert_allclose(np.sort(w), [-2, 1, 3, 4])
    np.testing.assert_allclose(product @ v, v * w, atol=1e-9)
    for triangle, part in (("L", np.tril), ("U", np.triu)):
        symmetric = part(array) + part(array).T - np.diag(array.diagonal())
        w, v = function([x], list(n.eigh(x, triangle)), mode=mode)(array)
        np.testing.assert_allclose(symmetric @ v, v * w, atol=1e-12)


@each_mode
@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (3, 3)])
def test_lstsq(shape, mode):
    a, b = RNG.normal(size=shape), RNG.normal(size=shape[0])
    outputs = n.lstsq(x, tensor.vector("b"), -1.0)
    (_, vector) = outputs[0].owner.inputs
    found = function([x, vector], list(outputs), mode=mode)(a, b)
    for value, expected in zip(found, np.linalg.lstsq(a, b, rcond=-1), strict=True):
        np.testing.assert_allclose(value, expected)


LINEAR = {
    "matrix_inverse": (n.matrix_inverse, 1),
    "det": (n.det, 1),
    "pinv": (n.pinv, 1),
    "cholesky": (s.cholesky, 1),
    "expm": (s.expm, 1),
    "eigvalsh": (s.eigvalsh, 1),
    "svd": (lambda a: n.svd(a)[1], 1),
    "qr": (lambda a: n.qr(a)[1], 1),
    "eigh": (lambda a: n.eigh(a)[0], 1),
    "eig": (lambda a: n.eig(a)[0], 1),
    "matrix_power": (lambda a: n.matrix_power(a, -2), 1),
    "solve": (s.solve, 2),
    "solve pos": (lambda a, b: s.solve(a, b, "pos"), 2),
    "solve_lower_triangular": (s.solve_lower_triangular, 2),
    "eigvalsh of two": (s.eigvalsh, 2),
}


@each_mode
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", LINEAR)
def test_dtypes(name, dtype, mode):
    """Integers of up to 16 bits become float32, longer ones float64; floats stay."""
    build, number = LINEAR[name]
    array = np.array([[2, 1], [1, 3]], dtype) if dtype != "bool" else np.eye(2, dtype=bool)
    symbols = [TensorType(dtype, (None, None))(f"a{i}") for i in range(number)]
    result = build(*symbols)
    value = function(symbols, result, mode=mode)(*[array] * number)
    expected = np.result_type(dtype, "float32")
    assert value.dtype == result.dtype == expected
    exact = function(
        doubles := [tensor.dmatrix() for _ in symbols], build(*doubles), mode="reference"
    )(*[array.astype("float64")] * number)
    np.testing.assert_allclose(value, exact, rtol=1e-5, atol=1e-6)


def test_mixed_dtypes():
    a, b = tensor.fmatrix("a"), tensor.dvector("b")
    assert s.solve(a, b).dtype == "float64"
    assert s.solve(tensor.imatrix(), tensor.fvector()).dtype == "float64"
    assert s.solve(a, tensor.wvector()).dtype == "float32"
    assert s.eigvalsh(a, tensor.dmatrix()).dtype == "float64"
    integers = tensor.lmatrix("m")
    gradient = tensor.grad(s.solve(integers, b).sum(), b)
    np.testing.assert_allclose(gradient.eval({integers: [[2, 1], [1, 1]], b: [1.0, 2]}), [0, 1])


@each_mode
def test_solutions_without_an_inverse(mode):
    """A backward stable solution, where a product with the inverse loses all digits."""
    size = 12
    hilbert = 1 / (1.0 + np.add.outer(np.arange(size), np.arange(size)))
    right = np.ones(size)
    b = tensor.vector("b")
    solution = function([x, b], s.solve(x, b), mode=mode)(hilbert, right)
    np.testing.assert_allclose(hilbert @ solution, right, atol=1e-6)
    by_inverse = np.linalg.inv(hilbert) @ right
    assert abs(hilbert @ by_inverse - right).max() > 1e-4


@each_mode
def test_only_a_triangle_is_read(mode):
    array = positive(3)(RNG)
    nan = np.where(np.triu(np.ones((3, 3)), 1) > 0, np.nan, array)
    right = RNG.normal(size=(3, 2))
    for build in (
        lambda a, b: dot(s.cholesky(a), b),
        lambda a, b: s.solve(a, b, "pos", lower=True),
        lambda a, b: s.solve(a, b, "sym", lower=True),
        lambda a, b: s.solve(a, b, "tri", lower=True),
        lambda a, b: dot(tensor.diag(n.eigh(a)[0]), b),
    ):
        f = function([x, y], build(x, y), mode=mode)
        np.testing.assert_allclose(f(nan, right), f(np.tril(array), right))


@each_mode
def test_second_derivatives(mode):
    """Of the likelihood of a normal distribution, by its covariance, along a direction."""
    z = tensor.vector("z")
    factor = s.cholesky(dot(x, x.T) + tensor.eye(3))
    white = s.solve_lower_triangular(factor, z)
    cost = (white**2).sum() / 2 + tensor.log(tensor.diag(factor)).sum() + s.expm(x).sum()
    slope = tensor.grad(cost, x)
    direction = RNG.normal(size=(3, 3))
    second = tensor.grad((slope * direction).sum(), x)
    arrays = RNG.normal(size=(3, 3)), RNG.normal(size=3)
    f = function([x, z], [slope, second], mode=mode)
    step = 1e-6 * direction
    numeric = (f(arrays[0] + step, arrays[1])[0] - f(arrays[0] - step, arrays[1])[0]) / 2e-6
    np.testing.assert_allclose(f(*arrays)[1], numeric, rtol=1e-5, atol=1e-7)


def test_diagonal_of_one_element():
    """The view that NumPy returns is read-only; a copy made when planning would be stale."""
    f = function([x], tensor.diag(x * x) + tensor.diag(2 * x))
    assert f([[3.0]]).tolist() == [15]
    assert f([[4.0]]).tolist() == [24]
    assert function([x], tensor.trace(2 * x))(np.zeros((0, 0))) == 0


def test_cholesky_without_an_error():
    f = function([x], s.cholesky(x, on_error="nan"))
    assert np.isnan(f(-np.eye(2))).all()
    assert f(np.eye(2)).tolist() == np.eye(2).tolist()


SINGULAR, NAN = np.ones((2, 2)), np.full((2, 2), np.nan)
WHEN_RUN = {
    "matrix_inverse": (n.matrix_inverse, SINGULAR, "matrix_inverse: expected an invertible matrix"),
    "solve": (lambda a: s.solve(a, a), SINGULAR, "solve: expected an invertible matrix"),
    "solve sym": (
        lambda a: s.solve(a, a, "sym"),
        SINGULAR,
        "solve: expected an invertible matrix",
    ),
    "solve tri": (
        lambda a: s.solve(a, a, "tri"),
        np.triu(SINGULAR, 1),
        "solve: expected an invertible matrix, got a singular one of float64 (2, 2). Add a little "
        "to its diagonal.",
    ),
    "solve pos": (
        lambda a: s.solve(a, a, "pos"),
        -np.eye(2),
        "solve: expected a positive definite matrix, got another one of float64 (2, 2). Add a "
        "little to its diagonal.",
    ),
    "cholesky": (
        s.cholesky,
        -np.eye(2),
        "cholesky: expected a positive definite matrix, got another one of float64 (2, 2). Add a "
        "little to its diagonal.",
    ),
    "cholesky of NaN": (s.cholesky, NAN, "cholesky: expected a positive definite matrix"),
    "eigvalsh": (
        lambda a: s.eigvalsh(a, a),
        -np.eye(2),
        "cholesky: expected a positive definite matrix",
    ),
    "eigh": (
        lambda a: n.eigh(a)[0],
        np.full((3, 3), np.inf),
        "eigh: expected a matrix for which the iteration converges, got another one of float64 "
        "(3, 3). Look for NaN and infinity in it.",
    ),
    "svd": (lambda a: n.svd(a)[0], NAN, "svd: expected a matrix for which the iteration converges"),
    "svd values": (lambda a: n.svd(a, compute_uv=False), NAN, "svd: expected a matrix for which"),
    "eig": (lambda a: n.eig(a)[0], NAN, "eig: expected a matrix for which the iteration converges"),
    "pinv": (n.pinv, NAN, "pinv: expected a matrix for which the iteration converges"),
    "lstsq": (lambda a: n.lstsq(a, a)[0], NAN, "lstsq: expected a matrix for which the iteration"),
    "complex": (
        lambda a: n.eig(a)[0],
        np.array([[0.0, 1], [-1, 0]]),
        "eig: expected a matrix with real eigenvalues, got one of float64 (2, 2) with complex "
        "ones. Use eigh for a symmetric matrix, or svd.",
    ),
}


@each_mode
@pytest.mark.parametrize("name", WHEN_RUN)
def test_error_when_run(name, mode):
    build, array, text = WHEN_RUN[name]
    f = function([x], build(x), mode=mode)
    with pytest.raises(
        DtypeError if name == "complex" else NonFiniteError, match=f"^{re.escape(text)}"
    ):
        f(array)


v, t = tensor.vector("v"), tensor.tensor3("t")
BUILD_ERRORS = {
    "cholesky": (
        lambda: s.cholesky(tensor.matrix(shape=(2, 3))),
        "cholesky: expected a square matrix, got float64 (2, 3). Check its shape.",
    ),
    "cholesky on_error": (
        lambda: s.cholesky(x, on_error="ignore"),
        "cholesky: expected on_error to be 'raise' or 'nan', got 'ignore'. Choose one of them.",
    ),
    "solve": (
        lambda: s.solve(tensor.matrix(shape=(2, 2)), tensor.vector(shape=(3,))),
        "solve: expected as many rows of b as of a, got a of float64 (2, 2) and b of float64 "
        "(3, 1). Transpose b, or change its size.",
    ),
    "solve b": (
        lambda: s.solve(x, t),
        "solve: expected a vector or a matrix b, got float64 (?, ?, ?). Flatten or reshape it.",
    ),
    "solve assume_a": (
        lambda: s.solve(x, x, "her"),
        "solve: expected assume_a to be one of gen, sym, pos, tri, got 'her'. Choose one of them.",
    ),
    "expm": (
        lambda: s.expm(v),
        "expm: expected a square matrix, got float64 (?,). Check its shape.",
    ),
    "eigh": (
        lambda: n.eigh(x, "l"),
        "eigh: expected UPLO to be 'L' or 'U', got 'l'. Name the triangle that holds the matrix.",
    ),
    "qr": (
        lambda: n.qr(v),
        "qr: expected a matrix, got float64 (?,). Reshape it, or take one matrix of it.",
    ),
    "qr mode": (
        lambda: n.qr(x, "raw"),
        "qr: expected mode 'reduced', 'complete' or 'r', got 'raw'. Choose one of them.",
    ),
    "lstsq": (
        lambda: n.lstsq(tensor.matrix(shape=(2, 2)), tensor.vector(shape=(3,)), -1),
        "lstsq: expected a matrix and a vector or matrix of as many rows, got float64 (2, 2) "
        "and float64 (3,). Transpose one of them, or change its size.",
    ),
    "matrix_power": (
        lambda: n.matrix_power(v, 2),
        "matrix_power: expected a square matrix, got float64 (?,). Check its shape.",
    ),
    "matrix_dot": (
        n.matrix_dot,
        "matrix_dot: expected at least one matrix, got none. Pass the factors one by one.",
    ),
    "norm": (
        lambda: n.norm(x, 3),
        "norm: expected a vector, or a matrix and an order of None, 'fro', 1, -1, inf or -inf,"
        " got float64 (?, ?) and 3. Flatten it, or choose one of these orders.",
    ),
    "tensorinv": (
        lambda: n.tensorinv(t, 3),
        "tensorinv: expected ind from 1 to 2, got 3 for float64 (?, ?, ?). Give the number of "
        "the first axes that stand for the rows of a square matrix.",
    ),
    "extract_diag": (
        lambda: n.extract_diag(v),
        "extract_diag: expected a matrix, got float64 (?,). Use diagonal(x, axis1, axis2) for "
        "more axes, alloc_diag for the matrix of a vector.",
    ),
    "alloc_diag": (
        lambda: n.alloc_diag(x),
        "alloc_diag: expected a vector, got float64 (?, ?). Use extract_diag for the diagonal "
        "of a matrix.",
    ),
}


@pytest.mark.parametrize("name", BUILD_ERRORS)
def test_error_when_built(name):
    build, text = BUILD_ERRORS[name]
    with pytest.raises((ShapeError, GraphError)) as error:
        build()
    assert str(error.value) == text


GRADIENTS = {
    "eig": (lambda: n.eig(x)[0], "Eig: expected an op with a gradient, got one without."),
    "lstsq": (lambda: n.lstsq(x, v, -1)[0], "lstsq: expected an op with a gradient, got one with"),
    "svd": (lambda: n.svd(x)[0], "svd: expected a gradient through the singular values alone, go"),
    "qr": (
        lambda: n.qr(x, "complete")[0],
        "qr: expected mode 'reduced' for a gradient, got 'complete'.",
    ),
}


@pytest.mark.parametrize("name", GRADIENTS)
def test_no_gradient(name):
    build, text = GRADIENTS[name]
    with pytest.raises(GradientError, match=f"^{re.escape(text)}".replace("Eig", "eig")):
        tensor.grad(build().sum(), x)


def test_drawn_matrices_are_what_they_are_called():
    assert np.linalg.eigvalsh(positive(3)(np.random.default_rng(0))).min() > 0
    assert np.linalg.cond(dominant(3, 3)(np.random.default_rng(1))) < 10


@each_mode
def test_exponential_of_nan_is_nan(mode):
    f = function([x], s.expm(x), mode=mode)
    assert np.isnan(f(np.full((2, 2), np.nan))).all()
