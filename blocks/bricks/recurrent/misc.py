"""Recurrent bricks made of others: in both directions, and on top of each other."""

from __future__ import annotations

from collections.abc import Sequence as Listed
from typing import Any

from blocks import tensor
from blocks.bricks.base import BoundApplication, Brick, application, lazy, path_of
from blocks.bricks.interfaces import Initializable
from blocks.bricks.members import copy_of
from blocks.bricks.parallel import Fork
from blocks.bricks.recurrent.base import OPTIONS, BaseRecurrent, recurrent
from blocks.bricks.recurrent.checks import check_given
from blocks.bricks.simple import Linear
from blocks.errors import BrickError, nearest
from blocks.graph.variable import Variable

__all__ = ["RECURRENTSTACK_SEPARATOR", "Bidirectional", "RecurrentStack"]

RECURRENTSTACK_SEPARATOR = "#"
"""What stands between a name and the number of a layer of a `RecurrentStack`."""

MASK = "mask"


class Bidirectional(Initializable):
    """Walks along sequences in both directions, and puts the outputs side by side.

    Each output y_t is (f_t, b_t): f_t is that of a copy of the prototype that walks from
    the first step to the last, b_t that of another copy that walks from the last step to
    the first; both are those of step t.

    Shapes: those of the prototype, but the last axis of each output has twice the size.

    Parameters
    ----------
    prototype
        The recurrent brick that is copied; the copies are named ``forward`` and
        ``backward``. Its ``apply`` takes the inputs.
    **kwargs
        Those of `Initializable`.

    Raises
    ------
    BrickError
        If the prototype is not a brick.
    TypeError
        When it is applied with an option that makes no sense for it: it walks over whole
        sequences, in both directions.

    References
    ----------
    M. Schuster and K. K. Paliwal, *Bidirectional recurrent neural networks*, IEEE
    Transactions on Signal Processing 45(11), 1997.

    Examples
    --------
    >>> from blocks.bricks import Identity, SimpleRecurrent
    >>> from blocks.initialization import Constant
    >>> brick = Bidirectional(SimpleRecurrent(1, activation=Identity()), weights_init=Constant(1))
    >>> brick.initialize()
    >>> x = tensor.tensor3("x")
    >>> brick.apply(x).eval({x: [[[1.0]], [[2.0]], [[3.0]]]})[:, 0]
    array([[1., 6.],
           [3., 5.],
           [6., 3.]])
    """

    has_bias = False

    @lazy()
    def __init__(self, prototype: Brick, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.prototype = prototype
        self.children = [
            copy_of(prototype, name, path_of(self)) for name in ("forward", "backward")
        ]

    @application
    def apply(self, *args: Any, **kwargs: Any) -> list[Variable]:
        """Return the outputs of both directions, side by side in the last axis."""
        for name in ("iterate", "reverse", "n_steps", "return_initial_states"):
            if name in kwargs and kwargs[name] != OPTIONS[name]:
                raise TypeError(
                    f"{path_of(self)}.apply: expected whole sequences, to walk along in both "
                    f"directions, got {name}={kwargs[name]!r}. Apply the brick "
                    f"{self.prototype.name} itself."
                )
            kwargs.pop(name, None)
        forward, backward = (child.apply for child in self.children)
        there = forward(*args, as_list=True, **kwargs)
        back = backward(*args, as_list=True, reverse=True, **kwargs)
        return [
            tensor.concatenate([x, y[::-1]], axis=x.ndim - 1)
            for x, y in zip(there, back, strict=True)
        ]

    @apply.delegate
    def apply_delegate(self) -> BoundApplication:
        """Return the application of the first copy, which has the same inputs and outputs."""
        delegate: BoundApplication = self.children[0].apply
        return delegate

    def get_dim(self, name: str) -> int:
        """Return the dimension of an input, or twice that of an output of the prototype."""
        dim = self.children[0].get_dim(name)
        return 2 * dim if name in self.apply.outputs else dim


class RecurrentStack(BaseRecurrent, Initializable):
    """Recurrent layers on top of each other: each reads the states of the one below it.

    With the layers l = 0, 1, ...: h_l = layer_l(x_l + fork_l(h_{l-1})), where fork_l is an
    affine map of the states below for each of the inputs of layer l, and x_l are inputs from
    outside: those of layer 0, and with ``skip_connections`` those of all layers.

    Names: the inputs, states and outputs of layer 0 have the names that they have there;
    those of layer l have ``#l`` after them, such as ``states#1``. Contexts, and the mask,
    are the same for all layers, and have no such suffix.

    Parameters
    ----------
    transitions
        The recurrent bricks, from the bottom to the top. They get names such as ``lstm#0``.
    fork_prototype
        The brick that is copied for each fork, by default
        ``Linear(use_bias=not skip_connections)``: with skip connections, what makes the
        inputs from outside is thought to have biases.
    states_name
        Which output of a layer the one above it reads.
    skip_connections
        Whether layers above the first take inputs from outside too. They are added to
        those from below.
    **kwargs
        Those of `Initializable`.

    Raises
    ------
    BrickError
        If there is no layer, one is there twice, or one has no output ``states_name``.
    TypeError
        When it is applied, if inputs are missing or unknown.

    Notes
    -----
    ``apply`` walks along the whole sequence with one layer after the other, so that a fork
    is one matrix product for all steps. ``apply(low_memory=True)`` walks once with all
    layers: it needs no memory for the inputs of layers, and more time.

    References
    ----------
    A. Graves, *Generating sequences with recurrent neural networks*, arXiv:1308.0850, 2013.

    Examples
    --------
    >>> from blocks.bricks import LSTM, SimpleRecurrent, Tanh
    >>> stack = RecurrentStack([LSTM(2), SimpleRecurrent(3, activation=Tanh())])
    >>> stack.apply.sequences, stack.apply.outputs
    (['inputs', 'mask'], ['states', 'cells', 'states#1'])
    >>> states, cells, top = stack.apply(inputs=tensor.tensor3("x"))
    >>> top, top.type.shape
    (recurrentstack_apply_states#1, (None, None, 3))
    """

    def __init__(
        self,
        transitions: Listed[Any],
        fork_prototype: Brick | None = None,
        states_name: str = "states",
        skip_connections: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.transitions = list(transitions)
        self.states_name = states_name
        self.skip_connections = skip_connections
        self._check_transitions()
        for level, transition in enumerate(self.transitions):
            mark = f"{RECURRENTSTACK_SEPARATOR}{level}"
            transition.name = transition.name.removesuffix(mark) + mark
        prototype = fork_prototype or Linear(use_bias=not skip_connections)
        self.forks = [
            Fork(self.normal_inputs(level), name=f"fork_{level}", prototype=prototype)
            for level in range(1, len(self.transitions))
        ]
        self.children = [*self.transitions, *self.forks]

    def _check_transitions(self) -> None:
        if not self.transitions:
            raise BrickError(f"{path_of(self)}: expected at least one recurrent brick, got none.")
        for level, transition in enumerate(self.transitions):
            if any(transition is other for other in self.transitions[:level]):
                raise BrickError(
                    f"{path_of(self)}: expected a brick of its own for each layer, got "
                    f"{transition!r} twice. Create another one."
                )
            bound = getattr(transition, "apply", None)
            if not isinstance(bound, BoundApplication) or self.states_name not in bound.outputs:
                raise BrickError(
                    f"{path_of(self)}: expected recurrent bricks with an output "
                    f"{self.states_name}, got {transition!r}. Choose another states_name."
                )

    @staticmethod
    def suffix(name: str, level: int) -> str:
        """Return the name that something of a layer has in the stack.

        Examples
        --------
        >>> RecurrentStack.suffix("states", 0), RecurrentStack.suffix("states", 2)
        ('states', 'states#2')
        >>> RecurrentStack.suffix("mask", 2)
        'mask'
        """
        if name == MASK or level == 0:
            return name
        return f"{name}{RECURRENTSTACK_SEPARATOR}{level}"

    @staticmethod
    def suffixes(names: Listed[str], level: int) -> list[str]:
        """Return the names in the stack of all but the mask.

        Examples
        --------
        >>> RecurrentStack.suffixes(["inputs", "mask"], 1)
        ['inputs#1']
        """
        return [RecurrentStack.suffix(name, level) for name in names if name != MASK]

    @staticmethod
    def split_suffix(name: str) -> tuple[str, int]:
        """Return the name in its layer, and the number of the layer.

        Examples
        --------
        >>> RecurrentStack.split_suffix("states#2"), RecurrentStack.split_suffix("states")
        (('states', 2), ('states', 0))
        """
        own, mark, level = name.rpartition(RECURRENTSTACK_SEPARATOR)
        return (own, int(level)) if mark and level.isdigit() else (name, 0)

    def normal_inputs(self, level: int) -> list[str]:
        """Return the names of the sequences of a layer, in that layer, without the mask."""
        return [name for name in self.transitions[level].apply.sequences if name != MASK]

    def _push_allocation_config(self) -> None:
        for level, fork in enumerate(self.forks, 1):
            fork.input_dim = self.transitions[level - 1].get_dim(self.states_name)
            fork.output_dims = self.transitions[level].get_dims(self.normal_inputs(level))

    def do_apply(self, *args: Any, **kwargs: Any) -> list[Variable]:
        """Return the outputs of all layers, from the bottom to the top.

        It takes what ``apply`` does; options, such as ``reverse``, go to each layer.
        """
        inputs = dict(zip(self.apply.sequences, args, strict=False)) | kwargs
        options = {name: inputs.pop(name) for name in OPTIONS if name in inputs}
        self._check_inputs(inputs)
        outputs: list[Variable] = []
        below: Any = None
        for level, transition in enumerate(self.transitions):
            given = self._inputs_of(level, inputs, below)
            found = transition.apply(as_list=True, **given, **options)
            outputs += found
            below = found[transition.apply.outputs.index(self.states_name)]
            # The layer above reads whole sequences, of the same length and direction.
            if options.get("return_initial_states"):
                below = below[1:]
            if options.get("reverse"):
                below = below[::-1]
        return outputs

    def _check_inputs(self, inputs: dict[str, Any]) -> None:
        """Raise if inputs are unknown, or those of a layer missing."""
        bound = self.apply
        known = [*bound.sequences, *bound.states, *bound.contexts]
        for name in inputs:
            if name not in known:
                raise TypeError(
                    f"{bound}: expected only the inputs {', '.join(known)}, got {name}=."
                    f"{nearest(name, known)}"
                )
        given = {name: x for name, x in inputs.items() if x is not None}
        check_given(bound, [name for name in bound.sequences if name != MASK], given)

    def _inputs_of(self, level: int, inputs: dict[str, Any], below: Any) -> dict[str, Any]:
        """Return the inputs of a layer by the names there: from outside and from below."""
        bound = self.transitions[level].apply
        given = {name: inputs.get(self.suffix(name, level)) for name in bound.states}
        given |= {name: inputs.get(name) for name in bound.contexts}
        if MASK in bound.sequences:
            given[MASK] = inputs.get(MASK)
        if level == 0 or self.skip_connections:
            given |= {x: inputs.get(self.suffix(x, level)) for x in self.normal_inputs(level)}
        if level > 0:
            forked = self.forks[level - 1].apply(below, as_dict=True)
            for name, x in forked.items():
                given[name] = x if given.get(name) is None else given[name] + x
        return {name: x for name, x in given.items() if x is not None}

    @recurrent
    def low_memory_apply(self, *args: Any, **kwargs: Any) -> list[Variable]:
        """Return the outputs of all layers; over whole sequences in a single loop."""
        return self.do_apply(*args, iterate=False, **kwargs)

    @low_memory_apply.property("sequences")
    def low_memory_apply_sequences(self) -> list[str]:
        """Return the names of the sequences of the bottom layer, or of all; and the mask."""
        levels = range(len(self.transitions) if self.skip_connections else 1)
        names = [x for i in levels for x in self.suffixes(self.normal_inputs(i), i)]
        has_mask = any(MASK in x.apply.sequences for x in self.transitions)
        return [*names, *([MASK] if has_mask else [])]

    @low_memory_apply.property("states")
    def low_memory_apply_states(self) -> list[str]:
        """Return the names of the states of all layers."""
        return self._named("states")

    @low_memory_apply.property("outputs")
    def low_memory_apply_outputs(self) -> list[str]:
        """Return the names of the outputs of all layers."""
        return self._named("outputs")

    @low_memory_apply.property("contexts")
    def low_memory_apply_contexts(self) -> list[str]:
        """Return the names of the contexts of all layers, each once."""
        return list(dict.fromkeys(x for t in self.transitions for x in t.apply.contexts))

    def _named(self, kind: str) -> list[str]:
        layers = enumerate(self.transitions)
        return [x for i, t in layers for x in self.suffixes(getattr(t.apply, kind), i)]

    @application
    def apply(self, *args: Any, low_memory: bool = False, **kwargs: Any) -> list[Variable]:
        """Return the outputs of all layers, from the bottom to the top.

        Parameters
        ----------
        *args, **kwargs
            The sequences, states and contexts, and the options of `recurrent`.
        low_memory
            Whether to walk with all layers in one loop.
        """
        if low_memory:
            outputs: list[Variable] = self.low_memory_apply(*args, as_list=True, **kwargs)
            return outputs
        return self.do_apply(*args, **kwargs)

    @apply.delegate
    def apply_delegate(self) -> BoundApplication:
        """Return the application that has the same inputs, states and outputs."""
        delegate: BoundApplication = self.low_memory_apply
        return delegate

    def get_dim(self, name: str) -> int:
        """Return the dimension of an input, state or output of a layer; 0 for the mask."""
        own, level = self.split_suffix(name)
        if level < len(self.transitions):
            bound = self.transitions[level].apply
            known = [*bound.sequences, *bound.states, *bound.outputs]
            if own in known:
                return self.transitions[level].get_dim(own)
        for transition in self.transitions:
            if name in transition.apply.contexts:
                return transition.get_dim(name)
        return super().get_dim(name)

    @application
    def initial_states(self, batch_size: Any, *args: Any, **kwargs: Any) -> list[Variable]:
        """Return the initial states of all layers."""
        found: list[Variable] = []
        for transition in self.transitions:
            found += transition.initial_states(batch_size, *args, as_list=True, **kwargs)
        return found

    @initial_states.property("outputs")
    def initial_states_outputs(self) -> list[str]:
        """Return the names of the states of all layers."""
        return self._named("states")
