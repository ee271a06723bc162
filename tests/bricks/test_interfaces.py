"""Seeds, generators and schemes that bricks hold and push."""

import numpy as np
import pytest

from blocks import tensor
from blocks.bricks import MLP, Initializable, Linear, Random, Sequence, Tanh
from blocks.bricks.interfaces import RNGMixin, reset_seeds
from blocks.config import config
from blocks.errors import BrickError
from blocks.graph import MRG_RandomStreams
from blocks.initialization import Constant, FromFunction, IsotropicGaussian

FIRST, SECOND = 1791095845, 2135392491


@pytest.fixture(autouse=True)
def _fresh_seeds():
    reset_seeds()
    yield
    reset_seeds()


def weights(seed=None):
    linear = Linear(3, 2, weights_init=IsotropicGaussian(), biases_init=Constant(0), seed=seed)
    linear.initialize()
    return linear.W.get_value()


def test_default_seeds_are_drawn_in_the_order_of_use():
    first, second = Linear(2, 2), Linear(2, 2)
    assert isinstance(second.rng, np.random.RandomState)
    assert (first.seed, second.seed) == (SECOND, FIRST)
    assert second.rng is second.rng


def test_explicit_seed():
    np.testing.assert_array_equal(weights(7), np.random.RandomState(7).normal(size=(3, 2)))
    assert Linear(2, 2).seed == FIRST  # an explicit seed takes none


def test_fresh_processes_are_alike_and_default_seed_is_a_setting():
    first = weights()
    reset_seeds()
    np.testing.assert_array_equal(first, weights())
    reset_seeds()
    with config.use(default_seed=2):
        assert not np.array_equal(first, weights())
        assert Linear(2, 2).seed == np.random.RandomState(2).randint(2**31 - 1, size=2)[1]


def test_parent_hands_its_generator_to_initializable_children():
    schemes = {"weights_init": IsotropicGaussian(), "biases_init": Constant(0)}
    mlp = MLP([Tanh(), None], [3, 2, 2], seed=5, **schemes)
    mlp.initialize()
    rng = np.random.RandomState(5)
    for layer in mlp.linear_transformations:
        assert layer.rng is mlp.rng
        np.testing.assert_array_equal(layer.W.get_value(), rng.normal(size=layer.W.type.shape))
    assert Linear(2, 2).seed == FIRST


def test_plain_parents_hand_on_nothing():
    linear = Linear(2, 2, weights_init=IsotropicGaussian(), biases_init=Constant(0))
    Sequence([linear.apply]).initialize()
    assert linear.seed == FIRST


def test_biases_are_drawn_before_weights():
    linear = Linear(3, 2, weights_init=IsotropicGaussian(), biases_init=IsotropicGaussian(), seed=3)
    linear.initialize()
    rng = np.random.RandomState(3)
    np.testing.assert_array_equal(linear.b.get_value(), rng.normal(size=2))
    np.testing.assert_array_equal(linear.W.get_value(), rng.normal(size=(3, 2)))


def test_pushed_schemes_replace_those_of_children_unless_set_after_the_push():
    mlp = MLP([None, None], [1, 1, 1], weights_init=Constant(1), biases_init=Constant(2))
    first, second = mlp.linear_transformations
    first.weights_init = Constant(3)
    mlp.push_initialization_config()
    second.biases_init = Constant(4)
    mlp.initialize()
    values = [float(x.get_value().sum()) for layer in (first, second) for x in layer.parameters]
    assert values == [1.0, 2.0, 1.0, 4.0]


def test_parent_without_schemes_leaves_those_of_children():
    mlp = MLP([None], [1, 1])
    (layer,) = mlp.linear_transformations
    layer.weights_init, layer.biases_init = Constant(3), Constant(4)
    mlp.initialize()
    assert [float(x.get_value().sum()) for x in layer.parameters] == [3.0, 4.0]


@pytest.mark.parametrize(
    "scheme", [np.arange(6.0).reshape(3, 2), lambda rng, shape: np.arange(6.0).reshape(shape)]
)
def test_schemes_may_be_arrays_or_functions(scheme):
    linear = Linear(3, 2, weights_init=scheme, biases_init=0)
    linear.initialize()
    np.testing.assert_array_equal(linear.W.get_value(), np.arange(6.0).reshape(3, 2))
    assert isinstance(linear.weights_init, Constant | FromFunction)
    assert not linear.b.get_value().any()


def test_another_generator_of_seeds_may_be_assigned(monkeypatch):
    monkeypatch.setattr(RNGMixin, "seed_rng", np.random.RandomState(9))
    assert Linear(2, 2).seed == np.random.RandomState(9).randint(2**31 - 1)


def test_random_bricks_have_seeds_of_their_own():
    first, second, given = Random(), Random(), Random(theano_seed=3)
    assert given.theano_seed == 3
    assert (second.theano_seed, first.theano_seed) == (FIRST, SECOND)
    assert Linear(2, 2).seed == FIRST

    class Both(Initializable, Random):
        pass

    assert Both().theano_seed == SECOND  # of the bricks' generator: the first base class wins


def test_random_bricks_draw_from_a_stream_of_their_seed():
    brick, twin = Random(theano_seed=3), Random(theano_seed=3)
    draws = [b.theano_rng.normal((3,)) for b in (brick, brick, twin, Random(theano_seed=4))]
    first, second, same, other = tensor.stack(draws).eval()
    np.testing.assert_array_equal(first, same)
    assert (first != second).all()
    assert (first != other).all()
    brick.theano_rng = MRG_RandomStreams(4)
    assert brick.theano_rng.normal((3,)).eval().tolist() == other.tolist()


class Unbiased(Initializable):
    has_biases = False


@pytest.mark.parametrize(
    ("act", "error", "text"),
    [
        (
            lambda: setattr(Linear(2, 2, seed=1), "seed", 2),
            AttributeError,
            r"^/linear: expected seed to be set once, got 2 after 1\. Set it when the brick is",
        ),
        (
            lambda: setattr(Random(theano_seed=1), "theano_seed", 2),
            AttributeError,
            r"^/random: expected theano_seed to be set once, got 2 after 1\.",
        ),
        (
            lambda: Unbiased(use_bias=True),
            BrickError,
            r"^/unbiased: expected no biases_init and no use_bias, got biases_init=None and "
            r"use_bias=True\. Unbiased has no biases\.",
        ),
        (lambda: Unbiased().biases_init, AttributeError, r"^/unbiased: this brick has no biases"),
        (
            lambda: Linear(2, 2, weights_init="normal"),
            BrickError,
            r"^/linear: weights_init: expected an initialization scheme, an array or a function",
        ),
        (
            lambda: Linear(2, 2, weights_init=np.zeros(3), biases_init=0).initialize(),
            ValueError,
            r"^Constant: expected values that broadcast to \(2, 2\), got an array of shape \(3,\)",
        ),
    ],
)
def test_bad_use(act, error, text):
    with pytest.raises(error, match=text):
        act()


def test_seed_may_be_set_before_it_is_needed():
    linear = Linear(2, 2)
    linear.seed = 4
    assert linear.seed == 4
    Unbiased(use_bias=False)
