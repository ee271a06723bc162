"""Find variables of a graph by role, name, brick, application and call.

Examples
--------
>>> from blocks import tensor
>>> from blocks.roles import WEIGHT, add_role
>>> x, W = tensor.matrices("x", "W")
>>> add_role(W, WEIGHT)
>>> VariableFilter(roles=[WEIGHT])([x, W])
[W]
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from blocks.errors import GraphError, described
from blocks.graph.annotations import Annotation
from blocks.graph.variable import Variable
from blocks.representation import Represented
from blocks.roles import VariableRole, has_roles

__all__ = ["VariableFilter", "get_annotation", "get_application_call", "get_brick"]

A = TypeVar("A")


def get_annotation(var: Any, cls: type[A]) -> A | None:
    """Return the first annotation of a class that a variable carries, or ``None``.

    Parameters
    ----------
    var
        A variable.
    cls
        The class.

    Examples
    --------
    >>> from blocks import tensor
    >>> get_annotation(tensor.scalar(), Annotation) is None
    True
    """
    return next((a for a in _annotations(var) if isinstance(a, cls)), None)


def get_brick(var: Any) -> Any:
    """Return the brick that a variable belongs to, or ``None``.

    Parameters
    ----------
    var
        A variable: a parameter, or an input, output or inner variable of an application.

    Examples
    --------
    >>> from blocks import tensor
    >>> get_brick(tensor.scalar()) is None
    True
    """
    return next((a for a in _annotations(var) if _is_brick(a)), None)


def get_application_call(var: Any) -> Any:
    """Return the call of a brick's application that made a variable, or ``None``.

    Parameters
    ----------
    var
        A variable: an input, output or inner variable of an application.

    Examples
    --------
    >>> from blocks import tensor
    >>> get_application_call(tensor.scalar()) is None
    True
    """
    return next((a for a in _annotations(var) if _is_call(a)), None)


def _annotations(var: Any) -> list[Annotation]:
    annotations: list[Annotation] = getattr(var.tag, "annotations", [])
    return annotations


# Bricks import this file, so it knows them by what they offer.
def _is_brick(annotation: object) -> bool:
    return hasattr(type(annotation), "get_unique_path")


def _is_call(annotation: object) -> bool:
    return not _is_brick(annotation) and hasattr(annotation, "application")


class VariableFilter(Represented):
    """Selects the variables that meet every criterion given, in their order.

    A criterion may be a list, of which any one has to fit, or a single value.

    Parameters
    ----------
    roles
        Roles; a variable fits that has any of them, or a role below one of them.
    bricks
        Bricks, or classes of bricks (subclasses fit too).
    each_role
        Whether a variable must have every one of `roles`.
    name
        The short name, as in ``variable.tag.name``, e.g. ``"output"``.
    name_regex
        A regular expression that the short name has to match from its start.
    theano_name
        The full name, as in ``variable.name``, e.g. ``"mlp_apply_output"``.
    theano_name_regex
        A regular expression that the full name has to match from its start.
    call_id
        The identifier that the application was called with, as ``call_id=``.
    applications
        Applications of bricks: ``brick.apply``, or ``Brick.apply`` for that of any brick.

    Raises
    ------
    GraphError
        If a criterion is of the wrong kind.

    Notes
    -----
    Parameters, auxiliary variables, and inputs and outputs of applications carry their
    brick; what an application computes in between does not.

    Examples
    --------
    >>> from blocks import tensor
    >>> from blocks.roles import INPUT, COST, add_role
    >>> x, y = tensor.scalars("x", "y")
    >>> add_role(x, INPUT)
    >>> add_role(y, COST)

    By role, one or several:

    >>> VariableFilter(roles=INPUT)([x, y]), VariableFilter(roles=[INPUT, COST])([x, y])
    ([x], [x, y])
    >>> VariableFilter(roles=[INPUT, COST], each_role=True)([x, y])
    []

    By the full name, or the short one:

    >>> y.tag.name = "cost"
    >>> VariableFilter(theano_name="y")([x, y]), VariableFilter(name_regex="co")([x, y])
    ([y], [y])
    """

    def __init__(
        self,
        roles: Iterable[VariableRole] | VariableRole | None = None,
        bricks: Any = None,
        each_role: bool = False,
        name: str | None = None,
        name_regex: str | re.Pattern[str] | None = None,
        theano_name: str | None = None,
        theano_name_regex: str | re.Pattern[str] | None = None,
        call_id: str | None = None,
        applications: Any = None,
    ) -> None:
        self.roles = _several("roles", roles, _is_role, "roles such as WEIGHT")
        self.bricks = _several("bricks", bricks, _fits_brick, "bricks or classes of bricks")
        self.each_role = each_role
        self.name = _text("name", name)
        self.name_regex = _pattern("name_regex", name_regex)
        self.theano_name = _text("theano_name", theano_name)
        self.theano_name_regex = _pattern("theano_name_regex", theano_name_regex)
        self.call_id = call_id
        self.applications = _several(
            "applications", applications, _is_application, "applications such as brick.apply"
        )

    def __call__(self, variables: Iterable[Variable]) -> list[Variable]:
        """Return those of `variables` that meet every criterion."""
        return [x for x in _variables(variables) if self._fits(x)]

    def _fits(self, x: Variable) -> bool:
        if self.roles and not has_roles(x, self.roles, self.each_role):
            return False
        if self.bricks is not None and not any(_of_brick(get_brick(x), b) for b in self.bricks):
            return False
        short = getattr(x.tag, "name", None)
        return (
            _named(short, self.name, self.name_regex)
            and _named(x.name, self.theano_name, self.theano_name_regex)
            and self._fits_call(x)
        )

    def _fits_call(self, x: Variable) -> bool:
        if self.call_id is None and self.applications is None:
            return True
        call = get_application_call(x)
        if call is None:
            return False
        if self.call_id is not None and _call_id(call) != self.call_id:
            return False
        if self.applications is None:
            return True
        return any(_of_application(call.application, a) for a in self.applications)


def _several(option: str, given: Any, fits: Callable[[Any], bool], wanted: str) -> list[Any] | None:
    """Return the values of an option as a list, each of them checked."""
    if given is None:
        return None
    single = isinstance(given, str) or fits(given) or not isinstance(given, Iterable)
    values = [given] if single else list(given)
    for value in values:
        if not fits(value):
            raise GraphError(
                f"VariableFilter: expected {wanted} in {option}, got {described(value)}."
            )
    return values


def _text(option: str, given: Any) -> str | None:
    if given is not None and not isinstance(given, str):
        raise GraphError(
            f"VariableFilter: expected a name as text in {option}, got {described(given)}."
        )
    return given


def _pattern(option: str, given: Any) -> re.Pattern[str] | None:
    if given is None or isinstance(given, re.Pattern):
        return given
    try:
        return re.compile(given)
    except (re.error, TypeError) as error:
        raise GraphError(
            f"VariableFilter: expected a regular expression in {option}, got {given!r}: {error}."
        ) from None


def _variables(variables: Any) -> list[Variable]:
    found = [variables] if isinstance(variables, Variable) else list(variables)
    for x in found:
        if not hasattr(x, "tag"):
            raise GraphError(
                f"VariableFilter: expected variables, got {described(x)}. "
                "Pass ComputationGraph(cost).variables."
            )
    return found


def _named(own: str | None, name: str | None, pattern: re.Pattern[str] | None) -> bool:
    if name is not None and own != name:
        return False
    return pattern is None or (own is not None and pattern.match(own) is not None)


def _call_id(call: Any) -> Any:
    return getattr(call, "metadata", {}).get("call_id")


def _is_role(x: object) -> bool:
    return isinstance(x, VariableRole)


def _fits_brick(x: object) -> bool:
    return _is_brick(x) or (isinstance(x, type) and hasattr(x, "get_unique_path"))


def _of_brick(brick: Any, wanted: Any) -> bool:
    return isinstance(brick, wanted) if isinstance(wanted, type) else brick is wanted


def _is_bound(x: object) -> bool:
    return hasattr(x, "application") and hasattr(x, "brick")


def _is_application(x: object) -> bool:
    return _is_bound(x) or hasattr(x, "application_function")


def _of_application(made_by: Any, wanted: Any) -> bool:
    if _is_bound(wanted):
        return made_by.application is wanted.application and made_by.brick is wanted.brick
    return made_by.application is wanted
