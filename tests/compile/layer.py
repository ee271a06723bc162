"""A small function for the tests of `explain` and of profiles."""

import numpy as np

from blocks import function, shared, tensor
from blocks.graph.origin import building

RNG = np.random.RandomState(0)


def layer(**options):
    """Return a function with a product, folds that read it, and an update in place."""
    x = tensor.matrix("x", dtype="float32")
    W, b = shared(RNG.randn(4, 3).astype("float32"), "W"), shared(np.zeros(3, "float32"), "b")
    with building("/net/layer.apply"):
        y = tensor.tanh(x.dot(W) + b)
        total = (y * y).sum()
    with building("/rule.apply"):
        updates = [(b, b - np.float32(0.1) * y.sum(axis=0))]
    return function([x], total, updates=updates, name="f", **options)


def ones(*shape):
    return np.ones(shape, "float32")


def row(explanation, position):
    return explanation.instructions[position]
