"""Functions of neural networks: activations, softmax and the cross-entropies.

Rows are the last axis. What is computed from logits is stable for logits of any size.

Examples
--------
>>> from blocks import tensor
>>> x = tensor.matrix("x")
>>> softmax(x).eval({x: [[1e4, 0.0]]})
array([[1., 0.]])
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from blocks.errors import ShapeError
from blocks.graph.op import Array, as_variable
from blocks.graph.ops.axes import normalize_axis, swapaxes
from blocks.graph.ops.crossentropy_op import (
    OneHotCrossEntropy,
    OneHotCrossEntropyGrad,
    SoftmaxCrossEntropy,
    SoftmaxCrossEntropyGrad,
)
from blocks.graph.ops.elementwise import (
    cast,
    elu,
    hard_sigmoid,
    log,
    log1p,
    relu,
    selu,
    sigmoid,
    softplus,
    sqr,
    tanh,
    ultra_fast_sigmoid,
)
from blocks.graph.ops.elementwise_op import elementwise, floating
from blocks.graph.ops.reduce import sum as sum_
from blocks.graph.ops.softmax_op import LogSoftmax, Softmax, SoftmaxGrad
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
    "elu",
    "hard_sigmoid",
    "logsoftmax",
    "relu",
    "selu",
    "sigmoid",
    "sigmoid_binary_crossentropy",
    "softmax",
    "softmax_crossentropy",
    "softplus",
    "tanh",
    "ultra_fast_sigmoid",
]


Function = Callable[..., Variable]


def _along(op: Softmax | LogSoftmax, x: Any, axis: int) -> Variable:
    x = as_variable(x)
    axis = normalize_axis(op.name, axis, max(x.ndim, 1))
    y: Variable = op(x if axis >= x.ndim - 1 else swapaxes(x, axis, -1))
    return y if axis >= x.ndim - 1 else swapaxes(y, axis, -1)


def softmax(x: Any, axis: int = -1) -> Variable:
    """Softmax along an axis, e^x_i / sum_j e^x_j.

    Parameters
    ----------
    x
        Real numbers with at least one axis. Of a vector the result is a vector, not a row
        as in Theano.
    axis
        The axis, by default the last one.

    Examples
    --------
    >>> from blocks import tensor
    >>> softmax([0.0, 0.0]).eval()
    array([0.5, 0.5])
    """
    return _along(Softmax(), x, axis)


def logsoftmax(x: Any, axis: int = -1) -> Variable:
    """Logarithm of the softmax along an axis, x_i - log sum_j e^x_j; arguments as there.

    Examples
    --------
    >>> from blocks import tensor
    >>> logsoftmax([0.0, 1e4]).eval()
    array([-10000.,      0.])
    """
    return _along(LogSoftmax(), x, axis)


def softmax_crossentropy(x: Any, y: Any) -> Variable:
    """Cross-entropy of each row from logits, log sum_j e^x_j - x_y.

    Parameters
    ----------
    x
        Logits, of shape (..., classes).
    y
        Integer labels, of shape (...), or probabilities, of shape (..., classes).

    Raises
    ------
    IndexRangeError
        When it is computed and a label is not the number of a class.

    Examples
    --------
    >>> from blocks import tensor
    >>> softmax_crossentropy([[0.0, 1e4]], [0]).eval()
    array([10000.])
    """
    x, y = as_variable(x), as_variable(y)
    if x.ndim == y.ndim:
        return -sum_(_weighted(_like(y, x), logsoftmax(x)), axis=-1)
    result: Variable = SoftmaxCrossEntropy()(x, y)
    return result


def crossentropy_categorical_1hot(coding_dist: Any, true_one_of_n: Any) -> Variable:
    """Cross-entropy of each row from probabilities and labels, -log p_y.

    Parameters
    ----------
    coding_dist
        Probabilities, of shape (..., classes).
    true_one_of_n
        Integer labels, of shape (...).

    Raises
    ------
    IndexRangeError
        When it is computed and a label is not the number of a class.

    Examples
    --------
    >>> from blocks import tensor
    >>> crossentropy_categorical_1hot([[0.5, 0.5]], [1]).eval().round(3)
    array([0.693])
    """
    result: Variable = OneHotCrossEntropy()(as_variable(coding_dist), as_variable(true_one_of_n))
    return result


def _like(t: Variable, p: Variable) -> Variable:
    """Return integer targets in the dtype of the predictions, which they do not widen."""
    return cast(t, p.dtype) if p.type.is_float and not t.type.is_float else t


def categorical_crossentropy(coding_dist: Any, true_dist: Any) -> Variable:
    """Cross-entropy of each row, -sum_c t_c log p_c, for labels or rows of probabilities.

    0 log 0 is 0: a class that is no target may have the probability 0.
    Of the softmax of logits it is computed from the logits themselves.

    Parameters
    ----------
    coding_dist
        Probabilities p, of shape (..., classes).
    true_dist
        Integer labels, of shape (...), or probabilities t, of shape (..., classes).

    Raises
    ------
    IndexRangeError
        When it is computed and a label is not the number of a class.

    Examples
    --------
    >>> from blocks import tensor
    >>> categorical_crossentropy([[0.5, 0.5]], [[1.0, 0.0]]).eval().round(3)
    array([0.693])
    """
    p, t = as_variable(coding_dist), as_variable(true_dist)
    if t.ndim != p.ndim:
        return crossentropy_categorical_1hot(p, t)
    if p.ndim == 0:
        raise ShapeError(
            f"categorical_crossentropy: expected rows, got {p.type} and {t.type}. "
            "Give two matrices, or a matrix and a vector of labels."
        )
    return -sum_(_weighted(_like(t, p), log(p)), axis=-1)


def _binary(p: Array, t: Array) -> Array:
    terms = np.where(t == 0, 0, -t * np.log(p)), np.where(t == 1, 0, (t - 1) * np.log(1 - p))
    return np.asarray(terms[0] + terms[1])


def _binary_grad(g: Array, p: Array, t: Array) -> Array:
    slope = np.where(t == 1, 0, (1 - t) / (1 - p)) - np.where(t == 0, 0, t / p)
    return np.asarray(g * slope)


_binary_crossentropy_grad: Function = elementwise(
    "binary_crossentropy_grad",
    "g * (((1 - t) / (1 - p) if t != 1 else 0) - (t / p if t != 0 else 0))",
    _binary_grad,
    lambda g, p, t, z, d: [
        _binary_crossentropy_grad(d, p, t),
        d * g * ((1 - t) / sqr(1 - p) + t / sqr(p)),
        -d * g * (1 / (1 - p) + 1 / p),
    ],
    rule=floating,
    arguments="g p t",
    doc="g times the derivative of the binary cross-entropy with respect to p.",
)
_binary_crossentropy = elementwise(
    "binary_crossentropy",
    "(-t * log(p) if t != 0 else 0) + ((t - 1) * log1p(-p) if t != 1 else 0)",
    _binary,
    lambda p, t, z, g: [_binary_crossentropy_grad(g, p, t), g * (log1p(-p) - log(p))],
    rule=floating,
    arguments="p t",
    doc="Cross-entropy of each element, -(t log p + (1 - t) log(1 - p)).",
)


def _logit_crossentropy(x: Array, t: Array) -> Array:
    """log(1 + e^-|x|), and |x| times the share of the class that the sign of x is against."""
    against = np.where(x > 0, 1 - t, t)
    excess = np.where(against == 0, 0, np.abs(x) * against)
    return np.asarray(np.logaddexp(0, -np.abs(x)).astype(x.dtype) + excess)


_sigmoid_crossentropy = elementwise(
    "sigmoid_crossentropy",
    "log1p(exp(-abs(x))) + ((x * (1 - t) if t != 1 else 0) if x > 0 else "
    "(-x * t if t != 0 else 0))",
    _logit_crossentropy,
    lambda x, t, z, g: [g * (sigmoid(x) - t), -g * x],
    rule=floating,
    arguments="x t",
    doc="Cross-entropy of each element from logits, log(1 + e^x) - t x.",
)
_weighted = elementwise(
    "crossentropy_terms",
    "t * x if t != 0 else 0",
    lambda t, x: np.where(t == 0, 0, t * x),
    lambda t, x, z, g: [g * x, g * t],
    arguments="t x",
    doc="t x, and 0 where t is 0, whatever x is.",
)


def binary_crossentropy(output: Any, target: Any) -> Variable:
    """Cross-entropy of each element, -(t log p + (1 - t) log(1 - p)), where 0 log 0 is 0.

    Parameters
    ----------
    output
        Probabilities p.
    target
        Targets t from 0 to 1, of the same shape.

    Examples
    --------
    >>> from blocks import tensor
    >>> binary_crossentropy([0.5, 1.0], [1.0, 1.0]).eval().round(3)
    array([0.693, 0.   ])
    """
    p, t = as_variable(output), as_variable(target)
    return _binary_crossentropy(p, _like(t, p))


def sigmoid_binary_crossentropy(output: Any, target: Any) -> Variable:
    """Cross-entropy of each element from logits, log(1 + e^x) - t x, stable for any logit.

    Parameters
    ----------
    output
        Logits x.
    target
        Targets t from 0 to 1, of the same shape.

    Examples
    --------
    >>> from blocks import tensor
    >>> sigmoid_binary_crossentropy([1e4], [0.0]).eval()
    array([10000.])
    """
    x, t = as_variable(output), as_variable(target)
    return _sigmoid_crossentropy(x, _like(t, x))
