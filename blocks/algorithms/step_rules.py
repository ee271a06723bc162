"""Step rules: from gradients to the steps that are subtracted from parameters.

A rule maps the previous steps (at first the gradients) to new ones, so rules compose.
Settings are shared variables with the role ALGORITHM_HYPERPARAMETER, so that they can
change in the course of training; what a rule remembers has the role ALGORITHM_BUFFER.
Those that adapt to each parameter are in `blocks.algorithms.adaptive`, those that limit
steps in `blocks.algorithms.limits`.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any

from blocks import tensor
from blocks.errors import GraphError, described
from blocks.graph.variable import SharedVariable, Variable
from blocks.representation import Represented
from blocks.roles import ALGORITHM_BUFFER, ALGORITHM_HYPERPARAMETER, add_role
from blocks.utils.theano_utils import (
    parameter_path,
    shared_floatx,
    shared_floatx_zeros_matching,
)

__all__ = [
    "BasicMomentum",
    "CompositeRule",
    "Momentum",
    "Restrict",
    "Scale",
    "StepRule",
    "algorithm_buffer",
    "hyperparameter",
    "like",
]

Pairs = list[tuple[SharedVariable, Variable]]
Steps = OrderedDict[SharedVariable, Variable]


def hyperparameter(value: Any, name: str) -> SharedVariable:
    """Return a setting of a rule as a shared variable with the role for it.

    Parameters
    ----------
    value
        A number, or a scalar shared variable, which is taken as it is.
    name
        Its name.

    Raises
    ------
    TypeError
        If it is neither.

    Examples
    --------
    >>> rate = hyperparameter(0.5, "learning_rate")
    >>> rate, rate.tag.roles
    (learning_rate, [ALGORITHM_HYPERPARAMETER])
    """
    if not isinstance(value, SharedVariable):
        try:
            value = shared_floatx(float(value), name=name)
        except (TypeError, ValueError):
            raise TypeError(
                f"{name}: expected a number, got {described(value)}. Pass a "
                "number, or a scalar shared variable."
            ) from None
    if value.ndim != 0:
        raise TypeError(f"{name}: expected a number, got a shared variable of {value.type}.")
    add_role(value, ALGORITHM_HYPERPARAMETER)
    return value


def algorithm_buffer(parameter: SharedVariable, name: str) -> SharedVariable:
    """Return zeros of the type of a parameter, for a rule to remember something in.

    Parameters
    ----------
    parameter
        The parameter; the buffer's ``tag.for_parameter`` points to it.
    name
        The name of the buffer.
    """
    buffer = shared_floatx_zeros_matching(parameter, name)
    buffer.tag.for_parameter = parameter
    add_role(buffer, ALGORITHM_BUFFER)
    return buffer


def like(variable: Variable, step: Variable) -> Variable:
    """Return a variable in the dtype of a step, so that the step keeps its own."""
    return variable if variable.dtype == step.dtype else tensor.cast(variable, step.dtype)


class StepRule(Represented):
    """The base class of all rules: leaves every step as it is.

    Override `compute_step` where each parameter is treated on its own, `compute_steps`
    where steps depend on each other.

    Examples
    --------
    >>> class Sign(StepRule):
    ...     def compute_step(self, parameter, previous_step):
    ...         return tensor.sgn(previous_step), []
    """

    def compute_step(
        self, parameter: SharedVariable, previous_step: Variable
    ) -> tuple[Variable, Any]:
        """Return the step of one parameter, and updates of what the rule remembers.

        Parameters
        ----------
        parameter
            The parameter.
        previous_step
            What the rule before this one made, or the gradient.

        Returns
        -------
        step : Variable
            What to subtract from the parameter.
        updates : list of pairs
            Shared variables and their new values.
        """
        raise NotImplementedError(
            f"{type(self).__name__}: expected a method compute_step(parameter, previous_step) "
            "or compute_steps(previous_steps), got neither. Define one of them."
        )

    def compute_steps(self, previous_steps: Steps) -> tuple[Steps, Pairs]:
        """Return the steps of all parameters, and updates of what the rule remembers.

        Parameters
        ----------
        previous_steps
            An ordered dict from parameters to previous steps.

        Returns
        -------
        steps : OrderedDict
            From each parameter to its step.
        updates : list of pairs
            Shared variables and their new values.
        """
        steps: Steps = OrderedDict()
        updates: Pairs = []
        for parameter, previous_step in previous_steps.items():
            result = self.compute_step(parameter, previous_step)
            if not isinstance(result, tuple | list) or len(result) != 2:
                raise TypeError(
                    f"{type(self).__name__}.compute_step: expected a step and a list of "
                    f"updates, got {described(result)}. Return (step, [])."
                )
            step, more = result
            steps[parameter] = step
            updates.extend(more.items() if isinstance(more, Mapping) else more)
        return steps, updates


class CompositeRule(StepRule):
    """Several rules, one after the other: each gets the steps of the one before.

    Parameters
    ----------
    components
        The rules, in order.

    Examples
    --------
    >>> from blocks.algorithms import StepClipping
    >>> rule = CompositeRule([StepClipping(1.0), Scale(0.1)])
    """

    def __init__(self, components: Iterable[StepRule]) -> None:
        self.components = list(components)
        for rule in self.components:
            if not isinstance(rule, StepRule):
                raise TypeError(
                    f"{type(self).__name__}: expected step rules, got {rule!r}. "
                    "Pass a list such as [StepClipping(1.0), Scale(0.1)]."
                )

    def compute_steps(self, previous_steps: Steps) -> tuple[Steps, Pairs]:
        """Return the steps of the last rule, and the updates of all."""
        steps, updates = previous_steps, []
        for rule in self.components:
            steps, more = rule.compute_steps(steps)
            updates.extend(more)
        return steps, updates


class Restrict(StepRule):
    """Another rule for some of the parameters; the steps of the others stay as they are.

    Parameters
    ----------
    step_rule
        The rule.
    variables
        The parameters that it is for.

    Examples
    --------
    >>> W = shared_floatx([1.0], name="W")
    >>> rule = Restrict(Scale(0.1), [W])
    """

    def __init__(self, step_rule: StepRule, variables: Iterable[SharedVariable]) -> None:
        self.step_rule = step_rule
        self.variables = [variables] if isinstance(variables, Variable) else list(variables)

    def compute_steps(self, previous_steps: Steps) -> tuple[Steps, Pairs]:
        """Return the steps, those of the chosen parameters by the rule."""
        unknown = [parameter_path(x) for x in self.variables if x not in previous_steps]
        if unknown:
            raise GraphError(
                f"{type(self).__name__}: expected variables that are trained, got "
                f"{', '.join(unknown)}. Pass them as parameters to the algorithm too."
            )
        chosen = set(self.variables)
        own = OrderedDict((x, step) for x, step in previous_steps.items() if x in chosen)
        steps, updates = self.step_rule.compute_steps(own)
        return OrderedDict((x, steps.get(x, step)) for x, step in previous_steps.items()), updates


class Scale(StepRule):
    """Steepest descent: step = learning_rate * previous step.

    Parameters
    ----------
    learning_rate
        The factor.

    Attributes
    ----------
    learning_rate : SharedVariable
        The factor, which may change in the course of training.

    Examples
    --------
    >>> rule = Scale(learning_rate=0.1)
    >>> rule.learning_rate.set_value(0.05)
    """

    def __init__(self, learning_rate: Any = 1.0) -> None:
        self.learning_rate = hyperparameter(learning_rate, "learning_rate")

    def compute_step(
        self, parameter: SharedVariable, previous_step: Variable
    ) -> tuple[Variable, Any]:
        """Return the scaled step."""
        return like(self.learning_rate, previous_step) * previous_step, []


class BasicMomentum(StepRule):
    """Momentum without a learning rate: velocity = momentum * velocity + previous step.

    Parameters
    ----------
    momentum
        The factor by which the velocity decays.

    Notes
    -----
    Compose it with `Scale`, or use `Momentum`, which does.
    """

    def __init__(self, momentum: Any = 0.0) -> None:
        self.momentum = hyperparameter(momentum, "momentum")

    def compute_step(
        self, parameter: SharedVariable, previous_step: Variable
    ) -> tuple[Variable, Any]:
        """Return the new velocity."""
        velocity = algorithm_buffer(parameter, "velocity")
        step = like(self.momentum, previous_step) * velocity + previous_step
        return step, [(velocity, step)]


class Momentum(CompositeRule):
    """Momentum: velocity = momentum * velocity + learning_rate * previous step.

    Parameters
    ----------
    learning_rate
        The factor of the gradients.
    momentum
        The factor by which the velocity decays.

    Attributes
    ----------
    learning_rate, momentum : SharedVariable
        The settings, which may change in the course of training.

    Examples
    --------
    >>> rule = Momentum(learning_rate=0.1, momentum=0.9)
    >>> rule.momentum.get_value()
    array(0.9)
    """

    def __init__(self, learning_rate: Any = 1.0, momentum: Any = 0.0) -> None:
        scale, velocity = Scale(learning_rate), BasicMomentum(momentum)
        self.learning_rate = scale.learning_rate
        self.momentum = velocity.momentum
        super().__init__([scale, velocity])
