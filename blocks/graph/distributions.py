"""Random variables of a graph as functions of a state; the streams of `streams` give states.

Parameters may be numbers, arrays or variables. Their shapes must fit the result, which has the
shape `size`, or else that of the parameters. Where a distribution is a function of uniform or
normal numbers, gradients by its parameters exist: those of ``low + (high - low) * u``.

Examples
--------
>>> import numpy as np
>>> state = np.array([5, 0], "uint64")
>>> binomial(state, (3,), p=1.0).eval(), multinomial(state, None, 4, [0.0, 1.0]).eval()
(array([1, 1, 1]), array([0, 4]))
"""

from __future__ import annotations

from typing import Any

from blocks.errors import ShapeError
from blocks.graph.op import as_variable
from blocks.graph.ops.bounds import bounded
from blocks.graph.ops.creation import alloc, arange
from blocks.graph.ops.elementwise import add, cast, floor, lt, sub
from blocks.graph.ops.index import index
from blocks.graph.ops.join import concatenate
from blocks.graph.ops.order import argsort, cumsum
from blocks.graph.ops.random import Bernoulli, RandomNormal, RandomUniform, TruncatedNormal
from blocks.graph.ops.random_choice import Distinct, OneForEach
from blocks.graph.ops.random_counts import Binomial, Multinomial, Poisson
from blocks.graph.ops.search import searchsorted
from blocks.graph.ops.shape import as_scalar, make_vector, reshape, shape
from blocks.graph.ops.take import take
from blocks.graph.random_parameters import (
    converted,
    filled,
    float_dtype,
    is_number,
    real,
    size_of,
    whole,
)
from blocks.graph.types import as_dtype
from blocks.graph.variable import Constant, Variable, constant

__all__ = [
    "binomial",
    "choice",
    "multinomial",
    "normal",
    "permutation",
    "poisson",
    "random_integers",
    "shuffle_row_elements",
    "truncated_normal",
    "uniform",
]

LARGEST = 1e9  # of n and of rates: a count takes 30,000 steps there, and is exact to 5 digits


def uniform(
    state: Any,
    size: Any,
    low: Any = 0.0,
    high: Any = 1.0,
    ndim: int | None = None,
    dtype: Any = None,
) -> Variable:
    """Return low + (high - low) u, with u uniform from 0 to below 1.

    Rounding may give `high` itself, where `low` is far from 0.

    Parameters
    ----------
    state
        The state.
    size
        The shape: integers or scalar variables, a vector of them, or ``None``.
    low, high
        The bounds.
    ndim
        The number of axes, where `size` is a vector of unknown length.
    dtype
        The dtype; by default the common one of floatX and the parameters.

    Examples
    --------
    >>> import numpy as np
    >>> x = uniform(np.array([5, 0], "uint64"), (1000,), 2.0, 3.0).eval()
    >>> bool(x.min() >= 2), bool(x.max() <= 3)
    (True, True)
    """
    low, high = as_variable(low), as_variable(high)
    sizes, ndim = size_of("uniform", size, ndim, low, high)
    dtype = float_dtype("uniform", dtype, low, high)
    u: Variable = RandomUniform(dtype, ndim)(state, sizes)
    if is_number(low, 0) and is_number(high, 1):
        return u
    low, high = cast(low, dtype), cast(high, dtype)
    result: Variable = u * (high - low) + low
    return result


def normal(
    state: Any,
    size: Any,
    avg: Any = 0.0,
    std: Any = 1.0,
    ndim: int | None = None,
    dtype: Any = None,
) -> Variable:
    """Return avg + std z, with z of mean 0 and variance 1, normally distributed.

    Parameters
    ----------
    state, size, ndim, dtype
        As of `uniform`.
    avg, std
        Mean and standard deviation.

    Examples
    --------
    >>> import numpy as np
    >>> x = normal(np.array([5, 0], "uint64"), (10000,), avg=2.0).eval()
    >>> x.mean().round(1), x.std().round(1)
    (np.float64(2.0), np.float64(1.0))
    """
    avg, std = as_variable(avg), as_variable(std)
    sizes, ndim = size_of("normal", size, ndim, avg, std)
    dtype = float_dtype("normal", dtype, avg, std)
    return _scaled(RandomNormal(dtype, ndim)(state, sizes), avg, std)


