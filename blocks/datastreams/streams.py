"""Data streams: iterate over the batches or examples of a data set, epoch by epoch.

Examples
--------
>>> from blocks.datastreams import IndexableDataset, SequentialScheme
>>> dataset = IndexableDataset({"features": [1, 2, 3]})
>>> stream = DataStream(dataset, iteration_scheme=SequentialScheme(3, batch_size=2))
>>> list(stream.get_epoch_iterator(as_dict=True))
[{'features': [1, 2]}, {'features': [3]}]
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from blocks.datastreams.requests import Batches
from blocks.datastreams.schemes import IterationScheme
from blocks.errors import SourceError
from blocks.older import warn_older
from blocks.representation import Represented

__all__ = ["AbstractDataStream", "AxisLabels", "DataIterator", "DataStream"]

AxisLabels = Mapping[str, tuple[str, ...]]
"""Names of the axes of each source, e.g. ``{"features": ("batch", "feature")}``."""


class DataIterator(Represented):
    """An iterator over one epoch of a data stream.

    Parameters
    ----------
    data_stream
        The stream to get data from.
    request_iterator
        Iterates over the requests; without one the stream is asked for data as they come.
    as_dict
        Whether to return dicts from source to data rather than tuples.
    """

    def __init__(
        self,
        data_stream: AbstractDataStream,
        request_iterator: Iterator[Any] | None = None,
        as_dict: bool = False,
    ) -> None:
        self.data_stream = data_stream
        self.request_iterator = request_iterator
        self.as_dict = as_dict

    def __iter__(self) -> DataIterator:
        """Return the iterator itself."""
        return self

    def __next__(self) -> Any:
        """Return the next data of the stream."""
        if self.request_iterator is not None:
            data = self.data_stream.get_data(next(self.request_iterator))
        else:
            data = self.data_stream.get_data()
        if not self.as_dict:
            return data
        sources = self.data_stream.sources
        if len(data) != len(sources):
            raise SourceError(
                f"{type(self.data_stream).__name__}: expected data for the {len(sources)} "
                f"sources {', '.join(sources)}, got {len(data)} items. "
                "Return a tuple with one item per source."
            )
        return dict(zip(sources, data, strict=True))


class AbstractDataStream(Represented, ABC):
    """Interface of all data streams, those on data sets and the transformers of others.

    Parameters
    ----------
    iteration_scheme
        Gives the requests of each epoch.
    axis_labels
        Names of the axes of each source.

    Attributes
    ----------
    iteration_scheme : IterationScheme or None
        Gives the requests of each epoch.
    axis_labels : dict or None
        Names of the axes of each source.
    sources : tuple of str
        The names of the data, in the order of the items of each batch.
    """

    kept_as: ClassVar = {"produces_examples": "", "axis_labels": ""}

    def __init__(
        self,
        iteration_scheme: IterationScheme | None = None,
        axis_labels: AxisLabels | None = None,
    ) -> None:
        self.iteration_scheme = iteration_scheme
        self.axis_labels = axis_labels
        self._produces_examples: bool | None = None
        self._sources: tuple[str, ...] | None = None

    @property
    def produces_examples(self) -> bool:
        """Whether the stream yields single examples rather than batches.

        Follows the iteration scheme where there is one; a stream without one yields
        examples unless this is set to False.
        """
        if self._produces_examples is not None:
            return self._produces_examples
        return self.iteration_scheme is None or self.iteration_scheme.requests_examples

    @produces_examples.setter
    def produces_examples(self, value: bool) -> None:
        self._produces_examples = value

    @property
    def sources(self) -> tuple[str, ...]:
        """The names of the data, in the order of the items of each batch."""
        return self._sources if self._sources is not None else self._default_sources()

    @sources.setter
    def sources(self, value: tuple[str, ...]) -> None:
        self._sources = tuple(value)

    def _default_sources(self) -> tuple[str, ...]:
        raise AttributeError(
            f"{type(self).__name__}: expected `sources` to be set, got none. "
            "Set `self.sources` in the constructor."
        )

    def get_data(self, request: Any = None) -> Any:
        """Return the data that `request` asks for, one item per source.

        Raises
        ------
        StopIteration
            At the end of the epoch.
        """
        raise NotImplementedError(f"{type(self).__name__}: expected a method get_data, got none.")

    def reset(self) -> None:
        """Go back to the beginning of the data."""
        return None

    def close(self) -> None:
        """Release what the stream holds open, such as files."""
        return None

    def next_epoch(self) -> None:
        """Go to the next epoch."""
        return None

    @abstractmethod
    def get_epoch_iterator(self, as_dict: bool = False) -> Iterator[Any]:
        """Start an epoch and return an iterator over its data.

        Parameters
        ----------
        as_dict
            Whether to return dicts from source to data rather than tuples.
        """
        scheme = self.iteration_scheme
        requests = None if scheme is None else scheme.get_request_iterator()
        return DataIterator(self, requests, as_dict=as_dict)

    def iterate_epochs(self, as_dict: bool = False) -> Iterator[Iterator[Any]]:
        """Return an endless iterator over the iterators of the epochs."""
        while True:
            yield self.get_epoch_iterator(as_dict=as_dict)


class DataStream(AbstractDataStream):
    """A stream of a data set's raw data.

    Parameters
    ----------
    dataset
        The data set, e.g. an :class:`~blocks.datastreams.datasets.IndexableDataset`.
    *older
        The iteration scheme, as it was given in 2015.
    **kwargs
        ``iteration_scheme`` and ``axis_labels``, which defaults to the data set's.

    Examples
    --------
    >>> from blocks.datastreams import IterableDataset
    >>> list(DataStream(IterableDataset([4, 5])).get_epoch_iterator())
    [(4,), (5,)]
    """

    def __init__(self, dataset: Any, *older: Any, **kwargs: Any) -> None:
        if older:
            if len(older) > 1 or "iteration_scheme" in kwargs:
                raise TypeError(
                    f"{type(self).__name__}: expected a data set and keywords, got "
                    f"{len(older)} more by position. Write iteration_scheme=... and so on."
                )
            warn_older(type(self).__name__, "a scheme by position", "iteration_scheme=")
            kwargs["iteration_scheme"] = older[0]
        kwargs.setdefault("axis_labels", dataset.axis_labels)
        super().__init__(**kwargs)
        self.dataset = dataset
        self.data_state = dataset.open()
        self._fresh_state = True

    def _default_sources(self) -> tuple[str, ...]:
        return tuple(self.dataset.sources)

    def close(self) -> None:
        """Release what the data set holds open."""
        self.data_state = self.dataset.close(self.data_state)

    def reset(self) -> None:
        """Go back to the beginning of the data set."""
        self.data_state = self.dataset.reset(self.data_state)
        self._fresh_state = True

    def next_epoch(self) -> None:
        """Let the data set prepare its next epoch."""
        self.data_state = self.dataset.next_epoch(self.data_state)

    def get_data(self, request: Any = None) -> Any:
        """Return the data set's data for `request`."""
        return self.dataset.get_data(self.data_state, request)

    def get_epoch_iterator(self, as_dict: bool = False) -> Iterator[Any]:
        """Start an epoch and return an iterator over its data."""
        if not self._fresh_state:
            self.next_epoch()
        self._fresh_state = False
        iterator = super().get_epoch_iterator(as_dict=as_dict)
        requests = getattr(iterator, "request_iterator", None)
        if isinstance(requests, Batches) and getattr(self.dataset, "accepts_ranges", False):
            requests.as_ranges = True
        return iterator

    @classmethod
    def default_stream(cls, dataset: Any, *older: Any, **kwargs: Any) -> AbstractDataStream:
        """Return a stream with the data set's default transformers on top.

        Parameters
        ----------
        dataset
            The data set.
        *older, **kwargs
            As of :class:`DataStream`.
        """
        stream: AbstractDataStream = cls(dataset, *older, **kwargs)
        stream = dataset.apply_default_transformers(stream)
        return stream
