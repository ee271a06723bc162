"""Arithmetic written in Python, emitted as LLVM instructions: what `vectors` is built from.

A `Number` stands for a value in a kernel that is being compiled. Its operators emit one
instruction each and never a branch, so that LLVM can compute many elements at once.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

from llvmlite import ir

__all__ = ["DOUBLE", "SINGLE", "Format", "Number", "Word"]


@dataclass(frozen=True, eq=False)
class Format:
    """A binary format of IEEE 754.

    Parameters
    ----------
    name
        The dtype.
    real, word
        The type of its numbers in LLVM, and that of integers of the same width.
    fraction
        The number of bits after the leading one.
    bias
        What is added to exponents.

    Examples
    --------
    >>> SINGLE.smallest_normal, SINGLE.to_whole == 1.5 * 2**23
    (1.1754943508222875e-38, True)
    """

    name: str
    real: Any
    word: Any
    fraction: int
    bias: int

    @property
    def to_whole(self) -> float:
        """A number that leaves no bits for fractions: adding it rounds to whole numbers."""
        return 1.5 * 2.0**self.fraction

    @property
    def smallest_normal(self) -> float:
        """The smallest number with all its digits."""
        return 2.0 ** (1 - self.bias)

    def bits(self, value: float) -> int:
        """Return the bits of a number as an integer.

        Examples
        --------
        >>> hex(SINGLE.bits(1.0))
        '0x3f800000'
        """
        real, integer = ("f", "i") if self.fraction == 23 else ("d", "q")
        (word,) = struct.unpack(integer, struct.pack(real, value))
        return int(word)


SINGLE = Format("float32", ir.FloatType(), ir.IntType(32), 23, 127)
DOUBLE = Format("float64", ir.DoubleType(), ir.IntType(64), 52, 1023)


class Word:
    """An integer, of the width of the real numbers beside it.

    Parameters
    ----------
    builder
        What emits the instructions.
    format
        The format of the real numbers.
    value
        The value in LLVM.
    """

    def __init__(self, builder: Any, format: Format, value: Any) -> None:
        self.builder = builder
        self.format = format
        self.value = value

    def _operand(self, other: Word | int) -> Any:
        return ir.Constant(self.format.word, other) if isinstance(other, int) else other.value

    def _word(self, value: Any) -> Word:
        return Word(self.builder, self.format, value)

    def __add__(self, other: Word | int) -> Word:
        return self._word(self.builder.add(self.value, self._operand(other)))

    def __sub__(self, other: Word | int) -> Word:
        return self._word(self.builder.sub(self.value, self._operand(other)))

    def __rsub__(self, other: int) -> Word:
        return self._word(self.builder.sub(self._operand(other), self.value))

    def __and__(self, other: Word | int) -> Word:
        return self._word(self.builder.and_(self.value, self._operand(other)))

    def __xor__(self, other: Word | int) -> Word:
        return self._word(self.builder.xor(self.value, self._operand(other)))

    def __lshift__(self, count: int) -> Word:
        return self._word(self.builder.shl(self.value, self._operand(count)))

    def __rshift__(self, count: int) -> Word:
        return self._word(self.builder.ashr(self.value, self._operand(count)))

    def where(self, condition: Any, other: Word | int) -> Word:
        """Return this integer where the condition holds, else the other one."""
        return self._word(self.builder.select(condition, self.value, self._operand(other)))

    def larger(self, other: Word) -> Word:
        """Return the larger of two integers."""
        return self.where(self.builder.icmp_signed(">", self.value, other.value), other)

    def real(self) -> Number:
        """Return the number with these bits."""
        return Number(self.builder, self.format, self.builder.bitcast(self.value, self.format.real))


class Number:
    """A real number; other operands may be Python's numbers.

    Parameters
    ----------
    builder
        What emits the instructions.
    format
        The format of the number.
    value
        The value in LLVM.
    """

    def __init__(self, builder: Any, format: Format, value: Any) -> None:
        self.builder = builder
        self.format = format
        self.value = value

    def _operand(self, other: Number | float) -> Any:
        return other.value if isinstance(other, Number) else ir.Constant(self.format.real, other)

    def _number(self, value: Any) -> Number:
        return Number(self.builder, self.format, value)

    def __add__(self, other: Number | float) -> Number:
        return self._number(self.builder.fadd(self.value, self._operand(other)))

    __radd__ = __add__

    def __sub__(self, other: Number | float) -> Number:
        return self._number(self.builder.fsub(self.value, self._operand(other)))

    def __rsub__(self, other: float) -> Number:
        return self._number(self.builder.fsub(self._operand(other), self.value))

    def __mul__(self, other: Number | float) -> Number:
        return self._number(self.builder.fmul(self.value, self._operand(other)))

    __rmul__ = __mul__

    def __truediv__(self, other: Number | float) -> Number:
        return self._number(self.builder.fdiv(self.value, self._operand(other)))

    def __rtruediv__(self, other: float) -> Number:
        return self._number(self.builder.fdiv(self._operand(other), self.value))

    def __neg__(self) -> Number:
        return self._number(self.builder.fneg(self.value))

    def __abs__(self) -> Number:
        return self._call("llvm.fabs", self.value)

    def number(self, value: float) -> Number:
        """Return a constant of the same format."""
        return self._number(self._operand(value))

    def _call(self, name: str, *operands: Any) -> Number:
        function = self.builder.module.declare_intrinsic(
            name, [self.format.real], ir.FunctionType(self.format.real, [x.type for x in operands])
        )
        return self._number(self.builder.call(function, operands))

    def times_plus(self, factor: Number | float, term: Number | float) -> Number:
        """Return this times a factor plus a term, rounded once."""
        return self._call("llvm.fma", self.value, self._operand(factor), self._operand(term))

    def polynomial(self, coefficients: tuple[float, ...]) -> Number:
        """Return the polynomial with these coefficients, from the constant one upwards."""
        *rest, highest = coefficients
        result = self.number(highest)
        for coefficient in reversed(rest):
            result = result.times_plus(self, coefficient)
        return result

    def with_sign_of(self, other: Number) -> Number:
        """Return this number with the sign of another one."""
        return self._call("llvm.copysign", self.value, other.value)

    def compare(self, relation: str, other: Number | float) -> Any:
        """Return a truth value; all relations with NaN are false."""
        return self.builder.fcmp_ordered(relation, self.value, self._operand(other))

    def where(self, condition: Any, other: Number | float) -> Number:
        """Return this number where the condition holds, else the other one."""
        return self._number(self.builder.select(condition, self.value, self._operand(other)))

    def at_least(self, bound: float) -> Number:
        """Return the number or a bound, whichever is larger; NaN stays."""
        return self.number(bound).where(self.compare("<", bound), self)

    def at_most(self, bound: float) -> Number:
        """Return the number or a bound, whichever is smaller; NaN stays."""
        return self.number(bound).where(self.compare(">", bound), self)

    def bits(self) -> Word:
        """Return the bits of the number."""
        return Word(self.builder, self.format, self.builder.bitcast(self.value, self.format.word))
