"""Schemes that fill a whole array, and what stands for one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from blocks.errors import BrickError, ShapeError, described
from blocks.initialization.base import Array, NdarrayInitialization, Rng, floatx, matrix_shape

__all__ = [
    "Constant",
    "FromFunction",
    "Identity",
    "IsotropicGaussian",
    "Orthogonal",
    "Uniform",
    "as_scheme",
]


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
        constant = floatx(self.constant)
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
        return floatx(rng.normal(self.mean, self.std, size=shape))


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
        return floatx(rng.uniform(self.mean - half, self.mean + half, size=shape))


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
        return floatx(self.mult * np.eye(*matrix_shape(self, shape)))


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
        rows, columns = matrix_shape(self, shape)
        left = _random_rotation(rng, rows)
        if rows == columns:
            return floatx(left * self.scale)
        right = _random_rotation(rng, columns)
        rank = min(rows, columns)
        return floatx(np.dot(left[:, :rank], right[:rank, :]) * self.scale)


def _random_rotation(rng: Rng, size: int) -> Array:
    # Rounded to floatX before the decomposition, as in Blocks: the numbers depend on it.
    q, r = np.linalg.qr(floatx(rng.randn(size, size)))
    return np.asarray(q * np.sign(np.diag(r)))


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
        return floatx(self.function(rng, shape))  # type: ignore[arg-type]


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
        f"got {described(value)}. Use one of blocks.initialization."
    )
