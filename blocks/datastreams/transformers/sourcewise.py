"""Transformers that treat each source on its own: shapes, scales and dtypes.

Examples
--------
>>> import numpy as np
>>> from blocks.datastreams import DataStream, IndexableDataset, SequentialScheme
>>> images = IndexableDataset({"features": np.zeros((5, 1, 2, 3), dtype="uint8")})
>>> stream = DataStream(images, iteration_scheme=SequentialScheme(5, batch_size=5))
>>> next(Flatten(stream).get_epoch_iterator())[0].shape
(5, 6)
"""

from __future__ import annotations

import math
import numbers
from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from blocks.config import config
from blocks.datastreams.streams import AbstractDataStream
from blocks.datastreams.transformers.base import AgnosticTransformer, Transformer, as_array
from blocks.division import quotient
from blocks.errors import SourceError, nearest

__all__ = [
    "AgnosticSourcewiseTransformer",
    "Cast",
    "Flatten",
    "ForceFloatX",
    "ScaleAndShift",
    "SourcewiseTransformer",
]


class SourcewiseTransformer(Transformer):
    """Interface of the transformers that treat some sources, each on its own.

    Parameters
    ----------
    data_stream
        The stream to transform.
    produces_examples
        Whether examples rather than batches come out.
    which_sources
        The sources to transform; all by default.
    **kwargs
        As of :class:`~blocks.datastreams.transformers.Transformer`.

    Raises
    ------
    SourceError
        If the stream does not deliver one of `which_sources`.
    """

    def __init__(
        self,
        data_stream: AbstractDataStream,
        produces_examples: bool | None,
        which_sources: Sequence[str] | None = None,
        **kwargs: Any,
    ) -> None:
        if which_sources is None:
            which_sources = data_stream.sources
        which_sources = (which_sources,) if isinstance(which_sources, str) else which_sources
        for name in which_sources:
            if name not in data_stream.sources:
                raise SourceError(
                    f"{type(self).__name__}: expected which_sources among "
                    f"{', '.join(data_stream.sources)}, got {name!r}."
                    f"{nearest(name, data_stream.sources)}"
                )
        self.which_sources = tuple(which_sources)
        super().__init__(data_stream, produces_examples, **kwargs)

    def transform_source_example(self, source_example: Any, source_name: str) -> Any:
        """Return the transformed data of one source of an example."""
        raise NotImplementedError(
            f"{type(self).__name__}: expected a method transform_source_example for a stream "
            "of examples, got none. Implement it, or transform batches."
        )

    def transform_source_batch(self, source_batch: Any, source_name: str) -> Any:
        """Return the transformed data of one source of a batch."""
        raise NotImplementedError(
            f"{type(self).__name__}: expected a method transform_source_batch for a stream "
            "of batches, got none. Implement it, or transform examples."
        )

    def transform_example(self, example: Any) -> tuple[Any, ...]:
        """Return an example with the chosen sources transformed."""
        return self._each_source(example, self.transform_source_example)

    def transform_batch(self, batch: Any) -> tuple[Any, ...]:
        """Return a batch with the chosen sources transformed."""
        return self._each_source(batch, self.transform_source_batch)

    def _each_source(self, data: Any, transform: Callable[[Any, str], Any]) -> tuple[Any, ...]:
        chosen = self.which_sources
        items = zip(data, self.data_stream.sources, strict=True)
        return tuple([transform(item, name) if name in chosen else item for item, name in items])


class AgnosticSourcewiseTransformer(AgnosticTransformer, SourcewiseTransformer):
    """Interface of the sourcewise transformers that treat examples and batches alike."""

    def transform_any(self, data: Any) -> tuple[Any, ...]:
        """Return an example or a batch with the chosen sources transformed."""
        return self._each_source(data, self.transform_any_source)

    @abstractmethod
    def transform_any_source(self, source_data: Any, source_name: str) -> Any:
        """Return the transformed data of one source."""


class Flatten(SourcewiseTransformer):
    """Reshape examples to vectors, and batches to matrices, without a copy.

    Shapes: (batch, ...) -> (batch, features); a batch of scalars becomes (batch, 1).

    Parameters
    ----------
    data_stream
        The stream to transform.
    **kwargs
        ``which_sources`` (all by default) and those of Transformer.
    """

    def __init__(self, data_stream: AbstractDataStream, **kwargs: Any) -> None:
        labels = data_stream.axis_labels
        if labels:
            chosen = kwargs.get("which_sources") or data_stream.sources
            flat = {
                name: ("feature",) if data_stream.produces_examples else (axes[0], "feature")
                for name, axes in labels.items()
                if name in chosen
            }
            kwargs.setdefault("axis_labels", {**labels, **flat})
        super().__init__(data_stream, data_stream.produces_examples, **kwargs)

    def transform_source_example(self, source_example: Any, _: str) -> np.ndarray:
        """Return the example as a vector."""
        return np.asarray(source_example).reshape(-1)

    def transform_source_batch(self, source_batch: Any, _: str) -> np.ndarray:
        """Return the batch as a matrix, one row per example."""
        batch = as_array(source_batch)
        if batch.dtype == object:
            return _over_examples(lambda example: example.reshape(-1), batch)
        return batch.reshape(batch.shape[0], math.prod(batch.shape[1:]))


