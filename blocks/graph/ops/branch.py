"""One of two graphs, chosen by a condition when the function runs.

`ifelse` computes only the branch that is chosen; `switch`, elementwise, computes both.

Examples
--------
>>> from blocks import tensor
>>> x = tensor.vector("x")
>>> y = ifelse(x.shape[0] > 2, x[2], x.sum())
>>> y.eval({x: [1.0, 2.0]}), y.eval({x: [1.0, 2.0, 4.0]})
(array(3.), array(4.))
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from blocks.errors import ShapeError
from blocks.graph.op import Array, Branch, Gradients, Op, Types, as_variable
from blocks.graph.ops.elementwise import cast
from blocks.graph.types import TensorType, upcast
from blocks.graph.variable import Variable

__all__ = ["IfElse", "ifelse"]


@dataclass(frozen=True)
class IfElse(Op):
    """The second input where the first, a scalar, is not zero; else the third.

    What only the branch that is not chosen needs is not computed.
    """

    name = "ifelse"

    def infer(self, *types: TensorType) -> Types:
        """Return what the types of both branches have in common."""
        condition, x, y = types
        if condition.ndim:
            raise ShapeError(
                f"ifelse: expected a scalar condition, got {condition}. Use all() or any(), or "
                "switch() to choose element by element."
            )
        if x.ndim != y.ndim:
            raise ShapeError(
                f"ifelse: expected branches with as many axes, got {x} and {y}. Reshape one of "
                "them, or add axes with dimshuffle."
            )
        shape = tuple(a if a == b else None for a, b in zip(x.shape, y.shape, strict=True))
        flags = tuple(a and b for a, b in zip(x.broadcastable, y.broadcastable, strict=True))
        return (TensorType(x.dtype, shape, flags),)

    def grad(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        output_gradients: Gradients,
    ) -> Gradients:
        """Return the gradient for both: `blocks.graph.grad` lets it count where one is chosen."""
        (g,) = output_gradients
        return [None, g, g]

    def lower(self, *types: TensorType) -> Branch:
        """Lower to a branch of the run."""
        return Branch()

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Choose."""
        condition, x, y = arrays
        return (x if condition else y,)


def ifelse(
    condition: Any,
    then_branch: Any,
    else_branch: Any,
    name: str | None = None,
) -> Any:
    """Return `then_branch` where a scalar condition is not zero, else `else_branch`.

    Only the branch that is chosen is computed, in every mode and in gradients too: the
    other one contributes zeros to them, also where its own gradient would be NaN.

    Parameters
    ----------
    condition
        A scalar; NaN counts as true.
    then_branch, else_branch
        Variables with as many axes, whose sizes may differ, converted to their common
        dtype; or two lists of them, of one length.
    name
        A name for the result; in a list each one gets its number appended.

    Returns
    -------
    A variable; a list of them where the branches are lists.

    Raises
    ------
    ShapeError
        If the condition is not a scalar, or the branches do not have as many axes, or as
        many entries.

    Examples
    --------
    >>> from blocks import tensor
    >>> a, b = tensor.scalars("a", "b")
    >>> ifelse(a > b, a - b, b - a).eval({a: 2.0, b: 5.0})
    array(3.)
    >>> [y.eval({a: 1.0, b: 2.0}) for y in ifelse(a > b, [a, b], [b, a])]
    [array(2.), array(1.)]
    """
    single = not isinstance(then_branch, list | tuple)
    thens, elses = (
        list(branch) if isinstance(branch, list | tuple) else [branch]
        for branch in (then_branch, else_branch)
    )
    if len(thens) != len(elses):
        raise ShapeError(
            f"ifelse: expected as many values in both branches, got {len(thens)} and {len(elses)}. "
            "Give each value of one branch its counterpart in the other."
        )
    results: list[Variable] = []
    for i, (x, y) in enumerate(zip(thens, elses, strict=True)):
        x, y = as_variable(x), as_variable(y)
        dtype = upcast(x.dtype, y.dtype)
        result: Variable = IfElse()(condition, cast(x, dtype), cast(y, dtype))
        if name is not None:
            result.name = name if single else f"{name}{i}"
        results.append(result)
    return results[0] if single else results
