"""Interfaces that bricks share: activations, seeds and schemes, weights and biases.

Seeds follow Blocks 0.2, so that old seeds give old parameters: a brick's generator is
``RandomState(seed)``; a brick that was given no seed takes one from a generator of the
process, seeded with ``config.default_seed``, when its generator is first asked for; a
parent hands its generator to its children.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from blocks.bricks.base import Brick, LazyNone, lazy, path_of
from blocks.config import config
from blocks.errors import BrickError
from blocks.graph.streams import MRG_RandomStreams
from blocks.graph.variable import Variable
from blocks.initialization import as_scheme

__all__ = [
    "Activation",
    "Feedforward",
    "Initializable",
    "LinearLike",
    "RNGMixin",
    "Random",
    "reset_seeds",
]


class Activation(Brick):
    """Interface of elementwise activation functions: ``apply(input_)`` keeps the shape."""


class Feedforward(Brick):
    """Interface of bricks with one input and one output.

    Attributes
    ----------
    input_dim, output_dim : int
        The sizes of the last axes of input and output.
    """


class SeedGenerator:
    """Class attribute: a generator of seeds, made from ``config.default_seed`` on first use.

    It belongs to the process, because the seeds of Blocks 0.2 do. Assign a generator to
    the class attribute to use another one; `reset_seeds` starts anew.
    """

    def __init__(self) -> None:
        self.generator: np.random.RandomState | None = None

    def __get__(self, instance: object, owner: type | None = None) -> np.random.RandomState:
        if self.generator is None:
            self.generator = np.random.RandomState(config.default_seed)
        return self.generator


_brick_seeds = SeedGenerator()
_theano_seeds = SeedGenerator()


def reset_seeds() -> None:
    """Hand out default seeds from the start again, as in a fresh process.

    Examples
    --------
    >>> from blocks.bricks import Linear
    >>> reset_seeds()
    >>> Linear(2, 2).seed, Linear(2, 2).seed
    (1791095845, 2135392491)
    >>> reset_seeds()
    """
    _brick_seeds.generator = None
    _theano_seeds.generator = None


def _draw_seed(generator: np.random.RandomState) -> int:
    return int(generator.randint(np.iinfo(np.int32).max))


def _check_seed(brick: Any, name: str, old: int | None, value: int | None) -> None:
    if old is not None:
        raise AttributeError(
            f"{path_of(brick)}: expected {name} to be set once, got {value} after {old}. Set it "
            "when the brick is constructed, before anything is drawn."
        )


class RNGMixin:
    """Gives a brick a seed and a generator of random numbers.

    Attributes
    ----------
    seed_rng : numpy.random.RandomState
        The generator that seeds bricks without a seed of their own.
    """

    seed_rng: Any = _brick_seeds
    _seed: int | None = None
    _rng: np.random.RandomState | None = None

    @property
    def seed(self) -> Any:
        """The seed of the generator; drawn when first asked for, if none was given."""
        if self._seed is None:
            self._seed = _draw_seed(self.seed_rng)
        return self._seed

    @seed.setter
    def seed(self, value: int | None) -> None:
        _check_seed(self, "seed", self._seed, value)
        self._seed = value

    @property
    def rng(self) -> np.random.RandomState:
        """The generator: ``RandomState(seed)``, unless a parent has handed on its own."""
        if self._rng is None:
            self._rng = np.random.RandomState(self.seed)
        return self._rng

    @rng.setter
    def rng(self, rng: np.random.RandomState) -> None:
        self._rng = rng


class Scheme:
    """Attribute that holds an initialization scheme; takes arrays and functions too."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, brick: Any, owner: type | None = None) -> Any:
        if brick is None:
            return self
        try:
            return vars(brick)[f"_{self.name}"]
        except KeyError:
            raise AttributeError(f"{path_of(brick)}: this brick has no {self.name}.") from None

    def __set__(self, brick: Any, value: Any) -> None:
        if not isinstance(value, LazyNone):
            value = as_scheme(value, f"{path_of(brick)}: {self.name}")
        vars(brick)[f"_{self.name}"] = value


