"""`function`: from a graph to a callable.

Examples
--------
>>> from blocks import tensor
>>> x = tensor.vector("x")
>>> f = function([x], 2 * x)
>>> f([1.0, 2.0])
array([2., 4.])
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from blocks.compile.interpreter import Interpreter
from blocks.compile.simplify import stabilize
from blocks.config import config
from blocks.errors import (
    DtypeError,
    GraphError,
    MissingInputError,
    ShapeError,
    UnusedInputError,
    nearest,
)
from blocks.graph.op import Array, as_variable
from blocks.graph.ops.elementwise import cast
from blocks.graph.traversal import rebuild, variables
from blocks.graph.variable import Constant, SharedVariable, Variable

__all__ = ["Function", "In", "function"]

MODES = ("compiled", "reference", "debug")
OLD_MODES = {
    "Mode": "compiled",
    "FAST_RUN": "compiled",
    "FAST_COMPILE": "reference",
    "DebugMode": "debug",
    "DEBUG_MODE": "debug",
    "NanGuardMode": "debug",
}


class In:
    """An input of a function, with options.

    Parameters
    ----------
    variable
        The variable.
    name
        The keyword under which it can be given; by default the variable's name.
    value
        Its default.
    borrow, mutable, strict, implicit
        Accepted for compatibility; arrays that are passed are never changed.
    allow_downcast
        As `allow_input_downcast` of `function`, for this input.

    Examples
    --------
    >>> from blocks import tensor
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
        borrow: bool | None = None,
        implicit: bool | None = None,
    ) -> None:
        if update is not None:
            raise GraphError("In: expected no update, got one. Use a shared variable.")
        self.variable = variable
        self.name = name or variable.name
        self.value = value
        self.allow_downcast = allow_downcast


def function(
    inputs: Sequence[Variable | In],
    outputs: Variable | Sequence[Variable] | Mapping[str, Variable] | None = None,
    updates: Any = None,
    givens: Any = None,
    on_unused_input: str | None = None,
    allow_input_downcast: bool | None = None,
    mode: str | None = None,
    name: str | None = None,
    no_default_updates: bool | Sequence[Variable] = False,
    accept_inplace: bool = False,
    rebuild_strict: bool = True,
    profile: bool | None = None,
) -> Function:
    """Return a callable that computes outputs from inputs and updates shared variables.

    Parameters
    ----------
    inputs
        The variables that the caller gives, in order, or `In` objects.
    outputs
        A variable, a list of variables or a dict of them; ``None`` for none.
    updates
        The new value of each shared variable: a dict or a list of pairs. All of them
        are computed from the old values.
    givens
        Replacements of variables, made before compiling: a dict or a list of pairs.
    on_unused_input
        What to do with an input that nothing depends on: ``"raise"`` (the default),
        ``"warn"`` or ``"ignore"``.
    allow_input_downcast
        Whether arguments may lose precision; by default only a Python float may.
    mode
        ``"compiled"``, ``"reference"`` (NumPy only) or ``"debug"`` (NumPy, each node
        checked); by default ``config.mode``.
    name
        A name for messages.
    no_default_updates
        Whether to ignore the ``default_update`` of shared variables, or of which.
    accept_inplace, rebuild_strict
        Accepted for compatibility.
    profile
        Whether to keep times; by default ``config.profile``.

    Raises
    ------
    MissingInputError
        If an output depends on a variable that is not among the inputs.
    UnusedInputError
        If an input is not used and `on_unused_input` is "raise".

    Examples
    --------
    >>> import numpy as np
    >>> from blocks import tensor
    >>> from blocks.graph import shared
    >>> total, x = shared(np.zeros(())), tensor.scalar("x")
    >>> add = function([x], total, updates=[(total, total + x)])
    >>> add(2.0), add(3.0), total.get_value()
    (array(0.), array(2.), array(5.))
    """
    where = f"function {name}" if name else "function"
    parsed = [x if isinstance(x, In) else _input(where, x) for x in inputs]
    if len({x.variable for x in parsed}) < len(parsed):
        raise GraphError(f"{where}: expected each input once, got one twice in {list(inputs)}.")
    keys, flat = _outputs(where, outputs)
    changes = _updates(where, updates)
    _default_updates([*flat, *changes.values()], changes, no_default_updates)
    replaced = dict(_pairs(where, "givens", givens))
    if replaced:
        replaced = {x: _like(where, x, y) for x, y in replaced.items()}
        new, _ = rebuild([*flat, *changes.values()], replaced)
        flat, values = new[: len(flat)], new[len(flat) :]
        changes = dict(zip(changes, values, strict=True))
    changes = {x: _new_value(where, x, y) for x, y in changes.items()}
    _check_inputs(where, parsed, [*flat, *changes.values()], on_unused_input or "raise", replaced)
    chosen = mode if mode is not None else config.mode
    chosen = OLD_MODES.get(chosen, chosen) if isinstance(chosen, str) else "compiled"
    if chosen not in MODES:
        raise GraphError(f"{where}: expected one of the modes {', '.join(MODES)}, got {chosen!r}.")
    return Function(parsed, flat, keys, changes, chosen, allow_input_downcast, name)


