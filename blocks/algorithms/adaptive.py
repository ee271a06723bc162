"""Step rules that adapt to the history of each element of a parameter."""

from __future__ import annotations

from typing import Any

from blocks import tensor
from blocks.algorithms.step_rules import (
    CompositeRule,
    Scale,
    StepRule,
    algorithm_buffer,
    hyperparameter,
    like,
)
from blocks.graph.variable import SharedVariable, Variable
from blocks.roles import ALGORITHM_BUFFER, add_role
from blocks.utils.theano_utils import shared_floatx

__all__ = ["AdaDelta", "AdaGrad", "Adam", "BasicRMSProp", "RMSProp"]


def _rate(where: StepRule, value: Any, name: str) -> SharedVariable:
    """Return the setting of a decay, which must be from 0 to 1."""
    if not isinstance(value, SharedVariable) and not 0.0 <= value <= 1.0:
        raise ValueError(f"{type(where).__name__}: expected {name} from 0 to 1, got {value!r}.")
    return hyperparameter(value, name)


class AdaDelta(StepRule):
    """AdaDelta: step = sqrt(d + epsilon) / sqrt(s + epsilon) * previous step.

    Here s and d are decaying means of the squares of the previous steps and of the steps.

    Parameters
    ----------
    decay_rate
        How much of the means is kept at each batch, from 0 to 1.
    epsilon
        Added inside both roots, so that the first steps are not zero.

    Raises
    ------
    ValueError
        If `decay_rate` is not from 0 to 1.

    References
    ----------
    M. D. Zeiler, *ADADELTA: An adaptive learning rate method*, arXiv:1212.5701 (2012).

    Examples
    --------
    >>> rule = AdaDelta(decay_rate=0.95)
    """

    def __init__(self, decay_rate: Any = 0.95, epsilon: Any = 1e-6) -> None:
        self.decay_rate = _rate(self, decay_rate, "decay_rate")
        self.epsilon = hyperparameter(epsilon, "epsilon")

    def compute_step(
        self, parameter: SharedVariable, previous_step: Variable
    ) -> tuple[Variable, Any]:
        """Return the step and the updates of both means."""
        rate, epsilon = (like(x, previous_step) for x in (self.decay_rate, self.epsilon))
        step_mean = algorithm_buffer(parameter, "mean_square_step_tm1")
        change_mean = algorithm_buffer(parameter, "mean_square_delta_x_tm1")
        new_step_mean = rate * step_mean + (1 - rate) * tensor.sqr(previous_step)
        ratio = tensor.sqrt(change_mean + epsilon) / tensor.sqrt(new_step_mean + epsilon)
        step = ratio * previous_step
        new_change_mean = rate * change_mean + (1 - rate) * tensor.sqr(step)
        return step, [(step_mean, new_step_mean), (change_mean, new_change_mean)]


class BasicRMSProp(StepRule):
    """RMSProp without a learning rate: step = previous step / max(rms, 1 / max_scaling).

    Here rms is the root of a decaying mean of the squares of the previous steps.

    Parameters
    ----------
    decay_rate
        How much of the mean is kept at each batch, from 0 to 1.
    max_scaling
        The largest factor that a step is multiplied by.

    Raises
    ------
    ValueError
        If `decay_rate` is not from 0 to 1, or `max_scaling` not positive.

    References
    ----------
    T. Tieleman and G. Hinton, *Lecture 6.5: rmsprop*, Neural networks for machine
    learning (2012).
    """

    def __init__(self, decay_rate: Any = 0.9, max_scaling: Any = 1e5) -> None:
        self.decay_rate = _rate(self, decay_rate, "decay_rate")
        if not max_scaling > 0:
            raise ValueError(
                f"{type(self).__name__}: expected max_scaling above 0, got {max_scaling!r}."
            )
        self.epsilon = hyperparameter(1 / max_scaling, "epsilon")

    def compute_step(
        self, parameter: SharedVariable, previous_step: Variable
    ) -> tuple[Variable, Any]:
        """Return the step and the update of the mean."""
        rate, epsilon = (like(x, previous_step) for x in (self.decay_rate, self.epsilon))
        mean = algorithm_buffer(parameter, "mean_square_step_tm1")
        new_mean = rate * mean + (1 - rate) * tensor.sqr(previous_step)
        step = previous_step / tensor.maximum(tensor.sqrt(new_mean), epsilon)
        return step, [(mean, new_mean)]


