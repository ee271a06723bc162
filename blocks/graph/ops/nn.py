"""Functions of neural networks: softmax and the cross-entropies, stable for any logits.

Rows are the last axis. Labels are integers, one per row, and are checked.

Examples
--------
>>> from blocks import tensor
>>> x = tensor.matrix("x")
>>> softmax(x).eval({x: [[1e4, 0.0]]})
array([[1., 0.]])
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from blocks.errors import DtypeError, IndexRangeError, ShapeError
from blocks.graph.op import Array, Gradients, Kernel, Op, Types, as_variable
from blocks.graph.ops.axes import shape_padright
from blocks.graph.ops.elementwise import cast, log, relu, sigmoid, softplus, switch, tanh
from blocks.graph.ops.reduce import sum as sum_
from blocks.graph.types import TensorType
from blocks.graph.variable import Variable

__all__ = [
    "LogSoftmax",
    "OneHotCrossEntropy",
    "OneHotCrossEntropyGrad",
    "Softmax",
    "SoftmaxCrossEntropy",
    "SoftmaxCrossEntropyGrad",
    "SoftmaxGrad",
    "binary_crossentropy",
    "categorical_crossentropy",
    "crossentropy_categorical_1hot",
    "logsoftmax",
    "relu",
    "sigmoid",
    "sigmoid_binary_crossentropy",
    "softmax",
    "softmax_crossentropy",
    "softplus",
    "tanh",
]


def _rows(name: str, x: TensorType) -> TensorType:
    if not x.is_float or x.ndim == 0:
        raise DtypeError(f"{name}: expected real numbers with at least one axis, got {x}.")
    return x.clone(broadcastable=x.broadcastable)


def _check_rows(name: str, x: TensorType, y: TensorType) -> TensorType:
    _rows(name, x)
    if y.is_float or y.dtype == "bool":
        raise DtypeError(
            f"{name}: expected integer labels, got {y}. Use cast(y, 'int64'), or one-hot rows."
        )
    if y.ndim != x.ndim - 1:
        raise ShapeError(
            f"{name}: expected one label for each row of {x}, got labels {y}. "
            "Flatten the labels, for example with y.flatten()."
        )
    sizes = []
    for axis, (n, m) in enumerate(zip(x.shape[:-1], y.shape, strict=True)):
        if None not in (n, m) and n != m:
            raise ShapeError(
                f"{name}: expected one label for each row of {x}, got labels {y}, "
                f"which differ in axis {axis} ({n} and {m})."
            )
        sizes.append(m if n is None else n)
    return TensorType(x.dtype, tuple(sizes), y.broadcastable)


def check_labels(name: str, classes: int, y: Array) -> None:
    """Raise `IndexRangeError` for a label that is no class.

    Examples
    --------
    >>> check_labels("cost", 3, np.array([0, 2]))
    """
    if y.size and (y.min() < 0 or y.max() >= classes):
        flat = y.reshape(-1)
        row = int(np.argmax((flat < 0) | (flat >= classes)))
        raise IndexRangeError(
            f"{name}: expected labels from 0 to {classes - 1}, got {flat[row]} (row {row}). "
            "Check the targets, or the number of outputs of the last layer."
        )


def _softmax_rows(x, y):  # type: ignore[no-untyped-def]
    n = x.shape[-1]
    a, b = x.reshape(x.size), y.reshape(y.size)
    for row in range(a.size // max(n, 1)):
        start = row * n
        top = a[start]
        for j in range(start, start + n):
            top = a[j] if a[j] > top or a[j] != a[j] else top
        total = a[start] * 0
        for j in range(start, start + n):
            b[j] = np.exp(a[j] - top)
            total += b[j]
        for j in range(start, start + n):
            b[j] = b[j] / total


def _log_softmax_rows(x, y):  # type: ignore[no-untyped-def]
    n = x.shape[-1]
    a, b = x.reshape(x.size), y.reshape(y.size)
    for row in range(a.size // max(n, 1)):
        start = row * n
        top = a[start]
        for j in range(start, start + n):
            top = a[j] if a[j] > top or a[j] != a[j] else top
        total = a[start] * 0
        for j in range(start, start + n):
            total += np.exp(a[j] - top)
        shift = top + np.log(total)
        for j in range(start, start + n):
            b[j] = a[j] - shift


def _softmax(x: Array) -> Array:
    with np.errstate(invalid="ignore"):
        shifted = np.exp(x - x.max(axis=-1, keepdims=True, initial=-np.inf))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True))


@dataclass(frozen=True)
class Softmax(Op):
    """e^x_i / sum_j e^x_j along the last axis."""

    @property
    def name(self) -> str:
        """The name of the op in messages and printed graphs."""
        return "softmax"

    def infer(self, *types: TensorType) -> Types:
        """Return the type of the input."""
        return (_rows(self.name, types[0]),)

    def grad(
        self, inputs: Sequence[Variable], outputs: Sequence[Variable], output_gradients: Gradients
    ) -> Gradients:
        """Return (g - sum(g * y)) * y."""
        (g,), (y,) = output_gradients, outputs
        return [None if g is None else SoftmaxGrad()(g, y)]

    def lower(self, *types: TensorType) -> Kernel:
        """Lower to a loop over rows."""
        return Kernel(_softmax_rows)

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute with NumPy."""
        return (_softmax(arrays[0]),)


