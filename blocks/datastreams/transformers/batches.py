"""Transformers between examples and batches, and within a batch.

Examples
--------
>>> from blocks.datastreams import ConstantScheme, DataStream, IterableDataset
>>> examples = DataStream(IterableDataset([1, 2, 3]))
>>> for batch, in Batch(examples, ConstantScheme(2)).get_epoch_iterator():
...     print(batch)
[1 2]
[3]
"""

from __future__ import annotations

import numbers
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from blocks.config import config
from blocks.datastreams.schemes import IterationScheme
from blocks.datastreams.streams import AbstractDataStream
from blocks.datastreams.transformers.base import (
    Transformer,
    as_array,
    require_batches,
    require_examples,
)
from blocks.errors import DataError, ShapeError, SourceError, nearest
from blocks.representation import Represented

__all__ = ["Batch", "Cache", "Padding", "SortMapping", "Unpack"]


class Batch(Transformer):
    """Make batches out of a stream of examples.

    Examples of unequal shapes give a batch that is an array of objects; see Padding.

    Parameters
    ----------
    data_stream
        A stream of examples.
    iteration_scheme
        Gives the sizes of the batches, e.g. ``ConstantScheme(20)``.
    strictness
        What happens to a last batch that is too small: 0 returns it, 1 leaves it out,
        2 raises a DataError.
    **kwargs
        As of Transformer.
    """

    def __init__(
        self,
        data_stream: AbstractDataStream,
        iteration_scheme: IterationScheme,
        strictness: int = 0,
        **kwargs: Any,
    ) -> None:
        require_examples("Batch", data_stream)
        if strictness not in (0, 1, 2):
            raise DataError(f"Batch: expected strictness 0, 1 or 2, got {strictness!r}.")
        if data_stream.axis_labels:
            kwargs.setdefault(
                "axis_labels",
                {name: ("batch", *axes) for name, axes in data_stream.axis_labels.items()},
            )
        super().__init__(data_stream, iteration_scheme=iteration_scheme, **kwargs)
        self.strictness = strictness

    def get_data(self, request: Any = None) -> tuple[np.ndarray, ...]:
        """Return a batch of `request` examples."""
        size = _size("Batch", request)
        examples = [
            example for _, example in zip(range(size), self.child_epoch_iterator, strict=False)
        ]
        if len(examples) < size and self.strictness == 2 and examples:
            raise DataError(
                f"Batch: expected {size} examples for the last batch, got {len(examples)}. "
                "Use strictness=1 to leave it out or 0 to accept it."
            )
        if not examples or (len(examples) < size and self.strictness):
            raise StopIteration
        return tuple(as_array(list(items)) for items in zip(*examples, strict=True))


class Unpack(Transformer):
    """Take batches apart into examples; examples out of arrays are views.

    Parameters
    ----------
    data_stream
        A stream of batches.
    **kwargs
        As of Transformer.
    """

    def __init__(self, data_stream: AbstractDataStream, **kwargs: Any) -> None:
        require_batches("Unpack", data_stream)
        if data_stream.axis_labels:
            kwargs.setdefault(
                "axis_labels",
                {name: tuple(axes[1:]) for name, axes in data_stream.axis_labels.items()},
            )
        super().__init__(data_stream, produces_examples=True, **kwargs)
        self.data: tuple[Any, ...] | None = None
        self._position = 0

    def get_epoch_iterator(self, as_dict: bool = False) -> Iterator[Any]:
        """Start an epoch and return an iterator over its examples."""
        self.data = None
        return super().get_epoch_iterator(as_dict=as_dict)

    def get_data(self, request: Any = None) -> tuple[Any, ...]:
        """Return the next example; `request` must be None."""
        if request is not None:
            raise DataError(f"Unpack: expected no request, got {request!r}. Leave it out.")
        while self.data is None or self._position >= len(self.data[0]):
            self.data, self._position = next(self.child_epoch_iterator), 0
            _check_lengths("Unpack", self.sources, self.data)
        self._position += 1
        return tuple(items[self._position - 1] for items in self.data)


class Cache(Transformer):
    """Cut batches into others of the sizes asked for, reading ahead as needed.

    Reading large chunks and serving small batches of them is faster for data on disk.

    Parameters
    ----------
    data_stream
        A stream of batches.
    iteration_scheme
        Gives the sizes of the batches; the last one may be smaller.
    **kwargs
        As of Transformer.

    Attributes
    ----------
    cache : list
        What has been read and not yet returned, for each source.
    """

    def __init__(
        self, data_stream: AbstractDataStream, iteration_scheme: IterationScheme, **kwargs: Any
    ) -> None:
        require_batches("Cache", data_stream)
        kwargs.setdefault("axis_labels", data_stream.axis_labels)
        super().__init__(data_stream, iteration_scheme=iteration_scheme, **kwargs)
        self.cache: list[Any] = [[] for _ in self.sources]

    def get_epoch_iterator(self, as_dict: bool = False) -> Iterator[Any]:
        """Start an epoch with nothing cached."""
        self.cache = [[] for _ in self.sources]
        return super().get_epoch_iterator(as_dict=as_dict)

    def get_data(self, request: Any = None) -> tuple[np.ndarray, ...]:
        """Return a batch of `request` examples."""
        size = _size("Cache", request)
        while len(self.cache[0]) < size:
            batch = next(self.child_epoch_iterator, None)
            if batch is None:
                break
            _check_lengths("Cache", self.sources, batch)
            self.cache = [_join(old, new) for old, new in zip(self.cache, batch, strict=True)]
        if not len(self.cache[0]):
            raise StopIteration
        data = tuple(as_array(items[:size]) for items in self.cache)
        self.cache = [items[size:] for items in self.cache]
        return data


