"""Dtypes where the oracle of `test_dtypes` is silent: literals, casts, constants, divisions.

What is expected is what Theano 1.0.5 does with ``cast_policy`` "custom": a Python int takes
the smallest of int8, int16, int32, int64 and uint64 that holds it; a Python float is floatX
where that is float32, else float32 if that is exact and float64 if not; whatever has a dtype
keeps it.
"""

import operator

import numpy as np
import pytest

from blocks import function, tensor
from blocks.config import config
from blocks.errors import DtypeError
from blocks.graph import shared
from blocks.graph.types import DTYPES, TensorType, upcast

FLOATX = ("float32", "float64")
INTS = {
    0: "int8", 127: "int8", -128: "int8",
    128: "int16", -129: "int16", 32767: "int16", -32768: "int16",
    32768: "int32", -32769: "int32", 2**31 - 1: "int32", -(2**31): "int32",
    2**31: "int64", -(2**31) - 1: "int64", 2**63 - 1: "int64", -(2**63): "int64",
    2**63: "uint64", 2**64 - 1: "uint64",
}  # fmt: skip
FLOATS = {  # by floatX
    0.0: ("float32", "float32"),
    0.5: ("float32", "float32"),
    -2.0: ("float32", "float32"),
    2.0**100: ("float32", "float32"),
    0.1: ("float32", "float64"),
    1 / 3: ("float32", "float64"),
    16777217.0: ("float32", "float64"),
    float("inf"): ("float32", "float32"),
    float("nan"): ("float32", "float64"),
}
SCALARS = [np.dtype(d).type(1) for d in DTYPES]


def vector(dtype):
    return TensorType(dtype, (None,))("x")


@pytest.mark.parametrize("floatX", FLOATX)
@pytest.mark.parametrize(("value", "expected"), INTS.items())
def test_python_ints(value, expected, floatX):
    with config.use(floatX=floatX):
        y = tensor.constant(value)
        assert (y.dtype, int(y.data)) == (expected, value)
        assert tensor.as_tensor_variable(value).dtype == expected
        for dtype in DTYPES:
            assert (vector(dtype) + value).dtype == upcast(dtype, expected)
            assert (value * vector(dtype)).dtype == upcast(dtype, expected)


@pytest.mark.parametrize("value", [2**64, -(2**63) - 1])
def test_an_int_that_no_dtype_holds(value):
    with pytest.raises(DtypeError, match=f"expected an integer of at most 64 bits, got {value}"):
        tensor.constant(value)


@pytest.mark.parametrize("floatX", FLOATX)
@pytest.mark.parametrize(("value", "expected"), FLOATS.items())
def test_python_floats(value, expected, floatX):
    wanted = expected[FLOATX.index(floatX)]
    with config.use(floatX=floatX):
        y = tensor.constant(value)
        assert y.dtype == wanted
        np.testing.assert_array_equal(y.data, np.asarray(value, wanted))
        for dtype in DTYPES:
            assert (vector(dtype) * value).dtype == upcast(dtype, wanted)
            assert (value - vector(dtype)).dtype == upcast(dtype, wanted)


@pytest.mark.parametrize("floatX", FLOATX)
@pytest.mark.parametrize("scalar", SCALARS, ids=lambda scalar: str(scalar.dtype))
def test_numpy_scalars_keep_their_dtype(scalar, floatX):
    with config.use(floatX=floatX):
        assert tensor.constant(scalar).dtype == scalar.dtype
        assert tensor.as_tensor_variable(scalar).dtype == scalar.dtype
        assert shared(scalar).dtype == scalar.dtype
        for dtype in DTYPES:
            expected = upcast(dtype, str(scalar.dtype))
            assert (vector(dtype) * scalar).dtype == expected
            assert (scalar * vector(dtype)).dtype == expected
            assert tensor.maximum(vector(dtype), scalar).dtype == expected


