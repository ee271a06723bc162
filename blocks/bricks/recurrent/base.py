"""`recurrent`: applications that are computed step by step; and the interface of their bricks.

A recurrent application is written for one step: it takes a row of each *sequence*, the
previous *states*, and *contexts*, which are the same in every step, and returns its
*outputs*, the new states among them. `recurrent` makes it run over whole sequences, whose
first axis is time and whose second axis the batch:

============== =========================== ===================================================
               one step                    whole sequences
============== =========================== ===================================================
sequences      (batch, dim)                (time, batch, dim); of ``dim`` 0, such as a mask:
                                           (time, batch)
states         (batch, dim)                (batch, dim), before the first step; by default those
                                           of the application ``initial_states``
contexts       anything                    the same
outputs        (batch, dim)                (time, batch, dim)
============== =========================== ===================================================

``dim`` is what the ``get_dim`` of the brick says. In the loop the method is called through
its application, so that the variables there have roles and annotations as everywhere:
``ComputationGraph.scan_variables`` finds them.

Examples
--------
>>> from blocks import tensor
>>> class Sum(BaseRecurrent):
...     @recurrent(sequences=["inputs"], states=["total"], outputs=["total"], contexts=[])
...     def apply(self, inputs, total):
...         return total + inputs
...
...     def get_dim(self, name):
...         return 2 if name in ("inputs", "total") else super().get_dim(name)
>>> x = tensor.tensor3("x")
>>> Sum().apply(x).eval({x: [[[1.0, 2.0]], [[3.0, 4.0]]]})
array([[[1., 2.]],
<BLANKLINE>
       [[4., 6.]]])
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from blocks import tensor
from blocks.bricks.application import INJECTED, Application, rename_function
from blocks.bricks.base import Brick, application
from blocks.bricks.bound import BoundApplication
from blocks.bricks.calls import ApplicationCall
from blocks.bricks.recurrent import checks
from blocks.graph.loops import scan
from blocks.graph.variable import Variable
from blocks.representation import Represented
from blocks.utils import pack

__all__ = ["BaseRecurrent", "recurrent"]

OPTIONS = {
    "iterate": True,
    "reverse": False,
    "n_steps": None,
    "batch_size": None,
    "return_initial_states": False,
}
"""What a recurrent application takes besides its inputs, with the defaults."""

POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


class BaseRecurrent(Brick):
    """Interface of bricks with a recurrent application ``apply``.

    It provides initial states of zeros; bricks that train theirs override
    ``initial_states``.
    """

    has_bias = False

    @application
    def initial_states(self, batch_size: Any, *args: Any, **kwargs: Any) -> list[Variable]:
        """Return the states before the first step: zeros of shape (batch_size, dim).

        Parameters
        ----------
        batch_size
            The size of the batch, a number or a variable.
        *args, **kwargs
            The sequences and contexts, for bricks whose initial states depend on them.
        """
        states = self.apply.states  # type: ignore[attr-defined]
        return [_zeros(batch_size, self.get_dim(name)) for name in states]

    @initial_states.property("outputs")
    def initial_states_outputs(self) -> list[str]:
        """Return the names of the states."""
        states: list[str] = self.apply.states  # type: ignore[attr-defined]
        return states


def _zeros(batch_size: Any, dim: int) -> Variable:
    return tensor.zeros((batch_size, dim) if dim else (batch_size,))


def recurrent(*args: Any, **kwargs: Any) -> Any:
    """Decorate a method that computes one step, so that it runs over whole sequences.

    The application takes, besides the inputs of the method:

    - ``iterate=False``: compute one step; the inputs are those of one step;
    - ``reverse=True``: walk from the last step to the first; the outputs come in the order
      of the walk, so the first belongs to the last step of the sequences;
    - ``return_initial_states=True``: put the initial states before the outputs that are
      states, which then have one step more;
    - ``n_steps``: the number of steps, from the end where the walk begins; by default the
      length of the sequences;
    - ``batch_size``: the size of the batch, where neither a sequence nor a state says it.

    States need not be given: then they are what ``initial_states`` of the brick returns,
    called with the size of the batch and with the other inputs by name. An input that the
    method has a default for, such as ``mask=None``, need not be given either.

    Parameters
    ----------
    sequences, states, contexts, outputs : list of str
        The names of the inputs of each kind, and of the outputs. Each state must be an
        output too. They may also be given as properties or by a delegate, as of any
        application.

    Raises
    ------
    TypeError
        When it is applied, if inputs are missing or unknown.
    ShapeError
        If sequences, masks or states do not fit each other or the dimensions of the brick.
    DtypeError
        If the method returns a state of another dtype than it got.
    BrickError
        If a state is not an output, or there is no initial state for it.

    See Also
    --------
    blocks.graph.loops.scan : The loop.

    Notes
    -----
    The call of the application knows the loop: ``inner_inputs`` and ``inner_outputs`` are
    the variables of one step, ``updates`` those that the loop asks for.

    Examples
    --------
    >>> from blocks import tensor
    >>> class Count(BaseRecurrent):
    ...     @recurrent(sequences=[], states=["n"], outputs=["n"], contexts=["by"])
    ...     def apply(self, n, by):
    ...         return n + by
    ...
    ...     def get_dim(self, name):
    ...         return 0
    >>> count = Count()
    >>> count.apply(by=3.0, n_steps=4, batch_size=1).eval().ravel()
    array([ 3.,  6.,  9., 12.])
    >>> count.apply([10.0], 3.0, iterate=False).eval()
    array([13.])
    """
    if args and (kwargs or len(args) > 1 or not callable(args[0])):
        raise TypeError(
            "recurrent: expected a method or keywords such as sequences=['inputs'], got "
            f"{', '.join(map(repr, args))}."
        )

    def decorate(function: Callable[..., Any]) -> Application:
        step = Step(function)
        made: Application = application(**kwargs)(step.as_application())
        if "inputs" not in kwargs:
            made.property("inputs")(step.inputs_of(made))
        return made

    return decorate(args[0]) if args else decorate


class Step(Represented):
    """The method under `recurrent`: what it takes, and how it is called.

    Parameters
    ----------
    function
        The method.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        if not inspect.isfunction(function):
            raise TypeError(f"recurrent: expected a method of a brick, got {function!r}.")
        self.function = function
        parameters = list(inspect.signature(function).parameters.values())
        self.injected = [p.name for p in parameters if p.name in INJECTED]
        self.own = [p for p in parameters[1:] if p.name not in INJECTED]
        self.named = [p for p in self.own if p.kind in POSITIONAL]
        self.names = [p.name for p in self.named]
        self.required = [p.name for p in self.named if p.default is p.empty]
        self.takes_any = len(self.named) < len(self.own)
        clash = [name for name in self.names if name in OPTIONS]
        if clash:
            raise TypeError(
                f"recurrent: expected a method without an argument {clash[0]}, which is an "
                f"option of every recurrent application, got {function.__qualname__}. "
                "Rename the argument."
            )

    def as_application(self) -> Callable[..., Any]:
        """Return the function that an `Application` calls, with the options in its signature."""

        @functools.wraps(self.function)
        def apply(
            brick: Any, application: Any, application_call: Any, *args: Any, **kwargs: Any
        ) -> Any:
            options = {key: kwargs.pop(key, default) for key, default in OPTIONS.items()}
            names = [*self.names, *(x for x in application.sequences if x not in self.names)]
            given = dict(zip(names, args, strict=False)) | kwargs
            given = {key: value for key, value in given.items() if value is not None}
            loop = Loop(self, application, application_call, given)
            if not options.pop("iterate"):
                return loop.one_step(options)
            return loop.all_steps(**options)

        kind = inspect.Parameter
        first = [kind(x, kind.POSITIONAL_OR_KEYWORD) for x in ("self", *INJECTED)]
        # Which ones are required depends on the brick, which may compute its properties.
        named = [p.replace(default=None) for p in self.named]
        other = [p for p in self.own if p.kind not in POSITIONAL]
        options = [kind(k, kind.KEYWORD_ONLY, default=v) for k, v in OPTIONS.items()]
        everything = sorted([*first, *named, *other, *options], key=lambda p: p.kind)
        apply.__signature__ = inspect.Signature(everything)  # type: ignore[attr-defined]
        return apply

    def inputs_of(self, made: Application) -> Callable[..., Any]:
        """Return a method that names the inputs of the application made of this step."""

        def inputs(brick: Any) -> list[str]:
            if not self.takes_any:
                return self.names
            bound = made.__get__(brick)
            return list(dict.fromkeys([*self.names, *_all_inputs(bound)]))

        return rename_function(inputs, f"{self.function.__name__}_inputs")

    def __call__(
        self, bound: BoundApplication, call: ApplicationCall, given: Mapping[str, Any]
    ) -> Any:
        """Compute one step."""
        injected = {"application": bound, "application_call": call}
        return self.function(bound.brick, **given, **{k: injected[k] for k in self.injected})