class SortMapping(Represented):
    """Sort the examples of a batch by a key; to be used with Mapping.

    Parameters
    ----------
    key
        Maps an example (a tuple with one item per source) to what it is sorted by.
    reverse
        Whether to sort in decreasing order.

    Examples
    --------
    >>> by_length = SortMapping(key=lambda example: len(example[0]))
    >>> by_length((["abc", "d"], [0, 1]))
    (['d', 'abc'], [1, 0])
    """

    def __init__(self, key: Callable[[tuple[Any, ...]], Any], reverse: bool = False) -> None:
        self.key = key
        self.reverse = reverse

    def __call__(self, batch: Sequence[Any]) -> tuple[Any, ...]:
        """Return the batch with its examples sorted."""
        examples = list(zip(*batch, strict=True))
        order = sorted(
            range(len(examples)), key=lambda i: self.key(examples[i]), reverse=self.reverse
        )
        return tuple(
            items[order] if isinstance(items, np.ndarray) else [items[i] for i in order]
            for items in batch
        )


class Padding(Transformer):
    """Fill sequences of unequal lengths up with zeros and add masks.

    After each padded source comes its mask, named ``<source>_mask``, of shape (batch, time):
    1 where there are data and 0 where they were filled up.
    Shapes: batch sequences of shape (time_i, ...) -> (batch, max time, ...).

    Parameters
    ----------
    data_stream
        A stream of batches.
    mask_sources
        The sources to pad; all by default.
    mask_dtype
        The dtype of the masks, ``config.floatX`` by default.
    **kwargs
        As of Transformer.

    Examples
    --------
    >>> from blocks.datastreams import DataStream, IndexableDataset, SequentialScheme
    >>> dataset = IndexableDataset({"x": [[1, 2], [3]]})
    >>> stream = DataStream(dataset, iteration_scheme=SequentialScheme(2, batch_size=2))
    >>> x, mask = next(Padding(stream, mask_dtype="uint8").get_epoch_iterator())
    >>> x.tolist(), mask.tolist()
    ([[1, 2], [3, 0]], [[1, 1], [1, 0]])
    """

    def __init__(
        self,
        data_stream: AbstractDataStream,
        mask_sources: Sequence[str] | None = None,
        mask_dtype: DTypeLike | None = None,
        **kwargs: Any,
    ) -> None:
        require_batches("Padding", data_stream)
        super().__init__(data_stream, produces_examples=False, **kwargs)
        self.mask_sources = data_stream.sources if mask_sources is None else tuple(mask_sources)
        for name in self.mask_sources:
            if name not in data_stream.sources:
                raise SourceError(
                    f"Padding: expected mask_sources among {', '.join(data_stream.sources)}, "
                    f"got {name!r}.{nearest(name, data_stream.sources)}"
                )
        self.mask_dtype = np.dtype(config.floatX if mask_dtype is None else mask_dtype)

    def _default_sources(self) -> tuple[str, ...]:
        names: list[str] = []
        for name in self.data_stream.sources:
            names += [name, f"{name}_mask"] if name in self.mask_sources else [name]
        return tuple(names)

    def transform_batch(self, batch: Any) -> tuple[Any, ...]:
        """Return the batch with sequences padded and masks added."""
        padded: list[Any] = []
        for name, items in zip(self.data_stream.sources, batch, strict=True):
            padded += self._pad(name, items) if name in self.mask_sources else [items]
        return tuple(padded)

    def _pad(self, name: str, items: Any) -> list[np.ndarray]:
        sequences = [np.asarray(item) for item in items]
        if not sequences or any(sequence.ndim == 0 for sequence in sequences):
            raise ShapeError(
                f"Padding: expected sequences in source {name!r}, got "
                f"{'numbers' if sequences else 'an empty batch'}. Name the sources that hold "
                "sequences in mask_sources."
            )
        rests = {sequence.shape[1:] for sequence in sequences}
        if len(rests) > 1:
            shapes = ", ".join(map(str, sorted({sequence.shape for sequence in sequences})[:5]))
            raise ShapeError(
                f"Padding: expected examples of source {name!r} that differ in length only, "
                f"got shapes {shapes}. Make all axes but the first equal."
            )
        lengths = [len(sequence) for sequence in sequences]
        shape = (len(sequences), max(lengths))
        # The dtype of all examples together: that of the first could lose the others' fractions.
        data = np.zeros((*shape, *rests.pop()), np.result_type(*{s.dtype for s in sequences}))
        mask = np.zeros(shape, self.mask_dtype)
        for row, (sequence, length) in enumerate(zip(sequences, lengths, strict=True)):
            data[row, :length] = sequence
            mask[row, :length] = 1
        return [data, mask]


def _size(name: str, request: Any) -> int:
    if isinstance(request, bool) or not isinstance(request, numbers.Integral):
        raise DataError(
            f"{name}: expected a number of examples as request, got {request!r}. "
            "Use a scheme that yields sizes, such as ConstantScheme."
        )
    return int(request)


def _check_lengths(name: str, sources: Sequence[str], batch: Sequence[Any]) -> None:
    lengths = [len(items) for items in batch]
    if len(set(lengths)) > 1:
        listed = ", ".join(
            f"{source}: {length}" for source, length in zip(sources, lengths, strict=True)
        )
        raise ShapeError(
            f"{name}: expected batches with as many examples for each source, got {listed}. "
            "Check the stream below."
        )


def _join(old: Any, new: Any) -> Any:
    if not len(old):
        return new
    arrays = isinstance(old, np.ndarray) and isinstance(new, np.ndarray)
    if arrays and old.dtype == new.dtype and old.shape[1:] == new.shape[1:]:
        return np.concatenate([old, new])
    return [*old, *new]
