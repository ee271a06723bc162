"""The identity, with another gradient than its own.

Examples
--------
>>> from blocks import tensor
>>> x = tensor.scalar("x")
>>> tensor.grad(x * disconnected_grad(x), x).eval({x: 3.0})
array(3.)
"""

from __future__ import annotations

from typing import Any

from blocks.errors import GradientError
from blocks.graph.ops.arithmetic import clip
from blocks.graph.ops.elementwise_op import elementwise, like, zeros
from blocks.graph.variable import Variable

__all__ = [
    "consider_constant",
    "disconnected_grad",
    "grad_clip",
    "undefined_grad",
    "zero_grad",
    "zero_grad_",
]

disconnected_grad = elementwise(
    "disconnected_grad", "x", lambda x: x, None, doc="x, through which no gradient flows."
)
zero_grad = elementwise("zero_grad", "x", lambda x: x, zeros, doc="x, with a gradient of zero.")
zero_grad_ = consider_constant = zero_grad


def _undefined(x: Variable, y: Variable, g: Variable) -> list[Variable]:
    raise GradientError(
        f"undefined_grad: expected no gradient through {x} ({x.type}), got a request for one. "
        "Differentiate an expression without undefined_grad."
    )


undefined_grad = elementwise(
    "undefined_grad", "x", lambda x: x, _undefined, doc="x, whose gradient is an error."
)


def grad_clip(x: Any, lower_bound: float, upper_bound: float) -> Variable:
    """Return x itself, with a gradient that is cut off at two bounds.

    Parameters
    ----------
    x
        A variable.
    lower_bound, upper_bound
        The least and the largest gradient that passes.

    Examples
    --------
    >>> from blocks import tensor
    >>> x = tensor.scalar("x")
    >>> tensor.grad(10 * grad_clip(x, -1, 1), x).eval()
    array(1.)
    """
    return elementwise(
        f"grad_clip[{lower_bound}, {upper_bound}]",
        "x",
        lambda x: x,
        lambda x, y, g: [clip(g, like(g, lower_bound), like(g, upper_bound))],
        doc="x, with a gradient that is cut off.",
    )(x)
