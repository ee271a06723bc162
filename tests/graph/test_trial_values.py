"""Test values: what is computed while a graph is built, and what goes wrong then."""

import numpy as np
import pytest

from blocks import function, grad, shared, tensor
from blocks.bricks import MLP, Rectifier, Softmax
from blocks.config import config
from blocks.errors import ConfigurationError, DtypeError, GraphError, ShapeError
from blocks.graph.trial_values import get_test_value
from blocks.initialization import Constant


@pytest.fixture
def raising():
    with config.use(compute_test_value="raise"):
        yield


def sample(variable, value):
    variable.tag.test_value = value
    return variable


def test_values_go_through_the_graph(raising):
    x = sample(tensor.matrix("x"), np.ones((2, 3)))
    W = shared(np.full((3, 4), 2.0), "W")
    cost = tensor.tanh(x.dot(W)[:, 1:] * 0.5).sum()
    np.testing.assert_allclose(get_test_value(cost), 6 * np.tanh(3))
    dW = grad(cost, W)
    assert get_test_value(dW).shape == (3, 4)
    assert dW.tag.test_value.dtype == "float64"
    f = function([x], cost)  # the values play no part in it
    assert f(np.zeros((5, 3))) == 0


def test_bricks(raising):
    x = sample(tensor.matrix("x"), np.zeros((7, 5)))
    mlp = MLP(
        [Rectifier(), Softmax()], [5, 4, 3], weights_init=Constant(0), biases_init=Constant(0)
    )
    mlp.initialize()
    y = mlp.apply(x)
    np.testing.assert_allclose(get_test_value(y), np.full((7, 3), 1 / 3))


def test_errors_come_with_the_line_that_combines(raising):
    x = sample(tensor.matrix("x"), np.ones((2, 3)))
    y = sample(tensor.matrix("y"), np.ones((2, 3)))
    with pytest.raises(ShapeError, match=r"dot: expected the last axis of x \(3\) .* test values"):
        x.dot(y)
    with pytest.raises(
        ShapeError, match=r"add: expected inputs of one shape, got \(2, 3\) and \(3"
    ):
        x + y.T


def test_a_missing_value():
    x = tensor.vector("x")
    text = (
        r"add: expected test values of all inputs, got none for x \(float64 \(\?,\)\)\. Set x.tag"
    )
    with config.use(compute_test_value="raise"), pytest.raises(GraphError, match=text):
        x + 1
    with config.use(compute_test_value="warn"), pytest.warns(UserWarning, match=text):
        y = x + 1
    with config.use(compute_test_value="ignore"):
        y = x + 1
    assert not hasattr(y.tag, "test_value")
    with pytest.raises(GraphError, match=r"x: expected a test value \(float64 \(\?,\)\), got none"):
        get_test_value(x)


def test_off_is_the_default():
    x = sample(tensor.vector("x"), np.ones(2))
    assert not hasattr((x + 1).tag, "test_value")


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (
            np.ones((2, 2)),
            ShapeError,
            r"x: expected a test value like float32 \(\?, 3\), got float",
        ),
        (np.ones((3,)), ShapeError, r"got float32 \(3,\)\. Give an array of that shape"),
        (np.ones((2, 3)), DtypeError, r"x: expected a test value of float32, got float64 \(2, 3\)"),
    ],
)
def test_values_that_do_not_fit(raising, value, error, text):
    if error is ShapeError:
        value = value.astype("float32")
    x = sample(tensor.fmatrix("x", shape=(None, 3)), value)
    with pytest.raises(error, match=text):
        x + 1


def test_lists_and_shared_variables(raising):
    x = sample(tensor.fvector("x"), [1, 2.5])
    total = x * shared(np.float32(2), "rate")
    assert total.tag.test_value.tolist() == [2, 5]
    assert total.tag.test_value.dtype == "float32"


def test_a_bad_setting():
    with pytest.raises(ConfigurationError, match="compute_test_value"):
        config.compute_test_value = "on"
