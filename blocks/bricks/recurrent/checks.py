"""What must hold of the inputs of recurrent applications, and the errors if it does not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from blocks.bricks.bound import BoundApplication
from blocks.errors import BrickError, DtypeError, ShapeError
from blocks.graph.variable import Variable

__all__ = [
    "batch_size_of",
    "check_given",
    "check_initial_states",
    "check_options",
    "check_outputs",
    "check_sizes",
    "check_step",
    "check_steps",
    "initial_states_of",
]


def check_options(bound: BoundApplication, options: Mapping[str, Any]) -> None:
    """Raise if a single step is asked for what only a loop can do."""
    for name, value in options.items():
        if value is not None and value is not False:
            raise TypeError(
                f"{bound}: expected no {name} for one step, got {name}={value!r} and "
                "iterate=False. Leave out one of the two."
            )


def check_given(bound: BoundApplication, required: Iterable[str], given: Mapping[str, Any]) -> None:
    """Raise if an input is missing."""
    missing = [name for name in required if name not in given]
    if missing:
        states = [name for name in missing if name in bound.states]
        why = "One step needs the states before it. " if states else ""
        raise TypeError(
            f"{bound}: expected the inputs {', '.join(missing)}, got "
            f"{', '.join(given) or 'none'}. {why}"
            f"Pass {', '.join(f'{name}=...' for name in missing)}."
        )


def check_outputs(bound: BoundApplication) -> None:
    """Raise if a state is not an output: then nobody could know its next value."""
    missing = [name for name in bound.states if name not in bound.outputs]
    if missing:
        raise BrickError(
            f"{bound}: expected each state among the outputs, got the outputs "
            f"{', '.join(bound.outputs) or '(none)'} without {', '.join(missing)}. Let the method "
            "return the new states, and name them in outputs=[...]."
        )


def check_steps(bound: BoundApplication, sequences: Mapping[str, Variable], n_steps: Any) -> None:
    """Raise if nothing says how many steps there are."""
    if not sequences and n_steps is None:
        known = " or ".join([*bound.sequences, "n_steps"])
        raise TypeError(
            f"{bound}: expected {known}, got none: the number of steps is not known. "
            "Pass n_steps=..."
        )


def batch_size_of(
    bound: BoundApplication,
    sequences: Mapping[str, Variable],
    states: Mapping[str, Variable],
    batch_size: Any,
) -> Any:
    """Return the size of the batch: as given, or that of the first input that has one."""
    if batch_size is not None:
        return batch_size
    axes = [(x, 1) for x in sequences.values()] + [(x, 0) for x in states.values()]
    for x, axis in axes:
        if x.ndim > axis:
            return x.shape[axis]
    raise TypeError(
        f"{bound}: expected initial states or the size of the batch, got neither. Pass "
        f"batch_size=..., or {', '.join(f'{name}=...' for name in bound.states)}."
    )


def initial_states_of(bound: BoundApplication) -> Any:
    """Return the application of the brick that gives initial states, or raise."""
    if not isinstance(getattr(bound.brick, "initial_states", None), BoundApplication):
        given = ", ".join(f"{name}=..." for name in bound.states)
        raise BrickError(
            f"{bound}: expected initial states, or a brick with an application initial_states, "
            f"got {bound.brick!r}. Pass {given}, or derive the brick from BaseRecurrent."
        )
    return bound.brick.initial_states


def check_initial_states(
    bound: BoundApplication, given: Mapping[str, Any], own: Mapping[str, Any]
) -> None:
    """Raise if a state is neither given nor returned by the brick."""
    missing = [name for name in bound.states if name not in given and name not in own]
    if missing:
        raise BrickError(
            f"{bound}: expected an initial state for each of {', '.join(bound.states)}, got "
            f"{', '.join([*given, *own]) or 'none'}. Pass "
            f"{', '.join(f'{name}=...' for name in missing)}, or let initial_states return it."
        )


def check_sizes(
    bound: BoundApplication,
    sequences: Mapping[str, Variable],
    states: Mapping[str, Variable],
    time: bool,
) -> None:
    """Raise if inputs have the wrong number of axes, or sizes that are known do not fit.

    Parameters
    ----------
    bound
        The application.
    sequences, states
        Its inputs by name.
    time
        Whether the sequences have the axis of time.
    """
    groups = [(sequences, ["time", "batch"] if time else ["batch"]), (states, ["batch"])]
    known: dict[str, tuple[int, str, Variable]] = {}
    for inputs, leading in groups:
        for name, x in inputs.items():
            dim = _dim_of(bound, name)
            if dim is None:
                continue
            wanted = [*leading, str(dim)] if dim else leading
            fits = x.ndim >= len(wanted) if dim else x.ndim == len(wanted)
            if not fits or (dim and x.type.shape[-1] not in (None, dim)):
                raise ShapeError(
                    f"{bound}: expected {name} of shape ({', '.join(wanted)}), got {x.type}."
                    f"{_remedy(name, x, wanted, dim)}"
                )
            for axis, size in zip(leading, x.type.shape, strict=False):
                if size is None:
                    continue
                other = known.setdefault(axis, (size, name, x))
                if other[0] != size:
                    raise ShapeError(
                        f"{bound}: expected {other[1]} and {name} of one size along the axis of "
                        f"{axis}, got {other[2].type} and {x.type}. {FIT[axis]}"
                    )


FIT = {
    "time": "Cut or pad them to one length; time is the first axis, of a mask too.",
    "batch": "Give each example of the batch its own.",
}


def _dim_of(bound: BoundApplication, name: str) -> int | None:
    """Return the size of the last axis of an input, 0 for none, if the brick says it."""
    try:
        dim = bound.brick.get_dim(name)
    except (BrickError, AttributeError, KeyError, ValueError):
        return None  # bricks need not know
    return dim if isinstance(dim, int) and not isinstance(dim, bool) else None


def _remedy(name: str, x: Variable, wanted: Sequence[str], dim: int) -> str:
    if x.ndim == len(wanted):
        return " Change its last axis, or the dim of the brick."
    if "time" in wanted and x.ndim == len(wanted) - 1:
        return " Pass whole sequences, with time as their first axis; or iterate=False."
    return f" It has no axis of features{'' if dim else ', as its dimension is 0'}."


def check_step(
    bound: BoundApplication, inputs: Mapping[str, Variable], outputs: Sequence[Any]
) -> None:
    """Raise if a step returns too little, or states of another type than it got."""
    names = bound.outputs
    if len(outputs) < len(names) or not all(isinstance(y, Variable) for y in outputs):
        raise BrickError(
            f"{bound}: expected a step that returns the outputs {', '.join(names)}, got "
            f"{len([y for y in outputs if isinstance(y, Variable)])} variables."
        )
    for name, new in zip(names, outputs, strict=True):
        if name not in bound.states:
            continue
        old = inputs[name]
        if new.dtype != old.dtype:
            others = [f"{k} {x.dtype}" for k, x in inputs.items() if x.dtype != old.dtype]
            because = f", from {', '.join(others)}" if others else ""
            raise DtypeError(
                f"{bound}: expected a step that keeps the dtype of {name}, {old.dtype}, got "
                f"{new.dtype}{because}. Cast the inputs, or the initial state, to one dtype."
            )
        pairs = zip(old.type.shape, new.type.shape, strict=False)
        if old.ndim != new.ndim or any(None not in pair and pair[0] != pair[1] for pair in pairs):
            raise ShapeError(
                f"{bound}: expected a step that keeps the shape of {name}, {old.type}, got "
                f"{new.type}. Return the new {name} in the shape of the old one."
            )
