"""Aggregation: how the values that a variable has for the batches become one value.

A variable without a scheme that depends on data gets the plain mean over batches: each
batch counts as one, also a last one that is smaller. The functions of this module attach
other schemes to variables; `mean` gives the exact mean over examples.

Examples
--------
>>> from blocks import tensor
>>> x = tensor.matrix("x")
>>> exact = mean(x.sum(), x.shape[0])
>>> exact.name = "x_per_example"
>>> largest = maximum(x.max())
"""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from blocks import tensor
from blocks.errors import GraphError, described
from blocks.graph.op import as_variable
from blocks.graph.ops.elementwise import identity
from blocks.graph.variable import SharedVariable, Variable, shared
from blocks.monitoring.operations import Collect, Collected, restart
from blocks.representation import Represented
from blocks.utils.theano_utils import shared_like

__all__ = [
    "AggregationScheme",
    "Aggregator",
    "Concatenate",
    "Maximum",
    "Mean",
    "Minimum",
    "MonitoredQuantity",
    "Perplexity",
    "TakeLast",
    "concatenate",
    "maximum",
    "mean",
    "minimum",
    "perplexity",
    "take_last",
]

Pairs = Sequence[tuple[SharedVariable, Any]]


class AggregationScheme(Represented, ABC):
    """How a variable is aggregated over batches; kept in its ``tag.aggregation_scheme``.

    Parameters
    ----------
    variable
        What is aggregated, as it is for one batch.
    """

    def __init__(self, variable: Any) -> None:
        self.variable = as_variable(variable)

    @abstractmethod
    def get_aggregator(self) -> Aggregator:
        """Return a new aggregator, with accumulators of its own."""

    def with_replaced(self, find: Callable[[Variable], Variable]) -> AggregationScheme:
        """Return the scheme for a graph in which variables were replaced.

        Parameters
        ----------
        find
            Returns the new version of a variable. ``ComputationGraph.replace`` passes it.
        """
        new = copy.copy(self)
        for name, value in vars(self).items():
            if isinstance(value, Variable):
                setattr(new, name, find(value))
        return new


class Aggregator(Represented):
    """The accumulators of one aggregation, and how they are used.

    Parameters
    ----------
    aggregation_scheme
        The scheme that it carries out.
    initialization_updates
        Updates that start it anew.
    accumulation_updates
        Updates that take in a batch.
    readout_variable
        The aggregated value.
    """

    def __init__(
        self,
        aggregation_scheme: AggregationScheme,
        initialization_updates: Pairs | None = None,
        accumulation_updates: Pairs | None = None,
        readout_variable: Variable | None = None,
    ) -> None:
        self.aggregation_scheme = aggregation_scheme
        self.initialization_updates = list(initialization_updates or [])
        self.accumulation_updates = list(accumulation_updates or [])
        self.readout_variable = readout_variable


def _flag() -> SharedVariable:
    return shared(np.zeros((), "int8"), name="started")


def _zero(x: SharedVariable) -> tuple[SharedVariable, Variable]:
    return x, tensor.zeros_like(x)


def _one(x: SharedVariable) -> tuple[SharedVariable, Variable]:
    return x, tensor.ones_like(x)


class Mean(AggregationScheme):
    """The sum of a numerator over batches, divided by that of a denominator.

    Parameters
    ----------
    numerator, denominator
        What is summed up, such as the sum of costs and the number of examples.
    """

    def __init__(self, numerator: Any, denominator: Any) -> None:
        self.numerator = as_variable(numerator)
        self.denominator = as_variable(denominator)

    def get_aggregator(self) -> Aggregator:
        """Return a new aggregator, with accumulators of its own."""
        started = _flag()
        initialization, accumulation, totals = [_zero(started)], [_one(started)], []
        for x in (self.numerator, self.denominator):
            # Integers may need more room when they are added up.
            new = x if x.type.is_float else tensor.cast(x, "int64")
            total = shared_like(new)
            before = restart(started, total, tensor.zeros_like(new), str(self.numerator))
            initialization.append(_zero(total))
            accumulation.append((total, before + new))
            totals.append(total)
        return Aggregator(
            self,
            initialization_updates=initialization,
            accumulation_updates=accumulation,
            readout_variable=totals[0] / totals[1],
        )


class Perplexity(Mean):
    """exp(-(sum of log-likelihoods) / (sum of numbers of examples)).

    Parameters
    ----------
    numerator, denominator
        The log-likelihood and the number of examples of a batch.
    """

    def get_aggregator(self) -> Aggregator:
        """Return a new aggregator, with accumulators of its own."""
        aggregator = super().get_aggregator()
        assert aggregator.readout_variable is not None
        aggregator.readout_variable = tensor.exp(-aggregator.readout_variable)
        return aggregator


def mean(numerator: Any, denominator: Any = 1.0) -> Variable:
    """Return numerator / denominator, aggregated exactly: both are summed up over batches.

    Parameters
    ----------
    numerator
        For example the sum of the costs of a batch; it gives the result its name.
    denominator
        For example the number of examples of a batch.

    Examples
    --------
    >>> from blocks import tensor
    >>> costs = tensor.vector("costs")
    >>> cost = mean(costs.sum(), costs.shape[0])
    """
    numerator, denominator = as_variable(numerator), as_variable(denominator)
    return _tagged(numerator / denominator, numerator, Mean(numerator, denominator))


