"""What trains: an algorithm processes batches; most do so by updates of shared variables."""

from __future__ import annotations

import logging
import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from blocks.compile import function
from blocks.errors import GraphError, SourceError, UninitializedError, described, nearest
from blocks.graph.computation import ComputationGraph
from blocks.graph.op import as_variable
from blocks.graph.variable import SharedVariable, Variable
from blocks.representation import Represented
from blocks.utils.sources import check_sources, input_names
from blocks.utils.theano_utils import parameter_path

__all__ = ["TrainingAlgorithm", "UpdatesAlgorithm"]

logger = logging.getLogger(__name__)

Pair = tuple[SharedVariable, Variable]


class TrainingAlgorithm(Represented, ABC):
    """The interface of everything that a main loop can train with.

    Examples
    --------
    >>> class Count(TrainingAlgorithm):
    ...     def initialize(self):
    ...         self.batches = 0
    ...     def process_batch(self, batch):
    ...         self.batches += 1
    >>> algorithm = Count()
    >>> algorithm.initialize()
    >>> algorithm.process_batch({})
    >>> algorithm.batches
    1
    """

    @abstractmethod
    def initialize(self, **kwargs: Any) -> None:
        """Prepare for training; called once before the first batch."""

    @abstractmethod
    def process_batch(self, batch: Mapping[str, Any]) -> None:
        """Train on a batch.

        Parameters
        ----------
        batch
            The data: a dict from the name of a source to an array.
        """


