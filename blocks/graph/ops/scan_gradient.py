"""The gradient of a `Scan`: a loop that runs the other way, and takes in what the first leaves.

Each step of that loop gets the gradients of what the step forward computed, and returns those of
what it read. The gradient of a state is a state there: it arrives from the step after. The
gradient by what is the same in all steps is a sum over steps, kept as a state too.

What the step forward computed is either stored by it (its `extras`) or computed again: stored
where it takes long, as products and exponentials do, computed again where it is cheap.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from blocks.graph.gradient import grad
from blocks.graph.op import Gradients
from blocks.graph.ops.elementwise import (
    add,
    cast,
    eq,
    identity,
    maximum,
    minimum,
    switch,
)
from blocks.graph.ops.index import set_subtensor
from blocks.graph.ops.join import stack
from blocks.graph.ops.scan_body import Body
from blocks.graph.ops.scan_reading import Reading, reading_of
from blocks.graph.ops.shape import patternbroadcast
from blocks.graph.ops.sizes import zeros_like
from blocks.graph.ops.subtensor import SubtensorGradient
from blocks.graph.traversal import rebuild, variables
from blocks.graph.trial_values import without_test_values
from blocks.graph.variable import Variable

if TYPE_CHECKING:
    from blocks.graph.ops.scan import Scan

__all__ = ["gradients"]


def gradients(
    op: Scan,
    inputs: Sequence[Variable],
    outputs: Sequence[Variable],
    output_gradients: Gradients,
) -> list[Variable | None]:
    """Return the gradients with respect to the inputs of a scan.

    Parameters
    ----------
    op, inputs, outputs
        The scan, and those of its application.
    output_gradients
        The gradient with respect to each output; ``None`` where none arrives.
    """
    arrived = [
        None if g is None or not y.type.is_float else g
        for y, g in zip(outputs, output_gradients, strict=True)
    ]
    step = _Backward(op, arrived)
    found: list[Variable | None] = [None] * len(inputs)
    if not step.targets:
        return found
    return step.apply(inputs, outputs)


@dataclass
class _Carry:
    """A state of the loop that runs backwards: what of a gradient is known so far."""

    symbol: Variable
    new: Variable


class _Backward:
    """The step of the loop that runs backwards, in symbols of the loop forward."""

    def __init__(self, op: Scan, arrived: Sequence[Variable | None]) -> None:
        self.op, self.body = op, op.body
        count = len(op.kept)
        self.of_states = arrived[:count]
        self.of_rows: dict[Variable, Variable] = {}
        for y, g in zip(op.stacked, arrived[count:], strict=False):
            if g is not None:  # one variable may be several results
                self.of_rows[y] = add(self.of_rows[y], g) if y in self.of_rows else g
        self.rows: dict[Variable, Variable] = {}  # a symbol, and the gradient whose rows it is
        self.carries: dict[tuple[int, int], _Carry] = {}  # by state and steps back
        self.totals: dict[int, _Carry] = {}  # by position among the others
        self.results: dict[int, Variable] = {}  # by position among the sequences
        self.of_initials: dict[int, Variable] = {}  # gradients that may arrive there, by state
        self.last: dict[int, list[Variable]] = {}  # and at the state after the last step
        self.of_kept = {i: self._arriving(i) for i in range(count)}
        with without_test_values():  # its symbols have none
            self._differentiate()

    @property
    def targets(self) -> list[Variable]:
        """All that a step backwards computes."""
        found = [c.new for c in (*self.carries.values(), *self.totals.values())]
        return [*found, *self.results.values()]

    def _active(self) -> list[int]:
        """Return the states that a gradient arrives at: from outside, or from later steps."""
        symbols = set(self.body.symbols)
        states = [i for i, g in enumerate(self.of_states) if g is not None]
        pending = [self.body.new[i] for i in states]
        pending += self.of_rows
        while pending:
            read = symbols.intersection(variables([pending.pop()], blockers=symbols))
            for i, own in enumerate(self.body.states):
                if i not in states and own[0].type.is_float and read.intersection(own):
                    states.append(i)
                    pending.append(self.body.new[i])
        return sorted(states)

    def _differentiate(self) -> None:
        body, active = self.body, self._active()
        known: dict[Variable, Variable] = {}
        for i in active:
            symbol = body.states[i][0]
            for back in range(1, body.depths[i] + 1):
                x = symbol.type(f"gradient of {symbol}")
                self.carries[i, back] = _Carry(x, x)
            g: Variable = self.carries[i, 1].symbol
            rows = self.of_kept[i]
            if rows is not None:
                row = symbol.type(f"gradient of {symbol}")
                self.rows[row] = rows
                g = add(g, row)
            known[identity(body.new[i])] = g  # a copy: a new state may be a symbol as well
        for y, whole in self.of_rows.items():
            row = y.type(f"gradient of {y}")
            self.rows[row] = whole
            known[identity(y)] = row
        if not known:
            return
        symbols = [x for x in body.symbols if x.type.is_float]
        found = grad(
            None,
            symbols,
            known_grads=known,
            disconnected_inputs="ignore",
            return_disconnected="none",
            add_names=False,
        )
        by = {x: _like(g, x) for x, g in zip(symbols, found, strict=True) if g is not None}
        for (i, back), carry in self.carries.items():
            parts = [by[x] for x in self._at(i, back) if x in by]
            if (i, back + 1) in self.carries:
                parts.append(self.carries[i, back + 1].symbol)
            carry.new = _sum(parts) if parts else zeros_like(carry.symbol)
        for j, x in enumerate(body.others):
            if x in by:
                total = x.type(f"gradient of {x}")
                self.totals[j] = _Carry(total, add(total, by[x]))
        self.results = {j: by[x] for j, x in enumerate(body.rows) if x in by}

    def _arriving(self, i: int) -> Variable | None:
        """Return the gradients that arrive at a state from outside, in a row for each step.

        What arrives at the last step only is where the loop backwards starts, instead.
        """
        whole = self.of_states[i]
        if whole is None or not self.op.kept[i]:
            return None
        rows = self.op.state_rows(i, 0)
        found = _gradient_of_part(whole, (rows.start or None, rows.stop, None))
        if found is None:
            self.of_initials[i] = whole
            return whole[rows]
        pending, left = [found], []
        while pending:
            term = pending.pop()
            if term.owner is not None and term.owner.op.name == "add":
                pending += term.owner.inputs
                continue
            last = _gradient_of_last(term, self.op.backwards)
            if last is None or self.op.truncate >= 0:
                left.append(term)
            else:
                self.last.setdefault(i, []).append(last)
        return _sum(left) if left else None

    def _at(self, i: int, back: int) -> list[Variable]:
        pairs = zip(self.body.states[i], self.body.taps[i], strict=True)
        return [x for x, tap in pairs if tap == -back]

    # The loop.

    def apply(
        self, inputs: Sequence[Variable], outputs: Sequence[Variable]
    ) -> list[Variable | None]:
        """Return the gradients with respect to the inputs of the loop forward."""
        op, body = self.op, self.body
        steps, sequences, initials, others = op.split(inputs)
        reading = reading_of(self.targets, op, body)
        kept = tuple(k or i in reading.states for i, k in enumerate(op.kept))
        forward = replace(op, kept=kept, extras=(*op.extras, *reading.stored))
        left = outputs if forward == op else forward.apply(*inputs).outputs
        made = steps if body.condition is None else left[-1]
        sources = self._sources(forward, inputs, left, reading)
        rows = {x: source for x, source in sources.items() if x not in body.others}
        first, last = self._range(steps, made)
        if first is not None:
            rows = {x: source[first:last] for x, source in rows.items()}
        inner = {x: x.type(x.name) for x in sources}
        carries = [*self.carries.values(), *self.totals.values()]
        new, _ = rebuild([*(c.new for c in carries), *self.results.values()], inner)
        read = set(variables(new))
        rows = {x: source for x, source in rows.items() if inner[x] in read}
        same = [x for x in sources if x in body.others and inner[x] in read]
        backward = replace(
            op,
            body=Body(
                tuple(inner[x] for x in rows),
                tuple((c.symbol,) for c in carries),
                tuple((-1,) for _ in carries),
                tuple(inner[x] for x in same),
                tuple(new[: len(carries)]),
                tuple(new[len(carries) :]),
            ),
            kept=(False,) * len(carries),
            extras=(),
            backwards=not op.backwards,
            exact=False,
            truncate=-1,
            label=f"gradient of {op.label}",
        )
        starts = [self._start(i, back, initials) for i, back in self.carries]
        starts += [zeros_like(others[j]) for j in self.totals]
        found = backward.apply(
            last if first is None else last - first,
            *rows.values(),
            *starts,
            *(sources[x] for x in same),
        ).outputs
        by_state = dict(zip(self.carries, found, strict=False))
        by_other = dict(zip(self.totals, found[len(self.carries) :], strict=False))
        by_row = dict(zip(self.results, found[len(carries) :], strict=True))
        return [
            None,
            *(self._of_sequence(x, by_row.get(j), first, last) for j, x in enumerate(sequences)),
            *(self._of_initial(i, x, by_state, made) for i, x in enumerate(initials)),
            *(by_other.get(j) for j in range(len(others))),
        ]

    def _range(self, steps: Variable, made: Variable) -> tuple[Variable | None, Variable]:
        """Return the first row that the gradient visits, and the one after the last.

        The first is ``None`` if none are left out before it.

        Parameters
        ----------
        steps, made
            How many steps were asked for, and how many were made.
        """
        op = self.op
        count = made if op.truncate < 0 else minimum(made, op.truncate)
        if not op.backwards:
            return (None if op.truncate < 0 else made - count), made
        if self.body.condition is None:
            return None, count
        first = steps - made  # the walk began at the end, and did not come to the first rows
        return first, first + count

    def _start(self, i: int, back: int, initials: Sequence[Variable]) -> Variable:
        """Return what arrives at a state behind the last step."""
        whole = self.of_states[i]
        if back == 1 and whole is not None and not self.op.kept[i]:
            return whole
        if back == 1 and i in self.last:
            return _sum(self.last[i])
        initial = initials[i]
        return zeros_like(initial[0] if self.body.depths[i] > 1 else initial)

    def _sources(
        self,
        forward: Scan,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        reading: Reading,
    ) -> dict[Variable, Variable]:
        """Return where the loop backwards finds the symbols and variables that it reads."""
        _, sequences, initials, others = forward.split(inputs)
        body = self.body
        found = dict(zip(body.rows, sequences, strict=True))
        for i, symbols in enumerate(body.states):
            for x, tap in zip(symbols, body.taps[i], strict=True):
                if forward.kept[i]:
                    found[x] = outputs[i][forward.state_rows(i, tap)]
        stacked = dict(zip(forward.stacked, outputs[len(forward.kept) :], strict=False))
        for y in reading.taken:
            at = [i for i, new in enumerate(body.new) if new is y and forward.kept[i]]
            if y in stacked:
                found[y] = stacked[y]
            elif at:
                found[y] = outputs[at[0]][forward.state_rows(at[0], 0)]
        found.update(self.rows)
        found.update(zip(body.others, others, strict=True))
        for i, symbols in enumerate(body.states):
            if not forward.kept[i]:  # only its sizes are read, and those are always the same
                found.update(dict.fromkeys(symbols, initials[i]))
        return found

    def _of_sequence(
        self, x: Variable, g: Variable | None, first: Variable | None, last: Variable
    ) -> Variable | None:
        whole = self.op.exact and self.op.truncate < 0 and self.body.condition is None
        if g is None or whole:
            return g
        return set_subtensor(zeros_like(x)[first:last], g)

    def _of_initial(
        self,
        i: int,
        x: Variable,
        by_state: Mapping[tuple[int, int], Variable],
        made: Variable,
    ) -> Variable | None:
        depth, whole = self.body.depths[i], self.of_initials.get(i)
        if (i, 1) not in by_state:
            return None
        # What is left of the steps back to the oldest value, the oldest first.
        parts = [by_state[i, back] for back in range(depth, 0, -1)]
        g = stack(parts) if depth > 1 else parts[0]
        if self.op.truncate >= 0:
            # These are the gradients of the values before the first step that is visited: of
            # the initial ones only if no steps, or few, are left out before it.
            left_out = maximum(made - self.op.truncate, 0)
            if depth > 1:
                left_out = minimum(left_out, depth)
                g = set_subtensor(zeros_like(g)[left_out:], g[: depth - left_out])
            else:
                g = switch(eq(left_out, 0), g, zeros_like(g))
        if whole is not None:
            own = whole[-depth:][::-1] if self.op.backwards else whole[:depth]
            g = add(g, own if depth > 1 else own[0])
        return _like(g, x)


def _gradient_of_part(g: Variable, entry: tuple[int | None, int | None, None]) -> Variable | None:
    """Return what arrived at some rows of a variable, if nothing arrived at others."""
    if g.owner is None or not isinstance(g.owner.op, SubtensorGradient):
        return None
    bounds = tuple(bound or None for bound in entry)
    pattern = g.owner.op.pattern
    if len(pattern) != 1 or not isinstance(pattern[0], tuple):
        return None
    return g.owner.inputs[0] if tuple(b or None for b in pattern[0]) == bounds else None


def _gradient_of_last(g: Variable, backwards: bool) -> Variable | None:
    """Return what arrived at the row of the last step, if nothing arrived at others."""
    if backwards:  # the order of the walk is the other one
        flipped = g.owner is not None and isinstance(g.owner.op, SubtensorGradient)
        if not flipped or g.owner.op.pattern != ((None, None, -1),):  # type: ignore[union-attr]
            return None
        g = g.owner.inputs[0]  # type: ignore[union-attr]
    if g.owner is None or not isinstance(g.owner.op, SubtensorGradient):
        return None
    pattern = g.owner.op.pattern
    whole = all(entry == (None, None, None) for entry in pattern[1:])
    return g.owner.inputs[0] if pattern[:1] == (-1,) and whole else None


def _like(g: Variable, x: Variable) -> Variable:
    """Return a gradient with the dtype and the flags of its variable."""
    return patternbroadcast(g if g.dtype == x.dtype else cast(g, x.dtype), x.broadcastable)


def _sum(parts: Sequence[Variable]) -> Variable:
    total = parts[0]
    for part in parts[1:]:
        total = add(total, part)
    return total
