"""Copies of graphs on other inputs, and whether two graphs are the same.

Examples
--------
>>> from blocks import tensor
>>> x, y = tensor.scalars("x", "y")
>>> clone(2 * x, replace={x: y + 1}).eval({y: 4.0})
array(10.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from blocks.errors import GraphError
from blocks.graph.op import as_variable
from blocks.graph.traversal import inputs as inputs_of
from blocks.graph.traversal import rebuild, toposort
from blocks.graph.variable import Constant, SharedVariable, Variable

__all__ = ["clone", "clone_with_inputs", "is_same_graph"]


def _pairs(replace: Any) -> dict[Variable, Variable]:
    pairs = replace.items() if isinstance(replace, Mapping) else replace or ()
    return {old: as_variable(new) for old, new in pairs}


def clone(
    output: Any,
    replace: Any = None,
    strict: bool = True,
    share_inputs: bool = True,
    copy_inputs: bool | None = None,
) -> Any:
    """Return variables as computed from other ones.

    Parameters
    ----------
    output
        A variable or a list of them.
    replace
        What takes the place of what: a dict or a list of pairs. Several replacements are
        made at once: none of them is made in another one.
    strict
        Whether a replacement must have the dtype and number of axes of its target.
    share_inputs
        Whether inputs and shared variables that are not replaced are those of `output`.
        If not, they are copied, and shared variables start with a copy of the value.
    copy_inputs
        An older name of `share_inputs`.

    Returns
    -------
    A variable; a list of them where `output` is one.

    Raises
    ------
    GraphError
        If `strict` and a replacement is of another kind than its target.

    Examples
    --------
    >>> from blocks import tensor
    >>> x, y = tensor.scalars("x", "y")
    >>> clone(2 * x, replace={x: y}).eval({y: 4.0})
    array(8.)
    """
    pairs = _pairs(replace)
    for old, new in pairs.items():
        if strict and (old.ndim, old.dtype) != (new.ndim, new.dtype):
            raise GraphError(
                f"clone: expected a replacement of {old} like {old.type}, got {new} of type "
                f"{new.type}. Cast or reshape it, or pass strict=False."
            )
    single = isinstance(output, Variable)
    outputs = [output] if single else list(output)
    if not (share_inputs if copy_inputs is None else copy_inputs):
        for x in inputs_of(outputs, blockers=pairs):
            if x not in pairs and not isinstance(x, Constant):
                pairs[x] = _copy(x)
    results, _ = rebuild(outputs, pairs)
    return results[0] if single else results


def _copy(x: Variable) -> Variable:
    copy = x.type(x.name)
    if isinstance(x, SharedVariable):
        copy = SharedVariable(x.get_value(), x.type, x.name)
    copy.tag = x.tag.copy()
    return copy


def clone_with_inputs(
    inputs: Sequence[Variable], outputs: Sequence[Variable], copy_inputs: bool = True
) -> tuple[list[Variable], list[Variable]]:
    """Return copies of the inputs of a graph, and the outputs computed from them.

    Examples
    --------
    >>> from blocks import tensor
    >>> x = tensor.scalar("x")
    >>> (z,), (y,) = clone_with_inputs([x], [x + 1])
    >>> z is x, y.eval({z: 1.0})
    (False, array(2.))
    """
    copies = [x.type(x.name) for x in inputs]
    new, _ = rebuild(outputs, dict(zip(inputs, copies, strict=True)))
    return copies, new


def is_same_graph(var1: Variable, var2: Variable, givens: Any = None, debug: bool = False) -> bool:
    """Tell whether two variables are computed in the same way from the same inputs.

    Parameters
    ----------
    var1, var2
        The variables.
    givens
        Replacements to make in both first: a dict or a list of pairs.
    debug
        Accepted for compatibility.

    Examples
    --------
    >>> from blocks import tensor
    >>> x, y = tensor.scalars("x", "y")
    >>> is_same_graph(x + 1, x + 1), is_same_graph(x + 1, y + 1)
    (True, False)
    >>> is_same_graph(x + 1, y + 1, givens={x: y})
    True
    """
    first, second = rebuild([var1, var2], _pairs(givens))[0]
    numbers: dict[Any, int] = {}
    number_of: dict[Variable, int] = {}
    for x in inputs_of([first, second]):
        key = (x.type, x.data.tobytes()) if isinstance(x, Constant) else x
        number_of[x] = numbers.setdefault(key, len(numbers))
    for node in toposort([first, second]):
        arguments = tuple(number_of[x] for x in node.inputs)
        for index, y in enumerate(node.outputs):
            number_of[y] = numbers.setdefault((node.op, arguments, index), len(numbers))
    return number_of[first] == number_of[second]
