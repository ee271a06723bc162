"""The interface of initialization schemes, and what stands for one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from blocks.config import config
from blocks.errors import BrickError, ShapeError

__all__ = [
    "Array",
    "FromFunction",
    "NdarrayInitialization",
    "Rng",
    "as_scheme",
    "floatx",
    "matrix_shape",
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


def floatx(value: Any) -> Array:
    return np.asarray(value, dtype=config.floatX)


def matrix_shape(scheme: NdarrayInitialization, shape: Sequence[int]) -> tuple[int, int]:
    if len(shape) != 2:
        raise ShapeError(
            f"{type(scheme).__name__}: expected the shape of a matrix, got {tuple(shape)}. "
            "Use another scheme for this parameter."
        )
    return int(shape[0]), int(shape[1])


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
        f"got {type(value).__name__} {value!r}. Use one of blocks.initialization."
    )
