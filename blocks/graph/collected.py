"""All parameters of a graph as parts of one vector.

Examples
--------
>>> import numpy as np
>>> a, b = shared(np.ones(2), name="a"), shared(np.zeros((1, 3)), name="b")
>>> graph = collect_parameters(ComputationGraph(a.sum() + b.sum()), [a, b])
>>> (collected,) = graph.shared_variables
>>> collected, collected.get_value()
(collected_params, array([1., 1., 0., 0., 0.]))
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from blocks.errors import GraphError, listed
from blocks.graph.computation import ComputationGraph
from blocks.graph.ops.index import index
from blocks.graph.ops.shape import reshape
from blocks.graph.variable import SharedVariable, Variable, shared
from blocks.roles import COLLECTED, COLLECTOR, add_role

__all__ = ["collect_parameters"]


def collect_parameters(
    computation_graph: ComputationGraph, parameters: Iterable[SharedVariable]
) -> ComputationGraph:
    """Return a graph with one vector in the place of several parameters.

    So the gradient with respect to all of them, or their Hessian, is one array.

    Parameters
    ----------
    computation_graph
        The graph.
    parameters
        Its parameters, or some. Their values are copied, one after the other.

    Returns
    -------
    A graph whose shared variable ``collected_params``, with the role COLLECTOR, holds the
    values. Each parameter is replaced by a part of it in the parameter's shape, with the
    role COLLECTED and the parameter as ``tag.replacement_of``.

    Raises
    ------
    GraphError
        If there are no parameters, or they are not shared variables of one dtype.

    Examples
    --------
    >>> from blocks.graph import grad
    >>> W = shared(np.array([[1.0, 2.0]]), name="W")
    >>> graph = collect_parameters(ComputationGraph((W**2).sum()), [W])
    >>> grad(graph.outputs[0], graph.shared_variables[0]).eval()
    array([2., 4.])
    """
    found = list(dict.fromkeys(parameters))
    wrong = [x for x in found if not isinstance(x, SharedVariable)]
    dtypes = sorted({x.dtype for x in found if x not in wrong})
    if wrong or len(dtypes) != 1:
        raise GraphError(
            "collect_parameters: expected shared variables of one dtype as parameters, got "
            f"{listed(f'{x} ({x.type})' for x in wrong or found) or 'none'}. "
            "Select shared variables, and call it once for each dtype."
        )
    values = [x.array for x in found]
    vector = np.concatenate([value.ravel() for value in values])
    collected = shared(vector, "collected_params", shape=vector.shape)
    add_role(collected, COLLECTOR)
    replacements: dict[Variable, Variable] = {}
    stop = 0
    for parameter, value in zip(found, values, strict=True):
        start, stop = stop, stop + value.size
        part = reshape(index(collected, slice(start, stop)), value.shape)
        part.name = parameter.name
        part.tag.replacement_of = parameter
        add_role(part, COLLECTED)
        replacements[parameter] = part
    return computation_graph.replace(replacements)
