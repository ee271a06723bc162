"""Whatever is monitored, training gives the same parameters, bit for bit."""

import numpy as np
import pytest

from blocks import tensor
from blocks.algorithms import Adam, GradientDescent, Momentum, Scale
from blocks.bricks import MLP, Rectifier, Softmax
from blocks.bricks.cost import CategoricalCrossEntropy, MisclassificationRate
from blocks.compile import parts
from blocks.config import config
from blocks.datastreams import DataStream, Flatten, IndexableDataset, ShuffledScheme
from blocks.datastreams.transformers.defaults import uint8_pixels_to_floatX
from blocks.extensions import FinishAfter
from blocks.extensions.monitoring import DataStreamMonitoring, TrainingDataMonitoring
from blocks.graph import ComputationGraph
from blocks.graph.traversal import toposort
from blocks.initialization import Constant, IsotropicGaussian
from blocks.main_loop import MainLoop
from blocks.monitoring import aggregation
from blocks.monitoring.aggregation import MonitoredQuantity

RULES = {
    "scale": lambda: Scale(0.1),
    "momentum": lambda: Momentum(0.1, 0.9),
    "adam": lambda: Adam(0.01),
}
EACH = {"after_batch": True, "before_first_epoch": True}


class Images(IndexableDataset):
    """Images of 6 x 6 pixels that are scaled on the way."""

    default_transformers = uint8_pixels_to_floatX(("features",))

    def __init__(self):
        rng = np.random.RandomState(1)
        features = rng.randint(0, 256, (70, 1, 6, 6)).astype("uint8")
        super().__init__({"features": features, "targets": rng.randint(0, 3, (70, 1))})


class Largest(MonitoredQuantity):
    """The largest value of a variable, in Python."""

    def initialize(self):
        self.largest = -np.inf

    def aggregate(self, values):
        self.largest = max(self.largest, values.max())
        values[...] = 0  # what a quantity gets is its own

    def get_aggregated_value(self):
        return self.largest


class Training:
    """Two epochs of a small network on batches of 16 images."""

    def __init__(self, rule):
        self.dataset = Images()
        x, y = tensor.matrix("features"), tensor.lmatrix("targets")
        mlp = MLP(
            [Rectifier(), Softmax()],
            [36, 11, 3],
            weights_init=IsotropicGaussian(0.1),
            biases_init=Constant(0),
            seed=3,
        )
        mlp.initialize()
        self.output = mlp.apply(x)
        self.cost = CategoricalCrossEntropy().apply(y.flatten(), self.output)
        self.error_rate = MisclassificationRate().apply(y.flatten(), self.output)
        self.cost.name, self.error_rate.name = "cost", "error_rate"
        self.graph = ComputationGraph(self.cost)
        self.algorithm = GradientDescent(
            cost=self.cost + 0.01 * sum((W**2).sum() for W in self.graph.parameters),
            parameters=self.graph.parameters,
            step_rule=RULES[rule](),
        )

    def stream(self):
        scheme = ShuffledScheme(self.dataset.num_examples, 16, rng=np.random.RandomState(2))
        return Flatten(DataStream.default_stream(self.dataset, iteration_scheme=scheme))

    def run(self, *extensions):
        """Train, and return parameters and the state of the step rule."""
        extensions = [*extensions, FinishAfter(after_n_epochs=2)]
        main_loop = MainLoop(self.algorithm, self.stream(), extensions=extensions)
        main_loop.run()
        self.log = main_loop.log
        changed = [x.get_value() for x, _ in self.algorithm.updates]
        return changed[: self.number_of_updates]


def nothing(training):
    return []


def another_stream(training):
    return [DataStreamMonitoring([training.cost, training.error_rate], training.stream(), **EACH)]


def all_aggregations(training):
    cost, output = training.cost, training.output
    found = [cost, training.error_rate, aggregation.mean(output.sum(), output.shape[0])]
    found += [aggregation.maximum(output.max()), aggregation.minimum(output.min())]
    found += [aggregation.take_last(output.mean())]
    for i, x in enumerate(found[2:]):
        x.name = f"aggregated_{i}"
    return [DataStreamMonitoring(found, training.stream(), weighted=True, **EACH)]


def parameters_and_gradients(training):
    gradients = [g.copy(name=f"gradient_{i}") for i, g in enumerate(training.gradients)]
    sizes = [tensor.sqrt((g**2).sum()).copy(name=f"size_{i}") for i, g in enumerate(gradients)]
    return [TrainingDataMonitoring([training.cost, *gradients, *sizes], **EACH)]


def everything(training):
    """Return all that is computed on the way, and its sums."""
    roots = [y for _, y in training.algorithm.updates]
    values = [x for node in toposort(roots) for x in node.outputs if x.type.is_float]
    found = [aggregation.take_last(x) for x in values]
    found += [aggregation.take_last(x.sum()) for x in values]
    for i, x in enumerate(found):
        x.name = f"value_{i}"
    return [TrainingDataMonitoring(found, **EACH)]


def quantities(training):
    return [
        TrainingDataMonitoring([Largest([training.output], "largest")], **EACH),
        DataStreamMonitoring([Largest([training.output], "of_all")], training.stream(), **EACH),
    ]


MONITORED = [
    another_stream,
    all_aggregations,
    parameters_and_gradients,
    quantities,
    everything,
]


def trained(rule, dtype, threads, monitored):
    with config.use(floatX=dtype, num_threads=threads):
        training = Training(rule)
        training.number_of_updates = len(training.algorithm.updates)
        training.gradients = list(training.algorithm.gradients.values())
        values = training.run(*monitored(training))
    return values, training.log


@pytest.fixture(scope="module")
def alone():
    """Return what training without monitoring ends in, computed once for each kind."""
    kept = {}

    def result(*kind):
        if kind not in kept:
            kept[kind] = trained(*kind, nothing)[0]
        return kept[kind]

    return result


@pytest.mark.parametrize("monitored", MONITORED, ids=lambda f: f.__name__)
@pytest.mark.parametrize(
    ("rule", "dtype", "threads"),
    [*((rule, "float32", 1) for rule in RULES), ("scale", "float64", 1), ("adam", "float32", 2)],
)
def test_parameters_do_not_depend_on_monitoring(
    rule, dtype, threads, monitored, alone, monkeypatch
):
    monkeypatch.setattr(parts, "SMALLEST_WORK", 1)  # with two threads kernels run in parts
    expected = alone(rule, dtype, threads)
    found, log = trained(rule, dtype, threads, monitored)
    assert len(found) == len(expected) >= 4
    for x, y in zip(found, expected, strict=True):
        assert (x.dtype, x.tobytes()) == (y.dtype, y.tobytes())
    assert len(log[10]) >= 1  # it was monitored