@pytest.mark.parametrize("value", [True, False])
@pytest.mark.parametrize(
    "build",
    [
        tensor.as_tensor_variable,
        lambda value: vector("float64") * value,
        lambda value: tensor.switch(value, vector("int8"), 0),
        lambda value: vector("bool") & value,
        lambda value: tensor.eq(value, vector("bool")),
    ],
)
def test_a_python_truth_value_is_refused_as_in_theano(build, value):
    """``x == y`` is one: it asks whether two variables are the same."""
    with pytest.raises(DtypeError) as caught:
        build(value)
    assert str(caught.value) == (
        f"as_tensor_variable: expected a number or an array, got {value}. If it comes from "
        "x == y, which asks whether both are one symbol, use tensor.eq; as a truth value write "
        f"numpy.array({value})."
    )


def test_truth_values_of_numpy():
    x = vector("bool")
    for value in (np.True_, np.array(True), tensor.constant(True)):
        assert (x & value).dtype == "bool"
        assert (vector("int8") + value).dtype == "int8"
        assert tensor.as_tensor_variable(value).dtype == "bool"


LISTS = [
    ([1, 2], "int64"),
    ((1, 2**40), "int64"),
    ([1, 2.5], "float64"),
    ([[1.0], [2.0]], "float64"),
    ([True, False], "bool"),
    ([True, 2], "int64"),
    ([np.float32(1), 2], "float64"),
    ([np.int8(1), np.int8(2)], "int8"),
    ([np.float32(1), np.float32(2)], "float32"),
    (np.array([1, 2], "uint8"), "uint8"),
    ([], "floatX"),
    ([[], []], "floatX"),
    (np.zeros(0, "int32"), "int32"),
]


@pytest.mark.parametrize("floatX", FLOATX)
@pytest.mark.parametrize(("value", "dtype"), LISTS)
def test_lists_are_numpys(value, dtype, floatX):
    with config.use(floatX=floatX):
        expected = floatX if dtype == "floatX" else dtype
        assert tensor.as_tensor_variable(value).dtype == expected
        assert tensor.constant(value).dtype == expected
        assert tensor.as_tensor_variable(value).ndim == np.ndim(value)


MIXED = [
    (["int8", "float32"], "float32"),
    (["int32", "float32"], "float64"),
    ([1, "float32", 2.5], "float32"),
    (["int32", 1.5], "float64"),
    ([300, "int8"], "int16"),
    (["bool", 1], "int8"),
    (["uint8", -1], "int16"),
    ([np.float64(1), "float32"], "float64"),
]


@pytest.mark.parametrize(("parts", "dtype"), MIXED)
def test_lists_with_variables_promote_each_part(parts, dtype):
    listed = [TensorType(p)() if isinstance(p, str) else p for p in parts]
    for y in (tensor.as_tensor_variable(listed), tensor.stack(listed)):
        assert (y.dtype, y.type.shape) == (dtype, (len(parts),))


@pytest.mark.parametrize("dtype", DTYPES)
def test_constants_of_a_dtype(dtype):
    for value in (1, 1.0, np.float32(1), [1, 0], np.array([[1]])):
        y = tensor.constant(value, dtype=dtype)
        assert (y.dtype, y.data.dtype) == (dtype, dtype)
    assert tensor.constant(1, dtype="floatX" if dtype == "float64" else dtype).dtype == dtype


def test_shared_variables():
    with config.use(floatX="float32"):
        assert shared(1).dtype == "int64"
        assert shared(1.0).dtype == "float64"
        assert shared(True).dtype == "bool"
        assert shared(np.float64(0.5)).dtype == "float64"
        assert shared(np.float32(0.5)).dtype == "float32"
        assert shared(np.int16(5)).type.ndim == 0
        assert (shared(np.float32(1)) * 0.1).dtype == "float32"
        assert (shared(1.0) * np.float32(1)).dtype == "float64"


