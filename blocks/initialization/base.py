"""The interface of initialization schemes, and what stands for one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from blocks.config import config
from blocks.errors import ShapeError
from blocks.representation import short

__all__ = [
    "Array",
    "NdarrayInitialization",
    "Rng",
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
        expected = var.array.shape if shape is None else tuple(shape)
        value = np.asarray(self.generate(rng, expected), dtype=var.dtype)
        if value.shape != expected:
            raise ShapeError(
                f"{type(self).__name__}: expected values of shape {expected} for {var}, got "
                f"{value.shape}. Let generate(rng, shape) return an array of that shape."
            )
        var.set_value(value)

    def __repr__(self) -> str:
        settings = ", ".join(f"{key}={short(value)}" for key, value in vars(self).items())
        return f"{type(self).__name__}({settings})"


def floatx(value: Any) -> Array:
    """Return an array of ``config.floatX``."""
    return np.asarray(value, dtype=config.floatX)


def matrix_shape(scheme: NdarrayInitialization, shape: Sequence[int]) -> tuple[int, int]:
    """Return the two sizes of a matrix; refuse any other shape."""
    if len(shape) != 2:
        raise ShapeError(
            f"{type(scheme).__name__}: expected the shape of a matrix, got {tuple(shape)}. "
            "Use another scheme for this parameter."
        )
    return int(shape[0]), int(shape[1])