class UpdatesAlgorithm(TrainingAlgorithm):
    """Train by giving shared variables new values at each batch.

    Parameters
    ----------
    updates
        A dict, or a list of pairs, from shared variables to their new values. All of
        them are computed from the old values.
    theano_func_kwargs
        Options of ``blocks.compile.function``, such as ``dict(mode="debug")``, which
        finds the first NaN.
    on_unused_sources
        What to do with a source that no variable has the name of: ``"raise"``,
        ``"warn"`` or ``"ignore"``.

    Raises
    ------
    GraphError
        If `updates` are not such pairs, or give a variable two new values.

    Examples
    --------
    >>> from blocks import tensor
    >>> from blocks.utils.theano_utils import shared_floatx
    >>> total, x = shared_floatx(0, name="total"), tensor.vector("x")
    >>> algorithm = UpdatesAlgorithm(updates=[(total, total + x.sum())])
    >>> algorithm.initialize()
    >>> algorithm.process_batch({"x": [1.0, 2.0]})
    >>> total.get_value()
    array(3.)
    """

    def __init__(
        self,
        updates: Any = None,
        theano_func_kwargs: Mapping[str, Any] | None = None,
        on_unused_sources: str = "raise",
        **kwargs: Any,
    ) -> None:
        name = type(self).__name__
        if kwargs:
            key = next(iter(kwargs))
            known = ["updates", "theano_func_kwargs", "on_unused_sources", *self._argument_names()]
            raise TypeError(
                f"{name}: expected only arguments that it knows, got {key}=.{nearest(key, known)}"
            )
        if on_unused_sources not in ("raise", "warn", "ignore"):
            raise ValueError(
                f"{name}: expected on_unused_sources to be 'raise', 'warn' or 'ignore', "
                f"got {on_unused_sources!r}."
            )
        self.theano_func_kwargs = dict(theano_func_kwargs or {})
        self.on_unused_sources = on_unused_sources
        self._function: Any = None
        self._names: list[str] = []
        self._sources: tuple[str, ...] | None = None  # those of the stream, as far as known
        self._accepted: Any = None  # the keys of the last batch that was checked
        self.updates = [] if updates is None else updates

    def _argument_names(self) -> Sequence[str]:
        """Return further arguments of the constructor, for hints in messages."""
        return ()

    @property
    def updates(self) -> list[Pair]:
        """The pairs of a shared variable and its new value, in order."""
        return self._updates

    @updates.setter
    def updates(self, value: Any) -> None:
        self._updates: list[Pair] = []
        self.add_updates(value)

    def add_updates(self, updates: Any) -> None:
        """Let training carry out further updates, for example to monitor something.

        After `initialize` it has to be called again, which the next batch does.

        Parameters
        ----------
        updates
            A dict or a list of pairs, as for the constructor.

        Raises
        ------
        GraphError
            If they are not such pairs, or give a variable a second new value.
        """
        name = type(self).__name__
        known = {id(x): y for x, y in self._updates}
        new = []
        for x, value in _pairs(name, updates):
            y = as_variable(value)
            if known.get(id(x), y) is not y:
                raise GraphError(
                    f"{name}: expected one update of {parameter_path(x)}, got two. Leave one out, "
                    "or add up what they do."
                )
            if id(x) not in known:
                known[id(x)] = y
                new.append((x, y))
        self._updates.extend(new)
        self._function = None

    @property
    def function(self) -> Any:
        """The compiled function that carries out the updates; compiled now if it is not there."""
        if self._function is None:
            self.initialize()
        return self._function

    @property
    def inputs(self) -> list[Variable]:
        """The variables that the updates need from a batch, in a fixed order."""
        return ComputationGraph([y for _, y in self._updates]).inputs

    def check_sources(self, sources: Iterable[str]) -> None:
        """Check that a data stream has what training needs.

        The main loop calls this when it is made, and again before `initialize`. A source
        that is not needed is reported by `initialize`: extensions may come to need it.

        Parameters
        ----------
        sources
            The names of the sources of the stream.

        Raises
        ------
        SourceError
            If an input has the name of no source.
        """
        sources = tuple(sources)
        check_sources(type(self).__name__, input_names(type(self).__name__, self.inputs), sources)
        self._sources = sources

    def initialize(self, **kwargs: Any) -> None:
        """Compile the updates.

        Raises
        ------
        UninitializedError
            If a parameter holds NaN.
        SourceError
            If the stream has a source that is not needed, unless that is to be ignored.
        GraphError
            If inputs have no names, or share one.
        """
        if kwargs:
            raise TypeError(
                f"{type(self).__name__}: expected initialize() without arguments, got "
                f"{', '.join(kwargs)}."
            )
        self._check_parameters()
        inputs = self.inputs
        self._names = input_names(type(self).__name__, inputs)
        if self._sources is not None:
            self._check_unused(self._names, self._sources)
        self._accepted = None
        options: dict[str, Any] = {"name": "training", **self.theano_func_kwargs}
        logger.debug("Compiling the training function of %d updates.", len(self._updates))
        self._function = function(inputs, [], updates=self._updates, **options)

    def process_batch(self, batch: Mapping[str, Any]) -> None:
        """Carry out the updates once.

        Parameters
        ----------
        batch
            A dict from the name of a source to an array.

        Raises
        ------
        SourceError
            If sources and inputs do not match.
        ShapeError, DtypeError
            If an array has another number of axes or dtype than the input of its name.
        """
        if self._function is None:
            self.initialize()
        if not hasattr(batch, "keys") or batch.keys() != self._accepted:
            self._check_batch(batch)
        self._function(*map(batch.__getitem__, self._names))

    def _check_batch(self, batch: Any) -> None:
        if not isinstance(batch, Mapping):
            raise TypeError(
                f"{type(self).__name__}: expected a batch as a dict from sources to arrays, got "
                f"{type(batch).__name__}. Iterate with get_epoch_iterator(as_dict=True)."
            )
        check_sources(type(self).__name__, self._names, batch)
        if self._sources is None or set(batch) - set(self._sources):
            self._check_unused(self._names, batch)
        self._accepted = frozenset(batch)

    def _check_unused(self, names: Sequence[str], sources: Iterable[str]) -> None:
        unused = [x for x in sources if x not in names]
        if not unused or self.on_unused_sources == "ignore":
            return
        message = (
            f"{type(self).__name__}: expected only sources that the updates depend on "
            f"({', '.join(names) or 'none'}), got {', '.join(unused)} too. Pass "
            "on_unused_sources='ignore', or leave them out with the transformer FilterSources."
        )
        if self.on_unused_sources == "raise":
            raise SourceError(message)
        warnings.warn(message, stacklevel=4)

    def _parameters_to_check(self) -> list[SharedVariable]:
        """Return the parameters that must not hold NaN when training starts."""
        return ComputationGraph([y for _, y in self._updates]).parameters

    def _check_parameters(self) -> None:
        bad = [
            parameter_path(x)
            for x in self._parameters_to_check()
            if x.type.is_float and np.isnan(x.array).any()
        ]
        if bad:
            raise UninitializedError(
                f"{type(self).__name__}: expected parameters with values, got NaN in "
                f"{', '.join(bad)}. Call initialize() of the bricks that they belong to, with "
                "weights_init and biases_init set, before training."
            )

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the compiled function, which is made anew where it is needed."""
        return {**vars(self), "_function": None, "_accepted": None}


def _pairs(name: str, updates: Any) -> list[tuple[Any, Any]]:
    """Return updates as pairs, or raise if they are none."""
    if isinstance(updates, Mapping):
        updates = list(updates.items())
    if not isinstance(updates, list | tuple):
        raise GraphError(
            f"{name}: expected updates as a dict or a list of pairs, got {described(updates)}."
        )
    for pair in updates:
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            raise GraphError(
                f"{name}: expected updates as pairs of a shared variable and its new value, "
                f"got {pair!r}."
            )
        if not isinstance(pair[0], SharedVariable):
            raise GraphError(
                f"{name}: expected updates of shared variables, got one of "
                f"{type(pair[0]).__name__} {pair[0]}. Only shared variables keep a value."
            )
    return [(x, y) for x, y in updates]
