"""Simple bricks, activations and costs: values against NumPy, gradients, shapes, errors."""

import numpy as np
import pytest

from blocks import tensor
from blocks.bricks import (
    MLP,
    Bias,
    Identity,
    LeakyRectifier,
    Linear,
    LinearMaxout,
    Logistic,
    Maxout,
    NDimensionalSoftmax,
    Rectifier,
    Softmax,
    Softplus,
    Tanh,
)
from blocks.bricks.cost import (
    AbsoluteError,
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    SquaredError,
)
from blocks.compile import function
from blocks.errors import BrickError, ShapeError
from blocks.graph.computation import ComputationGraph
from blocks.initialization import Constant, IsotropicGaussian
from tests.bricks.checks import check_float32, check_gradients, check_values

rng = np.random.RandomState(3)
X = rng.randn(5, 4)
X3 = rng.randn(2, 5, 4)
LABELS = np.array([0, 3, 1, 1, 2])
LABELS2 = np.array([[0, 3, 1, 1, 2], [1, 0, 0, 2, 3]])
P = rng.dirichlet(np.ones(4), size=5)
Q = rng.dirichlet(np.ones(4), size=5)
SCHEMES = {"weights_init": IsotropicGaussian(0.5), "biases_init": IsotropicGaussian(0.5), "seed": 1}


def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def pick(x, labels):
    return np.take_along_axis(x, labels[..., None], axis=-1)[..., 0]


# brick, method, inputs, extra arguments, what NumPy says of the parameters and inputs
CASES = {
    "linear": (Linear(4, 3, **SCHEMES), "apply", [X], {}, lambda p, x: x @ p["W"] + p["b"]),
    "linear_one_unit": (
        Linear(4, 1, **SCHEMES),
        "apply",
        [X],
        {},
        lambda p, x: x @ p["W"] + p["b"],
    ),
    "linear_one_example": (
        Linear(4, 3, **SCHEMES),
        "apply",
        [X[:1]],
        {},
        lambda p, x: x @ p["W"] + p["b"],
    ),
    "linear_no_example": (
        Linear(4, 3, **SCHEMES),
        "apply",
        [X[:0]],
        {},
        lambda p, x: x @ p["W"] + p["b"],
    ),
    "linear_vector": (
        Linear(4, 3, **SCHEMES),
        "apply",
        [X[0]],
        {},
        lambda p, x: x @ p["W"] + p["b"],
    ),
    "linear_3d": (Linear(4, 3, **SCHEMES), "apply", [X3], {}, lambda p, x: x @ p["W"] + p["b"]),
    "linear_no_bias": (
        Linear(4, 3, use_bias=False, **SCHEMES),
        "apply",
        [X],
        {},
        lambda p, x: x @ p["W"],
    ),
    "bias": (Bias(4, **SCHEMES), "apply", [X], {}, lambda p, x: x + p["b"]),
    "bias_3d": (Bias(4, **SCHEMES), "apply", [X3], {}, lambda p, x: x + p["b"]),
    "maxout": (Maxout(2), "apply", [X], {}, lambda p, x: x.reshape(5, 2, 2).max(-1)),
    "maxout_3d": (Maxout(4), "apply", [X3], {}, lambda p, x: x.max(-1, keepdims=True)),
    "linear_maxout": (
        LinearMaxout(4, 2, 3, **SCHEMES),
        "apply",
        [X],
        {},
        lambda p, x: (x @ p["W"] + p["b"]).reshape(5, 2, 3).max(-1),
    ),
    "identity": (Identity(), "apply", [X], {}, lambda p, x: x),
    "tanh": (Tanh(), "apply", [X3], {}, lambda p, x: np.tanh(x)),
    "logistic": (Logistic(), "apply", [X], {}, lambda p, x: 1 / (1 + np.exp(-x))),
    "softplus": (Softplus(), "apply", [X], {}, lambda p, x: np.log1p(np.exp(x))),
    "rectifier": (Rectifier(), "apply", [X], {}, lambda p, x: np.maximum(x, 0)),
    "leaky_rectifier": (
        LeakyRectifier(),
        "apply",
        [X],
        {},
        lambda p, x: np.where(x > 0, x, 0.01 * x),
    ),
    "leaky_rectifier_leak": (
        LeakyRectifier(0.3),
        "apply",
        [X],
        {},
        lambda p, x: np.where(x > 0, x, 0.3 * x),
    ),
    "softmax": (Softmax(), "apply", [X], {}, lambda p, x: softmax(x)),
    "softmax_large": (
        Softmax(),
        "log_probabilities",
        [X * 1e4],
        {},
        lambda p, x: x - x.max(-1, keepdims=True),
    ),
    "softmax_log": (Softmax(), "log_probabilities", [X], {}, lambda p, x: np.log(softmax(x))),
    "softmax_cost_labels": (
        Softmax(),
        "categorical_cross_entropy",
        [LABELS, X],
        {},
        lambda p, y, x: -pick(np.log(softmax(x)), y),
    ),
    "softmax_cost_probabilities": (
        Softmax(),
        "categorical_cross_entropy",
        [P, X],
        {},
        lambda p, y, x: -(y * np.log(softmax(x))).sum(-1),
    ),
    "nd_softmax": (
        NDimensionalSoftmax(),
        "apply",
        [X3],
        {"extra_ndim": 1},
        lambda p, x: softmax(x),
    ),
    "nd_softmax_0": (NDimensionalSoftmax(), "apply", [X], {}, lambda p, x: softmax(x)),
    "nd_softmax_cost": (
        NDimensionalSoftmax(),
        "categorical_cross_entropy",
        [LABELS2, X3],
        {"extra_ndim": 1},
        lambda p, y, x: -pick(np.log(softmax(x)), y),
    ),
    "binary_cross_entropy": (
        BinaryCrossEntropy(),
        "apply",
        [P, Q],
        {},
        lambda p, y, q: -(y * np.log(q) + (1 - y) * np.log(1 - q)).sum(1).mean(),
    ),
    "absolute_error": (
        AbsoluteError(),
        "apply",
        [X, X[::-1]],
        {},
        lambda p, y, x: abs(y - x).sum(1).mean(),
    ),
    "squared_error": (
        SquaredError(),
        "apply",
        [X, X[::-1]],
        {},
        lambda p, y, x: ((y - x) ** 2).sum(1).mean(),
    ),
    "squared_error_matrix": (
        SquaredError(),
        "cost_matrix",
        [X, X[::-1]],
        {},
        lambda p, y, x: (y - x) ** 2,
    ),
    "cross_entropy_labels": (
        CategoricalCrossEntropy(),
        "apply",
        [LABELS, Q],
        {},
        lambda p, y, q: -np.log(pick(q, y)).mean(),
    ),
    "cross_entropy_probabilities": (
        CategoricalCrossEntropy(),
        "apply",
        [P, Q],
        {},
        lambda p, y, q: -(y * np.log(q)).sum(1).mean(),
    ),
    "mlp": (MLP([Tanh(), None], [4, 3, 2], **SCHEMES), "apply", [X], {}, None),
}


