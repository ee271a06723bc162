"""Roles: what a variable is for.

A role is a singleton of a class; roles form a tree by inheritance, so asking for
``PARAMETER`` finds weights and biases too.

Examples
--------
>>> from blocks import tensor
>>> x = tensor.matrix("x")
>>> add_role(x, WEIGHT)
>>> has_roles(x, [PARAMETER]), has_roles(x, [BIAS])
(True, False)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from blocks.errors import GraphError


class VariableRole:
    """Base class of all roles.

    Roles are compared by class, so a role survives being pickled or copied.
    """

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))

    def __repr__(self) -> str:
        name = type(self).__name__.removesuffix("Role")
        return "".join("_" + c if c.isupper() and i else c for i, c in enumerate(name)).upper()


def _check(role: object, function: str) -> None:
    """Refuse what is no role, above all the class of a role: it would match nothing."""
    if not isinstance(role, VariableRole):
        raise GraphError(
            f"{function}: expected a role such as PARAMETER, got {role!r}. "
            "Roles are instances: give PARAMETER, not ParameterRole."
        )


def add_role(var: Any, role: VariableRole) -> None:
    """Give a variable a role.

    A role that is already implied by a more specific one is not added; a more
    specific one replaces the general ones that it implies.

    Parameters
    ----------
    var
        Anything with a ``tag`` attribute: a variable of the graph.
    role
        The role, e.g. ``WEIGHT``.

    Raises
    ------
    GraphError
        If `role` is no role, for example the class of one.

    Examples
    --------
    >>> from blocks import tensor
    >>> x = tensor.matrix("x")
    >>> add_role(x, WEIGHT)
    >>> add_role(x, PARAMETER)
    >>> x.tag.roles
    [WEIGHT]
    """
    _check(role, "add_role")
    roles = getattr(var.tag, "roles", [])
    roles = [old for old in roles if not isinstance(role, type(old))]
    if not any(isinstance(old, type(role)) for old in roles):
        roles.append(role)
    var.tag.roles = roles


def has_roles(
    var: Any, roles: Iterable[VariableRole] | VariableRole, match_all: bool = False
) -> bool:
    """Tell whether a variable has any (or all) of the given roles or roles below them.

    Parameters
    ----------
    var
        Anything with a ``tag`` attribute: a variable of the graph.
    roles
        The roles asked for, or one of them.
    match_all
        Whether every role must match, not just one.

    Examples
    --------
    >>> from blocks import tensor
    >>> x = tensor.matrix("x")
    >>> add_role(x, WEIGHT)
    >>> has_roles(x, [WEIGHT, BIAS]), has_roles(x, [WEIGHT, BIAS], match_all=True)
    (True, False)
    """
    if isinstance(roles, VariableRole):
        roles = [roles]
    roles = list(roles)
    for role in roles:
        _check(role, "has_roles")
    own = getattr(var.tag, "roles", [])
    matches = (any(isinstance(mine, type(role)) for mine in own) for role in roles)
    return all(matches) if match_all else any(matches)


class InputRole(VariableRole):
    """The input of an application of a brick."""


INPUT = InputRole()
"""The input of an application of a brick."""


class OutputRole(VariableRole):
    """The output of an application of a brick."""


OUTPUT = OutputRole()
"""The output of an application of a brick."""


class CostRole(VariableRole):
    """A scalar cost, for training or monitoring."""


COST = CostRole()
"""A scalar cost, for training or monitoring."""


class PersistentRole(VariableRole):
    """A value that is saved with the model."""


PERSISTENT = PersistentRole()
"""A value that is saved with the model."""


class ParameterRole(PersistentRole):
    """A parameter of the model, trained unless said otherwise."""


PARAMETER = ParameterRole()
"""A parameter of the model, trained unless said otherwise."""


class AuxiliaryRole(VariableRole):
    """A variable recorded on the way, for monitoring."""


AUXILIARY = AuxiliaryRole()
"""A variable recorded on the way, for monitoring."""


class WeightRole(ParameterRole):
    """The weight matrix of a linear transformation."""


WEIGHT = WeightRole()
"""The weight matrix of a linear transformation."""


class BiasRole(ParameterRole):
    """The bias vector of a linear transformation."""


BIAS = BiasRole()
"""The bias vector of a linear transformation."""


class InitialStateRole(ParameterRole):
    """The initial state of a recurrent network."""


INITIAL_STATE = InitialStateRole()
"""The initial state of a recurrent network."""


class FilterRole(WeightRole):
    """The filters of a convolution."""


FILTER = FilterRole()
"""The filters of a convolution."""


class DropoutRole(VariableRole):
    """A variable to which dropout was applied."""


DROPOUT = DropoutRole()
"""A variable to which dropout was applied."""


class CollectedRole(VariableRole):
    """A parameter replaced by a part of one collected vector."""


COLLECTED = CollectedRole()
"""A parameter replaced by a part of one collected vector."""


class CollectorRole(ParameterRole):
    """A vector that collects many parameters."""


COLLECTOR = CollectorRole()
"""A vector that collects many parameters."""


class AlgorithmStateRole(VariableRole):
    """Anything that a training algorithm keeps."""


ALGORITHM_STATE = AlgorithmStateRole()
"""Anything that a training algorithm keeps."""


class AlgorithmHyperparameterRole(AlgorithmStateRole):
    """A setting of an algorithm, such as a learning rate."""


ALGORITHM_HYPERPARAMETER = AlgorithmHyperparameterRole()
"""A setting of an algorithm, such as a learning rate."""


class AlgorithmBufferRole(AlgorithmStateRole):
    """A buffer of an algorithm, such as a velocity."""


ALGORITHM_BUFFER = AlgorithmBufferRole()
"""A buffer of an algorithm, such as a velocity."""


class BatchNormPopulationStatisticsRole(PersistentRole):
    """A statistic of the population, for inference with batch normalisation."""


BATCH_NORM_POPULATION_STATISTICS = BatchNormPopulationStatisticsRole()
"""A statistic of the population, for inference with batch normalisation."""


class BatchNormPopulationMeanRole(BatchNormPopulationStatisticsRole):
    """The mean of the population."""


BATCH_NORM_POPULATION_MEAN = BatchNormPopulationMeanRole()
"""The mean of the population."""


class BatchNormPopulationStdevRole(BatchNormPopulationStatisticsRole):
    """The standard deviation of the population."""


BATCH_NORM_POPULATION_STDEV = BatchNormPopulationStdevRole()
"""The standard deviation of the population."""


class BatchNormGraphVariableRole(VariableRole):
    """A variable that batch normalisation replaces."""


BATCH_NORM_GRAPH_VARIABLE = BatchNormGraphVariableRole()
"""A variable that batch normalisation replaces."""


class BatchNormOffsetRole(BatchNormGraphVariableRole):
    """The mean that batch normalisation subtracts."""


BATCH_NORM_OFFSET = BatchNormOffsetRole()
"""The mean that batch normalisation subtracts."""


class BatchNormDivisorRole(BatchNormGraphVariableRole):
    """The standard deviation that batch normalisation divides by."""


BATCH_NORM_DIVISOR = BatchNormDivisorRole()
"""The standard deviation that batch normalisation divides by."""


class BatchNormMinibatchEstimateRole(BatchNormGraphVariableRole):
    """A statistic of the minibatch."""


BATCH_NORM_MINIBATCH_ESTIMATE = BatchNormMinibatchEstimateRole()
"""A statistic of the minibatch."""


class BatchNormScaleParameterRole(ParameterRole):
    """The learned scale of batch normalisation."""


BATCH_NORM_SCALE_PARAMETER = BatchNormScaleParameterRole()
"""The learned scale of batch normalisation."""


class BatchNormShiftParameterRole(BiasRole):
    """The learned shift of batch normalisation."""


BATCH_NORM_SHIFT_PARAMETER = BatchNormShiftParameterRole()
"""The learned shift of batch normalisation."""
