"""Turn requests for examples into slices and index arrays.

A scheme asks for examples by number. A contiguous run of numbers becomes a slice here,
so that taking a batch out of an array in memory costs no copy.

Examples
--------
>>> import numpy as np
>>> features = np.arange(10)
>>> batch = take(features, resolve_request([3, 4, 5], 10))
>>> np.shares_memory(batch, features)
True
"""

from __future__ import annotations

import numbers
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from blocks.errors import DataError, IndexRangeError, described

__all__ = ["Subset", "iterable_fancy_indexing", "resolve_request", "take"]


def resolve_request(request: Any, num_examples: int) -> Any:
    """Return `request` as an ``int``, a ``slice`` (a contiguous run) or an index array.

    Parameters
    ----------
    request
        An integer (one example), a slice, or a list or array of integers (a batch).
    num_examples
        How many examples there are; each index must lie in ``[0, num_examples)``.

    Raises
    ------
    IndexRangeError
        If an index lies outside of ``[0, num_examples)``.
    DataError
        If the request is of another kind.

    Examples
    --------
    >>> resolve_request([2, 3], 5), resolve_request([3, 1], 5)
    (slice(2, 4, None), array([3, 1]))
    """
    if isinstance(request, range | list) and request and _are_integers(request[0], request[-1]):
        first, stop = request[0], request[-1] + 1
        if stop - first == len(request) and _same(request, range(first, stop)):
            if not 0 <= first < stop <= num_examples:
                raise _out_of_range([first, stop - 1], num_examples)
            return slice(int(first), int(stop))
    if isinstance(request, slice):
        return request
    if isinstance(request, numbers.Integral):
        if not 0 <= request < num_examples:  # type: ignore[operator]
            raise _out_of_range([request], num_examples)
        return int(request)
    indices = np.asarray(request)
    if indices.ndim != 1 or (indices.size and indices.dtype.kind not in "iu"):
        raise DataError(
            "request: expected an integer, a slice or a list of integers, "
            f"got {_describe(request)}. Use an iteration scheme that yields indices, "
            "e.g. SequentialScheme."
        )
    if not indices.size:
        return slice(0, 0)
    if indices.min() < 0 or indices.max() >= num_examples:
        wrong = indices[(indices < 0) | (indices >= num_examples)]
        raise _out_of_range(wrong.tolist(), num_examples)
    return indices


def _are_integers(first: Any, last: Any) -> bool:
    if type(first) is int and type(last) is int:  # the common case, and much the fastest
        return True
    return isinstance(first, numbers.Integral) and isinstance(last, numbers.Integral)


def _same(request: range | list[int], run: range) -> bool:
    return request == (run if isinstance(request, range) else list(run))


