"""Evaluators: what they compute and how often, which names they accept, empty streams."""

from collections import OrderedDict

import numpy as np
import pytest

from blocks import tensor
from blocks.bricks import Linear
from blocks.compile import function
from blocks.config import config
from blocks.datastreams import DataStream, IndexableDataset, SequentialScheme
from blocks.errors import DataError, GraphError, SourceError
from blocks.graph.traversal import variables
from blocks.initialization import Constant
from blocks.monitoring import aggregation
from blocks.monitoring import buffers as buffers_module
from blocks.monitoring import evaluators as evaluators_module
from blocks.monitoring.aggregation import MonitoredQuantity
from blocks.monitoring.evaluators import (
    AggregationBuffer,
    DatasetEvaluator,
    MonitoredQuantityBuffer,
)
from blocks.utils.theano_utils import put_hook, shared_floatx


def named(variable, name):
    variable.name = name
    return variable


def stream(batch_size=4, **sources):
    n = len(next(iter(sources.values())))
    scheme = SequentialScheme(n, batch_size)
    return DataStream(IndexableDataset(OrderedDict(sources)), iteration_scheme=scheme)


class Extremes(MonitoredQuantity):
    """The largest x and the smallest y of all batches, in Python."""

    def initialize(self):
        self.largest, self.smallest = -np.inf, np.inf

    def aggregate(self, x, y):
        self.largest, self.smallest = max(self.largest, x.max()), min(self.smallest, y.min())

    def get_aggregated_value(self):
        return self.largest, self.smallest


X = np.arange(10.0)


def test_values_in_the_order_of_the_variables():
    x, y = tensor.vectors("x", "y")
    W = shared_floatx([3.0, 4.0], name="W")
    monitored = [
        named(y.mean(), "y_mean"),
        Extremes(requires=[x, y], name="extremes"),
        named((W**2).sum(), "W_norm"),
        named(aggregation.maximum(x.max()), "x_max"),
    ]
    evaluator = DatasetEvaluator(monitored)
    values = evaluator.evaluate(stream(x=X, y=-X))
    assert list(values) == ["y_mean", "extremes", "W_norm", "x_max"]
    assert isinstance(values, OrderedDict)
    assert values["extremes"] == (9.0, -9.0)
    np.testing.assert_allclose(values["y_mean"], -(1.5 + 5.5 + 8.5) / 3)
    assert (values["W_norm"], values["x_max"]) == (25.0, 9.0)


def test_batch_by_batch():
    x = tensor.vector("x")
    evaluator = DatasetEvaluator([named(x.mean(), "mean")])
    evaluator.initialize_aggregators()
    evaluator.process_batch({"x": np.array([1.0, 3.0]), "more": np.zeros(1)})
    evaluator.process_batch({"x": np.array([5.0])})
    assert evaluator.get_aggregated_values()["mean"] == 3.5


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("batch_size", [1, 3, 4, 10])
def test_weighted_by_the_number_of_examples(batch_size, weighted):
    evaluator = DatasetEvaluator([named(tensor.vector("x").mean(), "mean")], weighted=weighted)
    value = evaluator.evaluate(stream(batch_size, x=X))["mean"]
    batches = [X[i : i + batch_size].mean() for i in range(0, 10, batch_size)]
    np.testing.assert_allclose(value, X.mean() if weighted else np.mean(batches))


def test_weighted_by_a_variable():
    x, mask = tensor.matrices("x", "mask")
    mean = named((x * mask).sum() / mask.sum(), "mean")
    rng = np.random.RandomState(1)
    values, masks = rng.normal(size=(10, 3)), rng.randint(2, size=(10, 3)).astype(float)
    found = DatasetEvaluator([mean], weighted=mask.sum()).evaluate(stream(x=values, mask=masks))
    np.testing.assert_allclose(found["mean"], values[masks > 0].mean())


def test_weighted_leaves_schemes_alone():
    last = named(aggregation.take_last(tensor.vector("x").mean()), "last")
    assert DatasetEvaluator([last], weighted=True).evaluate(stream(x=X))["last"] == 8.5


def test_weighted_needs_an_axis_of_examples():
    with pytest.raises(GraphError, match=r"cost: expected an input with a first axis of examples"):
        DatasetEvaluator([named(tensor.scalar("x") * 2, "cost")], weighted=True)


def test_one_function_takes_in_a_batch(monkeypatch):
    compiled = []

    def counted(inputs, outputs, **kwargs):
        compiled.append([x.name for x in inputs])
        return function(inputs, outputs, **kwargs)

    monkeypatch.setattr(evaluators_module, "function", counted)
    monkeypatch.setattr(buffers_module, "function", counted)
    x, y = tensor.vectors("x", "y")
    DatasetEvaluator([named(v.mean(), v.name) for v in (x, y)])
    assert sorted(map(len, compiled)) == [0, 0, 2]  # to start, to read, to take in a batch


def test_what_needs_no_data_is_computed_once():
    seen = []
    W = shared_floatx([3.0, 4.0], name="W")
    norm = named(put_hook((W**2).sum(), seen.append), "norm")
    mean = named(tensor.vector("x").mean(), "mean")
    evaluator = DatasetEvaluator([norm, mean])
    assert evaluator.evaluate(stream(x=X))["norm"] == 25.0
    assert len(seen) == 1


def test_a_stream_that_nothing_depends_on_is_not_read():
    W = shared_floatx([3.0], name="W")
    assert DatasetEvaluator([W]).evaluate(None) == {"W": [3.0]}


def test_values_are_copies():
    W = shared_floatx([3.0], name="W")
    values = DatasetEvaluator([W]).evaluate(None)
    W.set_value([4.0])
    assert values["W"] == [3.0]


