"""Initialization schemes: how the first values of parameters are drawn.

A scheme is given to a brick as ``weights_init`` or ``biases_init``. It draws from the
generator of the brick in float64 and rounds to ``config.floatX``, so float32 and float64
models start from the same numbers.

Examples
--------
>>> import numpy as np
>>> IsotropicGaussian(0.01).generate(np.random.RandomState(1), (1, 3)).round(4)
array([[ 0.0162, -0.0061, -0.0053]])
"""

from __future__ import annotations

import numbers
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from blocks.config import config
from blocks.errors import BrickError, ShapeError

__all__ = [
    "Constant",
    "FromFunction",
    "Identity",
    "IsotropicGaussian",
    "NdarrayInitialization",
    "Orthogonal",
    "Sparse",
    "SparseND",
    "Uniform",
    "as_scheme",
]

Array = npt.NDArray[Any]
Rng = np.random.RandomState


class NdarrayInitialization(ABC):
    """Interface of schemes: a function of a generator and a shape."""

    @abstractmethod
    def generate(self, rng: Rng, shape: tuple[int, ...]) -> Array:
        """Return an array of first values.

        Parameters
        ----------
        rng
            The generator to draw from.
        shape
            The shape of the array.

        Returns
        -------
        An array of that shape and of dtype ``config.floatX``.
        """

    def initialize(self, var: Any, rng: Rng, shape: tuple[int, ...] | None = None) -> None:
        """Set a shared variable to generated values.

        Parameters
        ----------
        var
            The shared variable.
        rng
            The generator to draw from.
        shape
            The shape of the values; by default that of the variable's value.

        Raises
        ------
        ShapeError
            If the values do not have the shape of the variable.
        """
        expected = var.get_value(borrow=True).shape if shape is None else tuple(shape)
        value = np.asarray(self.generate(rng, expected), dtype=var.dtype)
        if value.shape != expected:
            raise ShapeError(
                f"{type(self).__name__}: expected values of shape {expected} for {var}, got "
                f"{value.shape}. Let generate(rng, shape) return an array of that shape."
            )
        var.set_value(value)

    def __repr__(self) -> str:
        settings = ", ".join(f"{key}={value!r}" for key, value in vars(self).items())
        return f"{type(self).__name__}({settings})"


def _floatx(value: Any) -> Array:
    return np.asarray(value, dtype=config.floatX)


def _matrix_shape(scheme: NdarrayInitialization, shape: Sequence[int]) -> tuple[int, int]:
    if len(shape) != 2:
        raise ShapeError(
            f"{type(scheme).__name__}: expected the shape of a matrix, got {tuple(shape)}. "
            "Use another scheme for this parameter."
        )
    return int(shape[0]), int(shape[1])


class Constant(NdarrayInitialization):
    """Every element is the same number, or a given array is repeated.

    Parameters
    ----------
    constant
        A number, or an array that broadcasts to the shape of the parameter.

    Examples
    --------
    >>> Constant(2).generate(None, (2, 2))
    array([[2., 2.],
           [2., 2.]])
    >>> Constant([1, 2]).generate(None, (2, 2))
    array([[1., 2.],
           [1., 2.]])
    """

    def __init__(self, constant: npt.ArrayLike) -> None:
        self.constant = constant

    def generate(self, rng: Rng | None, shape: tuple[int, ...]) -> Array:
        """Return the constant, broadcast to `shape`."""
        constant = _floatx(self.constant)
        try:
            return np.broadcast_to(constant, shape).copy()
        except ValueError:
            raise ShapeError(
                f"Constant: expected values that broadcast to {tuple(shape)}, got an array of "
                f"shape {constant.shape}. Give a number or an array of that shape."
            ) from None


class IsotropicGaussian(NdarrayInitialization):
    """Independent draws from a normal distribution.

    Parameters
    ----------
    std
        The standard deviation.
    mean
        The mean.

    Examples
    --------
    >>> import numpy as np
    >>> IsotropicGaussian(std=0.1, mean=1).generate(np.random.RandomState(1), (2,)).round(3)
    array([1.162, 0.939])
    """

    def __init__(self, std: float = 1, mean: float = 0) -> None:
        if std < 0:
            raise ValueError(f"IsotropicGaussian: expected std of at least 0, got {std}.")
        self.std = std
        self.mean = mean

    def generate(self, rng: Rng, shape: tuple[int, ...]) -> Array:
        """Return draws from N(mean, std^2)."""
        return _floatx(rng.normal(self.mean, self.std, size=shape))


