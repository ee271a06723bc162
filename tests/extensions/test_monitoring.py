"""The monitoring extensions in a main loop: what is in which row of the log."""

import numpy as np
import pytest

from blocks import tensor
from blocks.algorithms import GradientDescent, Scale, TrainingAlgorithm
from blocks.datastreams import DataStream, IndexableDataset, SequentialScheme
from blocks.errors import GraphError, SourceError
from blocks.extensions import FinishAfter, SimpleExtension
from blocks.extensions.monitoring import (
    DataStreamMonitoring,
    MonitoringExtension,
    TrainingDataMonitoring,
)
from blocks.main_loop import MainLoop
from blocks.monitoring import aggregation
from blocks.monitoring.aggregation import MonitoredQuantity
from blocks.utils.theano_utils import shared_floatx

FEATURES = np.arange(10.0)
RATE = 0.5


def named(variable, name):
    variable.name = name
    return variable


def stream(**sources):
    sources = sources or {"x": FEATURES}
    n = len(next(iter(sources.values())))
    return DataStream(IndexableDataset(sources), iteration_scheme=SequentialScheme(n, 4))


class Sum(MonitoredQuantity):
    """The sum of the values of a variable, in Python."""

    def initialize(self):
        self.total = 0.0

    def aggregate(self, value):
        self.total += float(value)

    def get_aggregated_value(self):
        return self.total


class Problem:
    """Fit W to the mean of x: batches of 4, 4 and 2 examples, 3 to an epoch."""

    def __init__(self, **options):
        self.x = tensor.vector("x")
        self.W = shared_floatx(0.0, name="W")
        self.cost = named(((self.x - self.W) ** 2).mean() / 2, "cost")
        self.algorithm = GradientDescent(
            cost=self.cost, parameters=[self.W], step_rule=Scale(RATE), **options
        )

    def run(self, *extensions, epochs=2, data=None):
        loop = MainLoop(
            self.algorithm,
            data or stream(),
            extensions=[*extensions, FinishAfter(after_n_epochs=epochs)],
        )
        loop.run()
        return loop.log

    @staticmethod
    def expected(epochs=2):
        """Return, by batch, W before it and the cost."""
        W, found = 0.0, []
        for _ in range(epochs):
            for batch in np.split(FEATURES, [4, 8]):
                found.append((W, ((batch - W) ** 2).mean() / 2))
                W -= RATE * (W - batch.mean())
        return np.array(found), W


def test_names_of_records():
    x = tensor.scalar("x")
    assert MonitoringExtension().record_name(x) == "x"
    assert MonitoringExtension(prefix="test").record_name(x) == "test_x"
    assert MonitoringExtension("a", "z").record_name("x") == "a_x_z"
    assert MonitoringExtension("a").record_name(Sum(name="sum")) == "a_sum"
    assert MonitoringExtension(name="monitor").name == "monitor"


def test_a_data_stream_is_monitored_before_and_after_each_epoch():
    problem = Problem()
    extension = DataStreamMonitoring([problem.cost, problem.W], stream(), prefix="test")
    log = problem.run(extension)
    rows = {time for time in log if "test_cost" in log[time]}
    assert rows == {0, 3, 6}
    found, last = problem.expected()
    for time, W in [(0, 0.0), (3, found[3, 0]), (6, last)]:
        batches = np.split(FEATURES, [4, 8])
        cost = np.mean([((batch - W) ** 2).mean() / 2 for batch in batches])
        np.testing.assert_allclose(log[time]["test_cost"], cost)
        np.testing.assert_allclose(log[time]["test_W"], W)


def test_a_data_stream_weighted():
    problem = Problem()
    extensions = [
        DataStreamMonitoring([problem.cost], stream(), weighted=weighted, suffix=str(weighted))
        for weighted in (False, True)
    ]
    row = problem.run(*extensions)[0]
    np.testing.assert_allclose(row["cost_True"], (FEATURES**2).mean() / 2)
    assert row["cost_True"] < row["cost_False"]


def test_further_updates_of_a_data_stream():
    problem, n = Problem(), shared_floatx(0.0, name="n")
    problem.run(DataStreamMonitoring([problem.cost], stream(), updates=[(n, n + 1)]), epochs=1)
    assert n.get_value() == 6.0


def test_monitoring_does_not_change_training():
    alone, watched = Problem(), Problem()
    alone.run()
    watched.run(
        DataStreamMonitoring([watched.cost], stream(), every_n_batches=1),
        TrainingDataMonitoring([watched.cost, watched.W], after_epoch=True),
    )
    np.testing.assert_array_equal(alone.W.get_value(), watched.W.get_value())


def test_training_data_after_each_epoch():
    problem = Problem()
    largest = named(aggregation.maximum(problem.x.max()), "largest")
    cost_sum = Sum(requires=[problem.cost], name="cost_sum")
    extension = TrainingDataMonitoring(
        [problem.cost, problem.W, largest, cost_sum], prefix="train", after_epoch=True
    )
    log = problem.run(extension)
    assert log[0] == {}
    found, _ = problem.expected()
    for time, batches in [(3, found[:3]), (6, found[3:])]:
        row = log[time]
        np.testing.assert_allclose(row["train_cost"], batches[:, 1].mean())
        np.testing.assert_allclose(row["train_W"], batches[-1, 0])  # before the last batch
        np.testing.assert_allclose(row["train_cost_sum"], batches[:, 1].sum())
        assert row["train_largest"] == 9.0


