"""Derivatives of functions with several outputs: products with the Jacobian, and itself.

With J[i, j] = d f[i] / d x[j], `Lop` is the row v J that reverse-mode differentiation
computes, `Rop` the column J v, `jacobian` is J, row by row, and `hessian` the Jacobian of
the gradient.

Examples
--------
>>> from blocks import tensor
>>> x, v = tensor.vectors("x", "v")
>>> y = x**2
>>> Rop(y, x, v).eval({x: [1.0, 2.0], v: [1.0, 10.0]})
array([ 2., 40.])
>>> jacobian(y, x).eval({x: [1.0, 2.0]})
array([[2., 0.],
       [0., 4.]])
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from blocks.errors import DisconnectedInputError, GradientError
from blocks.graph.gradient import grad
from blocks.graph.op import as_variable
from blocks.graph.ops.broadcast import Spread
from blocks.graph.ops.creation import eye
from blocks.graph.ops.elementwise import identity, mul
from blocks.graph.ops.map import map_rows
from blocks.graph.ops.shape import patternbroadcast, reshape, shape_i
from blocks.graph.ops.sizes import zeros_like
from blocks.graph.traversal import rebuild
from blocks.graph.variable import Variable

__all__ = ["Lop", "Rop", "hessian", "jacobian"]

Variables = Variable | Sequence[Variable]


def _listed(name: str, what: str, x: Any) -> list[Any]:
    listed = list(x) if isinstance(x, list | tuple) else [x]
    for y in listed:
        if not isinstance(y, Variable):
            raise GradientError(f"{name}: expected variables in {what}, got {y!r}.")
    return listed


def _like(results: Sequence[Any], asked: Any) -> Any:
    """Return results as a list, a tuple or one variable, as they were asked for."""
    if isinstance(asked, tuple):
        return tuple(results)
    return list(results) if isinstance(asked, list) else results[0]


def _directions(
    name: str, what: str, variables: Sequence[Variable], points: Any
) -> dict[Variable, Variable]:
    """Return a copy of each variable, which nothing else depends on, with its direction."""
    given = list(points) if isinstance(points, list | tuple) else [points]
    if len(given) != len(variables):
        raise GradientError(
            f"{name}: expected an evaluation point for each of {len(variables)} variables in "
            f"{what}, got {len(given)}."
        )
    directions = {}
    for x, point in zip(variables, given, strict=True):
        if not x.type.is_float:
            raise GradientError(
                f"{name}: expected variables of floating dtype in {what}, got {x} of type {x.type}."
            )
        v = as_variable(point)
        if v.ndim != x.ndim:
            raise GradientError(
                f"{name}: expected an evaluation point like {x} ({x.type}), got {v} of type "
                f"{v.type}."
            )
        copy = identity(x)
        copy.name = str(x)  # for messages
        directions[copy] = v
    return directions


def Lop(
    f: Variables,
    wrt: Variables,
    eval_points: Any,
    consider_constant: Variables | None = None,
    disconnected_inputs: str = "raise",
) -> Any:
    """Return the product of a row with the Jacobian, v (d f / d wrt).

    Parameters
    ----------
    f
        A variable of floating dtype, or several.
    wrt
        The variable, or a list or tuple of variables, to differentiate by.
    eval_points
        The row v: for each variable of `f` one of its shape.
    consider_constant, disconnected_inputs
        As in `grad`.

    Returns
    -------
    The sum over `f` of v (d f / d wrt), of the shape of `wrt`; a list (or tuple) where `wrt`
    is one.

    Raises
    ------
    GradientError
        If `f` is not of floating dtype, or `eval_points` do not fit it.
    DisconnectedInputError
        If `f` does not depend on a variable and `disconnected_inputs` is "raise".

    Examples
    --------
    >>> from blocks import tensor
    >>> x, W, v = tensor.vector("x"), tensor.matrix("W"), tensor.vector("v")
    >>> Lop(tensor.dot(W, x), x, v).eval({W: [[1.0, 2.0], [3.0, 4.0]], v: [1.0, 0.0]})
    array([1., 2.])
    """
    return grad(
        None,
        wrt,
        known_grads=_directions("Lop", "f", _listed("Lop", "f", f), eval_points),
        consider_constant=consider_constant,
        disconnected_inputs=disconnected_inputs,
        add_names=False,
    )


def Rop(f: Variables, wrt: Variables, eval_points: Any) -> Any:
    """Return the product of the Jacobian with a column, (d f / d wrt) v.

    It is the derivative of `f` along the direction v. Each of `wrt` counts as independent
    of the others, also where one is computed from another.

    Parameters
    ----------
    f
        A variable of floating dtype, or a list or tuple of them.
    wrt
        The variable, or variables, to differentiate by.
    eval_points
        The column v: for each variable of `wrt` one of its shape.

    Returns
    -------
    The sum over `wrt` of (d f / d wrt) v, of the shape of `f`; a list (or tuple) where `f`
    is one.

    Raises
    ------
    GradientError
        If `f` or `wrt` are not of floating dtype, or `eval_points` do not fit.
    DisconnectedInputError
        If `f` depends on none of `wrt`.

    Notes
    -----
    The product u (d f / d wrt) v is linear in u: its derivative by u is the result. So two
    reverse passes make a forward one, without a rule for each operation [1]_.

    .. [1] J. Townsend, *A new trick for calculating Jacobian vector products*, 2017.

    Examples
    --------
    >>> from blocks import tensor
    >>> x, v = tensor.vectors("x", "v")
    >>> Rop(tensor.exp(x).sum(), x, v).eval({x: [0.0, 0.0], v: [1.0, 2.0]})
    array(3.)
    """
    variables = _listed("Rop", "wrt", wrt)
    results = [_derivative_along(y, variables, eval_points) for y in _listed("Rop", "f", f)]
    return _like(results, f)


def _derivative_along(y: Variable, wrt: Sequence[Variable], eval_points: Any) -> Variable:
    points = list(_directions("Rop", "wrt", wrt, eval_points).values())
    if y in wrt:
        return points[wrt.index(y)]
    weights = y.type(f"weights of {y}")
    rows = grad(
        None,
        list(wrt),
        known_grads=_directions("Rop", "f", [y], weights),
        consider_constant=wrt,
        disconnected_inputs="ignore",
        return_disconnected="none",
        add_names=False,
    )
    directions = {}
    for row, v in zip(rows, points, strict=True):
        if row is not None:
            directions[identity(row)] = v
    if not directions:
        raise DisconnectedInputError(
            f"Rop: expected {y} ({y.type}) to depend on {' or '.join(map(str, wrt))} through "
            "differentiable operations, got no such path."
        )
    along = grad(
        None, weights, known_grads=directions, disconnected_inputs="ignore", add_names=False
    )
    # Only the shape of the weights is still used: a linear function has one derivative.
    (along,), _ = rebuild([along], {weights: zeros_like(y)})
    # For scripts that list all inputs of f as those of a function, whether or not they matter.
    result: Variable = Spread()(along, y)
    return result


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
            f"jacobian: expected a variable of floating dtype, got {expression!r} ({got})."
        )
    targets = _listed("jacobian", "wrt", wrt)
    options: Any = {
        "consider_constant": consider_constant,
        "disconnected_inputs": disconnected_inputs,
    }
    if expression.ndim == 0:
        return _like(grad(expression, targets, add_names=False, **options), wrt)
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
    return _like(results, wrt)


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
    targets = _listed("hessian", "wrt", wrt)
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
    return _like(results, wrt)
