"""Variables, constants and shared variables."""

import numpy as np
import pytest

import blocks.graph.methods  # noqa: F401
from blocks.config import config
from blocks.errors import DtypeError, ShapeError
from blocks.graph.op import as_variable
from blocks.graph.ops.elementwise import exp
from blocks.graph.types import TensorType
from blocks.graph.variable import Constant, Tag, Variable, constant, shared


def symbol(name="x", shape=(None,)):
    return Variable(TensorType("float64", shape), name=name)


def test_properties():
    x = symbol(shape=(None, 1))
    assert (x.dtype, x.ndim, x.broadcastable) == ("float64", 2, (False, True))
    assert (x.owner, x.index, x.name) == (None, 0, "x")


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (symbol("x"), "x"),
        (symbol(None), "<float64 (?,)>"),
        (exp(symbol()), "exp(x)"),
        (exp(exp(exp(exp(symbol())))), "exp(exp(exp(...)))"),
        (symbol("a" * 40) + symbol("b" * 40), "a" * 40 + " + " + "b" * 14 + "..."),
        (constant(3), "3"),
        (constant(3, name="three"), "three"),
        (constant([1, 2]), "[1, 2]"),
        (constant([0.0] * 5), "<constant float64 (5,)>"),
        (shared(1.0, name="W"), "W"),
    ],
)
def test_text(x, text):
    assert str(x) == repr(x) == text


def test_tags_are_copied_with_their_lists():
    tag = Tag(roles=[1], name="a", table={})
    copy = tag.copy()
    copy.roles.append(2)
    assert tag.roles == [1]
    assert copy.table is tag.table


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (float, r"x: expected a number, got a symbol .*Use eval\(\)"),
        (int, r"x: expected a number, got a symbol .*Use eval\(\)"),
        (
            lambda x: len(x),
            r"x: expected a length that is known, got a symbol .* x\.shape\[0\]",
        ),
        (lambda x: np.asarray(x), r"x: expected an array, got a symbol"),
        (lambda x: np.exp(x), r"x: expected an array, got a symbol .*\. Use .* blocks\.tensor"),
        (lambda x: bool(x > 0), r"x > 0: expected a value, got a symbol whose truth is not known"),
        (lambda x: not (x > 0), r"Use switch"),
    ],
)
def test_symbols_have_no_value(act, message):
    with pytest.raises(TypeError, match=message):
        act(symbol())


def test_variables_can_be_tested_for_being_there():
    assert symbol()
    assert exp(symbol())


@pytest.mark.parametrize("left", [np.ones(3), np.float64(2), np.float32(2), 2, 2.0])
@pytest.mark.parametrize("operator", ["__add__", "__sub__", "__mul__"])
def test_arrays_at_the_left_of_an_operator(left, operator):
    import operator as operators

    result = getattr(operators, operator)(left, symbol())
    assert isinstance(result, Variable)
    assert (result.dtype, result.ndim) == ("float64", 1)
    assert isinstance(result.owner.inputs[0], Constant)


@pytest.mark.parametrize(
    ("value", "floatX", "dtype"),
    [
        (True, "float64", "bool"),
        (0, "float64", "int8"),
        (-129, "float64", "int16"),
        (40_000, "float64", "int32"),
        (2**40, "float64", "int64"),
        (0.5, "float64", "float32"),
        (0.1, "float64", "float64"),
        (0.1, "float32", "float32"),
        (1e300, "float64", "float64"),
        (float("nan"), "float64", "float64"),  # it equals no float32
        (float("inf"), "float64", "float32"),
        (np.float64(0.5), "float32", "float64"),
        (np.int64(3), "float64", "int64"),
        ([0.1, 0.2], "float64", "float64"),
    ],
)
def test_dtypes_of_constants(value, floatX, dtype):
    with config.use(floatX=floatX):
        x = constant(value)
    assert x.dtype == dtype
    np.testing.assert_array_equal(x.value, np.asarray(value, dtype))


def test_constants_cannot_be_changed_from_outside():
    array = np.zeros(2)
    x = constant(array)
    array[0] = 1
    assert x.value[0] == 0
    with pytest.raises(ValueError, match="read-only"):
        x.value[0] = 1


