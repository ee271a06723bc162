"""Activation functions and softmax."""

from __future__ import annotations

from typing import Any

from blocks import tensor
from blocks.bricks.base import Brick, application
from blocks.bricks.interfaces import Activation
from blocks.bricks.wrappers import WithExtraDims
from blocks.errors import ShapeError
from blocks.graph.ops import nn
from blocks.graph.variable import Variable

__all__ = [
    "Identity",
    "LeakyRectifier",
    "Logistic",
    "NDimensionalSoftmax",
    "Rectifier",
    "Softmax",
    "Softplus",
    "Tanh",
]


class Identity(Activation):
    """The identity: x.

    Examples
    --------
    >>> Identity().apply([-1.0, 2.0]).eval()
    array([-1.,  2.])
    """

    @application(inputs=["input_"], outputs=["output"])
    def apply(self, input_: Variable) -> Variable:
        """Return ``input_``."""
        return input_


class Tanh(Activation):
    """The hyperbolic tangent, elementwise: tanh(x).

    Examples
    --------
    >>> Tanh().apply([0.0, 1.0]).eval().round(4)
    array([0.    , 0.7616])
    """

    @application(inputs=["input_"], outputs=["output"])
    def apply(self, input_: Variable) -> Variable:
        """Return tanh of ``input_``."""
        return tensor.tanh(input_)


class Logistic(Activation):
    """The logistic function, elementwise: 1 / (1 + exp(-x)).

    Examples
    --------
    >>> Logistic().apply([0.0, 1.0]).eval().round(4)
    array([0.5   , 0.7311])
    """

    @application(inputs=["input_"], outputs=["output"])
    def apply(self, input_: Variable) -> Variable:
        """Return the logistic function of ``input_``."""
        return nn.sigmoid(input_)


class Softplus(Activation):
    """A smooth rectifier, elementwise: log(1 + exp(x)), without overflow for large x.

    Examples
    --------
    >>> Softplus().apply([0.0, 1000.0]).eval().round(4)
    array([6.931e-01, 1.000e+03])
    """

    @application(inputs=["input_"], outputs=["output"])
    def apply(self, input_: Variable) -> Variable:
        """Return log(1 + exp) of ``input_``."""
        return nn.softplus(input_)


class Rectifier(Activation):
    """The rectifier, elementwise: max(0, x). NaN stays NaN; the gradient at 0 is 0.

    Examples
    --------
    >>> Rectifier().apply([-1.0, 2.0]).eval()
    array([0., 2.])
    """

    @application(inputs=["input_"], outputs=["output"])
    def apply(self, input_: Variable) -> Variable:
        """Return the larger of ``input_`` and 0."""
        return tensor.nnet.relu(input_)


class LeakyRectifier(Activation):
    """A rectifier with a small slope on the left, elementwise: x if x > 0, else leak x.

    Parameters
    ----------
    leak
        The slope for negative x.

    References
    ----------
    Maas, Hannun, Ng: Rectifier nonlinearities improve neural network acoustic models, 2013.

    Examples
    --------
    >>> LeakyRectifier(0.1).apply([-1.0, 2.0]).eval()
    array([-0.1,  2. ])
    """

    def __init__(self, leak: float = 0.01, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._leak = leak

    @application(inputs=["input_"], outputs=["output"])
    def apply(self, input_: Variable) -> Variable:
        """Return ``input_`` where it is positive, else leak times it."""
        return tensor.switch(tensor.gt(input_, 0), input_, self._leak * input_)


class Softmax(Brick):
    """Probabilities from scores: exp(x_i) / sum_j exp(x_j) over the last axis.

    Shapes: (batch, classes) -> (batch, classes). For training use
    `categorical_cross_entropy`, which takes the scores and is exact for large ones.

    Examples
    --------
    >>> Softmax().apply([[0.0, 0.0], [0.0, 1000.0]]).eval()
    array([[0.5, 0.5],
           [0. , 1. ]])
    """

    @application(inputs=["input_"], outputs=["output"])
    def apply(self, input_: Variable) -> Variable:
        """Return the probabilities, (batch, classes)."""
        return nn.softmax(input_)

    @application(inputs=["input_"], outputs=["output"])
    def log_probabilities(self, input_: Variable) -> Variable:
        """Return the logarithms of the probabilities, (batch, classes)."""
        return nn.logsoftmax(input_)

    @application(inputs=["y", "x"], outputs=["output"])
    def categorical_cross_entropy(
        self, application_call: Any, y: Variable, x: Variable
    ) -> Variable:
        """Return the cross-entropy of each example: -sum_c y_c log softmax(x)_c.

        Parameters
        ----------
        y
            The labels, integers (batch,), or their probabilities, (batch, classes).
        x
            The scores (not probabilities), (batch, classes).

        Returns
        -------
        The costs, (batch,): take ``.mean()`` for training. The auxiliary variable
        ``log_probabilities`` has those of all classes.
        """
        log_probabilities = nn.logsoftmax(x)
        application_call.add_auxiliary_variable(log_probabilities, name="log_probabilities")
        if y.ndim == x.ndim - 1 and y.type.is_float:
            raise ShapeError(
                f"{application_call.application}: expected integer labels or probabilities of "
                f"{x.ndim} axes as y, got {y.type}. Use an integer vector such as "
                "tensor.lvector('targets')."
            )
        if y.ndim not in (x.ndim, x.ndim - 1):
            raise ShapeError(
                f"{application_call.application}: expected y with {x.ndim - 1} axes (labels) or "
                f"{x.ndim} axes (probabilities) for scores {x.type}, got {y.type}. Labels of "
                "shape (batch, 1) need y.flatten()."
            )
        if y.ndim == x.ndim:
            return -(y * log_probabilities).sum(axis=x.ndim - 1)
        return nn.softmax_crossentropy(x, y)


class NDimensionalSoftmax(Softmax):
    """A softmax over the last axis of inputs with more axes in front.

    Each application takes ``extra_ndim``: how many axes come before (batch, classes).

    Examples
    --------
    >>> x = tensor.tensor3("x")
    >>> NDimensionalSoftmax().apply(x, extra_ndim=1).ndim
    3
    """

    decorators = (WithExtraDims(),)
