"""Recurrent bricks in wrong hands: what is wrong is said, with brick, names and shapes."""

import numpy as np
import pytest

from blocks import tensor
from blocks.bricks import (
    BaseRecurrent,
    Brick,
    SimpleRecurrent,
    Tanh,
    application,
    recurrent,
)
from blocks.compile import function
from blocks.errors import BrickError, DtypeError, ShapeError
from blocks.graph.computation import ComputationGraph
from blocks.graph.types import TensorType
from blocks.initialization import IsotropicGaussian
from tests.bricks.recurrent.own import Powers, Sum, x3


def symbol(*shape, dtype="float64", name="x"):
    return TensorType(dtype, shape)(name)


class Doing(BaseRecurrent):
    """Does in each step what it is told."""

    def __init__(self, how, **kwargs):
        super().__init__(**kwargs)
        self.how = how

    @recurrent(sequences=["inputs"], states=["h"], outputs=["h"], contexts=[])
    def apply(self, inputs, h):
        return self.how(inputs, h)

    def get_dim(self, name):
        return 3


class Lost(BaseRecurrent):
    @recurrent(sequences=["inputs"], states=["h"], outputs=["y"], contexts=[])
    def apply(self, inputs, h):
        return h + inputs


class Half(Brick):
    @recurrent(sequences=["inputs"], states=["h", "k"], outputs=["h", "k"], contexts=[])
    def apply(self, inputs, h, k):
        return h + inputs, k

    @application(outputs=["h"])
    def initial_states(self, batch_size, *args, **kwargs):
        return tensor.zeros((batch_size, 3))


class Plain(Brick):
    @recurrent(sequences=["inputs"], states=["h"], outputs=["h"], contexts=[])
    def apply(self, inputs, h):
        return h + inputs


class Misshapen(Doing):
    @application(outputs=["h"])
    def initial_states(self, batch_size, *args, **kwargs):
        return tensor.zeros((batch_size, 4))


class Sizeless(BaseRecurrent):
    @recurrent(sequences=["inputs"], states=["h"], outputs=["h"], contexts=[])
    def apply(self, inputs, h):
        return h + inputs


def doing(how, x=None):
    return Doing(how).apply(symbol(None, None, 3) if x is None else x)