@pytest.mark.parametrize(
    ("value", "known"),
    [(3, 3), ([1, 2], (1, 2)), (np.arange(17), None), (1.0, None), (np.eye(2, dtype=int), None)],
)
def test_values_known_to_types(value, known):
    assert constant(value).type.known == known


def test_constant_options():
    assert constant(1, dtype="float32").dtype == "float32"
    assert constant([1, 2], ndim=3).type.shape == (1, 1, 2)


def test_as_variable():
    x = symbol()
    assert as_variable(x) is x
    assert as_variable(3).value == 3


@pytest.mark.parametrize("value", ["text", None, object(), [None], 1j])
def test_constants_of_something_else(value):
    with pytest.raises(DtypeError, match=r"^constant: expected numbers, got \w+ "):
        constant(value)


def test_constant_of_a_large_integer():
    with pytest.raises(DtypeError, match="expected an integer of at most 64 bits"):
        constant(2**64)


def test_shared_copies_unless_borrowed():
    array = np.zeros(2)
    copied, borrowed = shared(array), shared(array, borrow=True)
    array[0] = 1
    assert copied.get_value()[0] == 0
    assert borrowed.get_value()[0] == 1
    assert borrowed.get_value(borrow=True) is array
    copied.get_value()[0] = 5
    assert copied.get_value()[0] == 0


def test_set_value_copies_unless_borrowed():
    x, array = shared(np.zeros(2)), np.ones(2)
    x.set_value(array)
    array[0] = 7
    assert x.get_value()[0] == 1
    x.set_value(array, borrow=True)
    assert x.get_value(borrow=True) is array


def test_shared_arrays_are_contiguous():
    x = shared(np.zeros((3, 2)).T, borrow=True)
    assert x.get_value(borrow=True).flags.c_contiguous
    x.set_value(np.ones((4, 5)).T, borrow=True)
    assert x.get_value(borrow=True).flags.c_contiguous


def test_sizes_may_change_unless_fixed():
    x = shared(np.zeros((2, 3)))
    assert x.type.shape == (None, None)
    x.set_value(np.zeros((5, 6)))
    assert x.get_value().shape == (5, 6)


def test_set_value_converts_within_the_kind():
    x = shared(np.zeros(2, dtype="float32"))
    x.set_value(np.ones(2))
    x.set_value([1, 2])
    assert x.get_value().dtype == "float32"


@pytest.mark.parametrize(
    ("act", "error", "message"),
    [
        (
            lambda: shared(np.zeros(2, int), name="n").set_value(np.zeros(2)),
            DtypeError,
            r"^n: expected int64 \(\?,\), got float64 \(2,\)\. Convert it with astype\('int64'\)",
        ),
        (
            lambda: shared(np.zeros(2), name="W").set_value(np.zeros((2, 2))),
            ShapeError,
            r"^W: expected float64 \(\?,\), got float64 \(2, 2\)",
        ),
        (
            lambda: shared(np.zeros((2, 3)), shape=(2, 3)).set_value(np.zeros((3, 2))),
            ShapeError,
            r"^shared variable: expected float64 \(2, 3\), got float64 \(3, 2\)",
        ),
        (
            lambda: shared(np.zeros((1, 3)), name="b", broadcastable=(True, False)).set_value(
                np.zeros((2, 3))
            ),
            ShapeError,
            r"^b: expected float64 \(\?, \?\), got float64 \(2, 3\)",
        ),
        (
            lambda: shared(np.zeros((2, 3)), name="W", shape=(2, 2)),
            ShapeError,
            r"^W: expected float64 \(2, 2\), got float64 \(2, 3\)",
        ),
        (
            lambda: shared(np.zeros((2, 3)), name="W", broadcastable=(True,)),
            ShapeError,
            r"expected a flag for each of 2 axes",
        ),
        (lambda: shared("text", name="W"), DtypeError, r"^W: expected numbers, got <U4 \(\)"),
        (lambda: shared(np.zeros(2, "float16")), DtypeError, r"^shared: .*, got float16"),
        (lambda: shared(symbol()), DtypeError, r"^shared: .*, got the symbol x"),
    ],
)
def test_errors(act, error, message):
    with pytest.raises(error, match=message):
        act()
