"""Blocks: bricks, ``GradientDescent`` and ``MainLoop``, as in the tutorial."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from blocks import tensor
from blocks.algorithms import Adam, GradientDescent, Momentum, Scale
from blocks.bricks import MLP, Rectifier, Softmax
from blocks.bricks.cost import CategoricalCrossEntropy, MisclassificationRate
from blocks.config import config
from blocks.datastreams import DataStream, Flatten, IndexableDataset, SequentialScheme
from blocks.datastreams.transformers.defaults import uint8_pixels_to_floatX
from blocks.extensions import FinishAfter, Timing
from blocks.filter import VariableFilter
from blocks.graph import ComputationGraph
from blocks.initialization import Constant
from blocks.main_loop import MainLoop
from blocks.monitoring.evaluators import DatasetEvaluator
from blocks.roles import WEIGHT

RULES = {
    "scale": lambda network: Scale(network.rate),
    "momentum": lambda network: Momentum(network.rate, network.momentum),
    "adam": lambda network: Adam(network.rate),
}


class Images(IndexableDataset):
    """Images as MNIST has them: uint8, scaled to [0, 1] by the default stream."""

    default_transformers = uint8_pixels_to_floatX(("features",))


class Trainer:
    """Train a network with blocks."""

    def __init__(self, network) -> None:
        config.floatX = "float32"
        self.network = network
        x, y = tensor.matrix("features"), tensor.lmatrix("targets")
        mlp = MLP(
            [*(Rectifier() for _ in network.dims[2:]), Softmax()],
            network.dims,
            weights_init=Constant(0),
            biases_init=Constant(0),
        )
        mlp.initialize()
        self.layers = mlp.linear_transformations
        for layer, (W, b) in zip(self.layers, network.parameters(), strict=True):
            layer.W.set_value(W)
            layer.b.set_value(b)
        output = mlp.apply(x)
        self.cost = CategoricalCrossEntropy().apply(y.flatten(), output)
        self.error_rate = MisclassificationRate().apply(y.flatten(), output)
        cg = ComputationGraph(self.cost)
        cost = self.cost
        if network.decay:
            for W in VariableFilter(roles=[WEIGHT])(cg.variables):
                cost = cost + network.decay * (W**2).sum()
        self.algorithm = GradientDescent(
            cost=cost, parameters=cg.parameters, step_rule=RULES[network.rule](network)
        )

    def keep(self, images: np.ndarray, classes: np.ndarray) -> None:
        """Keep the data in memory, as the data set MNIST does."""
        self.data = Images(
            {
                "features": images.reshape(len(images), 1, 28, -1),
                "targets": classes.reshape(-1, 1).astype(np.uint8),
            }
        )
        stream = self._stream(self.network.batch)
        extensions = [Timing(), FinishAfter(after_epoch=True)]
        self.loop = MainLoop(self.algorithm, stream, extensions=extensions)
        self.evaluator = None

    def _stream(self, batch: int) -> Flatten:
        scheme = SequentialScheme(self.data.num_examples, batch)
        return Flatten(DataStream.default_stream(self.data, iteration_scheme=scheme))

    def stepper(self, x: np.ndarray, y: np.ndarray) -> Callable[[], object]:
        """Return what does one step."""
        self.algorithm.initialize()
        batch = {"features": x, "targets": y.reshape(-1, 1)}
        return lambda: self.algorithm.process_batch(batch)

    def epoch(self) -> None:
        """Train for one more epoch."""
        self.loop.run()

    def evaluate(self, batch: int) -> tuple[float, float]:
        """Return mean cross-entropy and error rate."""
        if self.evaluator is None:
            self.evaluator = DatasetEvaluator([self.cost, self.error_rate])
            self.stream = self._stream(batch)
        cost, error_rate = self.evaluator.evaluate(self.stream).values()
        return float(cost), float(error_rate)

    def parameters(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return weights (inputs, outputs) and biases of each layer."""
        return [(layer.W.get_value(), layer.b.get_value()) for layer in self.layers]

    def wait(self) -> None:
        """Return at once: nothing is left to be done."""
