"""Theano's classes of linear algebra do what NumPy does."""

import numpy as np
import pytest

from blocks import tensor
from blocks.errors import GraphError
from blocks.legacy import theano_linalg as linalg

A = np.array([[4.0, 1.0], [1.0, 3.0]])
b = np.array([1.0, 2.0])
ROWS = {
    "AllocDiag": (lambda: linalg.AllocDiag()(b), np.diag(b)),
    "AllocDiag offset": (lambda: linalg.AllocDiag(1)(b), np.diag(b, 1)),
    "Cholesky": (lambda: linalg.Cholesky()(A), np.linalg.cholesky(A)),
    "Cholesky upper": (lambda: linalg.Cholesky(lower=False)(A), np.linalg.cholesky(A).T),
    "Det": (lambda: linalg.Det()(A), 11.0),
    "Eig": (lambda: linalg.Eig()(A)[0], np.linalg.eig(A)[0]),
    "Eigh": (lambda: linalg.Eigh("U")(A)[0], np.linalg.eigvalsh(A)),
    "Eigvalsh": (lambda: linalg.Eigvalsh()(A, 2 * np.eye(2)), np.linalg.eigvalsh(A) / 2),
    "Expm": (lambda: linalg.Expm()(np.diag(b)), np.diag(np.exp(b))),
    "ExtractDiag": (lambda: linalg.ExtractDiag(view=True)(A), A.diagonal()),
    "MatrixInverse": (lambda: linalg.MatrixInverse()(A), np.linalg.inv(A)),
    "MatrixPinv": (lambda: linalg.MatrixPinv()(A[:1]), np.linalg.pinv(A[:1])),
    "QRFull": (lambda: linalg.QRFull("reduced")(A)[1], np.linalg.qr(A)[1]),
    "QRIncomplete": (lambda: linalg.QRIncomplete("r")(A), np.linalg.qr(A)[1]),
    "SVD": (lambda: linalg.SVD(compute_uv=False)(A), np.linalg.svd(A)[1]),
    "Solve": (lambda: linalg.Solve()(A, b), np.linalg.solve(A, b)),
    "Solve symmetric": (lambda: linalg.Solve("symmetric")(A, b), np.linalg.solve(A, b)),
    "Solve lower": (
        lambda: linalg.Solve("lower_triangular", lower=True)(A, b),
        np.linalg.solve(np.tril(A), b),
    ),
    "Solve upper": (
        lambda: linalg.Solve(A_structure="upper_triangular")(A, b),
        np.linalg.solve(np.triu(A), b),
    ),
    "TensorInv": (lambda: linalg.TensorInv(1)(A), np.linalg.inv(A)),
    "lstsq": (lambda: linalg.lstsq()(A, b, -1)[0], np.linalg.solve(A, b)),
    "lstsq called": (lambda: linalg.lstsq(A, b, -1)[0], np.linalg.solve(A, b)),
}


@pytest.mark.parametrize("name", ROWS)
def test_value(name):
    build, expected = ROWS[name]
    np.testing.assert_allclose(tensor.as_tensor_variable(build()).eval(), expected, atol=1e-12)


def test_every_class_has_a_row():
    assert {name.split()[0] for name in ROWS} == set(linalg.__all__)


def test_an_unknown_structure():
    with pytest.raises(GraphError) as error:
        linalg.Solve("banded")
    assert str(error.value) == (
        "Solve: expected A_structure to be one of general, symmetric, lower_triangular, "
        "upper_triangular, got 'banded'."
    )
