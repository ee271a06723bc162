"""Costs of classifiers in the forms that Theano offered, and the table of their errors.

Examples
--------
>>> cost, probabilities = crossentropy_softmax_1hot([[0.0, 0.0]], [1])
>>> cost.eval().round(6), probabilities.eval()
(array([0.693147]), array([[0.5, 0.5]]))
"""

from __future__ import annotations

from typing import Any

from blocks.errors import ShapeError
from blocks.graph.op import as_variable
from blocks.graph.ops.creation import alloc
from blocks.graph.ops.elementwise import add, cast, eq
from blocks.graph.ops.join import concatenate
from blocks.graph.ops.linalg import dot
from blocks.graph.ops.nn import softmax, softmax_crossentropy
from blocks.graph.ops.reduce import argmax
from blocks.graph.ops.search import Unique
from blocks.graph.ops.shape import dimshuffle, shape_i, transpose
from blocks.graph.variable import Variable

__all__ = [
    "confusion_matrix",
    "crossentropy_softmax_1hot",
    "crossentropy_softmax_1hot_with_bias",
    "crossentropy_softmax_argmax_1hot_with_bias",
    "prepend_0_to_each_row",
    "prepend_1_to_each_row",
    "prepend_scalar_to_each_row",
    "softmax_with_bias",
]


def softmax_with_bias(x: Any, b: Any) -> Variable:
    """Return the softmax of each row of x + b.

    Examples
    --------
    >>> softmax_with_bias([[0.0, 1.0]], [1.0, 0.0]).eval()
    array([[0.5, 0.5]])
    """
    return softmax(add(x, b))


def crossentropy_softmax_1hot(x: Any, y_idx: Any) -> tuple[Variable, Variable]:
    """Return the cross-entropy of each row of logits, and the softmax.

    Parameters
    ----------
    x
        Logits, of shape (batch, classes).
    y_idx
        Integer labels, of shape (batch,).

    Examples
    --------
    >>> crossentropy_softmax_1hot([[0.0, 1e4]], [0])[0].eval()
    array([10000.])
    """
    x = as_variable(x)
    return softmax_crossentropy(x, y_idx), softmax(x)


def crossentropy_softmax_1hot_with_bias(x: Any, b: Any, y_idx: Any) -> tuple[Variable, Variable]:
    """Return the cross-entropy of each row of x + b, and the softmax.

    Parameters
    ----------
    x
        A matrix of logits, a row for each example.
    b
        A vector that is added to each row.
    y_idx
        A vector of labels.

    Examples
    --------
    >>> crossentropy_softmax_1hot_with_bias([[0.0, 0.0]], [0.0, 1e4], [0])[0].eval()
    array([10000.])
    """
    return crossentropy_softmax_1hot(add(x, b), y_idx)


def crossentropy_softmax_argmax_1hot_with_bias(
    x: Any, b: Any, y_idx: Any
) -> tuple[Variable, Variable, Variable]:
    """Return the cross-entropy of each row of x + b, the softmax, and the likeliest class.

    Parameters
    ----------
    x
        A matrix of logits, a row for each example.
    b
        A vector that is added to each row.
    y_idx
        A vector of labels.

    Examples
    --------
    >>> results = crossentropy_softmax_argmax_1hot_with_bias([[0.0, 0.0]], [0.0, 1e4], [0])
    >>> [y.eval().tolist() for y in results]
    [[10000.0], [[0.0, 1.0]], [1]]
    """
    x = add(x, b)
    return (*crossentropy_softmax_1hot(x, y_idx), argmax(x, axis=-1))


def prepend_scalar_to_each_row(val: Any, X: Any) -> Variable:
    """Return a matrix with a column of one value in front.

    Parameters
    ----------
    val
        The number.
    X
        A matrix.

    Examples
    --------
    >>> prepend_scalar_to_each_row(7, [[1, 2]]).eval()
    array([[7, 1, 2]])
    """
    X = as_variable(X)
    column = alloc(cast(as_variable(val), X.dtype), shape_i(X, 0), 1)
    return concatenate([column, X], axis=1)


def prepend_0_to_each_row(X: Any) -> Variable:
    """Return a matrix with a column of zeros in front.

    Parameters
    ----------
    X
        A matrix.

    Examples
    --------
    >>> prepend_0_to_each_row([[1, 2]]).eval()
    array([[0, 1, 2]])
    """
    return prepend_scalar_to_each_row(0, X)


def prepend_1_to_each_row(X: Any) -> Variable:
    """Return a matrix with a column of ones in front.

    Parameters
    ----------
    X
        A matrix.

    Examples
    --------
    >>> prepend_1_to_each_row([[1, 2]]).eval()
    array([[1, 1, 2]])
    """
    return prepend_scalar_to_each_row(1, X)


def confusion_matrix(actual: Any, pred: Any) -> list[Variable]:
    """Return how often each actual class (rows) was taken for each class, and the classes.

    Parameters
    ----------
    actual, pred
        Vectors of integer labels.

    Raises
    ------
    ShapeError
        If they are no vectors.

    Examples
    --------
    >>> [y.eval().tolist() for y in confusion_matrix([2, 0, 2], [0, 0, 2])]
    [[[1, 0], [1, 1]], [0, 2]]
    """
    actual, pred = as_variable(actual), as_variable(pred)
    if actual.ndim != 1 or pred.ndim != 1:
        raise ShapeError(
            f"confusion_matrix: expected two vectors, got {actual.type} and {pred.type}. Take the "
            "labels, for example with argmax(axis=1)."
        )
    classes: Variable = Unique()(concatenate([actual, pred]))
    is_actual, is_pred = (
        cast(eq(dimshuffle(x, 0, "x"), dimshuffle(classes, "x", 0)), "int64")
        for x in (actual, pred)
    )
    return [dot(transpose(is_actual), is_pred), classes]
