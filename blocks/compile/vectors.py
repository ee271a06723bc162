"""Elementary functions that LLVM computes for many elements at once.

Calls of the C library keep a loop from using vector registers. These functions are plain
arithmetic instead: the argument is brought near 0, a polynomial gives the function there, and
the exponent is put together from bits. Where NaN and infinity need care they are selected, not
branched on. The polynomials are minimax ones (Remez); the reductions are those of Cody and
Waite, Software Manual for the Elementary Functions, 1980.

`docs/numerics.md` lists their errors. They need fused multiply-add: without that in the
processor the names stand for functions of NumPy and Python, for which Numba calls the C library.

Examples
--------
>>> from numba import njit
>>> round(njit(lambda x: exp(x))(1.0), 6)
2.718282
"""

from __future__ import annotations

import math
import platform
from collections.abc import Callable
from typing import Any

import llvmlite.binding
import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from blocks.compile.arithmetic import DOUBLE, SINGLE, Format, Number, Word

__all__ = ["cosh", "erf", "exp", "exp2", "expm1", "log", "log1p", "log2", "log10", "sinh", "tanh"]

LOG2_E = 1 / math.log(2)

# Constants in two parts: a whole number times the first one is exact.
LN2 = {
    SINGLE: (0.693359375, -2.1219444005469057e-4),
    DOUBLE: (0.6931471803691238, 1.9082149292705877e-10),
}
LN2_AS_ROUNDED = {
    SINGLE: (0.6931471824645996, -1.9046542743664883e-09),
    DOUBLE: (0.6931471805599453, 2.319046813846299e-17),
}
LOG10_2 = {
    SINGLE: (0.301025390625, 4.605039066518657e-06),
    DOUBLE: (0.3010299956640665, -8.532344317057107e-14),
}
# Factors from natural logarithms to those of base 2 and 10: as rounded, and the rest.
LOG2_OF_E = {
    SINGLE: (1.4426950216293335, 1.925963033500011e-08),
    DOUBLE: (1.4426950408889634, 2.0355273740931033e-17),
}
LOG10_OF_E = {
    SINGLE: (0.4342944920063019, -1.0103049952192578e-08),
    DOUBLE: (0.4342944819032518, 1.098319650216765e-17),
}

