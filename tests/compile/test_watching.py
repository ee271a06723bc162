"""Updates that only watch: they see what is there, and change nothing about the rest."""

import numpy as np
import pytest

from blocks import tensor
from blocks.algorithms import Adam, GradientDescent, Momentum, Scale
from blocks.bricks import MLP, Softmax, Tanh
from blocks.compile import function, layout
from blocks.config import config
from blocks.graph import ComputationGraph, grad, shared
from blocks.initialization import Constant, IsotropicGaussian

RULES = {"scale": lambda: Scale(0.1), "momentum": lambda: Momentum(0.1, 0.9), "adam": Adam}
WATCHED_IN_TRAINING = (
    *("activations", "norms", "products", "large"),
    *("old and new", "may fail", "other memory"),
)


def watching(value):
    """Return a shared variable for values like one, which only watches."""
    seen = shared(np.zeros((1,) * value.ndim, value.dtype), "seen")
    seen.tag.watches = True
    return seen


def train(rule, batch, watched):
    """Return parameters after three steps, and the schedule that was chosen."""
    rng = np.random.RandomState(0)
    with config.use(floatX="float32"):
        mlp = MLP([Tanh(), Tanh(), Softmax()], (20, 200, 200, 10), seed=1)
        mlp.weights_init, mlp.biases_init = IsotropicGaussian(0.1), Constant(0)
        mlp.initialize()
        x, y = tensor.matrix("x"), tensor.lvector("y")
        cost = tensor.nnet.categorical_crossentropy(mlp.apply(x), y).mean()
        graph = ComputationGraph(cost)
        cost = cost + 0.01 * sum((W**2).sum() for W in graph.parameters if W.ndim == 2)
        algorithm = GradientDescent(cost=cost, parameters=graph.parameters, step_rule=RULES[rule]())
        inner = [v for v in graph.intermediary_variables if v.ndim == 2]
        # An activation times what is written over it: the gradient of its pre-activation.
        hidden = [v for v in inner if v.owner and str(v.owner.op) == "tanh"]
        late = zip(hidden, grad(cost, [v.owner.inputs[0] for v in hidden]), strict=True)
        values = {
            "activations": sum((v**2).sum() for v in inner),
            "norms": algorithm.total_gradient_norm + algorithm.total_step_norm + cost,
            "products": sum(abs(v * g).sum() for v, g in late),
            "large": tensor.exp(x.dot(np.ones((20, 2000), "float32"))).sum(),
            "old and new": sum((p * (p - s)).sum() for p, s in algorithm.steps.items()),
            "may fail": sum((p - s)[y[0]].sum() for p, s in algorithm.steps.items()),
            "other memory": cost + shared(np.zeros((2000, 2000), "float32")).sum(),
        }
        values["may fail"] = values["may fail"] + values["products"]
        if watched:
            algorithm.add_updates([(watching(values[watched]), values[watched])])
        algorithm.initialize()
    for _ in range(3):
        features = rng.rand(batch, 20).astype("float32")
        algorithm.process_batch({"x": features, "y": rng.randint(0, 10, batch)})
    (plan,) = algorithm._function.executor.plans.values()
    return [p.get_value() for p in graph.parameters], plan.schedule


def sums(schedule):
    """Return how many products are added to something by gemm."""
    return sum(i.node.op.name == "gemm" for i in schedule.instructions if i.product)