def _softmax_grad_rows(g, y, out):  # type: ignore[no-untyped-def]
    n = y.shape[-1]
    a, b, c = g.reshape(g.size), y.reshape(y.size), out.reshape(out.size)
    for row in range(b.size // max(n, 1)):
        start = row * n
        total = b[start] * 0
        for j in range(start, start + n):
            total += a[j] * b[j]
        for j in range(start, start + n):
            c[j] = (a[j] - total) * b[j]


@dataclass(frozen=True)
class SoftmaxGrad(Op):
    """(g - sum_j g_j y_j) y_i along the last axis: the gradient of y = softmax(x)."""

    @property
    def name(self) -> str:
        """The name of the op in messages and printed graphs."""
        return "softmax_grad"

    def infer(self, *types: TensorType) -> Types:
        """Return the type of y."""
        g, y = types
        if g.ndim != y.ndim:
            raise ShapeError(f"softmax_grad: expected a gradient like {y}, got {g}.")
        return (_rows(self.name, y),)

    def grad(
        self, inputs: Sequence[Variable], outputs: Sequence[Variable], output_gradients: Gradients
    ) -> Gradients:
        """Return the gradients of the formula."""
        (g, y), (d,) = inputs, output_gradients
        if d is None:
            return [None, None]
        dy = d * y
        total = sum_(dy, axis=-1, keepdims=True)
        inner = sum_(g * y, axis=-1, keepdims=True)
        return [dy - y * total, d * (g - inner) - g * total]

    def lower(self, *types: TensorType) -> Kernel:
        """Lower to a loop over rows."""
        return Kernel(_softmax_grad_rows)

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute with NumPy."""
        g, y = arrays
        return ((g - (g * y).sum(axis=-1, keepdims=True)) * y,)


@dataclass(frozen=True)
class LogSoftmax(Op):
    """x_i - log sum_j e^x_j along the last axis."""

    @property
    def name(self) -> str:
        """The name of the op in messages and printed graphs."""
        return "logsoftmax"

    def infer(self, *types: TensorType) -> Types:
        """Return the type of the input."""
        return (_rows(self.name, types[0]),)

    def grad(
        self, inputs: Sequence[Variable], outputs: Sequence[Variable], output_gradients: Gradients
    ) -> Gradients:
        """Return g - softmax(x) * sum(g)."""
        (x,), (g,) = inputs, output_gradients
        if g is None:
            return [None]
        return [g - softmax(x) * sum_(g, axis=-1, keepdims=True)]

    def lower(self, *types: TensorType) -> Kernel:
        """Lower to a loop over rows."""
        return Kernel(_log_softmax_rows)

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute with NumPy."""
        (x,) = arrays
        top = x.max(axis=-1, keepdims=True, initial=-np.inf)
        return (x - top - np.log(np.exp(x - top).sum(axis=-1, keepdims=True)),)


def _pick_rows(p, y, out):  # type: ignore[no-untyped-def]
    n = p.shape[-1]
    a, b, c = p.reshape(p.size), y.reshape(y.size), out.reshape(out.size)
    for row in range(b.size):
        c[row] = -np.log(a[row * n + b[row]])


@dataclass(frozen=True)
class OneHotCrossEntropy(Op):
    """-log p[row, y[row]]: the cross-entropy of rows of probabilities and integer labels."""

    @property
    def name(self) -> str:
        """The name of the op in messages and printed graphs."""
        return "categorical_crossentropy"

    def infer(self, *types: TensorType) -> Types:
        """Return one number per row."""
        return (_check_rows(self.name, *types),)

    def grad(
        self, inputs: Sequence[Variable], outputs: Sequence[Variable], output_gradients: Gradients
    ) -> Gradients:
        """Return -g / p at the label, 0 elsewhere; none for the labels."""
        (p, y), (g,) = inputs, output_gradients
        return [None if g is None else OneHotCrossEntropyGrad()(g, p, y), None]

    def lower(self, *types: TensorType) -> Kernel:
        """Lower to a loop over rows."""
        return Kernel(_pick_rows, check=lambda p, y, out: check_labels(self.name, p.shape[-1], y))

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute with NumPy."""
        p, y = arrays
        check_labels(self.name, p.shape[-1], y)
        picked = np.take_along_axis(p, y[..., None].astype("int64"), axis=-1)[..., 0]
        return (-np.log(picked),)


def _pick_grad_rows(g, p, y, out):  # type: ignore[no-untyped-def]
    n = p.shape[-1]
    d, a, b, c = g.reshape(g.size), p.reshape(p.size), y.reshape(y.size), out.reshape(out.size)
    for row in range(b.size):
        for j in range(n):
            c[row * n + j] = a[row * n] * 0 if a[row * n] == a[row * n] else d[row] * 0
        k = row * n + b[row]
        c[k] = -d[row] / a[k]


@dataclass(frozen=True)
class OneHotCrossEntropyGrad(Op):
    """-g[row] / p[row, y[row]] at the label, 0 elsewhere."""

    @property
    def name(self) -> str:
        """The name of the op in messages and printed graphs."""
        return "categorical_crossentropy_grad"

    def infer(self, *types: TensorType) -> Types:
        """Return the type of the probabilities."""
        _, p, y = types
        _check_rows(self.name, p, y)
        return (_rows(self.name, p),)

    def grad(
        self, inputs: Sequence[Variable], outputs: Sequence[Variable], output_gradients: Gradients
    ) -> Gradients:
        """Return the gradients with respect to g and p; none for the labels."""
        (g, p, y), (out,), (d,) = inputs, outputs, output_gradients
        if d is None:
            return [None, None, None]
        ones = OneHotCrossEntropyGrad()(g * 0 + 1, p, y)
        return [sum_(d * ones, axis=-1), -(d * out) * switch(out * 0 + ones < 0, 1 / p, 0), None]

    def lower(self, *types: TensorType) -> Kernel:
        """Lower to a loop over rows."""
        return Kernel(
            _pick_grad_rows, check=lambda g, p, y, out: check_labels(self.name, p.shape[-1], y)
        )

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute with NumPy."""
        g, p, y = arrays
        check_labels(self.name, p.shape[-1], y)
        index = y[..., None].astype("int64")
        out = np.zeros_like(p)
        np.put_along_axis(out, index, -g[..., None] / np.take_along_axis(p, index, -1), axis=-1)
        return (out,)


def _softmax_cross_entropy_rows(x, y, out):  # type: ignore[no-untyped-def]
    n = x.shape[-1]
    a, b, c = x.reshape(x.size), y.reshape(y.size), out.reshape(out.size)
    for row in range(b.size):
        start = row * n
        top = a[start]
        for j in range(start, start + n):
            top = a[j] if a[j] > top or a[j] != a[j] else top
        total = a[start] * 0
        for j in range(start, start + n):
            total += np.exp(a[j] - top)
        c[row] = np.log(total) + (top - a[start + b[row]])


@dataclass(frozen=True)
class SoftmaxCrossEntropy(Op):
    """log sum_j e^x_j - x_y for each row: the cross-entropy from logits and labels."""

    @property
    def name(self) -> str:
        """The name of the op in messages and printed graphs."""
        return "softmax_crossentropy"

    def infer(self, *types: TensorType) -> Types:
        """Return one number per row."""
        return (_check_rows(self.name, *types),)

    def grad(
        self, inputs: Sequence[Variable], outputs: Sequence[Variable], output_gradients: Gradients
    ) -> Gradients:
        """Return g * (softmax(x) - onehot(y)); none for the labels."""
        (x, y), (g,) = inputs, output_gradients
        return [None if g is None else SoftmaxCrossEntropyGrad()(g, x, y), None]

    def lower(self, *types: TensorType) -> Kernel:
        """Lower to a loop over rows."""
        return Kernel(
            _softmax_cross_entropy_rows,
            check=lambda x, y, out: check_labels(self.name, x.shape[-1], y),
        )

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute with NumPy."""
        x, y = arrays
        check_labels(self.name, x.shape[-1], y)
        (logs,) = LogSoftmax().reference(x)
        return (-np.take_along_axis(logs, y[..., None].astype("int64"), axis=-1)[..., 0],)


def _softmax_cross_entropy_grad_rows(g, x, y, out):  # type: ignore[no-untyped-def]
    n = x.shape[-1]
    d, a, b, c = g.reshape(g.size), x.reshape(x.size), y.reshape(y.size), out.reshape(out.size)
    for row in range(b.size):
        start = row * n
        top = a[start]
        for j in range(start, start + n):
            top = a[j] if a[j] > top or a[j] != a[j] else top
        total = a[start] * 0
        for j in range(start, start + n):
            c[j] = np.exp(a[j] - top)
            total += c[j]
        scale = d[row] / total
        for j in range(start, start + n):
            c[j] = c[j] * scale
        c[start + b[row]] -= d[row]


@dataclass(frozen=True)
class SoftmaxCrossEntropyGrad(Op):
    """g * (softmax(x) - onehot(y)) for each row."""

    @property
    def name(self) -> str:
        """The name of the op in messages and printed graphs."""
        return "softmax_crossentropy_grad"

    def infer(self, *types: TensorType) -> Types:
        """Return the type of the logits."""
        _, x, y = types
        _check_rows(self.name, x, y)
        return (_rows(self.name, x),)

    def grad(
        self, inputs: Sequence[Variable], outputs: Sequence[Variable], output_gradients: Gradients
    ) -> Gradients:
        """Return the gradients with respect to g and x; none for the labels."""
        (g, x, y), (d,) = inputs, output_gradients
        if d is None:
            return [None, None, None]
        ones = SoftmaxCrossEntropyGrad()(g * 0 + 1, x, y)
        dx = SoftmaxGrad()(d * shape_padright(g), softmax(x))
        return [sum_(d * ones, axis=-1), dx, None]

    def lower(self, *types: TensorType) -> Kernel:
        """Lower to a loop over rows."""
        return Kernel(
            _softmax_cross_entropy_grad_rows,
            check=lambda g, x, y, out: check_labels(self.name, x.shape[-1], y),
        )

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute with NumPy."""
        g, x, y = arrays
        check_labels(self.name, x.shape[-1], y)
        onehot = np.arange(x.shape[-1]) == y[..., None]
        return (g[..., None] * (_softmax(x) - onehot),)


def softmax(x: Any) -> Variable:
    """Softmax along the last axis, e^x_i / sum_j e^x_j.

    Examples
    --------
    >>> softmax([0.0, 0.0]).eval()
    array([0.5, 0.5])
    """
    result: Variable = Softmax()(as_variable(x))
    return result


def logsoftmax(x: Any) -> Variable:
    """Logarithm of the softmax along the last axis, x_i - log sum_j e^x_j.

    Examples
    --------
    >>> logsoftmax([0.0, 1e4]).eval()
    array([-10000.,      0.])
    """
    result: Variable = LogSoftmax()(as_variable(x))
    return result


def softmax_crossentropy(x: Any, y: Any) -> Variable:
    """Cross-entropy of each row from logits and labels, log sum_j e^x_j - x_y.

    Parameters
    ----------
    x
        Logits, of shape (..., classes).
    y
        Integer labels, of shape (...).

    Examples
    --------
    >>> softmax_crossentropy([[0.0, 1e4]], [1]).eval()
    array([0.])
    """
    result: Variable = SoftmaxCrossEntropy()(as_variable(x), as_variable(y))
    return result


def crossentropy_categorical_1hot(coding_dist: Any, true_one_of_n: Any) -> Variable:
    """Cross-entropy of each row from probabilities and labels, -log p_y.

    Parameters
    ----------
    coding_dist
        Probabilities, of shape (..., classes).
    true_one_of_n
        Integer labels, of shape (...).

    Examples
    --------
    >>> crossentropy_categorical_1hot([[0.5, 0.5]], [1]).eval().round(3)
    array([0.693])
    """
    result: Variable = OneHotCrossEntropy()(as_variable(coding_dist), as_variable(true_one_of_n))
    return result


def categorical_crossentropy(coding_dist: Any, true_dist: Any) -> Variable:
    """Cross-entropy of each row, -sum_c t_c log p_c, for labels or rows of probabilities.

    Parameters
    ----------
    coding_dist
        Probabilities p, of shape (..., classes).
    true_dist
        Integer labels, of shape (...), or probabilities t, of shape (..., classes).

    Examples
    --------
    >>> categorical_crossentropy([[0.5, 0.5]], [[1.0, 0.0]]).eval().round(3)
    array([0.693])
    """
    p, t = as_variable(coding_dist), as_variable(true_dist)
    if t.ndim == p.ndim:
        return -sum_(t * log(p), axis=p.ndim - 1)
    return crossentropy_categorical_1hot(p, t)


def binary_crossentropy(output: Any, target: Any) -> Variable:
    """Cross-entropy of each element, -(t log p + (1 - t) log(1 - p)).

    Examples
    --------
    >>> binary_crossentropy([0.5], [1.0]).eval().round(3)
    array([0.693])
    """
    p, t = as_variable(output), as_variable(target)
    return -(t * log(p) + (1 - t) * log(1 - p))


def sigmoid_binary_crossentropy(output: Any, target: Any) -> Variable:
    """Cross-entropy of each element from logits, softplus(x) - t x, stable for any logit.

    Examples
    --------
    >>> sigmoid_binary_crossentropy([1e4], [0.0]).eval()
    array([10000.])
    """
    x, t = as_variable(output), as_variable(target)
    return softplus(x) - cast(t, x.dtype) * x
