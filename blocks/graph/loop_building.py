"""How a loop is put together: from a function of one step to the op, its inputs and outputs."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from blocks.errors import GraphError, ShapeError, described, listed
from blocks.graph.default_updates import default_updates
from blocks.graph.made_before import is_drawn_before, made_before
from blocks.graph.op import Apply, as_variable
from blocks.graph.ops.elementwise import cast, maximum, neq
from blocks.graph.ops.map import name_inside
from blocks.graph.ops.scan import Scan
from blocks.graph.ops.scan_body import Body, enclosed
from blocks.graph.ops.sizes import shape_i
from blocks.graph.recording import recorded
from blocks.graph.traversal import variables
from blocks.graph.trial_values import give_test_value
from blocks.graph.variable import Constant, SharedVariable, Variable

__all__ = ["LoopBuilder", "Updates", "given", "until"]


class Updates(OrderedDict[SharedVariable, Variable]):
    """The new values of shared variables that a loop changes: pass them to `function`.

    Two of them, of two loops, are joined by ``+``. Theano calls them OrderedUpdates.
    """

    def __add__(self, other: Mapping[SharedVariable, Variable]) -> Updates:
        """Return the updates of both; the second one's win."""
        return Updates({**self, **other})

    def __radd__(self, other: Mapping[SharedVariable, Variable]) -> Updates:
        """Return the updates of both; the second one's win."""
        return Updates({**other, **self})


@dataclass(frozen=True)
class until:
    """What a step returns, last, to end the loop after the first step that meets a condition.

    Parameters
    ----------
    condition
        A scalar; the loop ends if it is not zero.

    Examples
    --------
    >>> from blocks import tensor
    >>> from blocks.graph.loops import scan
    >>> doubled, _ = scan(
    ...     lambda x: (2 * x, until(2 * x > 10)), outputs_info=tensor.ones(()), n_steps=100
    ... )
    >>> doubled.eval()
    array([ 2.,  4.,  8., 16.])
    """

    condition: Any


@dataclass
class _State:
    """A state: its initial value, its taps, and symbols for these."""

    initial: Variable
    taps: tuple[int, ...]
    position: int | None = None  # among the outputs of a step
    shared: SharedVariable | None = None
    symbols: list[Variable] = field(default_factory=list)
    new: Any = None

    def make_symbols(self, label: str) -> None:
        """Make a symbol for each tap."""
        depth = -min(self.taps)
        t = self.initial.type
        if depth > 1:
            if t.ndim == 0:
                raise ShapeError(
                    f"{label}: expected an initial value with {depth} earlier values along its "
                    f"first axis, got {self.initial} ({t}). Give one for each step that taps look "
                    "back."
                )
            t = t.clone(shape=t.shape[1:], broadcastable=t.broadcastable[1:])
        base = self.initial.name or name_inside(self.initial) or "state"
        names = [base if len(self.taps) == 1 else f"{base}[t{tap}]" for tap in self.taps]
        self.symbols = [t(name) for name in names]
        for x, tap in zip(self.symbols, self.taps, strict=True):
            give_test_value(x, self.initial, tap if depth > 1 else None)


