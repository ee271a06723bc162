"""The interface of transformers: data streams that change what another stream yields."""

from __future__ import annotations

import logging
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from blocks.datastreams.streams import AbstractDataStream
from blocks.errors import BlocksError, DataError
from blocks.representation import Represented

__all__ = [
    "AgnosticTransformer",
    "AxisLabelsMismatchError",
    "ExpectsAxisLabels",
    "Transformer",
    "as_array",
    "require_batches",
    "require_examples",
]

logger = logging.getLogger(__name__)


class AxisLabelsMismatchError(BlocksError, ValueError):
    """The axes of a source are not those that a transformer needs."""


class ExpectsAxisLabels(Represented):
    """Mix-in of the transformers that need certain axes.

    Examples
    --------
    >>> ExpectsAxisLabels().verify_axis_labels(("batch",), ("batch",), "targets")
    """

    def verify_axis_labels(
        self,
        expected: Sequence[str],
        actual: Sequence[str] | None,
        source_name: str,
    ) -> None:
        """Check the axis labels of a source; missing ones are logged as a warning, once.

        Raises
        ------
        AxisLabelsMismatchError
            If the labels differ from the expected ones.
        """
        checked = self.__dict__.setdefault("_checked_axis_labels", set())
        if source_name in checked:
            return
        if actual is None:
            logger.warning(
                "%s: expected axes %s of source %r, got no axis labels to check.",
                type(self).__name__,
                tuple(expected),
                source_name,
            )
        elif tuple(expected) != tuple(actual):
            raise AxisLabelsMismatchError(
                f"{type(self).__name__}: expected axes {tuple(expected)} of source "
                f"{source_name!r}, got {tuple(actual)}. Transpose the data or correct the "
                "data set's axis_labels."
            )
        checked.add(source_name)


class Transformer(AbstractDataStream):
    """Interface of the streams that transform another one.

    A subclass implements :meth:`transform_batch`, :meth:`transform_example` or both; one
    that turns batches into examples or the reverse implements :meth:`get_data`.

    Parameters
    ----------
    data_stream
        The stream to transform.
    produces_examples
        Whether examples rather than batches come out; as in `data_stream` by default.
    **kwargs
        ``iteration_scheme`` and ``axis_labels``.

    Attributes
    ----------
    child_epoch_iterator : iterator
        The epoch of the wrapped stream that is being read.

    Examples
    --------
    >>> from blocks.datastreams import DataStream, IterableDataset
    >>> class Double(Transformer):
    ...     def transform_example(self, example):
    ...         return tuple(2 * x for x in example)
    >>> list(Double(DataStream(IterableDataset([1, 2]))).get_epoch_iterator())
    [(2,), (4,)]
    """

    child_epoch_iterator: Iterator[Any]

    def __init__(
        self,
        data_stream: AbstractDataStream,
        produces_examples: bool | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.data_stream = data_stream
        if produces_examples is not None:
            self.produces_examples = produces_examples
        elif self.iteration_scheme is None:
            self.produces_examples = data_stream.produces_examples

    def _default_sources(self) -> tuple[str, ...]:
        return self.data_stream.sources

    def close(self) -> None:
        """Release what the wrapped stream holds open."""
        self.data_stream.close()

    def reset(self) -> None:
        """Go back to the beginning of the wrapped stream."""
        self.data_stream.reset()

    def next_epoch(self) -> None:
        """Go to the next epoch of the wrapped stream."""
        self.data_stream.next_epoch()

    def get_epoch_iterator(self, as_dict: bool = False) -> Iterator[Any]:
        """Start an epoch of the wrapped stream and return an iterator over this one's."""
        self.child_epoch_iterator = self.data_stream.get_epoch_iterator()
        return super().get_epoch_iterator(as_dict=as_dict)

    def get_data(self, request: Any = None) -> Any:
        """Return the next example or batch of the wrapped stream, transformed."""
        if request is not None:
            raise DataError(
                f"{type(self).__name__}: expected no request, got {request!r}. "
                "Give the iteration scheme to the stream below."
            )
        data = next(self.child_epoch_iterator)
        as_examples = self.produces_examples
        if as_examples != self.data_stream.produces_examples:
            kinds = {True: "examples", False: "batches"}
            raise NotImplementedError(
                f"{type(self).__name__}: expected a stream of {kinds[as_examples]}, got one of "
                f"{kinds[not as_examples]}. Implement get_data to turn one into the other, or "
                "use Batch or Unpack."
            )
        return self.transform_example(data) if as_examples else self.transform_batch(data)

    def transform_example(self, example: Any) -> Any:
        """Return one transformed example, a tuple with one item per source."""
        raise NotImplementedError(
            f"{type(self).__name__}: expected a method transform_example for a stream of "
            "examples, got none. Implement it, or transform batches."
        )

    def transform_batch(self, batch: Any) -> Any:
        """Return one transformed batch, a tuple with one item per source."""
        raise NotImplementedError(
            f"{type(self).__name__}: expected a method transform_batch for a stream of "
            "batches, got none. Implement it, or transform examples."
        )


class AgnosticTransformer(Transformer):
    """Interface of the transformers that treat examples and batches alike.

    Examples
    --------
    >>> from blocks.datastreams import DataStream, IterableDataset
    >>> class Reverse(AgnosticTransformer):
    ...     def transform_any(self, data):
    ...         return tuple(x[::-1] for x in data)
    >>> list(Reverse(DataStream(IterableDataset(["ab"]))).get_epoch_iterator())
    [('ba',)]
    """

    @abstractmethod
    def transform_any(self, data: Any) -> Any:
        """Return a transformed example or batch, a tuple with one item per source."""

    def transform_example(self, example: Any) -> Any:
        """Return one transformed example."""
        return self.transform_any(example)

    def transform_batch(self, batch: Any) -> Any:
        """Return one transformed batch."""
        return self.transform_any(batch)


def as_array(data: Any) -> np.ndarray:
    """Return `data` as an array; examples of unequal shapes as an array of objects.

    Examples
    --------
    >>> as_array([[1, 2], [3]]).dtype
    dtype('O')
    """
    if isinstance(data, np.ndarray):
        return data
    try:
        return np.asarray(data)
    except ValueError:
        ragged = np.empty(len(data), dtype=object)
        for index, item in enumerate(data):
            ragged[index] = item
        return ragged


def require_examples(name: str, data_stream: AbstractDataStream) -> None:
    """Raise a DataError unless `data_stream` yields examples."""
    if not data_stream.produces_examples:
        raise DataError(
            f"{name}: expected a stream of examples, got one of batches. Put Unpack below it, "
            "or use a scheme that requests examples."
        )


def require_batches(name: str, data_stream: AbstractDataStream) -> None:
    """Raise a DataError unless `data_stream` yields batches."""
    if data_stream.produces_examples:
        raise DataError(
            f"{name}: expected a stream of batches, got one of examples. Put Batch below it, "
            "or use a scheme that requests batches."
        )
