"""An explanation as HTML: for notebooks, and as a page of its own."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from blocks.compile.explanation.chart import chart
from blocks.compile.explanation.text import (
    common_dtype,
    formula_text,
    heading,
    instruction_text,
    kept_text,
    notes,
    places_text,
    result_text,
    work_text,
)
from blocks.compile.explanation.units import rate_text, seconds_text
from blocks.notebook import code, table
from blocks.notebook import heading as bold

if TYPE_CHECKING:
    from blocks.compile.explanation.result import ExplainedInstruction, Explanation

__all__ = ["notebook", "page"]

STYLE = """
body { font: 14px/1.5 system-ui, sans-serif; margin: 2em; color: #222; background: #fff; }
code, pre { font: 12px/1.5 ui-monospace, Menlo, Consolas, monospace; }
pre { background: #f5f5f5; padding: 0.6em; overflow-x: auto; }
summary { cursor: pointer; }
table { border-collapse: collapse; }
th { border-bottom: 1px solid #888; }
svg { max-width: 100%; height: auto; border: 1px solid #ddd; }
"""


def notebook(explanation: Explanation) -> str:
    """Return the table and the notes; instructions unfold."""
    lines = "".join(f"<div>{escape(note)}</div>" for note in notes(explanation))
    return f"{bold(heading(explanation))}{_table(explanation)}{lines}"


def page(explanation: Explanation) -> str:
    """Return the text of a whole page."""
    lines = "".join(f"<p>{escape(note)}</p>\n" for note in notes(explanation))
    title = escape(heading(explanation))
    return (
        "<!DOCTYPE html>\n<html lang='en'>\n<head>\n<meta charset='utf-8'/>\n"
        f"<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{escape(explanation.title)}</h1>\n{lines}{chart(explanation)}"
        f"<h2>Instructions</h2>\n{_table(explanation)}\n</body>\n</html>\n"
    )


def _table(explanation: Explanation) -> str:
    dtype = common_dtype(explanation)
    with_times = explanation.seconds is not None
    titles = ["#", "computes", "from", "result", "kept in", "work"]
    titles += ["time", "share", "speed"] if with_times else []
    rows = []
    pairs = [pair for i in explanation.instructions for pair in i.with_steps()]
    for depth, instruction in pairs:
        cells = [
            places_text(instruction),
            result_text(instruction, dtype),
            kept_text(instruction),
            work_text(instruction),
        ]
        measured = instruction.measured
        if with_times:
            ran = measured is not None and measured.calls
            cells += [
                seconds_text(measured.seconds) if measured is not None and ran else "",
                f"{measured.share:.1%}" if measured is not None and ran else "",
                rate_text(instruction),
            ]
        rows.append([instruction.number, _folded(instruction, depth), *map(escape, cells)])
    return table(titles, rows)


def _folded(instruction: ExplainedInstruction, depth: int) -> str:
    inside = escape(instruction_text(instruction, with_source=True))
    formula = code(formula_text(instruction))
    indented = f" style='margin-left: {2 * depth}em'" if depth else ""
    return f"<details{indented}><summary>{formula}</summary><pre>{inside}</pre></details>"
