"""The order of instructions: updates early, checks before them, conditions before branches."""

import numpy as np
import pytest

from blocks import tensor
from blocks.compile import function
from blocks.graph import grad, shared
from blocks.graph.ops.effects import Print

RNG = np.random.RandomState(0)


def train(layers, size, momentum=0):
    """Return a function that trains a net, and its weights from the first layer to the last."""
    x = tensor.matrix("x")
    weights = [shared(RNG.randn(size, size) / size, f"W{i}") for i in range(layers)]
    h = x
    for W in weights:
        h = tensor.tanh(h.dot(W))
    updates = []
    for W, g in zip(weights, grad((h**2).mean(), weights), strict=True):
        if momentum:
            velocity = shared(np.zeros((size, size)), f"velocity of {W.name}")
            updates.append((velocity, momentum * velocity - 0.1 * g))
            g = -10 * updates[-1][1]
        updates.append((W, W - 0.1 * g))
    return function([x], [], updates=updates), weights


@pytest.mark.parametrize("momentum", [0, 0.9])
def test_weights_are_updated_from_the_last_layer_to_the_first(momentum):
    """Each as soon as the gradient of the layer below, which reads them, is there."""
    f, weights = train(5, 4, momentum)
    f(np.ones((3, 4)))
    written = [x for i in f.executor.schedule.instructions for x in i.in_place.values()]
    assert [x for x in written if x in weights[1:]] == weights[:0:-1]
    instructions = f.executor.schedule.instructions
    for W in weights[1:]:
        ends = [i for i, instruction in enumerate(instructions) if W in instruction.reads]
        between = instructions[ends[-2] + 1 : ends[-1]]
        assert not any(other in i.reads for i in between for other in weights if other is not W)


def test_a_run_that_fails_late_changes_nothing():
    """However long what fails has to wait for its inputs."""
    x, i, W = tensor.vector("x"), tensor.lscalar("i"), shared(np.arange(3.0))
    late = W * x
    for _ in range(5):
        late = tensor.exp(late.reshape((3, 1)).dot(np.zeros((1, 3))).sum(axis=0))
    f = function([x, i], late[i], updates={W: W + x})
    with pytest.raises(IndexError):
        f(np.ones(3), 7)
    assert W.get_value().tolist() == [0, 1, 2]
    assert f(np.ones(3), 2) == 1
    assert W.get_value().tolist() == [1, 2, 3]


def test_an_update_that_fails_changes_nothing():
    i, W, part = tensor.lscalar("i"), shared(np.arange(3.0)), shared(0.0)
    f = function([i], [], updates=[(part, tensor.exp(W)[i]), (W, W + 1)])
    with pytest.raises(IndexError):
        f(7)
    assert W.get_value().tolist() == [0, 1, 2]
    f(0)
    assert (W.get_value().tolist(), part.get_value()) == ([1, 2, 3], 1)


@pytest.mark.parametrize("new", [lambda W: W * 2, lambda W: tensor.exp(W.sum()) + tensor.ones(3)])
def test_what_fails_because_of_a_new_value_changes_nothing(new):
    i, W = tensor.lscalar("i"), shared(np.arange(3.0))
    f = function([i], (new(W) + 1)[i], updates={W: new(W)})
    expected = new(W).eval()
    with pytest.raises(IndexError):
        f(7)
    assert W.get_value().tolist() == [0, 1, 2]
    assert f(2) == expected[2] + 1
    assert W.get_value().tolist() == expected.tolist()


def test_prints_come_in_their_order(capsys):
    x, W = tensor.vector("x"), shared(np.zeros(3))
    late = x
    for _ in range(3):
        late = tensor.exp(late.reshape((3, 1)).dot(np.zeros((1, 3))).sum(axis=0))
    f = function([x], [Print("first")(late), Print("second")(x)], updates={W: W + late})
    f(np.ones(3))
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["first", "second"]
