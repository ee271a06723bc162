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
from blocks.graph.ops.normalization import (
    batch_normalization,
    batch_normalization_test,
    batch_normalization_train,
)
from blocks.tensor import bn

__all__ = [
    "batch_normalization",
    "batch_normalization_test",
    "batch_normalization_train",
    "binary_crossentropy",
    "bn",
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
