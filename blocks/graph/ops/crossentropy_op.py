"""Cross-entropies of rows with integer labels, as operations, and their gradients.

Each row is one distribution over the classes, along the last axis; there is one label
for each row.

Examples
--------
>>> from blocks import tensor
>>> SoftmaxCrossEntropy()(tensor.matrix("x"), tensor.lvector("y")).ndim
1
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from blocks.errors import DtypeError, IndexRangeError, ShapeError
from blocks.graph.op import Array, Gradients, Kernel, Op, Types
from blocks.graph.ops.axes import shape_padright
from blocks.graph.ops.reduce import sum as sum_
from blocks.graph.ops.sizes import ones_like
from blocks.graph.ops.softmax_op import LogSoftmax, Softmax, SoftmaxGrad, check_rows, room
from blocks.graph.types import TensorType
from blocks.graph.variable import Variable

__all__ = [
    "OneHotCrossEntropy",
    "OneHotCrossEntropyGrad",
    "SoftmaxCrossEntropy",
    "SoftmaxCrossEntropyGrad",
    "check_labels",
]


def _check_types(name: str, x: TensorType, y: TensorType) -> TensorType:
    """Return the type of one number per row; raise unless the labels fit the rows."""
    check_rows(name, x)
    if y.is_float or y.dtype == "bool":
        raise DtypeError(
            f"{name}: expected integer labels, got {y}. Use cast(y, 'int64'), or one-hot rows."
        )
    if y.ndim != x.ndim - 1:
        raise ShapeError(
            f"{name}: expected one label for each row of {x}, got labels {y}. "
            "Flatten them, for example with y.flatten()."
        )
    sizes = []
    for axis, (n, m) in enumerate(zip(x.shape[:-1], y.shape, strict=True)):
        if None not in (n, m) and n != m:
            raise ShapeError(
                f"{name}: expected one label for each row of {x}, got labels {y}, "
                f"which differ in axis {axis} ({n} and {m}). "
                "Take labels and rows from the same batch."
            )
        sizes.append(m if n is None else n)
    return TensorType(x.dtype, tuple(sizes), y.broadcastable)


def _check_gradient_types(name: str, g: TensorType, x: TensorType, y: TensorType) -> TensorType:
    rows = _check_types(name, x, y)
    pairs = zip(g.shape, rows.shape, strict=False)
    if g.ndim != rows.ndim or any(None not in pair and pair[0] != pair[1] for pair in pairs):
        raise ShapeError(
            f"{name}: expected a gradient of the shape of {rows}, got {g}. "
            "Let it have an entry for each row."
        )
    return x.clone(dtype=x.dtype)


def check_labels(x: Array, y: Array) -> None:
    """Raise `IndexRangeError` for a label that is not the number of a column of `x`.

    Examples
    --------
    >>> check_labels(np.zeros((2, 3)), np.array([0, 2]))
    """
    classes = x.shape[-1]
    if y.size and (y.min() < 0 or y.max() >= classes):
        flat = y.reshape(-1)
        row = int(np.argmax((flat < 0) | (flat >= classes)))
        raise IndexRangeError(
            f"categorical_crossentropy: expected labels from 0 to {classes - 1}, got {flat[row]} "
            f"(row {row}). Check the targets, or the number of outputs of the last layer."
        )


def _check(x: Array, y: Array, *others: Array) -> None:
    check_labels(x, y)


def _check_gradient(g: Array, x: Array, y: Array, *others: Array) -> None:
    check_labels(x, y)


def _labels(x: TensorType, y: TensorType, out: TensorType) -> tuple[int, int, int]:
    """Return where the labels are, and their range."""
    return 1, 0, int(x.shape[-1] or 0)


def _gradient_labels(
    g: TensorType, x: TensorType, y: TensorType, out: TensorType
) -> tuple[int, int, int]:
    return 2, 0, int(x.shape[-1] or 0)


def _index(y: Array) -> Array:
    return y[..., np.newaxis].astype("int64")


def _one_hot_kernel(p, y, out):  # type: ignore[no-untyped-def]
    n = p.shape[-1]
    a, b, c = p.reshape(p.size), y.reshape(y.size), out.reshape(out.size)
    for row in range(b.size):
        c[row] = -np.log(a[row * n + np.int64(b[row])])


def _one_hot_grad_kernel(g, p, y, out):  # type: ignore[no-untyped-def]
    n = p.shape[-1]
    d, a, b, c = g.reshape(g.size), p.reshape(p.size), y.reshape(y.size), out.reshape(out.size)
    for row in range(b.size):
        for j in range(row * n, row * n + n):
            c[j] = 0
        k = row * n + np.int64(b[row])
        c[k] = -d[row] / a[k]


def _softmax_kernel(x, y, out, powers):  # type: ignore[no-untyped-def]
    n = max(x.shape[-1], 1)
    a, b, c = x.reshape(x.size), y.reshape(y.size), out.reshape(out.size)
    step = max(4096 // n, 1)  # rows at a time: see softmax_op
    for first in range(0, b.size, step):
        count = min(step, b.size - first)
        for i in range(count):
            row = a[(first + i) * n : (first + i) * n + n]
            power = powers[i * n : i * n + n]
            top = np.max(row)
            for j in range(n):
                power[j] = row[j] - top
            c[first + i] = top - row[np.int64(b[first + i])]
        for j in range(count * n):
            powers[j] = np.exp(powers[j])
        for i in range(count):
            total = np.sum(powers[i * n : i * n + n], dtype=np.float64)
            c[first + i] = np.log(total) + c[first + i]


def _softmax_grad_kernel(g, x, y, out):  # type: ignore[no-untyped-def]
    n = max(x.shape[-1], 1)
    d, a, b, c = g.reshape(g.size), x.reshape(x.size), y.reshape(y.size), out.reshape(out.size)
    step = max(4096 // n, 1)
    for first in range(0, b.size, step):
        count = min(step, b.size - first)
        for i in range(first, first + count):
            row, result = a[i * n : i * n + n], c[i * n : i * n + n]
            top = np.max(row)
            for j in range(n):
                result[j] = row[j] - top
        rows = c[first * n : first * n + count * n]
        for j in range(count * n):
            rows[j] = np.exp(rows[j])
        for i in range(first, first + count):
            result = c[i * n : i * n + n]
            total = d[i] / np.sum(result, dtype=np.float64)
            for j in range(n):
                result[j] = result[j] * total
            result[np.int64(b[i])] -= d[i]


@dataclass(frozen=True)
class OneHotCrossEntropy(Op):
    """-log p_y for each row: the cross-entropy of probabilities and integer labels."""

    name = "categorical_crossentropy"

    def infer(self, *types: TensorType) -> Types:
        """Return one number per row."""
        return (_check_types(self.name, *types),)

    def grad(
        self, inputs: Sequence[Variable], outputs: Sequence[Variable], output_gradients: Gradients
    ) -> Gradients:
        """Return -g / p at the label, 0 elsewhere; none for the labels."""
        (p, y), (g,) = inputs, output_gradients
        return [None if g is None else OneHotCrossEntropyGrad()(g, p, y), None]

    def lower(self, *types: TensorType) -> Kernel:
        """Lower to a loop over rows."""
        return Kernel(_one_hot_kernel, check=_check, within=_labels)

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute with NumPy."""
        p, y = arrays
        check_labels(p, y)
        return (-np.log(np.take_along_axis(p, _index(y), axis=-1)[..., 0]),)


