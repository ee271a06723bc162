"""Learn to take square roots by improving a guess again and again: a recurrent network.

Usage: python examples/sqrt.py [--steps N] [--epochs N] [--help]

The network begins with the guess 1. In each step it sees the number and the guess before, and
a small MLP says by how much to change the guess: h_t = h_{t-1} + f(x, h_{t-1}), as Heron's
method does with f(x, h) = (x / h - h) / 2. The brick is written here: it has no sequences,
one state and one context, so one says how many steps it makes. It learns from the last two of
six guesses. After 50 epochs, in a few seconds, the last guess is wrong by about 0.005 (root mean
square, for numbers from 0.01 to 4).
"""

from __future__ import annotations

import argparse

import numpy as np

from blocks import tensor
from blocks.algorithms import Adam, CompositeRule, GradientDescent, StepClipping
from blocks.bricks import MLP, BaseRecurrent, Identity, Initializable, Tanh, application, recurrent
from blocks.compile import function
from blocks.config import config
from blocks.datastreams import DataStream, IndexableDataset, SequentialScheme, ShuffledScheme
from blocks.extensions import FinishAfter, Printing
from blocks.extensions.monitoring import DataStreamMonitoring, TrainingDataMonitoring
from blocks.graph import ComputationGraph
from blocks.initialization import Constant, IsotropicGaussian
from blocks.main_loop import MainLoop
from blocks.model import Model


class Improver(BaseRecurrent, Initializable):
    """Changes a guess by what an MLP says of the number and the guess."""

    def __init__(self, hidden: int, **kwargs):
        self.mlp = MLP([Tanh(), Identity()], [2, hidden, 1])
        super().__init__(children=[self.mlp], **kwargs)

    @recurrent(sequences=[], states=["guess"], contexts=["number"], outputs=["guess"])
    def apply(self, guess, number):
        """Return a better guess: (batch, 1), over all steps (step, batch, 1)."""
        return guess + self.mlp.apply(tensor.concatenate([number, guess], axis=1))

    @application(outputs=["guess"])
    def initial_states(self, batch_size, *args, **kwargs):
        """Return the first guess, which is 1."""
        return tensor.ones((batch_size, 1))

    def get_dim(self, name):
        """Return 1, for a number and for a guess."""
        return 1 if name in ("guess", "number") else super().get_dim(name)


def numbers(count: int, seed: int) -> IndexableDataset:
    """Return numbers and their square roots, (count, 1)."""
    x = np.random.RandomState(seed).uniform(0.01, 4, (count, 1))
    return IndexableDataset({"x": x.astype(config.floatX), "y": np.sqrt(x).astype(config.floatX)})


def main(arguments: list[str] | None = None) -> MainLoop:
    """Train as the command line says, and return the main loop when it has run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=6, help="how often to improve the guess")
    parser.add_argument("--epochs", type=int, default=50)
    parser.add_argument("--hidden", type=int, default=20)
    options = parser.parse_args(arguments)
    config.floatX = "float32"

    improver = Improver(
        options.hidden, weights_init=IsotropicGaussian(0.3), biases_init=Constant(0)
    )
    improver.initialize()
    x, y = tensor.matrix("x"), tensor.matrix("y")
    guesses = improver.apply(number=x, n_steps=options.steps, batch_size=x.shape[0])
    cost = tensor.sqr(guesses[-2:] - tensor.shape_padleft(y)).mean()
    error = tensor.sqrt(tensor.sqr(guesses[-1] - y).mean())
    cost.name, error.name = "cost", "error"
    train, test = numbers(5000, seed=1), numbers(1000, seed=2)
    main_loop = MainLoop(
        GradientDescent(
            cost=cost,
            parameters=ComputationGraph(cost).parameters,
            step_rule=CompositeRule([StepClipping(1.0), Adam(0.003)]),
        ),
        DataStream(train, iteration_scheme=ShuffledScheme(5000, 50)),
        model=Model(cost),
        extensions=[
            TrainingDataMonitoring([cost], prefix="train", after_epoch=True),
            DataStreamMonitoring(
                [error],
                DataStream(test, iteration_scheme=SequentialScheme(1000, 1000)),
                prefix="test",
            ),
            FinishAfter(after_n_epochs=options.epochs),
            Printing(),
        ],
    )
    main_loop.run()
    show = function([x], guesses)
    for number in (0.25, 2.0, 3.5):
        steps = " ".join(f"{guess:.4f}" for guess in show([[number]])[:, 0, 0])
        print(f"sqrt({number}) = {number**0.5:.4f}: {steps}")
    print(f"Test error: {float(main_loop.log.current_row['test_error']):.4f}")
    return main_loop


if __name__ == "__main__":
    main()
