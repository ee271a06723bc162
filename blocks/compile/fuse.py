"""The second stage of the compiler: nodes become instructions.

Elementwise nodes over one shape join the node that reads them, so that each group is one
pass over memory; a group may begin with a matrix product and end in a fold. Everything
else is an instruction of its own. The result is ordered, and says which updates are
written in place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from blocks.compile.branches import guarded
from blocks.compile.merge import merged
from blocks.compile.order import interleaved
from blocks.compile.overwrite import arranged, arranged_together
from blocks.compile.schedule import Instruction, Schedule
from blocks.compile.windows import find_windows
from blocks.graph.branches import Guard
from blocks.graph.op import Apply, Lowering, Product, Reduction, Scalar
from blocks.graph.ops.sizes import Shape
from blocks.graph.reading import value_inputs
from blocks.graph.traversal import copied, toposort
from blocks.graph.variable import Constant, SharedVariable, Variable

__all__ = ["fuse"]

LARGEST_GROUP = 40  # nodes: the time to compile a kernel grows faster than its length


def fuse(
    outputs: Sequence[Variable],
    updates: Mapping[SharedVariable, Variable],
    inputs: Sequence[Variable],
    watching: Sequence[SharedVariable] = (),
    known: Sequence[Variable] = (),
) -> Schedule:
    """Return the schedule that computes outputs and updates.

    Parameters
    ----------
    outputs
        What the caller gets.
    updates
        The new value of each shared variable.
    inputs
        The variables that are given.
    watching
        Shared variables whose updates only look at the rest, which is computed exactly as it
        would be without them: they get instructions of their own.
    known
        Inputs that plans know the values of.
    """
    updates = dict(updates)
    own = {x: y for x, y in updates.items() if x not in watching}
    new = [*own.values()]
    nodes, guards = guarded(toposort([*outputs, *new], blockers=inputs), [*outputs, *new])
    static = _static(nodes, known)
    instructions = _instructions(nodes, static, guards, outputs, new)
    windows = find_windows(instructions, {*outputs, *new})
    for i in instructions:
        i.windows = windows
    instructions = arranged(instructions, outputs, own, guards)
    if watching:
        # What the rest leaves in memory can be read; copies of its nodes compute other values.
        kept = [y for n in static if n not in guards for y in n.outputs]
        kept += [y for i in instructions if i.node not in guards for y in i.writes]
        kept = [y for y in kept if y not in windows]
        found = copied([updates[x] for x in watching], [*inputs, *kept])
        updates.update(zip(watching, found, strict=True))
        more, more_guards = guarded(toposort(found, blockers=[*inputs, *kept]), found)
        nodes, guards = [*nodes, *more], {**guards, **more_guards}
        static = _static(nodes, known)
        watchers = _instructions(more, static, guards, [], found)
        windows.update(find_windows(watchers, set(found)))
        for i in watchers:
            i.windows = windows
        watched = dict(zip(watching, found, strict=True))
        watchers = arranged(watchers, [], watched, guards)
        together = interleaved(instructions, watchers, watched)
        if together is None:
            together = arranged_together(instructions, watchers, outputs, updates, guards)
        instructions = together
    static_nodes = [n for n in nodes if n in static]
    return Schedule(nodes, static_nodes, instructions, guards, list(outputs), updates, windows)


def _instructions(
    nodes: Sequence[Apply],
    static: set[Apply],
    guards: Mapping[Apply, Guard],
    outputs: Sequence[Variable],
    new: Sequence[Variable],
) -> list[Instruction]:
    """Return what computes outputs and new values, in an order in which it can run."""
    roots = [*outputs, *new]
    lowerings = {n: n.op.lower(*[x.type for x in n.inputs]) for n in nodes if n not in static}
    read = {n: value_inputs(n, lowering) for n, lowering in lowerings.items()}
    running = _needed(read, roots)
    kept = set(roots)
    new_values = set(new)
    groups = _group(running, lowerings, read, kept, guards, new_values)
    groups = merged(groups, lowerings, read, guards, new_values, LARGEST_GROUP)
    for group in groups:
        made = {y for node in group for y in node.outputs}
        kept.update(x for node in group for x in read[node] if x not in made)
    return [_instruction(group, lowerings, read, kept) for group in groups]


def _static(nodes: Sequence[Apply], known: Sequence[Variable]) -> set[Apply]:
    """Return the nodes whose values follow from the sizes of the inputs, and from known ones."""
    static: set[Apply] = set()
    for node in nodes:
        if isinstance(node.op, Shape) or (
            node.op.is_pure
            and all(isinstance(x, Constant) or x.owner in static or x in known for x in node.inputs)
        ):
            static.add(node)
    return static


def _needed(read: Mapping[Apply, Sequence[Variable]], roots: Sequence[Variable]) -> list[Apply]:
    """Return the nodes that must run: some are only there for their sizes."""
    needed = {y.owner for y in roots if y.owner is not None}
    running: list[Apply] = []
    for node in reversed(list(read)):
        if node in needed:
            running.append(node)
            for x in read[node]:
                if x.owner is not None:
                    needed.add(x.owner)
    return running[::-1]


def _group(
    nodes: Sequence[Apply],
    lowerings: Mapping[Apply, Lowering],
    read: Mapping[Apply, Sequence[Variable]],
    roots: set[Variable],
    guards: Mapping[Apply, Guard],
    new_values: set[Variable],
) -> list[list[Apply]]:
    """Return the nodes in groups, in an order in which they can run."""
    readers: dict[Variable, list[Apply]] = {}
    for node in nodes:
        for x in read[node]:
            readers.setdefault(x, []).append(node)
    members: dict[Apply, list[Apply]] = {}
    group_of: dict[Apply, Apply] = {}
    pattern: dict[Apply, tuple[bool, ...]] = {}
    has_product: set[Apply] = set()
    for node in reversed(nodes):
        lowering = lowerings[node]
        seed = _joins(node, lowering, readers, group_of, pattern, has_product, roots, lowerings)
        if isinstance(lowering, Product) and seed is not None and seed.outputs[0] in new_values:
            # The product needs memory of its own, as the rest writes over old values, and has to
            # wait for others who read these. So it goes first, and its inputs are free earlier.
            seed = None
        if (
            seed is None
            or len(members[seed]) >= LARGEST_GROUP
            or guards.get(seed) != guards.get(node)
        ):
            seed = node
            members[seed] = []
            source = node.inputs[0] if isinstance(lowering, Reduction) else node.outputs[0]
            pattern[seed] = source.broadcastable
        group_of[node] = seed
        members[seed].append(node)
        if isinstance(lowering, Product):
            has_product.add(seed)
    position = {node: i for i, node in enumerate(nodes)}
    seeds = sorted(members, key=lambda seed: position[seed])
    return [members[seed][::-1] for seed in seeds]


def _joins(
    node: Apply,
    lowering: Lowering,
    readers: Mapping[Variable, list[Apply]],
    group_of: Mapping[Apply, Apply],
    pattern: Mapping[Apply, tuple[bool, ...]],
    has_product: set[Apply],
    roots: set[Variable],
    lowerings: Mapping[Apply, Lowering],
) -> Apply | None:
    """Return the seed of the group that a node can join: the one of all its readers."""
    if not isinstance(lowering, Scalar | Product):
        return None
    (y,) = node.outputs
    reading = readers.get(y, [])
    seeds = {group_of[reader] for reader in reading}
    # A product reads whole matrices, so what it reads must exist before its group begins.
    if len(seeds) != 1 or any(isinstance(lowerings[r], Product) for r in reading):
        return None
    (seed,) = seeds
    target = lowerings[seed]
    if not isinstance(target, Scalar | Reduction) or (isinstance(target, Reduction) and y in roots):
        return None
    if isinstance(lowering, Product):
        fits = (
            isinstance(target, Scalar)
            and not lowering.accumulate
            and seed not in has_product
            and y not in roots
            and y.dtype == seed.outputs[0].dtype
        )
        return seed if fits and y.broadcastable == pattern[seed] else None
    # A single number is computed before the loops; anything else must fill them.
    return seed if y.broadcastable == pattern[seed] or all(y.broadcastable) else None


def _instruction(
    group: list[Apply],
    lowerings: Mapping[Apply, Lowering],
    read: Mapping[Apply, Sequence[Variable]],
    roots: set[Variable],
) -> Instruction:
    made = {y for node in group for y in node.outputs}
    reads: dict[Variable, None] = {}
    for node in group:
        for x in read[node]:
            if x not in made:
                reads[x] = None
    last = group[-1]
    writes = list(last.outputs)
    writes += [y for node in group[:-1] for y in node.outputs if y in roots]
    return Instruction(group, lowerings, list(reads), writes)