@pytest.mark.parametrize("case", [name for name in CASES if CASES[name][-1] is not None])
def test_value(case):
    check_values(CASES[case])


@pytest.mark.parametrize("case", [name for name in CASES if "no_example" not in name])
def test_gradient_against_finite_differences(case):
    check_gradients(CASES[case], scale=1e-4 if "large" in case else 1)


@pytest.mark.parametrize("case", list(CASES))
def test_float32_stays_float32(case):
    check_float32(CASES[case])


def test_rectifier_lets_nan_through_and_is_flat_at_zero():
    x = tensor.vector("x")
    y = Rectifier().apply(x)
    value, slope = function([x], [y, tensor.grad(y.sum(), x)])(np.array([np.nan, 0.0, 2.0]))
    np.testing.assert_array_equal(value, [np.nan, 0.0, 2.0])
    np.testing.assert_array_equal(slope[1:], [0.0, 1.0])


def test_norms_of_parameters_and_log_probabilities_are_auxiliary():
    linear = Linear(4, 3, weights_init=Constant(2), biases_init=Constant(1))
    linear.initialize()
    cost = Softmax().categorical_cross_entropy(LABELS - (LABELS == 3), linear.apply(X)).mean()
    found = {x.tag.name: x for x in ComputationGraph(cost).auxiliary_variables}
    assert set(found) == {"W_norm", "b_norm", "log_probabilities"}
    assert found["W_norm"].name == "W_norm"
    assert found["log_probabilities"].name == "softmax_categorical_cross_entropy_log_probabilities"
    np.testing.assert_allclose(found["W_norm"].eval(), np.sqrt(48))
    np.testing.assert_allclose(found["b_norm"].eval(), np.sqrt(3))
    np.testing.assert_allclose(found["log_probabilities"].eval(), np.log(np.full((5, 3), 1 / 3)))


@pytest.mark.parametrize(
    ("act", "error", "text"),
    [
        (
            lambda: Linear(4, 0).allocate(),
            BrickError,
            r"^/linear: expected output_dim to be a positive integer, got 0\. Set output_dim",
        ),
        (lambda: Linear(4, 2.0).allocate(), BrickError, r"positive integer, got 2\.0"),
        (lambda: Bias(None).allocate(), BrickError, r"^/bias: expected dim to be a positive"),
        (
            lambda: Linear(4, 2).W,
            BrickError,
            r"^/linear: expected an allocated brick, got one without W\. Call allocate\(\)",
        ),
        (
            lambda: Linear(4, 2, use_bias=False).b,
            AttributeError,
            r"^/linear: expected use_bias=True for b, got False\.",
        ),
        (
            lambda: Maxout(3).apply(np.zeros((2, 4))),
            ShapeError,
            r"^/maxout\.apply: expected a last axis divisible by num_pieces=3, got float64 "
            r"\(2, 4\)\.",
        ),
        (
            lambda: Softmax().categorical_cross_entropy(LABELS[:, None, None], X),
            ShapeError,
            r"^/softmax\.categorical_cross_entropy: expected y with 1 axes \(labels\) or 2 axes "
            r"\(probabilities\) for scores float64 \(5, 4\), got int64 \(5, 1, 1\)\. Labels of",
        ),
        (
            lambda: Softmax().categorical_cross_entropy(X[:, 0], X),
            ShapeError,
            r"^/softmax\.categorical_cross_entropy: expected integer labels or probabilities",
        ),
        (
            lambda: NDimensionalSoftmax().apply(X, extra_ndim=2),
            ShapeError,
            r"^/ndimensionalsoftmax\.apply: expected input_ with at least 3 axes for "
            r"extra_ndim=2, got float64 \(5, 4\)\.",
        ),
    ],
)
def test_bad_use(act, error, text):
    with pytest.raises(error, match=text):
        act()
