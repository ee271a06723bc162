"""The namespace of symbolic functions, and the constructors of symbols."""

import re

import numpy as np
import pytest

import blocks
from blocks import tensor
from blocks.config import config
from blocks.errors import ShapeError

DTYPES = {
    "": "float64",
    "b": "int8",
    "w": "int16",
    "i": "int32",
    "l": "int64",
    "f": "float32",
    "d": "float64",
}
PATTERNS = {
    "scalar": (),
    "vector": (False,),
    "matrix": (False,) * 2,
    "row": (True, False),
    "col": (False, True),
    "tensor3": (False,) * 3,
    "tensor4": (False,) * 4,
    "tensor5": (False,) * 5,
}


@pytest.mark.parametrize("letter", DTYPES)
@pytest.mark.parametrize("kind", PATTERNS)
def test_constructors(kind, letter):
    construct = getattr(tensor, letter + kind)
    x = construct("x")
    assert (x.name, x.dtype, x.broadcastable) == ("x", DTYPES[letter], PATTERNS[kind])
    assert construct().name is None
    assert construct.__name__ == letter + kind
    plural = getattr(tensor, letter + ("matrices" if kind == "matrix" else kind + "s"))
    assert [y.name for y in plural("x", "yy")] == ["x", "yy"]
    assert [y.name for y in plural("xy")] == ["x", "y"]
    assert [y.name for y in plural(3)] == [None] * 3
    assert {y.type for y in plural(3)} == {x.type}


def test_dtype_and_shape_of_symbols():
    assert tensor.matrix("x", "int8").dtype == "int8"
    assert tensor.matrix("x", dtype="floatX").dtype == "float64"
    assert tensor.matrix("x", shape=(None, 3)).type.shape == (None, 3)
    assert tensor.tensor("int8", (True, False)).broadcastable == (True, False)
    with config.use(floatX="float32"):
        assert tensor.matrix("x").dtype == "float32"
        assert tensor.zeros(2).dtype == "float32"
    with pytest.raises(ShapeError) as error:
        tensor.matrix("x", shape=(3,))
    assert str(error.value) == (
        "matrix: expected 2 sizes, got (3,). Give a size for each axis, None where it is not known."
    )


DEFAULTS = {
    "arange(3)": (lambda: tensor.arange(3), "int64"),
    "arange(0., 3.)": (lambda: tensor.arange(0.0, 3.0), "float32"),
    "as_tensor_variable([1, 2])": (lambda: tensor.as_tensor_variable([1, 2]), "int64"),
    "as_tensor_variable([1., 2.])": (lambda: tensor.as_tensor_variable([1.0, 2.0]), "float64"),
    "eye(3)": (lambda: tensor.eye(3), "float64"),
    "x.shape": (lambda: tensor.matrix().shape, "int64"),
    "x.shape[0]": (lambda: tensor.matrix().shape[0], "int64"),
    "zeros((2,))": (lambda: tensor.zeros((2,)), "float64"),
    "zeros_like(int32)": (lambda: tensor.zeros_like(tensor.imatrix()), "int32"),
    "ones_like(x, floatX)": (lambda: tensor.ones_like(tensor.imatrix(), "floatX"), "float64"),
}


@pytest.mark.parametrize("name", DEFAULTS)
def test_default_dtypes(name):
    build, dtype = DEFAULTS[name]
    assert build().dtype == dtype


def test_all_names_exist_once():
    for module in (tensor, tensor.nnet, tensor.extra_ops, tensor.nlinalg):
        assert len(set(module.__all__)) == len(module.__all__)
        for name in module.__all__:
            assert hasattr(module, name), name
            assert getattr(module, name).__doc__, name


def test_names_that_scripts_use(shared):
    """Every name under theano.tensor in the counted list is here, apart from those elsewhere."""
    text = (shared / "api" / "theano.md").read_text()
    counted = text.split("## Counted")[1].split("## Seen")[0]
    names = set(re.findall(r"(?<![\w.])tensor\.([\w.]+)", counted))
    elsewhere = {
        "Rop",
        "nnet.abstract_conv.AbstractConv2d_gradInputs",
        "nnet.abstract_conv.get_conv_output_shape",
        "nnet.bn.batch_normalization",
        "nnet.conv2d",
        "sharedvar.SharedVariable",
        "signal.pool.pool_2d",
    }
    missing = []
    for name in sorted(names - elsewhere):
        found = tensor
        for part in name.split("."):
            found = getattr(found, part, None)
        if found is None:
            missing.append(name)
    assert len(names) > 50
    assert missing == []


def test_the_package():
    x = tensor.vector("x")
    f = blocks.function([x], blocks.grad((x**2).sum(), x))
    np.testing.assert_array_equal(f([1.0, 2.0]), [2, 4])
    assert blocks.shared(1.0).get_value() == 1
    assert blocks.config.config.floatX == "float64"
    assert blocks.__version__
    for name in blocks.__all__:
        assert hasattr(blocks, name)


def test_lists_with_variables_become_variables():
    x = tensor.scalar("x")
    nested = tensor.as_tensor_variable([[x, 1.0], [0.0, x]])
    np.testing.assert_array_equal(nested.eval({x: 3.0}), [[3, 1], [0, 3]])
    assert tensor.as_tensor_variable(x) is x
    assert tensor.as_tensor_variable(x, ndim=2).broadcastable == (True, True)
    assert tensor.as_tensor_variable(2, name="two").name == "two"
