"""The loops of a fused kernel: which axes are merged, and how arrays are indexed in them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Loops", "Operand"]


@dataclass(frozen=True)
class Operand:
    """An array that a kernel reads or writes.

    Parameters
    ----------
    name
        Its name in the source.
    dtype
        Its dtype.
    varies
        For each axis of the group's shape, whether the array changes along it.
    """

    name: str
    dtype: str
    varies: tuple[bool, ...]


@dataclass(frozen=True)
class Loops:
    """The merged axes of a group: which of the axes form each loop."""

    groups: tuple[tuple[int, ...], ...]

    @staticmethod
    def merge(ndim: int, patterns: Sequence[tuple[bool, ...]]) -> Loops:
        """Merge neighbouring axes along which every pattern agrees.

        Examples
        --------
        >>> Loops.merge(2, [(True, True), (True, True)]).groups
        ((0, 1),)
        >>> Loops.merge(2, [(True, True), (False, True)]).groups
        ((0,), (1,))
        """
        groups: list[tuple[int, ...]] = []
        for axis in range(ndim):
            column = [pattern[axis] for pattern in patterns]
            if not any(column):
                continue  # of size 1 in every array
            if groups:
                previous = groups[-1][-1]
                if [pattern[previous] for pattern in patterns] == column:
                    groups[-1] = (*groups[-1], axis)
                    continue
            groups.append((axis,))
        return Loops(tuple(groups))

    def varies(self, operand: Operand) -> tuple[bool, ...]:
        """Return along which loops an array changes."""
        return tuple(operand.varies[group[0]] for group in self.groups)

    def extents(self, sizes: Sequence[int]) -> tuple[int, ...]:
        """Return the length of each loop, from the sizes of the group's axes."""
        return tuple(math.prod([sizes[a] for a in group]) for group in self.groups)

    def shape(self, operand: Operand, extents: Sequence[int]) -> tuple[int, ...]:
        """Return the shape in which the kernel takes an array; (1,) where it is constant."""
        shape = tuple(n for n, varies in zip(extents, self.varies(operand), strict=True) if varies)
        return shape or (1,)

    def ndim(self, operand: Operand) -> int:
        """Return the number of axes with which the kernel takes an array."""
        return max(1, sum(self.varies(operand)))

    def index(self, operand: Operand) -> str:
        """Return the index expression of an array inside the loops."""
        names = [f"i{loop}" for loop, varies in enumerate(self.varies(operand)) if varies]
        return ", ".join(names) or "0"

    def level(self, operand: Operand) -> int:
        """Return inside how many loops an array must be read."""
        varies = self.varies(operand)
        return max((loop + 1 for loop, v in enumerate(varies) if v), default=0)
