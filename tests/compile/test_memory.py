"""Memory of training: planned once, shared by plans, and no more than it must be."""

import gc
import weakref

import numpy as np

from blocks import tensor
from blocks.compile import function
from blocks.graph import grad, shared

RNG = np.random.RandomState(0)


def step():
    """Return a function that trains a small net."""
    x = tensor.matrix("x")
    W = shared(RNG.randn(20, 30))
    cost = tensor.tanh(x.dot(W)).sum()
    return function([x], cost, updates={W: W - 0.1 * grad(cost, W)})


def test_a_small_batch_uses_the_memory_of_a_large_one():
    f = step()
    f(np.ones((50, 20)))
    memory = f.executor.memory
    for rows in (7, 1, 50, 49):
        f(np.ones((rows, 20)))
    assert f.executor.memory is memory
    assert len(f.executor.plans) == 4


def test_a_large_batch_keeps_nothing_of_a_small_one():
    f = step()
    f(np.ones((7, 20)))
    f(np.ones((6, 20)))
    old = weakref.ref(f.executor.memory.base)
    before = f.executor.memory.size
    f(np.ones((50, 20)))
    gc.collect()
    assert old() is None
    assert 5 * before < f.executor.memory.size < 10 * before
    for rows in (7, 6, 50, 7):
        f(np.ones((rows, 20)))
    assert len(f.executor.plans) == 3