# fmt: off
EXPONENTIAL = {  # (e^r - 1 - r) / r^2 for |r| <= log(2) / 2
    SINGLE: (
        0.4999999403953552, 0.1666652113199234, 0.041668329387903214, 0.00836870539933443,
        0.0013814539415761828,
    ),
    DOUBLE: (
        0.5, 0.16666666666666433, 0.041666666666603874, 0.00833333333350024,
        0.0013888888926833773, 0.00019841269465883514, 2.480150863048229e-05,
        2.7557641048884666e-06, 2.7625209401491697e-07, 2.497836412683056e-08,
    ),
}
POWER_OF_2 = {  # (2^r - 1 - r log(2)) / r^2 for |r| <= 1/2
    SINGLE: (
        0.24022650718688965, 0.05550409480929375, 0.009618054144084454, 0.0013333907118067145,
        0.0001546681742183864, 1.5196110325632617e-05,
    ),
    DOUBLE: (
        0.24022650695910122, 0.05550410866482073, 0.009618129107596941, 0.0013333558146686466,
        0.00015403530454128668, 1.5252733546608863e-05, 1.3215436574466752e-06,
        1.0178184721712257e-07, 7.073585826350164e-09, 4.4363001082227413e-10,
    ),
}
LOGARITHM = (  # (log(1 + f) - f + f^2 / 2) / f^3 for -1/4 <= f <= 1/2
    0.3333345055580139, -0.2500009834766388, 0.19990812242031097, -0.16647203266620636,
    0.1447891741991043, -0.13162602484226227, 0.10462261736392975, -0.04504675045609474,
)
AREA_TANGENT = (  # 2 (artanh(s) - s) / s^3 as a polynomial of s^2, for |s| <= 1/5
    0.666666666666666, 0.4000000000005695, 0.2857142855576782, 0.22222224302856255,
    0.18181665512000872, 0.15391123374235047, 0.13173412918757438, 0.13844271247127168,
)
ERROR_NEAR_0 = {  # erf(x) / x - 1 as a polynomial of x^2, for |x| <= 1
    SINGLE: (
        0.12837916612625122, -0.3761262595653534, 0.11283592879772186, -0.02685406617820263,
        0.005188747309148312, -0.0008013519109226763, 7.864013605285436e-05,
    ),
    DOUBLE: (
        0.1283791670955126, -0.3761263890318375, 0.11283791670954857, -0.026866170645072893,
        0.005223977624780861, -0.0008548326978741853, 0.00012055331036886415,
        -1.4925593506564777e-05, 1.6460972811706907e-06, -1.6350025165684023e-07,
        1.4657879458009123e-08, -1.1365664482677869e-09, 5.945259270631282e-11,
    ),
}
ERROR_BEYOND_1 = {  # -log(1 - erf(1 + t)), for t up to where that is nothing beside 1
    SINGLE: (
        1.8496055603027344, 2.6389667987823486, 0.8431183099746704, 0.04150072857737541,
        -0.0098909642547369, 0.0018262085504829884, -0.00018558291776571423,
    ),
    DOUBLE: (
        1.8496055099332482, 2.6389675142347753, 0.8431072563594396, 0.041561098024628804,
        -0.010033825175199488, 0.0019779011952908853, -0.000237316364367928,
        -2.629649461750378e-05, 2.7199260021867944e-05, -9.67173895067712e-06,
        2.1322786374616285e-06, -2.050479014049789e-07, -5.789018153729737e-08,
        3.334589436441056e-08, -8.506845246035779e-09, 1.3170173287372277e-09,
        -1.1910869346693012e-10, 4.854852038900157e-12,
    ),
}
# fmt: on


def _power_of_2(exponent: Number) -> Number:
    """Return 2^n for a whole n that makes it a normal number."""
    form = exponent.format
    return ((exponent + (form.to_whole + form.bias)).bits() << form.fraction).real()


def _whole(x: Number, factor: float = 1.0) -> tuple[Number, Word]:
    """Return x times a factor, rounded to a whole number: n, and n + 2 bias in the last bits."""
    form = x.format
    shift = form.to_whole + 2 * form.bias
    n = x.times_plus(factor, shift)
    return n - shift, n.bits()


def _scaled(x: Number, exponent: Word) -> Number:
    """Return x 2^n for n + 2 bias; x 2^(n/2) must be normal, the result may be anything."""
    half = exponent >> 1
    place = x.format.fraction
    return x * (half << place).real() * ((exponent - half) << place).real()


def _reduced(x: Number) -> tuple[Number, Word, Number, Number]:
    """Return n with x = n log(2) + r and |r| <= log(2) / 2, also as `_whole`; and e^r - 1.

    That is the sum of the two last numbers: the first is exact, the second small.
    """
    high, low = LN2[x.format]
    n, exponent = _whole(x, LOG2_E)
    first, second = n.times_plus(-high, x), n * -low
    r = first + second
    return n, exponent, first, (r * r).times_plus(r.polynomial(EXPONENTIAL[x.format]), second)


def _exp(x: Number) -> Number:
    _, exponent, high, low = _reduced(x.at_least(-_range(x)).at_most(_range(x)))
    return _scaled(1 + (high + low), exponent)


def _range(x: Number) -> float:
    """Return an exponent of e that overflows, and underflows if negative."""
    return 105.0 if x.format is SINGLE else 747.0


def _exp2(x: Number) -> Number:
    limit = 152.0 if x.format is SINGLE else 1080.0
    x = x.at_least(-limit).at_most(limit)
    n, exponent = _whole(x)
    r = x - n
    high, low = LN2_AS_ROUNDED[x.format]
    small = (r * r).times_plus(r.polynomial(POWER_OF_2[x.format]), r * low)
    return _scaled(1 + r.times_plus(high, small), exponent)


