"""Mistakes in data, sources and parameters, end to end: what users read, how early it is
found, and that nothing is lost. See test_bad_input_models for models and files.

Each message reads ``<who>: expected <what>, got <what>. <remedy>.``, within 15 lines; the
tests of each module have further ones.
"""

import re

import numpy as np
import pytest

from blocks import tensor
from blocks.bricks import Brick, Linear, application
from blocks.bricks.cost import MisclassificationRate
from blocks.config import config
from blocks.errors import (
    DtypeError,
    IndexRangeError,
    NonFiniteError,
    ShapeError,
    SourceError,
    UninitializedError,
)
from blocks.extensions.monitoring import DataStreamMonitoring, TrainingDataMonitoring
from blocks.initialization import Constant
from tests.bad_input import (
    DIM,
    NUM_CLASSES,
    NUM_EXAMPLES,
    complaint,
    data,
    labels,
    network,
    run_and_lose_nothing,
    state,
    training,
)

# Sources and variables. All of it is found before the first batch.


def test_a_variable_without_a_source():
    _, cost = network(features="feature")
    assert complaint(SourceError, lambda: training(data(), cost)) == (
        "GradientDescent: expected a source for each of the inputs feature, targets, got the "
        "sources features, targets: none for feature. Did you mean 'features'? Name variables as "
        "the sources, or rename sources with the transformer Rename."
    )


def test_a_monitored_variable_without_a_source():
    _, cost = network()
    stream = data(features=None, feature=np.zeros((NUM_EXAMPLES, DIM)))
    message = complaint(SourceError, lambda: DataStreamMonitoring([cost], stream, prefix="valid"))
    assert message == (
        "DataStreamMonitoring, prefix valid: expected a source for each of the inputs features, "
        "targets, got the sources targets, feature: none for features. Did you mean 'feature' or "
        "'targets'? Name variables as the sources, or rename sources with the transformer Rename."
    )


def test_a_variable_monitored_in_training_without_a_source():
    _, cost = network()
    weighted = cost * tensor.vector("weights").sum()
    weighted.name = "weighted"
    main_loop = training(data(), cost, TrainingDataMonitoring([weighted], after_epoch=True))
    message = run_and_lose_nothing(main_loop, SourceError, 0)
    assert "got the sources features, targets: none for weights." in message


def test_a_source_that_no_variable_has():
    _, cost = network()
    stream = data(ids=np.arange(NUM_EXAMPLES))
    message = run_and_lose_nothing(training(stream, cost), SourceError, 0)
    assert message == (
        "GradientDescent: expected only sources that the updates depend on (features, targets), "
        "got ids too. Pass on_unused_sources='ignore', or leave them out with the transformer "
        "FilterSources."
    )
    main_loop = training(stream, cost, on_unused_sources="ignore")
    main_loop.run()
    assert main_loop.status["iterations_done"] == 4


def test_a_source_that_no_monitored_variable_has():
    _, cost = network()
    extra = data(ids=np.arange(NUM_EXAMPLES))
    costs = []
    for stream in (data(), extra):
        main_loop = training(data(), network()[1], DataStreamMonitoring([cost], stream))
        main_loop.run()
        costs.append(main_loop.log.current_row["cost"])
    assert costs[0] == costs[1]


# Batches