def perplexity(log_likelihood: Any, n_examples: Any) -> Variable:
    """Return exp(-log_likelihood / n_examples), aggregated exactly over all batches.

    Parameters
    ----------
    log_likelihood
        The sum of the log-likelihoods of a batch; it gives the result its name.
    n_examples
        The number of examples (or symbols) of a batch.

    Examples
    --------
    >>> from blocks import tensor
    >>> log_probabilities = tensor.vector("log_probabilities")
    >>> value = perplexity(log_probabilities.sum(), log_probabilities.shape[0])
    """
    total, count = as_variable(log_likelihood), as_variable(n_examples)
    return _tagged(tensor.exp(-(total / count)), total, Perplexity(total, count))


def _tagged(variable: Variable, named: Variable, scheme: AggregationScheme) -> Variable:
    variable.name = named.name
    variable.tag.aggregation_scheme = scheme
    return variable


class TakeLast(AggregationScheme):
    """The value for the last batch."""

    def get_aggregator(self) -> Aggregator:
        """Return a new aggregator, with a storage of its own."""
        storage = shared_like(self.variable)
        return Aggregator(
            self,
            initialization_updates=[_zero(storage)],
            accumulation_updates=[(storage, self.variable)],
            readout_variable=storage,
        )


class Minimum(AggregationScheme):
    """The smallest value over all batches, element by element."""

    def _fold(self, accumulated: Variable, new: Variable) -> Variable:
        smallest: Variable = tensor.minimum(accumulated, new)
        return smallest

    def get_aggregator(self) -> Aggregator:
        """Return a new aggregator, with a storage of its own."""
        started, storage = _flag(), shared_like(self.variable)
        before = restart(started, storage, self.variable, str(self.variable))
        return Aggregator(
            self,
            initialization_updates=[_zero(started), _zero(storage)],
            accumulation_updates=[
                _one(started),
                (storage, self._fold(before, self.variable)),
            ],
            readout_variable=storage,
        )


class Maximum(Minimum):
    """The largest value over all batches, element by element."""

    def _fold(self, accumulated: Variable, new: Variable) -> Variable:
        largest: Variable = tensor.maximum(accumulated, new)
        return largest


class Concatenate(Minimum):
    """The values for all batches, stacked on a new first axis."""

    def get_aggregator(self) -> Aggregator:
        """Return a new aggregator, with a list of its own."""
        count = shared(np.zeros((), "int64"), name="count")
        collect = Collect(str(self.variable))
        return Aggregator(
            self,
            initialization_updates=[_zero(count)],
            accumulation_updates=[(count, collect(count, self.variable))],
            readout_variable=Collected(collect, self.variable.type)(count),
        )


def _simple_aggregation(scheme: type[AggregationScheme], variable: Any) -> Variable:
    original = as_variable(variable)
    return _tagged(identity(original), original, scheme(original))


def take_last(variable: Any) -> Variable:
    """Return a copy of a variable of which the value for the last batch is reported.

    Examples
    --------
    >>> from blocks import tensor
    >>> last = take_last(tensor.matrix("x").mean())
    """
    return _simple_aggregation(TakeLast, variable)


def minimum(variable: Any) -> Variable:
    """Return a copy of a variable of which the smallest value over batches is reported.

    Examples
    --------
    >>> from blocks import tensor
    >>> smallest = minimum(tensor.matrix("x").min())
    """
    return _simple_aggregation(Minimum, variable)


def maximum(variable: Any) -> Variable:
    """Return a copy of a variable of which the largest value over batches is reported.

    Examples
    --------
    >>> from blocks import tensor
    >>> largest = maximum(tensor.matrix("x").max())
    """
    return _simple_aggregation(Maximum, variable)


def concatenate(variable: Any) -> Variable:
    """Return a copy of a variable of which the values for all batches are reported, stacked.

    All batches have to give the same shape. A new first axis counts them.

    Examples
    --------
    >>> from blocks import tensor
    >>> means = concatenate(tensor.matrix("x").mean())
    """
    return _simple_aggregation(Concatenate, variable)


class MonitoredQuantity(Represented, ABC):
    """Something to monitor that is computed in Python, from the values of variables.

    Parameters
    ----------
    requires
        The variables whose values `aggregate` gets for each batch.
    name
        The name for the log.

    Examples
    --------
    >>> class Longest(MonitoredQuantity):
    ...     def initialize(self):
    ...         self.longest = 0
    ...     def aggregate(self, mask):
    ...         self.longest = max(self.longest, mask.shape[0])
    ...     def get_aggregated_value(self):
    ...         return self.longest
    >>> from blocks import tensor
    >>> quantity = Longest(requires=[tensor.matrix("mask")], name="longest")
    """

    def __init__(self, requires: Sequence[Variable] | None = None, name: str | None = None) -> None:
        self.requires = [] if requires is None else list(requires)
        self.name = name
        for x in self.requires:
            if not isinstance(x, Variable):
                raise GraphError(
                    f"{type(self).__name__}: expected variables in requires, got {described(x)}."
                )

    @abstractmethod
    def initialize(self) -> None:
        """Start anew, before the first batch."""

    @abstractmethod
    def aggregate(self, *args: Any) -> None:
        """Take in a batch.

        Parameters
        ----------
        *args
            The values of the variables in `requires`, in order.
        """

    @abstractmethod
    def get_aggregated_value(self) -> Any:
        """Return the value for all batches since `initialize`."""
