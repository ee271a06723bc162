"""Accumulators of several variables, and several quantities, handled together."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Any

from blocks import tensor
from blocks.compile import function
from blocks.errors import GraphError, described
from blocks.graph.computation import ComputationGraph
from blocks.graph.traversal import explicit_inputs
from blocks.graph.variable import SharedVariable, Variable
from blocks.monitoring.aggregation import (
    AggregationScheme,
    Aggregator,
    Mean,
    MonitoredQuantity,
    TakeLast,
)
from blocks.representation import Represented

__all__ = ["AggregationBuffer", "MonitoredQuantityBuffer", "check_monitored", "checked_names"]

Pairs = list[tuple[SharedVariable, Any]]


class _DataIndependent(AggregationScheme):
    """The value at the time of the readout."""

    def get_aggregator(self) -> Aggregator:
        return Aggregator(self, readout_variable=self.variable)


class MonitoredQuantityBuffer(Represented):
    """Several quantities that are computed in Python, handled together.

    Parameters
    ----------
    quantities
        The quantities.

    Attributes
    ----------
    requires : list of Variable
        The variables that they need, each once.
    inputs : list of Variable
        The inputs that those depend on.
    """

    def __init__(self, quantities: Iterable[MonitoredQuantity]) -> None:
        self.quantities = list(quantities)
        self.quantity_names = checked_names(self.quantities, "quantities")
        self.requires = list(dict.fromkeys(x for q in self.quantities for x in q.requires))
        self.inputs = explicit_inputs(self.requires)
        self._initialized = False

    def initialize_quantities(self) -> None:
        """Start all quantities anew."""
        self._initialized = True
        for quantity in self.quantities:
            quantity.initialize()

    def aggregate_quantities(self, numerical_values: Sequence[Any]) -> None:
        """Let all quantities take in a batch.

        Parameters
        ----------
        numerical_values
            The values of the variables in `requires`, in order.
        """
        values = dict(zip(self.requires, numerical_values, strict=True))
        for quantity in self.quantities:
            quantity.aggregate(*[values[x] for x in quantity.requires])

    def get_aggregated_values(self) -> OrderedDict[str, Any]:
        """Return the values of the quantities by name."""
        _check_initialized(self, self._initialized, "initialize_quantities")
        values = (quantity.get_aggregated_value() for quantity in self.quantities)
        return OrderedDict(zip(self.quantity_names, values, strict=True))


class AggregationBuffer(Represented):
    """The accumulators of several variables, and functions to start and to read them.

    Parameters
    ----------
    variables
        The variables, with different names. Those without a scheme in their tag get the
        plain mean over batches where they depend on data.
    use_take_last
        Whether a variable that depends on no data is recorded at each batch, and not
        computed when it is read.
    weighted
        Whether each batch counts as many times as it has examples, in the mean of
        variables without a scheme: ``True`` takes the length of the first axis of the
        inputs; a variable gives the number itself.

    Attributes
    ----------
    inputs : list of Variable
        The inputs that the variables depend on.
    accumulation_updates : list of pairs
        The updates that take in a batch.

    Raises
    ------
    GraphError
        If a variable has no name, or two have the same.
    """

    def __init__(
        self,
        variables: Iterable[Variable],
        use_take_last: bool = False,
        weighted: bool | Variable = False,
    ) -> None:
        self.variables = list(variables)
        self.variable_names = checked_names(self.variables, "variables")
        self.use_take_last = use_take_last
        self.weighted = weighted
        self._graph = ComputationGraph(self.variables)
        self._initialized = False
        self._aggregators = [self._scheme(x).get_aggregator() for x in self.variables]
        aggregators = self._aggregators
        self.initialization_updates: Pairs = [
            pair for a in aggregators for pair in a.initialization_updates
        ]
        self.accumulation_updates: Pairs = [
            pair for a in aggregators for pair in a.accumulation_updates
        ]
        self.inputs = explicit_inputs(
            [y for _, y in self.accumulation_updates if isinstance(y, Variable)]
        )
        # Tiny graphs that run once in a while: not worth compiling.
        options: dict[str, Any] = {"mode": "reference", "no_default_updates": True}
        self._start = function([], [], updates=self.initialization_updates, **options)
        readouts: list[Any] = [a.readout_variable for a in aggregators]
        self._read = function([], readouts, **options)

    def _scheme(self, x: Variable) -> AggregationScheme:
        scheme = getattr(x.tag, "aggregation_scheme", None)
        if scheme is not None:
            return scheme
        if not self._graph.has_inputs(x):
            return TakeLast(x) if self.use_take_last else _DataIndependent(x)
        if self.weighted is False:
            return Mean(x, 1.0)
        n_examples = tensor.cast(self._number_of_examples(x), x.dtype)
        return Mean(_named(x * n_examples, x), n_examples)

    def _number_of_examples(self, x: Variable) -> Variable:
        if isinstance(self.weighted, Variable):
            return self.weighted
        inputs = [y for y in explicit_inputs([x]) if y.ndim > 0]
        if not inputs:
            raise GraphError(
                f"{x}: expected an input with a first axis of examples, got none. Pass the "
                "number of examples as weighted=, or leave that out."
            )
        return inputs[0].shape[0]

    def initialize_aggregators(self) -> None:
        """Start all aggregations anew."""
        self._initialized = True
        self._start()

    def get_aggregated_values(self) -> OrderedDict[str, Any]:
        """Return the aggregated values by the names of the variables.

        Raises
        ------
        GraphError
            If `initialize_aggregators` was not called before.
        """
        _check_initialized(self, self._initialized, "initialize_aggregators")
        return OrderedDict(zip(self.variable_names, self._read(), strict=True))


def check_monitored(where: str, variables: Iterable[Any]) -> None:
    """Raise unless all are variables or quantities.

    Parameters
    ----------
    where
        The class, for the message.
    variables
        What is to be monitored.
    """
    for x in variables:
        if not isinstance(x, Variable | MonitoredQuantity):
            raise GraphError(
                f"{where}: expected variables or instances of MonitoredQuantity, got "
                f"{described(x)}."
            )


def checked_names(found: Sequence[Any], what: str) -> list[str]:
    """Return the names, or raise if one is missing or occurs twice."""
    names: list[str] = []
    for x in found:
        if not x.name:
            raise GraphError(
                f"monitoring: expected {what} with names, got {_described(x)} without one. "
                "Set its attribute `name`: the log uses it."
            )
        if x.name in names:
            first = found[names.index(x.name)]
            again = "twice" if first is x else f"for {_described(first)} and {_described(x)}"
            raise GraphError(
                f"monitoring: expected {what} with different names, got {x.name!r} {again}. "
                "Rename one, or monitor it in another extension with a prefix."
            )
        names.append(x.name)
    return names


def _described(x: Any) -> str:
    """Say what a variable is, in other words than its name."""
    owner = getattr(x, "owner", None)
    if owner is None:
        return f"a {type(x).__name__}" + (f" ({x.type})" if hasattr(x, "type") else "")
    place = f" in {owner.origin.place}" if owner.origin.place else ""
    line = f", built at {owner.origin.line}" if owner.origin.line else ""
    return f"the result of {owner.op}{place} ({x.type}{line})"


def _named(new: Variable, x: Variable) -> Variable:
    new.name = x.name
    return new


def _check_initialized(buffer: Any, initialized: bool, method: str) -> None:
    if not initialized:
        raise GraphError(
            f"{type(buffer).__name__}: expected {method}() before values are read, got no call. "
            "Call it, then process batches."
        )
