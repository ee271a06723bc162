"""The softmax and its logarithm along the last axis, as operations.

Examples
--------
>>> from blocks import tensor
>>> Softmax()(tensor.matrix("x")).ndim
2
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from blocks.errors import DtypeError, ShapeError
from blocks.graph.op import Array, Gradients, Kernel, Op, Types
from blocks.graph.ops.reduce import sum as sum_
from blocks.graph.types import TensorType, accumulator
from blocks.graph.variable import Variable

__all__ = ["LogSoftmax", "Softmax", "SoftmaxGrad", "check_rows", "room"]


def check_rows(name: str, x: TensorType) -> TensorType:
    """Return the type of a result like `x`; raise unless it has rows of real numbers."""
    if not x.is_float:
        raise DtypeError(f"{name}: expected real numbers, got {x}. Cast them to floatX.")
    if x.ndim == 0:
        raise ShapeError(
            f"{name}: expected at least one axis, got {x}. Use sigmoid for a single number."
        )
    return x.clone(dtype=x.dtype)


# Kernels take some rows at a time, as many as fit the first cache: the exponentials of all of
# them are one loop, which fills vector registers also where rows are short.


def room(x: TensorType, *others: TensorType) -> list[tuple[tuple[int, ...], str]]:
    """Return the shape and dtype of the memory for the exponentials of some rows of `x`.

    Examples
    --------
    >>> room(TensorType("float32", (3, 10000)), TensorType("float32", (3, 10)))
    [((10000,), 'float32')]
    """
    return [((max(x.shape[-1] or 0, 4096),), x.dtype)]


def _softmax_kernel(x, y):  # type: ignore[no-untyped-def]
    n = max(x.shape[-1], 1)
    a, b = x.reshape(x.size), y.reshape(y.size)
    step = max(4096 // n, 1) * n
    for first in range(0, a.size, step):
        count = min(step, a.size - first)
        for start in range(first, first + count, n):
            row, result = a[start : start + n], b[start : start + n]
            top = np.max(row)
            for j in range(n):
                result[j] = row[j] - top  # NaN where there is nothing to divide
        rows = b[first : first + count]
        for j in range(count):
            rows[j] = np.exp(rows[j])
        for start in range(first, first + count, n):
            result = b[start : start + n]
            total = np.float64(1) / np.sum(result, dtype=np.float64)
            for j in range(n):
                result[j] = result[j] * total


def _softmax_grad_kernel(g, y, out):  # type: ignore[no-untyped-def]
    n = max(y.shape[-1], 1)
    a, b, c = g.reshape(g.size), y.reshape(y.size), out.reshape(out.size)
    for start in range(0, b.size, n):
        slope, row, result = a[start : start + n], b[start : start + n], c[start : start + n]
        total = np.sum(slope * row, dtype=np.float64)
        for j in range(n):
            result[j] = (slope[j] - total) * row[j]


def _log_softmax_kernel(x, y, powers):  # type: ignore[no-untyped-def]
    n = max(x.shape[-1], 1)
    a, b = x.reshape(x.size), y.reshape(y.size)
    step = max(4096 // n, 1) * n
    for first in range(0, a.size, step):
        count = min(step, a.size - first)
        for start in range(first, first + count, n):
            row, result = a[start : start + n], b[start : start + n]
            top = np.max(row)
            for j in range(n):
                result[j] = row[j] - top
        rows = b[first : first + count]
        for j in range(count):
            powers[j] = np.exp(rows[j])
        for start in range(first, first + count, n):
            result = b[start : start + n]
            power = powers[start - first : start - first + n]
            total = np.sum(power, dtype=np.float64)
            shift = np.log(total)
            for j in range(n):
                result[j] = result[j] - shift


def _shifted(x: Array) -> Array:
    return np.asarray(x - x.max(axis=-1, keepdims=True, initial=-np.inf))


@dataclass(frozen=True)
class Softmax(Op):
    """e^x_i / sum_j e^x_j along the last axis."""

    name = "softmax"

    def infer(self, *types: TensorType) -> Types:
        """Return the type of the input."""
        return (check_rows(self.name, types[0]),)

    def grad(
        self, inputs: Sequence[Variable], outputs: Sequence[Variable], output_gradients: Gradients
    ) -> Gradients:
        """Return (g_i - sum_j g_j y_j) y_i."""
        (g,), (y,) = output_gradients, outputs
        return [None if g is None else SoftmaxGrad()(g, y)]

    def lower(self, *types: TensorType) -> Kernel:
        """Lower to a loop over rows."""
        return Kernel(_softmax_kernel)

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute with NumPy."""
        powers = np.exp(_shifted(arrays[0]))
        total = powers.sum(axis=-1, keepdims=True, dtype="float64")
        return ((powers / total).astype(powers.dtype),)


@dataclass(frozen=True)
class SoftmaxGrad(Op):
    """(g_i - sum_j g_j y_j) y_i along the last axis: the gradient of y = softmax(x)."""

    name = "softmax_grad"

    def infer(self, *types: TensorType) -> Types:
        """Return the type of y."""
        g, y = types
        pairs = zip(g.shape, y.shape, strict=False)
        if g.ndim != y.ndim or any(None not in pair and pair[0] != pair[1] for pair in pairs):
            raise ShapeError(
                f"softmax_grad: expected a gradient of the shape of {y}, got {g}. "
                "Let it have an entry for each of the probabilities."
            )
        return (check_rows(self.name, y),)

    def grad(
        self, inputs: Sequence[Variable], outputs: Sequence[Variable], output_gradients: Gradients
    ) -> Gradients:
        """Return the gradients with respect to g and y."""
        (g, y), (d,) = inputs, output_gradients
        if d is None:
            return [None, None]
        total = sum_(d * y, axis=-1, keepdims=True)
        inner = sum_(g * y, axis=-1, keepdims=True)
        return [SoftmaxGrad()(d, y), d * (g - inner) - g * total]

    def lower(self, *types: TensorType) -> Kernel:
        """Lower to a loop over rows."""
        return Kernel(_softmax_grad_kernel)

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute with NumPy."""
        g, y = arrays
        wide = accumulator(str(y.dtype))
        total = np.multiply(g, y, dtype=wide).sum(axis=-1, keepdims=True)
        return (((g - total) * y).astype(y.dtype),)


@dataclass(frozen=True)
class LogSoftmax(Op):
    """x_i - log sum_j e^x_j along the last axis."""

    name = "logsoftmax"

    def infer(self, *types: TensorType) -> Types:
        """Return the type of the input."""
        return (check_rows(self.name, types[0]),)

    def grad(
        self, inputs: Sequence[Variable], outputs: Sequence[Variable], output_gradients: Gradients
    ) -> Gradients:
        """Return g_i - softmax(x)_i sum_j g_j."""
        (x,), (g,) = inputs, output_gradients
        if g is None:
            return [None]
        return [g - Softmax()(x) * sum_(g, axis=-1, keepdims=True)]

    def lower(self, *types: TensorType) -> Kernel:
        """Lower to a loop over rows."""
        return Kernel(_log_softmax_kernel, workspace=room)

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute with NumPy."""
        x = _shifted(arrays[0])
        total = np.exp(x).sum(axis=-1, keepdims=True, dtype="float64")
        return ((x - np.log(total)).astype(x.dtype),)
