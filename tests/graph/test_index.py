"""Indexing against NumPy for random keys, symbolic indices, changes in place, and the errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from blocks import function, tensor
from blocks.errors import DtypeError, GraphError, IndexRangeError, ShapeError
from blocks.graph.types import TensorType

SHAPE = (4, 1, 3)
BASIC = hnp.basic_indices(SHAPE, allow_newaxis=True)


def integers(shape):
    """A key of arrays of integers that broadcast, for the first axes of a shape."""
    return hnp.integer_array_indices(shape, result_shape=hnp.array_shapes(max_dims=2, max_side=3))


@st.composite
def mixed(draw):
    """A key with integers, slices, arrays and new axes, which all fit `SHAPE`."""
    result = draw(hnp.array_shapes(max_dims=2, max_side=3))
    entries = []
    for size in SHAPE[: draw(st.integers(1, 3))]:
        entries.append(
            draw(
                st.one_of(
                    st.integers(-size, size - 1),
                    st.slices(size),
                    hnp.arrays("int64", result, elements=st.integers(-size, size - 1)),
                )
            )
        )
        if draw(st.integers(0, 4)) == 0:
            entries.append(None)
    return tuple(entries)


@given(st.one_of(BASIC, integers(SHAPE), mixed()), st.booleans(), st.booleans())
def test_like_numpy(key, known, unit_known):
    array = np.arange(12.0).reshape(SHAPE)
    sizes = (4 if known else None, 1 if unit_known else None, 3 if known else None)
    x = TensorType("float64", sizes)("x")
    y = x[key]
    result = y.eval({x: array}, mode="reference")
    np.testing.assert_array_equal(result, array[key])
    assert result.shape == array[key].shape
    for size, actual in zip(y.type.shape, array[key].shape, strict=True):
        assert size in (None, actual)


def test_which_parts_broadcast():
    known, unknown, row = tensor.matrix(shape=(5, 3)), tensor.matrix(), tensor.row()
    assert known[1:2].broadcastable == (True, False)
    assert unknown[1:2].broadcastable == (False, False)
    assert row[:, 1:].broadcastable == row[::-1].broadcastable == (True, False)
    assert tensor.unbroadcast(row, 0)[:1].broadcastable == (False, False)
    assert known[[1]].broadcastable == (True, False)
    assert row[:, 0].broadcastable == (True,)


@given(hnp.arrays("bool", hnp.array_shapes(max_dims=3, max_side=3)))
def test_masks_like_numpy(mask):
    array = np.arange(float(mask.size * 2)).reshape((*mask.shape, 2))
    x = TensorType("float64", (None,) * array.ndim)("x")
    m = TensorType("bool", (None,) * mask.ndim)("m")
    np.testing.assert_array_equal(x[m].eval({x: array, m: mask}, mode="reference"), array[mask])


@pytest.mark.parametrize("mode", ["reference", "compiled"])
def test_indices_change_between_calls(mode):
    x, i, v = tensor.matrix("x"), tensor.lscalar("i"), tensor.lvector("v")
    f = function([x, i, v], [x[i], x[i:], x[:, i], x[v], x[v, v]], mode=mode)
    array = np.arange(9.0).reshape(3, 3)
    for i_, v_ in ((0, [0, 1]), (2, [2, 2]), (-1, [0, -1]), (0, [1])):
        expected = [array[i_], array[i_:], array[:, i_], array[v_], array[v_, v_]]
        for result, wanted in zip(f(array, i_, v_), expected, strict=True):
            np.testing.assert_array_equal(result, wanted)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "uint16", "int64"])
def test_dtypes_of_indices(dtype):
    index = TensorType(dtype, (None,))("i")
    x = tensor.matrix("x")
    array = np.arange(600.0).reshape(300, 2)
    result = x[index].eval({x: array, index: np.array([1, 100], dtype)})
    np.testing.assert_array_equal(result, array[[1, 100]])


def test_lists_with_symbols():
    x, i = tensor.vector("x"), tensor.lscalar("i")
    np.testing.assert_array_equal(x[[0, i]].eval({x: [5.0, 6.0, 7.0], i: 2}), [5, 7])


def test_iteration_over_known_length():
    x = tensor.matrix("x", shape=(2, None))
    first, second = x
    np.testing.assert_array_equal((first - second).eval({x: [[3.0], [1.0]]}), [2])
    with pytest.raises(TypeError, match="expected a known length to iterate over"):
        iter(tensor.vector("y"))


def test_gradient_adds_up_repeated_rows():
    W, i = tensor.matrix("W"), tensor.lvector("i")
    g = tensor.grad(W[i].sum(), W).eval({W: np.zeros((4, 2)), i: [1, 3, 1]})
    np.testing.assert_array_equal(g, [[0, 0], [2, 2], [0, 0], [1, 1]])


def test_second_gradients():
    W, i = tensor.matrix("W"), tensor.lvector("i")
    for part in (W[i], W[1:], W[i, i], W.diagonal(), W.take(i, axis=1)):
        first = tensor.grad((part**3).sum(), W)
        second = tensor.grad(first.sum(), W)
        values = {W: np.arange(6.0).reshape(3, 2), i: [1, 0, 1]}
        single = (part * 0 + 1).sum()
        counts = tensor.grad((part * 0 + part).sum(), W).eval({**values}, on_unused_input="ignore")
        wanted = 6 * values[W] * counts
        assert single.ndim == 0
        np.testing.assert_allclose(second.eval(values, on_unused_input="ignore"), wanted)


x = tensor.matrix("x", shape=(4, 3))
u = tensor.matrix("u")
i = tensor.lscalar("i")
v = tensor.lvector("v")
m = tensor.tensor("bool", (False,), "m")

BUILD_ERRORS = {
    "out of range": (
        lambda: x[4],
        IndexRangeError,
        "subtensor: expected an index from -4 to 3 into axis 0 of size 4, got 4, for float64 "
        "(4, 3). Check where the index comes from.",
    ),
    "second axis": (
        lambda: x[:, -4],
        IndexRangeError,
        "subtensor: expected an index from -3 to 2 into axis 1 of size 3, got -4, for float64 "
        "(4, 3). Check where the index comes from.",
    ),
    "array": (
        lambda: x[[0, 9]],
        IndexRangeError,
        "take: expected an index from -4 to 3 into axis 0 of size 4, got 9, for float64 (4, "
        "3). Check where the index comes from.",
    ),
    "empty": (
        lambda: x[:0][0],
        IndexRangeError,
        "subtensor: expected an index none, as it is empty, into axis 0 of size 0, got 0, for "
        "float64 (0, 3). Check where the index comes from.",
    ),
    "too many": (
        lambda: x[0, 0, 0],
        IndexRangeError,
        "index: expected at most 2 indices for float64 (4, 3), got 3. Leave some out, "
        "or add axes with None.",
    ),
    "two ellipses": (
        lambda: x[..., ...],
        IndexRangeError,
        "index: expected '...' at most once, got it twice. Leave one out.",
    ),
    "float": (
        lambda: x[1.0],
        DtypeError,
        "index: expected integers as indices, got 1.0 of type float32 scalar. "
        "Use cast(index, 'int64').",
    ),
    "float symbol": (
        lambda: x[tensor.vector("z")],
        DtypeError,
        "index: expected integers as indices, got z of type float64 (?,). "
        "Use cast(index, 'int64').",
    ),
    "bound": (
        lambda: x[:v],
        ShapeError,
        "index: expected an integer as the end of a slice, got int64 (?,). Use cast(n, "
        "'int64'), or an element of it.",
    ),
    "step": (
        lambda: x[::0],
        ShapeError,
        "subtensor: expected a step other than 0, got 0, in axis 0. Use -1 to reverse the axis.",
    ),
    "mask": (
        lambda: x[np.array([True, False])],
        ShapeError,
        "index: expected a mask with the sizes of x (float64 (4, 3)) from axis 0 on, "
        "got bool (2,). Reshape the mask, or index with mask.nonzero().",
    ),
    "truth value": (
        lambda: x[np.True_],
        DtypeError,
        "index: expected integers or a mask, got one truth value. Use switch(condition, x, y).",
    ),
    "arrays": (
        lambda: x[[0, 1], [0, 1, 2]],
        ShapeError,
        "advanced_subtensor: expected inputs of one shape, got (2,) and (3,), which "
        "differ in axis -1 (2 and 3). Reshape or transpose one of them.",
    ),
    "set what": (
        lambda: tensor.set_subtensor(x, 1),
        GraphError,
        "set_subtensor: expected the result of indexing, such as x[2:5], got x. "
        "Pass the part itself, without further operations.",
    ),
    "set shape": (
        lambda: tensor.set_subtensor(x[1:], np.zeros((4, 3))),
        ShapeError,
        "set_subtensor: expected values of shape (3, 3), the part of float64 (4, 3) that is to "
        "change, got float64 (4, 3). Reshape them, or use dimshuffle to add axes.",
    ),
    "set dtype": (
        lambda: tensor.inc_subtensor(tensor.fmatrix("f")[0], tensor.vector("d")),
        DtypeError,
        "inc_subtensor: expected values that fit float32, got float64 (?,). "
        "Use cast(y, 'float32').",
    ),
    "take mode": (
        lambda: x.take([0], mode="drop"),
        IndexRangeError,
        "take: expected mode 'raise', 'wrap' or 'clip', got 'drop'. Choose one of them.",
    ),
    "nonzero": (
        lambda: tensor.scalar("s").nonzero(),
        IndexRangeError,
        "nonzero: expected at least one axis, got a scalar. Use flatten first.",
    ),
}


@pytest.mark.parametrize("name", BUILD_ERRORS)
def test_error_when_built(name):
    build, kind, text = BUILD_ERRORS[name]
    with pytest.raises(kind) as error:
        build()
    assert str(error.value) == text


ARRAY = np.zeros((4, 3))
RUN_ERRORS = {
    "row": (
        lambda: u[i],
        {u: ARRAY, i: 4},
        "subtensor: expected an index from -4 to 3 into axis 0",
    ),
    "column": (lambda: u[:, i], {u: ARRAY, i: 3}, "expected an index from -3 to 2 into axis 1"),
    "rows": (
        lambda: u[v],
        {u: ARRAY, v: [0, -5]},
        "take: expected an index from -4 to 3 into axis 0",
    ),
    "columns": (lambda: u[:, v], {u: ARRAY, v: [3]}, "into axis 1 of size 3, got 3"),
    "pairs": (lambda: u[v, v], {u: ARRAY, v: [0, 3]}, "into axis 1 of size 3, got 3"),
    "gradient": (
        lambda: tensor.grad(u[v].sum(), u),
        {u: ARRAY, v: [7]},
        "got 7",
    ),
    "set": (
        lambda: tensor.set_subtensor(u[i], 0),
        {u: ARRAY, i: 4},
        "set_subtensor: expected an index from -4 to 3 into axis 0",
    ),
    "mask": (
        lambda: u[m],
        {u: ARRAY, m: np.ones(3, bool)},
        "expected the shape (4,), got bool (3,)",
    ),
}


@pytest.mark.parametrize("mode", ["reference", "compiled"])
@pytest.mark.parametrize("name", RUN_ERRORS)
def test_error_when_run(name, mode):
    build, values, text = RUN_ERRORS[name]
    with pytest.raises((IndexRangeError, ShapeError)) as error:
        build().eval(values, mode=mode)
    assert text in str(error.value)
    assert "test_index.py" in str(error.value)


@pytest.mark.parametrize("mode", ["reference", "compiled"])
@pytest.mark.parametrize("label", [3, -4])
def test_one_hot_rows_of_labels_out_of_range(label, mode):
    y = tensor.lvector("y")
    f = function([y], tensor.extra_ops.to_one_hot(y, 3), mode=mode)
    assert f([2, -3]).tolist() == [[0, 0, 1], [1, 0, 0]]
    with pytest.raises(IndexRangeError, match=rf"index from -3 to 2 .* got {label}"):
        f([0, label])