@pytest.mark.parametrize("mode", ["reference", "compiled"])
def test_casts_of_everything_to_everything(mode):
    values = [0, 1, 2, 100, 127]
    for source in DTYPES:
        more = [] if source == "bool" or source.startswith("u") else [-1, -100, -128]
        if source.startswith("float"):
            more += [0.9, -0.9, 1.5, -2.5]
        array = np.array(values + more, source)
        x = vector(source)
        f = function([x], [tensor.cast(x, target) for target in DTYPES], mode=mode)
        signed, positive = f(array), f(np.abs(array))
        for target, result, absolute in zip(DTYPES, signed, positive, strict=True):
            assert result.dtype == target
            # Machines do not agree on the value of a negative float as an unsigned integer.
            given = array
            if target.startswith("u") and source.startswith("float"):
                given, result = np.abs(array), absolute
            np.testing.assert_array_equal(result, given.astype(target), f"{source}, {target}")


@pytest.mark.parametrize("floatX", FLOATX)
def test_cast_to_floatX(floatX):
    with config.use(floatX=floatX):
        assert {tensor.cast(vector(d), "floatX").dtype for d in DTYPES} == {floatX}
        assert {vector(d).astype("floatX").dtype for d in DTYPES} == {floatX}
        assert {vector(d).astype(np.dtype(floatX)).dtype for d in DTYPES} == {floatX}


NUMBERS = {
    "int8": [-7, 7, -6, 6, -1, 0],
    "int64": [-7, 7, -6, 6, -1, 0],
    "uint8": [7, 6, 255, 1, 0, 2],
    "float32": [-7, 7, -6.5, 6.5, -0.0, 0.5],
    "float64": [-7, 7, -6.5, 6.5, -0.0, 0.5],
}


PAIRS = [(d, d) for d in NUMBERS]
PAIRS += [("int8", "float32"), ("float32", "uint8"), ("uint8", "int8"), ("int64", "int8")]


@pytest.mark.parametrize("mode", ["reference", "compiled"])
@pytest.mark.parametrize(("left", "right"), PAIRS)
def test_divisions_round_down_and_remainders_have_the_sign_of_the_divisor(left, right, mode):
    divisors = [2, 3, 4] if right == "uint8" else [2, -2, 3, -3, 4, -5]
    a = np.repeat(np.array(NUMBERS[left], left), len(divisors))
    b = np.tile(np.array(divisors, right), len(NUMBERS[left]))
    x, y = TensorType(left, (None,))("x"), TensorType(right, (None,))("y")
    signs = [operator.floordiv, operator.mod, operator.truediv]
    common = upcast(left, right)
    quotient = common if common.startswith("float") else config.floatX
    results = function([x, y], [sign(x, y) for sign in signs], mode=mode)(a, b)
    for sign, dtype, result in zip(signs, (common, common, quotient), results, strict=True):
        assert result.dtype == sign(x, y).dtype == dtype
        expected = sign(a.astype(dtype), b.astype(dtype))
        np.testing.assert_allclose(result, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint32", "uint64"])
def test_an_unsigned_number_minus_a_literal(dtype):
    x = vector(dtype)
    y = x - 1
    assert y.dtype == {"uint8": "int16", "uint16": "int32", "uint32": "int64"}.get(dtype, "float64")
    np.testing.assert_array_equal(function([x], y)(np.array([0, 5], dtype)), [-1, 4])
    wrapped = function([x], x - np.ones((), dtype))(np.array([0, 5], dtype))
    np.testing.assert_array_equal(wrapped, [np.iinfo(dtype).max, 4])


@pytest.mark.parametrize("floatX", FLOATX)
def test_integers_are_divided_in_floatX(floatX):
    with config.use(floatX=floatX):
        for left in ("int8", "int64", "uint8", "bool"):
            assert (vector(left) / vector("int32")).dtype == floatX
            assert (vector(left) / 2).dtype == floatX
            assert (1 / vector(left)).dtype == floatX
            assert (vector(left) // 2).dtype == upcast(left, "int8")
            assert tensor.mean(vector(left)).dtype == "float64"


def test_operators_with_integers_of_another_sign():
    """Theano gives float64 for uint64 with a signed one."""
    assert (vector("uint64") + vector("int8")).dtype == "float64"
    assert (vector("uint64") // 2).dtype == "float64"
    assert (vector("uint32") * vector("int32")).dtype == "int64"
    assert (vector("bool") + vector("bool")).dtype == "bool"
