"""Arrays as shared variables and constants keep them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from blocks.errors import ShapeError
from blocks.graph.types import TensorType

__all__ = ["check_sizes", "owned"]


def check_sizes(where: str, type_: TensorType, array: npt.NDArray[Any]) -> None:
    """Refuse a value that a variable of this type cannot have."""
    fits = array.ndim == type_.ndim and all(
        (size is None or size == got) and (got == 1 or not flag)
        for size, flag, got in zip(type_.shape, type_.broadcastable, array.shape, strict=True)
    )
    if not fits:
        raise ShapeError(
            f"{where}: expected {type_}, got {array.dtype} {array.shape}. "
            "Give a value of that shape."
        )


def owned(array: npt.NDArray[Any], borrow: bool) -> npt.NDArray[Any]:
    """Return an array as kernels want it: C-contiguous, of native bytes, and mostly a copy."""
    dtype = array.dtype.newbyteorder("=")
    if borrow and array.flags.carray and array.dtype == dtype:
        return array
    return np.array(array, dtype, order="C")
