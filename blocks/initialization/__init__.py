"""Initialization schemes: how the first values of parameters are drawn.

A scheme is given to a brick as ``weights_init`` or ``biases_init``. It draws from the
generator of the brick in float64 and rounds to ``config.floatX``, so float32 and float64
models start from the same numbers.

Examples
--------
>>> import numpy as np
>>> IsotropicGaussian(0.01).generate(np.random.RandomState(1), (1, 3)).round(4)
array([[ 0.0162, -0.0061, -0.0053]])
"""

from blocks.initialization.base import NdarrayInitialization
from blocks.initialization.dense import (
    Constant,
    FromFunction,
    Identity,
    IsotropicGaussian,
    Orthogonal,
    Uniform,
    as_scheme,
)
from blocks.initialization.sparse import Sparse, SparseND

__all__ = [
    "Constant",
    "FromFunction",
    "Identity",
    "IsotropicGaussian",
    "NdarrayInitialization",
    "Orthogonal",
    "Sparse",
    "SparseND",
    "Uniform",
    "as_scheme",
]
