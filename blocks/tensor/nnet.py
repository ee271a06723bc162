"""Functions of neural networks: activations and costs, convolutions.

Examples
--------
>>> softmax([[0.0, 0.0]]).eval()
array([[0.5, 0.5]])
"""

from __future__ import annotations

from blocks.graph.ops.classification import (
    confusion_matrix,
    crossentropy_softmax_1hot,
    crossentropy_softmax_1hot_with_bias,
    crossentropy_softmax_argmax_1hot_with_bias,
    prepend_0_to_each_row,
    prepend_1_to_each_row,
    prepend_scalar_to_each_row,
    softmax_with_bias,
)
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

softmax_graph = softmax

__all__ = [
    "batch_normalization",
    "batch_normalization_test",
    "batch_normalization_train",
    "binary_crossentropy",
    "bn",
    "categorical_crossentropy",
    "confusion_matrix",
    "crossentropy_categorical_1hot",
    "crossentropy_softmax_1hot",
    "crossentropy_softmax_1hot_with_bias",
    "crossentropy_softmax_argmax_1hot_with_bias",
    "elu",
    "hard_sigmoid",
    "logsoftmax",
    "prepend_0_to_each_row",
    "prepend_1_to_each_row",
    "prepend_scalar_to_each_row",
    "relu",
    "selu",
    "sigmoid",
    "sigmoid_binary_crossentropy",
    "softmax",
    "softmax_crossentropy",
    "softmax_graph",
    "softmax_with_bias",
    "softplus",
    "tanh",
    "ultra_fast_sigmoid",
]
