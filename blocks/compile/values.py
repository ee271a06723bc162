"""Where the values of a plan are while it runs: names in its text, and places in memory."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from blocks.compile.memory import writeable
from blocks.compile.schedule import Schedule
from blocks.compile.script import Place, Script
from blocks.compile.sizes import Sizes
from blocks.graph.op import Array
from blocks.graph.variable import Constant, SharedVariable, Variable

__all__ = ["Values"]


class Values:
    """What the text of a run calls its values, and how kernels find them.

    Parameters
    ----------
    schedule
        The instructions.
    sizes
        The sizes of their values.
    script
        The text.
    """

    def __init__(self, schedule: Schedule, sizes: Sizes, script: Script) -> None:
        self.schedule = schedule
        self.sizes = sizes
        self.script = script
        self.arrays: dict[Variable, Array] = dict(sizes.values)  # what is there before the run
        self.names: dict[Variable, str] = {}  # what is a local name of the run
        self.aliases: dict[Variable, Variable] = {}  # all elements of another one, in order
        self.parts: dict[Variable, tuple[Variable, int]] = {}  # a part of one, from a byte on

    def _expression(self, x: Variable) -> str:
        """Return the name of a value, as a C-contiguous array of its own shape."""
        if x in self.parts and x not in self.names:
            source, offset = self.parts[x]
            first = offset // x.type.numpy_dtype.itemsize
            count = int(np.prod(self._sizes(x)))
            text = f"{self._expression(source)}.reshape(-1)[{first}:{first + count}]"
            self.names[x] = self.script.local(f"{text}.reshape({self._sizes(x)})")
        if x in self.aliases:
            return self.script.reshaped(self._expression(self._base(x)), self._sizes(x))
        if x in self.names:
            return self.names[x]
        if isinstance(x, SharedVariable):
            self.names[x] = self.script.early_local(f"{self.script.constant(x, 's')}.array")
        else:
            array = x.data if isinstance(x, Constant) else self.arrays[x]
            self.names[x] = self.script.constant(writeable(array), "b")
        return self.names[x]

    def _base(self, x: Variable) -> Variable:
        while x in self.aliases:
            x = self.aliases[x]
        return x

    def _place(self, x: Variable, shape: tuple[int, ...] | None = None) -> Place:
        """Return a value as an argument of a kernel, in its own shape or in another one."""
        base = self._base(x)
        if base in self.parts:
            source, offset = self.parts[base]
            place = self._place(source)
            size = self._sizes(x) if shape is None else shape
            return replace(place, shape=size, offset=place.offset + offset)
        own = self._sizes(base)
        return Place(self._expression(base), own, self._sizes(x) if shape is None else shape)

    def _operand_place(self, x: Variable, shape: tuple[int, ...]) -> Place:
        """Return an operand of a loop over elements: perhaps some columns of a larger array."""
        window = self.schedule.windows.get(x)
        if window is None:
            return self._place(x, shape)
        width = self._sizes(window.base)[-1]
        itemsize = x.type.numpy_dtype.itemsize
        place = self._place(window.base, (*shape[:-1], width))
        return replace(place, offset=place.offset + window.start * itemsize)

    def _sizes(self, x: Variable) -> tuple[int, ...]:
        return tuple(int(size) for size in self.sizes.type(x).shape if size is not None)

    def _operand(self, x: Variable) -> Array | None:
        """Return the memory of a value, if it is the same in every run."""
        if isinstance(x, Constant):
            return x.data
        return self.arrays.get(x)
