"""Statistics of samples: ranges, covariances, counts, the largest few.

Examples
--------
>>> ptp([3, 1, 5]).eval(), bincount([0, 2, 2]).eval()
(array(4), array([1, 0, 2]))
"""

from __future__ import annotations

from typing import Any

import numpy as np

from blocks.errors import ShapeError
from blocks.graph.op import as_variable
from blocks.graph.ops import reduce
from blocks.graph.ops.arithmetic import maximum, true_div
from blocks.graph.ops.creation import zeros
from blocks.graph.ops.elementwise import cast
from blocks.graph.ops.index import inc_subtensor, index
from blocks.graph.ops.join import concatenate
from blocks.graph.ops.linalg import dot
from blocks.graph.ops.order import argsort, sort
from blocks.graph.ops.shape import dimshuffle, normalize_axis, shape_i, transpose
from blocks.graph.ops.take import as_index
from blocks.graph.types import upcast
from blocks.graph.variable import Variable

__all__ = ["argtopk", "bincount", "cov", "ptp", "topk", "topk_and_argtopk"]


def ptp(a: Any, axis: int | None = None) -> Variable:
    """Return the range of the values along an axis, the largest minus the smallest.

    Parameters
    ----------
    a
        A variable.
    axis
        The axis, by default all of them.

    Examples
    --------
    >>> ptp([[1, 5], [2, 9]], axis=1).eval()
    array([4, 7])
    """
    return reduce.max(a, axis=axis) - reduce.min(a, axis=axis)


def cov(
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: int | None = None,
    fweights: None = None,
    aweights: None = None,
) -> Variable:
    """Return the covariances of the rows, sum_k (x_ik - mean_i) (x_jk - mean_j) / (n - ddof).

    Parameters
    ----------
    m
        Observations: a matrix with a row per quantity, or a vector.
    y
        Further rows.
    rowvar
        Whether quantities are rows; else they are columns.
    bias, ddof
        What is subtracted from the number of observations: `ddof`, by default 0 with
        `bias` and else 1.
    fweights, aweights
        Weights of the observations: not supported, as in Theano.

    Raises
    ------
    ShapeError
        If there are weights, or `m` has more than two axes.

    Examples
    --------
    >>> cov([[1.0, 2.0, 3.0], [1.0, 0.0, -1.0]]).eval()
    array([[ 1., -1.],
           [-1.,  1.]])
    """
    if fweights is not None or aweights is not None:
        raise ShapeError("cov: expected no weights, got some. Repeat the observations.")
    rows = [_rows(x, rowvar) for x in (m, y) if x is not None]
    x = rows[0] if len(rows) == 1 else concatenate(rows, axis=0)
    x = cast(x, upcast(x.dtype, "float32"))
    x = x - reduce.mean(x, axis=1, keepdims=True)
    if ddof is None:
        ddof = 0 if bias else 1
    return true_div(dot(x, transpose(x)), cast(shape_i(x, 1) - ddof, x.dtype))


def _rows(x: Any, rowvar: bool) -> Variable:
    x = as_variable(x)
    if x.ndim not in (1, 2):
        raise ShapeError(
            f"cov: expected a matrix or a vector, got {x.type}. Reshape it to a row per variable."
        )
    if x.ndim == 1:
        return dimshuffle(x, "x", 0)
    return x if rowvar else transpose(x)


def bincount(
    x: Any, weights: Any = None, minlength: Any = None, assert_nonneg: bool = False
) -> Variable:
    """Return how often each of the numbers 0, 1, 2, ... occurs in a vector.

    Parameters
    ----------
    x
        A vector of integers of at least 0.
    weights
        What each occurrence counts; by default 1.
    minlength
        The least length of the result.
    assert_nonneg
        Accepted for compatibility: a negative number is an error, or counts from the end.

    Examples
    --------
    >>> bincount([1, 1, 3], minlength=5).eval()
    array([0, 2, 0, 1, 0])
    """
    x = as_variable(x)
    if x.ndim != 1:
        raise ShapeError(f"bincount: expected a vector, got {x.type}. Flatten it.")
    places = as_index("bincount", x)
    length = reduce.max(places) + 1
    if minlength is not None:
        length = cast(maximum(length, minlength), "int64")
    counts = zeros([length], x.dtype if weights is None else as_variable(weights).dtype)
    return inc_subtensor(index(counts, places), 1 if weights is None else weights)


def topk(
    x: Any, kth: int, axis: int | None = -1, sorted: bool = True, idx_dtype: str = "int64"
) -> Variable:
    """Return the `kth` largest elements along an axis, in rising order.

    Parameters
    ----------
    x
        A variable.
    kth
        How many; if negative, that many of the smallest ones.
    axis
        The axis; ``None`` flattens first.
    sorted
        Accepted for compatibility: they come in rising order either way.
    idx_dtype
        The dtype of indices, for `argtopk`.

    Examples
    --------
    >>> topk([3, 9, 1, 7], 2).eval(), topk([3, 9, 1, 7], -2).eval()
    (array([7, 9]), array([1, 3]))
    """
    return _ends(sort(x, axis), kth, axis)


def argtopk(
    x: Any, kth: int, axis: int | None = -1, sorted: bool = True, idx_dtype: str = "int64"
) -> Variable:
    """Return the indices of the `kth` largest elements along an axis; see `topk`.

    Examples
    --------
    >>> argtopk([3, 9, 1, 7], 2).eval()
    array([3, 1])
    """
    return cast(_ends(argsort(x, axis), kth, axis), idx_dtype)


def topk_and_argtopk(
    x: Any, kth: int, axis: int | None = -1, sorted: bool = True, idx_dtype: str = "int64"
) -> list[Variable]:
    """Return the `kth` largest elements along an axis and their indices; see `topk`.

    Examples
    --------
    >>> [y.eval() for y in topk_and_argtopk([3, 9, 1, 7], 2)]
    [array([7, 9]), array([3, 1])]
    """
    return [topk(x, kth, axis), argtopk(x, kth, axis, sorted, idx_dtype)]


def _ends(x: Variable, kth: int, axis: int | None) -> Variable:
    if not isinstance(kth, int | np.integer) or kth == 0:
        raise ShapeError(
            f"topk: expected how many, a number other than 0, got {kth!r}. Write 3 for the three "
            "largest, -3 for the three smallest."
        )
    before = normalize_axis("topk", -1 if axis is None else axis, x.ndim)
    part = slice(-kth, None) if kth > 0 else slice(None, -kth)
    return index(x, (slice(None),) * before + (part,))
