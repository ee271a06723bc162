"""Names and keywords of 2014 to 2016, as ``../shared/api/older.md`` lists them."""

import ast
import inspect
import re
import warnings

import numpy as np
import pytest

from blocks import tensor
from blocks.algorithms import GradientDescent
from blocks.bricks import MLP, Tanh
from blocks.datastreams import (
    MNIST,
    DataStream,
    IndexableDataset,
    IterableDataset,
    SequentialExampleScheme,
    SequentialScheme,
    ShuffledScheme,
    Transformer,
)
from blocks.errors import DataError
from blocks.extensions import Printing
from blocks.legacy.blocks_functions import (
    BatchIterator,
    InMemoryDataset,
    extract_parameter_values,
    inject_parameter_values,
    load_parameter_values,
    save_parameter_values,
)
from blocks.legacy.fuel_functions import SingleMapping
from blocks.legacy.missing import MISSING, LegacyImportError
from blocks.utils import shared_floatx
from tests.conftest import SHARED

LINE = re.compile(r"^((?:blocks|fuel)\.[\w.]+)(\(.*?\))?  \[", re.MULTILINE)
TEXT = "" if SHARED is None else (SHARED / "api" / "older.md").read_text(encoding="utf-8")
OLDER = LINE.findall(TEXT)

THE_SAME = {"blocks.__version__", "blocks.config", "fuel.config_parser.ConfigurationError"}
"""Names that are still, or again, where they were, besides those of blocks.utils."""


def taken(name):
    """Import a name, and return it with the warnings that this gave."""
    module, _, last = name.rpartition(".")
    scope = {"__name__": "script"}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        exec(f"from {module} import {last}", scope)
    return scope[last], [str(w.message) for w in caught if w.category is DeprecationWarning]


@pytest.mark.skipif(SHARED is None, reason="needs ../shared")
def test_the_list_is_read_whole():
    lines = [line for line in TEXT.splitlines() if line.startswith(("blocks.", "fuel."))]
    assert len(OLDER) == len(lines) > 130


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(("name", "signature"), OLDER, ids=[name for name, _ in OLDER])
def test_an_older_name_is_served_or_says_what_to_do(name, signature):
    """With one warning that says what it is today, or with a remedy that is listed."""
    if f"{name}.".startswith(tuple(f"{missing}." for missing in MISSING)):
        with pytest.raises(LegacyImportError) as caught:
            taken(name)
        assert str(caught.value).endswith(tuple(MISSING.values()))
        return
    found, messages = taken(name)
    if name in THE_SAME or (name.startswith("blocks.utils.") and not messages):
        assert messages == []
    else:
        (message,) = messages
        assert message.startswith(f"{name} is an older name of ")
    assert found is not None
    assert not_taken(found, signature) == []


def not_taken(found, signature):
    """List the parameters of an older signature that a function does not take."""
    if not signature or not callable(found):
        return []
    arguments = ast.parse(f"def f{signature}: pass").body[0].args
    try:
        ours = inspect.signature(found).parameters
    except ValueError:
        return []
    if any(p.kind is p.VAR_KEYWORD for p in ours.values()):
        return []
    return [a.arg for a in arguments.args if a.arg not in ours]


X = np.arange(6.0).reshape(3, 2)
W = shared_floatx(np.ones(2), name="W")
COST = (tensor.vector("x") * W).sum()
BATCHES = SequentialScheme(3, 2)


def data():
    return IndexableDataset({"x": X})


KEYWORDS = [
    (
        lambda: GradientDescent(cost=COST, params=[W]).parameters,
        [W],
        "GradientDescent: params= is the older name of parameters=. Rename it.",
    ),
    (
        lambda: SequentialScheme(num_examples=3, batch_size=2).indices,
        range(3),
        "SequentialScheme: num_examples is the older name of examples. Rename it.",
    ),
    (
        lambda: len(ShuffledScheme(num_examples=3, batch_size=2).indices),
        3,
        "ShuffledScheme: num_examples is the older name of examples. Rename it.",
    ),
    (
        lambda: SequentialExampleScheme(num_examples=3).indices,
        range(3),
        "SequentialExampleScheme: num_examples is the older name of examples. Rename it.",
    ),
    (
        lambda: DataStream(data(), BATCHES).iteration_scheme,
        BATCHES,
        "DataStream: a scheme by position is the older name of iteration_scheme=. Rename it.",
    ),
    (
        lambda: DataStream.default_stream(data(), BATCHES).iteration_scheme,
        BATCHES,
        "DataStream: a scheme by position is the older name of iteration_scheme=. Rename it.",
    ),
    (
        lambda: Printing(after_every_epoch=True).conditions[0][0],
        "after_epoch",
        "Printing: after_every_epoch is the older name of after_epoch. Rename it.",
    ),
    (
        lambda: Printing(after_epoch=False, after_every_batch=True).conditions[0][0],
        "after_batch",
        "Printing: after_every_batch is the older name of after_batch. Rename it.",
    ),
]


