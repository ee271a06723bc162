"""Annotations: what a variable belongs to, and what was recorded along with it.

Bricks and their applications are annotations: every variable that they make carries
them in ``variable.tag.annotations``, so that a graph can be queried by brick.

Examples
--------
>>> from blocks import tensor
>>> x = tensor.vector("x")
>>> annotation = Annotation()
>>> add_annotation(x, annotation)
>>> annotation.add_auxiliary_variable(x.sum(), name="total")
>>> annotation.auxiliary_variables
[total]
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from blocks.errors import GraphError, described
from blocks.graph.variable import Variable
from blocks.representation import Represented
from blocks.roles import AUXILIARY, VariableRole, add_role

__all__ = ["Annotation", "add_annotation"]


class Annotation(Represented):
    """Something that variables belong to, with variables recorded on the way.

    Attributes
    ----------
    auxiliary_variables : list of Variable
        Variables that are worth monitoring though nothing depends on them. They are part
        of every `ComputationGraph` that has a variable with this annotation.
    """

    def __init__(self) -> None:
        self.auxiliary_variables: list[Variable] = []

    def add_auxiliary_variable(
        self,
        variable: Variable,
        roles: Iterable[VariableRole] | VariableRole | None = None,
        name: str | None = None,
    ) -> None:
        """Record a variable for monitoring: it gets this annotation and the role AUXILIARY.

        Parameters
        ----------
        variable
            The variable.
        roles
            Further roles for it, such as ``COST``.
        name
            A new name for it, both its own and the short one in its tag.

        Raises
        ------
        GraphError
            If `variable` is not a variable, or a role not a role.

        Examples
        --------
        >>> from blocks import tensor
        >>> from blocks.roles import COST
        >>> x = tensor.scalar("x")
        >>> Annotation().add_auxiliary_variable(x, roles=[COST], name="penalty")
        >>> x, x.tag.name, x.tag.roles
        (penalty, 'penalty', [AUXILIARY, COST])
        """
        if not isinstance(variable, Variable):
            raise GraphError(
                f"add_auxiliary_variable: expected a variable, got {described(variable)}. "
                "Compute it with the functions of blocks.tensor."
            )
        further = [roles] if isinstance(roles, VariableRole) else list(roles or ())
        for role in further:
            if not isinstance(role, VariableRole):
                raise GraphError(
                    f"add_auxiliary_variable: expected roles, got {described(role)}. "
                    "Use those of blocks.roles, such as COST."
                )
        add_annotation(variable, self)
        if name is not None:
            variable.name = name
            variable.tag.name = name
        for role in (AUXILIARY, *further):
            add_role(variable, role)
        if not any(variable is old for old in self.auxiliary_variables):
            self.auxiliary_variables.append(variable)


def add_annotation(var: Any, annotation: Annotation) -> None:
    """Let a variable belong to something; nothing happens if it already does.

    Parameters
    ----------
    var
        Anything with a ``tag`` attribute: a variable of the graph.
    annotation
        What it belongs to, such as a brick.

    Raises
    ------
    GraphError
        If `annotation` is not an `Annotation`.

    Examples
    --------
    >>> from blocks import tensor
    >>> x, annotation = tensor.scalar("x"), Annotation()
    >>> add_annotation(x, annotation)
    >>> x.tag.annotations == [annotation]
    True
    """
    if not isinstance(annotation, Annotation):
        raise GraphError(
            f"add_annotation: expected an Annotation for {var}, got "
            f"{described(annotation)}. "
            "Bricks and application calls are annotations."
        )
    annotations = getattr(var.tag, "annotations", [])
    # By identity, and into a new list: the old one may be shared with a copied tag.
    if not any(annotation is old for old in annotations):
        var.tag.annotations = [*annotations, annotation]
