"""Loops: `scan` and what is made of it, `map`, `reduce`, `foldl` and `foldr`.

A function says what one step computes. It is called once, when the graph is built, with symbols
for a row of each sequence and for the values of earlier steps. What does not depend on
these is computed outside of the loop, once.

Examples
--------
>>> from blocks import function, tensor
>>> A, k = tensor.vector("A"), tensor.iscalar("k")
>>> powers, updates = scan(
...     lambda power, A: power * A, outputs_info=tensor.ones_like(A), non_sequences=A, n_steps=k
... )
>>> function([A, k], powers[-1], updates=updates)([0.0, 1.0, 2.0, 3.0], 3)
array([ 0.,  1.,  8., 27.])
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from blocks.graph.loop_building import LoopBuilder, Updates, given, until
from blocks.graph.op import as_variable

__all__ = ["Updates", "foldl", "foldr", "map", "reduce", "scan", "until"]


def scan(
    fn: Callable[..., Any],
    sequences: Any = None,
    outputs_info: Any = None,
    non_sequences: Any = None,
    n_steps: Any = None,
    truncate_gradient: int = -1,
    go_backwards: bool = False,
    mode: Any = None,
    name: str | None = None,
    profile: bool = False,
    allow_gc: bool | None = None,
    strict: bool = False,
    return_list: bool = False,
) -> tuple[Any, Updates]:
    """Return what a function computes in each step of a loop, stacked.

    Parameters
    ----------
    fn
        Called with a row of each sequence, earlier values of the states, and the
        non-sequences. It returns a variable for each entry of `outputs_info`, and may return
        updates of shared variables and an `until` behind them.
    sequences
        What to walk along, a row in each step: a variable, a list of them, or of dicts
        with ``input`` and ``taps`` (a list of offsets such as ``[-1, 0]``: the row before
        and this one).
    outputs_info
        For each output of the function ``None`` or, if later steps read it, its initial value:
        a variable, or a dict with ``initial`` and ``taps``. Taps ``[-2, -1]`` look two steps
        back and one; the initial value then has two rows, the oldest first.
    non_sequences
        What is the same in all steps. Variables may as well be used without saying so.
    n_steps
        The number of steps; by default that of the rows.
    truncate_gradient
        How many steps back the gradient goes; -1 for all of them.
    go_backwards
        Whether to walk from the last row to the first. The outputs are in the order of the
        walk.
    mode, profile, allow_gc
        Accepted for compatibility.
    name
        What messages call the loop.
    strict
        Whether to refuse variables in the function that were not given in `non_sequences`.
    return_list
        Whether to return a list also of one output.

    Returns
    -------
    The outputs, (number of steps, ...) each: one variable or a list. And the updates of
    shared variables, which belong into `function`.

    Raises
    ------
    ShapeError
        If sequences differ in length, or a step changes the shape of a state.
    GraphError
        If what the function returns does not fit, or a state's dtype changes.

    Notes
    -----
    Shared variables that have a default update, as random states have, are advanced in each
    step if the function reads them. Variables made before the function is called, draws among
    them, are the same in all steps. A gradient goes through the loop in the other direction;
    what it needs of the steps is kept.

    Examples
    --------
    >>> from blocks import tensor
    >>> x = tensor.vector("x")
    >>> fibonacci, _ = scan(
    ...     lambda a, b: a + b,
    ...     outputs_info={"initial": tensor.as_tensor_variable([0, 1]), "taps": [-2, -1]},
    ...     n_steps=6,
    ... )
    >>> fibonacci.eval()
    array([ 1,  2,  3,  5,  8, 13])
    """
    loop = LoopBuilder(
        name or getattr(fn, "__name__", "scan").strip("<>").replace("lambda", "scan")
    )
    loop.read_sequences(sequences, n_steps, go_backwards)
    loop.read_states(outputs_info)
    others = [as_variable(x) for x in given(non_sequences)]
    loop.call(fn, others)
    if strict:
        loop.check_strict(others)
    outputs, updates = loop.build(go_backwards, truncate_gradient)
    return (outputs if return_list or len(outputs) != 1 else outputs[0]), updates


def map(
    fn: Callable[..., Any],
    sequences: Any,
    non_sequences: Any = None,
    truncate_gradient: int = -1,
    go_backwards: bool = False,
    mode: Any = None,
    name: str | None = None,
) -> tuple[Any, Updates]:
    """Return a function of each row of some sequences, stacked; see `scan`.

    Examples
    --------
    >>> from blocks import tensor
    >>> x = tensor.vector("x")
    >>> squares, _ = map(lambda row: row**2, x)
    >>> squares.eval({x: [1.0, 2.0, 3.0]})
    array([1., 4., 9.])
    """
    return scan(
        fn,
        sequences=sequences,
        outputs_info=[],
        non_sequences=non_sequences,
        truncate_gradient=truncate_gradient,
        go_backwards=go_backwards,
        name=name,
    )


def reduce(
    fn: Callable[..., Any],
    sequences: Any,
    outputs_info: Any,
    non_sequences: Any = None,
    go_backwards: bool = False,
    mode: Any = None,
    name: str | None = None,
) -> tuple[Any, Updates]:
    """Return the states after the last step of a `scan`.

    Examples
    --------
    >>> from blocks import tensor
    >>> x = tensor.vector("x")
    >>> total, _ = reduce(lambda row, total: total + row, x, tensor.zeros(()))
    >>> total.eval({x: [1.0, 2.0, 3.0]})
    array(6.)
    """
    outputs, updates = scan(
        fn,
        sequences=sequences,
        outputs_info=outputs_info,
        non_sequences=non_sequences,
        go_backwards=go_backwards,
        name=name,
        return_list=True,
    )
    last = [y[-1] for y in outputs]
    return (last[0] if len(last) == 1 else last), updates


def foldl(
    fn: Callable[..., Any],
    sequences: Any,
    outputs_info: Any,
    non_sequences: Any = None,
    mode: Any = None,
    name: str | None = None,
) -> tuple[Any, Updates]:
    """Return the states after a walk from the first row to the last; see `reduce`.

    Examples
    --------
    >>> from blocks import tensor
    >>> x = tensor.vector("x")
    >>> number, _ = foldl(lambda digit, number: 10 * number + digit, x, tensor.zeros(()))
    >>> number.eval({x: [1.0, 2.0, 3.0]})
    array(123.)
    """
    return reduce(fn, sequences, outputs_info, non_sequences, False, mode, name)


def foldr(
    fn: Callable[..., Any],
    sequences: Any,
    outputs_info: Any,
    non_sequences: Any = None,
    mode: Any = None,
    name: str | None = None,
) -> tuple[Any, Updates]:
    """Return the states after a walk from the last row to the first; see `reduce`.

    Examples
    --------
    >>> from blocks import tensor
    >>> x = tensor.vector("x")
    >>> number, _ = foldr(lambda digit, number: 10 * number + digit, x, tensor.zeros(()))
    >>> number.eval({x: [1.0, 2.0, 3.0]})
    array(321.)
    """
    return reduce(fn, sequences, outputs_info, non_sequences, True, mode, name)
