"""Groups of elementwise nodes over the same arrays become one pass over memory.

Within a group every node is read by the others only, but for the last. What several groups
read, as the value of an expression and its gradients do, made each of them a pass of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from blocks.graph.branches import Guard
from blocks.graph.op import Apply, Lowering, Scalar
from blocks.graph.variable import Constant, Variable

__all__ = ["merged"]

Group = list[Apply]


def merged(
    groups: Sequence[Group],
    lowerings: Mapping[Apply, Lowering],
    read: Mapping[Apply, Sequence[Variable]],
    guards: Mapping[Apply, Guard],
    updates: set[Variable],
    largest: int,
) -> list[Group]:
    """Return the groups, joined where one pass does the work of two.

    Two groups of elementwise nodes are joined if they are sure to have the same sizes, as one
    reads all of what the other makes, or both read all of one array, and if what the later
    one needs is there when the earlier one runs. Updates stay apart from what others than
    elementwise nodes read: they write over old values, after everything that may fail.

    Parameters
    ----------
    groups
        The groups, in an order in which they can run.
    lowerings
        How each node runs.
    read
        The variables whose values each node needs.
    guards
        The conditions under which some nodes run.
    updates
        The new values of shared variables.
    largest
        The largest number of nodes in a group.
    """
    return _Merger(lowerings, read, guards, updates, largest).merge(groups)


class _Merger:
    def __init__(
        self,
        lowerings: Mapping[Apply, Lowering],
        read: Mapping[Apply, Sequence[Variable]],
        guards: Mapping[Apply, Guard],
        updates: set[Variable],
        largest: int,
    ) -> None:
        self.lowerings = lowerings
        self.read = read
        self.guards = guards
        self.updates = updates
        self.largest = largest
        self.groups: list[Group] = []  # empty where a group went into another one
        self.position: dict[Apply, int] = {}
        self.readers: dict[Variable, int] = {}  # the last group that reads all of an array
        self.late = self._late()

    def merge(self, groups: Iterable[Group]) -> list[Group]:
        for group in groups:
            self.groups.append(list(group))
            current = len(self.groups) - 1
            self._place(group, current)
            if not self._is_elementwise(group):
                continue
            target = self._target(current)
            while target is not None:
                moved = self.groups[current]
                self.groups[target] += moved
                self.groups[current] = []
                self._place(moved, target)
                current = target
                target = self._target(current)
            for x in self._whole(self.groups[current]):
                self.readers[x] = current
        return [group for group in self.groups if group]

    def _late(self) -> set[Apply]:
        """Return the nodes behind which nothing can fail, as all is elementwise."""
        late: set[Apply] = set()
        early: set[Variable] = set()  # what others read
        for node in reversed(list(self.lowerings)):
            is_late = isinstance(self.lowerings[node], Scalar)
            if is_late and early.isdisjoint(node.outputs):
                late.add(node)
            else:
                early.update(self.read[node])
        return late

    def _place(self, group: Group, position: int) -> None:
        self.position.update(dict.fromkeys(group, position))

    def _is_elementwise(self, group: Group) -> bool:
        scalars = all(isinstance(self.lowerings[node], Scalar) for node in group)
        return scalars and not all(group[-1].outputs[0].broadcastable)

    def _outside(self, group: Group) -> list[Variable]:
        """Return what a group reads and does not make."""
        inside = set(group)
        return [x for node in group for x in self.read[node] if x.owner not in inside]

    def _whole(self, group: Group) -> list[Variable]:
        """Return what a group reads, and is as large as what it makes."""
        pattern = group[-1].outputs[0].broadcastable
        return [
            x
            for x in self._outside(group)
            if x.broadcastable == pattern and not isinstance(x, Constant)
        ]

    def _target(self, current: int) -> int | None:
        """Return the group before this one that can take it in."""
        group = self.groups[current]
        producers = [
            self.position[x.owner] for x in self._outside(group) if x.owner in self.position
        ]
        earliest = max(producers, default=-1)
        whole = self._whole(group)
        if any(x.owner in self.position and self.position[x.owner] == earliest for x in whole):
            return earliest if self._fits(earliest, group) else None
        sharing = [self.readers[x] for x in whole if x in self.readers]
        found = [i for i in sharing if earliest <= i < current and self._fits(i, group)]
        return max(found, default=None)

    def _updates(self, group: Group) -> bool:
        return any(y in self.updates for node in group for y in node.outputs)

    def _fits(self, position: int, group: Group) -> bool:
        other = self.groups[position]
        return (
            bool(other)
            and len(other) + len(group) <= self.largest
            and self._is_elementwise(other)
            and other[-1].outputs[0].broadcastable == group[-1].outputs[0].broadcastable
            and (
                self._updates(other) == self._updates(group) or self.late.issuperset(other + group)
            )
            and self.guards.get(other[-1]) == self.guards.get(group[-1])
        )