class Initializable(RNGMixin, Brick):
    """Interface of bricks whose parameters are initialized by schemes.

    Parameters
    ----------
    weights_init
        The scheme for weights: one of `blocks.initialization`, an array, or a function
        ``(rng, shape) -> array``.
    biases_init
        The scheme for biases.
    use_bias
        Whether to have biases; by default that is left to the brick.
    seed
        The seed of its generator; by default one is drawn from `RNGMixin.seed_rng`.

    Notes
    -----
    It pushes its schemes, where it has any, and its generator to its children.

    Attributes
    ----------
    has_biases : bool
        Whether bricks of the class can have biases.
    """

    has_biases = True

    weights_init = Scheme()
    biases_init = Scheme()

    @lazy()
    def __init__(
        self,
        weights_init: Any = None,
        biases_init: Any = None,
        use_bias: bool | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.weights_init = weights_init
        if self.has_biases:
            self.biases_init = biases_init
        elif biases_init is not None or use_bias:
            raise BrickError(
                f"{path_of(self)}: expected no biases_init and no use_bias, got "
                f"biases_init={biases_init!r} and use_bias={use_bias!r}. "
                f"{type(self).__name__} has no biases."
            )
        if use_bias is not None:
            self.use_bias = use_bias
        self.seed = seed

    def _parameter(self, position: int, name: str) -> Variable:
        if len(self.parameters) <= position:
            raise BrickError(
                f"{path_of(self)}: expected an allocated brick, got one without {name}. "
                "Call allocate() or apply it first."
            )
        parameter: Variable = self.parameters[position]
        return parameter

    def _push_initialization_config(self) -> None:
        for child in self.children:
            if not isinstance(child, Initializable):
                continue
            child.rng = self.rng
            if self.weights_init is not None:
                child.weights_init = self.weights_init
            if self.has_biases and child.has_biases and self.biases_init is not None:
                child.biases_init = self.biases_init


class LinearLike(Initializable):
    """Interface of bricks with weights W and, unless ``use_bias=False``, biases b.

    Its parameters are W and b, in this order. b is initialized first, as in Blocks.
    """

    @property
    def W(self) -> Variable:
        """The weights."""
        return self._parameter(0, "W")

    @property
    def b(self) -> Variable:
        """The biases."""
        if not getattr(self, "use_bias", True):
            raise AttributeError(f"{path_of(self)}: expected use_bias=True for b, got False.")
        return self._parameter(1, "b")

    def _initialize(self) -> None:
        # By position: subclasses may let W and b be expressions of the parameters.
        if getattr(self, "use_bias", True):
            self.biases_init.initialize(self.parameters[1], self.rng)
        self.weights_init.initialize(self.parameters[0], self.rng)


class Random(Brick):
    """Interface of bricks that draw random numbers when they are applied.

    Parameters
    ----------
    theano_seed
        The seed of its stream of random numbers; by default one is drawn from
        `Random.seed_rng`.
    """

    seed_rng: Any = _theano_seeds
    _theano_seed: int | None = None
    _theano_rng: Any = None

    def __init__(self, theano_seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.theano_seed = theano_seed

    @property
    def theano_seed(self) -> Any:
        """The seed of the stream; drawn when first asked for, if none was given."""
        if self._theano_seed is None:
            self._theano_seed = _draw_seed(self.seed_rng)
        return self._theano_seed

    @theano_seed.setter
    def theano_seed(self, value: int | None) -> None:
        _check_seed(self, "theano_seed", self._theano_seed, value)
        self._theano_seed = value

    @property
    def theano_rng(self) -> Any:
        """The stream of random numbers: ``MRG_RandomStreams(theano_seed)``, unless one was set."""
        if self._theano_rng is None:
            self._theano_rng = MRG_RandomStreams(self.theano_seed)
        return self._theano_rng

    @theano_rng.setter
    def theano_rng(self, theano_rng: Any) -> None:
        self._theano_rng = theano_rng
