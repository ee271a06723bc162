"""The first stage of the compiler: the same values from fewer and cheaper nodes.

Nodes are visited once, inputs first, and rebuilt on simplified inputs. Equal nodes become
one, nodes of constants are computed, rules of `RULES` rewrite single nodes. Then sums of
scaled matrix products become ``gemm``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from blocks.compile.gemm import Gemm, MatrixProduct
from blocks.compile.rules import RULES, Rule, checks_no_size, scalar_of
from blocks.compile.stable import STABLE_RULES
from blocks.errors import BlocksError
from blocks.graph.evaluation import evaluate
from blocks.graph.op import Apply, Op
from blocks.graph.ops.axes import SpecifyBroadcast
from blocks.graph.ops.elementwise import Elementwise, add, cast, mul, neg
from blocks.graph.origin import inheriting
from blocks.graph.traversal import toposort, with_inputs
from blocks.graph.variable import Constant, Variable, constant

__all__ = ["accumulate", "rewrite", "simplify", "stabilize", "uses_of"]

LARGEST_FOLDED = 1024  # elements of a result that is computed at compile time
LARGEST_SUM = 32  # nodes in which a scaled product and a scaled matrix are looked for


ALL_RULES: dict[str, Sequence[Rule]] = {
    name: [*STABLE_RULES.get(name, ()), *RULES.get(name, ())] for name in {**STABLE_RULES, **RULES}
}


def stabilize(outputs: Sequence[Variable], inputs: Sequence[Variable]) -> list[Variable]:
    """Return the outputs with unstable expressions, such as log(softmax(x)), replaced.

    This is part of what the language means, so every mode does it.
    """
    return _Rewriter(STABLE_RULES, fold=False).run(outputs, inputs)


def simplify(outputs: Sequence[Variable], inputs: Sequence[Variable]) -> list[Variable]:
    """Return the outputs computed in a simpler way: by `rewrite`, then with `accumulate`.

    Parameters
    ----------
    outputs
        The variables to compute.
    inputs
        The variables that are given: they are kept as they are.
    """
    return accumulate(rewrite(outputs, inputs), inputs)


def rewrite(outputs: Sequence[Variable], inputs: Sequence[Variable]) -> list[Variable]:
    """Return the outputs with equal nodes as one, constants computed, and rules applied.

    Parameters
    ----------
    outputs
        The variables to compute.
    inputs
        The variables that are given: they are kept as they are.
    """
    return _Rewriter(ALL_RULES, fold=True).run(outputs, inputs)


def constant_key(x: Constant) -> Any:
    """Return what makes two constants the same, or the constant itself if it is large."""
    if x.data.size > LARGEST_FOLDED:
        return x
    return (x.dtype, x.data.shape, x.broadcastable, x.data.tobytes())


class _Rewriter:
    """One pass over a graph: rules, constant folding and common subexpressions."""

    def __init__(self, rules: dict[str, Sequence[Rule]], fold: bool) -> None:
        self.rules = rules
        self.fold = fold
        self.memo: dict[Variable, Variable] = {}
        self.nodes: dict[Any, tuple[Variable, ...]] = {}
        self.constants: dict[Any, Constant] = {}
        self.done: set[Variable] = set()  # what this pass has made: never visited again

    def run(self, outputs: Sequence[Variable], inputs: Sequence[Variable]) -> list[Variable]:
        """Return the rewritten outputs."""
        for node in toposort(outputs, blockers=inputs):
            try:
                self._visit(node)
            except BlocksError:
                # Sizes that folding made known do not fit. The run says so, if it comes there:
                # the node may be in a branch that is never chosen.
                self.memo.update((y, y) for y in node.outputs)
        return [self._get(y) for y in outputs]

    def _get(self, x: Variable) -> Variable:
        found = self.memo.get(x)
        if found is None:
            if not isinstance(x, Constant):
                return x
            found = self.memo[x] = self.constants.setdefault(constant_key(x), x)
        return found

    def _visit(self, node: Apply) -> None:
        inputs = [self._get(x) for x in node.inputs]
        rules = self.rules.get(node.op.name)
        if rules is not None and len(node.outputs) == 1:
            (y,) = node.outputs
            with inheriting(node.origin):
                replacement = _rewritten(rules, node.op, inputs)
            if replacement is not None and _same_type(replacement, y):
                # What a rule makes may itself be simplified, or exist already.
                self.memo[y] = self._settle(replacement)
                return
        self._keep(node, inputs)

    def _keep(self, node: Apply, inputs: Sequence[Variable]) -> None:
        """Remember what the op of a node makes of simpler inputs."""
        for old, new in zip(node.outputs, self._outputs(node, inputs), strict=True):
            self.memo[old] = self._broadcasting_as(old, new)

    def _settle(self, x: Variable) -> Variable:
        """Return what a rule made, with the nodes that are new merged with existing ones."""
        stack = [x]
        while stack:
            node = stack[-1].owner
            if node is None or stack[-1] in self.memo or stack[-1] in self.done:
                stack.pop()
                continue
            pending = [
                i
                for i in node.inputs
                if i.owner is not None and i not in self.memo and i not in self.done
            ]
            if pending:
                stack += pending
                continue
            stack.pop()
            self._keep(node, [self._get(i) for i in node.inputs])
        return self._get(x)

    def _broadcasting_as(self, old: Variable, new: Variable) -> Variable:
        """Return a variable whose sizes are better known now, broadcasting no more than before."""
        if old.broadcastable == new.broadcastable:
            return new
        pairs = zip(old.broadcastable, new.broadcastable, strict=True)
        flags = tuple(a and b for a, b in pairs)
        if flags == new.broadcastable:
            return new
        if isinstance(new, Constant):
            new = Constant(new.data)
            new.type = replace(new.type, broadcastable=flags)
            return self.constants.setdefault(constant_key(new), new)
        assert old.owner is not None
        with inheriting(old.owner.origin):
            node = SpecifyBroadcast(flags).apply(new)
        return self._outputs(node, node.inputs)[0]

    def _outputs(self, node: Apply, inputs: Sequence[Variable]) -> tuple[Variable, ...]:
        """Return the outputs of the op of a node on these inputs: its own, or simpler ones."""
        key = (node.op, *inputs)
        if key in self.nodes:
            return self.nodes[key]
        node = with_inputs(node, inputs)
        outputs = node.outputs
        if self.fold and _is_known(inputs) and node.op.is_pure:
            outputs = self._folded(node) or outputs
        self.nodes[key] = outputs
        self.done.update(outputs)
        return outputs

    def _folded(self, node: Apply) -> tuple[Variable, ...] | None:
        for t in node.types:
            if None in t.shape or np.prod([n for n in t.shape if n is not None]) > LARGEST_FOLDED:
                return None
        arrays = [x.data for x in node.inputs if isinstance(x, Constant)]
        results = evaluate(node.op, node.types, arrays)
        folded = [Constant(r) for r in results]
        for x, t in zip(folded, node.types, strict=True):
            x.type = x.type.merge(t)
        return tuple(self.constants.setdefault(constant_key(x), x) for x in folded)


def _rewritten(rules: Sequence[Rule], op: Op, inputs: Sequence[Variable]) -> Variable | None:
    for rule in rules:
        replacement = rule(op, inputs)
        if replacement is not None:
            return replacement
    return None


def _is_known(inputs: Sequence[Variable]) -> bool:
    return len(inputs) > 0 and all([isinstance(x, Constant) for x in inputs])


def _same_type(x: Variable, y: Variable) -> bool:
    return x.dtype == y.dtype and x.broadcastable == y.broadcastable


def accumulate(
    outputs: Sequence[Variable], inputs: Sequence[Variable], watched: int = 0
) -> list[Variable]:
    """Return the outputs with ``beta * c + alpha * (a @ b)`` computed by gemm.

    That is done wherever the product serves nothing else.

    Parameters
    ----------
    outputs
        The variables to compute, simplified.
    inputs
        The variables that are given.
    watched
        How many of the outputs, the last ones, are only there to be looked at: the others are
        computed as they would be without them.
    """
    count = len(outputs) - watched
    nodes = toposort(outputs, blockers=inputs)
    all_uses = uses_of(nodes, outputs)
    first, first_uses = set(nodes), all_uses
    is_watched = count < len(outputs)
    if is_watched:
        first = set(toposort(outputs[:count], blockers=inputs))
        first_uses = uses_of(first, outputs[:count])
    absorbed: set[Variable] = set()
    found: dict[Variable, Variable] = {}
    # Outermost sums first, so that each takes in as much as it can.
    for node in reversed(nodes):
        y = node.outputs[0]
        if y in absorbed or node.op.name not in ("add", "sub") or not _is_float_matrix(y):
            continue
        with inheriting(node.origin):
            result, inner = _as_gemm(y, first_uses if node in first else all_uses)
        if result is not None:
            found[y] = result
            absorbed |= inner
    if not found:
        return list(outputs)
    rewriter = _Rewriter({}, fold=True)
    for node in nodes:
        y = node.outputs[0]
        if y in absorbed and not is_watched:
            continue
        if y in found:
            rewriter.memo[y] = rewriter._settle(found[y])
            continue
        rewriter._visit(node)
    return [rewriter._get(y) for y in outputs]


def uses_of(nodes: Iterable[Apply], outputs: Sequence[Variable]) -> dict[Variable, int]:
    """Return how often each variable is read, by nodes or as an output."""
    uses: dict[Variable, int] = {}
    for node in nodes:
        for x in node.inputs:
            uses[x] = uses.get(x, 0) + 1
    for y in outputs:
        uses[y] = uses.get(y, 0) + 1
    return uses


def _is_float_matrix(x: Variable) -> bool:
    return x.ndim == 2 and x.type.is_float


def _as_gemm(y: Variable, uses: dict[Variable, int]) -> tuple[Variable | None, set[Variable]]:
    """Return `y` as one gemm, if it is a scaled product plus a scaled matrix."""
    found = _two_terms(y, uses)
    if found is None:
        return None, set()
    terms, inner = found
    products = [x for x in terms if x.owner is not None and isinstance(x.owner.op, MatrixProduct)]
    products = [x for x in products if uses[x] == 1]
    if not products:
        return None, set()
    product = products[-1]
    (c,) = (x for x in terms if x is not product)
    if not _same_type(c, y) or not _same_type(product, y):
        return None, set()
    assert product.owner is not None
    assert isinstance(product.owner.op, MatrixProduct)
    op = product.owner.op
    gemm = Gemm(op.transpose_a, op.transpose_b)
    a, b = product.owner.inputs
    return gemm(c, a, b, terms[product], terms[c]), inner | {product}


def _two_terms(
    y: Variable, uses: dict[Variable, int]
) -> tuple[dict[Variable, Variable], set[Variable]] | None:
    """Return `y` as a sum of two scaled matrices, and the nodes that only lead to it.

    Each sum of a graph is asked, also those inside of longer ones: none may take long.
    """
    one = constant(1.0, dtype=y.dtype)
    terms: dict[Variable, Variable] = {}
    inner: set[Variable] = set()
    pending: list[tuple[Variable, Variable]] = [(y, one)]
    while pending:
        x, factor = pending.pop()
        parts = _parts(x, y) if x is y or uses.get(x) == 1 else None
        if parts is None:
            terms[x] = add(terms[x], factor) if x in terms else factor
            if len(terms) > 2:
                return None
            continue
        if len(inner) > LARGEST_SUM:
            return None
        if x is not y:
            inner.add(x)
        pending += [(part, _times(factor, scale)) for part, scale in parts]
    return (terms, inner) if len(terms) == 2 else None


def _times(factor: Variable, scale: Variable | float) -> Variable:
    if isinstance(scale, float):
        return factor if scale == 1.0 else neg(factor)
    if isinstance(factor, Constant) and factor.data == 1:
        return scale
    return mul(factor, scale)


def _parts(x: Variable, y: Variable) -> list[tuple[Variable, Variable | float]] | None:
    """Return the terms of a sum, or the matrix and the factor of a scaled one."""
    node = x.owner
    if node is None or not isinstance(node.op, Elementwise) or not _same_type(x, y):
        return None
    name, operands = node.op.name, node.inputs
    if name in ("add", "sub") and len(operands) == 2:
        if all(_same_type(z, y) for z in operands):
            return [(operands[0], 1.0), (operands[1], 1.0 if name == "add" else -1.0)]
        return None
    if name == "neg" and _same_type(operands[0], y):
        return [(operands[0], -1.0)]
    if name == "mul" and len(operands) == 2:
        for scale, matrix in (operands, operands[::-1]):
            number = scalar_of(scale)
            if number is None or not checks_no_size(scale, matrix):
                continue
            if _same_type(matrix, y):
                return [(matrix, cast(number, y.dtype))]
    return None
