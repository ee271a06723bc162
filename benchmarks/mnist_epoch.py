"""One epoch of the tutorial's network, against its bare matrix products and PyTorch.

Usage: python benchmarks/mnist_epoch.py [--rounds N] [--dtype float32]

``gemm`` is the limit: only the five matrix products of each step, through NumPy's
``dot(out=)`` into buffers that exist. ``blocks`` is a whole epoch of ``MainLoop.run``:
reading, scaling, the step, and the loop. Where PyTorch is installed, its eager mode runs
the same network. MNIST is used where it is on disk, else noise of its shape.
"""

from __future__ import annotations

import argparse

import numpy as np
from common import machine, paired, report, save

from blocks import tensor
from blocks.algorithms import GradientDescent, Scale
from blocks.bricks import MLP, Rectifier, Softmax
from blocks.bricks.cost import CategoricalCrossEntropy
from blocks.config import config
from blocks.datastreams import MNIST, DataStream, Flatten, IndexableDataset, SequentialScheme
from blocks.datastreams.transformers.defaults import uint8_pixels_to_floatX
from blocks.errors import DataError
from blocks.extensions import FinishAfter
from blocks.filter import VariableFilter
from blocks.graph import ComputationGraph
from blocks.initialization import Constant, IsotropicGaussian
from blocks.main_loop import MainLoop
from blocks.roles import WEIGHT

BATCH, HIDDEN, RATE, DECAY = 256, 100, 0.1, 0.005


class Noise(IndexableDataset):
    """Noise with the shapes and dtypes of MNIST."""

    default_transformers = uint8_pixels_to_floatX(("features",))

    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        features = rng.integers(0, 256, (60000, 1, 28, 28), dtype=np.uint8)
        targets = rng.integers(0, 10, (60000, 1), dtype=np.uint8)
        super().__init__({"features": features, "targets": targets})


def load():
    """Return MNIST, or noise of its shape."""
    try:
        return MNIST("train")
    except DataError:
        return Noise()


def blocks_epoch(dtype: str):
    """Return a function that trains for one more epoch."""
    config.floatX = dtype
    dataset = load()
    x, y = tensor.matrix("features"), tensor.lmatrix("targets")
    mlp = MLP(
        [Rectifier(), Softmax()],
        [784, HIDDEN, 10],
        weights_init=IsotropicGaussian(0.01),
        biases_init=Constant(0),
    )
    mlp.initialize()
    cost = CategoricalCrossEntropy().apply(y.flatten(), mlp.apply(x))
    cg = ComputationGraph(cost)
    W1, W2 = VariableFilter(roles=[WEIGHT])(cg.variables)
    cost = cost + DECAY * (W1**2).sum() + DECAY * (W2**2).sum()
    algorithm = GradientDescent(cost=cost, parameters=cg.parameters, step_rule=Scale(RATE))
    scheme = SequentialScheme(dataset.num_examples, batch_size=BATCH)
    stream = Flatten(DataStream.default_stream(dataset, iteration_scheme=scheme))
    loop = MainLoop(algorithm, stream, extensions=[FinishAfter(after_epoch=True)])

    def run() -> None:
        loop.log.current_row.pop("training_finish_requested", None)
        loop.log.status["training_started"] = False
        loop.run()

    return run


def gemm_epoch(dtype: str):
    """Return a function that does the matrix products of one epoch, and nothing else."""
    rng = np.random.default_rng(0)
    batches = []
    for start in range(0, 60000, BATCH):
        n = min(BATCH, 60000 - start)
        x = rng.random((n, 784)).astype(dtype)
        batches.append((x, np.empty((n, HIDDEN), dtype), np.empty((n, 10), dtype)))
    W1, W2 = np.zeros((784, HIDDEN), dtype), np.zeros((HIDDEN, 10), dtype)
    dW1, dW2 = np.empty_like(W1), np.empty_like(W2)

    def run() -> None:
        for x, h, z in batches:
            np.dot(x, W1, out=h)
            np.dot(h, W2, out=z)
            np.dot(h.T, z, out=dW2)
            np.dot(z, W2.T, out=h)
            np.dot(x.T, h, out=dW1)

    return run


def torch_epoch(dtype: str):
    """Return a function that trains for one epoch in PyTorch's eager mode, or None."""
    try:
        import torch
    except ImportError:
        return None
    dataset = load()
    stream = DataStream(dataset, iteration_scheme=SequentialScheme(dataset.num_examples, 60000))
    features, targets = next(stream.get_epoch_iterator())
    features = torch.from_numpy(np.array(features)).reshape(-1, 784)
    targets = torch.from_numpy(np.array(targets)).reshape(-1).long()
    real = getattr(torch, dtype)
    model = torch.nn.Sequential(
        torch.nn.Linear(784, HIDDEN, dtype=real),
        torch.nn.ReLU(),
        torch.nn.Linear(HIDDEN, 10, dtype=real),
    )
    weights = [model[0].weight, model[2].weight]
    biases = [model[0].bias, model[2].bias]
    optimizer = torch.optim.SGD(
        [{"params": weights, "weight_decay": 2 * DECAY}, {"params": biases}], lr=RATE
    )
    loss = torch.nn.CrossEntropyLoss()

    def run() -> None:
        for start in range(0, len(features), BATCH):
            x = features[start : start + BATCH].to(real).mul_(1 / 255)
            optimizer.zero_grad()
            loss(model(x), targets[start : start + BATCH]).backward()
            optimizer.step()

    return run


def main() -> None:
    """Run the contenders in turn and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument(
        "--dtype", choices=["float32", "float64"], nargs="+", default=["float32", "float64"]
    )
    options = parser.parse_args()
    results = []
    factories = {"gemm": gemm_epoch, "blocks": blocks_epoch, "pytorch eager": torch_epoch}
    for dtype in options.dtype:
        contenders = {name: (factory, (dtype,)) for name, factory in factories.items()}
        times = paired(contenders, options.rounds)
        title = f"tutorial, one epoch of {type(load()).__name__}, {dtype}"
        results.append(report(title, times, "gemm"))
    print(machine())
    save("mnist_epoch", results)


if __name__ == "__main__":
    main()
