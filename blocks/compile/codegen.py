"""The source text of fused kernels: loops, expressions, folds and matrix products.

A kernel computes a group of elementwise nodes in one pass over their common shape. It may
begin with a matrix product, whose result the expressions then read, or end in a fold over
some axes. Axes that every array treats alike are merged, so most kernels have one loop.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from blocks.compile.foldloops import Fold, nest, scratch, write_fold
from blocks.compile.loops import Loops, Operand
from blocks.compile.texts import Writer, convert, literal, substitute
from blocks.graph.op import Scalar

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

    w = Writer()
    if product is not None:
        _write_product(w, product)
    if inputs or statements or outputs or fold:
        _write_loops(w, loops, inputs, statements, outputs, fold)
    body = "\n".join(w.lines) or "    pass"
    return f"def kernel({', '.join(arguments)}):\n{body}\n"


def _write_product(w: Writer, product: MatrixProduct) -> None:
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
    w: Writer,
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
        nest(w, lines, 0)
    else:
        write_fold(w, loops, lines, fold)
