"""Searching: places in a sorted vector, distinct values, choices by number.

Examples
--------
>>> searchsorted([1, 3, 5], [0, 3, 9]).eval()
array([0, 1, 3])
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from blocks.errors import DtypeError, IndexRangeError, ShapeError
from blocks.graph.op import Array, Call, Gradients, Op, Types, as_variable
from blocks.graph.ops.broadcast import sum_to
from blocks.graph.ops.elementwise import cast, clip, eq, mod, switch
from blocks.graph.ops.index import index
from blocks.graph.ops.order import argsort
from blocks.graph.ops.take import as_index, flatnonzero, take
from blocks.graph.types import TensorType, broadcast_shapes, is_float, upcast
from blocks.graph.variable import Variable

__all__ = [
    "Choose",
    "SearchSorted",
    "Unique",
    "choose",
    "compress",
    "inverse_permutation",
    "searchsorted",
]


@dataclass(frozen=True)
class SearchSorted(Op):
    """Where the second input goes in the first, a sorted vector, so that it stays sorted.

    Parameters
    ----------
    side
        Before equal elements (``"left"``) or after them (``"right"``).
    """

    side: str

    name = "searchsorted"

    def infer(self, *types: TensorType) -> Types:
        """Return the type of the places: int64, in the shape of the second input."""
        x, v = types
        if x.ndim != 1:
            raise ShapeError(
                f"searchsorted: expected a sorted vector, got {x}. Flatten and sort it."
            )
        return (TensorType("int64", v.shape, v.broadcastable),)

    def grad(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        output_gradients: Gradients,
    ) -> Gradients:
        """Return no gradient: places are integers."""
        return [None, None]

    def lower(self, *types: TensorType) -> Call:
        """Lower to NumPy."""
        find: Any = np.searchsorted  # its types know no str for the side
        return Call(lambda x, v: (np.asarray(find(x, v, self.side)),))

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute with NumPy, by counting what is smaller; NaN is the largest number."""
        x, v = arrays[0], arrays[1][..., None]
        below = x == x if self.side == "left" else True  # what stands before NaN
        smaller = (x < v if self.side == "left" else x <= v) | ((v != v) & below)
        return (np.asarray(smaller.sum(axis=-1)),)


def searchsorted(x: Any, v: Any, side: str = "left", sorter: Any = None) -> Variable:
    """Return the places in a sorted vector before which values go.

    Parameters
    ----------
    x
        A vector in rising order, or any vector together with `sorter`.
    v
        The values.
    side
        ``"left"``: before equal elements; ``"right"``: after them.
    sorter
        The indices that sort `x`.

    Examples
    --------
    >>> searchsorted([1, 3, 3], [3], side="right").eval()
    array([3])
    """
    if side not in ("left", "right"):
        raise ShapeError(
            f"searchsorted: expected the side 'left' or 'right', got {side!r}. Choose one of them."
        )
    x = as_variable(x) if sorter is None else take(x, sorter)
    v = as_variable(v)
    common = upcast(x.dtype, v.dtype)
    result: Variable = SearchSorted(side)(cast(x, common), cast(v, common))
    return result


