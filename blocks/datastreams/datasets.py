"""Data sets: named sources of examples, in memory, by index or one after the other.

Examples
--------
>>> import numpy as np
>>> dataset = IndexableDataset({"features": np.eye(3), "targets": np.arange(3)})
>>> dataset.num_examples
3
>>> dataset.get_data(request=[0, 1])[1]
array([0, 1])
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from blocks.datastreams.indexing import Subset, resolve_request, take
from blocks.datastreams.schemes import IterationScheme, SequentialExampleScheme
from blocks.datastreams.streams import AbstractDataStream, AxisLabels, DataStream
from blocks.errors import DataError, SourceError, nearest
from blocks.representation import Represented

__all__ = ["Dataset", "IndexableDataset", "IterableDataset"]

TransformerSpecification = tuple[Callable[..., AbstractDataStream], Sequence[Any], dict[str, Any]]


class Dataset(Represented, ABC):
    """Interface of all data sets.

    A subclass sets `provides_sources` and implements :meth:`get_data`. Whatever changes
    while it is read (a file handle, an iterator) is the state that :meth:`open` returns,
    so that several streams can read one data set.

    Parameters
    ----------
    sources
        The sources to deliver; all by default.
    axis_labels
        Names of the axes of each source.

    Attributes
    ----------
    provides_sources : tuple of str
        The names of all sources there are.
    default_transformers : tuple
        Tuples (transformer class, list of arguments, dict of keyword arguments) that
        ``DataStream.default_stream`` applies.
    accepts_ranges : bool
        Whether :meth:`get_data` takes a range in place of a list of consecutive indices.

    Examples
    --------
    >>> class Squares(Dataset):
    ...     provides_sources = ("x", "y")
    ...
    ...     def get_data(self, state=None, request=None):
    ...         return self.filter_sources((request, [i * i for i in request]))
    >>> Squares(sources=("y",)).get_data(request=[2, 3])
    ([4, 9],)
    """

    provides_sources: tuple[str, ...] | None = None
    accepts_ranges = False
    default_transformers: tuple[TransformerSpecification, ...] = ()
    _example_iteration_scheme: IterationScheme | None = None

    def __init__(
        self, sources: Sequence[str] | None = None, axis_labels: AxisLabels | None = None
    ) -> None:
        if not self.provides_sources:
            raise SourceError(
                f"{type(self).__name__}: expected `provides_sources` to name at least one "
                f"source, got {self.provides_sources!r}. Set it before Dataset.__init__."
            )
        self.sources = tuple(self.provides_sources) if sources is None else sources
        self.axis_labels = axis_labels

    @property
    def sources(self) -> tuple[str, ...]:
        """The names of the sources that the data set delivers, in the order of its data."""
        return self._sources

    @sources.setter
    def sources(self, sources: Sequence[str]) -> None:
        provided = tuple(self.provides_sources or ())
        names = (sources,) if isinstance(sources, str) else tuple(sources)
        for name in names:
            if name not in provided:
                raise SourceError(
                    f"{type(self).__name__}: expected sources among {', '.join(provided)}, "
                    f"got {name!r}.{nearest(str(name), provided)}"
                )
        if not names:
            raise SourceError(
                f"{type(self).__name__}: expected at least one of the sources "
                f"{', '.join(provided)}, got none. Leave `sources` out to get all."
            )
        self._sources = names

    def apply_default_transformers(self, stream: AbstractDataStream) -> AbstractDataStream:
        """Return `stream` with the data set's default transformers applied to it.

        A transformer of sources that the stream does not deliver is left out.
        """
        for transformer, arguments, keywords in self.default_transformers:
            chosen = dict(keywords)
            if chosen.get("which_sources") is not None:
                kept = tuple(name for name in chosen["which_sources"] if name in stream.sources)
                if not kept:
                    continue
                chosen["which_sources"] = kept
            stream = transformer(stream, *arguments, **chosen)
        return stream

    @property
    def example_iteration_scheme(self) -> IterationScheme | None:
        """The scheme that goes through all examples one by one, or None if none is needed."""
        if self._example_iteration_scheme is None:
            raise AttributeError(
                f"{type(self).__name__}: expected an example iteration scheme, got none. "
                "Set `example_iteration_scheme`, or make a DataStream with a scheme."
            )
        return self._example_iteration_scheme

    @example_iteration_scheme.setter
    def example_iteration_scheme(self, value: IterationScheme | None) -> None:
        self._example_iteration_scheme = value

    def get_example_stream(self) -> DataStream:
        """Return a stream over the single examples."""
        return DataStream(self, iteration_scheme=self.example_iteration_scheme)

    def open(self) -> Any:
        """Return the state to read the data with, or None if none is needed."""
        return None

    def reset(self, state: Any) -> Any:
        """Return a state that stands at the beginning of the data."""
        self.close(state)
        return self.open()

    def next_epoch(self, state: Any) -> Any:
        """Return the state for the next epoch; by default that of a reset."""
        return self.reset(state)

    def close(self, state: Any) -> None:
        """Release what `state` holds open."""
        return None

    @abstractmethod
    def get_data(self, state: Any = None, request: Any = None) -> Any:
        """Return the requested data, a tuple with one item per source.

        Parameters
        ----------
        state
            What :meth:`open` returned.
        request
            Which examples: an index, a list of indices, a number of examples, or None.

        Raises
        ------
        StopIteration
            At the end of the data.
        """

    def filter_sources(self, data: Sequence[Any]) -> tuple[Any, ...]:
        """Keep the items of the sources asked for; `data` has one per provided source."""
        provided = self.provides_sources or ()
        if len(data) != len(provided):
            raise SourceError(
                f"{type(self).__name__}: expected data for the sources {', '.join(provided)}, "
                f"got {len(data)} items. Give one item per provided source."
            )
        by_name = dict(zip(provided, data, strict=True))
        return tuple(by_name[name] for name in self.sources)


class IterableDataset(Dataset):
    """Examples one after the other out of iterables, such as lists.

    Parameters
    ----------
    iterables
        A dict from source to iterable, or one iterable, whose source is called ``data``.
        An iterator can be gone through only once, so give an iterable for more epochs.
    **kwargs
        As of :class:`Dataset`.

    Examples
    --------
    >>> dataset = IterableDataset({"x": [1, 2], "y": "ab"})
    >>> list(dataset.get_example_stream().get_epoch_iterator())
    [(1, 'a'), (2, 'b')]
    """

    # The examples come without being asked for by number.
    example_iteration_scheme = None

    def __init__(self, iterables: Any, **kwargs: Any) -> None:
        given = iterables if isinstance(iterables, Mapping) else {"data": iterables}
        for name, iterable in given.items():
            if not isinstance(iterable, Iterable):
                raise DataError(
                    f"IterableDataset: expected an iterable for source {name!r}, "
                    f"got {type(iterable).__name__}. Give a list or another iterable."
                )
        self.provides_sources = tuple(given)
        super().__init__(**kwargs)
        self.iterables = [given[name] for name in self.sources]
        _common_length("IterableDataset", self.sources, self.iterables)

    @property
    def num_examples(self) -> float:
        """The number of examples; NaN where the iterables have no length."""
        length = _common_length("IterableDataset", self.sources, self.iterables)
        return float("nan") if length is None else length

    def open(self) -> Iterator[tuple[Any, ...]]:
        """Return an iterator over the examples."""
        return zip(*self.iterables, strict=False)

    def get_data(self, state: Any = None, request: Any = None) -> Any:
        """Return the next example; `request` must be None."""
        if state is None or request is not None:
            raise DataError(
                "IterableDataset: expected a state and no request, got "
                f"state {type(state).__name__} and request {request!r}. "
                "Use a DataStream without an iteration scheme; Batch makes batches of it."
            )
        return next(state)


class IndexableDataset(Dataset):
    """Examples by index out of arrays, lists or anything with ``len`` and ``[]``.

    A batch of consecutive examples out of an array is a view of it, not a copy: do not
    write into it.

    Parameters
    ----------
    indexables
        A dict from source to indexable, or one indexable, whose source is called ``data``.
        All have the same length.
    start, stop
        Use only the examples from `start` to before `stop`.
    **kwargs
        As of :class:`Dataset`.

    Raises
    ------
    DataError
        If the lengths differ or there are no examples.

    Examples
    --------
    >>> dataset = IndexableDataset({"x": [10, 20, 30], "y": [1, 2, 3]}, start=1)
    >>> dataset.get_data(request=[1, 0])
    ([30, 20], [3, 2])
    """

    indexables: list[Any]

    def __init__(
        self, indexables: Any, start: int | None = None, stop: int | None = None, **kwargs: Any
    ) -> None:
        given = indexables if isinstance(indexables, Mapping) else {"data": indexables}
        name = type(self).__name__
        for source, indexable in given.items():
            if not (hasattr(indexable, "__getitem__") and hasattr(indexable, "__len__")):
                raise DataError(
                    f"{name}: expected an array or list for source {source!r}, "
                    f"got {type(indexable).__name__}. Use IterableDataset for iterables."
                )
        self.provides_sources = tuple(given)
        super().__init__(**kwargs)
        total = _common_length(name, tuple(given), list(given.values()))
        self.start, self.stop = start, stop
        bounds = slice(start, stop).indices(total or 0)
        self.subset = Subset(slice(bounds[0], max(bounds[0], bounds[1])), total or 0)
        if not self.subset.num_examples:
            raise DataError(
                f"{name}: expected at least one example, got none of {total} with "
                f"start={start} and stop={stop}. Check the data or the bounds."
            )
        self.indexables = [_part(given[source], start, stop) for source in self.sources]
        self.example_iteration_scheme = SequentialExampleScheme(self.num_examples)

    kept_as: ClassVar = {"indexables": "", "subset": "", "axis_labels": ""}

    def _arguments(self) -> Iterator[str]:
        yield from super()._arguments()
        yield f"num_examples={self.num_examples}"

    @property
    def accepts_ranges(self) -> bool:  # type: ignore[override]
        """Whether `get_data` takes ranges: one that a subclass defines may count on lists."""
        return type(self).get_data is IndexableDataset.get_data

    @property
    def num_examples(self) -> int:
        """The number of examples from `start` to `stop`."""
        return self.subset.num_examples

    def get_data(self, state: Any = None, request: Any = None) -> tuple[Any, ...]:
        """Return the examples that `request` asks for, one item per source.

        Parameters
        ----------
        state
            Must be None.
        request
            An index, a slice, or a list or range of indices.

        Raises
        ------
        IndexRangeError
            If an index is out of range.
        """
        if state is not None or request is None:
            raise DataError(
                f"{type(self).__name__}: expected no state and a request, got state "
                f"{type(state).__name__} and request {request!r}. Give the DataStream an "
                "iteration_scheme, or use get_example_stream()."
            )
        resolved = resolve_request(request, self.num_examples)
        return tuple(take(indexable, resolved) for indexable in self.indexables)


def _part(indexable: Any, start: int | None, stop: int | None) -> Any:
    # Slicing an HDF5 data set would read it, and a whole list need not be copied.
    return indexable if start is None and stop is None else indexable[start:stop]


def _common_length(name: str, sources: Sequence[str], data: Sequence[Any]) -> int | None:
    """Return the length that all of `data` have; None if one has no length."""
    if not all(hasattr(item, "__len__") for item in data):
        return None
    lengths = {source: len(item) for source, item in zip(sources, data, strict=True)}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{source}: {length}" for source, length in lengths.items())
        raise DataError(
            f"{name}: expected sources of equal length, got {listed}. "
            "Give as many examples for each source."
        )
    length = next(iter(lengths.values()), 0)
    if not length:
        raise DataError(
            f"{name}: expected at least one example, got none in the sources "
            f"{', '.join(sources)}. Check how the data were read."
        )
    return length
