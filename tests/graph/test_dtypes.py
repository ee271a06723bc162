"""Result dtypes against those of Theano 1.0.5, for every function that exists."""

import json

import numpy as np
import pytest

from blocks import tensor
from blocks.config import config
from blocks.errors import DtypeError
from blocks.graph import shared
from blocks.graph.ops import nn
from blocks.graph.types import DTYPES, TensorType
from blocks.graph.variable import Variable
from tests.conftest import SHARED

if SHARED is None:
    pytest.skip("needs ../shared", allow_module_level=True)

ORACLE = json.loads((SHARED / "golden" / "dtypes.json").read_text())
FLOATX = ("float32", "float64")
UNARY = {
    "abs": abs,
    "cast_floatX": lambda x: tensor.cast(x, config.floatX),
    "relu": nn.relu,
    "sigmoid": nn.sigmoid,
    "softmax": nn.softmax,
    "softplus": nn.softplus,
}
BINARY = {"switch": lambda x, y: tensor.switch(TensorType("bool", (None,))(), x, y)}
LITERALS = {
    "1-x": lambda x: 1 - x,
    "1.0/x": lambda x: 1.0 / x,
    "clip(x,0,1)": lambda x: tensor.clip(x, 0, 1),
    "maximum(x,0)": lambda x: tensor.maximum(x, 0),
    "switch(x>0,x,0)": lambda x: tensor.switch(x > 0, x, 0),
    "x**0.5": lambda x: x**0.5,
    "x**2": lambda x: x**2,
    "x*0.1": lambda x: x * 0.1,
    "x*2.0": lambda x: x * 2.0,
    "x*np.float32(2)": lambda x: x * np.float32(2),
    "x*np.float64(2)": lambda x: x * np.float64(2),
    "x+1": lambda x: x + 1,
    "x+300": lambda x: x + 300,
    "x//2": lambda x: x // 2,
    "x/2": lambda x: x / 2,
    "x>0": lambda x: x > 0,
}
_int32 = TensorType("int32", (None,))
_float32 = TensorType("float32", (None,))
MISC = {
    "arange(0.,3.)": lambda: tensor.arange(0.0, 3.0),
    "arange(3)": lambda: tensor.arange(3),
    "as_tensor_variable([1,2])": lambda: tensor.as_tensor_variable([1, 2]),
    "as_tensor_variable([1.,2.])": lambda: tensor.as_tensor_variable([1.0, 2.0]),
    "constant(1)": lambda: tensor.constant(1),
    "constant(1.5)": lambda: tensor.constant(1.5),
    "constant(300)": lambda: tensor.constant(300),
    "eye(3)": lambda: tensor.eye(3),
    "grad of float32 cost": lambda: tensor.grad((x := _float32("x")).sum(), x),
    "matrix()": lambda: tensor.matrix(),
    "scalar()": lambda: tensor.scalar(),
    "shared(1)": lambda: shared(1),
    "shared(1.0)": lambda: shared(1.0),
    "x.shape": lambda: _int32("x").shape,
    "x.shape[0]": lambda: _int32("x").shape[0],
    "zeros((2,))": lambda: tensor.zeros((2,)),
    "zeros_like(int32)": lambda: tensor.zeros_like(_int32("x")),
}
ERRORS = ("error: TypeError", "error: ValueError")


def find(name, table):
    """Return the function of that name, of the table or of the namespace; or None."""
    function = table.get(name) or getattr(tensor, name, None)
    return function or getattr(tensor.extra_ops, name, None)


def dtype_of(build, *inputs):
    try:
        result = build(*inputs)
    except DtypeError:
        return ERRORS
    assert isinstance(result, Variable)
    return (result.dtype,)


def check(section, name, floatX, build):
    """Compare the dtype of the result for each combination of dtypes of the inputs."""
    table = ORACLE[floatX][section][name]
    assert table
    ndim = 2 if name in ("softmax", "dot") else 1
    wrong = {}
    with config.use(floatX=floatX):
        for key, expected in table.items():
            inputs = [TensorType(d, (None,) * ndim)("x") for d in key.split(",")]
            got = dtype_of(build, *inputs)
            if expected not in got:
                wrong[key] = f"expected {expected}, got {got}"
    assert wrong == {}


def rows(section):
    return [(name, floatX) for floatX in FLOATX for name in ORACLE[floatX][section]]


@pytest.mark.parametrize(("name", "floatX"), rows("unary"))
def test_unary(name, floatX):
    check("unary", name, floatX, find(name, UNARY))


@pytest.mark.parametrize(("name", "floatX"), rows("binary"))
def test_binary(name, floatX):
    check("binary", name, floatX, find(name, BINARY))


@pytest.mark.parametrize(("name", "floatX"), rows("reduce"))
def test_reductions(name, floatX):
    check("reduce", name, floatX, find(name, {}))


@pytest.mark.parametrize(("name", "floatX"), rows("literal"))
def test_literals(name, floatX):
    check("literal", name, floatX, LITERALS[name])


@pytest.mark.parametrize(("name", "floatX"), rows("misc"))
def test_other_results(name, floatX):
    with config.use(floatX=floatX):
        assert dtype_of(MISC[name]) == (ORACLE[floatX]["misc"][name],)


def test_the_oracle_covers_all_dtypes():
    assert set(ORACLE["float64"]["unary"]["exp"]) == set(DTYPES)
    assert len(ORACLE["float64"]["binary"]["add"]) == len(DTYPES) ** 2
    missing = [
        name
        for section, table in (("unary", UNARY), ("binary", BINARY), ("reduce", {}))
        for name in ORACLE["float64"][section]
        if find(name, table) is None
    ]
    assert missing == []