COLUMNS = np.ones((NUM_EXAMPLES, DIM + 3))
BATCHES = {
    "rank too high": (
        {"features": np.ones((NUM_EXAMPLES, 1, 2, 2))},
        ShapeError,
        r"function training, input features: expected 2 axes \(float64 \(\?, \?\)\), got 4 "
        r"\(float64 \(5, 1, 2, 2\)\)\. Flatten it first, for example with the transformer",
    ),
    "rank too low": (
        {"targets": np.zeros(NUM_EXAMPLES, "int64")},
        ShapeError,
        r"function training, input targets: expected 2 axes \(int64 \(\?, \?\)\), got 1 "
        r"\(int64 \(5,\)\)\. Add an axis, or give a batch and not one example\.",
    ),
    "size of the features": (
        {"features": COLUMNS},
        ShapeError,
        r"/mlp/linear_0\.apply: dot: expected the last axis of x \(7\) to match the first of y "
        r"\(4\), got x of float64 \(5, 7\) and y of float64 \(4, 5\)\. .* In features @ W\. "
        r"\(built at \S*bad_input\.py:\d+\)",
    ),
    "columns of labels": (
        {"targets": np.zeros((NUM_EXAMPLES, 2), "int64")},
        ShapeError,
        r"/categoricalcrossentropy\.apply: .*: expected one label for each row of "
        r"float64 \(5, 3\), got labels int64 \(10,\)",
    ),
    "text": (
        {"features": np.full((NUM_EXAMPLES, DIM), "seven")},
        DtypeError,
        r"function training, input features: expected numbers \(float64 \(\?, \?\)\), got <U5 "
        r"\(5, 4\)\. Convert it to numbers first\.",
    ),
    "complex numbers": (
        {"features": np.full((NUM_EXAMPLES, DIM), 1j)},
        DtypeError,
        r"function training, input features: expected numbers .*, got complex128 \(5, 4\)",
    ),
    "labels as floats": (
        {"targets": np.zeros((NUM_EXAMPLES, 1))},
        DtypeError,
        r"function training, input targets: expected int64 \(\?, \?\), got float64 \(5, 1\)\. "
        r"Converting would lose precision: use astype\('int64'\), or the transformer "
        r"Cast\('int64'\) in a stream, or pass allow_input_downcast=True\.",
    ),
}


@pytest.mark.parametrize(("changes", "kind", "message"), BATCHES.values(), ids=BATCHES)
def test_batches_that_do_not_fit(changes, kind, message):
    _, cost = network()
    found = run_and_lose_nothing(training(data(**changes), cost), kind, 0)
    assert re.match(message, found), found


def test_double_precision_for_a_network_of_single_precision():
    with config.use(floatX="float32"):
        _, cost = network()
        main_loop = training(data(features=COLUMNS[:, :DIM]), cost)
    message = run_and_lose_nothing(main_loop, DtypeError, 0)
    assert "expected float32 (?, ?), got float64 (5, 4)." in message
    assert "the transformer Cast('float32') in a stream" in message


def test_a_batch_of_monitoring_that_does_not_fit():
    _, cost = network()
    main_loop = training(data(), cost, DataStreamMonitoring([cost], data(features=COLUMNS)))
    message = run_and_lose_nothing(main_loop, ShapeError, 0)
    assert re.match(r"/mlp/linear_0\.apply: dot: expected .* got x of float64 \(5, 7\)", message)


# Labels out of range


@pytest.mark.parametrize("label", [NUM_CLASSES, -1])
@pytest.mark.parametrize("kind", ["probabilities", "logits"])
@pytest.mark.parametrize("mode", ["compiled", "reference", "debug"])
def test_labels_out_of_range(mode, kind, label):
    _, cost = network(kind)
    main_loop = training(data(targets=labels(label)), cost, theano_func_kwargs={"mode": mode})
    message = run_and_lose_nothing(main_loop, IndexRangeError, 1)
    assert re.match(
        rf"(gradient of )?/\S+\.\w+: \w+: expected labels from 0 to 2, got {label} \(row 2\)\. "
        r"Check the targets, or the number of outputs of the last layer\. "
        r"In softmax_\w+\(.+\)\. \(built at \S*bad_input\.py:\d+\)$",
        message,
    ), message


@pytest.mark.parametrize("kind", ["probabilities", "logits"])
def test_labels_out_of_range_in_monitoring(kind):
    _, cost = network(kind)
    stream = data(targets=labels(NUM_CLASSES, at=19))
    monitoring = DataStreamMonitoring([cost], stream, before_first_epoch=False, prefix="test")
    seen = TrainingDataMonitoring([cost], prefix="train", after_batch=True)
    main_loop = training(data(), cost, seen, monitoring)
    message = run_and_lose_nothing(main_loop, IndexRangeError, 4)
    assert "expected labels from 0 to 2, got 3 (row 4)." in message
    assert all("train_cost" in main_loop.log[i] for i in range(1, 5))  # the log is kept


