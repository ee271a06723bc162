"""Derivatives of functions with several outputs: products with the Jacobian.

With J[i, j] = d f[i] / d x[j], `Lop` is the row v J that reverse-mode differentiation
computes, and `Rop` the column J v.

Examples
--------
>>> from blocks import tensor
>>> x, v = tensor.vectors("x", "v")
>>> y = x**2
>>> Rop(y, x, v).eval({x: [1.0, 2.0], v: [1.0, 10.0]})
array([ 2., 40.])
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from blocks.errors import DisconnectedInputError, GradientError
from blocks.graph.gradient import check_disconnected, grad
from blocks.graph.op import as_variable
from blocks.graph.ops.broadcast import Spread
from blocks.graph.ops.elementwise import identity
from blocks.graph.ops.sizes import zeros_like
from blocks.graph.traversal import rebuild
from blocks.graph.variable import Variable

__all__ = ["Lop", "Rop", "Variables", "as_asked", "variables_in"]

Variables = Variable | Sequence[Variable]
"""One variable or several."""


def variables_in(name: str, what: str, x: Any) -> list[Any]:
    """Return what was given as a list, or raise if it holds anything but variables."""
    listed = list(x) if isinstance(x, list | tuple) else [x]
    for y in listed:
        if not isinstance(y, Variable):
            raise GradientError(
                f"{name}: expected variables in {what}, got {y!r}. Give symbols, not values."
            )
    return listed


def as_asked(results: Sequence[Any], asked: Any) -> Any:
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
            f"{what}, got {len(given)}. Give one each, in the same order."
        )
    directions = {}
    for x, point in zip(variables, given, strict=True):
        if not x.type.is_float:
            raise GradientError(
                f"{name}: expected variables of floating dtype in {what}, got {x} of type "
                f"{x.type}. Leave it out, or cast it to floatX."
            )
        v = as_variable(point)
        if v.ndim != x.ndim:
            raise GradientError(
                f"{name}: expected an evaluation point like {x} ({x.type}), got {v} of type "
                f"{v.type}. Give one of that shape."
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
        known_grads=_directions("Lop", "f", variables_in("Lop", "f", f), eval_points),
        consider_constant=consider_constant,
        disconnected_inputs=disconnected_inputs,
        add_names=False,
    )


def Rop(
    f: Variables,
    wrt: Variables,
    eval_points: Any,
    disconnected_outputs: str = "raise",
    return_disconnected: str = "zero",
) -> Any:
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
    disconnected_outputs, return_disconnected
        What to do where a variable of `f` depends on none of `wrt`, and what to return for
        it, as `disconnected_inputs` and `return_disconnected` of `grad` say.

    Returns
    -------
    The sum over `wrt` of (d f / d wrt) v, of the shape of `f`; a list (or tuple) where `f`
    is one.

    Raises
    ------
    GradientError
        If `f` or `wrt` are not of floating dtype, or `eval_points` do not fit.
    DisconnectedInputError
        If `f` depends on none of `wrt` and `disconnected_outputs` is "raise".

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
    check_disconnected("Rop", "disconnected_outputs", disconnected_outputs, return_disconnected)
    variables = variables_in("Rop", "wrt", wrt)
    results: list[Variable | None] = []
    for y in variables_in("Rop", "f", f):
        result = _derivative_along(y, variables, eval_points)
        if result is None:
            message = (
                f"Rop: expected {y} ({y.type}) to depend on {' or '.join(map(str, variables))} "
                "through differentiable operations, got no such path. Leave it out, or pass "
                "disconnected_outputs='ignore'."
            )
            if disconnected_outputs == "raise":
                raise DisconnectedInputError(message)
            if disconnected_outputs == "warn":
                warnings.warn(message, stacklevel=2)
            result = zeros_like(y) if return_disconnected.lower() == "zero" else None
        results.append(result)
    return as_asked(results, f)


def _derivative_along(y: Variable, wrt: Sequence[Variable], eval_points: Any) -> Variable | None:
    """Return the derivative of one output, or ``None`` if it depends on none of `wrt`."""
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
        return None
    along = grad(
        None, weights, known_grads=directions, disconnected_inputs="ignore", add_names=False
    )
    # Only the shape of the weights is still used: a linear function has one derivative.
    (along,), _ = rebuild([along], {weights: zeros_like(y)})
    # For scripts that list all inputs of f as those of a function, whether or not they matter.
    result: Variable = Spread()(along, y)
    return result
