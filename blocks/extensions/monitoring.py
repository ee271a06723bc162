"""Extensions that monitor variables: over a data stream, or over the batches of training."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from blocks.extensions.base import SimpleExtension, TrainingExtension
from blocks.graph.variable import Variable
from blocks.monitoring.aggregation import MonitoredQuantity, take_last
from blocks.monitoring.buffers import (
    AggregationBuffer,
    MonitoredQuantityBuffer,
    check_monitored,
)
from blocks.monitoring.evaluators import DatasetEvaluator
from blocks.utils.sources import check_stream

__all__ = [
    "SEPARATOR",
    "DataStreamMonitoring",
    "MonitoringExtension",
    "TrainingDataMonitoring",
]

logger = logging.getLogger(__name__)

SEPARATOR = "_"
"""What joins prefix, name and suffix to the name of a record."""


class MonitoringExtension(TrainingExtension):
    """The base class of extensions that write monitored values to the log.

    Parameters
    ----------
    prefix, suffix
        Put before and after the names of all records, with `SEPARATOR` between.
    **kwargs
        As of the other base class.

    Examples
    --------
    >>> MonitoringExtension(prefix="test").record_name("cost")
    'test_cost'
    """

    SEPARATOR = SEPARATOR

    def __init__(self, prefix: str | None = None, suffix: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.prefix = prefix
        self.suffix = suffix

    def record_name(self, variable: Any) -> str:
        """Return the name of the record of a variable.

        Parameters
        ----------
        variable
            A variable, a quantity, or the name of one.
        """
        name = variable if isinstance(variable, str) else variable.name
        return self.SEPARATOR.join(part for part in (self.prefix, name, self.suffix) if part)

    def add_records(self, log: Any, record_tuples: Iterable[tuple[str, Any]]) -> None:
        """Write values to the current row of the log.

        Parameters
        ----------
        log
            The log.
        record_tuples
            Pairs of the name of a variable and its value.
        """
        for name, value in record_tuples:
            log.current_row[self.record_name(name)] = value


class DataStreamMonitoring(SimpleExtension, MonitoringExtension):
    """Monitor variables over all batches of a data stream, such as a validation set.

    Parameters
    ----------
    variables
        Variables with different names, and instances of `MonitoredQuantity`.
    data_stream
        The stream; an epoch of it is read each time.
    updates
        Further updates to carry out at each batch.
    weighted
        Whether each batch counts as many times as it has examples, in the mean of
        variables without an aggregation scheme. By default, as in Blocks, each batch
        counts once, so a last batch that is smaller weighs too much. A variable gives
        the number of examples itself.
    **kwargs
        ``prefix`` and ``suffix`` of the names of records, and the triggers of
        `SimpleExtension`; by default it runs before the first epoch and after each.

    Raises
    ------
    SourceError
        If a variable needs a source that the stream does not have.

    Examples
    --------
    >>> from blocks import tensor
    >>> from blocks.utils.testing import mock_stream
    >>> x = tensor.vector("data")
    >>> largest = x.max()
    >>> largest.name = "largest"
    >>> extension = DataStreamMonitoring([largest], mock_stream(10), prefix="test")
    """

    def __init__(
        self,
        variables: Iterable[Variable | MonitoredQuantity],
        data_stream: Any,
        updates: Any = None,
        weighted: bool | Variable = False,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("after_epoch", True)
        kwargs.setdefault("before_first_epoch", True)
        super().__init__(**kwargs)
        check_stream(type(self).__name__, data_stream)
        self._evaluator = DatasetEvaluator(variables, updates, weighted)
        self.data_stream = data_stream
        sources = getattr(data_stream, "sources", None)
        if sources is not None:
            where = f"{self.name}, prefix {self.prefix}" if self.prefix else self.name
            self._evaluator.check_sources(sources, where)

    def do(self, callback_name: str, *args: Any) -> None:
        """Compute the variables over an epoch, and write them to the log."""
        logger.debug("Monitoring on auxiliary data started.")
        values = self._evaluator.evaluate(self.data_stream)
        self.add_records(self.main_loop.log, values.items())
        logger.debug("Monitoring on auxiliary data finished.")


class TrainingDataMonitoring(SimpleExtension, MonitoringExtension):
    """Monitor variables over the batches of training, at next to no cost.

    The variables are computed along with the updates of the algorithm, so with the
    parameters as they were before each batch. What is reported covers the batches since
    the last report.

    Parameters
    ----------
    variables
        Variables with different names, and instances of `MonitoredQuantity`.
    weighted
        As of `DataStreamMonitoring`.
    **kwargs
        ``prefix`` and ``suffix`` of the names of records, and the triggers of
        `SimpleExtension` at which it reports, such as ``after_epoch=True``; by default
        there are none.

    Notes
    -----
    The algorithm must be an `UpdatesAlgorithm`. Where no batch has come since the last
    report, for example in row 0 of the log, nothing is written.

    Training gives the same parameters, bit for bit, whatever is monitored. For that, what
    training does not keep in memory is computed once more: with the rule `Scale`, for example,
    the gradients of weights, which go straight into the weights.

    Examples
    --------
    >>> from blocks import tensor
    >>> cost = tensor.scalar("cost")
    >>> extension = TrainingDataMonitoring([cost], prefix="train", after_epoch=True)
    """

    def __init__(
        self,
        variables: Iterable[Variable | MonitoredQuantity],
        weighted: bool | Variable = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        variables = [variables] if isinstance(variables, Variable) else list(variables)
        check_monitored(type(self).__name__, variables)
        quantities = [x for x in variables if isinstance(x, MonitoredQuantity)]
        self._non_variables = MonitoredQuantityBuffer(quantities)
        # Their values for a batch, under names that cannot collide.
        copies = [take_last(x) for x in self._non_variables.requires]
        for i, x in enumerate(copies):
            x.name = f"{i} {x.name}"
        self._required_for_non_variables = AggregationBuffer(copies)
        self._variables = AggregationBuffer(
            [x for x in variables if isinstance(x, Variable)],
            use_take_last=True,
            weighted=weighted,
        )
        self._anything_new = False

    def dispatch(self, callback_invoked: str, *from_main_loop: Any) -> None:
        """Register with the algorithm, take in a batch, and report if it is time to."""
        invoked = str(callback_invoked)
        if invoked == "before_training":
            self._register()
        elif invoked == "after_batch":
            self._take_in_batch()
        super().dispatch(callback_invoked, *from_main_loop)

    def do(self, callback_name: str, *args: Any) -> None:
        """Write the values for the batches since the last report to the log."""
        if not self._anything_new:
            return
        log = self.main_loop.log
        self.add_records(log, self._variables.get_aggregated_values().items())
        self.add_records(log, self._non_variables.get_aggregated_values().items())
        self._start_anew()

    def _register(self) -> None:
        algorithm = self.main_loop.algorithm
        if not hasattr(algorithm, "add_updates"):
            raise TypeError(
                f"{type(self).__name__}: expected an algorithm that carries out updates, got "
                f"{type(algorithm).__name__}. Use DataStreamMonitoring with it."
            )
        for buffer in (self._variables, self._required_for_non_variables):
            for accumulator, _ in buffer.accumulation_updates:
                accumulator.tag.watches = True  # so that compiling does not let it change a bit
            algorithm.add_updates(buffer.accumulation_updates)
        self._required_for_non_variables.initialize_aggregators()
        self._start_anew()

    def _start_anew(self) -> None:
        self._variables.initialize_aggregators()
        self._non_variables.initialize_quantities()
        self._anything_new = False

    def _take_in_batch(self) -> None:
        if self._non_variables.quantities:
            values = self._required_for_non_variables.get_aggregated_values()
            self._non_variables.aggregate_quantities(list(values.values()))
        self._anything_new = True