class LoopBuilder:
    """A loop under construction."""

    def __init__(self, label: str) -> None:
        self.label = label
        self.rows: dict[Variable, Variable] = {}  # symbols, and the sequences that they walk
        self.states: list[_State] = []
        self.results: list[tuple[int, Variable]] = []
        self.condition: Variable | None = None
        self.fixed: set[Variable] = set()  # made outside of the function

    # What is given.

    def read_sequences(self, sequences: Any, n_steps: Any, go_backwards: bool) -> None:
        """Make a symbol for each tap of each sequence, and find the number of steps."""
        self.exact = n_steps is None
        for entry in given(sequences):
            whole, taps = self._tapped(entry, "input", [0])
            if whole.ndim == 0:
                raise ShapeError(
                    f"{self.label}: expected sequences with at least one axis, got {whole} "
                    f"({whole.type}). Pass what is the same in all steps as a non-sequence."
                )
            first, last = min(0, *taps), max(0, *taps)
            for tap in taps:
                part = whole
                if first or last:
                    part = whole[tap - first : (tap - last) or None]
                t = part.type.clone(shape=part.type.shape[1:], broadcastable=part.broadcastable[1:])
                text = whole.name or name_inside(whole) or "sequence"
                symbol = t(text if tap == 0 else f"{text}[t{tap:+}]")
                give_test_value(symbol, part, 0)
                self.rows[symbol] = part
        if n_steps is None:
            if not self.rows:
                raise GraphError(
                    f"{self.label}: expected sequences or n_steps, got neither. Say how many "
                    "steps to make."
                )
            self.steps = shape_i(next(iter(self.rows.values())), 0)
            return
        self.steps = as_variable(n_steps)
        if self.steps.ndim or self.steps.type.is_float:
            raise GraphError(
                f"{self.label}: expected n_steps to be a whole number, got {self.steps} "
                f"({self.steps.type}). Give an integer scalar."
            )
        self.steps = cast(self.steps, "int64")
        if go_backwards:  # from the end: the last rows
            for x, s in self.rows.items():  # all, if there are too few: messages tell how many
                self.rows[x] = s[maximum(shape_i(s, 0) - self.steps, 0) :]

    def read_states(self, outputs_info: Any) -> None:
        """Make symbols for the states among the outputs."""
        self.infos = given(outputs_info)
        for position, info in enumerate(self.infos):
            if info is None or (isinstance(info, dict) and info.get("initial") is None):
                if isinstance(info, dict) and info.get("taps"):
                    raise GraphError(
                        f"{self.label}: expected an initial value for an output with taps, got "
                        f"taps {info['taps']} alone. Give 'initial' too."
                    )
                continue
            initial, taps = self._tapped(info, "initial", [-1])
            if max(taps) >= 0:
                raise GraphError(
                    f"{self.label}: expected taps of outputs before the present step, got "
                    f"{list(taps)}. Use negative numbers."
                )
            state = _State(initial, taps, position)
            state.make_symbols(self.label)
            self.states.append(state)

    def _tapped(self, entry: Any, key: str, default: list[int]) -> tuple[Variable, tuple[int, ...]]:
        if not isinstance(entry, dict):
            return as_variable(entry), tuple(default)
        unknown = set(entry) - {key, "taps", "return_steps", "store_steps", "inplace"}
        if key not in entry or unknown:
            raise GraphError(
                f"{self.label}: expected a dict with {key!r} and 'taps', got the keys "
                f"{sorted(map(str, entry))}. Correct them."
            )
        taps = entry.get("taps")
        if taps is None:
            taps = default
        found = given(taps)
        if not found or any(not isinstance(tap, int | np.integer) for tap in found):
            raise GraphError(
                f"{self.label}: expected taps to be whole numbers, at least one, got "
                f"{described(taps)}. Write offsets such as [-2, -1]."
            )
        return as_variable(entry[key]), tuple(map(int, found))

    # What the function returns.

    def call(self, fn: Callable[..., Any], others: Sequence[Variable]) -> None:
        """Call the function with symbols, and sort what it returns."""
        arguments = [*self.rows, *(x for state in self.states for x in state.symbols), *others]
        with recorded() as made:
            returned = fn(*arguments)
        outputs, updates, self.condition = _sorted(self.label, returned)
        if self.infos and len(outputs) != len(self.infos):
            raise GraphError(
                f"{self.label}: expected an output for each of {len(self.infos)} entries of "
                f"outputs_info, got {len(outputs)}. Return as many, or put None for those without "
                "an initial value."
            )
        position_of = {state.position: state for state in self.states}
        for position, y in enumerate(outputs):
            if position in position_of:
                position_of[position].new = y
            else:
                self.results.append((position, y))
        self._add_shared(updates, made)

    def _add_shared(self, updates: Mapping[SharedVariable, Variable], made: set[Apply]) -> None:
        """Make states of the shared variables that each step changes.

        What was made before the function was called is the same in all steps, unless it depends
        on an explicit update: so draws from outside are one number, and only those `made` in
        the function are drawn anew.
        """
        updates = {x: as_variable(y) for x, y in updates.items()}
        targets = [*self._targets(), *updates.values()]
        symbols = (x for state in self.states for x in state.symbols)
        self.fixed = made_before(targets, made, [*updates, *self.rows, *symbols])
        # A gradient of a loop from outside may read the states of its draws without the loop.
        drawn = [x for x in variables(targets) if is_drawn_before(x, made)]
        updates.update(default_updates(targets, [*updates, *drawn], self.fixed))
        for shared, new in updates.items():
            state = _State(shared, (-1,), shared=shared, new=new)
            state.symbols = [shared.type(shared.name)]
            self.states.append(state)

    def check_strict(self, others: Sequence[Variable]) -> None:
        """Raise if the function uses variables that it was not given."""
        known = {*others, *(s.shared for s in self.states if s.shared is not None)}
        free = [x for x in variables(self._targets(), blockers=known) if x.owner is None]
        symbols = {*self.rows, *(x for s in self.states for x in s.symbols)}
        missing = [x for x in free if x not in known | symbols and not isinstance(x, Constant)]
        if missing:
            raise GraphError(
                f"{self.label}: expected all variables in non_sequences, as strict=True says, got "
                f"{listed(missing, ' and ')} besides. Add them."
            )

    def _targets(self) -> list[Variable]:
        found = [state.new for state in self.states] + [y for _, y in self.results]
        return found + ([] if self.condition is None else [self.condition])

    # The op.

    def build(self, go_backwards: bool, truncate: int) -> tuple[list[Variable], Updates]:
        """Return the outputs of the loop, in the order of the function, and the updates."""
        self._fit_states()
        symbols: dict[Variable, Variable] = {x: x for x in self.rows}
        for state in self.states:
            symbols.update((x, x) for x in state.symbols)
            if state.shared is not None:
                symbols[state.shared] = state.symbols[0]
        inner, others = enclosed(self._targets(), symbols, self.fixed)
        count, end = len(self.states), len(self.states) + len(self.results)
        body = Body(
            tuple(self.rows),
            tuple(tuple(s.symbols) for s in self.states),
            tuple(s.taps for s in self.states),
            tuple(others.values()),
            tuple(inner[:count]),
            tuple(inner[count:end]),
            inner[end] if self.condition is not None else None,
        )
        op = Scan(
            body,
            kept=tuple(s.shared is None for s in self.states),
            backwards=go_backwards,
            exact=self.exact,
            truncate=truncate,
            label=self.label,
        )
        initials = [s.initial for s in self.states]
        found = op.apply(self.steps, *self.rows.values(), *initials, *others).outputs
        outputs: dict[int, Variable] = {}
        updates = Updates()
        for i, state in enumerate(self.states):
            if state.shared is not None:
                updates[state.shared] = found[i]
            else:
                outputs[state.position or 0] = found[i][op.state_rows(i, 0)]
        for (position, _), y in zip(self.results, found[count:end], strict=True):
            outputs[position] = y
        ordered = [outputs[i] for i in sorted(outputs)]
        if go_backwards:
            ordered = [y[::-1] for y in ordered]
        if self.condition is not None:
            ordered = [y[: found[-1]] for y in ordered]
        return ordered, updates

    def _fit_states(self) -> None:
        """Check the dtypes of new states, and let initial values of size 1 grow no axes."""
        for state in self.states:
            symbol, new = state.symbols[0], state.new
            if new.ndim != symbol.ndim:
                raise ShapeError(
                    f"{self.label}: expected a step to return a state like {symbol} "
                    f"({symbol.type}), got {new} of type {new.type}. Give the initial state the "
                    "shape that a step computes."
                )
            if new.dtype != symbol.dtype:
                if not (new.type.is_float and symbol.type.is_float):
                    raise GraphError(
                        f"{self.label}: expected a step to keep the dtype of the state {symbol}, "
                        f"{symbol.dtype}, got {new.dtype}. Cast the new state, or give the initial "
                        "state that dtype."
                    )
                state.new = cast(new, symbol.dtype)