def truncated_normal(
    state: Any,
    size: Any,
    avg: Any = 0.0,
    std: Any = 1.0,
    ndim: int | None = None,
    dtype: Any = None,
) -> Variable:
    """Return avg + std z, with z normally distributed but never beyond -2 and 2.

    Numbers beyond are drawn again. The standard deviation of z is 0.88. The arguments are those
    of `normal`.
    """
    avg, std = as_variable(avg), as_variable(std)
    sizes, ndim = size_of("truncated_normal", size, ndim, avg, std)
    dtype = float_dtype("truncated_normal", dtype, avg, std)
    return _scaled(cast(TruncatedNormal("float64", ndim)(state, sizes), dtype), avg, std)


def _scaled(z: Variable, avg: Variable, std: Variable) -> Variable:
    if not is_number(std, 1):
        z = z * cast(std, z.dtype)
    return z if is_number(avg, 0) else z + cast(avg, z.dtype)


def binomial(
    state: Any,
    size: Any,
    n: Any = 1,
    p: Any = 0.5,
    ndim: int | None = None,
    dtype: Any = "int64",
) -> Variable:
    """Return how many of n trials succeed, each with probability p.

    Parameters
    ----------
    state, size, ndim
        As of `uniform`.
    n, p
        The number of trials, and the probability.
    dtype
        The dtype.

    Raises
    ------
    RangeError
        If p is not from 0 to 1, or n is below 0: at once where they are constant.
    """
    n, p = as_variable(n), real(as_variable(p))
    sizes, ndim = size_of("binomial", size, ndim, n, p)
    dtype = as_dtype(dtype)
    p = bounded(p, "binomial", "probabilities", 0, 1)
    if is_number(n, 1):
        if p.ndim == 0:
            result: Variable = Bernoulli(dtype, ndim)(state, p, sizes)
            return result
        u = RandomUniform(p.dtype, ndim)(state, sizes)
        return cast(lt(u, p), dtype)
    n = bounded(whole("binomial", n), "binomial", "numbers of trials", 0, LARGEST)
    result = Binomial(dtype, ndim)(state, *(filled(x, sizes, ndim) for x in (n, p)), sizes)
    return result


def poisson(
    state: Any, size: Any, lam: Any = 1.0, ndim: int | None = None, dtype: Any = "int64"
) -> Variable:
    """Return numbers of events of which `lam` are expected.

    Parameters
    ----------
    state, size, ndim
        As of `uniform`.
    lam
        The expected number.
    dtype
        The dtype.

    Raises
    ------
    RangeError
        If `lam` is below 0: at once where it is constant.
    """
    lam = bounded(real(as_variable(lam)), "poisson", "rates", 0, LARGEST)
    sizes, ndim = size_of("poisson", size, ndim, lam)
    result: Variable = Poisson(as_dtype(dtype), ndim)(state, filled(lam, sizes, ndim), sizes)
    return result


def random_integers(
    state: Any,
    size: Any,
    low: Any = 0,
    high: Any = 1,
    ndim: int | None = None,
    dtype: Any = "int64",
) -> Variable:
    """Return integers from `low` to `high`, both included, all equally likely.

    The other arguments are those of `uniform`.
    """
    low, high = as_variable(low), as_variable(high)
    sizes, ndim = size_of("random_integers", size, ndim, low, high)
    low, high = (converted(whole("random_integers", x), "float64") for x in (low, high))
    if isinstance(low, Constant) and isinstance(high, Constant):
        count: Variable = constant(high.data - low.data + 1.0)
    else:
        count = add(sub(high, low), 1.0)
    count = bounded(count, "random_integers", "ranges high - low + 1", 1)
    u = RandomUniform("float64", ndim)(state, sizes)
    return cast(floor(u * count) + low, as_dtype(dtype))


def permutation(
    state: Any, size: Any = None, n: Any = 1, ndim: int | None = None, dtype: Any = "int64"
) -> Variable:
    """Return permutations of 0, ..., n - 1, of shape `size` followed by n.

    They are the order of n uniform numbers of float64. The other arguments are those of `uniform`.
    """
    n = bounded(as_scalar("permutation", n), "permutation", "n", 0)
    sizes, ndim = size_of("permutation", () if size is None else size, ndim)
    u = RandomUniform("float64", ndim + 1)(state, concatenate([sizes, make_vector([n], "int64")]))
    return cast(argsort(u, axis=-1), as_dtype(dtype))


def shuffle_row_elements(state: Any, x: Any) -> Variable:
    """Return `x` with the elements along its last axis in random order, another in each row.

    Parameters
    ----------
    state
        The state.
    x
        A variable of at least one axis.
    """
    x = as_variable(x)
    if x.ndim == 0:
        raise ShapeError(
            f"shuffle_row_elements: expected at least one axis, got {x.type}. "
            "Give a vector, or rows of them."
        )
    sizes = shape(x)
    last = index(sizes, x.ndim - 1)
    orders = argsort(RandomUniform("float64", x.ndim)(state, sizes), axis=-1)
    return reshape(_by_rows(reshape(x, (-1,)), reshape(orders, (-1, last)), last), sizes, x.ndim)


