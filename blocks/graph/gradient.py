"""Reverse-mode differentiation: the graph of a gradient from the graph of a cost.

Examples
--------
>>> from blocks import tensor
>>> x = tensor.scalar("x")
>>> grad(x**2, x).eval({x: 3.0})
array(6.)
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from blocks.errors import BlocksError, DisconnectedInputError, GradientError, ShapeError, described
from blocks.graph.branches import ALWAYS, Guard, guard_of_input, guards_of, only_if
from blocks.graph.garbage import uncollected
from blocks.graph.op import Apply, as_variable
from blocks.graph.ops.branch import IfElse
from blocks.graph.ops.broadcast import spread
from blocks.graph.ops.elementwise import add, cast
from blocks.graph.ops.shape import patternbroadcast
from blocks.graph.origin import derived, inheriting
from blocks.graph.traversal import located, toposort
from blocks.graph.variable import Variable, constant

__all__ = ["check_disconnected", "grad", "subgraph_grad"]


def grad(
    cost: Variable | None,
    wrt: Variable | Sequence[Variable],
    consider_constant: Variable | Sequence[Variable] | None = None,
    disconnected_inputs: str = "raise",
    add_names: bool = True,
    known_grads: Mapping[Variable, Variable] | None = None,
    return_disconnected: str = "zero",
    null_gradients: str = "raise",
) -> Any:
    """Return the gradient of a scalar cost, d cost / d wrt, as graph.

    Parameters
    ----------
    cost
        A scalar of floating dtype; ``None`` if `known_grads` is given instead.
    wrt
        The variable, or a list or tuple of variables, to differentiate by.
    consider_constant
        Variables behind which no gradient flows: what they are computed from gets none.
    disconnected_inputs
        What to do where the cost does not depend on a variable: ``"raise"``,
        ``"warn"`` or ``"ignore"``.
    add_names
        Whether gradients are named ``(dcost/dx)``.
    known_grads
        A map from variables to their gradients, from which to start.
    return_disconnected
        What to return for such a variable: ``"zero"`` (zeros of its shape), ``"none"``
        (``None``) or ``"disconnected"`` (``None`` as well).
    null_gradients
        Accepted for compatibility: a gradient that is not defined is an error.

    Returns
    -------
    The gradient, of the type of `wrt`; a list (or tuple) where `wrt` is one.

    Raises
    ------
    GradientError
        If the cost is not a scalar of floating dtype, or an op has no gradient.
    DisconnectedInputError
        If the cost does not depend on a variable and `disconnected_inputs` is "raise".

    Examples
    --------
    >>> from blocks import tensor
    >>> x, y = tensor.vectors("x", "y")
    >>> dx, dy = grad((x * y).sum(), [x, y])
    >>> dx.eval({x: [1.0, 2.0], y: [3.0, 4.0]})
    array([3., 4.])
    """
    check_disconnected("grad", "disconnected_inputs", disconnected_inputs, return_disconnected)
    if isinstance(consider_constant, Variable):
        consider_constant = [consider_constant]
    targets: list[Any] = list(wrt) if isinstance(wrt, list | tuple) else [wrt]
    for x in targets:
        if not isinstance(x, Variable):
            raise GradientError(
                f"grad: expected variables in wrt, got {described(x)}. "
                "Pass one variable, or a list of them."
            )
    gradients = _start(cost, known_grads)
    with uncollected():
        _accumulate(gradients, set(consider_constant or ()), set(targets), set(known_grads or ()))
    results = []
    for x in targets:  # a loop, so that the warning's stack level is the same in every Python
        gradient = gradients.get(x)
        if gradient is None:
            source = " and ".join(map(str, known_grads or ())) if cost is None else str(cost)
            gradient = _missing(x, source, disconnected_inputs, return_disconnected)
        results.append(gradient)
    if add_names:
        for x, gradient in zip(targets, results, strict=True):
            if gradient is not None and gradient.name is None and x.name is not None:
                gradient.name = f"(d{getattr(cost, 'name', None) or 'cost'}/d{x.name})"
    if isinstance(wrt, tuple):
        return tuple(results)
    return results if isinstance(wrt, list) else results[0]


def check_disconnected(name: str, argument: str, on_missing: str, missing: str) -> None:
    """Raise if what is said about missing paths is not one of the possible words."""
    if on_missing not in ("raise", "warn", "ignore"):
        raise GradientError(
            f"{name}: expected {argument} to be 'raise', 'warn' or 'ignore', got "
            f"{on_missing!r}. Choose one of them."
        )
    if str(missing).lower() not in ("zero", "none", "disconnected"):  # Theano wrote 'None'
        raise GradientError(
            f"{name}: expected return_disconnected to be 'zero', 'none' or 'disconnected', got "
            f"{missing!r}. Choose one of them."
        )


def _start(
    cost: Variable | None, known_grads: Mapping[Variable, Variable] | None
) -> dict[Variable, Variable]:
    gradients: dict[Variable, Variable] = {}
    if cost is None and not known_grads:
        raise GradientError(
            "grad: expected a cost or known_grads, got neither. "
            "Pass the cost first, as in grad(cost, x)."
        )
    if cost is not None:
        if not isinstance(cost, Variable):
            raise GradientError(
                f"grad: expected a scalar cost, got {type(cost).__name__}. "
                "Pass the variable to differentiate."
            )
        if cost.ndim != 0:
            raise GradientError(
                f"grad: expected a scalar cost, got {cost} of type {cost.type}. "
                "Reduce it first, with .mean() or .sum()."
            )
        if not cost.type.is_float:
            raise GradientError(
                f"grad: expected a cost of floating dtype, got {cost} of type {cost.type}. "
                "Compute it from real numbers, or use cast(cost, 'floatX')."
            )
        gradients[cost] = constant(1, dtype=cost.dtype)
    for x, gradient in (known_grads or {}).items():
        if not isinstance(x, Variable):
            raise GradientError(
                f"grad: expected known_grads of variables, got one of {described(x)}. "
                "Write {variable: gradient}."
            )
        value = as_variable(gradient)
        if value.ndim != x.ndim:
            raise ShapeError(
                f"grad: expected a known gradient like {x} ({x.type}), got {value.type}. "
                "Reshape it."
            )
        gradients[x] = value if value.dtype == x.dtype else cast(value, x.dtype)
    return gradients


def _accumulate(
    gradients: dict[Variable, Variable],
    constants: set[Variable],
    targets: set[Variable],
    known: set[Variable],
) -> None:
    """Push gradients from the outputs to everything that the targets are used in."""
    order = toposort(list(gradients))
    # Only variables on a path from a target to the cost need a gradient.
    needed = set(targets)
    for node in order:
        if any(x in needed for x in node.inputs):
            needed.update(node.outputs)
    guards = guards_of(order, list(gradients))
    for node in reversed(order):
        arrived = [None if y in constants else gradients.get(y) for y in node.outputs]
        if all(g is None for g in arrived) or not any(x in needed for x in node.inputs):
            continue
        with inheriting(derived(node.origin, "gradient")):
            for i, gradient in enumerate(_gradients_of(node, arrived)):
                x = node.inputs[i]
                if gradient is None or x in known or not x.type.is_float:
                    continue
                if isinstance(node.op, IfElse) and not _may_fit(gradient, x):
                    continue  # a branch that fails forward, if it is ever chosen
                if gradient.dtype != x.dtype:
                    gradient = cast(gradient, x.dtype)
                gradient = patternbroadcast(gradient, x.broadcastable)
                guard = guard_of_input(node, i, guards.get(node, ALWAYS))
                if guard != _guard_of(x, guards):  # a way out of a branch
                    gradient = only_if(guard, gradient, spread(constant(0, dtype=x.dtype), x))
                gradients[x] = add(gradients[x], gradient) if x in gradients else gradient
    for x in targets:
        guard = _guard_of(x, guards)
        if x in gradients and guard != ALWAYS:
            zero = spread(constant(0, dtype=x.dtype), x)
            gradients[x] = only_if(guard, gradients[x], zero)


def _may_fit(gradient: Variable, x: Variable) -> bool:
    """Tell whether no size that is known of a gradient differs from that of its variable."""
    pairs = zip(gradient.type.shape, x.type.shape, strict=True)
    return all(None in pair or pair[0] == pair[1] for pair in pairs)


def _guard_of(x: Variable, guards: Mapping[Apply, Guard]) -> Guard:
    return ALWAYS if x.owner is None else guards.get(x.owner, ALWAYS)


def _gradients_of(node: Apply, arrived: Sequence[Variable | None]) -> Sequence[Variable | None]:
    try:
        found = node.op.grad(node.inputs, node.outputs, arrived)
        if len(found) != len(node.inputs):
            raise GradientError(
                f"{node.op}: expected a gradient for each of {len(node.inputs)} inputs, "
                f"got {len(found)}. "
                "Return one entry per input, None where there is none."
            )
        for x, gradient in zip(node.inputs, found, strict=True):
            if gradient is not None and gradient.ndim != x.ndim:
                raise GradientError(
                    f"{node.op}: expected a gradient like its input ({x.type}), "
                    f"got {gradient.type}. "
                    "Sum or reshape it to that number of axes."
                )
    except BlocksError as error:
        raise located(error, node) from None
    return found


def _missing(x: Variable, source: str, on_missing: str, missing: str) -> Variable | None:
    """Return what stands for the gradient by a variable that the cost does not depend on."""
    if x.type.is_float:
        message = (
            f"grad: expected {source} to depend on {x} ({x.type}) through differentiable "
            "operations, got no such path. Leave it out, or pass disconnected_inputs='ignore'."
        )
    else:
        message = (
            f"grad: expected variables of floating dtype in wrt, got {x} ({x.type}). "
            "Leave it out, or make it real numbers with the dtype 'floatX'."
        )
    if on_missing == "raise":
        raise DisconnectedInputError(message)
    if on_missing == "warn":
        warnings.warn(message, stacklevel=3)
    return spread(constant(0, dtype=x.dtype), x) if missing.lower() == "zero" else None


def subgraph_grad(
    wrt: Sequence[Variable],
    end: Sequence[Variable],
    start: Mapping[Variable, Variable] | None = None,
    cost: Variable | None = None,
    details: bool = False,
) -> Any:
    """Return the gradients of a part of a graph: by `wrt`, and by `end`, where it stops.

    Parameters
    ----------
    wrt
        The variables to differentiate by.
    end
        The variables behind which nothing is differentiated.
    start
        The gradients to start from: a map from variables to them.
    cost
        A scalar whose gradient is added; it may depend on any part of the graph.
    details
        Whether to return the parts that come from `start` and from `cost` too.

    Returns
    -------
    A pair of lists of gradients: by `wrt`, and by `end`. With `details` two more lists
    follow, of the gradients by `wrt` and `end` from `start` and from `cost` (``None`` where
    that is not given).

    Raises
    ------
    GradientError
        If neither `start` nor `cost` is given.

    Examples
    --------
    >>> from blocks import tensor
    >>> x, W, V = tensor.scalars("x", "W", "V")
    >>> h = W * x
    >>> (by_V,), (by_h,) = subgraph_grad([V], [h], cost=V * h)
    >>> (by_W,), _ = subgraph_grad([W], [x], start={h: by_h})
    >>> by_W.eval({x: 3.0, V: 5.0})
    array(15.)
    """
    if cost is None and not start:
        raise GradientError(
            "subgraph_grad: expected a cost or start, got neither. Pass the cost, or the gradients "
            "to start from as {variable: gradient}."
        )
    variables = [*wrt, *end]
    options: Any = {
        "consider_constant": end,
        "disconnected_inputs": "ignore",
        "add_names": False,
    }
    from_start = grad(None, variables, known_grads=start, **options) if start else None
    from_cost = None if cost is None else grad(cost, variables, **options)
    parts = [part for part in (from_start, from_cost) if part is not None]
    total = [add(*both) if len(both) > 1 else both[0] for both in zip(*parts, strict=True)]
    results = total[: len(wrt)], total[len(wrt) :]
    return (*results, from_start, from_cost) if details else results