class RMSProp(CompositeRule):
    """RMSProp: step = learning_rate * previous step / max(rms, 1 / max_scaling).

    Parameters
    ----------
    learning_rate
        The factor of the steps.
    decay_rate, max_scaling
        As of `BasicRMSProp`.

    Attributes
    ----------
    learning_rate, decay_rate : SharedVariable
        The settings, which may change in the course of training.

    Examples
    --------
    >>> rule = RMSProp(learning_rate=0.01)
    """

    def __init__(
        self, learning_rate: Any = 1.0, decay_rate: Any = 0.9, max_scaling: Any = 1e5
    ) -> None:
        basic, scale = BasicRMSProp(decay_rate, max_scaling), Scale(learning_rate)
        self.learning_rate = scale.learning_rate
        self.decay_rate = basic.decay_rate
        super().__init__([basic, scale])


class AdaGrad(StepRule):
    """AdaGrad: step = learning_rate * previous step / (sqrt(s) + epsilon).

    Here s is the sum of the squares of all previous steps.

    Parameters
    ----------
    learning_rate
        The factor of the steps.
    epsilon
        Keeps the divisor from being zero.

    References
    ----------
    J. Duchi, E. Hazan and Y. Singer, *Adaptive subgradient methods for online learning
    and stochastic optimization*, Journal of Machine Learning Research 12 (2011).

    Examples
    --------
    >>> rule = AdaGrad(learning_rate=0.002)
    """

    def __init__(self, learning_rate: Any = 0.002, epsilon: Any = 1e-6) -> None:
        self.learning_rate = hyperparameter(learning_rate, "learning_rate")
        self.epsilon = hyperparameter(epsilon, "epsilon")

    def compute_step(
        self, parameter: SharedVariable, previous_step: Variable
    ) -> tuple[Variable, Any]:
        """Return the step and the update of the sum."""
        rate, epsilon = (like(x, previous_step) for x in (self.learning_rate, self.epsilon))
        name = "adagrad_sqs" + (f"_{parameter.name}" if parameter.name else "")
        total = algorithm_buffer(parameter, name)
        new_total = total + tensor.sqr(previous_step)
        step = rate * previous_step / (tensor.sqrt(new_total) + epsilon)
        return step, [(total, new_total)]


class Adam(StepRule):
    """Adam: step = rate * mean / (sqrt(variance) + epsilon), both corrected for their start.

    With t counting batches from 1, beta = beta1 * decay_factor^(t - 1), the mean m =
    beta m + (1 - beta) g and the variance v = beta2 v + (1 - beta2) g^2, the rate is
    learning_rate * sqrt(1 - beta2^t) / (1 - beta^t).

    Parameters
    ----------
    learning_rate
        The factor of the steps.
    beta1, beta2
        How much of mean and variance is kept at each batch, from 0 to 1.
    epsilon
        Keeps the divisor from being zero.
    decay_factor
        By which `beta1` decays at each batch, from 0 to 1.

    Raises
    ------
    ValueError
        If a decay is not from 0 to 1.

    References
    ----------
    D. P. Kingma and J. Ba, *Adam: A method for stochastic optimization*,
    arXiv:1412.6980 (2014).

    Examples
    --------
    >>> rule = Adam(learning_rate=0.001)
    >>> rule.beta1.get_value()
    array(0.9)
    """

    def __init__(
        self,
        learning_rate: Any = 0.002,
        beta1: Any = 0.9,
        beta2: Any = 0.999,
        epsilon: Any = 1e-8,
        decay_factor: Any = 1,
    ) -> None:
        self.learning_rate = hyperparameter(learning_rate, "learning_rate")
        self.beta1 = _rate(self, beta1, "beta1")
        self.beta2 = _rate(self, beta2, "beta2")
        self.epsilon = hyperparameter(epsilon, "epsilon")
        self.decay_factor = _rate(self, decay_factor, "decay_factor")

    def compute_step(
        self, parameter: SharedVariable, previous_step: Variable
    ) -> tuple[Variable, Any]:
        """Return the step and the updates of mean, variance and time."""
        settings = (self.learning_rate, self.beta1, self.beta2, self.epsilon, self.decay_factor)
        rate, beta1, beta2, epsilon, decay = (like(x, previous_step) for x in settings)
        mean = algorithm_buffer(parameter, "mean")
        variance = algorithm_buffer(parameter, "variance")
        time = shared_floatx(0, name="time", dtype=parameter.dtype)
        time.tag.for_parameter = parameter
        add_role(time, ALGORITHM_BUFFER)
        now = time + 1
        beta = beta1 * decay ** (now - 1)
        new_mean = beta * mean + (1 - beta) * previous_step
        new_variance = beta2 * variance + (1 - beta2) * tensor.sqr(previous_step)
        rate = rate * tensor.sqrt(1 - beta2**now) / (1 - beta**now)
        step = rate * new_mean / (tensor.sqrt(new_variance) + epsilon)
        return step, [(mean, new_mean), (variance, new_variance), (time, now)]
