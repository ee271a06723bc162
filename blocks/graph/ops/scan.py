"""`Scan`: a graph computed step after step, with states that each step hands to the next.

Step t reads row t of each sequence, the states of the steps before, and what is the same in
all steps; it computes new states and results, which are stacked along a new first axis. What
does not depend on the step is never inside (`blocks.graph.loops` sees to that).

Examples
--------
>>> from blocks import tensor
>>> from blocks.graph.loops import scan
>>> x = tensor.vector("x")
>>> sums, _ = scan(lambda row, total: row + total, sequences=x, outputs_info=tensor.zeros(()))
>>> sums.eval({x: [1.0, 2.0, 3.0]})
array([1., 3., 6.])
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

import numpy as np

from blocks.errors import BlocksError, ShapeError
from blocks.graph.evaluation import evaluate
from blocks.graph.op import Array, Gradients, Loop, Op, Types
from blocks.graph.ops.scan_body import Body
from blocks.graph.ops.scan_gradient import gradients
from blocks.graph.reading import read_by_value
from blocks.graph.traversal import in_step, located, toposort
from blocks.graph.types import TensorType
from blocks.graph.variable import Constant, Variable

__all__ = ["Body", "Scan"]

T = TypeVar("T")


@dataclass(frozen=True)
class Scan(Op):
    """A loop. Its inputs are the number of steps, sequences, initial states, and others.

    The initial value of a state that only looks one step back has the shape of the state;
    of one that looks d steps back it has d of them along a first axis, the oldest first.

    The outputs are the states, the results and `extras`, each with a row for each step, and
    with a condition the number of steps that were made. A state that is kept has its initial
    values as further rows: before the others, or behind them if the loop runs backwards.
    Of a state that is not kept there is the last value only.

    Parameters
    ----------
    body
        What a step computes.
    kept
        For each state whether all of its values are wanted.
    extras
        Variables of the body that are stacked as well, for a gradient.
    backwards
        Whether the steps go from the last row to the first. Row t of an output belongs to
        row t of the sequences either way.
    exact
        Whether the sequences must have as many rows as there are steps, and not more.
    truncate
        How many steps a gradient goes back, at most; -1 for all.
    label
        What messages call it.
    """

    body: Body = field(repr=False)
    kept: tuple[bool, ...] = field(repr=False)
    extras: tuple[Variable, ...] = field(default=(), repr=False)
    backwards: bool = False
    exact: bool = False
    truncate: int = -1
    label: str = "scan"

    @property
    def name(self) -> str:
        """The name in messages."""
        return self.label

    def __repr__(self) -> str:
        return f"<{self.label} of {', '.join(map(str, self.body.outputs))}>"

    def inner_outputs(self) -> Sequence[Variable]:
        """Return what is computed in each step."""
        return (*self.body.outputs, *self.extras)

    def advanced(self) -> Mapping[int, int]:
        """Return the places of the states of which only the last value is wanted."""
        first = 1 + len(self.body.rows)
        return {first + i: i for i, kept in enumerate(self.kept) if not kept}

    @property
    def stacked(self) -> tuple[Variable, ...]:
        """What each step computes besides the states: results and extras."""
        return (*self.body.results, *self.extras)

    def split(self, inputs: Sequence[T]) -> tuple[T, Sequence[T], Sequence[T], Sequence[T]]:
        """Return the number of steps, the sequences, the initial states and the others."""
        first, second = 1 + len(self.body.rows), 1 + len(self.body.rows) + len(self.body.states)
        return inputs[0], inputs[1:first], inputs[first:second], inputs[second:]

    def state_rows(self, i: int, tap: int) -> slice:
        """Return which rows of a kept state hold the values that the steps find at a tap.

        Tap 0 is the value that a step computes.
        """
        depth = self.body.depths[i]
        start, end = (-tap, depth + tap) if self.backwards else (depth + tap, -tap)
        return slice(start, -end if end else None)

    # Types.

    def infer(self, *types: TensorType) -> Types:
        """Return the types of states and results, with the number of steps in front."""
        steps, sequences, initials, others = self.split(types)
        count = self._count(steps, sequences)
        found = self.inner_types(sequences, initials, others)
        outputs = []
        for i, kept in enumerate(self.kept):
            state = self._state_type(i, initials[i])
            depth = self.body.depths[i]
            rows = None if count is None else count + depth
            outputs.append(_stacked(state, rows) if kept else state)
        outputs += [_stacked(found.get(y, y.type), count) for y in self.stacked]
        if self.body.condition is not None:
            outputs.append(TensorType("int64"))
        return tuple(outputs)

    def _count(self, steps: TensorType, sequences: Sequence[TensorType]) -> int | None:
        if steps.ndim or steps.is_float:
            raise ShapeError(
                f"{self.name}: expected a whole number of steps, got {steps}. Give a scalar."
            )
        count = None if steps.known is None else int(steps.known)
        if count is not None and count < 0:
            raise ShapeError(
                f"{self.name}: expected at least 0 steps, got {count}. To walk from the end, "
                "pass go_backwards=True, or reverse=True to a brick."
            )
        for x, t in zip(self.body.rows, sequences, strict=True):
            if t.ndim == 0:
                raise ShapeError(
                    f"{self.name}: expected a sequence with at least one axis for {x}, got {t}. "
                    "Pass what is the same in all steps as a non-sequence."
                )
            length = t.shape[0]
            if None in (length, count):
                continue
            if length < count or (self.exact and length != count):  # type: ignore[operator]
                what = "of one length" if self.exact else f"of at least {count} rows"
                raise ShapeError(
                    f"{self.name}: expected sequences {what}, got {t} for {x} and {count} steps. "
                    "Cut or pad them to one length, or give n_steps."
                )
        return count

    def _state_type(self, i: int, initial: TensorType) -> TensorType:
        """Return the type of one value of a state."""
        symbol = self.body.states[i][0]
        depth = self.body.depths[i]
        shape = initial.shape
        if initial.ndim != symbol.ndim + (depth > 1):
            raise ShapeError(
                f"{self.name}: expected an initial value of {symbol.ndim + (depth > 1)} axes for "
                f"{symbol}, got {initial}. Its shape is that of the state"
                + (f", with an axis of {depth} earlier values in front." if depth > 1 else ".")
            )
        if depth > 1:
            if shape[0] not in (None, depth):
                raise ShapeError(
                    f"{self.name}: expected {depth} earlier values of {symbol} along the first "
                    f"axis, got {initial}. Give one for each step that its taps look back."
                )
            shape = shape[1:]
        return TensorType(symbol.dtype, shape, symbol.broadcastable)

    def inner_types(
        self,
        sequences: Sequence[TensorType],
        initials: Sequence[TensorType],
        others: Sequence[TensorType],
    ) -> dict[Variable, TensorType]:
        """Return the types of the variables of the body, from those of the inputs.

        Raises
        ------
        BlocksError
            If sizes do not fit, in the words of the op in question; `ShapeError` if a step
            changes the size of a state.
        """
        body = self.body
        found: dict[Variable, TensorType] = {}
        for x, t in zip(body.rows, sequences, strict=True):
            found[x] = TensorType(x.dtype, t.shape[1:], x.broadcastable)
        for i, symbols in enumerate(body.states):
            found.update(dict.fromkeys(symbols, self._state_type(i, initials[i])))
        for x, t in zip(body.others, others, strict=True):
            found[x] = TensorType(x.dtype, t.shape, x.broadcastable, t.known)
        for node in self.nodes:
            try:
                types = node.op.infer(*(found.get(x, x.type) for x in node.inputs))
            except BlocksError as error:
                raise located(error, node) from None
            for y, t, built in zip(node.outputs, types, node.types, strict=True):
                found[y] = TensorType(built.dtype, t.shape, built.broadcastable, t.known)
        for symbols, y in zip(body.states, body.new, strict=True):
            before, after = found[symbols[0]], found.get(y, y.type)
            pairs = zip(before.shape, after.shape, strict=True)
            if any(None not in pair and pair[0] != pair[1] for pair in pairs):
                self._changes(symbols[0], before, after)
        return found

    def _changes(self, symbol: Variable, before: Any, after: Any) -> None:
        raise ShapeError(
            f"{self.name}: expected a step to keep the shape of the state {symbol}, got {before} "
            f"before and {after} after it. Give the initial state the shape that a step computes."
        )

    @cached_property
    def nodes(self) -> list[Any]:
        """The applications of the body, in an order in which they can run."""
        return toposort(self.inner_outputs(), blockers=self.body.symbols)

    @cached_property
    def reads(self) -> tuple[bool, ...]:
        """For each input whether its values matter, and not only its sizes."""
        body = self.body
        needed = read_by_value(self.inner_outputs(), self.nodes)
        return (
            True,
            *(x in needed for x in body.rows),
            *(True for _ in body.states),
            *(x in needed for x in body.others),
        )

    # Gradient and values.

    def grad(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        output_gradients: Gradients,
    ) -> Gradients:
        """Return the gradients: those of a loop that runs the other way."""
        return gradients(self, inputs, outputs, output_gradients)

    def lower(self, *types: TensorType) -> Loop:
        """Lower to a loop."""
        return Loop(self.reads)

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute step by step, node by node, with the reference of each."""
        return self.run(arrays, self._step)

    def run(
        self, arrays: Sequence[Array], step: Callable[[Sequence[Array]], Sequence[Array]]
    ) -> tuple[Array, ...]:
        """Compute the outputs, with a function that makes one step.

        Parameters
        ----------
        arrays
            The inputs.
        step
            Takes arrays for the symbols of the body, and returns `inner_outputs`.
        """
        steps, sequences, initials, others = self.split(arrays)
        types = self.infer(*(_known_type(a) for a in arrays))
        count, done = int(steps), 0
        buffers = [np.zeros([n or 0 for n in t.shape], t.dtype) for t in types]
        self.start(buffers, initials, count)
        previous = self._previous(initials)
        for done in range(1, count + 1):
            t = count - done if self.backwards else done - 1
            given = [x[t, ...] for x in sequences]
            pairs = zip(self.body.taps, previous, strict=True)
            given += [old[tap] for taps, old in pairs for tap in taps]
            try:
                found = dict(zip(self.inner_outputs(), step([*given, *others]), strict=True))
                self._store(found, t, buffers, previous, is_first=done == 1)
            except BlocksError as error:
                raise in_step(error, t, self.name) from None
            if self.body.condition is not None and bool(found[self.body.condition]):
                break
        for i, kept in enumerate(self.kept):
            if not kept:
                buffers[i][...] = previous[i][-1]
        if self.body.condition is not None:
            buffers[-1][...] = done
        return tuple(buffers)

    def start(self, buffers: Sequence[Array], initials: Sequence[Array], count: int) -> None:
        """Put the initial values of the states that are kept into their rows."""
        for i, kept in enumerate(self.kept):
            if kept:
                depth, first = self.body.depths[i], initials[i]
                rows = first[np.newaxis] if depth == 1 else first
                if self.backwards:
                    buffers[i][count:] = rows[::-1]
                else:
                    buffers[i][:depth] = rows

    def _previous(self, initials: Sequence[Array]) -> list[list[Array]]:
        """Return the last values of each state, the oldest first."""
        depths = self.body.depths
        return [[x] if depth == 1 else list(x) for x, depth in zip(initials, depths, strict=True)]

    def _step(self, arrays: Sequence[Array]) -> list[Array]:
        values = dict(zip(self.body.symbols, arrays, strict=True))
        for node in self.nodes:
            try:
                found = evaluate(node.op, node.types, [_value(x, values) for x in node.inputs])
            except BlocksError as error:
                raise located(error, node) from None
            values.update(zip(node.outputs, found, strict=True))
        return [_value(y, values) for y in self.inner_outputs()]

    def _store(
        self,
        values: Mapping[Variable, Array],
        t: int,
        buffers: list[Array],
        previous: Sequence[list[Array]],
        is_first: bool,
    ) -> None:
        """Put what a step has computed where the next ones and those outside find it."""
        for i, y in enumerate(self.body.new):
            new, symbol = values[y], self.body.states[i][0]
            if new.shape != previous[i][-1].shape:
                self._changes(symbol, previous[i][-1].shape, new.shape)
            previous[i].append(np.asarray(new, symbol.dtype))
            del previous[i][0]
            if self.kept[i]:
                buffers[i][t + (0 if self.backwards else self.body.depths[i])] = new
        for j, y in enumerate(self.stacked, len(self.kept)):
            row = values[y]
            if is_first and buffers[j].shape[1:] != row.shape:  # it depends on values
                buffers[j] = np.zeros((len(buffers[j]), *row.shape), row.dtype)
            if buffers[j].shape[1:] != row.shape:
                raise ShapeError(
                    f"{self.name}: expected results of one shape, got {buffers[j].shape[1:]} and "
                    f"{row.shape}. Pad them to one shape."
                )
            buffers[j][t] = row


def _stacked(t: TensorType, size: int | None) -> TensorType:
    return TensorType(t.dtype, (size, *t.shape), (False, *t.broadcastable))


def _known_type(array: Array) -> TensorType:
    known = int(array) if array.ndim == 0 and array.dtype.kind in "iu" else None
    return TensorType(str(array.dtype), array.shape, (False,) * array.ndim, known)


def _value(x: Variable, values: Mapping[Variable, Array]) -> Array:
    return x.data if isinstance(x, Constant) else values[x]
