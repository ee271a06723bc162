"""`Map`: one graph computed for each row of some sequences, the results stacked.

It is the loop of a Jacobian. What does not depend on the row stays outside of the loop, in
the graph around it, where it is computed once and where queries and replacements see it.

Examples
--------
>>> from blocks import tensor
>>> x, row = tensor.matrix("x"), tensor.vector("row")
>>> (y,) = map_rows([row.sum() * row], {row: x})
>>> y.eval({x: [[1.0, 2.0], [3.0, 4.0]]})
array([[ 3.,  6.],
       [21., 28.]])
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from blocks.errors import BlocksError, ShapeError
from blocks.graph.backend import compile_function
from blocks.graph.evaluation import evaluate
from blocks.graph.gradient import grad
from blocks.graph.op import Array, Call, Gradients, Op, Types
from blocks.graph.ops import reduce
from blocks.graph.ops.creation import alloc
from blocks.graph.ops.elementwise import identity
from blocks.graph.ops.rowwise import all_rows_at_once
from blocks.graph.ops.shape import patternbroadcast, shape_i
from blocks.graph.traversal import located, rebuild, toposort
from blocks.graph.types import TensorType
from blocks.graph.variable import Constant, Variable

__all__ = ["Map", "map_rows", "name_inside"]

LARGEST_BLOCK = 256  # rows that are computed at once
LONGEST_NAME = 30


@dataclass(frozen=True, eq=False)
class Map(Op):
    """A graph, computed for each row of its sequences; two are equal only if they are one.

    Its inputs are the sequences, whose first axis runs over the rows, and then what is
    the same for all rows. Each output is the stack of the inner results, along a new
    first axis.

    Parameters
    ----------
    rows
        The inner symbols that stand for a row of each sequence.
    others
        The inner symbols that stand for what is the same for all rows.
    results
        What is computed from them, for each row.
    """

    rows: tuple[Variable, ...] = field(repr=False)
    others: tuple[Variable, ...] = field(repr=False)
    results: tuple[Variable, ...] = field(repr=False)

    name = "map"

    def __repr__(self) -> str:
        return f"<map of {', '.join(map(str, self.results))}>"

    def inner_outputs(self) -> Sequence[Variable]:
        """Return what is computed for each row."""
        return self.results

    def infer(self, *types: TensorType) -> Types:
        """Return the types of the inner results, with the number of rows in front."""
        sequences, others = types[: len(self.rows)], types[len(self.rows) :]
        inner = dict(zip(self.rows, map(_row_type, sequences), strict=True))
        sizes = {t.shape[0] for t in sequences} - {None}
        if len(sizes) > 1:
            raise ShapeError(
                f"map: expected sequences of one length, got {' and '.join(map(str, sequences))}. "
                "Cut them to the shortest."
            )
        inner.update(zip(self.others, others, strict=True))
        for node in toposort(self.results, blockers=inner):
            found = node.op.infer(*(inner.get(x, x.type) for x in node.inputs))
            for y, t in zip(node.outputs, found, strict=True):
                inner[y] = TensorType(y.dtype, t.shape, y.broadcastable, t.known)
        size = sizes.pop() if sizes else None
        return tuple(_stacked_type(inner.get(y, y.type), size) for y in self.results)

    def grad(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        output_gradients: Gradients,
    ) -> Gradients:
        """Return the gradients of the rows, mapped; for the other inputs, their sum."""
        sequences, others = inputs[: len(self.rows)], inputs[len(self.rows) :]
        known, rows = {}, dict(zip(self.rows, sequences, strict=True))
        for y, g in zip(self.results, output_gradients, strict=True):
            if g is not None and y.type.is_float:
                row = _row_type(g.type)(f"gradient of {y}")
                # A copy, because a result may be an input, or the same as another result.
                known[identity(y)] = row
                rows[row] = g
        symbols = [*self.rows, *self.others]
        if not known:
            return [None] * len(symbols)
        inner = grad(
            None,
            symbols,
            known_grads=known,
            disconnected_inputs="ignore",
            return_disconnected="none",
            add_names=False,
        )
        found = [i for i, dx in enumerate(inner) if dx is not None]
        actual, _ = rebuild([inner[i] for i in found], dict(zip(self.others, others, strict=True)))
        gradients: list[Variable | None] = [None] * len(symbols)
        for i, dx in zip(found, map_rows(actual, rows), strict=True):
            total = dx if i < len(sequences) else reduce.sum(dx, axis=0)
            gradients[i] = patternbroadcast(total, inputs[i].broadcastable)
        return gradients

    def lower(self, *types: TensorType) -> Call:
        """Lower to the inner graph, which is compiled when it first runs."""
        compiled: list[Callable[[Sequence[Array]], tuple[Array, ...]]] = []

        def run(*arrays: Array) -> tuple[Array, ...]:
            if not compiled:
                compiled.append(self._compiled(types))
            return compiled[0](arrays)

        return Call(run)

    def _compiled(
        self, types: Sequence[TensorType]
    ) -> Callable[[Sequence[Array]], tuple[Array, ...]]:
        """Compile the inner graph: for many rows at once where all operations have rules."""
        sequences, others = types[: len(self.rows)], types[len(self.rows) :]
        rows = [_row_type(t)(x.name) for x, t in zip(self.rows, sequences, strict=True)]
        same = [t(x.name) for x, t in zip(self.others, others, strict=True)]
        one, _ = rebuild(
            self.results, dict(zip([*self.rows, *self.others], [*rows, *same], strict=True))
        )
        many = [
            TensorType(x.dtype, (None, *x.type.shape), (False, *x.broadcastable))(x.name)
            for x in rows
        ]
        together = all_rows_at_once(one, dict(zip(rows, many, strict=True)))
        function = compile_function(
            [*(rows if together is None else many), *same],
            one if together is None else together,
            mode="compiled",
            on_unused_input="ignore",
        )
        stack = self._stack if together is None else self._in_blocks
        return lambda arrays: stack(arrays, function)

    def _in_blocks(
        self, arrays: Sequence[Array], function: Callable[..., list[Array]]
    ) -> tuple[Array, ...]:
        """Return the results of a function of some rows: of not too many, to save memory."""
        sequences, others = arrays[: len(self.rows)], arrays[len(self.rows) :]
        size = len(sequences[0])
        blocks = [
            function(*(x[start : start + LARGEST_BLOCK] for x in sequences), *others)
            for start in range(0, size, LARGEST_BLOCK)
        ]
        if len(blocks) > 1:
            return tuple(np.concatenate(parts) for parts in zip(*blocks, strict=True))
        return tuple(blocks[0]) if blocks else self._nothing(arrays)

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute the inner graph node by node, with the reference of each."""
        order = toposort(self.results, blockers=[*self.rows, *self.others])

        def interpret(*inputs: Array) -> list[Array]:
            values = dict(zip([*self.rows, *self.others], inputs, strict=True))
            for node in order:
                operands = [x.data if isinstance(x, Constant) else values[x] for x in node.inputs]
                try:
                    found = evaluate(node.op, node.types, operands)
                except BlocksError as error:
                    raise located(error, node) from None
                values.update(zip(node.outputs, found, strict=True))
            return [y.data if isinstance(y, Constant) else values[y] for y in self.results]

        return self._stack(arrays, interpret)

    def _stack(
        self, arrays: Sequence[Array], function: Callable[..., list[Array]]
    ) -> tuple[Array, ...]:
        """Return the results of a function of one row and the other inputs, stacked."""
        sequences, others = arrays[: len(self.rows)], arrays[len(self.rows) :]
        stacked: list[Array] = []
        for i in range(len(sequences[0])):
            found = function(*(sequence[i, ...] for sequence in sequences), *others)
            if not stacked:
                stacked = [np.empty((len(sequences[0]), *y.shape), y.dtype) for y in found]
            for whole, y in zip(stacked, found, strict=True):
                if whole.shape[1:] != y.shape:
                    raise ShapeError(
                        f"map: expected results of one shape, got {whole.shape[1:]} for row 0 "
                        f"and {y.shape} for row {i}. Pad them to one shape."
                    )
                whole[i] = y
        return tuple(stacked) or self._nothing(arrays)

    def _nothing(self, arrays: Sequence[Array]) -> tuple[Array, ...]:
        """Return the results for sequences without rows."""
        found = self.infer(*(Constant(a).type for a in arrays))  # with the values of sizes
        return tuple(np.empty([size or 0 for size in t.shape], t.dtype) for t in found)


