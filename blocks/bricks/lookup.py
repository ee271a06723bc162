"""Lookup tables: a trained vector for each of a number of words, classes or other things."""

from __future__ import annotations

from typing import Any

from blocks import tensor
from blocks.bricks.base import application, lazy, path_of
from blocks.bricks.interfaces import Feedforward, Initializable
from blocks.bricks.simple import checked_dim
from blocks.errors import BrickError
from blocks.graph.variable import Variable
from blocks.roles import WEIGHT, add_role
from blocks.utils.theano_utils import shared_floatx_nans

__all__ = ["LookupTable"]


class LookupTable(Initializable, Feedforward):
    """The rows of a matrix of weights: W[indices].

    Shapes: integers of any shape (...) -> (..., dim); W is (length, dim).

    Parameters
    ----------
    length
        The number of rows: how many different indices there are.
    dim
        The size of a row.
    **kwargs
        Those of `Initializable`. ``biases_init`` is taken, as parents and old scripts hand
        it on, but there are no biases.

    Raises
    ------
    IndexRangeError
        When an index is not from -length to length - 1, where -1 is the last row: when the
        brick is applied if the index is known then, else when the function is called.
    DtypeError
        When it is applied to anything but integers.

    Notes
    -----
    The gradient of W has the shape of W; a row that is looked up several times gets the sum.

    Examples
    --------
    >>> import numpy as np
    >>> words = LookupTable(length=3, dim=2, weights_init=np.array([[0, 1], [2, 3], [4, 5]]))
    >>> words.initialize()
    >>> words.apply([2, 0, 0]).eval()
    array([[4., 5.],
           [0., 1.],
           [0., 1.]])
    """

    has_bias = False

    @lazy(allocation=["length", "dim"])
    def __init__(self, length: int, dim: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.length = length
        self.dim = dim

    @property
    def W(self) -> Variable:
        """The weights, one row for each index."""
        return self._parameter(0, "W")

    def _allocate(self) -> None:
        shape = checked_dim(self, "length"), checked_dim(self, "dim")
        self.parameters.append(shared_floatx_nans(shape, name="W"))
        add_role(self.parameters[0], WEIGHT)

    def _initialize(self) -> None:
        self.weights_init.initialize(self.parameters[0], self.rng)

    @application(inputs=["indices"], outputs=["output"])
    def apply(self, indices: Variable) -> Variable:
        """Return the rows of W with these numbers."""
        return tensor.take(self.W, indices, axis=0)

    def get_dim(self, name: str) -> int:
        """Return the size of a row for ``output``, 0 for ``indices``, which have no axis."""
        dims = {"indices": self.input_dim, "output": self.dim}
        return dims[name] if name in dims else super().get_dim(name)

    @property
    def input_dim(self) -> int:
        """Always 0: an index has no axis of its own."""
        return 0

    @input_dim.setter
    def input_dim(self, dim: int) -> None:
        if dim != 0:
            raise BrickError(
                f"{path_of(self)}: expected input_dim to be 0, got {dim!r}. Its input are "
                "integers; their number is length."
            )

    @property
    def output_dim(self) -> int:
        """The same as ``dim``."""
        return self.dim

    @output_dim.setter
    def output_dim(self, dim: int) -> None:
        self.dim = dim