def _all_inputs(bound: BoundApplication) -> list[str]:
    return [*bound.sequences, *bound.states, *bound.contexts]


class Loop(Represented):
    """One call of a recurrent application.

    Parameters
    ----------
    step
        What is computed in each step.
    bound, call
        The application and the record of its call.
    given
        The inputs by name.
    """

    def __init__(
        self, step: Step, bound: BoundApplication, call: ApplicationCall, given: dict[str, Any]
    ) -> None:
        self.step, self.bound, self.call, self.given = step, bound, call, given
        self.sequences = self._select(bound.sequences)
        self.states = self._select(bound.states)
        self.contexts = self._select(bound.contexts)
        inputs = _all_inputs(bound)
        self.other = {key: value for key, value in given.items() if key not in inputs}

    def _select(self, names: list[str]) -> dict[str, Any]:
        return {name: self.given[name] for name in names if name in self.given}

    def one_step(self, options: Mapping[str, Any]) -> Any:
        """Return what the method computes of the inputs of one step."""
        checks.check_options(self.bound, options)
        checks.check_given(self.bound, self.step.required, self.given)
        checks.check_sizes(self.bound, self.sequences, self.states, time=False)
        return self.step(self.bound, self.call, self.given)

    def all_steps(
        self, reverse: bool, n_steps: Any, batch_size: Any, return_initial_states: bool
    ) -> list[Variable]:
        """Return the outputs of all steps."""
        bound, names = self.bound, self.bound.outputs
        checks.check_outputs(bound)
        required = [name for name in self.step.required if name not in bound.states]
        checks.check_given(bound, required, self.given)
        checks.check_steps(bound, self.sequences, n_steps)
        checks.check_sizes(bound, self.sequences, self.states, time=True)
        states = self._all_states(batch_size)  # a step checks their sizes
        outputs, updates = scan(
            self._one_of_many,
            sequences=list(self.sequences.values()),
            outputs_info=[states.get(name) for name in names],
            non_sequences=list(self.contexts.values()),
            n_steps=n_steps,
            go_backwards=bool(reverse),
            name=f"{bound.brick.name}_{bound.name}_scan",
            return_list=True,
        )
        self.call.updates.update(updates)
        if return_initial_states:
            outputs = [
                tensor.concatenate([tensor.shape_padleft(states[name]), y]) if name in states else y
                for name, y in zip(names, outputs, strict=True)
            ]
        return list(outputs)

    def _all_states(self, batch_size: Any) -> dict[str, Variable]:
        """Return the states before the first step: those given, and the brick's own."""
        bound = self.bound
        if len(self.states) == len(bound.states):
            return self.states
        size = checks.batch_size_of(bound, self.sequences, self.states, batch_size)
        application = checks.initial_states_of(bound)
        found = application(size, as_list=True, **self.given)
        # An application that does not name its outputs returns the states in their order.
        names = getattr(application, "outputs", bound.states)
        own = dict(zip(names, found, strict=False))
        checks.check_initial_states(bound, self.states, own)
        every = own | self.states
        return {name: every[name] for name in bound.states}

    def _one_of_many(self, *rows: Variable) -> list[Variable]:
        """Compute one step in the loop; called once, with its symbols."""
        bound = self.bound
        carried = [name for name in bound.outputs if name in bound.states]
        inputs = dict(zip([*self.sequences, *carried, *self.contexts], rows, strict=True))
        call: Any = self.call
        outputs = pack(bound(iterate=False, as_list=True, **inputs, **self.other))
        checks.check_step(bound, inputs, outputs)
        call.inner_inputs, call.inner_outputs = list(rows), outputs
        return outputs
