"""An op computed on arrays, and the types that arrays have.

Examples
--------
>>> from blocks import tensor
>>> x = tensor.matrix("x")
>>> concrete_type(x, np.zeros((2, 3)))
TensorType('float64', (2, 3))
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from blocks.graph.types import Array, TensorType, Types
from blocks.graph.variable import LARGEST_KNOWN, Variable

if TYPE_CHECKING:
    from blocks.graph.op import Op

__all__ = ["concrete_type", "evaluate"]


def concrete_type(x: Variable, array: Array) -> TensorType:
    """Return the type of a variable with the sizes, and small values, of an array."""
    known = None
    if array.dtype.kind in "iu" and array.ndim <= 1 and array.size <= LARGEST_KNOWN:
        known = tuple(map(int, array)) if array.ndim else int(array)
    return TensorType(x.dtype, array.shape, x.broadcastable, known)


def evaluate(op: Op, types: Types, arrays: Sequence[Array]) -> tuple[Array, ...]:
    """Compute an op on arrays with its reference, and convert to the inferred dtypes."""
    with np.errstate(all="ignore"):
        results = op.reference(*arrays)
    return tuple(np.asarray(r, dtype=t.dtype) for r, t in zip(results, types, strict=True))