def test_training_data_weighted():
    problem = Problem(on_unused_sources="raise")
    mean = named(problem.x.mean(), "mean")
    log = problem.run(TrainingDataMonitoring([mean], weighted=True, after_epoch=True))
    np.testing.assert_allclose(log[3]["mean"], FEATURES.mean())


@pytest.mark.parametrize("every", [1, 2])
def test_training_data_after_batches(every):
    problem = Problem()
    cost_sum = Sum(requires=[problem.cost], name="cost_sum")
    log = problem.run(TrainingDataMonitoring([problem.cost, cost_sum], every_n_batches=every))
    found, _ = problem.expected()
    for time in range(1, 7):
        if time % every:
            assert "cost" not in log[time]
            continue
        batches = found[time - every : time, 1]
        np.testing.assert_allclose(log[time]["cost"], batches.mean())
        np.testing.assert_allclose(log[time]["cost_sum"], batches.sum())


def test_two_conditions_at_once_do_not_overwrite_a_report():
    problem = Problem()
    extension = TrainingDataMonitoring(
        [problem.cost],
        before_first_epoch=True,
        every_n_batches=3,
        after_epoch=True,
        after_training=True,
    )
    log = problem.run(extension)
    assert "cost" not in log[0]
    found, _ = problem.expected()
    np.testing.assert_allclose(log[3]["cost"], found[:3, 1].mean())
    np.testing.assert_allclose(log[6]["cost"], found[3:, 1].mean())


def test_one_variable_monitored_twice():
    problem = Problem()
    extensions = [
        TrainingDataMonitoring([problem.cost], prefix="epoch", after_epoch=True),
        TrainingDataMonitoring([problem.cost], prefix="batch", after_batch=True),
    ]
    log = problem.run(*extensions)
    found, _ = problem.expected()
    np.testing.assert_allclose(log[6]["epoch_cost"], found[3:, 1].mean())
    np.testing.assert_allclose(log[6]["batch_cost"], found[5, 1])


def test_conditions_may_be_set_later():
    problem = Problem()
    extension = TrainingDataMonitoring([problem.cost]).set_conditions(after_epoch=True)
    log = problem.run(extension)
    np.testing.assert_allclose(log[3]["cost"], problem.expected()[0][:3, 1].mean())


def test_a_source_that_only_monitoring_needs():
    problem = Problem()
    y = tensor.vector("y")
    distance = named((y - problem.W).mean(), "distance")
    data = stream(x=FEATURES, y=np.ones(10))
    log = problem.run(TrainingDataMonitoring([distance], after_epoch=True), data=data)
    np.testing.assert_allclose(log[3]["distance"], 1 - problem.expected()[0][:3, 0].mean())


def test_norms_of_gradients_and_steps():
    problem = Problem()
    norms = [problem.algorithm.total_gradient_norm, problem.algorithm.total_step_norm]
    log = problem.run(TrainingDataMonitoring(norms, after_batch=True))
    found, _ = problem.expected()
    gradient = abs(found[1, 0] - FEATURES[4:8].mean())
    np.testing.assert_allclose(log[2]["total_gradient_norm"], gradient)
    np.testing.assert_allclose(log[2]["total_step_norm"], RATE * gradient)


def test_continuing_starts_a_new_report():
    problem = Problem()
    extension = TrainingDataMonitoring([problem.cost], after_epoch=True)
    finish = FinishAfter(after_n_epochs=1)
    loop = MainLoop(problem.algorithm, stream(), extensions=[extension, finish])
    loop.run()
    finish.set_conditions(after_n_epochs=2)
    loop.run()
    np.testing.assert_allclose(loop.log[6]["cost"], problem.expected()[0][3:, 1].mean())


# What goes wrong


def test_a_missing_source_of_a_data_stream_is_found_at_once():
    with pytest.raises(SourceError, match=r"the inputs x, got the sources xs: none for x"):
        DataStreamMonitoring([named(tensor.vector("x").mean(), "mean")], stream(xs=FEATURES))


def test_a_missing_source_of_training_is_found_before_the_first_batch():
    problem = Problem()
    mean = named(tensor.vector("y").mean(), "mean")
    with pytest.raises(SourceError, match=r"got the sources x: none for y"):
        problem.run(TrainingDataMonitoring([mean], after_epoch=True))
    assert problem.W.get_value() == 0.0


def test_only_variables_and_quantities():
    with pytest.raises(
        GraphError, match=r"TrainingDataMonitoring: expected variables or .* got int 3"
    ):
        TrainingDataMonitoring([tensor.scalar("x"), 3])


class Nothing(TrainingAlgorithm):
    def initialize(self):
        pass

    def process_batch(self, batch):
        pass


def test_an_algorithm_without_updates():
    extension = TrainingDataMonitoring([named(tensor.vector("x").mean(), "mean")])
    message = (
        r"TrainingDataMonitoring: expected an algorithm that carries out updates, got Nothing\. "
        r"Use DataStreamMonitoring"
    )
    with pytest.raises(TypeError, match=message):
        MainLoop(Nothing(), stream(), extensions=[extension]).run()


def test_unknown_arguments():
    with pytest.raises(TypeError, match=r"TrainingDataMonitoring: expected its own arguments"):
        TrainingDataMonitoring([tensor.scalar("x")], prefx="train")


def test_it_is_a_simple_extension():
    assert issubclass(DataStreamMonitoring, SimpleExtension)
    assert issubclass(TrainingDataMonitoring, MonitoringExtension)
