"""An explanation as text: a table with a line for each instruction, and what it adds up to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from textwrap import fill, indent
from typing import TYPE_CHECKING

from blocks.compile.explanation.units import bytes_text, rate_text, seconds_text, shape_text

if TYPE_CHECKING:
    from blocks.compile.explanation.result import ExplainedInstruction, Explanation

__all__ = ["instruction_text", "notes", "text"]

WIDTH = 120
NARROWEST = 36  # characters of a formula, before the column of bricks goes
MOST_PLACES = 26
KINDS = {
    "branch": "branches",
    "copy": "copies",
    "elementwise": "elementwise",
    "fold": "folds",
    "interpreted": "interpreted nodes",
    "kernel": "other kernels",
    "loop": "loops",
    "product": "products",
    "python": "NumPy functions",
    "view": "views",
}
"""How several instructions of each kind are called."""


def text(explanation: Explanation) -> str:
    """Return the table and the notes."""
    lines = [heading(explanation), "", *table(explanation), "", *notes(explanation)]
    if explanation.with_source:
        for instruction in explanation.instructions:
            lines += ["", instruction_text(instruction, with_source=True)]
    return "\n".join(lines)


def heading(explanation: Explanation) -> str:
    """Return the line that says what is explained."""
    inputs = ", ".join(map(str, explanation.inputs)) or "no inputs"
    return _shortened(f"{explanation.title} for {inputs}", WIDTH)


def table(explanation: Explanation) -> list[str]:
    """Return the lines of the table."""
    rows_and_depths = [pair for i in explanation.instructions for pair in i.with_steps()]
    instructions = [instruction for _, instruction in rows_and_depths]
    dtype = common_dtype(explanation)
    results = [result_text(i, dtype) for i in instructions]
    fixed: list[tuple[str, list[str], str]] = [
        ("result", results, "<"),
        ("kept in", list(map(kept_text, instructions)), "<"),
        ("work", list(map(work_text, instructions)), ">"),
    ]
    if explanation.seconds is not None and any(i.measured for i in instructions):
        fixed += [
            ("time", [_time(i) for i in instructions], ">"),
            ("share", [_share(i) for i in instructions], ">"),
            ("speed", [rate_text(i) for i in instructions], ">"),
        ]
    numbers = [i.number for i in instructions]
    cells = [[_shortened(x, 24) for x in column] for _, column, _ in fixed]
    titles = [title for title, _, _ in fixed]
    widths = [max(map(len, [title, *column])) for title, column in zip(titles, cells, strict=True)]
    first = max(map(len, ["#", *numbers]))
    left = WIDTH - first - 2 - sum(width + 2 for width in widths)
    formulas = [f"{'  ' * depth}{formula_text(i)}" for depth, i in rows_and_depths]
    places = [_shortened(places_text(i), MOST_PLACES) for i in instructions]
    wide = max(map(len, ["from", *places]))
    with_places = any(places) and left - wide - 2 >= NARROWEST
    room = left - wide - 2 if with_places else left
    room = min(room, max(map(len, ["computes", *formulas])))
    rows = [["#", "computes", *(["from"] if with_places else []), *titles]]
    for number, formula, place, *others in zip(numbers, formulas, places, *cells, strict=True):
        rows.append([number, _shortened(formula, room), *([place] if with_places else []), *others])
    sizes = [first, room, *([wide] if with_places else []), *widths]
    signs = [">", "<", *(["<"] if with_places else []), *(sign for _, _, sign in fixed)]
    return [
        "  ".join(
            f"{cell:{sign}{size}}" for cell, sign, size in zip(row, signs, sizes, strict=True)
        ).rstrip()
        for row in rows
    ]


def common_dtype(explanation: Explanation) -> str:
    """Return the dtype that most results have, if there are any."""
    dtypes = Counter(y.dtype for i in explanation.instructions for y in i.outputs)
    return dtypes.most_common(1)[0][0] if dtypes else ""


def result_text(instruction: ExplainedInstruction, dtype: str) -> str:
    """Write the sizes of the results, with their dtype where it is not the common one."""
    texts = [
        f"{'' if y.dtype == dtype else f'{y.dtype} '}{shape_text(y.shape)}"
        for y in instruction.outputs
    ]
    counts = Counter(texts)
    return ", ".join(f"{n} of {text}" if n > 1 else text for text, n in counts.items())


def work_text(instruction: ExplainedInstruction) -> str:
    """Write the sizes m, n and k of a product, the bytes that anything else moves."""
    if instruction.product is not None:
        return "x".join("?" if size is None else str(size) for size in instruction.product)
    return "" if instruction.nbytes is None else bytes_text(instruction.nbytes)


def formula_text(instruction: ExplainedInstruction) -> str:
    """Write what is computed, and when."""
    before = f"{instruction.condition}: " if instruction.condition else ""
    return before + instruction.formula


def kept_text(instruction: ExplainedInstruction) -> str:
    """Write where the results are; in place of shared variables, which the formula names."""
    places = ("in place" if y.place == y.name else y.place for y in instruction.outputs)
    return ", ".join(dict.fromkeys(places))


def places_text(instruction: ExplainedInstruction) -> str:
    """Write the bricks of an instruction shortly, ``linear_0, rectifier``; else the line."""
    bricks = [_brick(place) for place in instruction.places if place != "gradient"]
    if not bricks:
        lines = [node.line.replace("\\", "/").rpartition("/")[2] for node in instruction.nodes]
        return lines[-1] if lines else ""
    if all(place.startswith("gradient of ") for place in instruction.places):
        bricks = [f"grad {bricks[0]}", *bricks[1:]]
    return ", ".join(dict.fromkeys(bricks))


def _brick(place: str) -> str:
    return place.removeprefix("gradient of ").rpartition("/")[2].partition(".")[0]


def _time(instruction: ExplainedInstruction) -> str:
    measured = instruction.measured
    return seconds_text(measured.seconds) if measured is not None and measured.calls else ""


def _share(instruction: ExplainedInstruction) -> str:
    measured = instruction.measured
    return f"{measured.share:.1%}" if measured is not None and measured.calls else ""


def _shortened(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 3]}..."


def notes(explanation: Explanation) -> list[str]:
    """Return the lines below the table."""
    found = [
        *_state(explanation),
        *_dtype(explanation),
        *_changes(explanation),
        *_memory(explanation),
        *_times(explanation),
    ]
    return [fill(line, WIDTH, subsequent_indent="    ") for line in found]


def _state(explanation: Explanation) -> list[str]:
    if explanation.state == "interpreted":
        return ["It is interpreted: NumPy runs each node, nothing is fused, planned or compiled."]
    if explanation.state == "not run":
        return ["It has not run yet: sizes, memory and kernels are known after the first call."]
    if explanation.plans > 1:
        return [
            f"Sizes: plan {explanation.plan} of {explanation.plans}, counted from 0; each set of "
            "sizes has a plan, and all share the memory."
        ]
    return []


def _dtype(explanation: Explanation) -> list[str]:
    dtype = common_dtype(explanation)
    return [f"Results are of {dtype} where no other dtype is named."] if dtype else []


def _changes(explanation: Explanation) -> list[str]:
    before = sum(given for given, _ in explanation.ops.values())
    after = sum(left for _, left in explanation.ops.values())
    changed = {name: x for name, x in explanation.ops.items() if x[0] != x[1]}
    order = sorted(changed, key=lambda name: (-abs(changed[name][0] - changed[name][1]), name))
    listed = ", ".join(f"{name} {changed[name][0]} -> {changed[name][1]}" for name in order[:12])
    more = ", ..." if len(order) > 12 else ""
    line = f"Graph: {counted(before, 'node')}, simplified to {after}"
    if explanation.state != "interpreted":
        line += f", fused into {counted(len(explanation.instructions), 'instruction')}"
    return [f"{line}{f' ({listed}{more})' if listed else ''}."]


def _memory(explanation: Explanation) -> list[str]:
    shared = f"shared variables {bytes_text(explanation.shared_bytes)}"
    if explanation.state != "planned":
        return [f"Memory: {shared}."]
    values = counted(len(explanation.regions), "value")
    return [
        f"Memory: {bytes_text(explanation.memory_bytes)} for {values} of "
        f"{bytes_text(explanation.value_bytes)} together; {shared}; outputs "
        f"{bytes_text(explanation.output_bytes)}."
    ]


def _times(explanation: Explanation) -> list[str]:
    if explanation.calls is None:
        return []
    if explanation.seconds is None:
        return ["Time: it was not called yet."]
    calls = counted(explanation.calls, "call")
    line = f"Time: {seconds_text(explanation.seconds)} a call, in {calls}"
    if explanation.outside is None:
        return [f"{line}."]
    shares = [*shares_by_kind(explanation), ("outside of instructions", explanation.outside)]
    listed = ", ".join(f"{name} {spent / explanation.seconds:.1%}" for name, spent in shares)
    lines = [f"{line}: {listed}."]
    if explanation.planning is not None:
        spent = seconds_text(explanation.planning)
        lines.append(f"Simplifying, planning, compiling and loading kernels: {spent} so far.")
    return lines


def counted(number: int, what: str) -> str:
    """Write a number of things.

    Examples
    --------
    >>> counted(1, "call"), counted(2000, "call")
    ('1 call', '2,000 calls')
    """
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def shares_by_kind(explanation: Explanation) -> list[tuple[str, float]]:
    """Return the seconds of a call that each kind of instructions takes, the most first."""
    spent: dict[str, float] = {}
    for instruction in explanation.instructions:
        if instruction.measured is not None and explanation.seconds is not None:
            name = KINDS[instruction.kind]
            seconds = instruction.measured.share * explanation.seconds
            spent[name] = spent.get(name, 0.0) + seconds
    if explanation.interpreted is not None:
        spent[KINDS["interpreted"]] = explanation.interpreted
    return sorted(((k, v) for k, v in spent.items() if v), key=lambda pair: -pair[1])


def instruction_text(instruction: ExplainedInstruction, with_source: bool) -> str:
    """Return everything that is known of an instruction, line by line."""
    lines = [f"#{instruction.number} {instruction.kind}: {formula_text(instruction)}"]
    rows: list[tuple[str, Sequence[object]]] = [
        ("reads", instruction.inputs),
        ("writes", [f"{y} in {y.place}" for y in instruction.outputs]),
        ("nodes", instruction.nodes),
    ]
    for title, values in rows:
        lines += [f"    {title if not i else '':<7}{value}" for i, value in enumerate(values)]
    if instruction.product is not None:
        lines.append(f"    m n k  {work_text(instruction)}")
    if instruction.scratch:
        lines.append(f"    uses   {bytes_text(instruction.scratch)} for itself")
    if instruction.measured is not None:
        m, rate = instruction.measured, rate_text(instruction)
        facts = [seconds_text(m.seconds), f"{m.share:.1%} of a call", counted(m.calls, "run")]
        lines.append(f"    time   {', '.join([*facts, rate] if rate else facts)}")
    if with_source:
        lines += [indent(source, "        ") for source in instruction.sources]
    lines += [indent(instruction_text(step, with_source), "    ") for step in instruction.steps]
    return "\n".join(line.rstrip() for line in lines)
