"""Where a shared variable keeps its value, for scripts that reach for it."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from blocks.graph.variable import SharedVariable
from blocks.representation import Represented

__all__ = ["Container"]


class Container(Represented):
    """The value of a shared variable, to be read and assigned.

    Parameters
    ----------
    variable
        The shared variable.

    Examples
    --------
    >>> from blocks.graph import shared
    >>> x = shared(1.0)
    >>> x.container.value = 2.0
    >>> x.get_value()
    array(2.)
    """

    def __init__(self, variable: SharedVariable) -> None:
        self.variable = variable

    @property
    def value(self) -> npt.NDArray[Any]:
        """A copy of the value; assigning one is as `set_value`."""
        return self.variable.get_value()

    @value.setter
    def value(self, new_value: Any) -> None:
        self.variable.set_value(new_value)

    data = value
