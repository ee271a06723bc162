"""What Blocks had in early 2015 and has in another form now."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from blocks.config import config
from blocks.datastreams import MNIST as TodaysMNIST
from blocks.datastreams import IndexableDataset, IterableDataset
from blocks.datastreams.files import read_idx
from blocks.graph.variable import Variable

__all__ = [
    "MNIST",
    "MNIST_IMAGE_MAGIC",
    "MNIST_LABEL_MAGIC",
    "ContainerDataset",
    "LambdaIterator",
    "SequenceIterator",
    "create_unbound_method",
    "named_copy",
    "read_mnist_images",
    "read_mnist_labels",
]

MNIST_IMAGE_MAGIC = 2051
MNIST_LABEL_MAGIC = 2049


def create_unbound_method(func: Callable[..., Any], cls: type) -> Callable[..., Any]:
    """Return a function as it is looked up on a class, which is the function itself.

    Examples
    --------
    >>> create_unbound_method(len, list) is len
    True
    """
    return func


def named_copy(variable: Variable, new_name: str) -> Variable:
    """Return a copy of a variable under another name.

    Examples
    --------
    >>> from blocks import tensor
    >>> named_copy(tensor.scalar("x"), "y")
    y
    """
    result: Variable = variable.copy()
    result.name = new_name
    return result


class LambdaIterator:
    """An iterator that calls a function for each value.

    Examples
    --------
    >>> next(LambdaIterator(lambda: 3))
    3
    """

    def __init__(self, next_function: Callable[[], Any]) -> None:
        self.next_function = next_function

    def __iter__(self) -> LambdaIterator:
        """Return the iterator itself."""
        return self

    def __next__(self) -> Any:
        """Return what the function returns."""
        return self.next_function()


def SequenceIterator(sequence: Sequence[Any]) -> Iterator[Any]:
    """Return an iterator over a sequence; this one can be pickled by itself today.

    Examples
    --------
    >>> list(SequenceIterator([1, 2]))
    [1, 2]
    """
    return iter(sequence)


def ContainerDataset(container: Any, sources: Sequence[str] | None = None) -> IterableDataset:
    """Return a data set of one container (source ``data``), or of a dict of them.

    Examples
    --------
    >>> ContainerDataset([1, 2]).sources
    ('data',)
    """
    return IterableDataset(container, **({} if sources is None else {"sources": sources}))


def _converted(images: np.ndarray, dtype: Any) -> np.ndarray:
    """Return pixels as asked for: halved for truth values, scaled to [0, 1] for floats."""
    kind = None if dtype is None else np.dtype(dtype).kind
    if kind == "b":
        return images >= 128
    if kind == "f":
        return (images / np.dtype(dtype).type(255)).astype(dtype)
    return images if dtype is None else images.astype(dtype)


def read_mnist_images(filename: str | os.PathLike[str], dtype: Any = None) -> np.ndarray:
    """Read the images of an IDX file: (n, 1, 28, 28).

    Parameters
    ----------
    filename
        The file, compressed or not.
    dtype
        By default uint8. Floats are scaled to [0, 1], truth values tell pixels of at
        least 128.
    """
    images = read_idx(Path(filename), 3)
    return _converted(images.reshape(len(images), 1, *images.shape[1:]), dtype)


def read_mnist_labels(filename: str | os.PathLike[str]) -> np.ndarray:
    """Read the labels of an IDX file: uint8 (n, 1)."""
    return read_idx(Path(filename), 1).reshape(-1, 1)


class MNIST(IndexableDataset):
    """The MNIST digits as Blocks gave them before Fuel: flat, and scaled without a transformer.

    Sources: ``features`` of shape (n, 784), in [0, 1] and floatX, and ``targets``, (n, 1).

    Parameters
    ----------
    which_set
        ``"train"`` or ``"test"``.
    start, stop
        The first example to use, and the one after the last.
    binary
        Whether features are truth values: whether a pixel is at least 128.
    **kwargs
        ``sources``, as of Dataset.
    """

    def __init__(
        self,
        which_set: str,
        start: int | None = None,
        stop: int | None = None,
        binary: bool = False,
        **kwargs: Any,
    ) -> None:
        whole = TodaysMNIST(which_set)
        images, labels = whole.get_data(request=slice(start, stop))
        flat = images.reshape(len(images), -1)
        features = _converted(flat, "bool" if binary else config.floatX)
        super().__init__({"features": features, "targets": labels}, **kwargs)
        self.which_set = which_set
