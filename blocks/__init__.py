"""Neural networks from bricks: symbolic graphs, compiled, trained by a main loop.

Examples
--------
>>> from blocks import function, tensor
>>> x = tensor.vector("x")
>>> function([x], (x**2).sum())([3.0, 4.0])
array(25.)
"""

from blocks import config, errors, tensor
from blocks.compile import In, explain, function
from blocks.graph import ComputationGraph, SharedVariable, Variable, grad, shared
from blocks.version import version as __version__

__all__ = [
    "ComputationGraph",
    "In",
    "SharedVariable",
    "Variable",
    "__version__",
    "config",
    "errors",
    "explain",
    "function",
    "grad",
    "shared",
    "tensor",
]
