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
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from blocks.compile.arguments import (
    In,
    add_default_updates,
    as_input,
    as_outputs,
    as_updates,
    check_inputs,
    chosen_mode,
    new_value,
    pairs,
    rank_hint,
    replacement,
)
from blocks.compile.interpreter import Interpreter
from blocks.compile.maker import Maker
from blocks.compile.simplify import stabilize
from blocks.errors import (
    BlocksError,
    DtypeError,
    GraphError,
    ShapeError,
    described,
    listed,
    nearest,
)
from blocks.graph.garbage import uncollected
from blocks.graph.notebook import sections_html
from blocks.graph.op import Array
from blocks.graph.traversal import rebuild
from blocks.graph.trial_values import without_test_values
from blocks.graph.variable import SharedVariable, Variable
from blocks.representation import short_line

__all__ = ["Function", "function"]


def function(
    inputs: Sequence[Variable | In],
    outputs: Variable | Sequence[Variable] | Mapping[str, Variable] | None = None,
    mode: str | None = None,
    updates: Any = None,
    givens: Any = None,
    no_default_updates: bool | Sequence[Variable] = False,
    accept_inplace: bool = False,
    name: str | None = None,
    rebuild_strict: bool = True,
    allow_input_downcast: bool | None = None,
    profile: bool | None = None,
    on_unused_input: str | None = None,
) -> Function:
    """Return a callable that computes outputs from inputs and updates shared variables.

    Parameters
    ----------
    inputs
        The variables that the caller gives, in order, or `In` objects.
    outputs
        A variable, a list of variables or a dict of them; ``None`` for none.
    mode
        ``"compiled"``, ``"reference"`` (NumPy only) or ``"debug"`` (NumPy, each node
        checked); by default ``config.mode``.
    updates
        The new value of each shared variable: a dict or a list of pairs. All of them
        are computed from the old values.
    givens
        Replacements of variables, made before compiling: a dict or a list of pairs.
    no_default_updates
        Whether to ignore the ``default_update`` of shared variables, or of which.
    name
        A name for messages.
    rebuild_strict
        Whether a given must be convertible to the dtype of what it replaces without
        loss. If not, the graph is built anew on what is given.
    allow_input_downcast
        Whether arguments may lose precision; by default only a Python float may.
    on_unused_input
        What to do with an input that nothing depends on: ``"raise"`` (the default),
        ``"warn"`` or ``"ignore"``.
    accept_inplace, profile
        Accepted for compatibility.

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
    if isinstance(inputs, Variable | In):
        raise GraphError(f"{where}: expected a list of inputs, got {described(inputs)}. Write [x].")
    parsed = [x if isinstance(x, In) else as_input(where, x) for x in inputs]
    if len({x.variable for x in parsed}) < len(parsed):
        raise GraphError(
            f"{where}: expected each input once, got one twice in "
            f"[{listed(x.variable for x in parsed)}]. Leave one of them out."
        )
    keys, flat = as_outputs(where, outputs)
    with uncollected():
        changes = as_updates(where, updates)
        add_default_updates([*flat, *changes.values()], changes, no_default_updates)
        replaced = dict(pairs(where, "givens", givens))
        if replaced:
            replaced = {x: replacement(where, x, y, rebuild_strict) for x, y in replaced.items()}
            new, _ = rebuild([*flat, *changes.values()], replaced)
            flat, values = new[: len(flat)], new[len(flat) :]
            changes = dict(zip(changes, values, strict=True))
        changes = {x: new_value(where, x, y) for x, y in changes.items()}
        check_inputs(
            where, parsed, [*flat, *changes.values()], on_unused_input or "raise", replaced
        )
        chosen = chosen_mode(where, mode)
        return Function(parsed, flat, keys, changes, chosen, allow_input_downcast, name)


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
        self._options = list(inputs)
        self._allow_downcast = allow_downcast
        self.inputs = [x.variable for x in inputs]
        self.outputs = outputs
        self.updates = updates
        self._keys = keys
        self._names = {x.name: i for i, x in enumerate(inputs) if x.name is not None}
        self._defaults = {i: x.value for i, x in enumerate(inputs) if x.value is not None}
        self._downcast = [
            allow_downcast if x.allow_downcast is None else x.allow_downcast for x in inputs
        ]
        self._strict = {x.variable for x in inputs if x.strict}
        self._lock = threading.RLock()
        with without_test_values():
            self.executor = self._executor()

    def copy(
        self,
        share_memory: bool = False,
        swap: Mapping[SharedVariable, SharedVariable] | None = None,
        delete_updates: bool = False,
        name: str | None = None,
        profile: bool | None = None,
    ) -> Function:
        """Return another function of the same graph, which keeps memory of its own.

        Parameters
        ----------
        swap
            Which shared variable takes the place of which; others are the same ones.
        delete_updates
            Whether to leave out the updates.
        name
            A name for messages; by default that of this function.
        share_memory, profile
            Accepted for compatibility.

        Raises
        ------
        GraphError
            If a shared variable is swapped for one of another kind.

        Examples
        --------
        >>> import numpy as np
        >>> from blocks import shared, tensor
        >>> x, total, other = tensor.scalar("x"), shared(0.0), shared(10.0)
        >>> add = function([x], total, updates=[(total, total + x)])
        >>> add_to_other = add.copy(swap={total: other})
        >>> add(1.0), add_to_other(2.0), total.get_value(), other.get_value()
        (array(0.), array(10.), array(1.), array(12.))
        """
        swapped: dict[Variable, Variable] = {}
        for old, new in (swap or {}).items():
            if not isinstance(old, SharedVariable) or not isinstance(new, SharedVariable):
                raise GraphError(
                    f"{self._where()}: expected shared variables to swap, got {old}. Use givens."
                )
            if (old.ndim, old.dtype) != (new.ndim, new.dtype):
                raise GraphError(
                    f"{self._where()}: expected a shared variable like {old} ({old.type}) to swap "
                    f"it for, got {new} of type {new.type}. Make it of the same kind."
                )
            swapped[old] = new
        updates = {} if delete_updates else self.updates
        roots, _ = rebuild([*self.outputs, *updates.values()], swapped)
        count = len(self.outputs)
        shared = [(swap or {}).get(x, x) for x in updates]
        changed = dict(zip(shared, roots[count:], strict=True))
        return Function(
            self._options,
            roots[:count],
            self._keys,
            changed,
            self.mode,
            self._allow_downcast,
            name or self.name,
        )

    @property
    def maker(self) -> Maker:
        """What runs, as Theano's scripts look at it: ``f.maker.fgraph.toposort()``."""
        return Maker(self.inputs, self.executor.outputs, self.executor.updates)

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
        try:
            with self._lock:
                results = self.executor.run(arrays)
        except BlocksError as error:
            # The message says where; the engine's own frames stay in __context__.
            raise type(error)(*error.args) from None
        if self._keys == "list":
            return results
        if self._keys == "single":
            return results[0]
        return None if self._keys == "none" else dict(zip(self._keys, results, strict=True))

    def _bind(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        where = self._where()
        if len(args) > len(self.inputs):
            raise TypeError(
                f"{where}: expected {len(self.inputs)} inputs, got {len(args)}. "
                "Give one array for each input."
            )
        values = dict(enumerate(args))
        for key, value in kwargs.items():
            if key not in self._names:
                raise TypeError(
                    f"{where}: expected inputs named {listed(self._names)}, "
                    f"got {key!r}.{nearest(key, map(str, self._names))} "
                    "Give the others by position."
                )
            if [x.name for x in self.inputs].count(key) > 1:
                raise TypeError(
                    f"{where}: expected one input named {key!r}, got several. "
                    "Give them by position, or names of their own."
                )
            if self._names[key] in values:
                raise TypeError(
                    f"{where}: expected the input {key!r} once, got it twice. "
                    "Leave out one of the two."
                )
            values[self._names[key]] = value
        for i, default in self._defaults.items():
            values.setdefault(i, default)
        missing = [str(x) for i, x in enumerate(self.inputs) if i not in values]
        if missing:
            raise TypeError(
                f"{where}: expected {len(self.inputs)} inputs, got no {listed(missing)}. "
                "Give it by position or by name."
            )
        return tuple(values[i] for i in range(len(self.inputs)))

    def _where(self) -> str:
        return f"function {self.name}" if self.name else "function"

    def _convert(self, x: Variable, value: Any, downcast: bool | None) -> Array:
        where = f"{self._where()}, input {x}"
        if isinstance(value, Variable):
            raise DtypeError(
                f"{where}: expected an array ({x.type}), got the symbol {value}. "
                "Call the function with numbers; use givens to replace it by a symbol."
            )
        try:
            array = np.asarray(value)
        except ValueError:
            raise ShapeError(
                f"{where}: expected an array ({x.type}), got {described(value)}, whose parts "
                "differ in shape. Pad them to one shape."
            ) from None
        if array.dtype.kind not in "biuf":
            raise DtypeError(
                f"{where}: expected numbers ({x.type}), got {array.dtype} {array.shape}. "
                "Convert it to numbers first."
            )
        if array.ndim != x.ndim:
            raise ShapeError(
                f"{where}: expected {x.ndim} axes ({x.type}), "
                f"got {array.ndim} ({array.dtype} {array.shape}).{rank_hint(x, array)}"
            )
        target = x.type.numpy_dtype
        if array.dtype != target and x in self._strict:
            raise DtypeError(
                f"{where}: expected {x.type} and nothing else, got {array.dtype} {array.shape}. "
                f"Use astype({x.dtype!r}), or drop strict=True."
            )
        if array.dtype == target or downcast or np.can_cast(array.dtype, target, "safe"):
            return array.astype(target, copy=False)
        converted = array.astype(target)
        is_literal = not isinstance(value, np.ndarray | np.generic)
        if is_literal and (array.dtype.kind == "f" == target.kind or (converted == array).all()):
            return converted
        raise DtypeError(
            f"{where}: expected {x.type}, got {array.dtype} {array.shape}. Converting would lose "
            f"precision: use astype({x.dtype!r}), or the transformer Cast({x.dtype!r}) in a "
            "stream, or pass allow_input_downcast=True."
        )

    def _check_sizes(self, x: Variable, array: Array) -> None:
        for size, flag, got in zip(x.type.shape, x.broadcastable, array.shape, strict=True):
            if (size is not None and size != got) or (flag and got != 1):
                raise ShapeError(
                    f"{self._where()}, input {x}: expected {x.type}, "
                    f"got {array.dtype} {array.shape}. Give an array of these sizes."
                )

    def _repr_html_(self) -> str:
        sections = {"inputs": self.inputs, "outputs": self.outputs}
        sections |= {f"new {x}": [y] for x, y in self.updates.items()}
        return sections_html(f"{self._where()}, mode {self.mode}", sections)

    def __repr__(self) -> str:
        arrow = f"({listed(self.inputs, most=4)}) -> ({listed(self.outputs, most=2)})"
        updates = f", updates of {listed(self.updates, most=2)}" if self.updates else ""
        return short_line(f"<Function {self.name or ''}{arrow}{updates}, mode {self.mode}>")