@dataclass(frozen=True)
class OneHotCrossEntropyGrad(Op):
    """-g / p_y at the label of each row, 0 elsewhere."""

    name = "categorical_crossentropy_grad"

    def infer(self, *types: TensorType) -> Types:
        """Return the type of the probabilities."""
        return (_check_gradient_types(self.name, *types),)

    def grad(
        self, inputs: Sequence[Variable], outputs: Sequence[Variable], output_gradients: Gradients
    ) -> Gradients:
        """Return the gradients with respect to g and p; none for the labels."""
        (g, p, y), (out,), (d,) = inputs, outputs, output_gradients
        if d is None:
            return [None, None, None]
        slope = OneHotCrossEntropyGrad()(ones_like(g), p, y)
        return [sum_(d * slope, axis=-1), d * out * slope, None]

    def lower(self, *types: TensorType) -> Kernel:
        """Lower to a loop over rows."""
        return Kernel(_one_hot_grad_kernel, check=_check_gradient, within=_gradient_labels)

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute with NumPy."""
        g, p, y = arrays
        check_labels(p, y)
        one_hot = np.arange(p.shape[-1]) == _index(y)
        return (np.where(one_hot, -g[..., np.newaxis] / p, 0),)


@dataclass(frozen=True)
class SoftmaxCrossEntropy(Op):
    """log sum_j e^x_j - x_y for each row: the cross-entropy from logits and integer labels."""

    name = "softmax_crossentropy"

    def infer(self, *types: TensorType) -> Types:
        """Return one number per row."""
        return (_check_types(self.name, *types),)

    def grad(
        self, inputs: Sequence[Variable], outputs: Sequence[Variable], output_gradients: Gradients
    ) -> Gradients:
        """Return g * (softmax(x) - onehot(y)); none for the labels."""
        (x, y), (g,) = inputs, output_gradients
        return [None if g is None else SoftmaxCrossEntropyGrad()(g, x, y), None]

    def lower(self, *types: TensorType) -> Kernel:
        """Lower to a loop over rows."""
        return Kernel(_softmax_kernel, workspace=room, check=_check, within=_labels)

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute with NumPy."""
        x, y = arrays
        check_labels(x, y)
        (logs,) = LogSoftmax().reference(x)
        return (-np.take_along_axis(logs, _index(y), axis=-1)[..., 0],)


@dataclass(frozen=True)
class SoftmaxCrossEntropyGrad(Op):
    """g * (softmax(x) - onehot(y)) for each row."""

    name = "softmax_crossentropy_grad"

    def infer(self, *types: TensorType) -> Types:
        """Return the type of the logits."""
        return (_check_gradient_types(self.name, *types),)

    def grad(
        self, inputs: Sequence[Variable], outputs: Sequence[Variable], output_gradients: Gradients
    ) -> Gradients:
        """Return the gradients with respect to g and x; none for the labels."""
        (g, x, y), (d,) = inputs, output_gradients
        if d is None:
            return [None, None, None]
        slope = SoftmaxCrossEntropyGrad()(ones_like(g), x, y)
        dx = SoftmaxGrad()(d * shape_padright(g), Softmax()(x))
        return [sum_(d * slope, axis=-1), dx, None]

    def lower(self, *types: TensorType) -> Kernel:
        """Lower to a loop over rows."""
        return Kernel(_softmax_grad_kernel, check=_check_gradient, within=_gradient_labels)

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute with NumPy."""
        g, x, y = arrays
        check_labels(x, y)
        (p,) = Softmax().reference(x)
        return (g[..., np.newaxis] * (p - (np.arange(x.shape[-1]) == _index(y))),)
