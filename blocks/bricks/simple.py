"""Simple bricks: linear maps, biases and maxout; and the activation functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from blocks import tensor
from blocks.bricks.activations import (
    Identity,
    LeakyRectifier,
    Logistic,
    NDimensionalSoftmax,
    Rectifier,
    Softmax,
    Softplus,
    Tanh,
)
from blocks.bricks.base import Brick, application, lazy, path_of
from blocks.bricks.interfaces import Feedforward, Initializable, LinearLike
from blocks.errors import BrickError, ShapeError
from blocks.graph.variable import SharedVariable, Variable
from blocks.roles import BIAS, WEIGHT, VariableRole, add_role
from blocks.utils.theano_utils import shared_floatx_nans

__all__ = [
    "Bias",
    "Identity",
    "LeakyRectifier",
    "Linear",
    "LinearMaxout",
    "Logistic",
    "Maxout",
    "NDimensionalSoftmax",
    "Rectifier",
    "Softmax",
    "Softplus",
    "Tanh",
]


def checked_dim(brick: Brick, name: str) -> int:
    """Return an attribute of a brick that must be a size, or raise.

    Parameters
    ----------
    brick
        The brick.
    name
        The attribute, such as ``"input_dim"``.

    Raises
    ------
    BrickError
        If it is not a positive integer.
    """
    value = getattr(brick, name)
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise BrickError(
            f"{path_of(brick)}: expected {name} to be a positive integer, got {value!r}. "
            f"Set {name} before the brick is allocated."
        )
    return int(value)


def add_parameter(
    brick: Brick, shape: tuple[int, ...], name: str, role: VariableRole
) -> SharedVariable:
    """Append a parameter full of NaN to a brick, and record its norm for monitoring.

    Parameters
    ----------
    brick
        The brick.
    shape
        The shape of the parameter.
    name
        The name of the parameter; that of its norm is ``<name>_norm``.
    role
        Its role, such as ``WEIGHT``.
    """
    parameter: SharedVariable = shared_floatx_nans(shape, name=name)
    add_role(parameter, role)
    brick.parameters.append(parameter)
    norm = tensor.sqrt(tensor.sqr(parameter).sum())
    brick.add_auxiliary_variable(norm, name=f"{name}_norm")
    return parameter


class Linear(LinearLike, Feedforward):
    """The affine map x W + b.

    Shapes: (..., input_dim) -> (..., output_dim); W is (input_dim, output_dim), b is
    (output_dim,).

    Parameters
    ----------
    input_dim, output_dim
        The sizes of the last axes of input and output.
    **kwargs
        Those of `Initializable`: ``weights_init``, ``biases_init``, ``use_bias``...

    Examples
    --------
    >>> import numpy as np
    >>> from blocks.initialization import Constant
    >>> linear = Linear(2, 1, weights_init=Constant(3), biases_init=Constant(1))
    >>> linear.initialize()
    >>> x = tensor.matrix("x")
    >>> linear.apply(x).eval({x: np.array([[1.0, 2.0]])})
    array([[10.]])
    """

    @lazy(allocation=["input_dim", "output_dim"])
    def __init__(self, input_dim: int, output_dim: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.input_dim = input_dim
        self.output_dim = output_dim

    def _allocate(self) -> None:
        sizes = checked_dim(self, "input_dim"), checked_dim(self, "output_dim")
        add_parameter(self, sizes, "W", WEIGHT)
        if getattr(self, "use_bias", True):
            add_parameter(self, sizes[1:], "b", BIAS)

    @application(inputs=["input_"], outputs=["output"])
    def apply(self, input_: Variable) -> Variable:
        """Return ``input_`` W + b."""
        output = tensor.dot(input_, self.W)
        return output + self.b if getattr(self, "use_bias", True) else output

    def get_dim(self, name: str) -> int:
        """Return the size of the last axis of ``input_`` or ``output``."""
        dims = {"input_": self.input_dim, "output": self.output_dim}
        return dims[name] if name in dims else super().get_dim(name)


class Bias(Feedforward, Initializable):
    """Adds a vector of biases: x + b.

    Shapes: (..., dim) -> (..., dim).

    Parameters
    ----------
    dim
        The size of the last axis.
    **kwargs
        Those of `Initializable`.

    Examples
    --------
    >>> from blocks.initialization import Constant
    >>> bias = Bias(2, biases_init=Constant(1))
    >>> bias.initialize()
    >>> bias.apply([1.0, 2.0]).eval()
    array([2., 3.])
    """

    @lazy(allocation=["dim"])
    def __init__(self, dim: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dim = dim

    @property
    def input_dim(self) -> int:
        """The same as ``dim``."""
        return self.dim

    @input_dim.setter
    def input_dim(self, value: int) -> None:
        self.dim = value

    @property
    def output_dim(self) -> int:
        """The same as ``dim``."""
        return self.dim

    @output_dim.setter
    def output_dim(self, value: int) -> None:
        self.dim = value

    def _allocate(self) -> None:
        add_parameter(self, (checked_dim(self, "dim"),), "b", BIAS)

    def _initialize(self) -> None:
        self.biases_init.initialize(self.parameters[0], self.rng)

    @application(inputs=["input_"], outputs=["output"])
    def apply(self, input_: Variable) -> Variable:
        """Return ``input_`` + b."""
        return input_ + self.parameters[0]

    def get_dim(self, name: str) -> int:
        """Return the size of the last axis of ``input_`` or ``output``."""
        return self.dim if name in ("input_", "output") else super().get_dim(name)


class Maxout(Brick):
    """The largest of each group of adjacent elements of the last axis.

    Shapes: (..., n * num_pieces) -> (..., n).

    Parameters
    ----------
    num_pieces
        The size of a group.

    References
    ----------
    Goodfellow et al.: Maxout networks, 2013.

    Examples
    --------
    >>> Maxout(2).apply([1.0, 3.0, 2.0, 0.0]).eval()
    array([3., 2.])
    """

    @lazy(allocation=["num_pieces"])
    def __init__(self, num_pieces: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.num_pieces = num_pieces

    @application(inputs=["input_"], outputs=["output"])
    def apply(self, input_: Variable) -> Variable:
        """Return the largest element of each group."""
        pieces = checked_dim(self, "num_pieces")
        size = input_.type.shape[-1] if input_.ndim else 1
        if input_.ndim == 0 or (size is not None and size % pieces):
            raise ShapeError(
                f"{path_of(self)}.apply: expected a last axis divisible by num_pieces={pieces}, "
                f"got {input_.type}. Change num_pieces or the dimension of what comes before."
            )
        sizes = [input_.shape[axis] for axis in range(input_.ndim - 1)]
        grouped = input_.reshape(
            [*sizes, input_.shape[input_.ndim - 1] // pieces, pieces], ndim=input_.ndim + 1
        )
        return grouped.max(axis=input_.ndim)


class LinearMaxout(Initializable, Feedforward):
    """Maxout of an affine map: max over k of (x W + b)[..., k].

    Shapes: (..., input_dim) -> (..., output_dim).

    Parameters
    ----------
    input_dim, output_dim
        The sizes of the last axes of input and output.
    num_pieces
        How many linear functions each output is the maximum of.
    **kwargs
        Those of `Initializable`.

    Examples
    --------
    >>> brick = LinearMaxout(input_dim=3, output_dim=2, num_pieces=4)
    >>> brick.allocate()
    >>> brick.linear.W.get_value().shape
    (3, 8)
    """

    @lazy(allocation=["input_dim", "output_dim", "num_pieces"])
    def __init__(self, input_dim: int, output_dim: int, num_pieces: int, **kwargs: Any) -> None:
        self.linear = Linear()
        self.maxout = Maxout()
        kwargs["children"] = [self.linear, self.maxout, *kwargs.get("children", ())]
        super().__init__(**kwargs)
        self.input_dim = input_dim
        self.output_dim = output_dim
        self.num_pieces = num_pieces

    @property
    def input_dim(self) -> int:
        """The size of the last axis of the input."""
        return self.linear.input_dim

    @input_dim.setter
    def input_dim(self, value: int) -> None:
        self.linear.input_dim = value

    def _push_allocation_config(self) -> None:
        pieces = checked_dim(self, "num_pieces")
        self.linear.output_dim = checked_dim(self, "output_dim") * pieces
        self.maxout.num_pieces = pieces
        if hasattr(self, "use_bias"):
            self.linear.use_bias = self.use_bias

    @application(inputs=["input_"], outputs=["output"])
    def apply(self, input_: Variable) -> Variable:
        """Return the largest of ``num_pieces`` affine maps of ``input_``."""
        return self.maxout.apply(self.linear.apply(input_))

    def get_dim(self, name: str) -> int:
        """Return the size of the last axis of ``input_`` or ``output``."""
        dims = {"input_": self.input_dim, "output": self.output_dim}
        return dims[name] if name in dims else super().get_dim(name)
