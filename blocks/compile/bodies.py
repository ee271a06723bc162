"""Loops made cheaper as graph: less in each step, and more in large products around them.

- Loops with one body on the same inputs become one: a gradient wants more of the loop forward
  than the user does.
- States and results that nobody needs go.
- A product of a row with a matrix that stays the same becomes one product before the loop; one
  that only leads to a result becomes one behind it; and the sum over steps of products, as the
  gradient with respect to a matrix is, becomes one product behind the loop.

Examples
--------
>>> from blocks import tensor
>>> from blocks.graph import toposort
>>> from blocks.graph.loops import scan
>>> x, W = tensor.tensor3("x"), tensor.matrix("W")
>>> y, _ = scan(lambda row: tensor.tanh(row @ W), sequences=x)
>>> (better,) = improved([y], [x, W])
>>> [n.op.name for n in better.owner.op.nodes]  # the product is outside
['tanh']
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from blocks.compile.gemm import MatrixProduct, Transposed
from blocks.compile.rules import is_constant, scalar_of
from blocks.compile.simplify import accumulate, rewrite, stabilize, uses_of
from blocks.graph.op import Apply
from blocks.graph.ops.axes import DimShuffle
from blocks.graph.ops.elementwise import add
from blocks.graph.ops.linalg import dot
from blocks.graph.ops.scan import Scan
from blocks.graph.ops.scan_body import Body
from blocks.graph.ops.shape import reshape
from blocks.graph.origin import inheriting
from blocks.graph.reading import read_by_value
from blocks.graph.replacement import Replacement
from blocks.graph.traversal import rebuild, toposort, variables
from blocks.graph.variable import Variable

__all__ = ["improved"]


def improved(outputs: Sequence[Variable], inputs: Sequence[Variable]) -> list[Variable]:
    """Return the outputs computed with cheaper loops.

    Parameters
    ----------
    outputs
        The variables to compute.
    inputs
        The variables that are given: they are kept as they are.
    """
    outputs = _merged(list(outputs), inputs)
    done: set[Apply] = set()
    while True:
        # The last ones first: what they leave unread, those before need not compute.
        order = toposort(outputs, blockers=inputs)
        left = [n for n in order if isinstance(n.op, Scan) and n not in done]
        if not left:
            return outputs
        node = left[-1]
        read = {x for n in order for x in n.inputs} | set(outputs)
        with inheriting(node.origin):
            better = _Improvement(node, read)
            outputs, _ = rebuild(outputs, better.outputs())
        done.add(better.node)


def _merged(outputs: list[Variable], inputs: Sequence[Variable]) -> list[Variable]:
    """Return the outputs with one loop in the place of several with the same body."""
    while True:
        alike: dict[object, list[Apply]] = {}
        for node in toposort(outputs, blockers=inputs):
            op = node.op
            if isinstance(op, Scan):
                key = (op.body, op.backwards, op.exact, op.truncate, *node.inputs)
                alike.setdefault(key, []).append(node)
        several = next((nodes for nodes in alike.values() if len(nodes) > 1), None)
        if several is None:
            return outputs
        outputs, _ = rebuild(outputs, _joined(several))


def _joined(nodes: Sequence[Apply]) -> dict[Variable, Variable]:
    """Return the outputs of loops with one body and one set of inputs, from one loop for all."""
    ops = [n.op for n in nodes if isinstance(n.op, Scan)]
    kept = tuple(any(flags) for flags in zip(*(op.kept for op in ops), strict=True))
    extras = tuple(dict.fromkeys(x for op in ops for x in op.extras))
    op = replace(ops[0], kept=kept, extras=extras)
    with inheriting(nodes[0].origin):
        whole = op.apply(*nodes[0].inputs).outputs
    found: dict[Variable, Variable] = {}
    stacked = dict(zip(op.stacked, whole[len(kept) :], strict=False))
    for node, old in zip(nodes, ops, strict=True):
        for i, y in enumerate(node.outputs):
            if i >= len(kept) + len(old.stacked):
                found[y] = whole[-1]
            elif i >= len(kept):
                found[y] = stacked[old.stacked[i - len(kept)]]
            elif old.kept[i] or not kept[i]:
                found[y] = whole[i]
            else:
                found[y] = whole[i][0] if op.backwards else whole[i][-1]  # the last one made
    return found


@dataclass
class _Row:
    """A row symbol of a loop under construction, and the sequence behind it."""

    symbol: Variable
    sequence: Variable


class _Improvement:
    """A loop that computes what is read of another one, with less in each step.

    Parameters
    ----------
    node
        The loop.
    read
        All variables that anybody reads.
    """

    def __init__(self, node: Apply, read: set[Variable]) -> None:
        op = node.op
        assert isinstance(op, Scan)
        self.old, self.op, self.body = node, op, op.body
        self.steps, sequences, initials, others = op.split(node.inputs)
        self.rows = [_Row(*pair) for pair in zip(self.body.rows, sequences, strict=True)]
        self.others = dict(zip(self.body.others, others, strict=True))
        self.kept = [
            k and (y in read or depth > 1)
            for k, y, depth in zip(op.kept, node.outputs, self.body.depths, strict=False)
        ]
        count = len(op.kept)
        wanted = node.outputs[count : count + len(op.stacked)]
        self.wanted = [j for j, y in enumerate(wanted) if y in read]
        self.states = self._living([i for i, y in enumerate(node.outputs[:count]) if y in read])
        self.initials = dict(enumerate(initials))
        self.sums: list[tuple[int, bool, int | Variable, int | Variable]] = []
        self.lifted: dict[int, tuple[int, Variable, bool]] = {}
        self._simplify()
        if self.condition is None:
            self._lift_sums()
        self._lift_products_of_rows()
        if self.condition is None:
            self._lift_results()
        self._transpose()
        self._change(accumulate(self._all(), self.symbols))
        self.node = self._apply()

    def _living(self, read: list[int]) -> list[int]:
        """Return the states that are read, or that those depend on."""
        body, living = self.body, list(read)
        roots = [self.op.stacked[j] for j in self.wanted]
        roots += [] if body.condition is None else [body.condition]
        pending = [*roots, *(body.new[i] for i in read)]
        symbols = {x: i for i, own in enumerate(body.states) for x in own}
        seen: set[Variable] = set()
        while pending:
            for x in variables([pending.pop()], blockers=[*body.symbols, *seen]):
                seen.add(x)
                i = symbols.get(x)
                if i is not None and i not in living:
                    living.append(i)
                    pending.append(body.new[i])
        return sorted(living)

    # The body.

    @property
    def symbols(self) -> list[Variable]:
        """What the step is computed from."""
        found = [row.symbol for row in self.rows] + [*self.others]
        return found + [x for own in self.body.states for x in own]

    def _simplify(self) -> None:
        body = self.body
        wanted = [body.new[i] for i in self.states]
        wanted += [self.op.stacked[j] for j in self.wanted]
        wanted += [] if body.condition is None else [body.condition]
        found = rewrite(improved(stabilize(wanted, self.symbols), self.symbols), self.symbols)
        self._take(self.states, found, body.condition is not None)

    def _all(self) -> list[Variable]:
        """Return what the step computes: new states, results, and the condition."""
        ends = [] if self.condition is None else [self.condition]
        return [*self.new.values(), *self.results, *ends]

    def _take(self, states: Iterable[int], found: Sequence[Variable], conditional: bool) -> None:
        """Let the step compute some variables, in the order of `_all`."""
        self.new = dict(zip(states, found, strict=False))
        end = len(found) - conditional
        self.results = list(found[len(self.new) : end])
        self.condition = found[end] if conditional else None

    def _change(self, found: Sequence[Variable]) -> None:
        """Let the step compute others in the place of `_all`."""
        self._take(list(self.new), found, self.condition is not None)

    def _uses(self) -> dict[Variable, int]:
        return uses_of(toposort(self._all(), blockers=self.symbols), self._all())

    def _products(self) -> list[Apply]:
        """Return the products whose values are needed: some nodes only lend their sizes."""
        order = toposort(self._all(), blockers=self.symbols)
        needed = read_by_value(self._all(), order)
        products = [n for n in order if isinstance(n.op, MatrixProduct)]
        return [n for n in products if n.outputs[0] in needed]

    # What moves out.

    def _lift_sums(self) -> None:
        """Leave the sums over steps of products to one product behind the loop."""
        uses = self._uses()
        for i in list(self.new):
            symbol, new = self.body.states[i][0], self.new[i]
            if self.kept[i] or uses.get(symbol) != 1 or new.owner is None or uses[new] != 1:
                continue
            if new.owner.op.name != "add" or symbol not in new.owner.inputs:
                continue
            (term,) = (x for x in new.owner.inputs if x is not symbol)
            if term.owner is None or not isinstance(term.owner.op, MatrixProduct):
                continue
            op, (a, b) = term.owner.op, term.owner.inputs
            is_outer = not op.transpose_a and a.broadcastable[1] and b.broadcastable[0]
            if op.transpose_b or uses[term] != 1 or not (op.transpose_a or is_outer):
                continue
            del self.new[i]
            self.sums.append((i, op.transpose_a, self._stacked(a), self._stacked(b)))

    def _stacked(self, x: Variable) -> int | Variable:
        """Return the values of all steps: a variable, or the position of a result to be."""
        outside = self._outside(x)
        if outside is not None:
            return outside
        if x not in self.results:
            self.results.append(x)
        return self.results.index(x)

    def _outside(self, x: Variable) -> Variable | None:
        """Return the values of all steps where they are there without the loop."""
        for row in self.rows:
            if row.symbol is x:
                return row.sequence if self.op.exact else row.sequence[: self.steps]
        if x.owner is not None and isinstance(x.owner.op, DimShuffle):
            (source,) = x.owner.inputs
            whole = self._outside(source)
            if whole is not None:
                pattern = (0, *(p if p == "x" else int(p) + 1 for p in x.owner.op.pattern))
                result: Variable = DimShuffle(pattern)(whole)
                return result
        return None

    def _lift_products_of_rows(self) -> None:
        """Leave products of rows with what stays the same to one product before the loop."""
        found: dict[Variable, Variable] = {}
        for node in self._products():
            op, (a, b), (y,) = node.op, node.inputs, node.outputs
            assert isinstance(op, MatrixProduct)
            whole = None if op.transpose_a or b not in self.others else self._outside(a)
            if whole is None:
                continue
            sequence = _product_of_rows(whole, self.others[b], op.transpose_b)
            symbol = y.type(y.name)
            self.rows.append(_Row(symbol, sequence))
            found[y] = symbol
        self._change(Replacement(found).all(self._all()))

    def _lift_results(self) -> None:
        """Leave products that are results to one product behind the loop."""
        uses = self._uses()
        for j, y in enumerate(list(self.results)):
            node = y.owner
            if node is None or not isinstance(node.op, MatrixProduct) or uses[y] != 1:
                continue
            a, b = node.inputs
            if node.op.transpose_a or b not in self.others:
                continue
            if a not in self.results:
                self.results.append(a)
            self.lifted[j] = (self.results.index(a), b, node.op.transpose_b)

    def _transpose(self) -> None:
        """Read matrices that stay the same as they lie in memory: BLAS is faster then."""
        made: dict[Variable, Variable] = {}
        found: dict[Variable, Variable] = {}
        for node in self._products():
            op, (a, b), (y,) = node.op, node.inputs, node.outputs
            assert isinstance(op, MatrixProduct)
            if not op.transpose_b or b not in self.others:
                continue
            if b not in made:
                outside: Variable = Transposed()(self.others[b])
                made[b] = outside.type(b.name)
                self.others[made[b]] = outside
            found[y] = MatrixProduct(op.transpose_a, False)(a, made[b])
        self._change(Replacement(found).all(self._all()))

    # The loop.

    def _apply(self) -> Apply:
        results = [y for j, y in enumerate(self.results) if j not in self.lifted]
        ends = [] if self.condition is None else [self.condition]
        read = set(variables([*self.new.values(), *results, *ends]))
        rows = [row for row in self.rows if row.symbol in read]
        others = {x: y for x, y in self.others.items() if x in read}
        body = Body(
            tuple(row.symbol for row in rows),
            tuple(self.body.states[i] for i in self.new),
            tuple(self.body.taps[i] for i in self.new),
            tuple(others),
            tuple(self.new.values()),
            tuple(results),
            self.condition,
        )
        op = replace(self.op, body=body, kept=tuple(self.kept[i] for i in self.new), extras=())
        initials = [self.initials[i] for i in self.new]
        sequences = [row.sequence for row in rows]
        return op.apply(self.steps, *sequences, *initials, *others.values())

    def outputs(self) -> dict[Variable, Variable]:
        """Return what has become of the outputs that are read."""
        old, new, count = self.old.outputs, self.node.outputs, len(self.op.kept)
        found = dict(zip((old[i] for i in self.new), new, strict=False))
        remaining = iter(new[len(self.new) :])
        values = {j: next(remaining) for j in range(len(self.results)) if j not in self.lifted}
        for j, (a, b, transpose) in self.lifted.items():
            values[j] = _product_of_rows(values[a], self.others[b], transpose)
        for position, j in enumerate(self.wanted):
            found[old[count + j]] = values[position]
        if self.condition is not None:
            found[old[-1]] = new[-1]
        for i, transpose, *sides in self.sums:
            left, right = (x if isinstance(x, Variable) else values[x] for x in sides)
            product = dot(_flat(left, transpose).T, _flat(right, True))
            start = scalar_of(self.initials[i])
            is_zero = start is not None and is_constant(start, 0)
            found[old[i]] = product if is_zero else add(self.initials[i], product)
        return {y: x for y, x in found.items() if x.ndim == y.ndim}  # of others nobody reads any


def _flat(x: Variable, is_first: bool) -> Variable:
    """Return a stack of matrices as one; with columns in the place of rows if they are those."""
    if not is_first:  # (steps, n, 1): an outer product
        return reshape(x, (x.shape[0], x.shape[1]), ndim=2)
    return reshape(x, (x.shape[0] * x.shape[1], x.shape[2]), ndim=2)


def _product_of_rows(x: Variable, W: Variable, transpose: bool) -> Variable:
    """Return the product of each matrix in a stack with one matrix, as one product."""
    product = dot(_flat(x, True), W.T if transpose else W)
    return reshape(product, (x.shape[0], x.shape[1], product.shape[1]), ndim=3)