def test_variables_are_not_tagged():
    mean = named(tensor.vector("x").mean(), "mean")
    DatasetEvaluator([mean])
    assert not hasattr(mean.tag, "aggregation_scheme")


@pytest.mark.parametrize("kind", [dict, list])
def test_further_updates(kind):
    n = shared_floatx(0.0, name="n")
    x = tensor.vector("x")
    evaluator = DatasetEvaluator([named(x.mean(), "mean")], updates=kind([(n, n + x.sum())]))
    evaluator.evaluate(stream(x=X))
    assert n.get_value() == 45.0


def test_a_brick_that_is_monitored():
    linear = Linear(1, 1, weights_init=Constant(2), biases_init=Constant(1))
    linear.initialize()
    y = linear.apply(tensor.matrix("x"))
    found = DatasetEvaluator([named(y.mean(), "mean")]).evaluate(stream(10, x=X[:, None]))
    assert found["mean"] == 10.0


@pytest.mark.parametrize("weighted", [False, True])
def test_float32_has_no_float64_anywhere(weighted):
    config.floatX = "float32"
    x = tensor.matrix("x")
    vector = x.mean(axis=0)
    monitored = [
        named(x.mean(), "scalar"),
        named(vector, "vector"),
        named(aggregation.mean(x.sum(), x.shape[0]), "mean"),
        named(aggregation.minimum(vector), "minimum"),
        named(aggregation.maximum(x.max()), "maximum"),
        named(aggregation.concatenate(vector), "concatenate"),
        named(aggregation.take_last(vector), "take_last"),
        named(aggregation.perplexity(-(x**2).sum(), x.shape[0]), "perplexity"),
    ]
    buffer = AggregationBuffer(monitored, use_take_last=True, weighted=weighted)
    updates = [*buffer.accumulation_updates, *buffer.initialization_updates]
    found = variables([*(y for _, y in updates), *(x for x, _ in updates)])
    assert len(found) > 30
    assert [x for x in found if x.dtype == "float64"] == []


# What goes wrong

x_ = tensor.vector("x")
BAD = {
    "no name": (
        [x_.mean() + 1],
        r"expected variables with names, got the result of add.* \(float64 scalar, built at "
        r".*test_evaluators\.py:\d+\) without one\. Set its attribute `name`",
    ),
    "quantity without a name": (
        [Extremes(requires=[x_, x_])],
        r"expected variables with names, got a Extremes without one",
    ),
    "one name twice": (
        [named(x_.mean(), "cost"), named(x_.sum(), "cost")],
        r"expected variables with different names, got 'cost' for the result of .* and the result "
        r"of .*\. Rename one, or monitor it in another extension with a prefix\.",
    ),
    "one variable twice": ([x_, x_], r"expected variables with different names, got 'x' twice\."),
    "a number": (
        [3.0],
        r"DatasetEvaluator: expected variables or instances of MonitoredQuantity, got float 3\.0",
    ),
    "an input without a name": (
        [named(tensor.vector().mean(), "mean")],
        r"DatasetEvaluator: expected inputs with names of their own, got one without a name",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_variables(case):
    monitored, message = BAD[case]
    with pytest.raises(GraphError, match=message):
        DatasetEvaluator(monitored)


class NoBatches:
    def get_epoch_iterator(self, as_dict=False):
        return iter(())


def test_an_empty_stream():
    evaluator = DatasetEvaluator([named(x_.mean(), "mean")])
    message = (
        r"DatasetEvaluator: expected at least one batch to monitor mean, got none from NoBatches\. "
        r"Check its data set and iteration scheme; an iterator can be read only once\."
    )
    with pytest.raises(DataError, match=message):
        evaluator.evaluate(NoBatches())


def test_a_missing_source():
    evaluator = DatasetEvaluator([named(tensor.vector("features").mean(), "mean")])
    message = (
        r"DatasetEvaluator: expected a source for each of the inputs features, got the sources "
        r"feature: none for features\. Did you mean 'feature'\?"
    )
    with pytest.raises(SourceError, match=message):
        evaluator.check_sources(["feature"])
    with pytest.raises(SourceError, match=message):
        evaluator.evaluate(stream(feature=X))


@pytest.mark.parametrize(
    ("buffer", "method"),
    [
        (AggregationBuffer([named(x_.mean(), "mean")]), "initialize_aggregators"),
        (MonitoredQuantityBuffer([Extremes([x_, x_], "extremes")]), "initialize_quantities"),
    ],
)
def test_reading_before_the_start(buffer, method):
    message = rf"{type(buffer).__name__}: expected {method}\(\) before values are read, got no call"
    with pytest.raises(GraphError, match=message):
        buffer.get_aggregated_values()


def test_quantities_share_what_they_require():
    y = tensor.vector("y")
    buffer = MonitoredQuantityBuffer([Extremes([x_, y], "a"), Extremes([y, x_], "b")])
    assert buffer.requires == [x_, y]
    assert buffer.inputs == [x_, y]
    buffer.initialize_quantities()
    buffer.aggregate_quantities([np.array([1.0, 2.0]), np.array([3.0, 4.0])])
    assert buffer.get_aggregated_values() == {"a": (2.0, 3.0), "b": (4.0, 1.0)}


def test_recorded_at_each_batch_where_asked():
    W = shared_floatx(1.0, name="W")
    buffer = AggregationBuffer([W], use_take_last=True)
    buffer.initialize_aggregators()
    function([], [], updates=buffer.accumulation_updates)()
    W.set_value(2.0)
    assert buffer.get_aggregated_values()["W"] == 1.0
