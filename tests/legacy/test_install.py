"""Installing and uninstalling: what resolves in between, and that nothing is left over."""

import importlib
import subprocess
import sys
import types
import warnings

import pytest

import blocks.config
from blocks import legacy, tensor
from blocks.config import config
from blocks.legacy import LegacyImportError
from blocks.legacy.modules import LegacyModule
from tests.test_structure import run_python


@pytest.mark.usefixtures("installed")
def test_imports_in_their_usual_forms():
    import fuel
    import theano
    import theano.tensor as T
    from theano import function
    from theano import tensor as TT

    assert T is TT is theano.tensor
    assert T.matrix is tensor.matrix
    assert fuel.config is config
    x = T.vector("x")
    f = function([x], T.nnet.sigmoid(x).sum(), mode="FAST_COMPILE")
    assert f([0.0, 0.0]) == 1
    assert isinstance(theano.shared(0.5), theano.compile.SharedVariable)
    assert isinstance(x, theano.Variable)
    assert theano.__version__ == theano.version.version == "1.0.5"
    assert fuel.__version__ == "0.2.0"


@pytest.mark.usefixtures("installed")
def test_a_function_is_not_hidden_by_a_module_of_its_name():
    import theano.compile.function
    import theano.tensor.var

    assert theano.tensor.var is tensor.var
    assert theano.compile.function is importlib.import_module("blocks").function
    assert sys.modules["theano.tensor.var"].TensorVariable is theano.Variable


@pytest.mark.usefixtures("installed")
def test_an_old_module_goes_before_a_new_one_of_its_name():
    import theano.tensor as T

    assert isinstance(T.nnet, LegacyModule)
    assert T.nnet.softmax is tensor.nnet.softmax


@pytest.mark.usefixtures("installed")
def test_star_import():
    scope = {}
    exec("from theano.tensor import *", scope)
    assert scope["dmatrix"] is tensor.dmatrix
    assert scope["sum"] is tensor.sum


MISSING = [
    (
        "from theano.gpuarray import dnn",
        "theano.gpuarray: expected a name that blocks provides, got one that it does not "
        "have. There is no GPU backend.",
    ),
    (
        "from theano import sparse",
        "theano.sparse: expected a name that blocks provides, got one that it does not have. "
        "Sparse matrices are not there.",
    ),
    (
        "from theano.tensor import matriks",
        "theano.tensor.matriks: expected a name that blocks provides, got one that it does not "
        "have (yet). Did you mean 'matrices' or 'matrix' or 'wmatrices'?",
    ),
    (
        "import fuel.transformer.image",
        "fuel.transformer: expected a name that blocks provides, got one that it does not have "
        "(yet). Did you mean 'transformers'?",
    ),
    (
        "from fuel.datasets import MINST",
        "fuel.datasets.MINST: expected a name that blocks provides, got one that it does not "
        "have (yet). Did you mean 'MNIST'?",
    ),
    (
        "from blocks.bricks import Sigmid",
        "blocks.bricks.Sigmid: expected a name that blocks provides, got one that it does not "
        "have (yet). Did you mean 'Sigmoid'?",
    ),
    (
        "from blocks.brick import MLP",
        "blocks.brick: expected a name that blocks provides, got one that it does not have (yet).",
    ),
    (
        "from blocks.bricks.interfaces import ActivationDocumentation",
        "blocks.bricks.interfaces.ActivationDocumentation: expected a name that blocks provides, "
        "got one that it does not have. Write the docstring of the class itself.",
    ),
]


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(("statement", "message"), MISSING)
def test_a_missing_name_fails_at_import_and_says_why(statement, message):
    with pytest.raises(ImportError) as caught:
        exec(statement)
    assert isinstance(caught.value, LegacyImportError)
    assert str(caught.value) == message


@pytest.mark.usefixtures("installed")
def test_a_missing_attribute_is_an_attribute_error():
    import theano

    assert not hasattr(theano, "sparse")
    with pytest.raises(AttributeError, match=r"^theano.sparse: .* Sparse matrices are not there."):
        theano.sparse.csr_matrix()
    assert getattr(blocks.config, "flotX", None) is None
    assert not hasattr(importlib.import_module("blocks.algorithms"), "Sgd")


@pytest.mark.usefixtures("installed")
def test_scripts_can_ask_for_a_gpu():
    import theano
    import theano.sandbox.cuda

    assert theano.sandbox.cuda.cuda_available is False
    assert theano.config.device == "cpu"
    theano.sandbox.cuda.use("cpu")
    with pytest.raises(ValueError, match=r"expected 'cpu', got 'gpu0'. There is no GPU backend"):
        theano.sandbox.cuda.use("gpu0")


