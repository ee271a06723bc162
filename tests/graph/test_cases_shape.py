"""Drives `cases_shape` and `cases_linalg`: values, types and gradients, in each mode."""

import numpy as np
import pytest

from blocks import function, tensor
from blocks.errors import DisconnectedInputError
from blocks.graph.types import TensorType, is_float
from tests.graph import cases_linalg, cases_places, cases_shape

CASES = [*cases_shape.CASES, *cases_places.CASES, *cases_linalg.CASES]
MODES = ["reference", "compiled"]


def symbols(arrays, known):
    """Return a symbol for each array, with or without its sizes."""
    return [
        TensorType(str(a.dtype), a.shape if known else (None,) * a.ndim)(f"x{i}")
        for i, a in enumerate(arrays)
    ]


@pytest.mark.parametrize("known", [False, True], ids=["unknown", "known"])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_value_and_type(case, mode, known):
    arrays = case.arrays()
    inputs = symbols(arrays, known)
    y = case.build(*inputs)
    f = function(inputs, y, mode=mode)
    f(*(2 * a if is_float(str(a.dtype)) else a for a in arrays))  # nothing of it may stay
    result = f(*arrays)
    expected = np.asarray(case.expected(*arrays))
    np.testing.assert_allclose(result, expected, rtol=1e-11)
    assert result.shape == expected.shape
    assert result.dtype == y.dtype
    assert y.ndim == result.ndim
    for size, flag, actual in zip(y.type.shape, y.broadcastable, result.shape, strict=True):
        assert size in (None, actual)
        assert actual == 1 or not flag


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_gradient(case, mode):
    """The derivative along a random direction, against a central difference."""
    arrays = case.arrays()
    inputs = symbols(arrays, known=False)
    y = case.build(*inputs)
    rng = np.random.default_rng(2)
    weights = rng.normal(size=np.shape(case.expected(*arrays)))
    cost = (y * tensor.constant(weights)).sum()
    floats = [i for i, a in enumerate(arrays) if is_float(str(a.dtype))]
    try:
        gradients = tensor.grad(cost, [inputs[i] for i in floats])
    except DisconnectedInputError:
        # The only row whose second input lends nothing but its shape.
        gradients = tensor.grad(cost, [inputs[i] for i in floats], disconnected_inputs="ignore")
    assert [g.broadcastable for g in gradients] == [inputs[i].broadcastable for i in floats]
    values = function(inputs, gradients, mode=mode, on_unused_input="ignore")(*arrays)
    directions = [rng.normal(size=arrays[i].shape) for i in floats]
    step = 1e-6

    def shifted(sign):
        moved = list(arrays)
        for i, direction in zip(floats, directions, strict=True):
            moved[i] = arrays[i] + sign * step * direction
        return (case.expected(*moved) * weights).sum()

    for i, value in zip(floats, values, strict=True):
        assert value.shape == arrays[i].shape
    numeric = (shifted(1) - shifted(-1)) / (2 * step)
    symbolic = sum((v * d).sum() for v, d in zip(values, directions, strict=True))
    np.testing.assert_allclose(symbolic, numeric, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_float32_stays_float32(case):
    arrays = case.arrays("float32")
    inputs = symbols(arrays, known=True)
    with_sizes = {
        "shape in value",
        "size",
        "arange",
        "arange step",
        "eye",
        "identity_like",
        "argsort",
    }
    literals = {"zeros", "ones", "as_tensor_variable", "to_one_hot"}
    y = case.build(*inputs)
    if case.id not in with_sizes | literals:
        assert y.dtype == "float32"
    result = function(inputs, y)(*arrays)
    np.testing.assert_allclose(result, case.expected(*arrays), rtol=1e-4, atol=1e-5)
