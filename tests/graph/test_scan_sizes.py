"""Gradients of loops in which sizes differ from step to step."""

import numpy as np
import pytest

from blocks import function, tensor
from blocks.graph import grad, ifelse, toposort
from blocks.graph.loops import map, scan
from tests.graph.test_scan_gradients import MODES, check

ks, v = tensor.lvector("ks"), tensor.dvector("v")
VALUES = [[1, 3, 2], [0.3, 0.1, 0.4]]


def nested(k):
    powers, _ = scan(lambda h: tensor.sin(h * v.sum()), outputs_info=v[0], n_steps=k)
    return powers[-1]


STEPS = {
    "slice": lambda k: tensor.exp(v[:k]).sum(),
    "two functions": lambda k: (tensor.exp(v[:k]) * tensor.tanh(v[:k])).sum() ** 2,
    "from": lambda k: (tensor.exp(v)[k - 1 :] ** 2).sum(),
    "alloc": lambda k: tensor.exp(tensor.alloc(v[0], k)).sum(),
    "arange": lambda k: tensor.exp(v[1] * tensor.arange(k)).sum(),
    "reshape": lambda k: tensor.exp(tensor.outer(v, v)[:k].reshape((3, k))).sum(axis=0)[0],
    "a part of a part": lambda k: tensor.exp(tensor.exp(v[:k])[0] * v).sum(),
    "branches": lambda k: tensor.exp(ifelse(tensor.gt(k, 1), v[:2], v[:3])).sum(),
    "chosen elements": lambda k: tensor.exp(v[tensor.nonzero(tensor.lt(v, 0.11 * k))[0]]).sum(),
    "nested": nested,
    # What is compared for equality must be known again.
    "largest": lambda k: tensor.exp(v[:k]).max(),
    "least": lambda k: tensor.exp(tensor.tanh(v[:k]) * v[:k]).min() ** 2,
    "larger": lambda k: tensor.maximum(tensor.exp(v[:k]), tensor.exp(2 * v[:k]) - 0.3).sum(),
    "largest of several": lambda k: tensor.maximum(tensor.exp(v[:k]).max(), tensor.exp(v[2]) - 0.1),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("step", STEPS)
def test_sizes_that_differ(step, mode):
    y, _ = map(lambda k: STEPS[step](k), ks)
    check((y**2).sum(), [ks, v], VALUES, mode)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("step", STEPS)
def test_sizes_that_differ_in_a_state(step, mode):
    y, _ = scan(lambda k, h: tensor.tanh(h * STEPS[step](k)), ks, tensor.ones(()))
    check(y.sum(), [ks, v], VALUES, mode)
    check(y[-1], [ks, v], VALUES, mode)


@pytest.mark.parametrize("mode", MODES)
def test_the_largest_is_known_again_in_many_steps(mode):
    # Each number is the largest in one step: a gradient of 0 were one that was not found.
    def step(k):
        gate = tensor.nnet.sigmoid(v[:k])
        return (gate * v[:k] + (1 - gate) * tensor.exp(v[:k])).max()

    y, _ = map(step, ks)
    given = np.sort(np.random.RandomState(1).uniform(-1, 1, 40))
    by_v = function([ks, v], grad(y.sum(), v), mode=mode)(np.arange(1, 41), given)
    assert (np.abs(by_v) > 0.1).all()


def stored(step, *sequences):
    """Return the names of the ops whose results the loop keeps for its gradient."""
    y, _ = map(step, list(sequences))
    loops = [n.op for n in toposort([grad(y.sum(), v)]) if n.op.inner_outputs()]
    return sorted(x.owner.op.name for op in loops for x in getattr(op, "extras", ()))


def test_what_has_one_size_is_stored():
    x, n = tensor.matrix("x"), tensor.lscalar("n")
    for step in [
        lambda k: (tensor.exp(v * k) ** 2).sum(),
        lambda k: (tensor.exp(v[k] * v) ** 2).sum(),
        lambda k: (tensor.exp(v[[0, 1]] * k) ** 2).sum(),
        lambda k: (tensor.exp(v[:n] * k) ** 2).sum(),
        lambda k: (tensor.exp(x[k] * v) ** 2).sum(),
        lambda k: (tensor.exp(x[k, :n] * v[:n]) ** 2).sum(),
        lambda k: (tensor.exp(x[tensor.stack(k, 0)] * v) ** 2).sum(),
        lambda k: (tensor.exp(x[k].reshape((n, 2)) * v[:2]) ** 2).sum(),
        lambda k: (tensor.exp(tensor.set_subtensor(v[k], 1.0) * v) ** 2).sum(),
    ]:
        assert "exp" in stored(step, ks)


def test_what_changes_its_size_is_not_stored():
    assert stored(lambda k: (tensor.exp(v[:k]) ** 2).sum(), ks) == []
    both = stored(lambda k: (tensor.exp(v[:k]) ** 2).sum() * tensor.exp(v[k - 1]) ** 2, ks)
    assert "exp" in both
