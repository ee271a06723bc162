"""The order of instructions: memory is free again as early as possible.

Each layer's gradient with respect to its pre-activation serves two products: the gradient of
its weights, and that gradient of the layer below. Were all weights updated at the end, these
gradients and the activations would all be there at the same time. So an update is computed
as soon as nobody reads the old value any more, which also finds its inputs in the caches.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from blocks.compile.schedule import Instruction
from blocks.graph.branches import ALWAYS, Guard
from blocks.graph.op import Apply, Branch, Call, Kernel, Loop, Lowering, View
from blocks.graph.ops.scan import Scan
from blocks.graph.variable import Constant, SharedVariable, Variable

__all__ = ["has_effect", "interleaved", "memory_read", "ordered", "seen_through_views"]


def ordered(
    instructions: Sequence[Instruction],
    outputs: Iterable[Variable],
    updates: Mapping[SharedVariable, Variable],
    guards: Mapping[Apply, Guard],
) -> list[Instruction]:
    """Return instructions in an order that needs little memory, the same in every process.

    What is complete after the fewest steps comes first, directly behind what only it needs.
    An instruction that may fail runs before all those that write over old values: a run that
    fails changes nothing.

    Parameters
    ----------
    instructions
        The instructions, each after those that it depends on.
    outputs
        What the caller gets.
    updates
        The new value of each shared variable.
    guards
        The conditions under which some nodes run.
    """
    # Of those that could as well be last: old values are read before.
    read = {x for i in instructions for x in i.reads}
    values = set(updates.values())
    sinks = [i for i in instructions if all(y in values and y not in read for y in i.writes)]
    sinks.sort(key=has_effect, reverse=True)
    moved = set(sinks)
    base = [*(i for i in instructions if i not in moved), *sinks]
    before = _predecessors(base, updates, guards)
    level: list[int] = []  # how many instructions one after the other lead there
    for earlier in before:
        level.append(1 + max((level[i] for i in earlier), default=0))
    height = [0] * len(base)  # and how many lead on from there
    for i in reversed(range(len(base))):
        for j in before[i]:
            height[j] = max(height[j], height[i] + 1)
    # What has taken longest comes first, as the rest would have to wait in memory meanwhile. Of
    # equals, that which leads nowhere else: it may be the last to read what the other overwrites.
    for earlier in before:
        earlier.sort(key=lambda i: (-level[i], height[i], i))
    values.update(outputs)
    roots = [i for i, instruction in enumerate(base) if values & set(instruction.writes)]
    # Of equals the last: parameters mostly come from the first layer to the last.
    roots.sort(key=lambda i: (level[i], -i))
    return [base[i] for i in _depth_first(roots, before)]


def interleaved(
    main: Sequence[Instruction],
    watchers: Sequence[Instruction],
    updates: Mapping[SharedVariable, Variable],
) -> list[Instruction] | None:
    """Return both in one list, so that what only watches changes nothing about the rest.

    Each watcher comes right behind what it needs. What it reads later than another instruction
    would write over it stays where it is: the other one gets memory for its result. So does a
    watcher that would change something before others that may fail.

    Parameters
    ----------
    main
        The instructions of the rest, in order.
    watchers
        Those that watch, in order.
    updates
        The updates that they make.

    Returns
    -------
    The instructions, or ``None`` if one might fail after something has changed, or if the rest
    reads what they update.
    """
    order = _each_behind_its_inputs(main, watchers)
    rest = set(main)
    has_changed = False
    changing: list[Instruction] = []  # watchers
    gone: dict[Variable, tuple[Instruction, Variable]] = {}
    for instruction, read in zip(order, memory_read(order), strict=True):
        is_main = instruction in rest
        if not read.isdisjoint(updates) if is_main else has_changed and has_effect(instruction):
            return None
        if has_effect(instruction):
            for watcher in changing:
                watcher.apart.update(watcher.in_place)
                watcher.in_place.clear()
            changing.clear()
        elif not is_main and instruction.in_place:
            changing.append(instruction)
        _keep(read, gone)
        gone.update((x, (instruction, y)) for y, x in instruction.targets.items())
        has_changed = has_changed or (bool(instruction.in_place) and is_main)
    # Old values of shared variables are copied before all instructions.
    _keep((y for y in updates.values() if y.owner is not None), gone)
    return order


def _each_behind_its_inputs(
    main: Sequence[Instruction], watchers: Sequence[Instruction]
) -> list[Instruction]:
    slot = {y: i for i, instruction in enumerate(main, 1) for y in instruction.writes}
    behind: list[list[Instruction]] = [[] for _ in range(len(main) + 1)]
    for instruction in watchers:
        at = max((slot[x] for x in instruction.reads if x in slot), default=0)
        behind[at].append(instruction)
        slot.update(dict.fromkeys(instruction.writes, at))
    order = list(behind[0])
    for instruction, followers in zip(main, behind[1:], strict=True):
        order += [instruction, *followers]
    return order


def _keep(values: Iterable[Variable], gone: dict[Variable, tuple[Instruction, Variable]]) -> None:
    """Let instructions not write over values after all; they compute as if they did."""
    for x in values:
        if x in gone:
            instruction, y = gone.pop(x)
            instruction.in_place.pop(y, None)
            instruction.overwrites.pop(y, None)
            instruction.apart.add(y)


def memory_read(instructions: Sequence[Instruction]) -> list[set[Variable]]:
    """Return for each instruction whose memory it reads: that of a view is another one's."""
    return [
        {x for r in instruction.reads for x in bases.get(r, {r})}
        for instruction, bases in _with_bases(instructions)
    ]


