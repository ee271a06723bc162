"""LookupTable: rows and their gradient, indices of all kinds, life cycle, errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from blocks import tensor
from blocks.bricks.lookup import LookupTable
from blocks.compile import function
from blocks.config import config
from blocks.errors import BrickError, DtypeError, IndexRangeError
from blocks.filter import VariableFilter
from blocks.graph.computation import ComputationGraph
from blocks.graph.types import TensorType
from blocks.initialization import Constant, IsotropicGaussian
from blocks.roles import WEIGHT
from tests.bricks.checks import check_float32, check_gradients, check_values

SCHEMES = {"weights_init": IsotropicGaussian(0.5), "seed": 1}
INDICES = np.array([[0, 3, 1, 1, 2], [1, -1, 0, -4, 3]])


def case(indices, dim=3):
    table = LookupTable(4, dim, **SCHEMES)
    return table, "apply", [np.asarray(indices)], {}, lambda p, i: p["W"][i]


CASES = {
    "vector": case(INDICES[0]),
    "repeated": case([2, 2, 2]),
    "negative": case(INDICES[1]),
    "matrix": case(INDICES),
    "tensor3": case(INDICES[:, :, None]),
    "scalar": case(2),
    "one": case([1]),
    "none": case(np.zeros((0, 2), "int64")),
    "one_column": case(INDICES, dim=1),
    "int8": case(INDICES.astype("int8")),
    "uint8": case(INDICES[0].astype("uint8")),
    "int32": case(INDICES.astype("int32")),
}


@pytest.mark.parametrize("name", list(CASES))
def test_value(name):
    check_values(CASES[name])


@pytest.mark.parametrize("name", list(CASES))
def test_gradient_against_finite_differences(name):
    check_gradients(CASES[name])


@pytest.mark.parametrize("name", list(CASES))
def test_float32_stays_float32(name):
    check_float32(CASES[name])


@given(data=st.data(), length=st.integers(1, 5), dim=st.integers(1, 4))
def test_rows_and_the_sum_of_their_gradients(data, length, dim):
    shape = arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)
    numbers = st.integers(-length, length - 1)
    indices = data.draw(arrays.arrays("int64", shape, elements=numbers))
    table = LookupTable(length, dim, **SCHEMES)
    table.initialize()
    x = TensorType("int64", (None,) * indices.ndim)("x")
    weights = np.random.RandomState(2).randn(*indices.shape, dim)
    y = table.apply(x)
    gradient = tensor.grad((y * weights).sum(), table.W)
    rows, found = function([x], [y, gradient])(indices)
    np.testing.assert_array_equal(rows, table.W.get_value()[indices])
    assert rows.shape == (*indices.shape, dim)
    expected = np.zeros((length, dim))
    np.add.at(expected, indices, weights)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)


def test_life_cycle():
    table = LookupTable(weights_init=Constant(2), name="words")
    table.length, table.output_dim = 5, 3
    table.allocate()
    assert np.isnan(table.W.get_value()).all()
    table.initialize()
    np.testing.assert_array_equal(table.W.get_value(), np.full((5, 3), 2.0))
    assert table.get_hierarchical_name(table.W) == "/words.W"
    variables = ComputationGraph(table.apply(tensor.lvector())).variables
    assert VariableFilter(roles=[WEIGHT])(variables) == [table.W]
    assert len(table.parameters) == 1


def test_dimensions():
    table = LookupTable(5, 3)
    assert table.get_dims(["indices", "output"]) == [0, 3]
    assert (table.input_dim, table.output_dim, table.dim) == (0, 3, 3)
    assert (table.apply.inputs, table.apply.outputs) == (["indices"], ["output"])
    table.input_dim = 0
    assert table.apply(INDICES[0]).type.shape == (5, 3)


def test_biases_init_is_taken_and_not_used():
    table = LookupTable(5, 3, biases_init=Constant(7), **SCHEMES)
    table.initialize()
    assert len(table.parameters) == 1
    assert not table.has_bias


def test_weights_have_the_dtype_of_floatx():
    with config.use(floatX="float32"):
        table = LookupTable(5, 3, **SCHEMES)
        table.initialize()
    assert table.apply([0]).eval().dtype == np.dtype("float32")


@pytest.mark.parametrize("mode", ["compiled", "reference", "debug"])
@pytest.mark.parametrize("bad", [4, -5])
def test_index_out_of_range(mode, bad):
    table = LookupTable(4, 2, name="words", **SCHEMES)
    table.initialize()
    indices = tensor.lmatrix("indices")
    compute = function([indices], table.apply(indices), mode=mode)
    text = rf"/words\.apply: take: expected an index from -4 to 3 .* of size 4, got {bad}, for"
    with pytest.raises(IndexRangeError, match=text):
        compute(np.array([[0, bad]]))
    np.testing.assert_array_equal(compute([[0, -1]]), table.W.get_value()[[[0, -1]]])


@pytest.mark.parametrize("bad", [4, -5])
def test_index_out_of_range_that_is_known_is_found_at_once(bad):
    with pytest.raises(IndexRangeError, match=rf"^/lookuptable\.apply: take: .*, got {bad}, for"):
        LookupTable(4, 2).apply([bad])


@pytest.mark.parametrize(
    ("act", "error", "text"),
    [
        (
            lambda: LookupTable(4, 2).apply(tensor.vector("x")),
            DtypeError,
            r"^/lookuptable\.apply: take: expected integers as indices, got .* of type float64 "
            r"\(\?,\)\. Use cast\(index, 'int64'\)\.$",
        ),
        (
            lambda: LookupTable(4, 2).apply(np.array([True, False, True, True])),
            DtypeError,
            r"^/lookuptable\.apply: take: expected integers as indices, got .* of type bool",
        ),
        (
            lambda: LookupTable(dim=2).apply([0]),
            BrickError,
            r"^/lookuptable: expected length before its parameters are allocated, got none",
        ),
        (
            lambda: LookupTable(0, 2).allocate(),
            BrickError,
            r"^/lookuptable: expected length to be a positive integer, got 0\.",
        ),
        (
            lambda: LookupTable(4, None).allocate(),
            BrickError,
            r"^/lookuptable: expected dim to be a positive integer, got None\.",
        ),
        (
            lambda: LookupTable(4, 2).W,
            BrickError,
            r"^/lookuptable: expected an allocated brick, got one without W\.",
        ),
        (
            lambda: LookupTable(4, 2).initialize(),
            BrickError,
            r"^/lookuptable: expected weights_init .*before it is initialized, got none",
        ),
        (
            lambda: setattr(LookupTable(4, 2), "input_dim", 4),
            BrickError,
            r"^/lookuptable: expected input_dim to be 0, got 4\. Its input are integers; their "
            r"number is length\.$",
        ),
        (
            lambda: LookupTable(4, 2).get_dim("input_"),
            BrickError,
            r"^/lookuptable: expected the name of an input or output .*, got 'input_'\.",
        ),
    ],
)
def test_bad_use(act, error, text):
    with pytest.raises(error, match=text):
        act()