def _input(where: str, x: object) -> In:
    if not isinstance(x, Variable):
        raise GraphError(f"{where}: expected variables as inputs, got {type(x).__name__} {x!r}.")
    if isinstance(x, Constant | SharedVariable):
        raise GraphError(
            f"{where}: expected symbols as inputs, got the {type(x).__name__} {x}. "
            "Its value is already known; use givens to replace it."
        )
    return In(x)


def _outputs(where: str, outputs: Any) -> tuple[Any, list[Variable]]:
    """Return how to give results back (None, 'single', 'list' or keys) and the variables."""
    if outputs is None:
        return "none", []
    if isinstance(outputs, Mapping):
        return list(outputs), [as_variable(y) for y in outputs.values()]
    if isinstance(outputs, list | tuple):
        return "list", [as_variable(y) for y in outputs]
    return "single", [as_variable(outputs)]


def _pairs(where: str, what: str, pairs: Any) -> Iterable[tuple[Any, Any]]:
    if pairs is None:
        return []
    items = list(pairs.items()) if isinstance(pairs, Mapping) else list(pairs)
    for item in items:
        if not isinstance(item, tuple | list) or len(item) != 2:
            raise GraphError(f"{where}: expected pairs in {what}, got {item!r}.")
    return [(a, b) for a, b in items]


def _updates(where: str, updates: Any) -> dict[SharedVariable, Variable]:
    changes: dict[SharedVariable, Variable] = {}
    for x, y in _pairs(where, "updates", updates):
        if not isinstance(x, SharedVariable):
            raise GraphError(
                f"{where}: expected updates of shared variables, got one of "
                f"{type(x).__name__} {x}. Only shared variables keep a value."
            )
        if x in changes and changes[x] is not y:
            raise GraphError(f"{where}: expected one update of {x}, got two.")
        changes[x] = as_variable(y)
    return changes


def _default_updates(
    outputs: list[Variable],
    changes: dict[SharedVariable, Variable],
    ignored: bool | Sequence[Variable],
) -> None:
    """Add the default updates of all shared variables that the graph reads."""
    if ignored is True:
        return
    skip = set(ignored) if ignored else set()
    pending = list(outputs)
    while pending:
        found = [
            x
            for x in variables(pending)
            if isinstance(x, SharedVariable)
            and x.default_update is not None
            and x not in changes
            and x not in skip
        ]
        pending = []
        for x in found:
            assert x.default_update is not None
            changes[x] = x.default_update
            pending.append(x.default_update)


def _like(where: str, x: Any, y: Any) -> Variable:
    """Return the replacement of `x`, converted to its dtype where nothing is lost."""
    if not isinstance(x, Variable):
        raise GraphError(f"{where}: expected givens for variables, got {x!r}.")
    value = as_variable(y)
    if value.ndim != x.ndim:
        raise ShapeError(f"{where}: expected a given for {x} like {x.type}, got {value.type}.")
    if value.dtype != x.dtype:
        if not np.can_cast(value.dtype, x.dtype, "safe"):
            raise DtypeError(
                f"{where}: expected a given for {x} of {x.dtype}, got {value.dtype}. "
                f"Use cast(value, {x.dtype!r})."
            )
        value = cast(value, x.dtype)
    return value


