"""Learn to read handwritten digits, and report the error rate after each epoch.

Usage: python examples/mnist.py [--epochs N] [--hidden N [N ...]] [--help]

It trains on MNIST where that can be found or downloaded, else on the 1,797 small digits
that come with blocks, and says which. Ten epochs on MNIST end at about 2.2 % test error, on
the small digits at about 6 %.
"""

from __future__ import annotations

import argparse

from blocks import tensor
from blocks.algorithms import GradientDescent, Momentum
from blocks.bricks import MLP, Identity, Rectifier, Softmax
from blocks.bricks.cost import MisclassificationRate
from blocks.config import config
from blocks.datastreams import MNIST, DataStream, Digits, Flatten, SequentialScheme, ShuffledScheme
from blocks.errors import DataError
from blocks.extensions import FinishAfter, Printing, ProgressBar, Timing
from blocks.extensions.monitoring import DataStreamMonitoring, TrainingDataMonitoring
from blocks.graph import ComputationGraph
from blocks.initialization import Constant, IsotropicGaussian
from blocks.main_loop import MainLoop
from blocks.model import Model


def load(small: bool):
    """Return the training and the test set: MNIST, or the digits that come along."""
    if not small:
        try:
            return MNIST("train"), MNIST("test")
        except DataError as error:
            print(f"{error}\nTraining on the digits that come with blocks instead.\n")
    return Digits("train"), Digits("test")


def stream(dataset, scheme):
    """Return batches of a data set, each image as one row."""
    return Flatten(DataStream.default_stream(dataset, iteration_scheme=scheme))


def build(dim: int, hidden: list[int]):
    """Return the network, its cost and its error rate."""
    x = tensor.matrix("features")
    y = tensor.lmatrix("targets")
    mlp = MLP(
        activations=[Rectifier() for _ in hidden] + [Identity()],
        dims=[dim, *hidden, 10],
        weights_init=IsotropicGaussian(0.05),
        biases_init=Constant(0),
    )
    mlp.initialize()
    logits = mlp.apply(x)
    cost = Softmax().categorical_cross_entropy(y.flatten(), logits).mean()
    cost.name = "cost"
    error_rate = MisclassificationRate().apply(y.flatten(), logits)
    error_rate.name = "error_rate"
    return mlp, cost, error_rate


def main(arguments: list[str] | None = None) -> MainLoop:
    """Train as the command line says, and return the main loop when it has run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--batch-size", type=int, help="default: 100; 20 for the small digits")
    parser.add_argument("--learning-rate", type=float, default=0.1)
    parser.add_argument("--momentum", type=float, default=0.9)
    parser.add_argument("--hidden", type=int, nargs="+", default=[100])
    parser.add_argument("--digits", action="store_true", help="train on the small digits")
    parser.add_argument("--float32", action="store_true", help="compute in single precision")
    options = parser.parse_args(arguments)
    if options.float32:
        config.floatX = "float32"

    train, test = load(options.digits)
    print(
        f"Training on {type(train).__name__}: {train.num_examples} examples, "
        f"{test.num_examples} to test."
    )
    batch_size = options.batch_size or (20 if isinstance(train, Digits) else 100)
    height, width = train.get_example_stream().get_data([0])[0].shape[-2:]
    _, cost, error_rate = build(height * width, options.hidden)
    algorithm = GradientDescent(
        cost=cost,
        parameters=ComputationGraph(cost).parameters,
        step_rule=Momentum(options.learning_rate, options.momentum),
    )
    main_loop = MainLoop(
        algorithm,
        stream(train, ShuffledScheme(train.num_examples, batch_size)),
        model=Model(cost),
        extensions=[
            Timing(),
            TrainingDataMonitoring([cost], prefix="train", after_epoch=True),
            DataStreamMonitoring(
                [cost, error_rate],
                stream(test, SequentialScheme(test.num_examples, 1000)),
                prefix="test",
            ),
            FinishAfter(after_n_epochs=options.epochs),
            ProgressBar(),
            Printing(),
        ],
    )
    main_loop.run()
    print(f"Test error rate: {float(main_loop.log.current_row['test_error_rate']):.2%}")
    return main_loop


if __name__ == "__main__":
    main()
