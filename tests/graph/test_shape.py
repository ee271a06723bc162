"""Static shapes against actual ones, what is known of sizes, and the errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocks import function, tensor
from blocks.errors import DtypeError, ShapeError
from blocks.graph.op import View
from blocks.graph.types import TensorType
from blocks.graph.variable import constant

SIZES = st.lists(st.integers(0, 4), min_size=0, max_size=4)


@st.composite
def partly_known(draw, sizes=SIZES):
    """A symbol with some of its sizes known, and an array for it."""
    shape = tuple(draw(sizes))
    known = tuple(draw(st.sampled_from([size, None])) for size in shape)
    x = TensorType("float64", known)("x")
    return x, np.arange(float(np.prod(shape))).reshape(shape)


def check(y, x, array, expected):
    """The value is right, and the type says nothing that is not so."""
    result = y.eval({x: array}, mode="reference")
    np.testing.assert_array_equal(result, expected)
    assert result.shape == expected.shape
    assert len(y.type.shape) == expected.ndim
    for size, actual in zip(y.type.shape, expected.shape, strict=True):
        assert size in (None, actual)


@given(partly_known(), st.data())
def test_dimshuffle(pair, data):
    x, array = pair
    kept = [a for a in range(x.ndim) if not x.broadcastable[a] or data.draw(st.booleans())]
    pattern = data.draw(st.permutations([*kept, *["x"] * data.draw(st.integers(0, 2))]))
    y = x.dimshuffle(*pattern)
    dropped = [a for a in range(x.ndim) if a not in kept]
    order = [sorted(kept).index(a) for a in pattern if a != "x"]
    expected = np.squeeze(array, tuple(dropped)).transpose(order)
    for i, a in enumerate(pattern):
        if a == "x":
            expected = np.expand_dims(expected, i)
    check(y, x, array, expected)
    assert all(y.broadcastable[i] for i, a in enumerate(pattern) if a == "x")


@given(partly_known(st.lists(st.sampled_from([1, 2, 3, 4, 6]), max_size=4)), st.data())
def test_reshape(pair, data):
    x, array = pair
    left, target = array.size, []
    while left > 1:
        factor = data.draw(st.sampled_from([d for d in range(2, left + 1) if left % d == 0]))
        target.append(factor)
        left //= factor
    target = data.draw(st.permutations([*target, *[1] * data.draw(st.integers(0, 2))]))
    wanted = list(target)
    if wanted and data.draw(st.booleans()):
        wanted[data.draw(st.integers(0, len(wanted) - 1))] = -1
    y = x.reshape(tuple(wanted))
    check(y, x, array, array.reshape(target))
    if x.type.is_concrete:
        assert y.type.shape == tuple(target)


@given(partly_known(st.lists(st.integers(0, 4), min_size=1, max_size=4)), st.data())
def test_flatten(pair, data):
    x, array = pair
    ndim = data.draw(st.integers(1, x.ndim))
    expected = array.reshape((*array.shape[: ndim - 1], int(np.prod(array.shape[ndim - 1 :]))))
    check(x.flatten(ndim), x, array, expected)


@given(partly_known(st.lists(st.integers(0, 4), min_size=1, max_size=3)), st.data())
def test_concatenate(pair, data):
    x, array = pair
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
    shape = list(array.shape)
    shape[axis] = data.draw(st.integers(0, 3))
    other = np.ones(shape)
    y = tensor.concatenate([x, constant(other), x], axis=axis)
    check(y, x, array, np.concatenate([array, other, array], axis=axis))


@given(partly_known(st.lists(st.integers(0, 4), min_size=1, max_size=3)), st.data())
def test_split_undoes_join(pair, data):
    x, array = pair
    axis = data.draw(st.integers(0, x.ndim - 1))
    total = array.shape[axis]
    first = data.draw(st.integers(0, total))
    pieces = tensor.split(x, [first, total - first], 2, axis)
    check(tensor.join(axis, *pieces), x, array, array)
    assert [p.type.shape[axis] for p in pieces] == [first, total - first]


def test_sizes_are_followed():
    x = tensor.tensor4("x", shape=(None, 3, 8, 8))
    assert x.shape.type.known == (None, 3, 8, 8)
    assert x.shape[1:].type.known == (3, 8, 8)
    assert (x.shape[2] // 2 + 1).type.known == 5
    assert tensor.as_tensor_variable([x.shape[0], x.shape[1], 7]).type.known == (None, 3, 7)
    assert tensor.concatenate([x.shape[2:], [2]]).type.known == (8, 8, 2)
    assert x.reshape((x.shape[0], x.shape[1], 64)).type.shape == (None, 3, 64)
    assert x.reshape((-1, x.shape[2] * x.shape[3])).type.shape == (None, 64)
    assert tensor.zeros((x.shape[0], x.shape[1])).type.shape == (None, 3)
    assert tensor.arange(x.shape[1]).type.shape == (3,)
    assert x.flatten(2).type.shape == (None, 192)
    assert tensor.row("r").shape.type.known == (1, None)


def test_names_of_one_thing():
    x = tensor.matrix("x")
    assert x.dimshuffle(0, 1).owner.op == x.dimshuffle((0, 1)).owner.op
    assert x.dimshuffle(-1, 0).owner.op == x.T.owner.op
    assert tensor.flatten(x, outdim=2) is x
    assert str(x.dimshuffle(1, "x", 0).owner.op) == "dimshuffle(1, x, 0)"


x23 = tensor.matrix("x", shape=(2, 3))
unknown = tensor.matrix("u")
row = tensor.row("r")

BUILD_ERRORS = {
    "dropped axis": (
        lambda: x23.dimshuffle(1),
        ShapeError,
        "dimshuffle: expected axis 0 to be known to have size 1, to leave it out in the pattern "
        "(1,), got float64 (2, 3). Use addbroadcast(x, 0) if it has, or reshape.",
    ),
    "axis twice": (
        lambda: x23.dimshuffle(0, 0),
        ShapeError,
        "dimshuffle: expected each of 2 axes at most once, got the pattern (0, 0) for "
        "float64 (2, 3). Name an axis once, and use 'x' for new ones.",
    ),
    "no such axis": (
        lambda: x23.dimshuffle(0, 2),
        ShapeError,
        "dimshuffle: expected an axis of a variable with 2 axes, got 2. Axes count from "
        "0, or from -1 backwards.",
    ),
    "order too short": (
        lambda: tensor.transpose(x23, [0]),
        ShapeError,
        "transpose: expected an order of 2 axes, got (0,) for float64 (2, 3). Name each axis once.",
    ),
    "reshape": (
        lambda: x23.reshape((4, 2)),
        ShapeError,
        "reshape: expected a shape of 6 elements, as float64 (2, 3) has, got (4, 2). "
        "Give sizes with that product; one of them may be -1.",
    ),
    "reshape does not divide": (
        lambda: x23.reshape((4, -1)),
        ShapeError,
        "reshape: expected a shape of 6 elements, as float64 (2, 3) has, got (4, -1). "
        "Give sizes with that product; one of them may be -1.",
    ),
    "reshape two unknown": (
        lambda: x23.reshape((-1, -1)),
        ShapeError,
        "reshape: expected sizes, at most one of them -1, got (-1, -1) for float64 (2, "
        "3). Compute all sizes but one.",
    ),
    "reshape unknown length": (
        lambda: x23.reshape(tensor.lvector("n")),
        ShapeError,
        "reshape: expected a shape of known length, got int64 (?,). Pass ndim as well.",
    ),
    "reshape to floats": (
        lambda: x23.reshape((2.0, 3)),
        DtypeError,
        "reshape: expected an integer, got 2.0 of float32. Use cast(x, 'int64').",
    ),
    "flatten": (
        lambda: x23.flatten(3),
        ShapeError,
        "flatten: expected ndim from 1 to 2, got 3 for float64 (2, 3). Use dimshuffle to add axes.",
    ),
    "addbroadcast": (
        lambda: tensor.addbroadcast(x23, 1),
        ShapeError,
        "patternbroadcast: expected size 1 in axis 1, which is to broadcast, got "
        "float64 (2, 3). Only an axis of size 1 broadcasts.",
    ),
    "pattern": (
        lambda: tensor.patternbroadcast(x23, (True,)),
        ShapeError,
        "patternbroadcast: expected a pattern for 2 axes, got (True,) for float64 (2, "
        "3). Give one flag for each axis.",
    ),
    "specify_shape": (
        lambda: tensor.specify_shape(x23, (2, 4)),
        ShapeError,
        "specify_shape: expected the shape (2, 4), got float64 (2, 3). Check the data, "
        "or the shape that was promised.",
    ),
    "specify_shape axes": (
        lambda: tensor.specify_shape(x23, (2,)),
        ShapeError,
        "specify_shape: expected 2 sizes for float64 (2, 3), got 1. Give one for each "
        "axis, None where it is not known.",
    ),
    "join": (
        lambda: tensor.concatenate([x23, x23[:, 1:]]),
        ShapeError,
        "join: expected inputs that differ in axis 0 only, got (2, 3) and (2, 2), which "
        "differ in axis 1 (3 and 2). Join along another axis, or reshape one of them.",
    ),
    "join ranks": (
        lambda: tensor.concatenate([x23, x23[0]]),
        ShapeError,
        "concatenate: expected the same number of axes throughout, got float64 (2, 3) "
        "and float64 (3,). Add axes with dimshuffle, or use stack.",
    ),
    "join nothing": (
        lambda: tensor.concatenate([]),
        ShapeError,
        "concatenate: expected a list of variables, got list []. Write [x, y].",
    ),
    "join scalars": (
        lambda: tensor.concatenate([tensor.scalar("s")]),
        ShapeError,
        "concatenate: expected at least one axis, got scalars. Use stack.",
    ),
    "split": (
        lambda: tensor.split(x23, [1, 1], 2, axis=1),
        ShapeError,
        "split: expected sizes that add up to 3, axis 1 of float64 (2, 3), got (1, 1). "
        "Change the sizes.",
    ),
    "as_tensor_variable": (
        lambda: tensor.as_tensor_variable(x23, ndim=1),
        ShapeError,
        "as_tensor_variable: expected at most 1 axes, got float64 (2, 3). Flatten or reshape it.",
    ),
    "alloc": (
        lambda: tensor.alloc(x23, 2, 4),
        ShapeError,
        "alloc: expected a value that fits the shape (2, 4), got float64 (2, 3). An "
        "axis of the value has that size, or is known to be 1.",
    ),
    "alloc negative": (
        lambda: tensor.zeros((2, -3)),
        ShapeError,
        "alloc: expected sizes of at least 0, got (2, -3). Check how they are computed.",
    ),
    "arange step": (
        lambda: tensor.arange(1, 2, 0),
        ShapeError,
        "arange: expected a step other than 0, got 0. Give a step below or above 0.",
    ),
    "repeat": (
        lambda: x23.repeat([1, 2], axis=1),
        ShapeError,
        "repeat: expected 3 numbers of repetitions, one for each part, got 2. Give as "
        "many, or a single one for all.",
    ),
    "diagonal": (
        lambda: tensor.diagonal(x23[0]),
        ShapeError,
        "diagonal: expected at least two axes, got float64 (3,). Use diag(x) to put a "
        "vector on a diagonal.",
    ),
    "tril": (
        lambda: tensor.tril(x23[0]),
        ShapeError,
        "tril: expected at least two axes, got float64 (3,). Use diag(x) to put a "
        "vector on a diagonal.",
    ),
}


@pytest.mark.parametrize("name", BUILD_ERRORS)
def test_error_when_built(name):
    build, kind, text = BUILD_ERRORS[name]
    with pytest.raises(kind) as error:
        build()
    assert str(error.value) == text


def test_views_share_memory():
    x = tensor.tensor3("x", shape=(1, 1, 1))
    array = np.zeros((1, 1, 1))
    views = (x.dimshuffle(0, 1, 2)[0, 0, 0], x[0, 0].dimshuffle(), x.reshape(()), x.flatten())
    views += (x.diagonal(), tensor.unbroadcast(x, 0), x.dimshuffle(2, "x", 1, 0))
    for y in views:
        node = y.owner
        source = array if node.inputs[0] is x else array.reshape(node.inputs[0].type.shape)
        values = [i.data for i in node.inputs[1:]]
        lowering = node.op.lower(*(i.type for i in node.inputs))
        assert isinstance(lowering, View)
        assert np.shares_memory(lowering.function(source, *values), array), node


n = tensor.lvector("n")
RUN_ERRORS = {
    "reshape": (
        lambda: unknown.reshape((4, 2)),
        {unknown: np.zeros((2, 3))},
        "reshape: expected a shape of 6 elements, as float64 (2, 3) has, got (4, 2).",
    ),
    "alloc": (
        lambda: tensor.alloc(unknown, 4, 3),
        {unknown: np.zeros((1, 3))},
        "alloc: expected a value that fits the shape (4, 3), got float64 (1, 3).",
    ),
    "reshape vector": (
        lambda: unknown.reshape(n, ndim=2),
        {unknown: np.zeros((2, 3)), n: [4, 2]},
        "reshape: expected a shape of 6 elements, as float64 (2, 3) has, got (4, 2).",
    ),
    "addbroadcast": (
        lambda: tensor.addbroadcast(unknown, 0),
        {unknown: np.zeros((2, 3))},
        "patternbroadcast: expected size 1 in axis 0, which is to broadcast, got float64 (2, 3).",
    ),
    "specify_shape": (
        lambda: tensor.specify_shape(unknown, (None, 4)),
        {unknown: np.zeros((2, 3))},
        "specify_shape: expected the shape (2, 4), got float64 (2, 3).",
    ),
    "join": (
        lambda: tensor.concatenate([unknown, unknown.T]),
        {unknown: np.zeros((2, 3))},
        "join: expected inputs that differ in axis 0 only, got (2, 3) and (3, 2), which differ "
        "in axis 1 (3 and 2).",
    ),
    "split": (
        lambda: tensor.split(unknown, n, 2)[0],
        {unknown: np.zeros((2, 3)), n: [2, 2]},
        "split: expected sizes that add up to 2, axis 0 of float64 (2, 3), got (2, 2).",
    ),
}


@pytest.mark.parametrize("mode", ["reference", "compiled"])
@pytest.mark.parametrize("name", RUN_ERRORS)
def test_error_when_run(name, mode):
    build, values, text = RUN_ERRORS[name]
    y = build()
    with pytest.raises(ShapeError) as error:
        y.eval(values, mode=mode)
    assert str(error.value).startswith(text)
    assert "test_shape.py" in str(error.value)  # the line that built it


@pytest.mark.parametrize("mode", ["reference", "compiled"])
def test_reshape_by_a_size_that_is_an_input(mode):
    """The other sizes do not vouch for it: it may turn out not to fit."""
    x, n = tensor.matrix("x"), tensor.lscalar("n")
    f = function([x, n], (2 * x).reshape((x.shape[0], n)), mode=mode)
    assert f(np.ones((2, 3)), 3).tolist() == [[2.0] * 3] * 2
    with pytest.raises(ShapeError, match=r"^reshape: expected a shape of 6 elements, .* \(2, 4\)"):
        f(np.ones((2, 3)), 4)
