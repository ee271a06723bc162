"""One call of an application: its record, and how its inputs and outputs are tagged."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from typing import Any

import numpy as np

from blocks import tensor
from blocks.errors import BlocksError, described
from blocks.graph.annotations import Annotation, add_annotation
from blocks.graph.op import as_variable
from blocks.graph.ops.elementwise import identity
from blocks.graph.variable import SharedVariable, Variable
from blocks.roles import VariableRole, add_role
from blocks.utils import print_shape
from blocks.utils.theano_utils import put_hook

__all__ = [
    "ApplicationCall",
    "CallStack",
    "as_input",
    "calling",
    "copy_and_tag",
    "path_of",
    "variable_name",
]

_running: ContextVar[tuple[Any, ...]] = ContextVar("running", default=())


def path_of(brick: Any) -> str:
    """Return the path of a brick, such as ``/mlp/linear_0``."""
    return "/" + "/".join(part.name for part in brick.get_unique_path())


def variable_name(brick_name: str, application_name: str, name: str) -> str:
    """Return the full name of a variable that an application takes or makes."""
    return f"{brick_name}_{application_name}_{name}"


class ApplicationCall(Annotation):
    """The record of one call of an application; its inputs and outputs carry it.

    Parameters
    ----------
    application
        The bound application that is called.

    Attributes
    ----------
    metadata : dict
        Anything to remember about the call; ``call_id`` is put here.
    updates : dict of SharedVariable to Variable
        New values of shared variables that the call asks for, as loops with random numbers
        do. `ComputationGraph.updates` gathers them.
    """

    def __init__(self, application: Any) -> None:
        self.application = application
        self.metadata: dict[str, Any] = {}
        self.updates: dict[SharedVariable, Variable] = {}
        super().__init__()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.application}>"

    def add_auxiliary_variable(
        self,
        variable: Variable,
        roles: Iterable[VariableRole] | VariableRole | None = None,
        name: str | None = None,
    ) -> None:
        """Record a variable on the way, for monitoring; see `Annotation`.

        Parameters
        ----------
        variable
            The variable. It gets the annotations of brick and call.
        roles
            Further roles for it.
        name
            Its short name; the full one is ``<brick>_<application>_<name>``.
        """
        brick = self.application.brick
        if name is not None and isinstance(variable, Variable):
            variable.name = variable_name(brick.name, self.application.name, name)
            variable.tag.name = name
        super().add_auxiliary_variable(variable, roles)
        add_annotation(variable, brick)


def as_input(bound: Any, value: Any, name: str, declared: bool) -> Any:
    """Return what an argument means: arrays are inputs; numbers only where declared."""
    if value is None or isinstance(value, Variable):
        return value
    if isinstance(value, np.ndarray | np.generic):
        return as_variable(value)
    if not declared:
        return value
    if isinstance(value, bool | int | float | list | tuple):
        with contextlib.suppress(BlocksError, ValueError):
            return tensor.as_tensor_variable(value)
    raise TypeError(f"{bound}: expected a variable or an array as {name}, got {described(value)}.")


@contextlib.contextmanager
def calling(bound: Any) -> Iterator[None]:
    """Remember which bricks are being applied; warn if one calls a stranger."""
    running = _running.get()
    brick = bound.brick
    if running and brick is not running[-1]:
        caller = running[-1]
        if not any(caller is parent for parent in brick.parents):
            warnings.warn(
                f"{path_of(caller)}: expected to apply only its children, got {bound}. Add the "
                "brick to children=[...]: else nobody initializes it with its caller.",
                stacklevel=5,
            )
    token = _running.set((*running, brick))
    try:
        yield
    finally:
        _running.reset(token)


class CallStack:
    """Class attribute: a list of the bricks that are being applied, the outermost first."""

    def __get__(self, instance: object, owner: type | None = None) -> list[Any]:
        return list(_running.get())


def copy_and_tag(
    variable: Variable,
    brick: Any,
    call: ApplicationCall,
    role: VariableRole,
    application_name: str,
    name: str,
) -> Variable:
    """Return a copy of a variable that says where it belongs.

    Parameters
    ----------
    variable
        The variable.
    brick, call
        What the copy is annotated with.
    role
        INPUT or OUTPUT.
    application_name
        The name of the application.
    name
        The short name; the full one is ``<brick>_<application>_<name>``.
    """
    copy = identity(variable)
    copy.name = variable_name(brick.name, application_name, name)
    if brick.print_shapes:
        copy = put_hook(copy, print_shape, copy.name)
    add_annotation(copy, brick)
    add_annotation(copy, call)
    copy.tag.name = name
    add_role(copy, role)
    return copy