@dataclass(frozen=True)
class Unique(Op):
    """The distinct elements of the input, in rising order.

    Parameters
    ----------
    return_index
        Whether to return where each occurs first, too.
    return_inverse
        Whether to return which of them each element is, too.
    return_counts
        Whether to return how often each occurs, too.

    Examples
    --------
    >>> Unique()([3, 1, 3]).eval()
    array([1, 3])
    """

    return_index: bool = False
    return_inverse: bool = False
    return_counts: bool = False

    name = "unique"

    def infer(self, *types: TensorType) -> Types:
        """Return vectors of a length that is known only when the values are."""
        (x,) = types
        if x.ndim != 1:
            raise ShapeError(f"unique: expected a vector, got {x}. Flatten it.")
        flags = (self.return_index, self.return_inverse, self.return_counts)
        sizes = [size for flag, size in zip(flags, (None, x.shape[0], None), strict=True) if flag]
        indices = [TensorType("int64", (size,), (False,)) for size in sizes]
        return (TensorType(x.dtype, (None,)), *indices)

    def grad(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        output_gradients: Gradients,
    ) -> Gradients:
        """Return no gradient, as Theano has none."""
        return [None]

    def lower(self, *types: TensorType) -> Call:
        """Lower to NumPy."""

        def distinct(x: Array) -> tuple[Array, ...]:
            find: Any = np.unique  # its types want literals
            found = find(x, self.return_index, self.return_inverse, self.return_counts)
            return found if isinstance(found, tuple) else (found,)

        return Call(distinct)

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute with NumPy, by comparing all pairs; NaN, the last, equals NaN."""
        (x,) = arrays
        missing = x != x
        ordered = sorted(set(x[~missing].tolist()))
        values = np.array(ordered + [np.nan] * bool(missing.any()), x.dtype)
        same = (x[:, None] == values) | (missing[:, None] & (values != values))
        results = [values]
        if self.return_index:
            results.append(same.argmax(axis=0) if len(x) else np.zeros(0, "int64"))
        if self.return_inverse:
            results.append(same.argmax(axis=1) if len(x) else np.zeros(0, "int64"))
        if self.return_counts:
            results.append(same.sum(axis=0))
        return tuple(results)


@dataclass(frozen=True)
class Choose(Op):
    """For each element of the first input, an integer, the element of the input it numbers."""

    name = "choose"

    def infer(self, *types: TensorType) -> Types:
        """Return the broadcast type of all inputs, in the dtype of the choices."""
        shape, flags = broadcast_shapes("choose", *types)
        return (TensorType(upcast(*(t.dtype for t in types[1:])), shape, flags),)

    def grad(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        output_gradients: Gradients,
    ) -> Gradients:
        """Return the gradient where an input was chosen."""
        (a, *choices), (g,) = inputs, output_gradients
        if g is None:
            return [None] * len(inputs)
        return [None, *(sum_to(switch(eq(a, i), g, 0), x) for i, x in enumerate(choices))]

    def lower(self, *types: TensorType) -> Call:
        """Lower to NumPy."""
        (dtype,) = {t.dtype for t in self.infer(*types)}

        def chosen(a: Array, *choices: Array) -> tuple[Array, ...]:
            _check_numbers(a, len(choices))
            return (np.choose(a, [c.astype(dtype, copy=False) for c in choices]),)

        return Call(chosen)

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute with NumPy, choice by choice."""
        a, *choices = np.broadcast_arrays(*arrays)
        _check_numbers(a, len(choices))
        return (np.select([a == i for i in range(len(choices))], choices),)


def _check_numbers(a: Array, n: int) -> None:
    if a.size and (a.min() < 0 or a.max() >= n):
        bad = int(a[(a < 0) | (a >= n)].flat[0])
        raise IndexRangeError(
            f"choose: expected numbers of {n} choices, from 0 to {n - 1}, got {bad}. "
            "Pass mode='clip' or mode='wrap' for others."
        )


def choose(a: Any, choices: Any, out: None = None, mode: str = "raise") -> Variable:
    """Return, for each element of `a`, the element at its place of the choice that it numbers.

    Parameters
    ----------
    a
        Integers.
    choices
        A list of variables that broadcast with `a`; or one variable whose first axis, of
        known size, runs over the choices.
    out
        Must be ``None``.
    mode
        What to do with a number that no choice has: ``"raise"``, ``"clip"`` it, or
        ``"wrap"`` around.

    Raises
    ------
    ShapeError
        If the number of choices is not known, or the arguments are others.
    IndexRangeError
        When it is computed and `a` numbers no choice.

    Examples
    --------
    >>> choose([0, 1, 0], [[1, 2, 3], [10, 20, 30]]).eval()
    array([ 1, 20,  3])
    """
    if out is not None or mode not in ("raise", "clip", "wrap"):
        raise ShapeError(
            "choose: expected out=None and one of the modes 'raise', 'clip' and 'wrap', got "
            f"{out!r} and {mode!r}. Choose one of the modes."
        )
    if not isinstance(choices, list | tuple):
        stacked = as_variable(choices)
        size = stacked.type.shape[0] if stacked.ndim else None
        if size is None:
            raise ShapeError(
                f"choose: expected a list of choices, got {stacked.type}. Pass them as [x, y], or "
                "give the variable a known length: tensor.matrix(shape=...)."
            )
        choices = [index(stacked, i) for i in range(size)]
    if is_float(as_variable(a).dtype):
        raise DtypeError(f"choose: expected integers, got {as_variable(a).type}. Cast them.")
    a = as_index("choose", a)
    if mode == "clip":
        a = cast(clip(a, 0, len(choices) - 1), "int64")
    elif mode == "wrap":
        a = cast(mod(a, len(choices)), "int64")
    result: Variable = Choose()(a, *choices)
    return result


def compress(condition: Any, x: Any, axis: int | None = None) -> Variable:
    """Return the parts of `x` along an axis for which a condition, a vector, is not zero.

    Parameters
    ----------
    condition
        A vector of truth values.
    x
        A variable.
    axis
        The axis; by default `x` is flattened first.

    Examples
    --------
    >>> compress([True, False, True], [4, 5, 6]).eval()
    array([4, 6])
    """
    return take(x, flatnonzero(condition), axis=axis)


def inverse_permutation(perm: Any) -> Variable:
    """Return the permutation that undoes another; of a matrix, row by row.

    Parameters
    ----------
    perm
        A vector that holds each number below its length once, or a matrix of such rows.

    Examples
    --------
    >>> inverse_permutation([2, 0, 1]).eval()
    array([1, 2, 0])
    """
    return argsort(perm)
