"""Memory of training: planned once, shared by plans, and no more than it must be."""

import gc
import itertools
import weakref

import numpy as np
import pytest

from blocks import tensor
from blocks.algorithms import Adam, GradientDescent, Momentum, Scale
from blocks.bricks import MLP, Rectifier, Softmax, Tanh
from blocks.compile import function
from blocks.config import config
from blocks.graph import ComputationGraph, grad, shared
from blocks.initialization import Constant, IsotropicGaussian

RNG = np.random.RandomState(0)
SGD, MOMENTUM, ADAM = (lambda: Scale(0.1)), (lambda: Momentum(0.1, 0.9)), Adam


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


def network(dims, activation, decay=0.0, seed=1):
    """Return the cost of a multilayer perceptron, and its parameters."""
    activations = [activation() for _ in dims[2:]] + [Softmax()]
    mlp = MLP(activations, dims, weights_init=IsotropicGaussian(0.1), biases_init=Constant(0))
    mlp.seed = seed
    mlp.initialize()
    x, y = tensor.matrix("x"), tensor.lvector("y")
    cost = tensor.nnet.categorical_crossentropy(mlp.apply(x), y).mean()
    parameters = ComputationGraph(cost).parameters
    if decay:
        cost += decay * sum((W**2).sum() for W in parameters if W.ndim == 2)
    return cost, parameters


def needed(dims, batch, states):
    """Return the bytes that a step of a multilayer perceptron of float32 cannot do without.

    These are the parameters, as much again for each state of the step rule, the batch, and the
    activations that the gradient needs, which are the outputs of all layers.
    """
    parameters = sum((n + 1) * m for n, m in itertools.pairwise(dims))
    return 4 * (parameters * (1 + states) + batch * sum(dims)) + 8 * batch


STEPS = [
    ((784, 100, 10), 1024, SGD, 0, 0.005),
    ((784, 500, 500, 10), 256, SGD, 0, 0.0),
    ((784, 500, 500, 10), 256, MOMENTUM, 1, 0.005),
    ((784, 500, 500, 10), 256, ADAM, 2, 0.005),
    ((*[64] * 20, 10), 32, SGD, 0, 0.0),
    ((10, 200, 200, 10), 1000, SGD, 0, 0.005),
    ((64, 128, 128, 128, 10), 4096, SGD, 0, 0.005),
    ((64, 128, 128, 128, 10), 4096, MOMENTUM, 1, 0.0),
    ((64, 128, 128, 128, 10), 4096, ADAM, 2, 0.0),
]


@pytest.mark.parametrize(("dims", "batch", "rule", "states", "decay"), STEPS)
def test_a_step_needs_little_more_than_it_must(dims, batch, rule, states, decay):
    with config.use(floatX="float32"):
        cost, parameters = network(dims, Rectifier if states else Tanh, decay)
        algorithm = GradientDescent(cost=cost, parameters=parameters, step_rule=rule())
        algorithm.initialize()
    x, y = RNG.rand(batch, dims[0]).astype("float32"), RNG.randint(0, dims[-1], batch)
    algorithm.process_batch({"x": x, "y": y})
    f = algorithm._function
    total = f.executor.memory.size + x.nbytes + y.nbytes + sum(s.array.nbytes for s in f.updates)
    assert total <= 1.2 * needed(dims, batch, states)


@pytest.mark.parametrize(("batch", "sums"), [(10, 3), (4000, 0)])
def test_gradients_wait_in_memory_where_activations_are_larger(batch, sums):
    """The old weights are needed until the activations are gone: gemm cannot add to them yet."""
    rng = np.random.RandomState(2)
    batches = [{"x": rng.rand(batch, 20), "y": rng.randint(0, 10, batch)} for _ in range(3)]
    results = []
    for mode in ("reference", "compiled"):
        cost, parameters = network((20, 30, 30, 10), Tanh, 0.01)
        with config.use(mode=mode):
            algorithm = GradientDescent(cost=cost, parameters=parameters, step_rule=SGD())
            algorithm.initialize()
        for values in batches:
            algorithm.process_batch(values)
        results.append([x.get_value() for x in parameters])
    for expected, got in zip(*results, strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-7, atol=1e-10)
    (plan,) = algorithm._function.executor.plans.values()
    names = [i.node.op.name for i in plan.schedule.instructions if i.product]
    assert names.count("gemm") == sums