def _negligible(x: Number) -> float:
    """Return an exponent so large that e^-x is nothing beside 1."""
    return 20.0 if x.format is SINGLE else 40.0


def _expm1(x: Number) -> Number:
    n, _, high, low = _reduced(x.at_least(-_negligible(x)).at_most(_range(x)))
    most = n.at_most(x.format.bias - 27)
    scale = _power_of_2(most)
    y = scale.times_plus(low, scale.times_plus(high, scale - 1)) * _power_of_2(n - most)
    return y.with_sign_of(x)  # -0 stays


def _tanh(x: Number) -> Number:
    size = abs(x)
    n, _, high, low = _reduced(-2 * size.at_most(_negligible(x) / 2))
    scale, r = _power_of_2(n), high + low
    power, less_1 = scale.times_plus(r, scale), scale.times_plus(r, scale - 1)
    # (1 - p) / (1 + p) with p = e^(-2 |x|); near 1 as 1 - 2 p / (1 + p).
    is_large = size.compare(">", 0.55)
    quotient = (2 * power).where(is_large, -less_1) / (2 + less_1)
    return (1 - quotient).where(is_large, quotient).with_sign_of(x)


def _sinh(x: Number) -> Number:
    n, _, high, low = _reduced(abs(x).at_most(_range(x)))
    most = n.at_most(x.format.bias - 27)
    scale, rest = _power_of_2(most), _power_of_2(n - most) * 0.5
    # With p = e^|x| it is (p - 1) / 2 + (p - 1) / 2 / p; the larger term is a sum.
    first, second = scale.times_plus(high, scale - 1) * rest, scale * low * rest
    half = first + second
    y = first + (second + half / (2 * half + 1))
    return y.where(half.compare("<", math.inf), first + abs(second)).with_sign_of(x)


def _cosh(x: Number) -> Number:
    n, _, high, low = _reduced(abs(x).at_most(_range(x)))
    most = n.at_most(x.format.bias - 27)
    scale, rest = _power_of_2(most), _power_of_2(n - most) * 0.5
    half = scale.times_plus(high + low, scale) * rest
    return half + 0.25 / half


def _exponent(x: Number) -> tuple[Word, Number]:
    """Return n in the place of an exponent, and as a number: 3/4 <= x / 2^n < 3/2."""
    form = x.format
    n = (x.bits() - form.bits(0.75)) >> form.fraction
    return n << form.fraction, (n + form.bits(form.to_whole)).real() - form.to_whole


def _near_1(f: Number) -> tuple[Number, Number]:
    """Return log(1 + f) for -1/4 <= f <= 1/2 as a sum, the second part small."""
    square = f * f
    if f.format is SINGLE:
        return f, square * f.times_plus(f.polynomial(LOGARITHM), -0.5)
    s = f / (2 + f)
    z = s * s
    half = 0.5 * square
    first = f - half
    lost = (f - first - half) - (0.5 * f).times_plus(f, -half)
    return first, s.times_plus(z.times_plus(z.polynomial(AREA_TANGENT), half), lost)


def _normal(x: Number) -> tuple[Number, Number]:
    """Return n and f with x = 2^n (1 + f), for positive x."""
    form = x.format
    subnormal = x.compare("<", form.smallest_normal)
    x = (x * 2.0 ** (form.fraction + 2)).where(subnormal, x)
    place, n = _exponent(x)
    n = (n - (form.fraction + 2)).where(subnormal, n)
    return n, (x.bits() - place).real() - 1


def _at_the_edges(y: Number, u: Number, x: Number) -> Number:
    """Return the logarithm y of u, or what it is where u is not positive and finite."""
    y = y.where(u.compare("<", math.inf), x)  # infinity, or NaN
    edge = x.number(-math.inf).where(u.compare("==", 0), math.nan)
    return edge.where(u.compare("<=", 0), y)


