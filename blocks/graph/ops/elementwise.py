"""Elementwise operations: one expression per element, with broadcasting.

All of them are found here: how one is declared is in `blocks.graph.ops.elementwise_op`,
arithmetic and logic are in `blocks.graph.ops.arithmetic`, exponentials and activations in
`blocks.graph.ops.elementary`.

Examples
--------
>>> from blocks import tensor
>>> x = tensor.vector("x")
>>> (x**2 + 1).eval({x: [1.0, 2.0]})
array([2., 5.])
"""

from blocks.graph.ops import arithmetic, elementary
from blocks.graph.ops.arithmetic import *  # noqa: F403
from blocks.graph.ops.elementary import *  # noqa: F403
from blocks.graph.ops.elementwise_op import Elementwise, cast, elementwise

__all__ = ["Elementwise", "cast", "elementwise"]
__all__ += arithmetic.__all__
__all__ += elementary.__all__
