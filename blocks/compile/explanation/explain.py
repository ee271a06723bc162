"""`explain`: from a function to its explanation.

What it needs is imported when it is called, so that ``import blocks`` need not wait for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blocks.errors import GraphError, described

if TYPE_CHECKING:
    from blocks.compile.explanation.result import Explanation
    from blocks.compile.function import Function

__all__ = ["explain"]


def explain(function: Any, plan: int | None = None, source: bool = False) -> Explanation:
    """Return what a function does when it is called, instruction by instruction.

    Its sizes and its memory are known once it has run, for each set of sizes anew. If it was
    made with ``profile=True``, or while ``config.profile`` was set, the times are there too.

    Parameters
    ----------
    function
        What `blocks.function` returned; an algorithm, for its function that trains; or a main
        loop, for that of its algorithm.
    plan
        Which set of sizes, in the order in which they came up. By default the one that took
        most of the time, or else has the largest inputs.
    source
        Whether the text ends in the sources of the kernels.

    Raises
    ------
    GraphError
        If it is nothing of these, or there is no such set of sizes.

    Examples
    --------
    >>> import numpy as np
    >>> from blocks import function, shared, tensor
    >>> x = tensor.matrix("x")
    >>> W, b = shared(np.zeros((3, 2)), "W"), shared(np.zeros(2), "b")
    >>> layer = function([x], tensor.tanh(x.dot(W) + b))
    >>> _ = layer(np.ones((5, 3)))
    >>> (instruction,) = explain(layer).instructions
    >>> instruction.formula, instruction.product, instruction.flops
    ('tanh(x @ W + b)', (5, 2, 3), 60)
    """
    found = _function(function)
    from blocks.compile.explanation.explained import explained

    return explained(found, plan, source)


def _function(given: Any) -> Function:
    found = given
    for name in ("algorithm", "function"):
        found = getattr(found, name, found)
    if not hasattr(found, "executor"):
        raise GraphError(
            f"explain: expected a function, an algorithm or a main loop, got {described(given)}. "
            "Pass what blocks.function returned."
        )
    result: Function = found
    return result
