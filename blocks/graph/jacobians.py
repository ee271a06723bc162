"""Matrices of derivatives: the Jacobian, row by row, and the Hessian, that of the gradient.

Examples
--------
>>> from blocks import tensor
>>> x = tensor.vector("x")
>>> jacobian(x**2, x).eval({x: [1.0, 2.0]})
array([[2., 0.],
       [0., 4.]])
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from blocks.errors import GradientError
from blocks.graph.derivatives import Lop, Variables, as_asked, variables_in
from blocks.graph.gradient import grad
from blocks.graph.ops.creation import eye
from blocks.graph.ops.elementwise import mul
from blocks.graph.ops.map import map_rows
from blocks.graph.ops.shape import patternbroadcast, reshape, shape_i
from blocks.graph.variable import Variable

__all__ = ["hessian", "jacobian"]


def jacobian(
    expression: Variable,
    wrt: Variables,
    consider_constant: Variables | None = None,
    disconnected_inputs: str = "raise",
) -> Any:
    """Return all derivatives of the elements of a variable, d expression / d wrt.

    Parameters
    ----------
    expression
        A variable of floating dtype and any shape. (Theano took vectors and scalars.)
    wrt
        The variable, or a list or tuple of variables, to differentiate by.
    consider_constant, disconnected_inputs
        As in `grad`.

    Returns
    -------
    The Jacobian, of the shape of `expression` followed by that of `wrt`; a list (or tuple)
    where `wrt` is one.

    Raises
    ------
    GradientError
        If the expression is not a variable of floating dtype.
    DisconnectedInputError
        If it does not depend on a variable and `disconnected_inputs` is "raise".

    Notes
    -----
    There is one reverse pass for each element of `expression`, in a loop (`Map`). Only what
    depends on the element is in the loop. The forward pass is not: it is computed once. With n
    elements, the identity matrix of size n is in memory too.

    Examples
    --------
    >>> from blocks import tensor
    >>> x = tensor.vector("x")
    >>> jacobian(tensor.cumsum(x), x).eval({x: [5.0, 6.0, 7.0]})
    array([[1., 0., 0.],
           [1., 1., 0.],
           [1., 1., 1.]])
    """
    if not isinstance(expression, Variable) or not expression.type.is_float:
        got = expression.type if isinstance(expression, Variable) else "no variable"
        raise GradientError(
            f"jacobian: expected a variable of floating dtype, got {expression!r} ({got}). "
            "Compute it from real numbers, or use cast(expression, 'floatX')."
        )
    targets = variables_in("jacobian", "wrt", wrt)
    options: Any = {
        "consider_constant": consider_constant,
        "disconnected_inputs": disconnected_inputs,
    }
    if expression.ndim == 0:
        return as_asked(grad(expression, targets, add_names=False, **options), wrt)
    element = expression.type(f"element of {expression}")
    rows = Lop(expression, targets, element, **options)
    sizes = [shape_i(expression, axis) for axis in range(expression.ndim)]
    basis = eye(functools.reduce(mul, sizes), dtype=expression.dtype)
    if expression.ndim > 1:
        basis = reshape(basis, [shape_i(basis, 0), *sizes])
    basis = patternbroadcast(basis, (basis.broadcastable[0], *expression.broadcastable))
    stacked = map_rows(rows, {element: basis})
    if expression.ndim > 1:
        stacked = [_split_first_axis(x, sizes) for x in stacked]
    flags = expression.broadcastable
    results = [
        patternbroadcast(y, (*flags, *x.broadcastable))
        for x, y in zip(targets, stacked, strict=True)
    ]
    return as_asked(results, wrt)


def _split_first_axis(x: Variable, sizes: Sequence[Variable]) -> Variable:
    return reshape(x, [*sizes, *(shape_i(x, axis) for axis in range(1, x.ndim))])


def hessian(
    cost: Variable,
    wrt: Variables,
    consider_constant: Variables | None = None,
    disconnected_inputs: str = "raise",
) -> Any:
    """Return the second derivatives of a scalar cost, d^2 cost / d wrt^2.

    Parameters
    ----------
    cost
        A scalar of floating dtype.
    wrt
        The variable, or a list or tuple of variables, of any shape.
    consider_constant, disconnected_inputs
        As in `grad`.

    Returns
    -------
    For each variable the Jacobian of its gradient, of its shape twice; a list (or tuple)
    where `wrt` is one. Second derivatives by two different variables are not among them.

    Raises
    ------
    GradientError
        If the cost is not a scalar of floating dtype.
    DisconnectedInputError
        If it does not depend on a variable and `disconnected_inputs` is "raise".

    Examples
    --------
    >>> from blocks import tensor
    >>> x = tensor.vector("x")
    >>> hessian(x[0] ** 2 * x[1], x).eval({x: [3.0, 5.0]})
    array([[10.,  6.],
           [ 6.,  0.]])
    """
    targets = variables_in("hessian", "wrt", wrt)
    gradients = grad(
        cost,
        targets,
        consider_constant=consider_constant,
        disconnected_inputs=disconnected_inputs,
        add_names=False,
    )
    # The gradient of what is linear depends on nothing: its derivatives are zero.
    results = [
        jacobian(g, x, consider_constant=consider_constant, disconnected_inputs="ignore")
        for g, x in zip(gradients, targets, strict=True)
    ]
    return as_asked(results, wrt)
