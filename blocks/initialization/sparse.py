"""Schemes that fill a part of an array, at random positions."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from typing import Any

import numpy as np

from blocks.errors import ShapeError
from blocks.initialization.base import Array, NdarrayInitialization, Rng, matrix_shape
from blocks.initialization.dense import Constant

__all__ = ["Sparse", "SparseND"]


class Sparse(NdarrayInitialization):
    """A few values per row come from one scheme, all others from another.

    All draws, those of the positions too, come from the given generator, so the result
    depends on the seed of the brick alone. (Blocks 0.2 took the positions from NumPy's
    global generator: equal seeds place the values elsewhere here.)

    Parameters
    ----------
    num_init
        How many values of each row come from `weights_init`: an integer of at least 1,
        or a fraction of the row's length in (0, 1].
    weights_init
        The scheme of those values.
    sparse_init
        The scheme of all others; by default they are 0.

    Raises
    ------
    ValueError
        If `num_init` is out of range.

    References
    ----------
    Martens: Deep learning via Hessian-free optimization, 2010.

    Examples
    --------
    >>> import numpy as np
    >>> W = Sparse(2, Constant(1)).generate(np.random.RandomState(1), (3, 5))
    >>> W.sum(axis=1)
    array([2., 2., 2.])
    """

    def __init__(
        self,
        num_init: float,
        weights_init: NdarrayInitialization,
        sparse_init: NdarrayInitialization | None = None,
    ) -> None:
        is_count = isinstance(num_init, numbers.Integral)
        if num_init <= 0 or (not is_count and num_init > 1):
            raise ValueError(
                f"{type(self).__name__}: expected num_init to be an integer of at least 1 or a "
                f"fraction in (0, 1], got {num_init}."
            )
        self.num_init = num_init
        self.weights_init = weights_init
        self.sparse_init = Constant(0.0) if sparse_init is None else sparse_init

    def generate(self, rng: Rng, shape: tuple[int, ...]) -> Array:
        """Return a matrix with `num_init` values of `weights_init` in each row."""
        rows, columns = matrix_shape(self, shape)
        weights = self.sparse_init.generate(rng, (rows, columns))
        is_count = isinstance(self.num_init, numbers.Integral)
        count = int(self.num_init if is_count else self.num_init * columns)
        if count > columns:
            raise ShapeError(
                f"{type(self).__name__}: expected rows of at least num_init = {count} elements, "
                f"got the shape {tuple(shape)}. Use a fraction such as num_init=0.5."
            )
        values = self.weights_init.generate(rng, (rows, count))
        for row in range(rows):
            weights[row, rng.choice(columns, count, replace=False)] = values[row]
        return weights


class SparseND(Sparse):
    """As `Sparse`, for any number of axes: sparse over all axes but the given ones.

    Parameters
    ----------
    axis
        The axis or axes that play the part of the rows: for each index along them,
        `num_init` of the other elements come from `weights_init`.
    **kwargs
        The arguments of `Sparse`.

    Examples
    --------
    >>> import numpy as np
    >>> scheme = SparseND(axis=(0, 1), num_init=3, weights_init=Constant(1))
    >>> scheme.generate(np.random.RandomState(1), (2, 2, 4, 4)).sum(axis=(2, 3))
    array([[3., 3.],
           [3., 3.]])
    """

    def __init__(self, axis: int | Sequence[int], **kwargs: Any) -> None:
        self.axis = axis
        super().__init__(**kwargs)

    def generate(self, rng: Rng, shape: tuple[int, ...]) -> Array:
        """Return an array with `num_init` values for each index along `axis`."""
        axes = [self.axis] if isinstance(self.axis, numbers.Integral) else list(self.axis)  # type: ignore[arg-type]
        rest = [axis for axis in range(len(shape)) if axis not in axes]
        order = [*axes, *rest]
        if sorted(order) != list(range(len(shape))):
            raise ShapeError(
                f"SparseND: expected different axes of an array of shape {tuple(shape)}, got "
                f"axis={self.axis}."
            )
        sizes = [shape[axis] for axis in order]
        rows = int(np.prod(sizes[: len(axes)]))
        columns = int(np.prod(sizes[len(axes) :]))
        matrix = super().generate(rng, (rows, columns))
        return np.ascontiguousarray(matrix.reshape(sizes).transpose(np.argsort(order)))
