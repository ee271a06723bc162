"""Step rules that keep steps, or the parameters after them, within limits."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

from blocks import tensor
from blocks.algorithms.step_rules import Pairs, StepRule, Steps, hyperparameter, like
from blocks.errors import GraphError
from blocks.graph.variable import SharedVariable, Variable
from blocks.theano_expressions import l2_norm
from blocks.utils.theano_utils import parameter_path

__all__ = ["RemoveNotFinite", "StepClipping", "VariableClipping"]


class StepClipping(StepRule):
    """Scale all steps together so that their joint norm is at most a threshold.

    Parameters
    ----------
    threshold
        The largest norm; ``None`` leaves the steps as they are.

    References
    ----------
    R. Pascanu, T. Mikolov and Y. Bengio, *On the difficulty of training recurrent neural
    networks*, arXiv:1211.5063 (2012).

    Examples
    --------
    >>> from blocks.algorithms import CompositeRule, Scale
    >>> rule = CompositeRule([StepClipping(threshold=1.0), Scale(0.1)])
    """

    def __init__(self, threshold: Any = None) -> None:
        self.threshold = None if threshold is None else hyperparameter(threshold, "threshold")

    def compute_steps(self, previous_steps: Steps) -> tuple[Steps, Pairs]:
        """Return the scaled steps."""
        if self.threshold is None or not previous_steps:
            return previous_steps, []
        norm = l2_norm(previous_steps.values())
        threshold = like(self.threshold, norm)
        factor = tensor.switch(norm < threshold, tensor.ones_like(norm), threshold / norm)
        steps = ((x, step * like(factor, step)) for x, step in previous_steps.items())
        return OrderedDict(steps), []


class VariableClipping(StepRule):
    """Shorten steps so that the norm of the parameter after the step is limited.

    Put it last: the rules before it decide about the step.

    Parameters
    ----------
    threshold
        The largest norm.
    axis
        The axis, or axes, over which norms are taken, one norm for each index of the
        others: for the weights of a linear brick 0 limits what each output gets. By
        default the norm of the whole parameter.

    Examples
    --------
    >>> from blocks.algorithms import CompositeRule, Scale
    >>> rule = CompositeRule([Scale(0.1), VariableClipping(threshold=2.0, axis=0)])
    """

    def __init__(self, threshold: Any, axis: int | Iterable[int] | None = None) -> None:
        axes = () if axis is None else (axis,) if isinstance(axis, int) else tuple(axis)
        if len(set(axes)) < len(axes):
            raise ValueError(f"{type(self).__name__}: expected each axis once, got {axes}.")
        self.axis = axes
        self.threshold = hyperparameter(threshold, "threshold")

    def compute_step(
        self, parameter: SharedVariable, previous_step: Variable
    ) -> tuple[Variable, Any]:
        """Return the step, or the one after which the norm is the threshold."""
        ndim = parameter.ndim
        if any(not -ndim <= axis < ndim for axis in self.axis):
            raise GraphError(
                f"{type(self).__name__}: expected axes of {parameter_path(parameter)} "
                f"({parameter.type}), got {', '.join(map(str, self.axis))}. Use Restrict to clip "
                "only parameters that have these axes."
            )
        threshold = like(self.threshold, previous_step)
        moved = parameter - previous_step
        if self.axis:
            norm = tensor.sqrt(tensor.sqr(moved).sum(axis=self.axis, keepdims=True))
        else:
            norm = l2_norm([moved])
        shorter = parameter - (threshold / norm) * moved
        return tensor.switch(norm > threshold, shorter, previous_step), []


class RemoveNotFinite(StepRule):
    """Where a step has NaN or infinity, multiply the parameter by a number instead.

    The step is then (1 - scaler) * parameter. One such element is enough to replace the
    whole step of its parameter; the steps of other parameters stay.

    Parameters
    ----------
    scaler
        What the parameter is multiplied by: 1 keeps it as it is.

    Examples
    --------
    >>> from blocks.algorithms import CompositeRule, Scale
    >>> rule = CompositeRule([Scale(0.1), RemoveNotFinite()])
    """

    def __init__(self, scaler: Any = 1) -> None:
        self.scaler = hyperparameter(scaler, "scaler")

    def compute_step(
        self, parameter: SharedVariable, previous_step: Variable
    ) -> tuple[Variable, Any]:
        """Return the step, or the one that scales the parameter."""
        total = previous_step.sum()
        not_finite = tensor.or_(tensor.isnan(total), tensor.isinf(total))
        instead = (1 - like(self.scaler, previous_step)) * parameter
        return tensor.switch(not_finite, instead, previous_step), []