class Uniform(NdarrayInitialization):
    """Independent draws from a uniform distribution around a mean.

    Parameters
    ----------
    mean
        The middle of the interval.
    width
        The length of the interval: values lie in mean - width / 2 to mean + width / 2.
    std
        The standard deviation, instead of `width`: width = sqrt(12) std.

    Raises
    ------
    ValueError
        If both or none of `width` and `std` are given.

    Examples
    --------
    >>> import numpy as np
    >>> Uniform(width=0.2).generate(np.random.RandomState(1), (2,)).round(4)
    array([-0.0166,  0.0441])
    """

    def __init__(
        self, mean: float = 0.0, width: float | None = None, std: float | None = None
    ) -> None:
        if (width is None) == (std is None):
            raise ValueError(
                f"Uniform: expected either width or std, got width={width} and std={std}. "
                "Give exactly one of them."
            )
        self.mean = mean
        self.width = np.sqrt(12) * std if width is None else width

    def generate(self, rng: Rng, shape: tuple[int, ...]) -> Array:
        """Return draws from U(mean - width / 2, mean + width / 2)."""
        half = self.width / 2
        return _floatx(rng.uniform(self.mean - half, self.mean + half, size=shape))


class Identity(NdarrayInitialization):
    """A multiple of the identity matrix; rectangular shapes are cut from it.

    Parameters
    ----------
    mult
        The number on the diagonal.

    Examples
    --------
    >>> Identity(0.5).generate(None, (2, 3))
    array([[0.5, 0. , 0. ],
           [0. , 0.5, 0. ]])
    """

    def __init__(self, mult: float = 1) -> None:
        self.mult = mult

    def generate(self, rng: Rng | None, shape: tuple[int, ...]) -> Array:
        """Return `mult` times an identity matrix."""
        return _floatx(self.mult * np.eye(*_matrix_shape(self, shape)))


class Orthogonal(NdarrayInitialization):
    """A random matrix with orthonormal rows or columns, whichever are fewer.

    The Q of a QR decomposition of normal draws, with the signs that make the diagonal
    of R positive: then it is uniform over the orthogonal group. A rectangular matrix is
    the product of the first columns and the first rows of two square ones.

    Parameters
    ----------
    scale
        A factor for the matrix.

    References
    ----------
    Saxe, McClelland, Ganguli: Exact solutions to the nonlinear dynamics of learning in
    deep linear neural networks, 2013. Mezzadri: How to generate random matrices from the
    classical compact groups, 2007.

    Examples
    --------
    >>> import numpy as np
    >>> Q = Orthogonal().generate(np.random.RandomState(1), (3, 3))
    >>> np.allclose(Q @ Q.T, np.eye(3))
    True
    """

    def __init__(self, scale: float = 1) -> None:
        self.scale = scale

    def generate(self, rng: Rng, shape: tuple[int, ...]) -> Array:
        """Return `scale` times a random orthogonal matrix."""
        rows, columns = _matrix_shape(self, shape)
        left = _random_rotation(rng, rows)
        if rows == columns:
            return _floatx(left * self.scale)
        right = _random_rotation(rng, columns)
        rank = min(rows, columns)
        return _floatx(np.dot(left[:, :rank], right[:rank, :]) * self.scale)


def _random_rotation(rng: Rng, size: int) -> Array:
    # Rounded to floatX before the decomposition, as in Blocks: the numbers depend on it.
    q, r = np.linalg.qr(_floatx(rng.randn(size, size)))
    return np.asarray(q * np.sign(np.diag(r)))


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
        rows, columns = _matrix_shape(self, shape)
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


class FromFunction(NdarrayInitialization):
    """The values that a function of a generator and a shape returns.

    Parameters
    ----------
    function
        A function ``(rng, shape) -> array``.

    Examples
    --------
    >>> import numpy as np
    >>> FromFunction(lambda rng, shape: np.ones(shape)).generate(None, (2,))
    array([1., 1.])
    """

    def __init__(self, function: Callable[[Rng, tuple[int, ...]], npt.ArrayLike]) -> None:
        self.function = function

    def generate(self, rng: Rng | None, shape: tuple[int, ...]) -> Array:
        """Return the values of the function."""
        return _floatx(self.function(rng, shape))  # type: ignore[arg-type]


def as_scheme(value: Any, where: str = "initialization") -> Any:
    """Return a scheme for what users give as ``weights_init``.

    Parameters
    ----------
    value
        A scheme, a number or array (`Constant`), or a function ``(rng, shape) -> array``
        (`FromFunction`). ``None`` stays as it is.
    where
        The brick and attribute, for the message.

    Raises
    ------
    BrickError
        If it is none of these.

    Examples
    --------
    >>> as_scheme(0)
    Constant(constant=0)
    """
    is_class = isinstance(value, type)
    if value is None or (hasattr(value, "initialize") and not is_class):
        return value
    if is_class:
        raise BrickError(
            f"{where}: expected an initialization scheme, got the class {value.__name__}. "
            f"Create one: {value.__name__}(...)."
        )
    if callable(value):
        return FromFunction(value)
    array = np.asarray(value) if isinstance(value, int | float | list | tuple) else value
    if isinstance(array, np.ndarray | np.generic) and array.dtype.kind in "biuf":
        return Constant(value)
    raise BrickError(
        f"{where}: expected an initialization scheme, an array or a function of (rng, shape), "
        f"got {type(value).__name__} {value!r}. Use one of blocks.initialization."
    )
