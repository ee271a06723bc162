"""Recurrent bricks: networks that walk along sequences, one step after the other.

Sequences are time-major: their first axis is time, their second the batch.

Examples
--------
>>> from blocks import tensor
>>> from blocks.bricks import LSTM, Linear
>>> from blocks.initialization import Constant, IsotropicGaussian
>>> schemes = {"weights_init": IsotropicGaussian(0.1), "biases_init": Constant(0)}
>>> inputs, lstm = Linear(2, 4 * 8, **schemes), LSTM(8, **schemes)
>>> inputs.initialize()
>>> lstm.initialize()
>>> x, mask = tensor.tensor3("x"), tensor.matrix("mask")
>>> states, cells = lstm.apply(inputs.apply(x), mask=mask)
>>> states, states.type.shape
(lstm_apply_states, (None, None, 8))
"""

from blocks.bricks.recurrent.architectures import LSTM, GatedRecurrent, SimpleRecurrent
from blocks.bricks.recurrent.base import BaseRecurrent, recurrent
from blocks.bricks.recurrent.misc import (
    RECURRENTSTACK_SEPARATOR,
    Bidirectional,
    RecurrentStack,
)

__all__ = [
    "LSTM",
    "RECURRENTSTACK_SEPARATOR",
    "BaseRecurrent",
    "Bidirectional",
    "GatedRecurrent",
    "RecurrentStack",
    "SimpleRecurrent",
    "recurrent",
]
