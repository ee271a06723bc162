"""Columns of a larger array as operands of kernels, without a copy.

A kernel finds an element of a contiguous array by the sizes of its last axes. Given the sizes of
a larger array and an address inside of it, the same kernel reads or writes a window: some
columns. So the gates of an LSTM are read where one product has put them, and their gradients are
written where the next one reads them.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from blocks.compile.gemm import Gemm, MatrixProduct
from blocks.compile.schedule import Instruction, Window
from blocks.graph.op import Array, Op, Pieces, Scalar, Types, View
from blocks.graph.ops.subtensor import Subtensor, SubtensorGradient
from blocks.graph.types import TensorType
from blocks.graph.variable import Variable

__all__ = ["Assembled", "assemble", "find_windows", "fixed", "join_assembled"]

LAST = sys.maxsize  # a column behind all others


@dataclass(frozen=True)
class Assembled(Op):
    """Zeros, but for some columns. The first input is the shape, the others are the columns.

    Parameters
    ----------
    bounds
        At which column each of them begins, and before which it ends, in order. The last one
        may end earlier.
    """

    bounds: tuple[tuple[int, int], ...]

    name = "assembled"

    def infer(self, *types: TensorType) -> Types:
        """Return the type of the given shape."""
        sizes, first, *_ = types
        return (TensorType(first.dtype, sizes.known or (None,) * (sizes.shape[0] or 0)),)

    def lower(self, *types: TensorType) -> Pieces:
        """Lower to pieces."""
        return Pieces(tuple(start for start, _ in self.bounds))

    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Fill an array with NumPy."""
        sizes, *pieces = arrays
        result = np.zeros([int(n) for n in sizes], pieces[0].dtype)
        for (start, _), piece in zip(self.bounds, pieces, strict=True):
            result[..., start : start + piece.shape[-1]] = piece
        return (result,)


def column_slice(pattern: Sequence[object], ndim: int) -> tuple[int, int] | None:
    """Return the bounds of an index that only takes some columns, such as ``[:, 2:4]``.

    Examples
    --------
    >>> column_slice(((None, None, None), (2, 4, None)), 2), column_slice(((2, 4, None),), 2)
    ((2, 4), None)
    """
    if len(pattern) != ndim or ndim < 2:
        return None
    if any(entry != (None, None, None) for entry in pattern[:-1]):
        return None
    last = pattern[-1]
    if not isinstance(last, tuple):
        return None
    start, stop, step = last
    start = 0 if start is None else start
    stop = LAST if stop is None else stop
    fits = isinstance(start, int) and isinstance(stop, int) and step in (None, 1)
    return (start, stop) if fits and 0 <= start < stop else None


def assemble(op: Op, inputs: Sequence[Variable]) -> Variable | None:
    """Return the gradient of some columns, as columns among zeros."""
    if not isinstance(op, SubtensorGradient):
        return None
    g, sizes = inputs[:2]
    bounds = column_slice(op.pattern, g.ndim)
    if bounds is None or len(inputs) > 2:
        return None
    result: Variable = Assembled((bounds,))(sizes, g)
    return result


def join_assembled(op: Op, inputs: Sequence[Variable]) -> Variable | None:
    """Return the sum of columns among zeros as one such array, if they do not overlap."""
    if len(inputs) != 2:
        return None
    pieces: list[tuple[tuple[int, int], Variable]] = []
    for x in inputs:
        if x.owner is None or not isinstance(x.owner.op, Assembled):
            return None
        pieces += zip(x.owner.op.bounds, x.owner.inputs[1:], strict=True)
    first, second = (x.owner.inputs[0] for x in inputs if x.owner is not None)
    pieces.sort(key=lambda piece: piece[0])
    if first is not second or any(a[0][1] > b[0][0] for a, b in pairwise(pieces)):
        return None
    result: Variable = Assembled(tuple(bounds for bounds, _ in pieces))(
        first, *(piece for _, piece in pieces)
    )
    return result


def find_windows(
    instructions: Sequence[Instruction], roots: set[Variable]
) -> dict[Variable, Window]:
    """Return which variables lie in the memory of another one.

    Parameters
    ----------
    instructions
        The instructions.
    roots
        What is read after all of them.
    """
    readers: dict[Variable, list[Instruction]] = {}
    for instruction in instructions:
        for x in instruction.reads:
            readers.setdefault(x, []).append(instruction)
    maker = {y: i for i in instructions for y in i.writes}
    found: dict[Variable, Window] = {}
    for instruction in instructions:
        node, lowering = instruction.node, instruction.lowering
        if isinstance(lowering, View) and type(node.op) is Subtensor:
            (y,), x = node.outputs, node.inputs[0]
            bounds = column_slice(node.op.pattern, x.ndim)
            if bounds is not None and x not in found and _by_element(y, readers, roots):
                found[y] = Window(x, bounds[0], is_written=False)
        elif isinstance(lowering, Pieces):
            (y,) = node.outputs
            pieces = node.inputs[1:]
            for start, x in zip(lowering.starts, pieces, strict=True):
                group = maker.get(x)
                fits = group is not None and isinstance(group.lowering, Scalar)
                fits = fits and x.broadcastable == y.broadcastable and pieces.count(x) == 1
                others = {x: [r for r in readers[x] if r is not instruction]}
                if fits and x not in found and _by_element(x, others, roots):
                    found[x] = Window(y, start, is_written=True)
    return found


def fixed(windows: Mapping[Variable, Window]) -> set[Variable]:
    """Return what cannot be somewhere else: what is written into windows, and around them."""
    return {x for y, w in windows.items() if w.is_written for x in (y, w.base)}


def _by_element(
    x: Variable, readers: dict[Variable, list[Instruction]], roots: set[Variable]
) -> bool:
    """Tell whether a variable is read by elementwise kernels and folds only."""
    if x in roots or any(x.broadcastable):
        return False
    return all(
        i.is_group
        and not any(isinstance(n.op, Gemm | MatrixProduct) and x in n.inputs for n in i.nodes)
        for i in readers.get(x, ())
    )