def _total(n: Number, unit: tuple[float, float], first: Number, rest: Number) -> Number:
    """Return n unit + first + rest, with the error of the first sum in the last."""
    high = n * unit[0]
    total = high + first
    return total + (n.times_plus(unit[1], (high - total) + first) + rest)


def _log(x: Number) -> Number:
    n, f = _normal(x)
    return _at_the_edges(_total(n, LN2[x.format], *_near_1(f)), x, x)


def _log1p(x: Number) -> Number:
    form = x.format
    u = x + 1
    place, n = _exponent(u)
    # x and 1 are scaled one by one, or the digits of a small x would be lost.
    scale = (form.bits(4.0) - place).real()  # four times as large, or it might be subnormal
    f = (x.bits() - place).real() + scale.times_plus(0.25, -1)
    y = _total(n, LN2[form], *_near_1(f))
    return _at_the_edges(y.with_sign_of(x), u, x)


def _to_base(x: Number, unit: tuple[float, float], factor: tuple[float, float]) -> Number:
    n, f = _normal(x)
    first, rest = _near_1(f)
    high = first * factor[0]
    low = first.times_plus(factor[1], first.times_plus(factor[0], -high))
    return _at_the_edges(_total(n, unit, high, rest.times_plus(factor[0], low)), x, x)


def _log2(x: Number) -> Number:
    return _to_base(x, (1.0, 0.0), LOG2_OF_E[x.format])


def _log10(x: Number) -> Number:
    return _to_base(x, LOG10_2[x.format], LOG10_OF_E[x.format])


def _erf(x: Number) -> Number:
    size = abs(x)
    near = x.times_plus((x * x).polynomial(ERROR_NEAR_0[x.format]), x)
    beyond = size.at_most(4.0 if x.format is SINGLE else 6.0) - 1
    n, _, high, low = _reduced(-beyond.polynomial(ERROR_BEYOND_1[x.format]))
    scale = _power_of_2(n)
    far = (1 - scale.times_plus(high + low, scale)).with_sign_of(x)
    return far.where(size.compare(">", 1), near)


def _is_fast() -> bool:
    """Tell whether the processor has fused multiply-add."""
    if platform.machine().lower() in ("arm64", "aarch64"):
        return True
    return bool(llvmlite.binding.get_host_cpu_features().get("fma"))


def _function(formula: Callable[[Number], Number]) -> Any:
    """Return what Numba compiles to a formula, for a float32 or a float64."""
    name = formula.__name__.lstrip("_")
    if not _is_fast():
        return getattr(np, name, None) or getattr(math, name)

    def function(typingctx, x):  # type: ignore[no-untyped-def]
        single = x == types.float32
        real = types.float32 if single else types.float64
        form = SINGLE if single else DOUBLE

        def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return builder.call(_emitted(builder.module, name, form, formula), arguments)

        return real(real), codegen

    function.__name__ = name
    return intrinsic(function)


def _emitted(module: Any, name: str, form: Format, formula: Callable[[Number], Number]) -> Any:
    """Return a formula as a function of a module in LLVM, written on first use."""
    symbol = f"blocks.{name}.{form.name}"
    found = module.globals.get(symbol)
    if found is not None:
        return found
    function = ir.Function(module, ir.FunctionType(form.real, [form.real]), symbol)
    function.linkage = "internal"
    function.attributes.add("alwaysinline")
    builder = ir.IRBuilder(function.append_basic_block())
    builder.ret(formula(Number(builder, form, function.args[0])).value)
    return function


exp = _function(_exp)
exp2 = _function(_exp2)
expm1 = _function(_expm1)
log = _function(_log)
log1p = _function(_log1p)
log2 = _function(_log2)
log10 = _function(_log10)
sinh = _function(_sinh)
cosh = _function(_cosh)
tanh = _function(_tanh)
erf = _function(_erf)
