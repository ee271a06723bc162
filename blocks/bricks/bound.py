"""The application of one brick, such as ``linear.apply``, and its properties."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from blocks.bricks.calls import path_of

__all__ = ["BoundApplication"]


class BoundApplication:
    """An application of one brick: ``brick.apply``.

    Parameters
    ----------
    application
        The application of the class.
    brick
        The brick.
    """

    def __init__(self, application: Any, brick: Any) -> None:
        self.application = application
        self.brick = brick

    @property
    def name(self) -> str:
        """The name of the method."""
        return self.application.name

    @property
    def path(self) -> str:
        """The path of the brick and the name of the method: ``/mlp/linear_0.apply``."""
        return f"{path_of(self.brick)}.{self.name}"

    @property
    def inputs(self) -> list[str]:
        """The names of the inputs."""
        return list(self.find("inputs"))

    @property
    def outputs(self) -> list[str]:
        """The names of the outputs."""
        return list(self.find("outputs"))

    @property
    def sequences(self) -> list[str]:
        """The names of the inputs that a recurrent application iterates over."""
        return list(self.find("sequences"))

    @property
    def states(self) -> list[str]:
        """The names of the states that a recurrent application carries on."""
        return list(self.find("states"))

    @property
    def contexts(self) -> list[str]:
        """The names of the inputs that are the same in every step."""
        return list(self.find("contexts"))

    def find(self, name: str) -> Any:
        """Return a property of the application: computed, fixed, or of its delegate.

        Raises
        ------
        AttributeError
            If the application has no such property.
        """
        own = self.application
        if name in own.properties:
            return self._call(own.properties[name])
        if name in own.attributes:
            return own.attributes[name]
        if own.delegate_function is not None:
            return getattr(self._call(own.delegate_function), name)
        if name == "inputs":
            return own.argument_names
        raise AttributeError(
            f"{self.path}: expected an application with {name}, got one without. Declare them "
            f'with @application({name}=[...]) or @{self.name}.property("{name}").'
        )

    def _call(self, function: Callable[..., Any]) -> Any:
        """Call a method of the brick by its name, so that subclasses may override it."""
        override = getattr(type(self.brick), function.__name__, None)
        return (override if inspect.isfunction(override) else function)(self.brick)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Apply the brick; see `Application.apply`."""
        return self.application.apply(self, *args, **kwargs)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, BoundApplication)
            and self.application is other.application
            and self.brick is other.brick
        )

    def __hash__(self) -> int:
        return hash((id(self.application), id(self.brick)))

    def __reduce__(self) -> Any:
        return getattr, (self.brick, self.name)

    def __repr__(self) -> str:
        return self.path