def _new_value(where: str, x: SharedVariable, y: Variable) -> Variable:
    name = x.name or "a shared variable"
    if y.ndim != x.ndim:
        raise ShapeError(f"{where}: expected an update of {name} like {x.type}, got {y.type}.")
    for mine, theirs in zip(x.type.shape, y.type.shape, strict=True):
        if None not in (mine, theirs) and mine != theirs:
            raise ShapeError(f"{where}: expected an update of {name} like {x.type}, got {y.type}.")
    if y.dtype != x.dtype:
        if not np.can_cast(y.dtype, x.dtype, "safe"):
            raise DtypeError(
                f"{where}: expected an update of {name} of {x.dtype}, got {y.dtype}. "
                f"Use cast(value, {x.dtype!r}), or find what made it {y.dtype}."
            )
        return cast(y, x.dtype)
    return y


def _check_inputs(
    where: str,
    inputs: Sequence[In],
    outputs: list[Variable],
    on_unused: str,
    replaced: Mapping[Variable, Variable],
) -> None:
    if on_unused not in ("raise", "warn", "ignore"):
        raise GraphError(
            f"{where}: expected on_unused_input to be 'raise', 'warn' or 'ignore', "
            f"got {on_unused!r}."
        )
    given = {x.variable for x in inputs}
    used = set(variables(outputs, blockers=given))
    missing = [x for x in variables(outputs, blockers=given) if _is_missing(x, given)]
    if missing:
        names = [x.name for x in given if x.name]
        listed = ", ".join(f"{x} ({x.type})" for x in missing)
        hint = nearest(missing[0].name or "", names)
        raise MissingInputError(
            f"{where}: expected every input of the graph, got none for {listed}.{hint} "
            "Add it to inputs, or replace it through givens."
        )
    unused = [x for x in given if x not in used and x not in replaced]
    if unused and on_unused != "ignore":
        message = (
            f"{where}: expected outputs that depend on every input, got none that depends on "
            f"{', '.join(map(str, unused))}. Leave it out, or pass on_unused_input='ignore'."
        )
        if on_unused == "raise":
            raise UnusedInputError(message)
        warnings.warn(message, stacklevel=4)


def _is_missing(x: Variable, given: set[Variable]) -> bool:
    return x.owner is None and x not in given and not isinstance(x, Constant | SharedVariable)