MISTAKES = {
    "unknown input": (
        lambda: Sum().apply(x3, factors=2.0),
        TypeError,
        r"^/sum\.apply: expected the arguments \(inputs=None, total=None, factor=None, "
        r"weights=None, \*, iterate=True, reverse=False, n_steps=None, batch_size=None, "
        r"return_initial_states=False\), got 1 by position and factors=: .*'factors'\.$",
    ),
    "missing sequence": (
        lambda: Sum().apply(factor=2.0),
        TypeError,
        r"^/sum\.apply: expected the inputs inputs, got factor\. Pass inputs=\.\.\.\.$",
    ),
    "missing context": (
        lambda: Sum().apply(x3),
        TypeError,
        r"^/sum\.apply: expected the inputs factor, got inputs\. Pass factor=\.\.\.\.$",
    ),
    "missing state of one step": (
        lambda: Sum().apply(x3[0], factor=2.0, iterate=False),
        TypeError,
        r"^/sum\.apply: expected the inputs total, got inputs, factor\. One step needs the "
        r"states before it\. Pass total=\.\.\.\.$",
    ),
    "option of a loop for one step": (
        lambda: Sum().apply(x3[0], x3[0], 2.0, iterate=False, reverse=True),
        TypeError,
        r"^/sum\.apply: expected no reverse for one step, got reverse=True and iterate=False\.",
    ),
    "unknown number of steps": (
        lambda: Powers().apply(b=2.0),
        TypeError,
        r"^/powers\.apply: expected n_steps, got none: the number of steps is not known\. Pass",
    ),
    "unknown size of the batch": (
        lambda: Powers().apply(b=2.0, n_steps=3),
        TypeError,
        r"^/powers\.apply: expected initial states or the size of the batch, got neither\. "
        r"Pass batch_size=\.\.\., or x=\.\.\.\.$",
    ),
    "not an array": (
        lambda: Sum().apply("words", factor=2.0),
        TypeError,
        r"^/sum\.apply: expected a variable or an array as inputs, got str 'words'\.$",
    ),
    "a state that is no output": (
        lambda: Lost().apply(x3),
        BrickError,
        r"^/lost\.apply: expected each state among the outputs, got the outputs y without h\.",
    ),
    "no initial state": (
        lambda: Half().apply(x3),
        BrickError,
        r"^/half\.apply: expected an initial state for each of h, k, got h\. Pass k=\.\.\., or "
        r"let initial_states return it\.$",
    ),
    "no initial states": (
        lambda: Plain().apply(x3),
        BrickError,
        r"^/plain\.apply: expected initial states, or a brick with an application "
        r"initial_states, got <Plain /plain>\. Pass h=\.\.\., or derive .* BaseRecurrent\.$",
    ),
    "initial states of another size": (
        lambda: Misshapen(lambda x, h: h).apply(x3),
        ShapeError,
        r"^/misshapen\.apply: expected h of shape \(batch, 3\), got float64 \(2, 4\)\. Change its",
    ),
    "a sequence without the axis of the batch": (
        lambda: Sizeless().apply(symbol(4)),
        TypeError,
        r"^/sizeless\.apply: expected initial states or the size of the batch, got neither\.",
    ),
    "wrong last axis": (
        lambda: Sum().apply(symbol(None, None, 4), factor=2.0),
        ShapeError,
        r"^/sum\.apply: expected inputs of shape \(time, batch, 3\), got float64 \(\?, \?, 4\)\. "
        r"Change its last axis, or the dim of the brick\.$",
    ),
    "no axis of time": (
        lambda: Sum().apply(symbol(None, 3), factor=2.0),
        ShapeError,
        r"^/sum\.apply: expected inputs of shape \(time, batch, 3\), got float64 \(\?, 3\)\. "
        r"Pass whole sequences, with time as their first axis; or iterate=False\.$",
    ),
    "axes of features too many": (
        lambda: Sum().apply(x3, factor=2.0, weights=symbol(4, 2, 1, name="w")),
        ShapeError,
        r"^/sum\.apply: expected weights of shape \(time, batch\), got float64 \(4, 2, 1\)\. It "
        r"has no axis of features, as its dimension is 0\.$",
    ),
    "sequences of two lengths": (
        lambda: Sum().apply(x3, factor=2.0, weights=symbol(5, 2, name="w")),
        ShapeError,
        r"^/sum\.apply: expected inputs and weights of one size along the axis of time, got "
        r"float64 \(4, 2, 3\) and float64 \(5, 2\)\. Cut or pad them",
    ),
    "sequences of two sizes of the batch": (
        lambda: Sum().apply(x3, factor=2.0, weights=symbol(4, 3, name="w")),
        ShapeError,
        r"^/sum\.apply: expected inputs and weights of one size along the axis of batch, got "
        r"float64 \(4, 2, 3\) and float64 \(4, 3\)\.",
    ),
    "state of another size of the batch": (
        lambda: Sum().apply(x3, symbol(3, 3, name="h"), factor=2.0),
        ShapeError,
        r"^/sum\.apply: expected inputs and total of one size along the axis of batch, got "
        r"float64 \(4, 2, 3\) and float64 \(3, 3\)\.",
    ),
    "state of another size": (
        lambda: Sum().apply(x3, symbol(2, 4, name="h"), factor=2.0),
        ShapeError,
        r"^/sum\.apply: expected total of shape \(batch, 3\), got float64 \(2, 4\)\.",
    ),
    "state without the axis of the batch": (
        lambda: Sum().apply(x3, symbol(3, name="h"), factor=2.0),
        ShapeError,
        r"^/sum\.apply: expected total of shape \(batch, 3\), got float64 \(3,\)\.",
    ),
    "state that grows": (
        lambda: doing(lambda x, h: tensor.concatenate([h, h], axis=1)),
        ShapeError,
        r"^/doing\.apply: expected a step that keeps the shape of h, float64 \(\?, 3\), got "
        r"float64 \(\?, 6\)\. Return the new h in the shape of the old one\.$",
    ),
    "state that loses an axis": (
        lambda: doing(lambda x, h: h.sum(axis=1)),
        ShapeError,
        r"^/doing\.apply: expected a step that keeps the shape of h, .* got float64 \(\?,\)\.",
    ),
    "state that changes its dtype": (
        lambda: doing(lambda x, h: tensor.cast(h, "float32")),
        DtypeError,
        r"^/doing\.apply: expected a step that keeps the dtype of h, float64, got float32\. "
        r"Cast the inputs, or the initial state, to one dtype\.$",
    ),
    "inputs of another dtype": (
        lambda: Doing(lambda x, h: h + x).apply(
            symbol(None, None, 3), symbol(None, 3, dtype="float32", name="h")
        ),
        DtypeError,
        r"keeps the dtype of h, float32, got float64, from inputs float64\. Cast",
    ),
    "outputs too many": (
        lambda: doing(lambda x, h: [h, h]),
        BrickError,
        r"^/doing\.apply: expected the outputs h, got 2\. Return what outputs=\[\.\.\.\]",
    ),
    "no outputs": (
        lambda: doing(lambda x, h: None),
        BrickError,
        r"^/doing\.apply: expected the outputs h, got none\.",
    ),
    "outputs too few": (
        lambda: doing(lambda x, h: []),
        BrickError,
        r"^/doing\.apply: expected a step that returns the outputs h, got 0 variables\.",
    ),
    "names instead of a list": (
        lambda: recurrent(states="h")(lambda self, h: h),
        TypeError,
        r"^application .*: expected a list of names as states, got 'h'\.",
    ),
    "not a method": (
        lambda: recurrent(3),
        TypeError,
        r"^recurrent: expected a method or keywords such as sequences=\['inputs'\], got 3\.$",
    ),
    "an argument named like an option": (
        lambda: recurrent(lambda self, n_steps: None),
        TypeError,
        r"^recurrent: expected a method without an argument n_steps, which is an option of",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistake(name):
    act, error, text = MISTAKES[name]
    with pytest.raises(error, match=text):
        act()


WRONG_SIZES = {
    "mask of another length": (
        {"inputs": (5, 2, 3), "mask": (4, 2)},
        r"expected sequences of one length, got float64 \(4, 2\) for \w*mask and 5 steps",
    ),
    "mask that is too long": (
        {"inputs": (5, 2, 3), "mask": (6, 2)},
        r"expected sequences of one length, got float64 \(6, 2\) for \w*mask and 5 steps",
    ),
    "mask of another batch": (
        {"inputs": (5, 2, 3), "mask": (5, 3)},
        r"mul: expected inputs of one shape, got \(3, 1\) and \(2, 3\)",
    ),
    "mask of one example": (
        {"inputs": (5, 2, 3), "mask": (5, 1)},
        r"mul: expected inputs of one shape, got \(1, 1\) and \(2, 3\)",
    ),
    "states of another batch": (
        {"inputs": (5, 2, 3), "states": (4, 3)},
        r"add: expected inputs of one shape, got \(2, 3\) and \(4, 3\)",
    ),
    "states of one example": (
        {"inputs": (5, 2, 3), "states": (1, 3)},
        r"add: expected inputs of one shape, got \(2, 3\) and \(1, 3\)",
    ),
    "states of another size": (
        {"inputs": (5, 2, 3), "states": (2, 4)},
        r"dot: expected .* got .*\(2, 4\).*\(3, 3\)",
    ),
    "inputs of another size": (
        {"inputs": (5, 2, 4)},
        r"add: expected inputs of one shape, got \(2, 4\) and \(2, 3\)",
    ),
}


@pytest.mark.parametrize("mode", ["compiled", "reference", "debug"])
@pytest.mark.parametrize("name", WRONG_SIZES)
def test_sizes_that_turn_out_wrong(name, mode):
    shapes, text = WRONG_SIZES[name]
    brick = SimpleRecurrent(3, activation=Tanh(), weights_init=IsotropicGaussian(1), name="rnn")
    brick.initialize()
    inputs = {key: symbol(*(None,) * len(s), name=key) for key, s in shapes.items()}
    compute = function(list(inputs.values()), brick.apply(**inputs), mode=mode)
    with pytest.raises(ShapeError, match=rf"^/rnn\.apply: .*{text}"):
        compute(*(np.zeros(shape) for shape in shapes.values()))


def test_a_state_that_turns_out_to_grow():
    y = doing(lambda x, h: tensor.concatenate([h, x], axis=0))
    (x,) = ComputationGraph(y).inputs
    text = r"^/doing\.apply: doing_apply_scan: expected a step to keep the shape of the state .*h, "
    with pytest.raises(ShapeError, match=rf"{text}got .*\(2, 3\) before and .*\(4, 3\) after"):
        y.eval({x: np.zeros((2, 2, 3))})