@pytest.mark.usefixtures("installed")
def test_an_older_name_warns_once_and_at_the_line_that_uses_it():
    from blocks import roles

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(2):
            from blocks.bricks import WEIGHT
    assert WEIGHT is roles.WEIGHT
    (warning,) = caught
    assert str(warning.message) == "blocks.bricks.WEIGHT is an older name of blocks.roles.WEIGHT."
    assert (warning.category, warning.filename) == (DeprecationWarning, __file__)


@pytest.mark.usefixtures("installed")
def test_names_of_modules_of_2015_warn_once_and_at_the_line_that_imports_them():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        from blocks.datasets.iterator import DataIterator
        from blocks.datasets.streams import BatchDataStream
    assert DataIterator is not BatchDataStream
    assert {warning.filename for warning in caught} == {__file__}
    assert [str(warning.message).split()[0] for warning in caught] == [
        "blocks.datasets.iterator.DataIterator",
        "blocks.datasets.streams.BatchDataStream",
    ]


@pytest.mark.usefixtures("installed")
def test_the_settings_of_early_2015():
    from blocks import config as settings

    with pytest.warns(DeprecationWarning, match="blocks.config.default_seed is an older name"):
        assert settings.default_seed == 1
    settings.default_seed = 7
    assert config.default_seed == 7
    settings.unrelated = 3
    assert blocks.config.unrelated == 3
    del settings.unrelated


def snapshot():
    """Return all that installing may change."""
    getters = {
        name: vars(module).get("__getattr__")
        for name, module in sys.modules.items()
        if name.startswith("blocks")
    }
    kinds = {name: type(sys.modules[name]) for name in getters}
    return getters, kinds, list(sys.meta_path), dict(config._assigned)


def test_uninstall_restores_everything():
    names = ("algorithms", "bricks", "bricks.base", "datastreams", "log", "model", "utils")
    for name in names:
        importlib.import_module(f"blocks.{name}")
    before = snapshot()
    legacy.install()
    legacy.install()
    with pytest.warns(DeprecationWarning, match="BatchScheme is an older name of"):
        from blocks.datasets.schemes import BatchScheme
    import theano.tensor

    kept = theano.tensor.exp
    assert snapshot() != before
    legacy.uninstall()
    assert snapshot() == before
    assert type(blocks.config) is types.ModuleType
    assert kept is tensor.exp
    assert not hasattr(blocks, "datasets")
    assert BatchScheme is blocks.datastreams.BatchScheme
    assert not [name for name in sys.modules if name.split(".")[0] in ("theano", "fuel")]
    legacy.uninstall()
    with pytest.raises(ImportError, match=r"cannot import name 'WEIGHT' from 'blocks.bricks'"):
        exec("from blocks.bricks import WEIGHT")
    with pytest.raises(ModuleNotFoundError, match=r"No module named 'blocks.datasets'"):
        exec("import blocks.datasets")


@pytest.mark.parametrize("root", ["theano", "fuel"])
def test_a_real_package_is_not_hidden(monkeypatch, root):
    real = types.ModuleType(root)
    real.__file__ = "site-packages/real.py"
    monkeypatch.setitem(sys.modules, root, real)
    with pytest.raises(LegacyImportError) as caught:
        legacy.install()
    assert str(caught.value) == (
        f"blocks.legacy: expected no package {root}, got the one of site-packages/real.py, "
        f"imported before. Install the old names in a process that has not imported {root}."
    )
    assert not legacy.installed()
    assert sys.modules[root] is real


LAZY = """
import sys
import blocks.legacy
before = set(sys.modules)
blocks.legacy.install()
assert set(sys.modules) == before, set(sys.modules) - before
import blocks.bricks
from blocks.bricks import Sigmoid
import inspect
assert "class MLP" in inspect.getsource(blocks.bricks.MLP)
loaders = [blocks.__loader__, blocks.bricks.__loader__, blocks.bricks.__spec__.loader]
assert len(set(map(type, loaders))) == 1, loaders
print(Sigmoid.__name__)
"""


def test_installing_imports_nothing():
    assert run_python(LAZY) == "Logistic\n"


def test_install_from_many_threads():
    code = """
import threading, blocks.legacy, sys
threads = [threading.Thread(target=blocks.legacy.install) for _ in range(20)]
[t.start() for t in threads]; [t.join() for t in threads]
print(sum(type(f).__name__ == "LegacyFinder" for f in sys.meta_path))
"""
    assert run_python(code) == "1\n"


def test_old_names_pickle_as_new_ones(installed):
    import pickle

    import theano

    data = pickle.dumps(theano.TensorType("float64", (False,)))
    assert b"theano" not in data
    assert subprocess.run(
        [sys.executable, "-c", f"import pickle; print(pickle.loads({data!r}))"],
        capture_output=True,
        check=True,
        text=True,
        env={"PYTHONPATH": str(blocks.__path__[0] + "/..")},
    ).stdout.startswith("float64")