def given(x: Any) -> list[Any]:
    """Return what was given, as a list: nothing, one of them, or several."""
    if x is None:
        return []
    return list(x) if isinstance(x, list | tuple) else [x]


def _sorted(
    label: str, returned: Any
) -> tuple[list[Variable], dict[SharedVariable, Variable], Variable | None]:
    """Return the outputs, the updates and the condition among what a step returned."""
    parts = list(returned) if isinstance(returned, list | tuple) else [returned]
    outputs: list[Variable] = []
    updates: dict[SharedVariable, Variable] = {}
    condition: Variable | None = None
    if _is_updates(parts):
        parts = [parts]
    for part in parts:
        if part is None:
            continue
        if isinstance(part, until):
            condition = as_variable(part.condition)
            if condition.dtype != "bool":
                condition = neq(condition, 0)
        elif isinstance(part, Mapping):
            _add_updates(label, updates, list(part.items()))
        elif isinstance(part, list | tuple):
            if _is_updates(list(part)):
                _add_updates(label, updates, list(part))
            else:
                outputs += [as_variable(y) for y in part]
        else:
            outputs.append(as_variable(part))
    if condition is not None and condition.ndim:
        raise ShapeError(
            f"{label}: expected a scalar in until, got {condition} ({condition.type}). Reduce it "
            "with .all() or .any()."
        )
    return outputs, updates, condition


def _is_updates(parts: list[Any]) -> bool:
    return bool(parts) and all(
        isinstance(p, tuple) and len(p) == 2 and isinstance(p[0], SharedVariable) for p in parts
    )


def _add_updates(
    label: str, updates: dict[SharedVariable, Variable], pairs: Sequence[tuple[Any, Any]]
) -> None:
    for x, y in pairs:
        if not isinstance(x, SharedVariable):
            raise GraphError(
                f"{label}: expected updates of shared variables, got one of {described(x)}. "
                "Make it shared(...), or return it as an output."
            )
        if x in updates:
            raise GraphError(
                f"{label}: expected one update of each shared variable, got two of {x}. Join them."
            )
        updates[x] = y
