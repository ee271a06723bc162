"""Replacing variables inside of loops: a new loop with another step takes the place of the old.

Examples
--------
>>> from blocks import tensor
>>> from blocks.graph import ComputationGraph
>>> from blocks.graph.loops import scan
>>> x = tensor.vector("x")
>>> def step(row):
...     doubled = 2 * row
...     doubled.name = "doubled"
...     return doubled + 1
>>> y, _ = scan(step, sequences=x)
>>> graph = ComputationGraph(y)
>>> (inner,) = [v for v in graph.scan_variables if v.name == "doubled"]
>>> graph.replace({inner: 10 * inner}).outputs[0].eval({x: [1.0, 2.0]})
array([21., 41.])
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from blocks.graph.op import Apply
from blocks.graph.ops.scan import Scan
from blocks.graph.ops.scan_body import enclosed
from blocks.graph.replacement import Replacement
from blocks.graph.variable import Variable

__all__ = ["replaced_loops"]


def replaced_loops(
    nodes: Iterable[Apply], targets: Mapping[Variable, Variable]
) -> dict[Variable, Variable]:
    """Return what takes the place of the outputs of loops that contain targets.

    Parameters
    ----------
    nodes
        The applications, of which some are loops.
    targets
        A map from variables in loops, at any depth, to those that take their place. These may
        use variables of the same step, and others from outside of all loops: what is not
        of the step is the same in all steps.

    Returns
    -------
    A map from outputs of loops to those of the new ones.
    """
    found: dict[Variable, Variable] = {}
    for node in nodes:
        op = node.op
        if not isinstance(op, Scan):
            continue
        deeper = replaced_loops(op.nodes, targets)
        own = {x for inner in op.nodes for x in (*inner.inputs, *inner.outputs)}
        own |= {*op.body.symbols, *op.inner_outputs()}
        here = {x: y for x, y in targets.items() if x in own}
        if not here and not deeper:
            continue
        new = Replacement({**deeper, **here}).all(op.inner_outputs())
        symbols = {x: x for x in op.body.symbols}
        inner, others = enclosed(new, symbols)
        states, results = len(op.body.new), len(op.body.results)
        end = len(op.body.outputs)
        body = replace(
            op.body,
            others=(*op.body.others, *others.values()),
            new=tuple(inner[:states]),
            results=tuple(inner[states : states + results]),
            condition=None if op.body.condition is None else inner[end - 1],
        )
        changed = replace(op, body=body, extras=tuple(inner[end:]))
        copy = changed.apply(*node.inputs, *others)
        for old, y in zip(node.outputs, copy.outputs, strict=True):
            y.name, y.tag = old.name, old.tag.copy()
            found[old] = y
    return found
