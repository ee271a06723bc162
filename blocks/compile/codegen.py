"""The source text of fused kernels: loops, expressions, folds and matrix products.

A kernel computes a group of elementwise nodes in one pass over their common shape. It may
begin with a matrix product, whose result the expressions then read, or end in a fold over
some axes. Axes that every array treats alike are merged, so most kernels have one loop.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from blocks.compile.loops import Loops, Operand
from blocks.graph.op import Scalar
from blocks.graph.types import is_float

__all__ = [
    "Fold",
    "Loops",
    "MatrixProduct",
    "Operand",
    "Statement",
    "generate",
    "literal",
    "scratch",
]

CHUNK = 1024  # elements summed in a row before the partial sum goes to the total

REORDERED = {"total + x": "plus(total, x)", "total * x": "times(total, x)"}
"""Folds of floats whose steps may be reordered, as vector registers need; nothing else in a
kernel may be, or ``(x + c) - c`` would become x. The functions are in `scalars`."""


@dataclass(frozen=True)
class Statement:
    """One node: a scalar expression of values that exist by then.

    Parameters
    ----------
    name
        The name of the value that it computes.
    dtype
        Its dtype.
    scalar
        The op's lowering.
    arguments
        The names of the values that take the place of the lowering's arguments.
    dtypes
        Their dtypes.
    """

    name: str
    dtype: str
    scalar: Scalar
    arguments: tuple[str, ...]
    dtypes: tuple[str, ...]


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


@dataclass(frozen=True)
class MatrixProduct:
    """The beginning of a group: ``output = alpha * op(a) @ op(b) + beta * output``.

    Parameters
    ----------
    dtype
        The dtype of all of them.
    transpose
        Which of a and b are read transposed.
    accumulate
        Whether there are ``alpha`` and ``beta``, given as arrays of one element; else
        they are 1 and 0.
    output
        The name of the array that holds the product.
    """

    dtype: str
    transpose: tuple[bool, bool]
    accumulate: bool
    output: str


def literal(value: object, dtype: str) -> str:
    """Write a number as typed source text.

    Examples
    --------
    >>> literal(0.5, "float32")
    'np.float32(0.5)'
    >>> literal(float("-inf"), "float64")
    'np.float64(-inf)'
    """
    if dtype == "bool":
        return str(bool(value))
    return f"np.{dtype}({value!r})" if is_float(dtype) else f"np.{dtype}({int(value)})"  # type: ignore[call-overload]


def convert(text: str, dtype: str, to: str) -> str:
    """Write the conversion of a value from one dtype to another."""
    if dtype == to:
        return text
    if is_float(dtype) and to.startswith("uint"):
        return f"np.{to}(unsigned({text}))"
    return f"({text} != 0)" if to == "bool" else f"np.{to}({text})"


class _Substitute(ast.NodeTransformer):
    """Puts values in the place of arguments, and types every literal."""

    def __init__(self, values: dict[str, str], dtype: str) -> None:
        self.values = values
        self.dtype = dtype

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in self.values:
            return ast.parse(self.values[node.id], mode="eval").body
        if node.id in ("inf", "nan"):
            return ast.parse(f"np.{self.dtype}({node.id})", mode="eval").body
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        if isinstance(node.value, bool) or not isinstance(node.value, int | float):
            return node
        return ast.parse(literal(node.value, self.dtype), mode="eval").body


def substitute(text: str, values: dict[str, str], dtype: str) -> str:
    """Return an expression with its arguments replaced and its literals typed.

    Examples
    --------
    >>> substitute("x * 2", {"x": "a"}, "float32")
    'a * np.float32(2)'
    """
    tree = ast.parse(text, mode="eval")
    return ast.unparse(_Substitute(values, dtype).visit(tree))


def _expression(statement: Statement) -> str:
    scalar = statement.scalar
    values = {
        name: convert(argument, dtype, to)
        for name, argument, dtype, to in zip(
            scalar.arguments, statement.arguments, statement.dtypes, scalar.dtypes, strict=True
        )
    }
    dtype = statement.dtype
    if dtype == "bool":  # of a comparison: its literals compare with the inputs
        dtype = next((d for d in scalar.dtypes if d != "bool"), "bool")
    text = substitute(scalar.text, values, dtype)
    # Numba widens small integers; the value keeps the dtype that the op declares.
    return f"bool({text})" if statement.dtype == "bool" else f"np.{statement.dtype}({text})"


class _Writer:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.depth = 1

    def add(self, line: str) -> None:
        self.lines.append("    " * self.depth + line)


def generate(
    loops: Loops,
    inputs: Sequence[Operand],
    statements: Sequence[Statement],
    outputs: Sequence[tuple[Operand, str]],
    fold: Fold | None = None,
    product: MatrixProduct | None = None,
) -> str:
    """Return the source of a kernel.

    Its arguments are: a, b, (alpha, beta and) the product where there is one; the
    inputs; the outputs that are not among the inputs; the `scratch` array where a fold
    needs one; the length of each loop.

    Parameters
    ----------
    loops
        The merged axes.
    inputs
        The arrays that it reads.
    statements
        The nodes, each after those it reads.
    outputs
        Each array that it writes and the name of its value.
    fold
        The fold at its end, if there is one; then there are no `outputs`.
    product
        The matrix product at its beginning, if there is one.
    """
    arguments: list[str] = []
    if product is not None:
        arguments += ["a", "b", "alpha", "beta"] if product.accumulate else ["a", "b"]
    written = [operand for operand, _ in outputs] + ([fold.output] if fold else [])
    names = [x.name for x in [*inputs, *written]]
    if product is not None:
        names.append(product.output)
    arguments += list(dict.fromkeys(names))
    totals = scratch(loops, fold) if fold else None
    arguments += [totals.name] if totals else []
    arguments += [f"n{i}" for i in range(len(loops.groups))]

    w = _Writer()
    if product is not None:
        _write_product(w, product)
    if inputs or statements or outputs or fold:
        _write_loops(w, loops, inputs, statements, outputs, fold)
    body = "\n".join(w.lines) or "    pass"
    return f"def kernel({', '.join(arguments)}):\n{body}\n"


def _write_product(w: _Writer, product: MatrixProduct) -> None:
    """Write the call of gemm; row-major matrices are column-major ones transposed."""
    ta, tb = product.transpose
    routine = "sgemm" if product.dtype == "float32" else "dgemm"
    c = product.output
    w.add(f"m, k = a.shape[{int(ta)}], a.shape[{int(not ta)}]")
    w.add(f"n = b.shape[{int(not tb)}]")
    one, zero = literal(1.0, product.dtype), literal(0.0, product.dtype)
    alpha, beta = ("alpha[0]", "beta[0]") if product.accumulate else (one, zero)
    letters = ["84" if t else "78" for t in (tb, ta)]  # 'T', 'N'
    w.add("if m > 0 and n > 0:")
    w.depth += 1
    w.add(
        f"{routine}({', '.join(letters)}, n, m, k, {alpha}, b.ctypes, max(1, b.shape[1]), "
        f"a.ctypes, max(1, a.shape[1]), {beta}, {c}.ctypes, max(1, n))"
    )
    w.depth -= 1


def _write_loops(
    w: _Writer,
    loops: Loops,
    inputs: Sequence[Operand],
    statements: Sequence[Statement],
    outputs: Sequence[tuple[Operand, str]],
    fold: Fold | None,
) -> None:
    # Each value is computed in the outermost loop in which its inputs are known.
    levels: dict[str, int] = {}
    lines: list[list[str]] = [[] for _ in range(len(loops.groups) + 1)]
    for x in inputs:
        level = loops.level(x)
        value = f"v_{x.name}"
        levels[value] = level
        lines[level].append(f"{value} = {x.name}[{loops.index(x)}]")
    for s in statements:
        level = max((levels.get(a, 0) for a in s.arguments), default=0)
        levels[s.name] = level
        lines[level].append(f"{s.name} = {_expression(s)}")
    if fold is None:
        for operand, value in outputs:
            lines[loops.level(operand)].append(f"{operand.name}[{loops.index(operand)}] = {value}")
        _nest(w, lines, 0)
    else:
        _write_fold(w, loops, lines, fold)


def _nest(w: _Writer, lines: list[list[str]], level: int, stop: int | None = None) -> None:
    """Write the loops from `level` on, with their lines."""
    stop = len(lines) if stop is None else stop
    depth = w.depth
    for line in lines[level]:
        w.add(line)
    for loop in range(level, stop - 1):
        w.add(f"for i{loop} in range(n{loop}):")
        w.depth += 1
        for line in lines[loop + 1]:
            w.add(line)
    w.depth = depth


def _revisits(loops: Loops, fold: Fold) -> bool:
    """Tell whether the loops come back to a result after others."""
    reduced = [fold.reduced[group[0]] for group in loops.groups]
    return not all(reduced[reduced.index(True) :]) if any(reduced) else True


def scratch(loops: Loops, fold: Fold) -> Operand | None:
    """Return the array that a fold needs for its totals, where the result is too narrow."""
    if fold.accumulator == fold.output.dtype or not _revisits(loops, fold):
        return None
    return Operand("totals", fold.accumulator, fold.output.varies)


def _step(fold: Fold, total: str, x: str) -> str:
    text = REORDERED.get(fold.fold, fold.fold) if is_float(fold.accumulator) else fold.fold
    text = substitute(text, {"total": total, "x": x}, fold.accumulator)
    return f"bool({text})" if fold.accumulator == "bool" else f"np.{fold.accumulator}({text})"


def _write_fold(w: _Writer, loops: Loops, lines: list[list[str]], fold: Fold) -> None:
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
        lines[count].append(f"{place} = {_step(fold, place, value)}")
        _nest(w, lines, 0)
    else:
        _write_inner_fold(w, lines, fold, inner, start, value)
        w.add(f"{place} = {_step(fold, place, 'total') if revisited else 'total'}")
        w.depth -= inner
    if totals is not None:
        each_result(f"{out} = {place}")


def _write_inner_fold(
    w: _Writer, lines: list[list[str]], fold: Fold, inner: int, start: str, value: str
) -> None:
    """Write all loops; those from `inner` on fold into a number. Stay where that is known."""
    for line in lines[0]:
        w.add(line)
    for loop in range(inner):
        w.add(f"for i{loop} in range(n{loop}):")
        w.depth += 1
        for line in lines[loop + 1]:
            w.add(line)
    w.add(f"total = {start}")
    depth = w.depth
    last = len(lines) - 2
    for loop in range(inner, last):
        w.add(f"for i{loop} in range(n{loop}):")
        w.depth += 1
        for line in lines[loop + 1]:
            w.add(line)
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
        w.add(f"for i{last} in range(n{last}):")
        w.depth += 1
        for line in [*lines[-1], f"total = {_step(fold, 'total', value)}"]:
            w.add(line)
    w.depth = depth
