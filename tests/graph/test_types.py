"""Types of variables, and how shapes broadcast."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocks.config import config
from blocks.errors import DtypeError, ShapeError
from blocks.graph.types import (
    DTYPES,
    TensorType,
    broadcast_shapes,
    is_float,
    is_integer,
    upcast,
)


@pytest.mark.parametrize("dtype", DTYPES)
def test_dtypes(dtype):
    t = TensorType(dtype)
    assert t.numpy_dtype == np.dtype(dtype)
    assert t.is_float == is_float(dtype) == dtype.startswith("float")
    assert is_integer(dtype) != is_float(dtype)
    assert (
        TensorType(np.dtype(dtype)) == TensorType(getattr(np, dtype.replace("bool", "bool_"))) == t
    )


@pytest.mark.parametrize("floatX", ["float32", "float64"])
def test_floatX(floatX):
    with config.use(floatX=floatX):
        assert TensorType("floatX").dtype == floatX


@pytest.mark.parametrize("dtype", ["float16", "complex64", "object", "foo", "<U3", None])
def test_other_dtypes_are_refused(dtype):
    message = rf"TensorType: expected one of the dtypes bool, .*, got {re.escape(repr(dtype))}\. "
    with pytest.raises(DtypeError, match=message):
        TensorType(dtype)


@pytest.mark.parametrize(
    ("shape", "broadcastable", "expected"),
    [
        ((), (), ()),
        ((None, 3), (), (False, False)),
        ((1, None), (), (True, False)),
        ((None, None), (True, False), (True, False)),
        ((1,), (False,), (False,)),
    ],
)
def test_broadcastable(shape, broadcastable, expected):
    assert TensorType("int8", shape, broadcastable).broadcastable == expected


def test_pattern_of_truth_values_as_in_theano():
    assert TensorType("int8", (False, True)) == TensorType("int8", (None, 1))
    assert TensorType("int8", (np.False_, np.True_)) == TensorType("int8", (None, 1))


def test_equality_is_by_dtype_shape_and_flags_only():
    assert TensorType("int8", (3,), known=(1, 2, 3)) == TensorType("int8", (3,))
    assert hash(TensorType("int8", (3,), known=(1, 2, 3))) == hash(TensorType("int8", (3,)))
    different = [
        TensorType("int8", (3,)),
        TensorType("int16", (3,)),
        TensorType("int8", (None,)),
        TensorType("int8", (1,)),
        TensorType("int8", (1,), (False,)),
    ]
    assert len(set(different)) == len(different)


@pytest.mark.parametrize(
    ("t", "text", "representation"),
    [
        (TensorType("int8"), "int8 scalar", "TensorType('int8', ())"),
        (TensorType("int8", (None,)), "int8 (?,)", "TensorType('int8', (None,))"),
        (TensorType("int8", (None, 2)), "int8 (?, 2)", "TensorType('int8', (None, 2))"),
    ],
)
def test_text(t, text, representation):
    assert (str(t), repr(t)) == (text, representation)


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: TensorType("int8", (-1,)), r"expected sizes of at least 0, got \(-1,\)"),
        (
            lambda: TensorType("int8", (2, 3), (True,)),
            r"expected a flag for each of 2 axes, got \(True,\)",
        ),
    ],
)
def test_errors(act, message):
    with pytest.raises(ShapeError, match=message):
        act()


def test_clone():
    t = TensorType("int8", (None, 3), (True, False), known=3)
    assert t.clone(dtype="int16") == TensorType("int16", (None, 3), (True, False))
    assert t.clone(shape=(1,)).broadcastable == (True,)
    assert t.clone(dtype="int16").known is None
    assert t.clone(known=5).known == 5


def test_properties():
    t = TensorType("int8", (None, 3))
    assert (t.ndim, t.is_concrete) == (2, False)
    assert TensorType("int8", (2, 3)).is_concrete


def test_merge_takes_what_either_knows():
    a = TensorType("int8", (None, 3), (True, False))
    b = TensorType("int8", (1, None), known=4)
    merged = a.merge(b)
    assert (merged.shape, merged.broadcastable, merged.known) == ((1, 3), (True, False), 4)


@pytest.mark.parametrize("other", [(2,), (4, 3)])
def test_merge_of_different_types(other):
    with pytest.raises(ShapeError, match=r"^merge: expected int8 \(2, 3\), got int8 \("):
        TensorType("int8", (2, 3)).merge(TensorType("int8", other))


@given(st.lists(st.sampled_from(DTYPES), min_size=1, max_size=4))
def test_upcast_is_that_of_numpy(dtypes):
    assert upcast(*dtypes) == np.result_type(*map(np.dtype, dtypes)).name


@given(st.data())
def test_broadcasting_of_known_sizes_is_that_of_numpy(data):
    sizes = data.draw(st.lists(st.sampled_from([1, 2, 3]), min_size=0, max_size=4))
    shapes = []
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(sizes)))
        shapes.append(tuple(data.draw(st.sampled_from([1, n])) for n in sizes[start:]))
    shape, flags = broadcast_shapes("op", *(TensorType("int8", s) for s in shapes))
    assert shape == np.broadcast_shapes(*shapes)
    assert flags == tuple(n == 1 for n in shape)


@pytest.mark.parametrize(
    ("types", "shape", "flags"),
    [
        ([TensorType("int8", (None,)), TensorType("int8", (3,))], (3,), (False,)),
        ([TensorType("int8", (None,)), TensorType("int8", (1,))], (None,), (False,)),
        ([TensorType("int8", (None,), (True,)), TensorType("int8", (3,))], (3,), (False,)),
        ([TensorType("int8", (1,), (False,)), TensorType("int8", (None,))], (1,), (False,)),
        ([TensorType("int8", (1,)), TensorType("int8", (1, 1))], (1, 1), (True, True)),
    ],
)
def test_broadcasting_of_unknown_sizes(types, shape, flags):
    assert broadcast_shapes("op", *types) == (shape, flags)


def test_sizes_that_do_not_fit_name_the_axis():
    a, b = TensorType("int8", (None, 3)), TensorType("int8", (4,))
    with pytest.raises(
        ShapeError,
        match=r"^add: expected inputs of one shape, got \(\?, 3\) and \(4,\), "
        r"which differ in axis -1 \(3 and 4\)\. Reshape or transpose one of them\.$",
    ):
        broadcast_shapes("add", a, b)


def test_size_one_that_does_not_broadcast():
    a, b = TensorType("int8", (1,), (False,)), TensorType("int8", (4,))
    with pytest.raises(ShapeError, match=r"keepdims=True .* or addbroadcast"):
        broadcast_shapes("add", a, b)
