"""Mistakes that users make, end to end: what they read, how early, and that nothing is lost.

Each message reads ``<who>: expected <what>, got <what>. <remedy>.``, within 15 lines; the
tests of each module have further ones.
"""

import gzip
import re

import numpy as np
import pytest

from blocks import tensor
from blocks.algorithms import GradientDescent, Momentum, Scale, UpdatesAlgorithm
from blocks.bricks import MLP, Brick, Identity, Linear, Rectifier, Sequence, Softmax, application
from blocks.bricks.cost import CategoricalCrossEntropy, MisclassificationRate
from blocks.compile import function
from blocks.config import config
from blocks.datastreams import MNIST, DataStream, IndexableDataset, SequentialScheme
from blocks.errors import (
    BlocksError,
    BrickError,
    DataError,
    DisconnectedInputError,
    DtypeError,
    GradientError,
    IndexRangeError,
    NonFiniteError,
    ShapeError,
    SourceError,
    UninitializedError,
)
from blocks.extensions import FinishAfter, Printing
from blocks.extensions.monitoring import DataStreamMonitoring, TrainingDataMonitoring
from blocks.graph import ComputationGraph, shared
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
        r"\(4\), got x of float64 \(5, 7\) and y of float64 \(4, 5\)\. .* In dot\(features, W\)\. "
        r"\(built at \S*test_bad_input.py:\d+\)",
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
        r"\(built at \S*test_bad_input.py:\d+\)$",
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


# Bricks and parameters


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


def two_of_a_name():
    first, second = Linear(4, 5, name="layer"), Linear(5, 3, name="layer")
    return first, second


BRICKS = {
    "no dimensions": (
        lambda: Linear(name="layer").apply(tensor.matrix("x")),
        BrickError,
        r"/layer: expected input_dim and output_dim before its parameters are allocated, got "
        r"none\. Pass input_dim=\.\.\., output_dim=\.\.\. to Linear, or set it on the brick",
    ),
    "no dimensions of a child": (
        lambda: Sequence([Linear(3, name="layer").apply], name="top").apply(tensor.matrix("x")),
        BrickError,
        r"/top/layer: expected output_dim before its parameters are allocated, got none",
    ),
    "no dims": (
        lambda: MLP([Rectifier()]).apply(tensor.matrix("x")),
        BrickError,
        r"/mlp: expected 2 dims, of the input and of each of the 1 layers, got \[None, None\]\. "
        r"Set dims before the brick is allocated\.",
    ),
    "no scheme": (
        lambda: Linear(3, 4, biases_init=Constant(0)).initialize(),
        BrickError,
        r"/linear: expected weights_init before it is initialized, got none\. Pass a scheme",
    ),
    "one name twice under a parent": (
        lambda: Sequence([brick.apply for brick in two_of_a_name()], name="top").allocate(),
        BrickError,
        r"/top: expected children with different names, got two named 'layer' \(Linear and "
        r"Linear\), whose parameters would share the path /top/layer\. Pass another name= to one",
    ),
    "one name twice in a model": (
        lambda: Model(two_of_a_name()[0].apply(two_of_a_name()[1].apply(tensor.matrix("x")) @ M)),
        BrickError,
        r"Model: expected parameters with paths of their own, got two with /layer\.W: "
        r"/layer\.W \(float64 \(\d, \d\), of a Linear\) and .* Pass another name=",
    ),
    "layers that do not match": (
        lambda: Linear(5, 3, name="second").apply(Linear(4, 6, name="first").apply(X)),
        ShapeError,
        r"/second\.apply: dot: expected the last axis of x \(6\) to match the first of y \(5\), "
        r"got x of float64 \(\?, 6\) and y of float64 \(5, 3\)\.",
    ),
    "children that do not match": (
        lambda: Sequence([Linear(4, 6, name="first").apply, Linear(5, 3).apply], name="top").apply(
            X
        ),
        ShapeError,
        r"/top/linear\.apply: dot: expected the last axis of x \(6\) to match the first of y",
    ),
    "vectors for a layer": (
        lambda: Softmax().apply(tensor.scalar("x")),
        ShapeError,
        r"/softmax\.apply: softmax: expected .* got float64 scalar",
    ),
}
X = tensor.matrix("x")
M = np.ones((3, 4))


@pytest.mark.parametrize(("action", "kind", "message"), BRICKS.values(), ids=BRICKS)
def test_bricks(action, kind, message):
    found = complaint(kind, action)
    assert re.match(message, found), found


# Costs, updates, extensions


def test_a_cost_that_is_not_a_scalar():
    mlp, _ = network()
    cost = mlp.apply(tensor.matrix("features"))
    assert complaint(GradientError, lambda: GradientDescent(cost=cost)) == (
        "GradientDescent: expected a scalar cost, got mlp_apply_output of type float64 (?, 3). "
        "Reduce it first, with .mean() or .sum()."
    )


def test_a_parameter_that_is_not_in_the_graph():
    _, cost = network()
    other = Linear(2, 2, name="other")
    other.allocate()
    parameters = [*ComputationGraph(cost).parameters, other.W]
    assert complaint(
        DisconnectedInputError, lambda: GradientDescent(cost=cost, parameters=parameters)
    ) == (
        "GradientDescent: expected the cost cost to depend on all parameters, got one that does "
        "not depend on /other.W (not in its graph). Pass ComputationGraph(cost).parameters, or "
        "leave these out."
    )


