"""Computing monitored variables over a data stream."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any

from blocks.compile import function
from blocks.errors import DataError
from blocks.graph.traversal import explicit_inputs
from blocks.graph.variable import Variable
from blocks.monitoring.aggregation import MonitoredQuantity
from blocks.monitoring.buffers import (
    AggregationBuffer,
    MonitoredQuantityBuffer,
    check_monitored,
    checked_names,
)
from blocks.representation import Represented
from blocks.utils.sources import check_sources, input_names

__all__ = ["AggregationBuffer", "DatasetEvaluator", "MonitoredQuantityBuffer"]

logger = logging.getLogger(__name__)


class DatasetEvaluator(Represented):
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
    >>> import numpy as np
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
        self._names = checked_names(variables, "variables")
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
        self._input_names = input_names(type(self).__name__, self.inputs)
        self._accumulate: Any = None
        if self.inputs:
            self._accumulate = function(self.inputs, outputs, updates=updates, name="monitoring")

    def check_sources(self, sources: Iterable[str], where: str | None = None) -> None:
        """Check that there is a source for each input.

        Parameters
        ----------
        sources
            The names of the sources.
        where
            Who asks, for the message; by default the class.

        Raises
        ------
        SourceError
            If there is none, with the names that are most similar.
        """
        check_sources(where or type(self).__name__, self._input_names, sources)

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
            arrays = [batch[name] for name in self._input_names]
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
                f"{', '.join(self._names)}, got none from "
                f"{type(data_stream).__name__}. Check its data set and iteration scheme; an "
                "iterator can be read only once."
            )
        return self.get_aggregated_values()
