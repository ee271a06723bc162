"""Expressions that many graphs need: norms, and products with a Hessian."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from operator import add
from typing import Any

from blocks import tensor
from blocks.errors import GraphError, described
from blocks.graph.op import as_variable
from blocks.graph.variable import Variable

__all__ = ["hessian_times_vector", "l2_norm"]


def l2_norm(tensors: Iterable[Any], squared: bool = False) -> Variable:
    """Return the joint Euclidean norm of some tensors, sqrt(sum of x^2 over all elements).

    Parameters
    ----------
    tensors
        Variables, or values that can be made variables, of any shapes.
    squared
        Whether to leave out the square root.

    Raises
    ------
    GraphError
        If there are no tensors.

    Examples
    --------
    >>> float(l2_norm([[3.0], [[4.0]]]).eval())
    5.0
    """
    squares = [tensor.sqr(as_variable(x)).sum() for x in tensors]
    if not squares:
        raise GraphError("l2_norm: expected at least one tensor, got none.")
    total: Variable = reduce(add, squares)
    return total if squared else tensor.sqrt(total)


def hessian_times_vector(
    gradient: Variable, parameter: Variable, vector: Variable, r_op: bool = False
) -> Variable:
    """Return H v, the product of the Hessian of a cost and a vector, without making H.

    Parameters
    ----------
    gradient
        The gradient of the cost by `parameter`.
    parameter
        The variable.
    vector
        The vector v, of the shape of `parameter`.
    r_op
        Accepted for compatibility: as H is symmetric, both ways of Blocks give the same.

    References
    ----------
    B. A. Pearlmutter, *Fast exact multiplication by the Hessian*, Neural Computation 6
    (1994).

    Examples
    --------
    >>> x = tensor.vector("x")
    >>> gradient = tensor.grad((x**3).sum(), x)
    >>> product = hessian_times_vector(gradient, x, tensor.ones_like(x))
    >>> product.eval({x: [1.0, 2.0]})
    array([ 6., 12.])
    """
    several = isinstance(vector, list | tuple) and any(isinstance(x, Variable) for x in vector)
    for what, x in (("gradient", gradient), ("parameter", parameter), ("vector", vector)):
        if several if what == "vector" else not isinstance(x, Variable):
            raise GraphError(
                f"hessian_times_vector: expected one variable as {what}, got {described(x)}. "
                "Call it for each parameter."
            )
    result: Variable = tensor.grad((gradient * vector).sum(), parameter)
    return result
