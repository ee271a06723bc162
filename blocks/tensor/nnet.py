"""Functions of neural networks: activations and costs, convolutions.

Examples
--------
>>> softmax([[0.0, 0.0]]).eval()
array([[0.5, 0.5]])
"""

from __future__ import annotations

from blocks.graph.ops.elementwise import (
    elu,
    hard_sigmoid,
    relu,
    selu,
    sigmoid,
    softplus,
    tanh,
    ultra_fast_sigmoid,
)
from blocks.graph.ops.nn import (
    binary_crossentropy,
    categorical_crossentropy,
    crossentropy_categorical_1hot,
    logsoftmax,
    sigmoid_binary_crossentropy,
    softmax,
    softmax_crossentropy,
)

__all__ = [
    "binary_crossentropy",
    "categorical_crossentropy",
    "crossentropy_categorical_1hot",
    "elu",
    "hard_sigmoid",
    "logsoftmax",
    "relu",
    "selu",
    "sigmoid",
    "sigmoid_binary_crossentropy",
    "softmax",
    "softmax_crossentropy",
    "softplus",
    "tanh",
    "ultra_fast_sigmoid",
]
