"""Every entry of the tables resolves, and every old name is served or says why not."""

import importlib
import re
import warnings

import pytest

from blocks.legacy import LegacyImportError
from blocks.legacy.blocks_names import NAMES
from blocks.legacy.missing import MISSING
from blocks.legacy.modules import TABLES, resolve
from tests import public_names

THEANO = """
theano: function shared grad config Variable Constant Apply In Out Param clone pp pprint dot
    TensorType Mode __version__ tensor printing gradient compile gof Lop Rop subgraph_grad
theano.tensor: grad Lop Rop jacobian hessian verify_grad consider_constant
    dot TensorType TensorVariable TensorConstant nnet extra_ops nlinalg slinalg constant
    as_tensor_variable scalar vector matrix tensor3 tensor4 tensor5 row col
    iscalar lscalar fscalar dscalar ivector lvector fvector dvector imatrix lmatrix fmatrix dmatrix
    itensor3 ltensor3 ftensor3 scalars vectors matrices fvectors
    exp log sqr sqrt tanh abs_ neg sgn inv ceil floor round iround clip pow mod eq neq lt le gt ge
    and_ or_ invert sin cos tan sinh cosh arcsin arccos arctan arctan2 log1p log2 log10 expm1 erf
    cast where switch true_div int_div maximum minimum isnan isinf mul add sub
    sum mean max min prod argmax argmin max_and_argmax any all var std cumsum cumprod
    arange zeros ones zeros_like ones_like alloc concatenate join stack split repeat roll take tile
    reshape flatten transpose swapaxes squeeze addbroadcast patternbroadcast unbroadcast shape
    shape_padleft shape_padright eye identity_like diag tril triu fill
    set_subtensor inc_subtensor batched_dot tensordot outer sort argsort
theano.tensor.basic: as_tensor_variable concatenate
theano.tensor.nnet: sigmoid softmax softplus relu elu selu hard_sigmoid ultra_fast_sigmoid
    binary_crossentropy categorical_crossentropy logsoftmax crossentropy_categorical_1hot
    sigmoid_binary_crossentropy bn batch_normalization batch_normalization_train
    batch_normalization_test
theano.tensor.nnet.bn: batch_normalization batch_normalization_train batch_normalization_test
theano.tensor.nnet.nnet: softmax
theano.tensor.nnet.sigm: sigmoid
theano.tensor.extra_ops: repeat diff cumsum cumprod squeeze
theano.tensor.nlinalg: trace det matrix_inverse pinv diag extract_diag alloc_diag matrix_dot qr svd
    matrix_power eig eigh lstsq norm tensorinv tensorsolve MatrixInverse Det MatrixPinv Eig Eigh SVD
    QRFull QRIncomplete TensorInv ExtractDiag AllocDiag
theano.tensor.slinalg: cholesky solve solve_lower_triangular solve_upper_triangular eigvalsh expm
    kron Cholesky Solve Eigvalsh Expm
theano.tensor.subtensor: set_subtensor inc_subtensor
theano.tensor.sharedvar: SharedVariable TensorSharedVariable
theano.tensor.type: TensorType
theano.tensor.var: TensorVariable TensorConstant
theano.compile: function shared SharedVariable Mode get_default_mode In
theano.compile.sharedvalue: SharedVariable shared
theano.compile.nanguardmode: NanGuardMode
theano.gof.graph: inputs io_toposort is_same_graph Constant Variable Apply clone
theano.printing: Print debugprint pprint pp
theano.ifelse: ifelse IfElse
theano.gradient: grad grad_clip disconnected_grad zero_grad consider_constant Lop Rop jacobian
    hessian verify_grad subgraph_grad undefined_grad zero_grad_ DisconnectedInputError
theano.tests.unittest_tools: verify_grad
theano.sandbox.cuda: cuda_available cuda_enabled
theano.updates: OrderedUpdates
fuel: config __version__ datasets schemes streams transformers utils
fuel.config_parser: config Configuration NOT_SET
fuel.datasets: MNIST Dataset IterableDataset IndexableDataset
fuel.datasets.base: Dataset
fuel.datasets.mnist: MNIST
fuel.exceptions: AxisLabelsMismatchError ConfigurationError
fuel.iterator: DataIterator
fuel.schemes: SequentialScheme ShuffledScheme ConstantScheme BatchSizeScheme cross_validation
fuel.streams: DataStream AbstractDataStream
fuel.transformers: Flatten Mapping Padding Batch Transformer AxisLabelsMismatchError
fuel.transformers.defaults: uint8_pixels_to_floatX
fuel.utils: Subset find_in_data_path do_not_pickle_attributes iterable_fancy_indexing remember_cwd
"""
"""Names that scripts use, counted or known from ../shared/api/theano.md."""


def pairs(text):
    """Read ``module: names``, with further lines of names indented."""
    found = []
    for line in text.strip().splitlines():
        if not line.startswith(" "):
            module, _, line = line.partition(":")
        found += [(module, name) for name in line.split()]
    return found


def value(module, name):
    """Return what ``from module import name`` gives, without warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        scope = {}
        exec(f"from {module} import {name}", scope)
        return scope[name]


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("module", sorted(TABLES))
def test_every_name_of_the_tables_resolves(module):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        found = importlib.import_module(module)
        values = {name: getattr(found, name) for name in dir(found)}
    names, modules = TABLES[module]
    assert set(values) >= set(names)
    assert bool(values) == bool(names or modules)
    assert all(values[name] is resolve(target) for name, target in names.items())


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(("module", "name"), pairs(THEANO))
def test_names_that_scripts_use(module, name):
    assert value(module, name) is not None


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("module", "name", "target"),
    [(module, name, target) for module, names in NAMES.items() for name, target in names.items()],
)
def test_older_names_of_blocks(module, name, target):
    with pytest.warns(DeprecationWarning, match=re.escape(f"{module}.{name} is an older name")):
        found = getattr(importlib.import_module(module), name)
    assert found is resolve(target)


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("name", sorted(MISSING))
def test_what_is_missing_says_what_to_do(name):
    module, _, last = name.rpartition(".")
    expected = re.escape(f"{name}: expected a name that blocks provides, got one that it does not")
    with pytest.raises(LegacyImportError, match=expected) as caught:
        value(module, last)
    assert str(caught.value).endswith(MISSING[name]), f"remove {name} from blocks/legacy/missing.py"


@pytest.mark.usefixtures("installed")
def test_public_names_that_are_here_are_reachable_under_their_old_path(shared):
    """A class or function of ours that 0.2 had: its old path has it too."""
    ours = {
        ("fuel" if "datastreams" in module else "blocks", name)
        for module in ("blocks.datastreams", "blocks.datastreams.transformers", "blocks.bricks")
        for name in importlib.import_module(module).__all__
    }
    names = [
        name
        for name in public_names.old_interface()
        if (name.module.partition(".")[0], name.path) in ours
    ]
    assert len(names) > 50
    absent = public_names.ABSENT
    lost = [str(name) for name in names if public_names.find(name.module, name.path) is absent]
    public_names.load.cache_clear()
    assert lost == []
