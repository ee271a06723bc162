"""The lists of a brick: its parameters and its children; and copies to fill the latter."""

from __future__ import annotations

import copy
from typing import Any

from blocks.bricks.calls import path_of
from blocks.errors import BrickError, described
from blocks.graph.annotations import add_annotation
from blocks.graph.variable import Variable
from blocks.roles import PARAMETER, add_role
from blocks.utils import AnnotatingList

__all__ = ["Children", "Parameters", "copy_of"]


class Parameters(AnnotatingList):
    """The parameters of a brick: each gets the role PARAMETER and the brick's annotation.

    Parameters
    ----------
    brick
        The brick.
    items
        The first parameters.
    """

    def __init__(self, brick: Any, *args: Any, **kwargs: Any) -> None:
        self.brick = brick
        super().__init__(*args, **kwargs)

    def _setitem(self, key: int, value: Any) -> None:
        if isinstance(value, Variable):
            add_role(value, PARAMETER)
            add_annotation(value, self.brick)
        elif value is not None:
            raise BrickError(
                f"{path_of(self.brick)}: expected shared variables as parameters, got "
                f"{type(value).__name__}. Use shared_floatx_nans(shape, name=...)."
            )


class Children(AnnotatingList):
    """The children of a brick: each knows its parents.

    Parameters
    ----------
    brick
        The parent.
    items
        The first children.
    """

    def __init__(self, brick: Any, *args: Any, **kwargs: Any) -> None:
        self.brick = brick
        super().__init__(*args, **kwargs)

    def _setitem(self, key: int, value: Any) -> None:
        if isinstance(value, type):
            raise BrickError(
                f"{path_of(self.brick)}: expected bricks as children, got the class "
                f"{value.__name__}. Create one: {value.__name__}(...)."
            )
        if not hasattr(value, "get_unique_path"):
            raise BrickError(
                f"{path_of(self.brick)}: expected bricks as children, got {described(value)}."
            )
        value.parents.append(self.brick)

    def _delitem(self, key: int) -> None:
        self[key].parents.remove(self.brick)


def copy_of(prototype: Any, name: str, wanted_by: str) -> Any:
    """Return a copy of a brick under another name, with all below it but without parents.

    Parameters
    ----------
    prototype
        The brick.
    name
        The name of the copy.
    wanted_by
        The path of the brick that gets the copy as child, for the message of an error.

    Raises
    ------
    BrickError
        If the prototype is not a brick.

    Examples
    --------
    >>> from blocks.bricks import MLP, Linear, Tanh
    >>> first = MLP([Tanh()], [2, 3]).linear_transformations[0]
    >>> first, copy_of(first, "linear_1", "/mlp")
    (<Linear /mlp/linear_0: ? -> ?>, <Linear /linear_1: ? -> ?>)
    """
    if isinstance(prototype, type) or not hasattr(prototype, "get_unique_path"):
        raise BrickError(
            f"{wanted_by}: expected a brick as prototype, got {prototype!r}. "
            "Create one, such as Linear()."
        )
    made = copy.deepcopy(prototype, {id(prototype.parents): []})
    made.name = name
    return made