@pytest.mark.parametrize("rule", RULES)
def test_who_watches_does_not_decide_how_memory_is_used(rule, monkeypatch):
    """Activations of this size are computed by rows, and make another schedule the better one."""
    monkeypatch.setattr(layout, "rows_at_once", lambda rows, *sizes: rows // 3)  # rounds otherwise
    alone, schedule = train(rule, 601, None)
    for watched in WATCHED_IN_TRAINING:
        found, other = train(rule, 601, watched)
        for x, y in zip(alone, found, strict=True):
            np.testing.assert_array_equal(x, y, err_msg=watched)
        assert len(other.instructions) > len(schedule.instructions)
        assert sums(other) == sums(schedule)


x, i = tensor.matrix("x"), tensor.lscalar("i")


def late(W):
    """Return a value that takes many steps."""
    y = W
    for _ in range(4):
        y = tensor.exp(y.dot(np.full((3, 3), -0.1)))
    return y


def overwritten(W):
    """Return a value, and another one that is written over it."""
    y = tensor.exp(W.dot(np.eye(3)))
    return y, tensor.tanh(y) * y.sum(axis=0)


# The new value of W, and what is watched.
WATCHED = {
    "a value that is in memory": (lambda W: W - late(W), lambda W: late(W).sum()),
    "a part of a fused value": (lambda W: W * 2 + 1, lambda W: (W * 2).sum(axis=0)),
    "a product that gemm adds": (lambda W: W + x.T.dot(x)[:2], lambda W: x.T.dot(x)),
    "a view of an old value": (lambda W: W * 2, lambda W: W[:, 1] + 0),
    "an old value": (lambda W: W * 2, lambda W: W),
    "the new value": (lambda W: W - late(W), lambda W: W - late(W)),
    "nothing": (lambda W: W * 2, lambda W: tensor.ones((2,))),
    "an old value, late": (lambda W: late(W * 2) + W, lambda W: (late(W * 2) + W) * W),
    "a value that is overwritten": (
        lambda W: W - overwritten(W)[1].dot(np.eye(3)),
        lambda W: overwritten(W)[0],
    ),
    "a value and what overwrites it": (
        lambda W: W - overwritten(W)[1].dot(np.eye(3)),
        lambda W: overwritten(W)[0] * overwritten(W)[1].dot(np.eye(3)),
    ),
    "an old value that is replaced": (lambda W: tensor.exp(x), lambda W: tensor.exp(x) * W),
    "what is replaced": (lambda W: W * 2, lambda W: tensor.exp(x)),
    "a branch": (
        lambda W: tensor.ifelse(W.sum() > 100, W, tensor.exp(W * 0)),
        lambda W: tensor.exp(W * 0) + 1,
    ),
}


@pytest.mark.parametrize("name", WATCHED)
def test_what_is_watched_is_what_the_reference_computes(name):
    new_value, value = WATCHED[name]
    found = []
    for mode in ("compiled", "reference"):
        W = shared(np.arange(6.0).reshape(2, 3) / 10, "W")
        seen = watching(value(W))
        updates = [(W, new_value(W)), (seen, value(W))]
        f = function([x], [], updates=updates, mode=mode, on_unused_input="ignore")
        for _ in range(2):
            f(np.arange(6.0).reshape(2, 3))
            found.append((W.get_value(), seen.get_value()))
    for got, expected in zip(found[:2], found[2:], strict=True):
        np.testing.assert_allclose(got[0], expected[0])
        np.testing.assert_allclose(got[1], expected[1])


@pytest.mark.parametrize("watched", [lambda W: tensor.exp(W), lambda W: late(W)])
def test_a_watcher_that_fails_changes_nothing(watched):
    W, count = shared(np.zeros((3, 3)), "W"), shared(0, "count")
    value = watched(W)[0][i]
    seen = watching(value)
    f = function([i], [], updates=[(count, count + 1), (W, W + late(W) * 0 + 1), (seen, value)])
    with pytest.raises(IndexError):
        f(7)
    assert (W.get_value().sum(), count.get_value()) == (0, 0)
    expected = value.eval({i: 2})
    f(2)
    assert (W.get_value().sum(), count.get_value(), seen.get_value()) == (9, 1, expected)


def test_a_watcher_changes_nothing_before_another_one_that_fails():
    W, total = shared(np.zeros((3, 3)), "W"), watching(x)
    value = late(W)[0][i]
    seen = watching(value)
    new = W + late(W) * late(W).sum()  # so late(W) is in memory, where the second one looks
    f = function([x, i], [], updates=[(W, new), (total, total + x), (seen, value)])
    total.set_value(np.zeros((3, 3)))
    with pytest.raises(IndexError):
        f(np.ones((3, 3)), 7)
    assert (W.get_value().sum(), total.get_value().sum()) == (0, 0)
    expected = value.eval({i: 2})
    f(np.ones((3, 3)), 2)
    assert (total.get_value().sum(), seen.get_value()) == (9, expected)