def _describe(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"an array of dtype {value.dtype} and shape {value.shape}"
    return described(value)


def _out_of_range(wrong: Sequence[Any], num_examples: int) -> IndexRangeError:
    shown = ", ".join(str(int(index)) for index in wrong[:5]) + (", ..." if wrong[5:] else "")
    return IndexRangeError(
        f"request: expected indices from 0 to {num_examples - 1}, got {shown}. "
        "Give the iteration scheme the data set's num_examples."
    )


def take(indexable: Any, request: Any) -> Any:
    """Return the examples of `indexable` that a resolved request asks for.

    An integer or a slice of an array gives a view; an index array gives a copy. Sequences
    such as lists give a list. Objects that read sorted indices only (HDF5 data sets) are
    asked for them in order, and duplicates are repeated afterwards.

    Examples
    --------
    >>> take(["a", "b", "c"], np.array([2, 0]))
    ['c', 'a']
    """
    if not isinstance(request, np.ndarray):
        return indexable[request]
    if isinstance(indexable, np.ndarray):
        return indexable.take(request, axis=0)
    if hasattr(indexable, "id") and hasattr(indexable, "shape"):  # an h5py.Dataset
        order, inverse = np.unique(request, return_inverse=True)
        return indexable[order][inverse]
    return iterable_fancy_indexing(indexable, request)


def iterable_fancy_indexing(iterable: Any, request: Iterable[int]) -> Any:
    """Return ``iterable[request]``, for plain sequences item by item.

    Examples
    --------
    >>> iterable_fancy_indexing([10, 20, 30], [2, 0])
    [30, 10]
    """
    if hasattr(iterable, "shape"):
        return iterable[request]
    return [iterable[index] for index in request]


class Subset:
    """A part of a data set: a list of examples' indices or a slice.

    Parameters
    ----------
    list_or_slice
        Distinct indices of at least 0, or a slice with a positive step.
    original_num_examples
        The number of examples of the whole data set.

    Raises
    ------
    DataError
        If indices repeat or are no integers, or a slice's bounds are negative.
    IndexRangeError
        If an index or a bound lies outside of the data set.

    Examples
    --------
    >>> half = Subset(slice(0, 5), 10)
    >>> half.num_examples, half[[1, 2]]
    (5, [1, 2])
    >>> Subset([7, 3], 10)[1]
    3
    """

    def __init__(self, list_or_slice: list[int] | slice, original_num_examples: int) -> None:
        self.original_num_examples = int(original_num_examples)
        self.list_or_slice = self._checked(list_or_slice)

    def _checked(self, value: Any) -> list[int] | slice:
        total = self.original_num_examples
        if isinstance(value, slice):
            bounds = [bound for bound in (value.start, value.stop) if bound is not None]
            if any(bound < 0 for bound in bounds) or (value.step or 1) < 1:
                raise DataError(
                    f"Subset: expected a slice with bounds of at least 0 and a positive step, "
                    f"got {value}. Count from the start."
                )
            if any(bound > total for bound in bounds):
                raise IndexRangeError(
                    f"Subset: expected a slice of {total} examples, got {value}. "
                    f"Use bounds of at most {total}."
                )
            return value
        indices = np.asarray(list(value))
        if not indices.size:
            return []
        if indices.ndim != 1 or indices.dtype.kind not in "iu":
            raise DataError(
                f"Subset: expected a slice or a list of integers, got {_describe(value)}. "
                "Use numpy.flatnonzero to turn a mask into indices."
            )
        resolve_request(indices, total)
        unique, counts = np.unique(indices, return_counts=True)
        if (counts > 1).any():
            raise DataError(
                f"Subset: expected distinct indices, got {unique[counts > 1][0]} "
                f"{counts.max()} times. Remove duplicates."
            )
        run = resolve_request(indices.tolist(), total)
        return run if isinstance(run, slice) else indices.tolist()

    @classmethod
    def subset_of(cls, subset: Subset, list_or_slice: list[int] | slice) -> Subset:
        """Return the part `list_or_slice` of `subset`, as a part of the whole data set.

        Examples
        --------
        >>> Subset.subset_of(Subset([9, 4, 2], 10), [0, 2]).list_or_slice
        [9, 2]
        """
        return cls(subset[list_or_slice], subset.original_num_examples)

    @classmethod
    def empty_subset(cls, original_num_examples: int) -> Subset:
        """Return the subset that holds no example."""
        return cls([], original_num_examples)

    def __add__(self, other: Subset) -> Subset:
        """Return the union of two subsets of one data set, in increasing order."""
        if self.original_num_examples != other.original_num_examples:
            raise DataError(
                "Subset: expected two subsets of one data set, got subsets of "
                f"{self.original_num_examples} and {other.original_num_examples} examples. "
                "Join subsets of the same data set."
            )
        joined = set(self.get_list_representation()) | set(other.get_list_representation())
        return Subset(sorted(joined), self.original_num_examples)

    def __eq__(self, other: object) -> bool:
        """Tell whether two subsets hold the same examples in the same order."""
        return (
            isinstance(other, Subset)
            and self.original_num_examples == other.original_num_examples
            and self.get_list_representation() == other.get_list_representation()
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        """Return the expression that makes the subset."""
        return f"Subset({self.list_or_slice!r}, {self.original_num_examples})"

    def _range(self) -> range:
        return range(self.original_num_examples)[self.list_or_slice]  # type: ignore[index]

    def __getitem__(self, key: Any) -> Any:
        """Translate a request within the subset to one for the whole data set."""
        if isinstance(key, slice):
            if self.is_list:
                return self.list_or_slice[key]  # type: ignore[index]
            part = self._range()[key]
            if part.step < 0:
                return list(part)
            return slice(part.start, max(part.start, part.stop), part.step)
        if isinstance(key, numbers.Integral):
            resolve_request(key, self.num_examples)
            source: Sequence[int] = self.list_or_slice if self.is_list else self._range()  # type: ignore[assignment]
            return source[int(key)]
        request = resolve_request(key, self.num_examples)
        if isinstance(request, slice):
            request = np.arange(request.start, request.stop)
        if self.is_list:
            return np.asarray(self.list_or_slice)[request].tolist()
        whole = self._range()
        return (request * whole.step + whole.start).tolist()

    @staticmethod
    def sorted_fancy_indexing(indexable: Any, request: Sequence[int]) -> Any:
        """Return ``indexable[request]``, read in increasing order of the indices.

        Examples
        --------
        >>> Subset.sorted_fancy_indexing(np.array([5, 6, 7]), [2, 0])
        array([7, 5])
        """
        if len(request) == 0:
            return indexable[:0]
        order, inverse = np.unique(np.asarray(request), return_inverse=True)
        return indexable[order][inverse]

    @staticmethod
    def slice_to_numerical_args(slice_: slice, num_examples: int) -> tuple[int, int, int]:
        """Return start, stop and step of a slice as numbers.

        Examples
        --------
        >>> Subset.slice_to_numerical_args(slice(None), 8)
        (0, 8, 1)
        """
        start = 0 if slice_.start is None else slice_.start
        stop = num_examples if slice_.stop is None else slice_.stop
        return start, stop, 1 if slice_.step is None else slice_.step

    def get_list_representation(self) -> list[int]:
        """Return the indices of the subset's examples."""
        if isinstance(self.list_or_slice, slice):
            return list(self._range())
        return list(self.list_or_slice)

    def index_within_subset(
        self, indexable: Any, subset_request: Any, sort_indices: bool = False
    ) -> Any:
        """Return the examples of `indexable` that a request within the subset asks for.

        Examples
        --------
        >>> Subset(slice(5, 10), 10).index_within_subset(np.arange(10), [0, 1])
        array([5, 6])
        """
        request = resolve_request(self[subset_request], self.original_num_examples)
        if sort_indices and isinstance(request, np.ndarray):
            return self.sorted_fancy_indexing(indexable, request)  # type: ignore[arg-type]
        return take(indexable, request)

    @property
    def is_list(self) -> bool:
        """Whether the subset is held as a list rather than as a slice."""
        return isinstance(self.list_or_slice, list)

    @property
    def num_examples(self) -> int:
        """The number of examples in the subset."""
        return len(self.list_or_slice if self.is_list else self._range())  # type: ignore[arg-type]

    @property
    def is_empty(self) -> bool:
        """Whether the subset holds no example."""
        return self.num_examples == 0
