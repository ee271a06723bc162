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

from collections.abc import Mapping, Sequence
from time import perf_counter_ns
from typing import Any

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
    replacement,
)
from blocks.compile.forks import forking, run_lock, wait_for_fork
from blocks.compile.inputs import Inputs
from blocks.compile.interpreter import Interpreter
from blocks.compile.maker import Maker
from blocks.compile.profiling import FunctionProfile
from blocks.compile.simplify import stabilize
from blocks.config import config
from blocks.errors import (
    BlocksError,
    GraphError,
    described,
    listed,
)
from blocks.graph.garbage import uncollected
from blocks.graph.notebook import sections_html
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
    profile
        Whether to measure how long its instructions take, for `blocks.explain`; by default
        ``config.profile``.
    accept_inplace
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
        kind = ProfiledFunction if (config.profile if profile is None else profile) else Function
        return kind(parsed, flat, keys, changes, chosen, allow_input_downcast, name)


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
    profile : FunctionProfile or None
        What was measured, if it was made with ``profile=True``.
    """

    profile: FunctionProfile | None = None

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
        self.outputs = outputs
        self.updates = updates
        self._keys = keys
        self._given = Inputs(inputs, allow_downcast)
        self.inputs = self._given.variables
        self._lock = run_lock()
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
        profile
            Whether to measure it; by default as this function is.
        share_memory
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
        kind = ProfiledFunction if profile else type(self) if profile is None else Function
        return kind(
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
        arrays = None if kwargs else self._given.taken(args)
        if arrays is None:
            arrays = self._given.checked(self._where(), args, kwargs)
        if forking:
            wait_for_fork()
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

    def _where(self) -> str:
        return f"function {self.name}" if self.name else "function"

    def _repr_html_(self) -> str:
        sections = {"inputs": self.inputs, "outputs": self.outputs}
        sections |= {f"new {x}": [y] for x, y in self.updates.items()}
        return sections_html(f"{self._where()}, mode {self.mode}", sections)

    def __repr__(self) -> str:
        arrow = f"({listed(self.inputs, most=4)}) -> ({listed(self.outputs, most=2)})"
        updates = f", updates of {listed(self.updates, most=2)}" if self.updates else ""
        return short_line(f"<Function {self.name or ''}{arrow}{updates}, mode {self.mode}>")


class ProfiledFunction(Function):
    """A function that measures its calls, and the instructions of its plans."""

    profile: FunctionProfile

    def _executor(self) -> Any:
        self.profile = FunctionProfile(self)
        if self.mode != "compiled":
            return super()._executor()
        from blocks.compile.timed import TimedProgram

        return TimedProgram(self.inputs, self.outputs, self.updates)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the outputs for some inputs, update the shared variables, and take the time."""
        with self._lock:
            before, start = self.profile.planning, perf_counter_ns()
            results = super().__call__(*args, **kwargs)
            self.profile.add(perf_counter_ns() - start - (self.profile.planning - before))
            return results
