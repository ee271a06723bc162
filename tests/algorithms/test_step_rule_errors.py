"""Step rules with settings, variables or results that make no sense: the messages."""

import numpy as np
import pytest

from blocks.algorithms import (
    AdaDelta,
    Adam,
    CompositeRule,
    GradientDescent,
    Restrict,
    RMSProp,
    Scale,
    StepRule,
    VariableClipping,
)
from blocks.errors import GraphError
from blocks.utils.theano_utils import shared_floatx


class NoUpdates(StepRule):
    def compute_step(self, parameter, previous_step):
        return previous_step


class Neither(StepRule):
    pass


W_ = shared_floatx(np.zeros((2, 3)), name="W")
RATE = shared_floatx(1.0, name="rate")
BAD = [
    (lambda: Adam(beta1=1.5), ValueError, r"Adam: expected beta1 from 0 to 1, got 1\.5\."),
    (lambda: AdaDelta(-1), ValueError, r"AdaDelta: expected decay_rate from 0 to 1, got -1\."),
    (
        lambda: RMSProp(max_scaling=0),
        ValueError,
        r"BasicRMSProp: expected max_scaling above 0, got 0\.",
    ),
    (
        lambda: Scale("fast"),
        TypeError,
        r"learning_rate: expected a number, got str 'fast'\. Pass a number, or a scalar shared",
    ),
    (
        lambda: Scale(shared_floatx([1.0])),
        TypeError,
        r"learning_rate: expected a number, got a shared variable of float64 \(\?,\)\.",
    ),
    (
        lambda: CompositeRule([Scale]),
        TypeError,
        r"CompositeRule: expected step rules, got <class .*Scale'>\. Pass a list such as",
    ),
    (
        lambda: VariableClipping(1.0, axis=(0, 0)),
        ValueError,
        r"VariableClipping: expected each axis once, got \(0, 0\)\.",
    ),
    (
        lambda: GradientDescent(gradients=[(W_, W_)], step_rule=VariableClipping(1.0, axis=2)),
        GraphError,
        r"VariableClipping: expected axes of W \(float64 \(\?, \?\)\), got 2\. Use Restrict",
    ),
    (
        lambda: GradientDescent(gradients=[(W_, W_)], step_rule=Restrict(Scale(), [W_, RATE])),
        GraphError,
        r"Restrict: expected variables that are trained, got rate\. Pass them as parameters",
    ),
    (
        lambda: GradientDescent(gradients=[(W_, W_)], step_rule=NoUpdates()),
        TypeError,
        r"NoUpdates\.compute_step: expected a step and a list of updates, got SharedVariable W\. "
        r"Return \(step, \[\]\)\.",
    ),
    (
        lambda: GradientDescent(gradients=[(W_, W_)], step_rule=Neither()),
        NotImplementedError,
        r"Neither: expected a method compute_step\(parameter, previous_step\) or compute_steps",
    ),
]


@pytest.mark.parametrize(("make_bad", "error", "message"), BAD)
def test_errors(make_bad, error, message):
    with pytest.raises(error, match=message):
        make_bad()