class ScaleAndShift(AgnosticSourcewiseTransformer):
    """Compute ``data * scale + shift``.

    Integers come out as ``config.floatX``, as it was when the transformer was made; floats
    keep their dtype.

    Parameters
    ----------
    data_stream
        The stream to transform.
    scale, shift
        Numbers, or arrays that broadcast with the data.
    **kwargs
        ``which_sources`` (all by default) and those of Transformer.

    Examples
    --------
    >>> from blocks.datastreams import DataStream, IterableDataset
    >>> stream = ScaleAndShift(DataStream(IterableDataset([0, 10])), 0.5, 1)
    >>> [float(x) for x, in stream.get_epoch_iterator()]
    [1.0, 6.0]
    """

    def __init__(
        self, data_stream: AbstractDataStream, scale: Any, shift: Any, **kwargs: Any
    ) -> None:
        kwargs.setdefault("axis_labels", data_stream.axis_labels)
        super().__init__(data_stream, data_stream.produces_examples, **kwargs)
        self.scale = scale
        self.shift = shift
        self.dtype = np.dtype(config.floatX)
        self._divisor = _divisor(scale, shift)

    def transform_any_source(self, source_data: Any, _: str) -> np.ndarray:
        """Return the data scaled and shifted."""
        data = as_array(source_data)
        if data.dtype == object:
            return _over_examples(self._scale_and_shift, data)
        return self._scale_and_shift(data)

    def _scale_and_shift(self, data: np.ndarray) -> np.ndarray:
        dtype = data.dtype if data.dtype.kind in "fc" else self.dtype
        if self._divisor and dtype.itemsize == 4 and data.dtype.kind in "iu":
            # In float32 x / 255 rounds once and equals the rounded float64 x * (1 / 255).
            return quotient(data, self._divisor, dtype)
        result = np.multiply(data, self.scale, dtype=dtype, casting="same_kind")
        if isinstance(self.shift, numbers.Real) and self.shift == 0:
            return result
        return np.add(result, self.shift, dtype=dtype, casting="same_kind")


class Cast(AgnosticSourcewiseTransformer):
    """Convert the data to a dtype; data that have it already are not copied.

    Parameters
    ----------
    data_stream
        The stream to transform.
    dtype
        A dtype, or ``"floatX"`` for ``config.floatX`` as it is now.
    **kwargs
        ``which_sources`` (all by default) and those of Transformer.
    """

    def __init__(self, data_stream: AbstractDataStream, dtype: DTypeLike, **kwargs: Any) -> None:
        kwargs.setdefault("axis_labels", data_stream.axis_labels)
        super().__init__(data_stream, data_stream.produces_examples, **kwargs)
        self.dtype = np.dtype(config.floatX if dtype == "floatX" else dtype)

    def transform_any_source(self, source_data: Any, _: str) -> np.ndarray:
        """Return the data in the dtype."""
        data = as_array(source_data)
        if data.dtype == object:
            return _over_examples(lambda example: example.astype(self.dtype, copy=False), data)
        return data.astype(self.dtype, copy=False)


class ForceFloatX(AgnosticSourcewiseTransformer):
    """Convert floats to ``config.floatX``, as it is now; other data stay as they are.

    Parameters
    ----------
    data_stream
        The stream to transform.
    **kwargs
        ``which_sources`` (all by default) and those of Transformer.
    """

    def __init__(self, data_stream: AbstractDataStream, **kwargs: Any) -> None:
        kwargs.setdefault("axis_labels", data_stream.axis_labels)
        super().__init__(data_stream, data_stream.produces_examples, **kwargs)
        self.dtype = np.dtype(config.floatX)

    def transform_any_source(self, source_data: Any, _: str) -> Any:
        """Return the data, in floatX if they are floats."""
        data = as_array(source_data)
        if data.dtype == object:
            return _over_examples(self._force, data)
        return self._force(data) if data.dtype.kind == "f" else source_data

    def _force(self, data: np.ndarray) -> np.ndarray:
        return data.astype(self.dtype, copy=False) if data.dtype.kind == "f" else data


def _over_examples(transform: Callable[[np.ndarray], np.ndarray], batch: np.ndarray) -> np.ndarray:
    """Transform each example of an array of objects (examples of unequal shapes)."""
    transformed = np.empty(len(batch), dtype=object)
    for index, example in enumerate(batch):
        transformed[index] = transform(np.asarray(example))
    return transformed


def _divisor(scale: Any, shift: Any) -> float | None:
    """Return the whole number n where scale is exactly 1 / n and shift is 0, or None."""
    if not (isinstance(scale, numbers.Real) and isinstance(shift, numbers.Real)):
        return None
    scale = float(scale)
    if shift != 0 or not 2**-24 < abs(scale) <= 1:
        return None
    divisor = float(round(1 / scale))
    return divisor if 1 / divisor == scale else None
