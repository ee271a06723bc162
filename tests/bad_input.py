"""Good data and a good network to spoil, and what must hold when training meets a mistake."""

import re

import numpy as np
import pytest

from blocks import tensor
from blocks.algorithms import GradientDescent, Momentum
from blocks.bricks import MLP, Identity, Rectifier, Softmax
from blocks.bricks.cost import CategoricalCrossEntropy
from blocks.datastreams import DataStream, IndexableDataset, SequentialScheme
from blocks.errors import BlocksError
from blocks.extensions import FinishAfter
from blocks.initialization import Constant, IsotropicGaussian
from blocks.main_loop import MainLoop
from blocks.model import Model

NUM_EXAMPLES, BATCH_SIZE, DIM, NUM_CLASSES = 20, 5, 4, 3
FORM = re.compile(r"^\S.*?: expected .+, got .+\.", re.DOTALL)


def data(**changes):
    """Return a stream of good data, but for the sources that are given (None: left out)."""
    rng = np.random.RandomState(1)
    sources = {
        "features": rng.randn(NUM_EXAMPLES, DIM),
        "targets": rng.randint(NUM_CLASSES, size=(NUM_EXAMPLES, 1)),
    }
    sources.update(changes)
    dataset = IndexableDataset({k: v for k, v in sources.items() if v is not None})
    scheme = SequentialScheme(dataset.num_examples, BATCH_SIZE)
    return DataStream.default_stream(dataset, iteration_scheme=scheme)


def labels(wrong, at=7):
    """Return good labels but for one, by default in the second batch."""
    y = np.zeros((NUM_EXAMPLES, 1), dtype="int64")
    y[at] = wrong
    return y


def network(kind="probabilities", features="features", targets="targets", initialize=True):
    """Return an MLP and its cost, of probabilities or of logits."""
    x, y = tensor.matrix(features), tensor.lmatrix(targets)
    mlp = MLP(
        [Rectifier(), Softmax() if kind == "probabilities" else Identity()],
        [DIM, 5, NUM_CLASSES],
        weights_init=IsotropicGaussian(0.1),
        biases_init=Constant(0.1),
        seed=1,
    )
    if initialize:
        mlp.initialize()
    if kind == "probabilities":
        cost = CategoricalCrossEntropy().apply(y.flatten(), mlp.apply(x))
    else:
        cost = Softmax().categorical_cross_entropy(y.flatten(), mlp.apply(x)).mean()
    cost.name = "cost"
    return mlp, cost


def training(stream, cost, *extensions, **kwargs):
    """Return a main loop that trains for an epoch, with momentum so that there are buffers."""
    algorithm = GradientDescent(cost=cost, step_rule=Momentum(0.1, 0.9), **kwargs)
    finish = FinishAfter(after_n_epochs=1)
    return MainLoop(algorithm, stream, Model(cost), extensions=[*extensions, finish])


def state(main_loop):
    """Return copies of the values of all that training changes: parameters and buffers."""
    algorithm = main_loop.algorithm
    buffers = [x for x, _ in algorithm.step_rule_updates]
    return [x.get_value() for x in (*algorithm.parameters, *buffers)]


def complaint(kind, action):
    """Run what has a mistake, and return the message, which must be short and in form."""
    with pytest.raises(kind) as caught:
        action()
    message = str(caught.value)
    assert len(message.splitlines()) <= 15
    assert max(map(len, message.splitlines())) < 600
    assert FORM.match(message), message
    if isinstance(caught.value, BlocksError):
        assert type(caught.value) is kind
    return message


def run_and_lose_nothing(main_loop, kind, iterations):
    """Run into a mistake; check that the batches before it count, and the failing one does not.

    Returns the message.
    """
    expected = [x.copy() for x in state(main_loop)]
    values = {}

    def remember(callback_name, *args):
        values[main_loop.status["iterations_done"]] = state(main_loop)

    remember(None)
    recorder = FinishAfter(after_batch=True)
    recorder.do = remember
    main_loop.extensions.insert(0, recorder)
    message = complaint(kind, main_loop.run)
    assert main_loop.status["iterations_done"] == iterations
    assert sorted(values) == list(range(iterations + 1))
    for now, then in zip(state(main_loop), values[iterations], strict=True):
        np.testing.assert_array_equal(now, then)
    if iterations:
        assert any((a != b).any() for a, b in zip(expected, state(main_loop), strict=True))
    assert message in main_loop.log.current_row["got_exception"]
    return message
