"""Bricks: the parts that models are built of.

Examples
--------
>>> from blocks import tensor
>>> from blocks.bricks import MLP, Rectifier, Softmax
>>> from blocks.bricks.cost import CategoricalCrossEntropy
>>> from blocks.initialization import Constant, IsotropicGaussian
>>> x, y = tensor.matrix("features"), tensor.lvector("targets")
>>> mlp = MLP([Rectifier(), Softmax()], [784, 100, 10],
...           weights_init=IsotropicGaussian(0.01), biases_init=Constant(0))
>>> mlp.initialize()
>>> cost = CategoricalCrossEntropy().apply(y, mlp.apply(x))
>>> cost, cost.ndim
(categoricalcrossentropy_apply_cost, 0)
"""

from blocks.bricks.base import Brick, application, lazy
from blocks.bricks.interfaces import (
    Activation,
    Feedforward,
    Initializable,
    LinearLike,
    Random,
    reset_seeds,
)
from blocks.bricks.recurrent import (
    LSTM,
    RECURRENTSTACK_SEPARATOR,
    BaseRecurrent,
    Bidirectional,
    GatedRecurrent,
    RecurrentStack,
    SimpleRecurrent,
    recurrent,
)
from blocks.bricks.sequences import MLP, FeedforwardSequence, Sequence
from blocks.bricks.simple import (
    Bias,
    Identity,
    LeakyRectifier,
    Linear,
    LinearMaxout,
    Logistic,
    Maxout,
    NDimensionalSoftmax,
    Rectifier,
    Softmax,
    Softplus,
    Tanh,
)
from blocks.bricks.wrappers import WithExtraDims

__all__ = [
    "LSTM",
    "MLP",
    "RECURRENTSTACK_SEPARATOR",
    "Activation",
    "BaseRecurrent",
    "Bias",
    "Bidirectional",
    "Brick",
    "Feedforward",
    "FeedforwardSequence",
    "GatedRecurrent",
    "Identity",
    "Initializable",
    "LeakyRectifier",
    "Linear",
    "LinearLike",
    "LinearMaxout",
    "Logistic",
    "Maxout",
    "NDimensionalSoftmax",
    "Random",
    "Rectifier",
    "RecurrentStack",
    "Sequence",
    "SimpleRecurrent",
    "Softmax",
    "Softplus",
    "Tanh",
    "WithExtraDims",
    "application",
    "lazy",
    "recurrent",
    "reset_seeds",
]
