"""Costs: what training minimises and monitoring reports.

Each is applied to the targets first, then to the predictions: ``cost.apply(y, y_hat)``.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from blocks import tensor
from blocks.bricks.base import Brick, application, path_of
from blocks.config import config
from blocks.errors import ShapeError
from blocks.graph.ops import nn
from blocks.graph.variable import Variable

__all__ = [
    "AbsoluteError",
    "BinaryCrossEntropy",
    "CategoricalCrossEntropy",
    "Cost",
    "CostMatrix",
    "MisclassificationRate",
    "SquaredError",
]


class Cost(Brick):
    """Interface of costs: ``apply`` returns a scalar."""

    @abstractmethod
    @application
    def apply(self, *args: Any, **kwargs: Any) -> Any:
        """Return the cost."""


class CostMatrix(Cost):
    """Interface of costs that sum over elements and average over the batch.

    Subclasses define ``cost_matrix``, the cost of each element: (batch, n) -> (batch, n).
    """

    @application(outputs=["cost"])
    def apply(self, *args: Any, **kwargs: Any) -> Variable:
        """Return the mean over the batch of the sums over the second axis."""
        matrix = self.cost_matrix(*args, **kwargs)
        if matrix.ndim < 2:
            raise ShapeError(
                f"{path_of(self)}.apply: expected targets and predictions with at least 2 axes, "
                f"(batch, n), got costs {matrix.type}. Use y.dimshuffle(0, 'x') for vectors."
            )
        return matrix.sum(axis=1).mean()

    @abstractmethod
    @application
    def cost_matrix(self, *args: Any, **kwargs: Any) -> Any:
        """Return the cost of each element."""


def _same_ndim(brick: Brick, y: Variable, y_hat: Variable) -> None:
    # (n,) against (n, 1) would broadcast to (n, n) and train on nonsense.
    if y.ndim != y_hat.ndim:
        raise ShapeError(
            f"{path_of(brick)}.cost_matrix: expected targets and predictions of one shape, got "
            f"{y.type} and {y_hat.type}. Use reshape or dimshuffle on one of them."
        )


class BinaryCrossEntropy(CostMatrix):
    """The cross-entropy of Bernoulli variables: -y log y_hat - (1 - y) log(1 - y_hat).

    Shapes: y and y_hat (batch, n), probabilities -> scalar, summed over n, averaged over
    the batch.

    Examples
    --------
    >>> y, y_hat = [[1.0, 0.0]], [[0.5, 0.5]]
    >>> print(BinaryCrossEntropy().apply(y, y_hat).eval().round(4))
    1.3863
    """

    @application(inputs=["y", "y_hat"])
    def cost_matrix(self, y: Variable, y_hat: Variable) -> Variable:
        """Return the cross-entropy of each element."""
        _same_ndim(self, y, y_hat)
        return nn.binary_crossentropy(y_hat, y)


class AbsoluteError(CostMatrix):
    """The absolute difference: abs(y - y_hat), summed, averaged over the batch.

    Shapes: y and y_hat (batch, n) -> scalar.

    Examples
    --------
    >>> AbsoluteError().apply([[1.0, 2.0]], [[0.0, 4.0]]).eval()
    array(3.)
    """

    @application(inputs=["y", "y_hat"])
    def cost_matrix(self, y: Variable, y_hat: Variable) -> Variable:
        """Return the absolute difference of each element."""
        _same_ndim(self, y, y_hat)
        return abs(y - y_hat)


class SquaredError(CostMatrix):
    """The squared difference: (y - y_hat)^2, summed, averaged over the batch.

    Shapes: y and y_hat (batch, n) -> scalar.

    Examples
    --------
    >>> SquaredError().apply([[1.0, 2.0]], [[0.0, 4.0]]).eval()
    array(5.)
    """

    @application(inputs=["y", "y_hat"])
    def cost_matrix(self, y: Variable, y_hat: Variable) -> Variable:
        """Return the squared difference of each element."""
        _same_ndim(self, y, y_hat)
        return tensor.sqr(y - y_hat)


class CategoricalCrossEntropy(Cost):
    """The mean cross-entropy of classes: -mean over the batch of sum_c y_c log y_hat_c.

    Shapes: y integer labels (batch,) or probabilities (batch, classes); y_hat
    probabilities (batch, classes), such as those of `Softmax` -> scalar.

    Examples
    --------
    >>> print(CategoricalCrossEntropy().apply([0, 1], [[0.5, 0.5], [0.0, 1.0]]).eval().round(4))
    0.3466
    """

    @application(inputs=["y", "y_hat"], outputs=["cost"])
    def apply(self, y: Variable, y_hat: Variable) -> Variable:
        """Return the mean cross-entropy."""
        return nn.categorical_crossentropy(y_hat, y).mean()


class MisclassificationRate(Cost):
    """The fraction of examples whose label is not among the top_k scores.

    Shapes: y integer labels (batch,), y_hat scores or probabilities (batch, classes) ->
    scalar of dtype ``config.floatX``, without gradient. With ``top_k`` above 1, classes
    that tie with the label count against it.

    Parameters
    ----------
    top_k
        How many of the highest scores count as a hit.

    Examples
    --------
    >>> scores = [[0.1, 0.9], [0.8, 0.2], [0.3, 0.7], [0.6, 0.4]]
    >>> MisclassificationRate().apply([1, 0, 0, 0], scores).eval()
    array(0.25)
    """

    def __init__(self, top_k: int = 1, **kwargs: Any) -> None:
        if isinstance(top_k, bool) or not isinstance(top_k, int) or top_k < 1:
            raise ValueError(
                f"MisclassificationRate: expected top_k to be an integer of at least 1, got "
                f"{top_k!r}."
            )
        super().__init__(**kwargs)
        self.top_k = top_k

    @application(inputs=["y", "y_hat"], outputs=["error_rate"])
    def apply(self, y: Variable, y_hat: Variable) -> Variable:
        """Return the fraction of mistakes."""
        if y.ndim != 1 or y_hat.ndim != 2 or y.type.is_float:
            raise ShapeError(
                f"{path_of(self)}.apply: expected integer labels (batch,) and scores (batch, "
                f"classes), got {y.type} and {y_hat.type}. Labels of shape (batch, 1) need "
                "y.flatten()."
            )
        if self.top_k == 1:
            mistakes = tensor.neq(y, y_hat.argmax(axis=1))
        else:
            label_score = y_hat[tensor.arange(y.shape[0]), y]
            # Ties count as higher: else a constant output would be right everywhere.
            at_least = tensor.ge(y_hat, label_score.dimshuffle(0, "x"))
            mistakes = tensor.ge(at_least.sum(axis=1) - 1, self.top_k)
        return mistakes.mean(dtype=config.floatX)