def seen_through_views(instructions: Sequence[Instruction]) -> list[set[Variable]]:
    """Return for each instruction whose memory it reads under another name, in another order."""
    return [
        {x for r in instruction.reads for x in bases.get(r, ())}
        for instruction, bases in _with_bases(instructions)
    ]


def _with_bases(
    instructions: Iterable[Instruction],
) -> Iterator[tuple[Instruction, Mapping[Variable, set[Variable]]]]:
    """Yield each instruction, and whose memory the views before it share."""
    bases: dict[Variable, set[Variable]] = {}
    for instruction in instructions:
        yield instruction, bases
        if isinstance(instruction.lowering, View | Call | Branch):  # may return what it reads
            read = {x for r in instruction.reads for x in bases.get(r, {r})}
            bases.update(dict.fromkeys(instruction.writes, read))


def _predecessors(
    base: Sequence[Instruction],
    updates: Mapping[SharedVariable, Variable],
    guards: Mapping[Apply, Guard],
) -> list[list[int]]:
    """Return for each instruction those that must run before it, all of them earlier ones."""
    maker: dict[Variable, int] = {}
    readers: dict[Variable, list[int]] = {}
    for i, (instruction, read) in enumerate(zip(base, memory_read(base), strict=True)):
        maker.update(dict.fromkeys(instruction.writes, i))
        for x in read:
            if isinstance(x, SharedVariable):
                readers.setdefault(x, []).append(i)
    overwritten: dict[Variable, list[SharedVariable]] = {}
    for shared, y in updates.items():
        overwritten.setdefault(y, []).append(shared)
    before: list[list[int]] = []
    last_effect: list[int] = []
    for i, instruction in enumerate(base):
        conditions = [x for n in instruction.nodes for p in guards.get(n, ALWAYS) for x, _ in p]
        found = [maker[x] for x in [*instruction.reads, *conditions] if x in maker]
        changed = [s for y in instruction.writes for s in overwritten.get(y, ())]
        found += [j for s in changed for j in readers.get(s, ())]
        if has_effect(instruction):
            found += last_effect
            last_effect = [i]
        elif changed:
            found += last_effect
        before.append(sorted({j for j in found if j < i}))
    return before


def has_effect(instruction: Instruction) -> bool:
    """Tell whether an instruction may raise an error, or does more than compute."""
    return _has_effect(instruction.node, instruction.lowering)


def _has_effect(node: Apply, lowering: Lowering) -> bool:
    if not node.op.is_pure or isinstance(lowering, Call | Branch):
        return True
    if isinstance(lowering, View):
        return not all(isinstance(x, Constant) for x in node.inputs[1:])
    if isinstance(lowering, Loop):
        assert isinstance(node.op, Scan)
        return any(_has_effect(n, n.op.lower(*[x.type for x in n.inputs])) for n in node.op.nodes)
    return isinstance(lowering, Kernel) and lowering.check is not None


def _depth_first(roots: Sequence[int], before: Sequence[Sequence[int]]) -> list[int]:
    """Return the roots, each behind what must run before it, in the order given there."""
    order: list[int] = []
    done = [False] * len(before)
    pending = [(root, False) for root in reversed(roots)]
    while pending:
        i, is_ready = pending.pop()
        if done[i]:
            continue
        if is_ready:
            done[i] = True
            order.append(i)
            continue
        pending.append((i, True))
        pending += [(earlier, False) for earlier in reversed(before[i]) if not done[earlier]]
    return order
