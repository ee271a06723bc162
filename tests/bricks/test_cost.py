"""Costs: rates, ties, names, errors; their values are in the table of test_simple.py."""

import numpy as np
import pytest

from blocks import function, tensor
from blocks.bricks import Linear
from blocks.bricks.cost import Cost, MisclassificationRate, SquaredError
from blocks.config import config
from blocks.errors import ShapeError
from blocks.initialization import Constant

X = np.random.RandomState(3).randn(5, 4)
LABELS = np.array([0, 3, 1, 1, 2])


@pytest.mark.parametrize(("top_k", "expected"), [(1, 0.75), (2, 0.5), (3, 0.25), (4, 0.0)])
def test_misclassification_rate(top_k, expected):
    scores = np.array([[4.0, 3, 2, 1]] * 4)
    rate = MisclassificationRate(top_k=top_k).apply(np.arange(4), scores)
    assert rate.dtype == config.floatX
    assert float(rate.eval()) == expected


def test_ties_are_no_hits_beyond_top_k():
    scores = np.ones((2, 3))
    assert float(MisclassificationRate(top_k=2).apply(np.zeros(2, int), scores).eval()) == 1.0
    assert float(MisclassificationRate(top_k=3).apply(np.zeros(2, int), scores).eval()) == 0.0


def test_costs_are_scalars_named_cost():
    cost = SquaredError().apply(tensor.matrix("y"), tensor.matrix("y_hat"))
    assert (cost.ndim, cost.name, cost.tag.name) == (0, "squarederror_apply_cost", "cost")
    with pytest.raises(TypeError, match="abstract"):
        Cost()


@pytest.mark.parametrize(
    ("act", "error", "text"),
    [
        (
            lambda: SquaredError().apply(X[:, 0], X[:, :1]),
            ShapeError,
            r"^/squarederror\.cost_matrix: expected targets and predictions of one shape, got "
            r"float64 \(5,\) and float64 \(5, 1\)\.",
        ),
        (
            lambda: SquaredError().apply(X[0], X[0]),
            ShapeError,
            r"^/squarederror\.apply: expected targets and predictions with at least 2 axes",
        ),
        (
            lambda: MisclassificationRate().apply(LABELS[:, None], X),
            ShapeError,
            r"^/misclassificationrate\.apply: expected integer labels \(batch,\) and scores "
            r"\(batch, classes\), got int64 \(5, 1\) and float64 \(5, 4\)\. Labels of shape",
        ),
        (lambda: MisclassificationRate(0), ValueError, r"expected top_k to be an integer of at"),
    ],
)
def test_bad_use(act, error, text):
    with pytest.raises(error, match=text):
        act()


def test_a_column_of_predictions_does_not_broadcast():
    """Predictions of shape (n, 1) minus targets of shape (n,) would be n x n differences."""
    x, y, Y = tensor.matrix("x"), tensor.vector("y"), tensor.matrix("Y")
    settings = {"weights_init": Constant(1), "biases_init": Constant(0)}
    linear = Linear(3, 1, **settings)
    linear.initialize()
    predictions = linear.apply(x)
    arrays = np.ones((5, 3)), np.ones(5)
    for build in (lambda p, y: p - y, lambda p, y: tensor.eq(p > 0.5, y > 0.5)):
        with pytest.raises(ShapeError, match=r"got \(5, 1\) and \(5,\)"):
            function([x, y], build(predictions, y))(*arrays)
    cost = function([x, Y], SquaredError().apply(Y, predictions))
    with pytest.raises(ShapeError, match=r"got \(5, 4\) and \(5, 1\)|got \(5, 1\) and \(5, 4\)"):
        cost(arrays[0], np.ones((5, 4)))
    assert cost(arrays[0], np.ones((5, 1))) == 4
