"""Training on MNIST ends where the original ended: costs and error rates of every epoch."""

import numpy as np
import pytest

from blocks import tensor
from blocks.algorithms import GradientDescent
from blocks.bricks import Softmax
from blocks.bricks.cost import CategoricalCrossEntropy, MisclassificationRate
from blocks.bricks.interfaces import reset_seeds
from blocks.config import config
from blocks.datastreams import (
    MNIST,
    DataStream,
    IndexableDataset,
    SequentialScheme,
    ShuffledScheme,
)
from blocks.extensions import FinishAfter
from blocks.extensions.monitoring import DataStreamMonitoring, TrainingDataMonitoring
from blocks.filter import VariableFilter
from blocks.graph.computation import ComputationGraph
from blocks.main_loop import MainLoop
from blocks.roles import WEIGHT
from tests.golden.harness import arrays, build, parameters, ready


@pytest.fixture
def fresh_process():
    """Hand out seeds as in a fresh process, in the test and after it."""
    reset_seeds()
    yield
    reset_seeds()


def stream(which_set, count, settings, training):
    """Return batches of the first examples of MNIST, scaled as the original run did."""
    dataset = MNIST(which_set, subset=slice(0, count), load_in_memory=True)
    images, labels = dataset.get_data(None, slice(0, count))
    features = images.reshape(count, -1) if settings["flatten"] else images
    dataset = IndexableDataset({"x": features / 255.0, "y": labels.reshape(-1).astype("int64")})
    if not training:
        scheme = SequentialScheme(count, settings["test_batch_size"])
    elif settings["scheme"] == "shuffled":
        scheme = ShuffledScheme(count, settings["batch_size"])
    else:
        scheme = SequentialScheme(count, settings["batch_size"])
    return DataStream(dataset, iteration_scheme=scheme)


def network(settings):
    """Return the bricks, in the order of their parameters, and the last output."""
    x = (tensor.matrix if settings["flatten"] else tensor.tensor4)("x")
    brick = build(settings["brick"])
    if not settings.get("conv"):
        brick.initialize()
        return [brick], brick.apply(x)
    from blocks.bricks.conv import Flattener

    brick.initialize()
    spec = dict(settings["top_mlp"]["args"])
    spec["dims"] = [int(np.prod(brick.get_dim("output"))), *spec["dims"][1:]]
    mlp = build({"class": "MLP", "args": spec})
    mlp.initialize()
    return [brick, mlp], mlp.apply(Flattener().apply(brick.apply(x)))


def costs(settings, y, y_hat):
    if settings["cost"] == "softmax_ce":
        cost = Softmax().categorical_cross_entropy(y, y_hat).mean()
    else:
        cost = CategoricalCrossEntropy().apply(y, y_hat)
    if "l2" in settings:
        weights = VariableFilter(roles=[WEIGHT])(ComputationGraph(cost).variables)
        cost = cost + settings["l2"] * sum((W**2).sum() for W in weights)
    cost.name = "cost"
    error_rate = MisclassificationRate().apply(y, y_hat)
    error_rate.name = "error_rate"
    return cost, error_rate


@pytest.mark.parametrize("case", ready("curves"))
@pytest.mark.usefixtures("fresh_process")
def test_curve(case, shared):
    config.data_path = str(shared / "data")
    settings, expected = case["config"], arrays(case)
    bricks, y_hat = network(settings)
    weights = {path: x for brick in bricks for path, x in parameters(brick).items()}
    assert list(weights) == case["expected"]["parameter_order"]

    def summary(kind):
        values = {path: x.get_value() for path, x in weights.items()}
        return {f"{kind}_summary:{k}": [v.sum(), (v**2).sum()] for k, v in values.items()}

    found = summary("init")
    cost, error_rate = costs(settings, tensor.lvector("y"), y_hat)
    main_loop = MainLoop(
        GradientDescent(
            cost=cost, parameters=list(weights.values()), step_rule=build(settings["step_rule"])
        ),
        stream("train", settings["n_train"], settings, training=True),
        extensions=[
            TrainingDataMonitoring([cost, error_rate], prefix="train", after_epoch=True),
            DataStreamMonitoring(
                [cost, error_rate],
                stream("test", settings["n_test"], settings, training=False),
                prefix="test",
            ),
            FinishAfter(after_n_epochs=settings["epochs"]),
        ],
    )
    main_loop.run()
    found |= summary("final")
    found |= {f"final:{path}": x.get_value() for path, x in weights.items()}
    rows = sorted(main_loop.log.items())
    times = [time for time, row in rows if "test_cost" in row]
    found["output:iterations"] = times
    for name in ("test_cost", "test_error_rate", "train_cost", "train_error_rate"):
        found[f"output:{name}"] = [float(row[name]) for _, row in rows if name in row]
    for key, value in expected.items():
        np.testing.assert_allclose(found[key], value, **case["tolerance"], err_msg=key)
