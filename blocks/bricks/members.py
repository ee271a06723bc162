"""The lists of a brick: its parameters and its children."""

from __future__ import annotations

from typing import Any

from blocks.bricks.calls import path_of
from blocks.errors import BrickError, described
from blocks.graph.annotations import add_annotation
from blocks.graph.variable import Variable
from blocks.roles import PARAMETER, add_role
from blocks.utils import AnnotatingList

__all__ = ["Children", "Parameters"]


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