def _row_type(t: TensorType) -> TensorType:
    if t.ndim == 0:
        raise ShapeError(
            f"map: expected a sequence of at least one axis, got {t}. Pass what is the same for "
            "all rows as it is."
        )
    return TensorType(t.dtype, t.shape[1:], t.broadcastable[1:])


def _stacked_type(t: TensorType, size: int | None) -> TensorType:
    return TensorType(t.dtype, (size, *t.shape), (size == 1, *t.broadcastable))


def map_rows(results: Sequence[Variable], sequences: Mapping[Variable, Variable]) -> list[Variable]:
    """Return some variables for each row of sequences, stacked along a new first axis.

    Parameters
    ----------
    results
        What to compute for each row, in symbols that stand for a row.
    sequences
        The sequence that belongs to each such symbol; its first axis runs over the rows.

    Returns
    -------
    For each result of shape (...) one of shape (number of rows, ...). Only what depends
    on a row is computed in the loop.

    Raises
    ------
    ShapeError
        If the sequences differ in length, or rows yield results that differ in shape.

    Examples
    --------
    >>> from blocks import tensor
    >>> x, W, row = tensor.matrix("x"), tensor.matrix("W"), tensor.vector("row")
    >>> y = map_rows([row * tensor.exp(W).sum()], {row: x})[0]
    >>> y.owner.op, y.owner.inputs  # the sum is outside
    (<map of row * sum(exp(W))>, (x, sum(exp(W))))
    """
    inside = set(sequences)
    order = []
    for node in toposort(results):
        if any(x in inside for x in node.inputs):
            inside.update(node.outputs)
            order.append(node)
    looped = list(dict.fromkeys(y for y in results if y in inside))
    read = dict.fromkeys(x for node in order for x in node.inputs)
    others = [x for x in read if x not in inside and not isinstance(x, Constant)]
    rows = [x for x in sequences if x in read or x in looped]
    symbols = {x: x.type(name_inside(x)) for x in [*rows, *others]}
    inner, _ = rebuild(looped, symbols)
    stacked: dict[Variable, Variable] = {}
    if looped:
        op = Map(tuple(symbols[x] for x in rows), tuple(symbols[x] for x in others), tuple(inner))
        node = op.apply(*(sequences[x] for x in rows), *others)
        stacked.update(zip(looped, node.outputs, strict=True))
    size = shape_i(next(iter(sequences.values())), 0)
    for y in results:
        if y not in stacked:
            stacked[y] = alloc(y, size, *(shape_i(y, axis) for axis in range(y.ndim)))
    return [stacked[y] for y in results]


def name_inside(x: Variable) -> str | None:
    """Return what messages call a variable in the loop: its name, or a short formula."""
    text = str(x)
    if x.name is not None or x.owner is None or len(text) > LONGEST_NAME:
        return x.name
    return f"({text})" if " " in text else text
