"""Transformations that add randomness to a graph: dropout and Gaussian noise.

Examples
--------
>>> from blocks import tensor
>>> from blocks.graph.computation import ComputationGraph
>>> x = tensor.vector("x")
>>> y = 2 * x
>>> dropped = apply_dropout(ComputationGraph(y), [x], 0.5)
>>> sorted(set(dropped.outputs[0].eval({x: [1.0] * 100}).tolist()))
[0.0, 4.0]
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from blocks.config import config
from blocks.errors import DtypeError, GraphError, RangeError, described
from blocks.graph.computation import ComputationGraph
from blocks.graph.op import as_variable
from blocks.graph.ops.bounds import bounded
from blocks.graph.ops.elementwise import cast
from blocks.graph.streams import MRG_RandomStreams
from blocks.graph.variable import Constant, Variable
from blocks.roles import DROPOUT, add_role

__all__ = ["apply_dropout", "apply_noise"]


def _real(name: str, variables: Iterable[Variable]) -> list[Variable]:
    found = [variables] if isinstance(variables, Variable) else list(variables)
    for x in found:
        if not x.type.is_float:
            raise DtypeError(
                f"{name}: expected variables of real numbers, got {x} of {x.dtype}. Leave it out, "
                "or cast it before it is used."
            )
    return found


def _check_graph(name: str, graph: Any) -> None:
    if not hasattr(graph, "scan_variables"):  # whatever acts as a graph does
        raise GraphError(
            f"{name}: expected a ComputationGraph, got {described(graph)}. Pass "
            "ComputationGraph(outputs)."
        )


def apply_dropout(
    computation_graph: ComputationGraph,
    variables: Iterable[Variable],
    drop_prob: Any,
    rng: Any = None,
    seed: int | None = None,
    custom_divisor: Any = None,
) -> ComputationGraph:
    """Return a graph in which elements of variables are 0 with probability `drop_prob`.

    Each variable x becomes x m / (1 - drop_prob), where the elements of m are 1 with probability
    1 - drop_prob, else 0: so its expected value stays. Every call of a function draws anew.

    Parameters
    ----------
    computation_graph
        The graph.
    variables
        The variables of the graph to drop from. The same stream draws for all of them, one
        after another.
    drop_prob
        The probability of 0, a number or a scalar variable, such as a shared one that is
        changed during training.
    rng
        The stream that draws; by default ``MRG_RandomStreams(seed)``.
    seed
        The seed of the stream, by default ``config.default_seed``. Graphs made with one seed
        draw the same masks, so give another one to a second call for one model.
    custom_divisor
        What to divide by instead of 1 - drop_prob, for example 1 to leave what is kept as it is.

    Returns
    -------
    The new graph; variables that took the place of others have the role DROPOUT, and a tag
    ``replacement_of``.

    Raises
    ------
    RangeError
        If `drop_prob` is not from 0 to 1, or if 0 would be divided by.
    GraphError
        If what is given is no graph.

    References
    ----------
    N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever, R. Salakhutdinov, *Dropout: A Simple
    Way to Prevent Neural Networks from Overfitting*, JMLR 15 (2014).

    Examples
    --------
    >>> from blocks import tensor
    >>> from blocks.bricks import MLP, Identity, Rectifier
    >>> from blocks.filter import VariableFilter
    >>> from blocks.roles import OUTPUT
    >>> mlp = MLP([Rectifier(), Identity()], [4, 3, 2])
    >>> graph = ComputationGraph(mlp.apply(tensor.matrix("x")))
    >>> hidden = VariableFilter(bricks=[Rectifier], roles=[OUTPUT])(graph)
    >>> dropped = apply_dropout(graph, hidden, 0.5)
    >>> (dropout,) = VariableFilter(roles=[DROPOUT])(dropped)
    >>> dropout.tag.replacement_of
    rectifier_apply_output
    """
    _check_graph("apply_dropout", computation_graph)
    if rng is None:
        rng = MRG_RandomStreams(config.default_seed if seed is None else seed)
    drop = bounded(drop_prob, "apply_dropout", "drop_prob", 0, 1)
    if not isinstance(drop, Constant):
        keep = 1 - drop
    elif drop.data.item() == 1 and custom_divisor is None:
        raise RangeError(
            "apply_dropout: expected drop_prob below 1, got 1.0. Pass custom_divisor, as nothing "
            "can be divided by 1 - drop_prob."
        )
    else:
        keep = as_variable(1 - float(drop.data))
    divisor = keep if custom_divisor is None else as_variable(custom_divisor)
    if isinstance(divisor, Constant) and (divisor.data == 0).any():
        raise RangeError(
            f"apply_dropout: expected a custom_divisor other than 0, got {divisor}. Pass 1 to "
            "leave what is kept as it is."
        )
    # A product by the inverse takes half the time of a quotient.
    is_number = isinstance(divisor, Constant) and divisor.ndim == 0
    scale = as_variable(1 / divisor.data.item()) if is_number else 1 / divisor
    replacements = {}
    for x in _real("apply_dropout", variables):
        mask = rng.binomial(x.shape, p=keep, dtype=x.dtype)
        dropped = x * mask * cast(scale, x.dtype)
        add_role(dropped, DROPOUT)
        dropped.tag.replacement_of = x
        replacements[x] = dropped
    return computation_graph.replace(replacements)


def apply_noise(
    computation_graph: ComputationGraph,
    variables: Iterable[Variable],
    level: Any,
    seed: int | None = None,
    rng: Any = None,
) -> ComputationGraph:
    """Return a graph in which normally distributed noise is added to variables.

    Parameters
    ----------
    computation_graph
        The graph.
    variables
        The variables of the graph that get noise: inputs, activations or parameters.
    level
        The standard deviation of the noise, a number or a variable.
    seed
        The seed of the stream, by default ``config.default_seed``.
    rng
        The stream that draws; by default ``MRG_RandomStreams(seed)``.

    Examples
    --------
    >>> from blocks import shared, tensor
    >>> level, x = shared(0.0), tensor.vector("x")
    >>> noisy = apply_noise(ComputationGraph(2 * x), [x], level)
    >>> noisy.outputs[0].eval({x: [1.0, 2.0]})
    array([2., 4.])
    """
    _check_graph("apply_noise", computation_graph)
    if rng is None:
        rng = MRG_RandomStreams(config.default_seed if seed is None else seed)
    return computation_graph.replace(
        {
            x: x + rng.normal(x.shape, std=level, dtype=x.dtype)
            for x in _real("apply_noise", variables)
        }
    )
