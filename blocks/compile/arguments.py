"""The arguments of `function`: inputs, outputs, updates and givens, checked."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from blocks.config import config
from blocks.errors import (
    DtypeError,
    GraphError,
    MissingInputError,
    ShapeError,
    UnusedInputError,
    described,
    listed,
    nearest,
)
from blocks.graph.default_updates import default_updates
from blocks.graph.op import Array, as_variable
from blocks.graph.ops.elementwise import cast
from blocks.graph.traversal import variables
from blocks.graph.variable import Constant, SharedVariable, Variable
from blocks.representation import Represented

__all__ = [
    "In",
    "add_default_updates",
    "as_input",
    "as_outputs",
    "as_updates",
    "check_inputs",
    "chosen_mode",
    "new_value",
    "pairs",
    "rank_hint",
    "replacement",
]


MODES = ("compiled", "reference", "debug")
OLD_MODES = {
    "Mode": "compiled",
    "FAST_RUN": "compiled",
    "FAST_COMPILE": "reference",
    "DebugMode": "debug",
    "DEBUG_MODE": "debug",
    "NanGuardMode": "debug",
}


class In(Represented):
    """An input of a function, with options.

    Parameters
    ----------
    variable
        The variable.
    name
        The keyword under which it can be given; by default the variable's name.
    autoname
        Whether it is that name by default.
    value
        Its default.
    strict
        Whether only an array of the very dtype will do, and nothing is converted.
    borrow, mutable, implicit, shared
        Accepted for compatibility; arrays that are passed are never changed.
    allow_downcast
        As `allow_input_downcast` of `function`, for this input.

    Examples
    --------
    >>> from blocks import function, tensor
    >>> x = tensor.scalar("x")
    >>> function([In(x, value=3.0)], x * x)()
    array(9.)
    """

    def __init__(
        self,
        variable: Variable,
        name: str | None = None,
        value: Any = None,
        update: Variable | None = None,
        mutable: bool | None = None,
        strict: bool = False,
        allow_downcast: bool | None = None,
        autoname: bool = True,
        implicit: bool | None = None,
        borrow: bool | None = None,
        shared: bool = False,
    ) -> None:
        if update is not None:
            raise GraphError("In: expected no update, got one. Use a shared variable.")
        self.variable = variable
        self.name = name or (variable.name if autoname else None)
        self.value = value
        self.strict = strict
        self.allow_downcast = allow_downcast


def as_input(where: str, x: object) -> In:
    """Return an input of a function; refuse what has a value already."""
    if not isinstance(x, Variable):
        raise GraphError(
            f"{where}: expected variables as inputs, got {described(x)}. "
            "Pass the symbols themselves, as in function([x], y)."
        )
    if isinstance(x, Constant | SharedVariable):
        raise GraphError(
            f"{where}: expected symbols as inputs, got the {type(x).__name__} {x}. "
            "Its value is already known; use givens to replace it."
        )
    return In(x)


def as_outputs(where: str, outputs: Any) -> tuple[Any, list[Variable]]:
    """Return how to give results back (None, 'single', 'list' or keys) and the variables."""
    if outputs is None:
        return "none", []
    if isinstance(outputs, Mapping):
        return list(outputs), [as_variable(y) for y in outputs.values()]
    if isinstance(outputs, list | tuple):
        return "list", [as_variable(y) for y in outputs]
    return "single", [as_variable(outputs)]


def pairs(where: str, what: str, pairs: Any) -> Iterable[tuple[Any, Any]]:
    """Return the pairs of a dict or of a list of pairs."""
    if pairs is None:
        return []
    items = list(pairs.items()) if isinstance(pairs, Mapping) else list(pairs)
    for item in items:
        if not isinstance(item, tuple | list) or len(item) != 2:
            raise GraphError(
                f"{where}: expected pairs in {what}, got {item!r}. "
                "Write a dict, or a list of (variable, value)."
            )
    return [(a, b) for a, b in items]


def as_updates(where: str, updates: Any) -> dict[SharedVariable, Variable]:
    """Return the updates as a dict; refuse what keeps no value."""
    changes: dict[SharedVariable, Variable] = {}
    for x, y in pairs(where, "updates", updates):
        if not isinstance(x, SharedVariable):
            raise GraphError(
                f"{where}: expected updates of shared variables, got one of "
                f"{type(x).__name__} {x}. Only shared variables keep a value."
            )
        if x in changes and changes[x] is not y:
            raise GraphError(
                f"{where}: expected one update of {x}, got two. "
                "Leave one of them out, or combine both in one expression."
            )
        changes[x] = as_variable(y)
    return changes


def add_default_updates(
    outputs: list[Variable],
    changes: dict[SharedVariable, Variable],
    ignored: bool | Sequence[Variable],
) -> None:
    """Add the default updates of all shared variables that the graph reads."""
    if ignored is True:
        return
    changes.update(default_updates(outputs, skip=[*changes, *(ignored or ())]))


def replacement(where: str, x: Any, y: Any, strict: bool = True) -> Variable:
    """Return the replacement of `x`; a strict one in its dtype, if nothing is lost by that."""
    if not isinstance(x, Variable):
        raise GraphError(
            f"{where}: expected givens for variables, got {x!r}. Write {{variable: replacement}}."
        )
    value = as_variable(y)
    if value.ndim != x.ndim:
        raise ShapeError(
            f"{where}: expected a given for {x} like {x.type}, got {value.type}. "
            "Reshape it, or use dimshuffle to add axes."
        )
    if value.dtype != x.dtype and strict:
        if not np.can_cast(value.dtype, x.dtype, "safe"):
            raise DtypeError(
                f"{where}: expected a given for {x} of {x.dtype}, got {value.dtype}. "
                f"Use cast(value, {x.dtype!r}), or pass rebuild_strict=False."
            )
        value = cast(value, x.dtype)
    return value


def new_value(where: str, x: SharedVariable, y: Variable) -> Variable:
    """Return an update in the dtype of its shared variable; refuse what does not fit."""
    name = x.name or "a shared variable"
    if y.ndim != x.ndim:
        raise ShapeError(
            f"{where}: expected an update of {name} like {x.type}, got {y.type}. "
            "Reduce or reshape the new value."
        )
    for mine, theirs in zip(x.type.shape, y.type.shape, strict=True):
        if None not in (mine, theirs) and mine != theirs:
            raise ShapeError(
                f"{where}: expected an update of {name} like {x.type}, got {y.type}. "
                "Compute a new value of that shape."
            )
    if y.dtype != x.dtype:
        if not np.can_cast(y.dtype, x.dtype, "safe"):
            raise DtypeError(
                f"{where}: expected an update of {name} of {x.dtype}, got {y.dtype}. "
                f"Use cast(value, {x.dtype!r}), or find what made it {y.dtype}."
            )
        return cast(y, x.dtype)
    return y


def check_inputs(
    where: str,
    inputs: Sequence[In],
    outputs: list[Variable],
    on_unused: str,
    replaced: Mapping[Variable, Variable],
) -> None:
    """Refuse a function whose inputs are not those that its graph needs."""
    if on_unused not in ("raise", "warn", "ignore"):
        raise GraphError(
            f"{where}: expected on_unused_input to be 'raise', 'warn' or 'ignore', "
            f"got {on_unused!r}. "
            "Choose one of them."
        )
    given = {x.variable for x in inputs}
    reached = variables(outputs, blockers=given)
    missing = [x for x in reached if _is_missing(x, given)]
    if missing:
        names = [x.name for x in given if x.name]
        found = listed(f"{x} ({x.type})" for x in missing)
        hint = nearest(missing[0].name or "", names)
        raise MissingInputError(
            f"{where}: expected every input of the graph, got none for {found}.{hint} "
            "Add it to inputs, or replace it through givens."
        )
    used = {*reached, *replaced}
    unused = [x.variable for x in inputs if x.variable not in used]
    if unused and on_unused != "ignore":
        message = (
            f"{where}: expected outputs that depend on every input, got none that depends on "
            f"{listed(unused)}. Leave it out, or pass on_unused_input='ignore'."
        )
        if on_unused == "raise":
            raise UnusedInputError(message)
        warnings.warn(message, stacklevel=4)


def _is_missing(x: Variable, given: set[Variable]) -> bool:
    return x.owner is None and x not in given and not isinstance(x, Constant | SharedVariable)


def rank_hint(x: Variable, array: Array) -> str:
    """Return what to do with an array that has too many axes, or too few."""
    if array.ndim > x.ndim:
        return " Flatten it first, for example with the transformer Flatten."
    return " Add an axis, or give a batch and not one example."


def chosen_mode(where: str, mode: Any) -> str:
    """Return the mode of a function by the name of today; by default the configured one."""
    chosen = config.mode if mode is None else mode
    chosen = OLD_MODES.get(chosen, chosen) if isinstance(chosen, str) else "compiled"
    if chosen not in MODES:
        raise GraphError(
            f"{where}: expected one of the modes {', '.join(MODES)}, got {chosen!r}. "
            "Choose one of them."
        )
    return str(chosen)
