"""An explanation as a picture: a bar for each instruction, and the memory at that time."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING

from blocks.compile.explanation.text import KINDS, formula_text, heading, places_text
from blocks.compile.explanation.units import bytes_text, rate_text, seconds_text

if TYPE_CHECKING:
    from blocks.compile.explanation.result import ExplainedInstruction, Explanation

__all__ = ["COLOURS", "chart"]

COLOURS = {
    "product": "#3b6ea5",
    "elementwise": "#4f9a58",
    "fold": "#d9822b",
    "kernel": "#8b5fa3",
    "python": "#c94f4f",
    "loop": "#2f8f8f",
    "copy": "#8a8a8a",
    "interpreted": "#9c6b4e",
    "branch": "#b8a13c",
    "view": "#bbbbbb",
}
ROW = 20
TOP = 74
LEFT, FORMULA, BAR, WORDS = 34, 420, 250, 195  # widths: numbers, formulas, bars, what they say
MEMORY = 420  # the width of all bytes
CHARACTER = 6.7  # the width of one
FONT = "font-family='ui-monospace, Menlo, Consolas, monospace' font-size='11'"


def chart(explanation: Explanation) -> str:
    """Return the picture as the text of an SVG file."""
    width = LEFT + FORMULA + BAR + WORDS + (MEMORY if explanation.regions else 0) + 20
    height = TOP + ROW * len(explanation.instructions) + 20
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' "
        f"width='{width}' height='{height}' {FONT}>",
        f"<rect width='{width}' height='{height}' fill='#ffffff'/>",
        _text(10, 22, heading(explanation), "font-size='13' font-weight='bold'"),
        *_legend(explanation),
        *_rows(explanation),
        *_memory(explanation),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _text(x: float, y: float, words: str, more: str = "") -> str:
    return f"<text x='{x:.0f}' y='{y:.0f}' fill='#222222' {more}>{escape(words)}</text>"


def _legend(explanation: Explanation) -> Iterator[str]:
    x = 10.0
    for kind in explanation.by_kind():
        name = KINDS[kind]
        yield f"<rect x='{x:.0f}' y='36' width='10' height='10' fill='{COLOURS[kind]}'/>"
        yield _text(x + 14, 45, name)
        x += 30 + CHARACTER * len(name)


def _rows(explanation: Explanation) -> Iterator[str]:
    title = "time of a call" if explanation.seconds is not None else "bytes read and written"
    yield _text(LEFT + FORMULA, 66, title)
    sizes = [_size(i) for i in explanation.instructions]
    largest = max(sizes, default=0) or 1
    for row, (instruction, size) in enumerate(zip(explanation.instructions, sizes, strict=True)):
        y = TOP + ROW * row
        if row % 2 == 0:
            whole = LEFT + FORMULA + BAR + WORDS
            yield f"<rect x='0' y='{y}' width='{whole}' height='{ROW}' fill='#f5f5f5'/>"
        words = formula_text(instruction)
        room = int((FORMULA - 10) / CHARACTER)
        shown = words if len(words) <= room else f"{words[: room - 3]}..."
        about = f"{words}\n{places_text(instruction)}"
        yield f"<g><title>{escape(about.strip())}</title>"
        yield _text(10, y + 14, str(instruction.position))
        yield _text(LEFT, y + 14, shown)
        length = BAR * size / largest
        colour = COLOURS[instruction.kind]
        x = LEFT + FORMULA
        yield f"<rect x='{x}' y='{y + 3}' width='{length:.1f}' height='{ROW - 6}' fill='{colour}'/>"
        says = _words(instruction)
        yield _text(x + length + 6, y + 14, says) + "</g>" if says else "</g>"


def _size(instruction: ExplainedInstruction) -> float:
    """Return what the bar shows: the part of the time, or the bytes that are moved."""
    if instruction.measured is not None:
        return instruction.measured.share
    return float(instruction.nbytes or 0)


def _words(instruction: ExplainedInstruction) -> str:
    measured = instruction.measured
    if measured is None:
        return "" if instruction.nbytes is None else bytes_text(instruction.nbytes)
    if not measured.calls:
        return ""
    spent = f"{seconds_text(measured.seconds)} {measured.share:.1%}"
    return f"{spent} {rate_text(instruction)}".strip()


def _memory(explanation: Explanation) -> Iterator[str]:
    if not explanation.regions:
        return
    left = LEFT + FORMULA + BAR + WORDS
    scale = MEMORY / explanation.memory_bytes
    yield _text(left, 66, f"memory, from byte 0 to {bytes_text(explanation.memory_bytes)}")
    for r in explanation.regions:
        x, y = left + scale * r.offset, TOP + ROW * r.first
        width, height = max(1.0, scale * r.nbytes), ROW * (r.last - r.first + 1)
        about = (
            f"{r.name}: {bytes_text(r.nbytes)} at byte {r.offset}, "
            f"from instruction {r.first} to {r.last}"
        )
        yield f"<g><title>{escape(about)}</title>"
        yield (
            f"<rect x='{x:.1f}' y='{y + 1}' width='{width:.1f}' height='{height - 2}' "
            "fill='#9db8d2' stroke='#3b6ea5' stroke-width='0.7'/>"
        )
        if CHARACTER * len(r.name) + 6 <= width:
            yield _text(x + 3, y + 14, r.name)
        yield "</g>"
