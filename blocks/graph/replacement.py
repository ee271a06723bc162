"""Replacing variables of a graph, several at once, so that replacements compose.

A replacement is usually built from what it replaces: ``{h: h * mask}``. There `h` means
`h` as it is, while other targets that a replacement uses are the replaced ones.

Examples
--------
>>> from blocks import tensor
>>> x = tensor.scalar("x")
>>> y = x + 1
>>> z = 10 * y
>>> new = Replacement({y: 2 * y, z: -z})
>>> new(z).eval({x: 1.0})  # -(10 * (2 * (1 + 1)))
array(-40.)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from blocks.errors import GraphError
from blocks.graph.op import Apply
from blocks.graph.traversal import clone_apply, toposort
from blocks.graph.variable import Variable
from blocks.representation import Represented

__all__ = ["Replacement"]

Key = tuple[Variable, Variable | None]
"""A variable, and the target inside whose replacement it is used (``None``: outside)."""


class Replacement(Represented):
    """A map from variables to their new versions, which it computes when asked.

    Parameters
    ----------
    targets
        A map from a variable to the one that takes its place.

    Attributes
    ----------
    copies : list of pair of Apply
        The applications that had to be copied, and their copies.

    Raises
    ------
    GraphError
        If a replacement has another dtype or number of axes than its target.

    Notes
    -----
    Each node is copied once at most in each of its meanings; nodes that depend on no
    target are shared with the old graph. Nothing recurses.
    """

    def __init__(self, targets: Mapping[Variable, Variable]) -> None:
        for old, new in targets.items():
            if (old.ndim, old.dtype) != (new.ndim, new.dtype):
                raise GraphError(
                    f"replace: expected a replacement of {old} like {old.type}, "
                    f"got {new} of type {new.type}. Cast or reshape it."
                )
        self.targets = dict(targets)
        self.copies: list[tuple[Apply, Apply]] = []
        self._new: dict[Key, Variable] = {}
        self._made: dict[tuple[Apply, tuple[Variable, ...]], Apply] = {}
        self._uses = self._targets_used()

    def __call__(self, x: Variable) -> Variable:
        """Return the new version of a variable: itself if it depends on no target."""
        return self.all([x])[0]

    def all(self, variables: Iterable[Variable]) -> list[Variable]:
        """Return the new version of each variable.

        Raises
        ------
        GraphError
            If replacements need each other in a cycle.
        """
        variables = list(variables)
        for x in variables:
            self._compute((x, None))
        return [self._new[x, None] for x in variables]

    def _targets_used(self) -> dict[Apply, frozenset[Variable]]:
        """Return which targets the nodes of the replacements use before any other target."""
        uses: dict[Apply, frozenset[Variable]] = {}
        nothing: frozenset[Variable] = frozenset()
        for node in toposort(self.targets.values(), blockers=self.targets):
            found = nothing
            for x in node.inputs:
                own = frozenset([x]) if x in self.targets else uses.get(x.owner, nothing)  # type: ignore[arg-type]
                found = found if own <= found else own if found <= own else found | own
            uses[node] = found
        return uses

    def _key(self, x: Variable, target: Variable | None) -> Key:
        """Return what `x` means inside the replacement of `target`."""
        if target is None or x is target:
            return x, target
        inside = x not in self.targets and x.owner is not None
        if inside and target in self._uses.get(x.owner, ()):  # type: ignore[arg-type]
            return x, target
        return x, None

    def _needs(self, key: Key) -> list[Key]:
        x, target = key
        if target is None and x in self.targets:
            return [self._key(self.targets[x], x)]
        if x.owner is None:
            return []
        return [self._key(y, target) for y in x.owner.inputs]

    def _compute(self, wanted: Key) -> None:
        entered: set[Key] = set()
        stack = [wanted]
        while stack:
            key = stack[-1]
            if key in self._new:
                stack.pop()
                continue
            needs = self._needs(key)
            if key not in entered:
                entered.add(key)
                missing = [need for need in needs if need not in self._new]
                for need in missing:
                    if need in entered:
                        raise self._cycle(entered, need)
                if missing:
                    stack.extend(reversed(missing))
                    continue
            self._new[key] = self._build(key, [self._new[need] for need in needs])
            stack.pop()

    def _build(self, key: Key, new: list[Variable]) -> Variable:
        x, target = key
        if target is None and x in self.targets:
            return new[0]
        node = x.owner
        if node is None or all(a is b for a, b in zip(node.inputs, new, strict=True)):
            return x
        inputs = tuple(new)
        if (node, inputs) not in self._made:
            copy = self._made[node, inputs] = clone_apply(node, inputs)
            self.copies.append((node, copy))
        return self._made[node, inputs].outputs[x.index]

    def _cycle(self, entered: set[Key], key: Key) -> GraphError:
        # Those entered but not finished are the path that leads back to the key.
        path = {x for x, inside in entered if (x, inside) not in self._new and inside is None}
        names = [str(x) for x in self.targets if x in path]
        return GraphError(
            f"replace: expected replacements that can be ordered, got a cycle through "
            f"{' and '.join(names or [str(key[0])])}: each is replaced by something computed "
            "from the next. Replace them one after the other."
        )
