"""Training algorithms and the rules by which they take steps."""

from blocks.algorithms.adaptive import AdaDelta, AdaGrad, Adam, BasicRMSProp, RMSProp
from blocks.algorithms.base import TrainingAlgorithm, UpdatesAlgorithm
from blocks.algorithms.gradient_descent import GradientDescent
from blocks.algorithms.limits import RemoveNotFinite, StepClipping, VariableClipping
from blocks.algorithms.step_rules import (
    BasicMomentum,
    CompositeRule,
    Momentum,
    Restrict,
    Scale,
    StepRule,
)

__all__ = [
    "AdaDelta",
    "AdaGrad",
    "Adam",
    "BasicMomentum",
    "BasicRMSProp",
    "CompositeRule",
    "GradientDescent",
    "Momentum",
    "RMSProp",
    "RemoveNotFinite",
    "Restrict",
    "Scale",
    "StepClipping",
    "StepRule",
    "TrainingAlgorithm",
    "UpdatesAlgorithm",
    "VariableClipping",
]
