"""What stands in for functions and classes of Theano, Fuel and Blocks of 2015."""

import contextlib
import os
import pickle

import numpy as np
import pytest

from blocks import function, shared, tensor
from blocks.config import config
from blocks.errors import DataError
from blocks.graph.printing import debugprint
from blocks.legacy import blocks_functions, fuel_functions, theano_functions, theano_modes

X, Y, Z = tensor.vectors("x", "y", "z")


def test_graphs_between_inputs_and_outputs():
    inside = tensor.exp(X)
    output = inside + Y
    assert theano_functions.io_toposort([inside], [output]) == [output.owner]
    assert theano_functions.io_toposort([X, Y], [output]) == [inside.owner, output.owner]
    assert theano_functions.variables([inside, Y], [output]) == [inside, Y, output]


@pytest.mark.parametrize(
    ("mode", "name"),
    [
        (theano_modes.Mode("cvm", "fast_run"), "compiled"),
        (theano_modes.Mode(optimizer=None).including("fusion").excluding("x"), "reference"),
        (theano_modes.Mode("py"), "reference"),
        (theano_modes.Mode(optimizer="fast_compile"), "reference"),
        (theano_modes.NanGuardMode(nan_is_error=True, inf_is_error=True), "debug"),
        (theano_modes.DebugMode(), "debug"),
        (theano_modes.get_default_mode().excluding("local_gpu"), "compiled"),
        (theano_modes.get_mode("FAST_COMPILE"), "reference"),
    ],
)
def test_modes(mode, name):
    f = function([X], theano_functions.Out(2 * X, borrow=True), mode=mode)
    assert f.mode == name
    assert f([3.0]) == [6]


# Fuel


@fuel_functions.do_not_pickle_attributes("features", "targets")
class Lazy:
    loads = 0

    def __init__(self, name):
        self.name = name

    def load(self):
        type(self).loads += 1
        self.features, self.targets = np.arange(3), np.arange(3, 6)


def test_lazy_attributes_are_not_pickled():
    lazy, count = Lazy("a"), Lazy.loads
    assert (lazy.features.sum(), lazy.targets.sum(), Lazy.loads - count) == (3, 12, 1)
    copy = pickle.loads(pickle.dumps(lazy))
    assert vars(copy) == {"name": "a"}
    assert (copy.targets.sum(), Lazy.loads - count) == (12, 2)
    copy.targets = 1
    assert copy.targets == 1


def test_a_lazy_attribute_that_load_forgets():
    @fuel_functions.do_not_pickle_attributes("features")
    class Forgetful:
        def load(self):
            self.other = 1

    with pytest.raises(DataError) as caught:
        Forgetful().features  # noqa: B018
    assert str(caught.value) == (
        "Forgetful.load: expected it to set self.features, got nothing set. Assign it there."
    )


def test_lazy_attributes_need_load():
    with pytest.raises(DataError) as caught:
        fuel_functions.do_not_pickle_attributes("a", "b")(object)
    assert str(caught.value) == (
        "do_not_pickle_attributes: expected object to have a method load(), got none. Define it; "
        "it sets a, b."
    )


def test_paths_are_parsed(monkeypatch):
    monkeypatch.setenv("HOME", "home")
    text = os.pathsep.join(["~", "b"])
    assert fuel_functions.multiple_paths_parser(text) == ("home", "b")


def test_the_working_directory_is_remembered(tmp_path):
    before = os.getcwd()
    with contextlib.suppress(KeyError), fuel_functions.remember_cwd():
        os.chdir(tmp_path)
        assert os.getcwd() != before
        raise KeyError
    assert os.getcwd() == before


# Blocks of 2015


def test_mnist_of_2015(small_mnist_folder):
    images, labels = small_mnist_folder
    dataset = blocks_functions.MNIST("train", start=5, stop=25)
    assert (dataset.num_examples, dataset.sources) == (20, ("features", "targets"))
    features, targets = dataset.get_data(request=slice(0, 20))
    np.testing.assert_allclose(features, images[5:25].reshape(20, 784) / 255, rtol=1e-15)
    np.testing.assert_array_equal(targets, labels[5:25, None])
    with config.use(floatX="float32"):
        (features,) = blocks_functions.MNIST("train", sources=("features",)).get_data(request=[0])
    assert features.dtype == "float32"
    (features,) = blocks_functions.MNIST("train", binary=True, sources=("features",)).get_data(
        request=slice(0, 30)
    )
    np.testing.assert_array_equal(features, images.reshape(30, 784) >= 128)


def test_readers_of_2015(small_mnist_folder):
    images, labels = small_mnist_folder
    folder = config.data_path[0]
    path = os.path.join(folder, "train-images-idx3-ubyte")
    raw = blocks_functions.read_mnist_images(path)
    assert (raw.dtype, raw.shape) == ("uint8", (30, 1, 28, 28))
    assert blocks_functions.read_mnist_images(path, "float32").max() == np.float32(1)
    assert blocks_functions.read_mnist_images(path, "int32").max() == images.max()
    read = blocks_functions.read_mnist_labels(os.path.join(folder, "train-labels-idx1-ubyte"))
    np.testing.assert_array_equal(read, labels[:, None])


@pytest.mark.parametrize(
    ("container", "options", "expected"),
    [
        ([1, 2], {}, [(1,), (2,)]),
        ({"a": [1, 2], "b": [3, 4]}, {}, [(1, 3), (2, 4)]),
        ({"a": [1, 2], "b": [3, 4]}, {"sources": ("b",)}, [(3,), (4,)]),
    ],
)
def test_containers(container, options, expected):
    dataset = blocks_functions.ContainerDataset(container, **options)
    assert list(dataset.get_example_stream().get_epoch_iterator()) == expected


def test_iterators():
    values = iter([1, 2])
    assert list(blocks_functions.LambdaIterator(lambda: next(values))) == [1, 2]
    assert list(blocks_functions.SequenceIterator("ab")) == ["a", "b"]


def test_named_copy():
    copy = blocks_functions.named_copy(X, "other")
    assert (copy.name, X.name) == ("other", "x")
    assert copy.eval({X: [1.0]}) == [1]


def test_debugprint_shows_what_is_asked_for():
    """By default no types; the other arguments are those of ours."""
    W = shared(np.ones(1), "W")
    options = {"print_type": False, "print_clients": True, "print_storage": True, "file": "str"}
    ours = debugprint(W * (W + X), **options)
    del options["print_type"]
    assert theano_functions.debugprint(W * (W + X), **options) == ours
    assert ours != theano_functions.debugprint(W * (W + X), file="str")


def test_updates_are_those_of_a_loop(installed):
    import theano
    import theano.tensor as T
    from theano.updates import OrderedUpdates

    w = theano.shared(np.float64(0), name="w")
    count = theano.shared(np.float64(0), name="count")
    updates = OrderedUpdates([(w, w + 1)])
    v = T.dvector("v")
    y, changed = theano.scan(lambda a: (a, {count: count + a}), v)
    assert isinstance(changed, OrderedUpdates)
    for both in (updates + changed, changed + updates, dict(updates) + changed):
        assert isinstance(both, OrderedUpdates)
        assert set(both) == {w, count}
    assert list(changed + {w: w + 2}) == [count, w]
    theano.function([v], y, updates=updates + changed)([1.0, 2.0])
    assert (w.get_value(), count.get_value()) == (1, 3)