def test_labels_out_of_range_for_the_top_scores():
    rate = MisclassificationRate(top_k=2)
    message = complaint(IndexRangeError, lambda: rate.apply(np.array([0, 5]), np.eye(2, 3)).eval())
    assert message.startswith("/misclassificationrate.apply: ")
    assert "into axis 1 of size 3, got 5" in message


# Parameters


def test_parameters_that_nobody_initialized():
    _, cost = network(initialize=False)
    assert complaint(UninitializedError, training(data(), cost).run) == (
        "GradientDescent: expected parameters with values, got NaN in /mlp/linear_0.W, "
        "/mlp/linear_0.b, /mlp/linear_1.W, /mlp/linear_1.b. Call initialize() of the bricks that "
        "they belong to, with weights_init and biases_init set, before training."
    )


def test_one_parameter_with_nan():
    mlp, cost = network()
    W = mlp.linear_transformations[1].W.get_value()
    W[2, 1] = np.nan
    mlp.linear_transformations[1].W.set_value(W)
    message = run_and_lose_nothing(training(data(), cost), UninitializedError, 0)
    assert "got NaN in /mlp/linear_1.W. Call" in message


def test_the_remedy_for_parameters_works():
    mlp, cost = network(initialize=False)
    main_loop = training(data(), cost)
    complaint(UninitializedError, main_loop.run)
    mlp.initialize()
    main_loop.run()
    assert main_loop.status["epochs_done"] == 1
    assert all(np.isfinite(value).all() for value in state(main_loop))


# NaN


class Root(Brick):
    @application(inputs=["x"], outputs=["y"])
    def apply(self, x):
        return tensor.sqrt(x)  # the line that the message names


def line_of(text):
    """Return the number of the line of this file that ends in a text."""
    with open(__file__, encoding="utf-8") as lines:
        (number,) = [i for i, line in enumerate(lines, 1) if line.rstrip().endswith(text)]
    return number


DEBUG = {"theano_func_kwargs": {"mode": "debug"}, "on_unused_sources": "ignore"}


def test_nan_in_a_brick():
    layer = Linear(DIM, 3, weights_init=Constant(1), biases_init=Constant(0))
    layer.initialize()
    cost = Root(name="root").apply(layer.apply(tensor.matrix("features"))).mean()
    features = np.ones((NUM_EXAMPLES, DIM))
    features[12] = -1  # in the third batch
    main_loop = training(data(features=features), cost, **DEBUG)
    message = run_and_lose_nothing(main_loop, NonFiniteError, 2)
    assert re.match(
        r"/root\.apply: sqrt: expected finite values, got NaN in 3 of 15 elements, from finite "
        r"inputs \(float64 \(5, 3\)\)\. .* In sqrt\(.+\)\. \(built at \S*test_bad_input\.py:"
        rf"{line_of('# the line that the message ' + 'names')}\)$",
        message,
    ), message


def test_overflow_in_a_product():
    _, cost = network()
    main_loop = training(data(features=COLUMNS[:, :DIM] * 1e308), cost, **DEBUG)
    message = run_and_lose_nothing(main_loop, NonFiniteError, 1)
    assert re.match(r"/mlp/linear_\d\.apply: dot: expected finite values, got infinity", message)


def test_nan_in_the_data():
    features = np.ones((NUM_EXAMPLES, DIM))
    features[8, 2] = np.nan
    _, cost = network()
    main_loop = training(data(features=features), cost, **DEBUG)
    message = run_and_lose_nothing(main_loop, NonFiniteError, 1)
    assert re.match(
        r"[Wb]: expected a finite new value, got NaN in \d+ of \d+ elements, which came in with "
        r"the input features \(float64 \(5, 4\): nan at \(3, 2\)\)\. Check the data; nothing was",
        message,
    ), message


def test_debug_mode_changes_no_result():
    results = []
    for options in ({}, DEBUG):
        _, cost = network()
        main_loop = training(data(), cost, **options)
        main_loop.run()
        results.append(state(main_loop))
    for compiled, debug in zip(*results, strict=True):
        np.testing.assert_allclose(compiled, debug, rtol=1e-10, atol=1e-12)
