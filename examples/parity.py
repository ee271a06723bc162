"""Learn to tell whether a row of bits has an odd number of ones, with a recurrent network.

Usage: python examples/parity.py [--longest N] [--epochs N] [--cell simple|gru|lstm] [--help]

The network reads one bit per step, and after each says whether the ones so far are odd. It is
trained on rows of up to 12 bits, which are padded to the longest of their batch: a mask tells
which steps count. It is tested on rows that are ten times as long, and makes no mistake there
after 10 epochs, in a few seconds.
"""

from __future__ import annotations

import argparse

import numpy as np

from blocks import tensor
from blocks.algorithms import Adam, CompositeRule, GradientDescent, StepClipping
from blocks.bricks import LSTM, GatedRecurrent, Linear, Logistic, SimpleRecurrent, Tanh
from blocks.bricks.parallel import Fork
from blocks.config import config
from blocks.datastreams import DataStream, IndexableDataset, SequentialScheme, ShuffledScheme
from blocks.datastreams.transformers import Padding
from blocks.extensions import FinishAfter, Printing, Timing
from blocks.extensions.monitoring import DataStreamMonitoring, TrainingDataMonitoring
from blocks.graph import ComputationGraph
from blocks.initialization import Constant, IsotropicGaussian, Orthogonal
from blocks.main_loop import MainLoop
from blocks.model import Model

CELLS = {
    "simple": lambda dim: SimpleRecurrent(dim, activation=Tanh(), weights_init=Orthogonal()),
    "gru": lambda dim: GatedRecurrent(dim, weights_init=Orthogonal()),
    "lstm": lambda dim: LSTM(dim, weights_init=IsotropicGaussian(0.1)),
}


def rows(lengths, seed: int) -> IndexableDataset:
    """Return rows of bits of some lengths, and after each bit whether the ones are odd."""
    rng = np.random.RandomState(seed)
    bits = np.empty(len(lengths), dtype=object)
    bits[:] = [rng.randint(0, 2, length).astype(config.floatX) for length in lengths]
    odd = np.empty(len(lengths), dtype=object)
    odd[:] = [row.cumsum() % 2 for row in bits]
    return IndexableDataset({"bits": bits, "odd": odd})


def stream(dataset, scheme):
    """Return batches, padded, with the masks ``bits_mask`` and ``odd_mask``."""
    return Padding(DataStream(dataset, iteration_scheme=scheme))


def build(cell: str, dim: int):
    """Return the cost and the rate of bits after which the answer is wrong."""
    bits, odd = tensor.matrix("bits"), tensor.matrix("odd")
    mask = tensor.matrix("bits_mask")
    transition = CELLS[cell](dim)
    names = [name for name in transition.apply.sequences if name != "mask"]
    schemes = {"weights_init": IsotropicGaussian(0.1), "biases_init": Constant(0)}
    fork = Fork(names, 1, output_dims=transition.get_dims(names), **schemes)
    output = Linear(dim, 1, name="output", **schemes)
    for brick in (fork, transition, output):
        brick.initialize()
    # (example, step) becomes (step, example, 1): time is the first axis of recurrent bricks.
    inputs = fork.apply(bits.dimshuffle(1, 0, "x"), as_dict=True)
    states = transition.apply(mask=mask.T, as_dict=True, **inputs)["states"]
    guess = Logistic().apply(output.apply(states))[:, :, 0].T
    losses = tensor.nnet.binary_crossentropy(tensor.clip(guess, 1e-6, 1 - 1e-6), odd)
    cost = (losses * mask).sum() / mask.sum()
    error_rate = (tensor.neq(guess > 0.5, odd > 0.5) * mask).sum() / mask.sum()
    cost.name, error_rate.name = "cost", "error_rate"
    return cost, error_rate


def main(arguments: list[str] | None = None) -> MainLoop:
    """Train as the command line says, and return the main loop when it has run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--longest", type=int, default=12, help="of the rows of the training set")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--cell", choices=CELLS, default="lstm")
    parser.add_argument("--dim", type=int, default=16)
    options = parser.parse_args(arguments)
    config.floatX = "float32"

    lengths = np.random.RandomState(0).randint(1, options.longest + 1, 5000)
    train, test = rows(lengths, seed=1), rows([10 * options.longest] * 200, seed=2)
    cost, error_rate = build(options.cell, options.dim)
    algorithm = GradientDescent(
        cost=cost,
        parameters=ComputationGraph(cost).parameters,
        step_rule=CompositeRule([StepClipping(1.0), Adam(0.01)]),
        on_unused_sources="ignore",  # odd_mask is bits_mask
    )
    main_loop = MainLoop(
        algorithm,
        stream(train, ShuffledScheme(train.num_examples, 50)),
        model=Model(cost),
        extensions=[
            Timing(),
            TrainingDataMonitoring([cost, error_rate], prefix="train", after_epoch=True),
            DataStreamMonitoring(
                [cost, error_rate], stream(test, SequentialScheme(200, 200)), prefix="test"
            ),
            FinishAfter(after_n_epochs=options.epochs),
            Printing(),
        ],
    )
    main_loop.run()
    print(f"Test error rate: {float(main_loop.log.current_row['test_error_rate']):.2%}")
    return main_loop


if __name__ == "__main__":
    main()
