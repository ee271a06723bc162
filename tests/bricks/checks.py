"""Checks for tables of bricks: values against NumPy, gradients, float32.

A case is: brick, name of the method, arrays for its inputs, further arguments, and a function
that computes with NumPy what is expected. That one gets the values of the parameters, by path
and by short name, then the arrays; it returns one array, or a list for several outputs.
"""

import copy

import numpy as np

from blocks import tensor
from blocks.compile import function
from blocks.config import config
from blocks.graph.computation import ComputationGraph
from blocks.graph.types import TensorType


def parameters(brick):
    """Return the parameters of a brick and of all below it."""
    return [*brick.parameters, *(x for child in brick.children for x in parameters(child))]


def values_of(brick):
    """Return the values of the parameters by path, and by name."""
    values = {x.name: x.get_value() for x in brick.parameters}
    values |= {brick.get_hierarchical_name(x): x.get_value() for x in brick.parameters}
    for child in brick.children:
        values |= values_of(child)
    return values


def symbols(arrays):
    """Return an input of unknown sizes for each array."""
    return [TensorType(str(a.dtype), (None,) * a.ndim)(f"x{i}") for i, a in enumerate(arrays)]


def applied(case):
    """Return the outputs of the initialized brick, and its inputs as symbols."""
    brick, method, arrays, keywords, _ = case
    brick.initialize()
    xs = symbols(arrays)
    return getattr(brick, method)(*xs, **keywords, as_list=True), xs


def check_values(case):
    """Compare outputs, their shapes, and the shapes that were known before, with NumPy's."""
    brick, _, arrays, _, reference = case
    ys, xs = applied(case)
    expected = reference(values_of(brick), *arrays)
    expected = expected if isinstance(expected, list) else [expected]
    found = function(xs, ys)(*arrays)
    for y, value, wanted in zip(ys, found, expected, strict=True):
        assert value.shape == np.shape(wanted)
        np.testing.assert_allclose(value, wanted, rtol=1e-12, atol=1e-14)
        sizes = zip(y.type.shape, value.shape, strict=True)
        assert all(size in (None, got) for size, got in sizes)


def check_gradients(case, scale=1.0):
    """Compare each gradient, along a random direction, with a difference of values."""
    brick, _, arrays, _, _ = case
    arrays = [a * scale if scale != 1 else a for a in arrays]
    ys, xs = applied(case)
    weights = parameters(brick)
    floats = [i for i, a in enumerate(arrays) if a.dtype.kind == "f"]
    draw = np.random.RandomState(7)
    shapes = [value.shape for value in function(xs, ys)(*arrays)]
    cost = sum((y * draw.randn(*shape)).sum() for y, shape in zip(ys, shapes, strict=True))
    leaves = [*(xs[i] for i in floats), *weights]
    evaluate = function(xs, cost)
    gradients = function(xs, tensor.grad(cost, leaves))(*arrays)
    directions = np.random.RandomState(8)
    for k, gradient in enumerate(gradients):
        direction = directions.randn(*gradient.shape)

        def shifted(step, k=k, direction=direction):
            if k < len(floats):
                moved = [
                    a + step * direction if i == floats[k] else a for i, a in enumerate(arrays)
                ]
                return evaluate(*moved)
            weight = weights[k - len(floats)]
            before = weight.get_value()
            weight.set_value(before + step * direction)
            try:
                return evaluate(*arrays)
            finally:
                weight.set_value(before)

        slope = (shifted(1e-6) - shifted(-1e-6)) / 2e-6
        np.testing.assert_allclose((gradient * direction).sum(), slope, rtol=1e-6, atol=1e-8)


def check_float32(case):
    """Look for float64 among the variables of a brick that computes in float32."""
    brick, method, arrays, keywords, _ = case
    with config.use(floatX="float32"):
        brick = brick_like(brick)
        brick.initialize()
        arrays = [as_float32(a) for a in arrays]
        keywords = {key: as_float32(value) for key, value in keywords.items()}
        ys = getattr(brick, method)(*symbols(arrays), **keywords, as_list=True)
        assert {x.dtype for x in parameters(brick)} <= {"float32"}
        graph = ComputationGraph(ys)
        assert {y.dtype for y in ys} == {"float32"}
        assert "float64" not in {x.dtype for x in [*graph.variables, *graph.scan_variables]}
        leaves = [*parameters(brick), *(x for x in graph.inputs if x.type.is_float)]
        gradients = tensor.grad(sum(y.sum() for y in ys), leaves)
        assert {g.dtype for g in gradients} == {"float32"}


def as_float32(value):
    """Return an array of float32 for one of float64, anything else as it is."""
    is_float = isinstance(value, np.ndarray) and value.dtype.kind == "f"
    return value.astype("float32") if is_float else value


def brick_like(brick):
    """Return a fresh brick of the same configuration."""
    fresh = copy.deepcopy(brick)
    for part in (fresh, *fresh.children):
        part.allocated = False
    return fresh
