"""Many rows at once: the same results as one row after the other, for every row of the tables."""

import numpy as np
import pytest

from blocks import function, tensor
from blocks.graph.ops import map as map_module
from blocks.graph.ops.broadcast import SumTo
from blocks.graph.ops.map import map_rows
from blocks.graph.ops.rowwise import RULES, all_rows_at_once
from blocks.graph.traversal import toposort
from blocks.graph.types import TensorType
from tests.graph.test_derivatives import ROWS, drawn


def stacked(array, number):
    """Return variants of an array along a new first axis; all inputs of a row stay valid."""
    return (
        np.stack([array] + [0.9 * array] * (number - 1)) if number else np.empty((0, *array.shape))
    )


def build_of(case, which=0):
    """Return inputs, arrays, the number of one of the real inputs, and the result."""
    inputs, arrays = drawn(case)
    chosen = [i for i, x in enumerate(inputs) if x.type.is_float][which]
    return inputs, arrays, chosen, case.build(*inputs)


@pytest.mark.parametrize(("which", "number"), [(0, 3), (0, 1), (-1, 3)])
@pytest.mark.parametrize("case", ROWS, ids=lambda case: case.id)
def test_every_row(case, which, number):
    """The rows are those of the first, or of the last, input of real numbers."""
    inputs, arrays, chosen, y = build_of(case, which)
    row, array = inputs[chosen], arrays[chosen]
    probabilities = getattr(case.inputs[chosen], "kind", "") == "probabilities"
    rows = np.stack([array] * number) if probabilities else stacked(array, number)
    if "x > 0.5" in case.id or "nonzero" in case.id:
        rows = np.stack([array] * number)  # as many elements in each
    sequence = TensorType(row.dtype, (None,) * (row.ndim + 1), (False, *row.broadcastable))("rows")
    (together,) = map_rows([y], {row: sequence})
    others = [x for i, x in enumerate(inputs) if i != chosen]
    f = function([sequence, *others], together, on_unused_input="ignore")
    one = function(inputs, y, mode="reference")
    rest = [a for i, a in enumerate(arrays) if i != chosen]
    found = f(rows, *rest)
    expected = [one(*rest[:chosen], each, *rest[chosen:]) for each in rows]
    assert found.shape == (number, *expected[0].shape)
    np.testing.assert_allclose(found, np.stack(expected), rtol=1e-9, atol=1e-10)
    assert f(rows[:0], *rest).shape[0] == 0


def test_every_rule_is_tested():
    seen = set()
    for case in ROWS:
        inputs, _, chosen, y = build_of(case)
        row = inputs[chosen]
        many = TensorType(row.dtype, (None,) * (row.ndim + 1), (False, *row.broadcastable))()
        if all_rows_at_once([y], {row: many}) is not None:
            seen |= {type(node.op) for node in toposort([y])}
    gradients = {rule for rule in RULES if rule.__name__ in ("SoftmaxGrad", "Spread", "SumTo")}
    assert set(RULES) - gradients <= seen


@pytest.mark.parametrize("name", ["softmax", "sum: 0", "dot mm", "dot vm", "reshape symbolic"])
def test_gradients_in_the_loop(name):
    """The rules for what gradients are made of, through second derivatives."""
    (case,) = [c for c in ROWS if c.id == name]
    inputs, arrays, chosen, y = build_of(case)
    reals = [x for x in inputs if x.type.is_float]
    outputs = tensor.grad(tensor.sqr(y).sum(), reals, disconnected_inputs="ignore")
    row = inputs[chosen]
    sequence = TensorType(row.dtype, (None,) * (row.ndim + 1))("rows")
    others = [x for i, x in enumerate(inputs) if i != chosen]
    f = function([sequence, *others], map_rows(outputs, {row: sequence}))
    one = function(inputs, outputs, mode="reference")
    rows = stacked(arrays[chosen], 3)
    rest = [a for i, a in enumerate(arrays) if i != chosen]
    for k, found in enumerate(f(rows, *rest)):
        expected = [one(*rest[:chosen], each, *rest[chosen:])[k] for each in rows]
        np.testing.assert_allclose(found, np.stack(expected), rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("size", [0, 1, 4, 5, 9])
def test_blocks_of_rows(size, monkeypatch):
    monkeypatch.setattr(map_module, "LARGEST_BLOCK", 4)
    row, rows, w = tensor.vector("row"), tensor.matrix("rows"), tensor.vector("w")
    outputs = map_rows([tensor.exp(row) * w, row.sum()], {row: rows})
    array = np.random.RandomState(0).normal(size=(size, 2))
    products, sums = function([rows, w], outputs)(array, [1.0, 10.0])
    np.testing.assert_allclose(products, np.exp(array) * [1, 10])
    np.testing.assert_allclose(sums, array.sum(axis=1))


def test_what_has_no_rule_stays_a_loop():
    row, rows = tensor.vector("row"), tensor.matrix("rows")
    assert all_rows_at_once([tensor.sort(row)], {row: rows}) is None
    assert all_rows_at_once([tensor.vector("v")], {row: rows}) is None
    sizes = tensor.reshape(row, tensor.cast(row, "int64"), ndim=2)
    assert all_rows_at_once([sizes], {row: rows}) is None


@pytest.mark.parametrize(
    ("axes", "drop"), [((0,), 1), ((0, 1), 1), ((0, 2), 1), ((0,), 0), ((0, 1), 2)]
)
def test_sums_of_broadcast_axes(axes, drop):
    """Axes that stay with size 1, that go, and both, as in the gradients of biases."""
    row, rows = tensor.tensor3("row"), tensor.tensor4("rows")
    y = SumTo(axes, drop)(row)
    assert all_rows_at_once([y], {row: rows}) is not None
    (result,) = map_rows([y], {row: rows})
    assert result.broadcastable == (False, *y.broadcastable)
    array = np.random.RandomState(0).normal(size=(5, 2, 3, 4))
    f = function([row], y, mode="reference")
    np.testing.assert_allclose(function([rows], result)(array), np.stack([f(a) for a in array]))
