"""Which instructions write over memory that others have had: old values, and what is done with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from blocks.compile.order import has_effect, memory_read, ordered, seen_through_views
from blocks.compile.schedule import Instruction
from blocks.compile.windows import fixed
from blocks.graph.branches import Guard
from blocks.graph.op import Apply, Branch, Call, Product, Reduction, Scalar, View
from blocks.graph.variable import SharedVariable, Variable

__all__ = ["arranged", "arranged_together"]


def arranged(
    instructions: Sequence[Instruction],
    outputs: Sequence[Variable],
    updates: Mapping[SharedVariable, Variable],
    guards: Mapping[Apply, Guard],
) -> list[Instruction]:
    """Return instructions in order; they write over what nobody reads later.

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
    arranged = ordered(instructions, outputs, updates, guards)
    for instruction in arranged:
        instruction.in_place.clear()
        instruction.overwrites.clear()
        instruction.apart.clear()
    last_read = _last_read(arranged)
    _write_in_place(arranged, outputs, updates, last_read)
    roots = {*outputs, *updates.values()}.union(*(fixed(i.windows) for i in arranged[:1]))
    _overwrite(arranged, roots, last_read)
    return arranged


def arranged_together(
    main: Sequence[Instruction],
    watchers: Sequence[Instruction],
    outputs: Sequence[Variable],
    updates: Mapping[SharedVariable, Variable],
    guards: Mapping[Apply, Guard],
) -> list[Instruction]:
    """Return instructions that are arranged, and those that watch them, in a new order.

    A product whose epilogue writes over other values is computed by rows, which may round
    differently: each result that was written over something still is computed as if it were,
    and no other one is.

    Parameters
    ----------
    main
        The instructions of what does not only watch, arranged without the others.
    watchers
        The others, each after those that it depends on.
    outputs, updates, guards
        Those of all instructions, as of `arranged`.
    """
    before = {instruction: dict(instruction.targets) for instruction in main}
    order = arranged([*main, *watchers], outputs, updates, guards)
    for instruction, targets in before.items():
        for y in instruction.writes:
            if y not in targets:
                instruction.in_place.pop(y, None)
                instruction.overwrites.pop(y, None)
            elif y not in instruction.targets:
                instruction.apart.add(y)
    return order


def _last_read(instructions: Sequence[Instruction]) -> dict[Variable, int]:
    last_read: dict[Variable, int] = {}
    for i, read in enumerate(memory_read(instructions)):
        last_read.update(dict.fromkeys(read, i))
    return last_read


def _write_in_place(
    instructions: list[Instruction],
    outputs: Sequence[Variable],
    updates: Mapping[SharedVariable, Variable],
    last_read: Mapping[Variable, int],
) -> None:
    """Let an instruction write an update over the old value, where nobody reads that later.

    It may be one that does not read the old value itself: then the two may differ in size, which
    only a plan knows.
    """
    counts: dict[Variable, int] = {}
    for y in updates.values():
        counts[y] = counts.get(y, 0) + 1
    written = {y: i for i, group in enumerate(instructions) if group.is_group for y in group.writes}
    returned = set(outputs)
    viewed = seen_through_views(instructions)
    # What may fail and needs a new value runs after it: until then nothing may have changed.
    end = max(
        (i for i, instruction in enumerate(instructions) if has_effect(instruction)), default=0
    )
    for shared, y in updates.items():
        if counts[y] > 1 or y in returned or y not in written or written[y] < end:
            continue
        instruction = instructions[written[y]]
        last = last_read.get(shared, -1)
        if last > written[y]:
            continue
        if last < written[y]:
            fits = shared.dtype == y.dtype and _is_elementwise(instruction)
        else:
            fits = (
                shared in instruction.reads
                and shared not in viewed[written[y]]
                and _aligned(instruction, shared, y)
            )
        if fits:
            instruction.in_place[y] = shared


def _overwrite(
    instructions: Sequence[Instruction], roots: set[Variable], last_read: Mapping[Variable, int]
) -> None:
    """Let an instruction write a value over another one that nobody reads later."""
    free: set[Variable] = set()  # values in memory of their own, that nobody has taken over
    viewed = seen_through_views(instructions)
    for i, instruction in enumerate(instructions):
        if isinstance(instruction.lowering, View | Call | Branch):
            continue
        own = [y for y in instruction.writes if y not in roots and y not in instruction.in_place]
        if instruction.is_group:
            for y in own:
                dying = (
                    x
                    for x in instruction.reads
                    if x in free and last_read[x] == i and x not in viewed[i]
                )
                x = next((x for x in dying if _aligned(instruction, x, y)), None)
                if x is not None:
                    instruction.overwrites[y] = x
                    free.remove(x)
        free.update(own)


def _is_elementwise(instruction: Instruction) -> bool:
    return all(isinstance(instruction.lowerings[node], Scalar) for node in instruction.nodes)


def _aligned(instruction: Instruction, shared: Variable, y: Variable) -> bool:
    """Tell whether each element of `y` is written after its place was last read."""
    if isinstance(instruction.lowering, Reduction):
        return False
    if shared.dtype != y.dtype or shared.broadcastable != y.broadcastable:
        return False
    pattern = instruction.node.outputs[0].broadcastable
    if y.broadcastable != pattern:
        return False
    product = instruction.product
    if product is None:
        return True
    lowering = instruction.lowerings[product]
    assert isinstance(lowering, Product)
    if lowering.accumulate:  # gemm adds to c, but must not read a and b from there
        return product.inputs[0] is shared and shared not in product.inputs[1:]
    return shared not in product.inputs