@pytest.mark.parametrize(
    ("build", "expected", "message"), KEYWORDS, ids=[message for _, _, message in KEYWORDS]
)
def test_an_older_keyword_works_and_warns(build, expected, message):
    """Also where old names are not installed; the warning is at the line of the user."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = build()
    assert result == expected
    (warning,) = caught
    assert (str(warning.message), warning.category) == (message, DeprecationWarning)
    assert warning.filename == __file__


@pytest.mark.parametrize(
    ("build", "older"),
    [
        (lambda: MNIST("train", start=5, stop=8), "start, stop"),
        (lambda: MNIST("train", 5, 8), "start, stop"),
        (lambda: MNIST(which_set="train", subset=slice(5, 8)), "which_set"),
    ],
)
def test_older_keywords_of_mnist(small_mnist_folder, build, older):
    images, _ = small_mnist_folder
    today = {"start, stop": "subset=slice(start, stop)", "which_set": "which_sets"}[older]
    message = f"MNIST: {older} is the older name of {today}. Rename it."
    with pytest.warns(DeprecationWarning, match=re.escape(message)):
        result = build()
    found = result.get_data(request=slice(0, 3))[0]
    np.testing.assert_array_equal(found[:, 0], images[5:8])


def test_every_n_batches_and_dims_by_position_are_as_ever():
    assert Printing(every_n_batches=3).conditions
    assert MLP([Tanh(), Tanh()], [4, 3, 2]).dims == [4, 3, 2]


ERRORS = [
    (
        lambda: SequentialScheme(3, 2, num_examples=3),
        TypeError,
        "SequentialScheme: expected examples once, got examples= and num_examples=.",
    ),
    (
        lambda: SequentialScheme(batch_size=3),
        DataError,
        "SequentialScheme: expected a number of examples or their indices, got None. Give it "
        "the data set's num_examples, an integer.",
    ),
    (
        lambda: SequentialScheme(3),
        DataError,
        "SequentialScheme: expected batch_size to be an integer of at least 1, got None. Give a "
        "positive batch_size.",
    ),
    (
        lambda: DataStream(data(), BATCHES, None),
        TypeError,
        "DataStream: expected a data set and keywords, got 2 more by position. Write "
        "iteration_scheme=... and so on.",
    ),
    (
        lambda: MNIST("train", subset=[1], start=2),
        DataError,
        "MNIST: expected subset, or start and stop, got both. Use subset.",
    ),
    (
        lambda: inject_parameter_values(MLP([Tanh()], [2, 2], name="mlp"), {"/mlq.W": 0}),
        ValueError,
        "inject_parameter_values: expected paths of parameters, got '/mlq.W'.",
    ),
]


@pytest.mark.parametrize(("build", "kind", "message"), ERRORS)
def test_what_does_not_fit(build, kind, message):
    with pytest.raises(kind) as caught:
        build()
    assert str(caught.value) == message


@pytest.mark.usefixtures("installed")
def test_the_plot_of_bokeh_says_what_to_use():
    with pytest.raises(LegacyImportError) as caught:
        exec("from blocks.extensions.plot import Plot")
    assert str(caught.value).endswith("Plots are not there yet; main_loop.log holds the records.")


# What blocks.legacy keeps for scripts of 2015


def test_iterators_over_batches():
    shuffled = ShuffledScheme(5, 2, rng=np.random.RandomState(3))
    assert [*BatchIterator(5, 2, True, np.random.RandomState(3))] == [
        *shuffled.get_request_iterator()
    ]


def test_a_data_set_in_memory_loads_itself():
    class Numbers(InMemoryDataset):
        provides_sources = ("x",)

        def load(self):
            self.x = X

        def get_data(self, state=None, request=None):
            if not hasattr(self, "x"):
                self.load()
            return (self.x[request],)

    np.testing.assert_array_equal(Numbers().get_data(request=[1])[0], X[1:2])

    class Forgetful(Numbers):
        load = InMemoryDataset.load

    with pytest.raises(NotImplementedError, match="Forgetful: expected a method load"):
        Forgetful().get_data(request=[1])


def test_a_single_mapping():
    class Twice(SingleMapping):
        def mapping(self, source):
            return 2 * source

    stream = DataStream(IterableDataset({"x": [1, 2], "y": [3, 4]}))
    assert isinstance(Twice(stream), Transformer)
    assert [*Twice(stream, ("y",)).get_epoch_iterator()] == [(1, 6), (2, 8)]
    with pytest.raises(NotImplementedError, match=r"SingleMapping: expected a method mapping"):
        next(SingleMapping(stream).get_epoch_iterator())


def test_parameter_values_are_saved_and_loaded(tmp_path):
    mlp = MLP([Tanh(name="t")], [2, 3], name="mlp")
    mlp.allocate()
    mlp.linear_transformations[0].W.set_value(np.full((2, 3), 7.0))
    values = extract_parameter_values([mlp])
    assert list(values) == ["/mlp/linear_0.W", "/mlp/linear_0.b"]
    path = tmp_path / "parameters.npz"
    save_parameter_values(values, path)
    other = MLP([Tanh(name="t")], [2, 3], name="mlp")
    other.allocate()
    inject_parameter_values(other, load_parameter_values(path))
    np.testing.assert_array_equal(other.linear_transformations[0].W.get_value(), 7)
