"""Iterators over the requests of an epoch, which can be pickled in its midst.

Examples
--------
>>> list(Chained([Batches([1, 2, 3], 2), Batches([4], 2)]))
[[1, 2], [3], [4]]
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from blocks.representation import Represented

__all__ = ["Batches", "Chained", "Endless"]


class Batches(Represented):
    """Iterate over consecutive lists of `size` items; unlike a generator it can be pickled.

    With `as_ranges`, parts of a range stay ranges, which takes less time than making lists.
    """

    as_ranges = False

    def __init__(self, indices: Sequence[int], size: int, sort: bool = False) -> None:
        self.indices, self.size, self.sort = indices, size, sort
        self.position = 0

    def __iter__(self) -> Batches:
        return self

    def __next__(self) -> Sequence[int]:
        batch = self.indices[self.position : self.position + self.size]
        if not len(batch):
            raise StopIteration
        self.position += self.size
        if self.sort:
            return sorted(batch)
        return batch if self.as_ranges or isinstance(batch, list) else list(batch)


class Endless(Represented):
    """Iterate over one value without end; pickling `itertools.repeat` is deprecated."""

    def __init__(self, value: int) -> None:
        self.value = value

    def __iter__(self) -> Endless:
        return self

    def __next__(self) -> int:
        return self.value


class Chained(Represented):
    """Iterate over iterators, one after the other; pickling `itertools.chain` is deprecated."""

    def __init__(self, iterators: list[Iterator[Any]]) -> None:
        self.iterators = iterators

    def __iter__(self) -> Chained:
        return self

    def __next__(self) -> Any:
        while self.iterators:
            for request in self.iterators[0]:
                return request
            del self.iterators[0]
        raise StopIteration
