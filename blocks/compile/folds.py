"""Maxima and sums of many numbers for kernels, made so that LLVM uses vector registers.

The comparisons of a maximum that keeps NaN cannot be reordered. Those of integers can: each
number becomes one that sorts alike, and NaN the largest of all.

Examples
--------
>>> import numpy as np
>>> from numba import njit
>>> row = np.array([1.0, 3.0, 2.0])
>>> njit(lambda row: largest(row))(row), njit(lambda row: total_of(row, np.float64))(row)
(3.0, 6.0)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic
from numba.np.arrayobj import make_array, populate_array

from blocks.compile.arithmetic import DOUBLE, SINGLE, Format, Number, Word

__all__ = ["from_key", "key_of", "larger_key", "largest", "part", "total_of", "total_of_products"]

FORMATS = {types.float32: SINGLE, types.float64: DOUBLE}
KEYS: dict[Any, Any] = {types.float32: types.int32, types.float64: types.int64}
REALS: dict[Any, Any] = {key: real for real, key in KEYS.items()}
INDEX = ir.IntType(64)


def _key(x: Number) -> Word:
    """Return an integer that sorts as a number does; that of NaN is the largest."""
    form = x.format
    sign = int(form.word.width) - 1
    magnitude = (1 << sign) - 1
    bits = x.bits()
    key = bits ^ ((bits >> sign) & magnitude)
    return key.where(x.compare("==", x), magnitude)


def _from_key(key: Word) -> Number:
    """Return the number with a key; NaN where that is the largest."""
    sign = int(key.format.word.width) - 1
    return (key ^ ((key >> sign) & ((1 << sign) - 1))).real()


@intrinsic
def key_of(typingctx, x):  # type: ignore[no-untyped-def]
    """Return an integer that sorts as a number does; that of NaN is the largest."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _key(Number(builder, FORMATS[x], arguments[0])).value

    return KEYS[x](x), codegen


@intrinsic
def from_key(typingctx, key):  # type: ignore[no-untyped-def]
    """Return the number with a key."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _from_key(Word(builder, FORMATS[REALS[key]], arguments[0])).value

    return REALS[key](key), codegen


@intrinsic
def larger_key(typingctx, x, y):  # type: ignore[no-untyped-def]
    """Return the larger of two keys, as wide as they are."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        first, second = (Word(builder, FORMATS[REALS[x]], v) for v in arguments)
        return first.larger(second).value

    return x(x, x), codegen


@intrinsic
def part(typingctx, x, start, count):  # type: ignore[no-untyped-def]
    """Return some elements of a vector, from `start` on, as one that shares its memory."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = make_array(x)(context, builder, arguments[0])
        made = make_array(x)(context, builder)
        populate_array(
            made,
            data=builder.gep(array.data, [arguments[1]]),
            shape=[arguments[2]],
            strides=[array.itemsize],
            itemsize=array.itemsize,
            meminfo=array.meminfo,
        )
        return made._getvalue()

    return x(x, types.int64, types.int64), codegen


def _folded(
    builder: Any, vectors: list[Any], start: Any, step: Callable[[Any, Any, list[Any]], Any]
) -> Any:
    """Emit a loop over the elements of vectors; return what `step` makes of all of them."""
    before, count = builder.block, vectors[0].nitems
    body, after = builder.append_basic_block("body"), builder.append_basic_block("after")
    zero = ir.Constant(INDEX, 0)
    builder.cbranch(builder.icmp_signed(">", count, zero), body, after)
    builder.position_at_end(body)
    index, total = builder.phi(INDEX), builder.phi(start.type)
    values = [builder.load(builder.gep(vector.data, [index])) for vector in vectors]
    folded = step(builder, total, values)
    following = builder.add(index, ir.Constant(INDEX, 1), flags=["nsw", "nuw"])
    for phi, first, next_ in ((index, zero, following), (total, start, folded)):
        phi.add_incoming(first, before)
        phi.add_incoming(next_, body)
    builder.cbranch(builder.icmp_signed("<", following, count), body, after)
    builder.position_at_end(after)
    result = builder.phi(start.type)
    result.add_incoming(start, before)
    result.add_incoming(folded, body)
    return result


@intrinsic
def largest(typingctx, x):  # type: ignore[no-untyped-def]
    """Return the largest of a vector's numbers, NaN if there is one, -infinity if it is empty."""
    form: Format = FORMATS[x.dtype]

    def step(builder: Any, total: Any, values: list[Any]) -> Any:
        return Word(builder, form, total).larger(_key(Number(builder, form, *values))).value

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = make_array(x)(context, builder, arguments[0])
        start = _key(Number(builder, form, ir.Constant(form.real, float("-inf")))).value
        return _from_key(Word(builder, form, _folded(builder, [array], start, step))).value

    return x.dtype(x), codegen


def _wide(builder: Any, value: Any, form: Format) -> Any:
    return value if value.type == form.real else builder.fpext(value, form.real)


@intrinsic
def total_of(typingctx, x, dtype):  # type: ignore[no-untyped-def]
    """Return the sum of a vector's numbers, taken in a dtype at least as wide, in any order."""
    form: Format = FORMATS[dtype.dtype]

    def step(builder: Any, total: Any, values: list[Any]) -> Any:
        return builder.fadd(total, _wide(builder, values[0], form), flags=["reassoc"])

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = make_array(x)(context, builder, arguments[0])
        return _folded(builder, [array], ir.Constant(form.real, 0.0), step)

    return dtype.dtype(x, dtype), codegen


@intrinsic
def total_of_products(typingctx, x, y, dtype):  # type: ignore[no-untyped-def]
    """Return the sum of the products of two vectors' numbers, as `total_of`."""
    form: Format = FORMATS[dtype.dtype]

    def step(builder: Any, total: Any, values: list[Any]) -> Any:
        first, second = (_wide(builder, value, form) for value in values)
        product = builder.fmul(first, second, flags=["contract"])
        return builder.fadd(total, product, flags=["reassoc", "contract"])

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        arrays = [
            make_array(t)(context, builder, a) for t, a in zip((x, y), arguments[:2], strict=True)
        ]
        return _folded(builder, arrays, ir.Constant(form.real, 0.0), step)

    return dtype.dtype(x, y, dtype), codegen
