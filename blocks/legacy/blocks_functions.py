"""What Blocks had in early 2015 and has in another form now."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from blocks.bricks import Brick
from blocks.config import config
from blocks.datastreams import MNIST as TodaysMNIST
from blocks.datastreams import (
    BatchScheme,
    ConstantScheme,
    Dataset,
    IndexableDataset,
    IterableDataset,
    SequentialScheme,
    ShuffledScheme,
)
from blocks.datastreams.files import read_idx
from blocks.errors import BrickError, nearest
from blocks.graph.variable import Variable

__all__ = [
    "MNIST",
    "MNIST_IMAGE_MAGIC",
    "MNIST_LABEL_MAGIC",
    "BatchIterator",
    "ConstantIterator",
    "ContainerDataset",
    "InMemoryDataset",
    "LambdaIterator",
    "SequenceIterator",
    "create_unbound_method",
    "extract_parameter_values",
    "inject_parameter_values",
    "load_parameter_values",
    "named_copy",
    "read_mnist_images",
    "read_mnist_labels",
    "save_parameter_values",
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


class InMemoryDataset(Dataset):
    """A data set whose method ``load`` reads all of it, when it is first used.

    With the decorator ``do_not_pickle_attributes`` of Fuel, what `load` sets stays out of
    pickles and is read anew.
    """

    def load(self) -> None:
        """Set the attributes that hold the data."""
        raise NotImplementedError(
            f"{type(self).__name__}: expected a method load() that reads the data, got none. "
            "Write it, or use IndexableDataset."
        )


def BatchIterator(
    num_examples: int | Sequence[int],
    batch_size: int,
    shuffled: bool = False,
    rng: np.random.RandomState | None = None,
) -> Iterator[list[int]]:
    """Return an iterator over batches of indices, in order or shuffled.

    Examples
    --------
    >>> list(BatchIterator(3, 2))
    [[0, 1], [2]]
    """
    scheme: BatchScheme = SequentialScheme(num_examples, batch_size)
    if shuffled:
        scheme = ShuffledScheme(num_examples, batch_size, rng=rng)
    return scheme.get_request_iterator()


def ConstantIterator(
    batch_size: int, num_examples: int | None = None, times: int | None = None
) -> Iterator[int]:
    """Return an iterator over numbers of examples, each `batch_size`.

    Examples
    --------
    >>> list(ConstantIterator(2, num_examples=5))
    [2, 2, 1]
    """
    return ConstantScheme(batch_size, num_examples, times).get_request_iterator()


def _parameters(bricks: Any) -> dict[str, Any]:
    """Return the parameters of bricks and all below, by path."""
    waiting = [bricks] if isinstance(bricks, Brick) else list(bricks)
    found: dict[str, Any] = {}
    while waiting:
        brick = waiting.pop()
        path = "/" + "/".join(part.name for part in brick.get_unique_path())
        found.update((f"{path}.{x.name}", x) for x in brick.parameters if x is not None)
        waiting += brick.children
    return dict(sorted(found.items()))


def extract_parameter_values(bricks: Any) -> dict[str, np.ndarray]:
    """Return the values of the parameters of bricks and all below, by path.

    Examples
    --------
    >>> from blocks.bricks import Linear
    >>> from blocks.initialization import Constant
    >>> linear = Linear(1, 1, name="l", weights_init=Constant(2), biases_init=Constant(0))
    >>> linear.initialize()
    >>> extract_parameter_values(linear)
    {'/l.W': array([[2.]]), '/l.b': array([0.])}
    """
    return {path: x.get_value() for path, x in _parameters(bricks).items()}


def inject_parameter_values(bricks: Any, param_values: dict[str, np.ndarray]) -> None:
    """Give the parameters of bricks and all below new values, by path.

    Raises
    ------
    BrickError
        If there is a value for no parameter.
    """
    parameters = _parameters(bricks)
    for path, value in param_values.items():
        if path not in parameters:
            raise BrickError(
                f"inject_parameter_values: expected paths of parameters, got {path!r}."
                f"{nearest(path, parameters)}"
            )
        parameters[path].set_value(value)


def save_parameter_values(
    param_values: dict[str, np.ndarray], path: str | os.PathLike[str]
) -> None:
    """Write the values of parameters to an ``.npz`` file, "/" in their paths as "-"."""
    values = {name.replace("/", "-"): value for name, value in param_values.items()}
    with open(path, "wb") as file:
        np.savez(file, **values)  # type: ignore[arg-type]


def load_parameter_values(path: str | os.PathLike[str]) -> dict[str, np.ndarray]:
    """Read the values of parameters that `save_parameter_values` wrote."""
    with np.load(path) as file:
        return {name.replace("-", "/"): file[name] for name in file.files}


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
