"""Transformers that map, choose, rename and merge sources, or leave out data.

Examples
--------
>>> from blocks.datastreams import DataStream, IterableDataset
>>> stream = DataStream(IterableDataset({"x": [1, 2, 3], "y": "abc"}))
>>> list(Filter(stream, lambda data: data[0] != 2).get_epoch_iterator())
[(1, 'a'), (3, 'c')]
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Mapping as MappingType
from typing import Any

from blocks.datastreams.streams import AbstractDataStream, AxisLabels
from blocks.datastreams.transformers.base import AgnosticTransformer, Transformer
from blocks.errors import DataError, SourceError, nearest

__all__ = ["Filter", "FilterSources", "Mapping", "Merge", "Rename"]


class Mapping(Transformer):
    """Apply a function to the data.

    Parameters
    ----------
    data_stream
        The stream to transform.
    mapping
        Takes a tuple with one item per source and returns such a tuple; with
        ``mapping_accepts=dict``, takes and returns a dict.
    add_sources
        The names of new sources; then `mapping` returns these only, and they are added
        after the others.
    mapping_accepts
        ``list`` or ``dict``.
    **kwargs
        As of Transformer.

    Raises
    ------
    SourceError
        If the mapping does not return one item per source.

    Examples
    --------
    >>> from blocks.datastreams import DataStream, IterableDataset
    >>> stream = DataStream(IterableDataset({"x": [1, 2]}))
    >>> stream = Mapping(stream, lambda data: (data[0] ** 2,), add_sources=("square",))
    >>> list(stream.get_epoch_iterator(as_dict=True))
    [{'x': 1, 'square': 1}, {'x': 2, 'square': 4}]
    """

    def __init__(
        self,
        data_stream: AbstractDataStream,
        mapping: Callable[[Any], Any],
        add_sources: Sequence[str] | None = None,
        mapping_accepts: type = list,
        **kwargs: Any,
    ) -> None:
        if mapping_accepts not in (list, dict):
            raise DataError(
                f"Mapping: expected mapping_accepts to be list or dict, got {mapping_accepts!r}."
            )
        super().__init__(data_stream, data_stream.produces_examples, **kwargs)
        self.mapping = mapping
        self.add_sources = tuple(add_sources) if add_sources else ()
        self.mapping_accepts = mapping_accepts
        _refuse_duplicates("Mapping", self.sources)

    def _default_sources(self) -> tuple[str, ...]:
        return (*self.data_stream.sources, *self.add_sources)

    def get_data(self, request: Any = None) -> tuple[Any, ...]:
        """Return the next data of the wrapped stream, mapped."""
        if request is not None:
            raise DataError(
                f"Mapping: expected no request, got {request!r}. "
                "Give the iteration scheme to the stream below."
            )
        data = tuple(next(self.child_epoch_iterator))
        wanted = self.add_sources or self.data_stream.sources
        image = self._mapped(data, wanted)
        if len(image) != len(wanted):
            raise SourceError(
                f"Mapping: expected a tuple for the sources {', '.join(wanted)} from the "
                f"mapping, got {len(image)} items. Return one item per source."
            )
        return data + image if self.add_sources else image

    def _mapped(self, data: tuple[Any, ...], wanted: Sequence[str]) -> tuple[Any, ...]:
        if self.mapping_accepts is list:
            image = self.mapping(data)
            if not isinstance(image, tuple | list):
                raise SourceError(
                    f"Mapping: expected a tuple for the sources {', '.join(wanted)} from the "
                    f"mapping, got {type(image).__name__}. Write `return (x,)` for one source."
                )
            return tuple(image)
        image = self.mapping(dict(zip(self.data_stream.sources, data, strict=True)))
        if not isinstance(image, MappingType) or set(image) != set(wanted):
            got = ", ".join(image) if isinstance(image, MappingType) else type(image).__name__
            raise SourceError(
                f"Mapping: expected a dict with the sources {', '.join(wanted)} from the "
                f"mapping, got {got}. Return one item per source."
            )
        return tuple(image[name] for name in wanted)


class Filter(Transformer):
    """Leave out the examples, or whole batches, for which a predicate is false.

    Parameters
    ----------
    data_stream
        The stream to transform.
    predicate
        Takes a tuple with one item per source and tells whether to keep it.
    **kwargs
        As of Transformer.
    """

    def __init__(
        self,
        data_stream: AbstractDataStream,
        predicate: Callable[[Any], bool],
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("axis_labels", data_stream.axis_labels)
        super().__init__(data_stream, data_stream.produces_examples, **kwargs)
        self.predicate = predicate

    def get_data(self, request: Any = None) -> Any:
        """Return the next data for which the predicate is true."""
        if request is not None:
            raise DataError(f"Filter: expected no request, got {request!r}. Leave it out.")
        while True:
            data = next(self.child_epoch_iterator)
            if self.predicate(data):
                return data


class FilterSources(AgnosticTransformer):
    """Keep some sources and drop the others; the order stays that of the stream.

    Parameters
    ----------
    data_stream
        The stream to transform.
    sources
        The names of the sources to keep.
    **kwargs
        As of Transformer.

    Examples
    --------
    >>> from blocks.datastreams import DataStream, IterableDataset
    >>> stream = DataStream(IterableDataset({"x": [1], "y": [2]}))
    >>> list(FilterSources(stream, ("y",)).get_epoch_iterator())
    [(2,)]
    """

    def __init__(
        self, data_stream: AbstractDataStream, sources: Sequence[str], **kwargs: Any
    ) -> None:
        chosen = (sources,) if isinstance(sources, str) else tuple(sources)
        _require_sources("FilterSources", chosen, data_stream.sources)
        if data_stream.axis_labels:
            kwargs.setdefault(
                "axis_labels",
                {name: axes for name, axes in data_stream.axis_labels.items() if name in chosen},
            )
        super().__init__(data_stream, data_stream.produces_examples, **kwargs)
        self.sources = tuple(name for name in data_stream.sources if name in chosen)

    def transform_any(self, data: Any) -> tuple[Any, ...]:
        """Return the data of the kept sources."""
        return tuple(
            item
            for name, item in zip(self.data_stream.sources, data, strict=True)
            if name in self.sources
        )


class Rename(AgnosticTransformer):
    """Rename sources.

    Parameters
    ----------
    data_stream
        The stream to transform.
    names
        Maps old names to new ones.
    on_non_existent
        What to do about an old name that the stream does not have: ``"raise"``, ``"warn"``
        or ``"ignore"``.
    **kwargs
        As of Transformer.

    Examples
    --------
    >>> from blocks.datastreams import DataStream, IterableDataset
    >>> stream = DataStream(IterableDataset({"X": [1], "y": [2]}))
    >>> Rename(stream, {"X": "features"}).sources
    ('features', 'y')
    """

    def __init__(
        self,
        data_stream: AbstractDataStream,
        names: MappingType[str, str],
        on_non_existent: str = "raise",
        **kwargs: Any,
    ) -> None:
        if on_non_existent not in ("raise", "warn", "ignore"):
            raise DataError(
                "Rename: expected on_non_existent to be 'raise', 'warn' or 'ignore', "
                f"got {on_non_existent!r}."
            )
        missing = [name for name in names if name not in data_stream.sources]
        if missing and on_non_existent == "raise":
            _require_sources("Rename", missing, data_stream.sources)
        if missing and on_non_existent == "warn":
            warnings.warn(
                f"Rename: expected names among {', '.join(data_stream.sources)}, got "
                f"{', '.join(missing)}; ignored.",
                stacklevel=2,
            )
        if data_stream.axis_labels:
            kwargs.setdefault(
                "axis_labels",
                {names.get(name, name): axes for name, axes in data_stream.axis_labels.items()},
            )
        super().__init__(data_stream, data_stream.produces_examples, **kwargs)
        self.sources = tuple(names.get(name, name) for name in data_stream.sources)
        _refuse_duplicates("Rename", self.sources)

    def transform_any(self, data: Any) -> Any:
        """Return the data as they are."""
        return data


class Merge(AbstractDataStream):
    """Read several streams side by side; an epoch ends with the shortest one's.

    Parameters
    ----------
    data_streams
        Streams that all yield examples or all batches.
    sources
        The names of all sources, those of the first stream first.
    axis_labels
        Names of the axes of each source.

    Examples
    --------
    >>> from blocks.datastreams import DataStream, IterableDataset
    >>> english = DataStream(IterableDataset(["one", "two"]))
    >>> french = DataStream(IterableDataset(["un", "deux"]))
    >>> list(Merge((english, french), ("english", "french")).get_epoch_iterator())
    [('one', 'un'), ('two', 'deux')]
    """

    def __init__(
        self,
        data_streams: Sequence[AbstractDataStream],
        sources: Sequence[str],
        axis_labels: AxisLabels | None = None,
    ) -> None:
        super().__init__(iteration_scheme=None, axis_labels=axis_labels)
        self.data_streams = tuple(data_streams)
        total = sum(len(stream.sources) for stream in self.data_streams)
        if total != len(sources) or not self.data_streams:
            raise SourceError(
                f"Merge: expected {total} source names for {len(self.data_streams)} streams, "
                f"got {len(sources)} ({', '.join(sources)}). Name each stream's sources in turn."
            )
        if len({stream.produces_examples for stream in self.data_streams}) > 1:
            raise DataError(
                "Merge: expected streams that all yield examples or all yield batches, got "
                "both. Put Batch or Unpack below."
            )
        self.produces_examples = self.data_streams[0].produces_examples
        self.sources = tuple(sources)
        _refuse_duplicates("Merge", self.sources)

    def close(self) -> None:
        """Release what the streams hold open."""
        for stream in self.data_streams:
            stream.close()

    def reset(self) -> None:
        """Go back to the beginning of all streams."""
        for stream in self.data_streams:
            stream.reset()

    def next_epoch(self) -> None:
        """Go to the next epoch of all streams."""
        for stream in self.data_streams:
            stream.next_epoch()

    def get_epoch_iterator(self, as_dict: bool = False) -> Iterator[Any]:
        """Start an epoch of all streams and return an iterator over their joint data."""
        self.child_epoch_iterators = [stream.get_epoch_iterator() for stream in self.data_streams]
        return super().get_epoch_iterator(as_dict=as_dict)

    def get_data(self, request: Any = None) -> tuple[Any, ...]:
        """Return the next data of all streams, one after the other."""
        if request is not None:
            raise DataError(f"Merge: expected no request, got {request!r}. Leave it out.")
        data: list[Any] = []
        for iterator in self.child_epoch_iterators:
            data.extend(next(iterator))
        return tuple(data)


def _require_sources(name: str, wanted: Sequence[str], provided: Sequence[str]) -> None:
    for source in wanted:
        if source not in provided:
            raise SourceError(
                f"{name}: expected sources among {', '.join(provided)}, got {source!r}."
                f"{nearest(source, provided)}"
            )


def _refuse_duplicates(name: str, sources: Sequence[str]) -> None:
    if len(set(sources)) < len(sources):
        raise SourceError(
            f"{name}: expected distinct source names, got {', '.join(sources)}. Rename one of them."
        )