def _by_rows(flat: Variable, indices: Variable, columns: Variable) -> Variable:
    """Return elements of each row of a matrix, given as a vector of its elements."""
    starts = arange(index(shape(indices), 0)) * columns
    return take(flat, indices + reshape(starts, (-1, 1)))


def multinomial(
    state: Any,
    size: Any = None,
    n: Any = 1,
    pvals: Any = (0.5, 0.5),
    ndim: int | None = None,
    dtype: Any = "int64",
) -> Variable:
    """Return how often each of several things happens in n trials.

    The last axis is that of the things, as in `pvals`; the others are `size`, or those of
    `pvals`.

    Parameters
    ----------
    state, size, ndim
        As of `uniform`.
    n
        The number of trials.
    pvals
        The probabilities, along the last axis.
    dtype
        The dtype.

    Raises
    ------
    RangeError
        If probabilities are not from 0 to 1 or do not sum to 1: at once where they are constant.
    """
    pvals = bounded(real(as_variable(pvals)), "multinomial", "probabilities", 0, 1, sums_to_1=True)
    n = bounded(
        whole("multinomial", as_variable(n)), "multinomial", "numbers of trials", 0, LARGEST
    )
    if size is not None:
        sizes, ndim = size_of("multinomial", size, ndim)
        things = index(shape(pvals), pvals.ndim - 1)
        pvals = alloc(pvals, *(index(sizes, i) for i in range(ndim)), things)
        n = filled(n, sizes, ndim)
    result: Variable = Multinomial(as_dtype(dtype))(state, n, pvals)
    return result


def choice(
    state: Any,
    size: Any = None,
    a: Any = 2,
    replace: bool = True,
    p: Any = None,
    ndim: int | None = None,
    dtype: Any = "int64",
) -> Variable:
    """Return elements of the vector `a`, or of 0, ..., a - 1, with or without replacement.

    Parameters
    ----------
    state
        The state.
    size
        The shape of the result. With a matrix of probabilities it is the number of elements
        that are drawn for each row, without replacement.
    a
        What to choose from: a vector, or an integer, by default the number of probabilities.
    replace
        Whether an element may be drawn again.
    p
        The probability of each element, by default all alike. Without replacement, elements
        are drawn one after another with what remains of the probabilities.
    ndim, dtype
        The number of axes of the result, and the dtype if `a` is a number.

    Raises
    ------
    RangeError, ShapeError
        If probabilities are not from 0 to 1 or do not sum to 1, or are not as many as elements.
    """
    if p is not None:
        p = bounded(real(as_variable(p)), "choice", "probabilities", 0, 1, sums_to_1=True)
    if a is None and p is None:
        raise ShapeError("choice: expected a or p, got neither. Give what to choose from.")
    count = as_variable(a) if a is not None else index(shape(p), p.ndim - 1)
    if p is not None and p.ndim == 2:
        if replace:
            raise ShapeError(
                f"choice: expected a vector of probabilities to draw with replacement, got "
                f"{p.type}. Use multinomial, or replace=False."
            )
        several: Variable = Distinct(as_dtype(dtype))(state, p, as_scalar("choice", size))
        return several
    if count.ndim > 1 or (p is not None and p.ndim != 1):
        raise ShapeError(
            f"choice: expected a number or a vector to choose from, got {count.type}"
            f"{'' if p is None else f' with probabilities {p.type}'}. Flatten them."
        )
    sizes, ndim = size_of("choice", size, ndim)
    items = None if count.ndim == 0 else count
    count = count if items is None else index(shape(items), 0)
    if p is not None:
        p = OneForEach()(p, whole("choice", count))
    if replace and p is None:
        count = bounded(converted(whole("choice", count), "float64"), "choice", "elements", 1)
        found = cast(floor(RandomUniform("float64", ndim)(state, sizes) * count), "int64")
    elif replace:
        below = cumsum(cast(p, "float64"))
        u = RandomUniform("float64", ndim)(state, sizes)
        found = searchsorted(below, reshape(u, (-1,)) * below[-1], side="right")
        found = reshape(found, sizes, ndim)
    else:
        weights = alloc(1.0, 1, count) if p is None else reshape(p, (1, -1))
        total = int(sizes.data.prod()) if isinstance(sizes, Constant) else sizes.prod()
        found = reshape(Distinct("int64")(state, weights, total), sizes, ndim)
    return cast(found, as_dtype(dtype)) if items is None else take(items, found)
