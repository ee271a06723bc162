"""Coordinates: grids of them, numbers of places in flat arrays, triangles and diagonals.

Examples
--------
>>> [x.eval().tolist() for x in mgrid[0:2, 0:3]]
[[[0, 0, 0], [1, 1, 1]], [[0, 1, 2], [0, 1, 2]]]
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from blocks.errors import ShapeError
from blocks.graph.op import as_variable
from blocks.graph.ops.broadcast import spread
from blocks.graph.ops.creation import arange, eye
from blocks.graph.ops.elementwise import add, cast, clip, ge, int_div, mod, switch
from blocks.graph.ops.index import index
from blocks.graph.ops.shape import as_shape, dimshuffle, shape_i
from blocks.graph.variable import Variable
from blocks.representation import Represented

__all__ = [
    "Grid",
    "fill_diagonal",
    "fill_diagonal_offset",
    "mgrid",
    "ogrid",
    "ravel_multi_index",
    "tri",
    "unravel_index",
]


class Grid(Represented):
    """Coordinates by slices, ``grid[start:stop:step, ...]``; the bounds may be symbolic.

    Parameters
    ----------
    is_open
        Whether each axis has its own coordinates alone (they broadcast), rather than all
        arrays the shape of the grid.

    Examples
    --------
    >>> [x.type.shape for x in Grid(is_open=True)[0:2, 0:3]]
    [(2, 1), (1, 3)]
    """

    def __init__(self, is_open: bool) -> None:
        self.is_open = is_open

    def __getitem__(self, slices: Any) -> list[Variable]:
        """Return one array of coordinates per slice."""
        slices = slices if isinstance(slices, tuple) else (slices,)
        if any(not isinstance(s, slice) or s.stop is None for s in slices):
            raise ShapeError(
                f"grid: expected slices start:stop:step, got {slices}. Give one for each axis."
            )
        lines = [arange(s.start or 0, s.stop, 1 if s.step is None else s.step) for s in slices]
        n = len(lines)
        axes = [
            dimshuffle(x, *["x"] * i, 0, *["x"] * (n - 1 - i)) if n > 1 else x
            for i, x in enumerate(lines)
        ]
        if self.is_open or n == 1:
            return axes
        whole = add(*axes)
        return [spread(x, whole) for x in axes]


mgrid = Grid(is_open=False)
"""A full grid: as many arrays of its shape as it has axes."""

ogrid = Grid(is_open=True)
"""An open grid: one array per axis, which broadcast to it."""


def tri(N: Any, M: Any = None, k: int = 0, dtype: str | None = None) -> Variable:
    """Return a matrix with ones on and below diagonal `k`, else zeros.

    Parameters
    ----------
    N, M
        The numbers of rows and of columns, by default as many.
    k
        The diagonal; positive ones lie above the main one.
    dtype
        The dtype, by default floatX.

    Examples
    --------
    >>> tri(2, 3).eval()
    array([[1., 0., 0.],
           [1., 1., 0.]])
    """
    rows, columns = dimshuffle(arange(N), 0, "x"), dimshuffle(arange(N if M is None else M), "x", 0)
    return cast(ge(rows + k, columns), dtype or "floatX")


def fill_diagonal(a: Any, val: Any) -> Variable:
    """Return a matrix with one value on its diagonal.

    Parameters
    ----------
    a
        A matrix.
    val
        The number.

    Examples
    --------
    >>> fill_diagonal([[1, 2], [3, 4]], 0).eval()
    array([[0, 2],
           [3, 0]])
    """
    return fill_diagonal_offset(a, val, 0)


def fill_diagonal_offset(a: Any, val: Any, offset: int) -> Variable:
    """Return a matrix with one value on a diagonal; positive ones lie above the main one.

    Parameters
    ----------
    a
        A matrix.
    val
        The number.
    offset
        The diagonal: 0 for the main one.

    Raises
    ------
    ShapeError
        If `a` is no matrix or `val` no scalar.

    Examples
    --------
    >>> fill_diagonal_offset([[1, 2], [3, 4]], 0, 1).eval()
    array([[1, 0],
           [3, 4]])
    """
    a, val = as_variable(a), as_variable(val)
    if a.ndim != 2 or val.ndim:
        raise ShapeError(
            f"fill_diagonal: expected a matrix and a scalar, got {a.type} and {val.type}. Use "
            "set_subtensor for other parts."
        )
    places = eye(shape_i(a, 0), shape_i(a, 1), offset, "bool")
    return switch(places, cast(val, a.dtype), a)


def _strides(
    name: str, dims: Any, order: str, ndim: int | None
) -> tuple[list[Variable], list[int]]:
    """Return the sizes, and the axes from the fastest to the slowest."""
    if order not in ("C", "F"):
        raise ShapeError(
            f"{name}: expected the order 'C' or 'F', got {order!r}. Choose one of them."
        )
    sizes = as_shape(name, dims)
    known = sizes.type.shape[0]
    n = known if ndim is None else ndim
    if n is None:
        raise ShapeError(
            f"{name}: expected dims of known length, got {sizes.type}. Pass ndim as well."
        )
    if known not in (None, n):
        raise ShapeError(
            f"{name}: expected {n} dims, one for each axis, got {known}. Give as many sizes as "
            "indices."
        )
    axes = list(range(n))
    return [index(sizes, i) for i in axes], axes if order == "F" else axes[::-1]


def unravel_index(
    indices: Any, dims: Any, order: str = "C", ndim: int | None = None
) -> tuple[Variable, ...]:
    """Return the indices along each axis of the places with given numbers in a flat array.

    Parameters
    ----------
    indices
        Integers.
    dims
        The shape of the array.
    order
        ``"C"``: the last axis runs fastest; ``"F"``: the first does.
    ndim
        The number of axes, where `dims` is a vector whose length is not known.

    Examples
    --------
    >>> [i.eval().tolist() for i in unravel_index([1, 5], (2, 3))]
    [[0, 1], [1, 2]]
    """
    sizes, axes = _strides("unravel_index", dims, order, ndim)
    rest = cast(as_variable(indices), "int64")
    found: dict[int, Variable] = {}
    for axis in axes[:-1]:
        found[axis] = mod(rest, sizes[axis])
        rest = int_div(rest, sizes[axis])
    if axes:
        found[axes[-1]] = rest
    return tuple(found[axis] for axis in range(len(axes)))


def ravel_multi_index(
    multi_index: Sequence[Any], dims: Any, mode: str = "raise", order: str = "C"
) -> Variable:
    """Return the numbers in a flat array of the places with given indices along each axis.

    Parameters
    ----------
    multi_index
        Integers for each axis.
    dims
        The shape of the array.
    mode
        ``"raise"``: they are taken to be in range; ``"wrap"`` and ``"clip"`` make them so.
    order
        As of `unravel_index`.

    Examples
    --------
    >>> ravel_multi_index(([0, 1], [1, 2]), (2, 3)).eval()
    array([1, 5])
    """
    if mode not in ("raise", "wrap", "clip"):
        raise ShapeError(
            f"ravel_multi_index: expected the mode 'raise', 'wrap' or 'clip', got {mode!r}. "
            "Choose one of them."
        )
    sizes, axes = _strides("ravel_multi_index", dims, order, len(multi_index))
    total: Any = 0
    for axis in reversed(axes):
        i = cast(as_variable(multi_index[axis]), "int64")
        if mode == "wrap":
            i = mod(i, sizes[axis])
        elif mode == "clip":
            i = clip(i, 0, sizes[axis] - 1)
        total = i if isinstance(total, int) else total * sizes[axis] + i
    return as_variable(total)