class Function:
    """A compiled graph: call it with the inputs, by position or by name.

    Attributes
    ----------
    name : str or None
        Its name.
    inputs : list of Variable
        What it takes.
    outputs : list of Variable
        What it returns.
    updates : dict
        The new value of each shared variable that it changes.
    mode : str
        How it runs.
    """

    def __init__(
        self,
        inputs: Sequence[In],
        outputs: list[Variable],
        keys: Any,
        updates: dict[SharedVariable, Variable],
        mode: str,
        allow_downcast: bool | None,
        name: str | None,
    ) -> None:
        self.name = name
        self.mode = mode
        self.inputs = [x.variable for x in inputs]
        self.outputs = outputs
        self.updates = updates
        self._keys = keys
        self._names = {x.name: i for i, x in enumerate(inputs) if x.name is not None}
        self._defaults = {i: x.value for i, x in enumerate(inputs) if x.value is not None}
        self._downcast = [
            allow_downcast if x.allow_downcast is None else x.allow_downcast for x in inputs
        ]
        self._lock = threading.RLock()
        self.executor = self._executor()

    def _executor(self) -> Any:
        if self.mode == "compiled":
            # Imported here because it imports Numba, which takes half a second.
            from blocks.compile.program import Program

            return Program(self.inputs, self.outputs, self.updates)
        roots = stabilize([*self.outputs, *self.updates.values()], self.inputs)
        count = len(self.outputs)
        updates = dict(zip(self.updates, roots[count:], strict=True))
        return Interpreter(self.inputs, roots[:count], updates, self.mode == "debug")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the outputs for some inputs, and update the shared variables."""
        if kwargs or len(args) != len(self.inputs):
            args = self._bind(args, kwargs)
        arrays = []
        for x, value, downcast in zip(self.inputs, args, self._downcast, strict=True):
            # The common case first: an array that is already what the type asks for.
            if not (
                type(value) is np.ndarray
                and value.dtype == x.type.numpy_dtype
                and value.ndim == x.ndim
            ):
                value = self._convert(x, value, downcast)
            self._check_sizes(x, value)
            arrays.append(value)
        with self._lock:
            results = self.executor.run(arrays)
        if self._keys == "list":
            return results
        if self._keys == "single":
            return results[0]
        return None if self._keys == "none" else dict(zip(self._keys, results, strict=True))

    def _bind(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        where = self._where()
        if len(args) > len(self.inputs):
            raise TypeError(f"{where}: expected {len(self.inputs)} inputs, got {len(args)}.")
        values = dict(enumerate(args))
        for key, value in kwargs.items():
            if key not in self._names:
                raise TypeError(
                    f"{where}: expected inputs named {', '.join(map(str, self._names))}, "
                    f"got {key!r}.{nearest(key, map(str, self._names))}"
                )
            if self._names[key] in values:
                raise TypeError(f"{where}: expected the input {key!r} once, got it twice.")
            values[self._names[key]] = value
        for i, default in self._defaults.items():
            values.setdefault(i, default)
        missing = [str(x) for i, x in enumerate(self.inputs) if i not in values]
        if missing:
            raise TypeError(
                f"{where}: expected {len(self.inputs)} inputs, got no {', '.join(missing)}."
            )
        return tuple(values[i] for i in range(len(self.inputs)))

    def _where(self) -> str:
        return f"function {self.name}" if self.name else "function"

    def _convert(self, x: Variable, value: Any, downcast: bool | None) -> Array:
        where = f"{self._where()}, input {x}"
        if isinstance(value, Variable):
            raise DtypeError(f"{where}: expected an array ({x.type}), got the symbol {value}.")
        try:
            array = np.asarray(value)
        except ValueError as error:
            raise ShapeError(f"{where}: expected an array ({x.type}), got {error}.") from None
        if array.dtype.kind not in "biuf":
            raise DtypeError(
                f"{where}: expected numbers ({x.type}), got {array.dtype} {array.shape}."
            )
        if array.ndim != x.ndim:
            raise ShapeError(
                f"{where}: expected {x.ndim} axes ({x.type}), "
                f"got {array.ndim} ({array.dtype} {array.shape}).{_rank_hint(x, array)}"
            )
        target = x.type.numpy_dtype
        if array.dtype == target or downcast or np.can_cast(array.dtype, target, "safe"):
            return array.astype(target, copy=False)
        converted = array.astype(target)
        is_literal = not isinstance(value, np.ndarray | np.generic)
        if is_literal and (array.dtype.kind == "f" == target.kind or (converted == array).all()):
            return converted
        raise DtypeError(
            f"{where}: expected {x.type}, got {array.dtype} {array.shape}. Converting would lose "
            f"precision: use astype({x.dtype!r}), or pass allow_input_downcast=True."
        )

    def _check_sizes(self, x: Variable, array: Array) -> None:
        for size, flag, got in zip(x.type.shape, x.broadcastable, array.shape, strict=True):
            if (size is not None and size != got) or (flag and got != 1):
                raise ShapeError(
                    f"{self._where()}, input {x}: expected {x.type}, "
                    f"got {array.dtype} {array.shape}."
                )

    def __repr__(self) -> str:
        inputs = ", ".join(map(str, self.inputs))
        return f"<{self._where()} of ({inputs}), {len(self.outputs)} outputs, mode {self.mode}>"


def _rank_hint(x: Variable, array: Array) -> str:
    if array.ndim > x.ndim:
        return " Flatten it first, for example with the transformer Flatten."
    return " Add an axis, or give a batch and not one example."
