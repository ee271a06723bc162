"""Computing monitored variables: over a data stream, or in the course of training."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from blocks import tensor
from blocks.compile import function
from blocks.errors import DataError, GraphError, SourceError, nearest
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

__all__ = ["AggregationBuffer", "DatasetEvaluator", "MonitoredQuantityBuffer"]

logger = logging.getLogger(__name__)

Pairs = list[tuple[SharedVariable, Any]]


class _DataIndependent(AggregationScheme):
    """The value at the time of the readout."""

    def get_aggregator(self) -> Aggregator:
        return Aggregator(self, readout_variable=self.variable)


class MonitoredQuantityBuffer:
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
        self.quantity_names = _checked_names(self.quantities, "quantities")
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


class AggregationBuffer:
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
        self.variable_names = _checked_names(self.variables, "variables")
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
        readouts = [a.readout_variable for a in aggregators]
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


class DatasetEvaluator:
    """Computes variables over the batches of a data stream.

    Parameters
    ----------
    variables
        Variables with different names, and instances of `MonitoredQuantity`. A variable
        that depends on no data is computed once.
    updates
        Further updates to carry out at each batch, as a dict or a list of pairs.
    weighted
        Whether each batch counts as many times as it has examples, in the mean of
        variables without a scheme; see `AggregationBuffer`. By default each batch counts
        once, so a last batch that is smaller weighs too much.

    Raises
    ------
    GraphError
        If something has no name, two have the same, or is neither variable nor quantity.

    Examples
    --------
    >>> from blocks import tensor
    >>> from blocks.datastreams import DataStream, IndexableDataset, SequentialScheme
    >>> x = tensor.vector("x")
    >>> mean = x.mean()
    >>> mean.name = "mean"
    >>> dataset = IndexableDataset({"x": np.array([1.0, 2.0, 6.0])})
    >>> stream = DataStream(dataset, iteration_scheme=SequentialScheme(3, 2))
    >>> DatasetEvaluator([mean]).evaluate(stream)["mean"]
    array(3.75)
    >>> DatasetEvaluator([mean], weighted=True).evaluate(stream)["mean"]
    array(3.)
    """

    def __init__(
        self,
        variables: Iterable[Variable | MonitoredQuantity],
        updates: Any = None,
        weighted: bool | Variable = False,
    ) -> None:
        variables = [variables] if isinstance(variables, Variable) else list(variables)
        check_monitored(type(self).__name__, variables)
        _checked_names(variables, "variables")
        self._names = [x.name for x in variables]
        self.theano_variables = [x for x in variables if isinstance(x, Variable)]
        self.monitored_quantities = [x for x in variables if isinstance(x, MonitoredQuantity)]
        self.theano_buffer = AggregationBuffer(self.theano_variables, weighted=weighted)
        self.monitored_quantities_buffer = MonitoredQuantityBuffer(self.monitored_quantities)
        self.updates = list(updates.items()) if isinstance(updates, Mapping) else updates or []
        self._compile()

    def _compile(self) -> None:
        """Make the one function that takes in a batch."""
        updates = [*self.theano_buffer.accumulation_updates, *self.updates]
        outputs = self.monitored_quantities_buffer.requires
        self.inputs = explicit_inputs([*outputs, *(y for _, y in updates)])
        self._input_names = [x.name for x in self.inputs]
        names: list[str | None] = []
        for x in self.inputs:
            if x.name is None or x.name in names:
                problem = "one without a name" if x.name is None else f"two named {x.name!r}"
                raise GraphError(
                    f"{type(self).__name__}: expected inputs with names of their own, got "
                    f"{problem} ({x.type}). Give each the name of the source it takes."
                )
            names.append(x.name)
        self._accumulate: Any = None
        if self.inputs:
            self._accumulate = function(self.inputs, outputs, updates=updates, name="monitoring")

    def check_sources(self, sources: Iterable[str]) -> None:
        """Check that there is a source for each input.

        Raises
        ------
        SourceError
            If there is none, with the names that are most similar.
        """
        sources = list(sources)
        missing = [str(name) for name in self._input_names if name not in sources]
        if missing:
            hints = "".join(dict.fromkeys(nearest(name, sources) for name in missing))
            raise SourceError(
                f"{type(self).__name__}: expected a source for each of the inputs "
                f"{', '.join(map(str, self._input_names))}, got the sources "
                f"{', '.join(sources) or 'none'}: none for {', '.join(missing)}.{hints} Monitor "
                "with a stream that has them, or rename sources with the transformer Rename."
            )

    def initialize_aggregators(self) -> None:
        """Start anew, before the first batch."""
        self.theano_buffer.initialize_aggregators()
        self.monitored_quantities_buffer.initialize_quantities()

    def process_batch(self, batch: Mapping[str, Any]) -> None:
        """Take in a batch.

        Parameters
        ----------
        batch
            A dict from sources to arrays; sources that are not needed are ignored.

        Raises
        ------
        SourceError
            If a source is missing.
        """
        if self._accumulate is None:
            return
        try:
            arrays = [batch[name] for name in self._input_names]  # type: ignore[index]
        except KeyError:
            self.check_sources(batch)
            raise
        values = self._accumulate(*arrays)
        self.monitored_quantities_buffer.aggregate_quantities(values)

    def get_aggregated_values(self) -> OrderedDict[str, Any]:
        """Return the values by name, in the order of the variables."""
        values = self.theano_buffer.get_aggregated_values()
        values.update(self.monitored_quantities_buffer.get_aggregated_values())
        return OrderedDict((name, values[name]) for name in self._names)

    def evaluate(self, data_stream: Any) -> OrderedDict[str, Any]:
        """Compute the variables over one epoch of a data stream.

        Parameters
        ----------
        data_stream
            The stream. It is not read if no variable depends on data.

        Returns
        -------
        The values by name, in the order of the variables.

        Raises
        ------
        DataError
            If the stream has no batch.
        SourceError
            If a source is missing.
        """
        self.initialize_aggregators()
        if self._accumulate is None:
            logger.debug("No monitored variable depends on data: the stream is not read.")
            return self.get_aggregated_values()
        count = 0
        for batch in data_stream.get_epoch_iterator(as_dict=True):
            self.process_batch(batch)
            count += 1
        if not count:
            raise DataError(
                f"{type(self).__name__}: expected at least one batch to monitor "
                f"{', '.join(map(str, self._names))}, got none from "
                f"{type(data_stream).__name__}. Check its data set and iteration scheme; an "
                "iterator can be read only once."
            )
        return self.get_aggregated_values()


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
                f"{type(x).__name__} {x!r}."
            )


def _checked_names(found: Sequence[Any], what: str) -> list[str]:
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
