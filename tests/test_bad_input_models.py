"""Mistakes in bricks, costs, updates, extensions and files: what users read.

See test_bad_input for what happens in training.
"""

import gzip
import re

import numpy as np
import pytest

from blocks import tensor
from blocks.algorithms import GradientDescent, Scale, UpdatesAlgorithm
from blocks.bricks import MLP, Linear, Rectifier, Sequence, Softmax
from blocks.compile import function
from blocks.config import config
from blocks.datastreams import MNIST, SequentialScheme
from blocks.errors import (
    BrickError,
    DataError,
    DisconnectedInputError,
    DtypeError,
    GradientError,
    ShapeError,
)
from blocks.extensions import FinishAfter, Printing
from blocks.graph import ComputationGraph, shared
from blocks.initialization import Constant
from blocks.model import Model
from tests.bad_input import BATCH_SIZE, DIM, complaint, data, network

# Bricks


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
    nothing = np.zeros((0, DIM))
    message = complaint(DataError, lambda: data(features=nothing, targets=nothing))
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
