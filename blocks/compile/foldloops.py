"""The source text of folds: loops whose elements are combined, over some axes or over all."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

from blocks.compile.loops import Loops, Operand
from blocks.compile.texts import Writer, convert, substitute
from blocks.graph.types import is_float

__all__ = ["Fold", "nest", "scratch", "write_fold"]

CHUNK = 1024  # elements summed in a row before the partial sum goes to the total
STEPS = 4  # rows that are folded at once, where totals lie beside each other

REORDERED = {"total + x": "plus(total, x)", "total * x": "times(total, x)"}
"""Folds of floats whose steps may be reordered, as vector registers need; nothing else in a
kernel may be, or ``(x + c) - c`` would become x. The functions are in `scalars`."""

KEYED = {
    "total if total >= x or total != total else x": "{}",
    "total if total <= x or total != total else x": "-{}",
}
"""Folds of floats that are the maximum of something, or minus it. Over neighbours they fold
integers that sort alike (see `folds`), whose comparisons may be reordered."""


@dataclass(frozen=True)
class Fold:
    """The end of a group: a fold of one value over some axes.

    Parameters
    ----------
    fold, start, accumulator
        As in `blocks.graph.op.Reduction`.
    value
        The name of the value that is folded.
    value_dtype
        Its dtype.
    reduced
        For each axis of the group's shape, whether it is folded.
    output
        The array of the results.
    """

    fold: str
    start: str
    accumulator: str
    value: str
    value_dtype: str
    reduced: tuple[bool, ...]
    output: Operand


def nest(w: Writer, lines: list[list[str]], level: int) -> None:
    """Write the loops from `level` on, with their lines.

    Parameters
    ----------
    w
        Where they are written.
    lines
        The lines before the first loop, and in each.
    level
        The first loop that is not open yet.

    Examples
    --------
    >>> w = Writer()
    >>> nest(w, [["x = a[0]"], ["b[i0] = x"]], 0)
    >>> w.lines
    ['    x = a[0]', '    for i0 in range(n0):', '        b[i0] = x']
    """
    depth = w.depth
    for line in lines[level]:
        w.add(line)
    _open(w, lines, level, len(lines) - 1)
    w.depth = depth


def _open(w: Writer, lines: list[list[str]], start: int, stop: int) -> None:
    """Write some loops and their lines, and stay inside."""
    for loop in range(start, stop):
        w.add(f"for i{loop} in range(n{loop}):")
        w.depth += 1
        for line in lines[loop + 1]:
            w.add(line)


def _revisits(loops: Loops, fold: Fold) -> bool:
    """Tell whether the loops come back to a result after others."""
    reduced = [fold.reduced[group[0]] for group in loops.groups]
    return not all(reduced[reduced.index(True) :]) if any(reduced) else True


def scratch(loops: Loops, fold: Fold) -> Operand | None:
    """Return the array that a fold needs for its totals, where the result is too narrow.

    Examples
    --------
    >>> y = Operand("y0", "float32", (False, True))
    >>> sums = Fold("total + x", "0", "float64", "t0", "float32", (True, False), y)
    >>> scratch(Loops(((0,), (1,))), sums)
    Operand(name='totals', dtype='float64', varies=(False, True))
    """
    if fold.accumulator == fold.output.dtype or not _revisits(loops, fold):
        return None
    return Operand("totals", fold.accumulator, fold.output.varies)


def _step(fold: Fold, total: str, x: str, is_reordered: bool = True) -> str:
    text = fold.fold
    if is_reordered and is_float(fold.accumulator):
        text = REORDERED.get(text, text)
    text = substitute(text, {"total": total, "x": x}, fold.accumulator)
    return f"bool({text})" if fold.accumulator == "bool" else f"np.{fold.accumulator}({text})"


def write_fold(w: Writer, loops: Loops, lines: list[list[str]], fold: Fold) -> None:
    """Write the loops of a fold.

    Parameters
    ----------
    w
        Where they are written.
    loops
        The merged axes.
    lines
        The lines before the first loop, and in each, up to the value that is folded.
    fold
        The fold.

    Examples
    --------
    >>> y = Operand("y0", "int64", (False,))
    >>> w = Writer()
    >>> write_fold(w, Loops(((0,),)), [[], []], Fold("x", "0", "int64", "x", "int64", (True,), y))
    >>> w.lines[-2:]
    ['        total = np.int64(x)', '    y0[0] = total']
    """
    reduced = [fold.reduced[group[0]] for group in loops.groups]
    count = len(reduced)
    inner = count  # the first of the innermost loops that are folded without a break
    while inner > 0 and reduced[inner - 1]:
        inner -= 1
    start = substitute(fold.start, {}, fold.accumulator)
    index = loops.index(fold.output)
    out, totals = f"{fold.output.name}[{index}]", scratch(loops, fold)
    place = out if totals is None else f"{totals.name}[{index}]"
    value = convert(fold.value, fold.value_dtype, fold.accumulator)

    def each_result(line: str) -> None:
        depth = w.depth
        for loop, is_folded in enumerate(reduced):
            if not is_folded:
                w.add(f"for i{loop} in range(n{loop}):")
                w.depth += 1
        w.add(line)
        w.depth = depth

    revisited = _revisits(loops, fold)
    if revisited:
        each_result(f"{place} = {start}")
    if inner == count:
        # Results beside each other fill vector registers: each is folded element by element.
        _write_outer_fold(w, lines, reduced, place, lambda x: _step(fold, x, value, False))
    else:
        total = _write_inner_fold(w, lines, fold, inner, start, value)
        w.add(f"{place} = {_step(fold, place, total) if revisited else total}")
    w.depth = 1
    if totals is not None:
        each_result(f"{out} = {place}")


def _write_outer_fold(
    w: Writer, lines: list[list[str]], reduced: list[bool], place: str, step: Callable[[str], str]
) -> None:
    """Write the loops where the last one runs over results."""
    plain = [*lines[:-1], [*lines[-1], f"{place} = {step(place)}"]]
    last = len(reduced) - 1
    rows = max((loop for loop in range(last) if reduced[loop]), default=None)
    # What is computed once a row must not be computed for each of its elements.
    if rows is None or any(not line.startswith("v_") for line in lines[rows + 1]):
        nest(w, plain, 0)
        return
    for line in lines[0]:
        w.add(line)
    _open(w, lines, 0, rows)
    depth = w.depth
    # The totals are read and written once for several rows.
    w.add(f"for b{rows} in range(n{rows} // {STEPS}):")
    w.depth += 1
    for loop in range(rows + 1, last + 1):
        w.add(f"for i{loop} in range(n{loop}):")
        w.depth += 1
    w.add(f"total = {place}")
    w.add(f"for k{rows} in range({STEPS}):")
    w.depth += 1
    w.add(f"i{rows} = b{rows} * {STEPS} + k{rows}")
    for line in itertools.chain(*lines[rows + 1 :]):
        w.add(line)
    w.add(f"total = {step('total')}")
    w.depth -= 1
    w.add(f"{place} = total")
    w.depth = depth
    w.add(f"for k{rows} in range(n{rows} % {STEPS}):")
    w.depth += 1
    w.add(f"i{rows} = n{rows} // {STEPS} * {STEPS} + k{rows}")
    nest(w, plain, rows + 1)


def _write_inner_fold(
    w: Writer, lines: list[list[str]], fold: Fold, inner: int, start: str, value: str
) -> str:
    """Write all loops; those from `inner` on fold into a number. Return it; stay before them."""
    for line in lines[0]:
        w.add(line)
    _open(w, lines, 0, inner)
    total, step = "total", _step(fold, "total", value)
    if fold.fold in KEYED and is_float(fold.accumulator):
        sign = KEYED[fold.fold]
        start = f"key_of(np.{fold.accumulator}(-inf))"
        step = f"larger_key(total, key_of({sign.format(value)}))"
        total = sign.format("from_key(total)")
    w.add(f"total = {start}")
    depth = w.depth
    last = len(lines) - 2
    _open(w, lines, inner, last)
    if fold.fold == "total + x" and fold.value_dtype == "float64":
        # Partial sums bound the rounding error, as NumPy's pairwise sums do. The index starts
        # at 0 in both loops: LLVM must see that it is not negative to use vector registers.
        w.add(f"for c{last} in range((n{last} + {CHUNK - 1}) // {CHUNK}):")
        w.depth += 1
        w.add(f"part = {start}")
        w.add(f"for k{last} in range(min({CHUNK}, n{last} - c{last} * {CHUNK})):")
        w.depth += 1
        w.add(f"i{last} = c{last} * {CHUNK} + k{last}")
        for line in [*lines[-1], f"part = {_step(fold, 'part', value)}"]:
            w.add(line)
        w.depth -= 1
        w.add(f"total = {_step(fold, 'total', 'part')}")
    else:
        _open(w, lines, last, last + 1)
        w.add(f"total = {step}")
    w.depth = depth
    return total
