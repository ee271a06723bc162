"""Ten thousand steps of training need no more memory than the first thousand."""

import gc
import sys
from pathlib import Path

import numpy as np
import pytest

from blocks import tensor
from blocks.algorithms import Adam, GradientDescent, Scale
from blocks.bricks import MLP, Rectifier, Softmax
from blocks.bricks.cost import CategoricalCrossEntropy
from blocks.compile import function
from blocks.config import config
from blocks.datastreams import DataStream, IndexableDataset, ShuffledScheme
from blocks.extensions import FinishAfter, SimpleExtension
from blocks.extensions.monitoring import DataStreamMonitoring, TrainingDataMonitoring
from blocks.graph import shared
from blocks.initialization import Constant, IsotropicGaussian
from blocks.main_loop import MainLoop

STEPS = 10_000
WARM_UP = 1000
BATCHES = 50  # of an epoch
FIELDS = 512  # an array for each step would be 20 MiB

MOST_OBJECTS = 1000  # a single one for each step would be 10,000
MOST_BYTES = 1 << 20


def resident():
    """Return the bytes of this process that are in memory, or 0 where nobody tells."""
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    except OSError:
        return 0
    return int(pages) * 4096


class Memory:
    """How much memory Python's objects and the whole process need, from a first look on."""

    def __init__(self):
        self.looks = []

    def look(self):
        gc.collect()
        self.looks.append((sys.getallocatedblocks(), resident()))

    def check(self):
        (objects, size), *_, (last_objects, last_size) = self.looks
        assert last_objects - objects < MOST_OBJECTS
        assert last_size - size < MOST_BYTES


class Looks(SimpleExtension):
    """Looks at the memory when training is warm, and when it ends."""

    def __init__(self, memory):
        super().__init__(after_n_batches=WARM_UP, after_training=True)
        self.memory = memory

    def do(self, which_callback, *args):
        self.memory.look()


def stream():
    rng = np.random.RandomState(0)
    examples = 8 * BATCHES - 5  # the last batch is a smaller one
    arrays = {"x": rng.rand(examples, FIELDS), "y": rng.randint(0, 3, examples)}
    scheme = ShuffledScheme(examples, batch_size=8, rng=np.random.RandomState(1))
    return DataStream(IndexableDataset(arrays), iteration_scheme=scheme)


@pytest.mark.parametrize("rule", [Scale, Adam])
def test_a_main_loop_with_monitoring(rule):
    x, y = tensor.matrix("x"), tensor.lvector("y")
    mlp = MLP(
        [Rectifier(), Softmax()],
        [FIELDS, 5, 3],
        weights_init=IsotropicGaussian(0.1),
        biases_init=Constant(0),
        seed=1,
    )
    mlp.initialize()
    output = mlp.apply(x)
    cost = CategoricalCrossEntropy().apply(y, output).copy(name="cost")
    largest = output.max().copy(name="largest")
    memory = Memory()
    seldom = {"every_n_batches": 2500, "after_epoch": False}  # the log is meant to grow
    loop = MainLoop(
        GradientDescent(cost=cost, parameters=None, step_rule=rule()),
        stream(),
        extensions=[
            TrainingDataMonitoring([cost, largest], **seldom),
            DataStreamMonitoring([cost, largest], stream(), **seldom),
            Looks(memory),
            FinishAfter(after_n_batches=STEPS + WARM_UP),
        ],
    )
    loop.run()
    assert loop.status["iterations_done"] == STEPS + WARM_UP
    memory.check()


@pytest.mark.parametrize("threads", [1, 2])
def test_batches_of_many_sizes(threads):
    """More sizes than there are plans at a time, with threads of BLAS and of ours."""
    x = tensor.matrix("x")
    W = shared(np.full((FIELDS, 4), 0.01))
    step = function([x], [x.dot(W)], updates=[(W, W * 0.999 + tensor.tanh(x.T.dot(x)[:, :4]))])
    array = np.random.RandomState(0).rand(100, FIELDS)
    memory = Memory()
    with config.use(num_threads=threads):
        for i in range(400):
            if i == 200:
                memory.look()
            step(array[: 1 + i % 100])
    memory.look()
    memory.check()