def test_an_update_of_another_dtype():
    total, x = shared(np.zeros(3, "float32"), name="total"), tensor.dvector("x")
    expected = (
        "expected an update of total of float32, got float64. Use cast(value, 'float32'), or find "
        "what made it float64."
    )
    updates = [(total, total + x)]
    message = complaint(DtypeError, lambda: function([x], [], updates=updates))
    assert message == f"function: {expected}"
    algorithm = UpdatesAlgorithm(updates=updates)
    message = complaint(DtypeError, lambda: algorithm.process_batch({"x": np.ones(3)}))
    assert message == f"function training: {expected}"
    assert not total.get_value().any()


@pytest.mark.parametrize(
    ("extension", "trigger", "hints"),
    [
        (FinishAfter, "after_n_epoch", "'after_n_epochs' or"),
        (Printing, "every_batches", "'every_n_batches' or"),
    ],
)
def test_a_trigger_that_does_not_exist(extension, trigger, hints):
    message = complaint(TypeError, lambda: extension(**{trigger: 1}))
    assert message.startswith(
        f"{extension.__name__}: expected its own arguments, name or the triggers after_batch, "
    )
    assert f"got {trigger!r}. Did you mean {hints}" in message


def test_a_step_rule_that_was_not_called():
    _, cost = network()
    message = complaint(TypeError, lambda: GradientDescent(cost=cost, step_rule=Scale))
    assert message.endswith("Make one of it: Scale().")


# Data sets


def test_an_empty_data_set():
    message = complaint(DataError, lambda: data(features=COLUMNS[:0], targets=COLUMNS[:0]))
    assert message == (
        "IndexableDataset: expected at least one example, got none in the sources features, "
        "targets. Check how the data were read."
    )


def test_an_empty_selection():
    assert complaint(DataError, lambda: SequentialScheme([], BATCH_SIZE)) == (
        "SequentialScheme: expected at least one example, got []. The data set or subset is "
        "empty; check how it is selected."
    )


def idx(array):
    """Return a uint8 array in the format of MNIST's files."""
    return bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes() + array.tobytes()


IMAGES, LABELS = np.zeros((3, 28, 28), "uint8"), np.zeros(3, "uint8")
GOOD = {"t10k-images-idx3-ubyte": idx(IMAGES), "t10k-labels-idx1-ubyte": idx(LABELS)}
FILES = {
    "truncated": (
        "images-idx3",
        idx(IMAGES)[:-100],
        r"expected 2368 bytes .*, got 2268\. The file",
    ),
    "another file": ("images-idx3", b"<html>not found</html>", r"expected an IDX file .* 3c 68 74"),
    "labels as images": ("images-idx3", idx(LABELS), r"expected 3 axes, got 1 of sizes \(3,\)"),
    "other sizes": ("images-idx3", idx(IMAGES[:, :8]), r"images of 28 x 28 pixels, got \(8, 28\)"),
    "numbers differ": ("labels-idx1", idx(LABELS[:2]), r"got 2 labels and 3 images\. Get"),
    "empty": ("labels-idx1", b"", r"expected an IDX file .* got the first bytes \(none\)"),
    "half a download": ("images-idx3.gz", 0.5, r"expected a complete gzip file, got a truncated"),
    "flipped bits": ("labels-idx1.gz", None, r"expected a complete gzip file, got a truncated"),
}


@pytest.mark.parametrize(("which", "content", "message"), FILES.values(), ids=FILES)
def test_truncated_and_corrupt_files(tmp_path, which, content, message):
    for name, good in GOOD.items():
        part, is_packed = which.removesuffix(".gz"), which.endswith(".gz")
        packed = gzip.compress(good)
        if part not in name:
            (tmp_path / name).write_bytes(good)
        elif not is_packed:
            (tmp_path / name).write_bytes(content)
        elif content is None:
            (tmp_path / f"{name}.gz").write_bytes(packed[:-6] + b"\xff" + packed[-5:])
        else:
            (tmp_path / f"{name}.gz").write_bytes(packed[: int(content * len(packed))])
    with config.use(data_path=str(tmp_path), offline=True):
        found = complaint(DataError, lambda: MNIST("test"))
    assert str(tmp_path) in found
    assert re.search(message, found), found


def test_files_that_are_not_there(tmp_path):
    with config.use(data_path=str(tmp_path), offline=True):
        message = complaint(DataError, lambda: MNIST("test"))
    assert "t10k-images-idx3-ubyte" in message
    assert str(tmp_path) in message
    assert "BLOCKS_DATA_PATH" in message


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
        r"/root\.apply: expected finite values from sqrt\(\w+\), got NaN in 3 of 15 elements, "
        r"from finite inputs \(float64 \(5, 3\)\)\. Built at \S*test_bad_input\.py:"
        rf"{line_of('# the line that the message ' + 'names')}\.$",
        message,
    ), message


def test_overflow_in_a_product():
    _, cost = network()
    main_loop = training(data(features=COLUMNS[:, :DIM] * 1e308), cost, **DEBUG)
    message = run_and_lose_nothing(main_loop, NonFiniteError, 1)
    assert re.match(r"/mlp/linear_\d\.apply: expected finite values from dot\(", message)


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
