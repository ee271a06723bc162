"""Arithmetic of integers at their limits: nothing raises or kills the process, modes agree."""

import numpy as np
import pytest

from blocks import function, tensor
from blocks.graph.ops import elementwise as e

INTEGERS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
MODES = ("compiled", "reference")
BINARY = ["add", "sub", "mul", "int_div", "mod", "true_div", "pow", "maximum", "minimum"]
BINARY += ["eq", "lt", "le", "and_", "or_", "xor"]
UNARY = ["neg", "abs_", "sqr", "sgn", "invert"]


def corners(dtype):
    """Return all pairs of numbers at the limits of a dtype and around 0."""
    info = np.iinfo(dtype)
    near = [info.min, info.min + 1, -3, -2, -1, 0, 1, 2, 3, 7, info.max - 1, info.max]
    values = np.unique(np.array([v for v in near if v >= info.min], dtype))
    return [a.ravel() for a in np.meshgrid(values, values)]


def wrapped(value, dtype):
    """Return an unbounded integer as the dtype keeps it: modulo 2^n."""
    info = np.iinfo(dtype)
    return (value - info.min) % 2**info.bits + info.min


def power(x, y, dtype):
    """Return x^y cut off to an integer, modulo 2^n."""
    if y >= 0:
        return pow(x, y, 2 ** np.iinfo(dtype).bits)
    return {1: 1, -1: 1 - 2 * (y % 2)}.get(x, 0)


EXACT = {
    "add": lambda x, y, dtype: x + y,
    "sub": lambda x, y, dtype: x - y,
    "mul": lambda x, y, dtype: x * y,
    "int_div": lambda x, y, dtype: x // y if y else 0,
    "mod": lambda x, y, dtype: x % y if y else 0,
    "pow": power,
    "neg": lambda x, y, dtype: -x,
    "abs_": lambda x, y, dtype: abs(x),
    "sqr": lambda x, y, dtype: x * x,
    "sgn": lambda x, y, dtype: (x > 0) - (x < 0),
}


@pytest.mark.parametrize("dtype", INTEGERS)
def test_modes_agree_and_wrap(dtype):
    x, y = (tensor.TensorType(dtype, (None,))(name) for name in "xy")
    results = {n: getattr(e, n)(x, y) for n in BINARY} | {n: getattr(e, n)(x) for n in UNARY}
    results["clip"] = e.clip(x, y, y)
    columns = corners(dtype)
    found = {}
    for mode in MODES:
        f = function([x, y], list(results.values()), mode=mode)
        found[mode] = dict(zip(results, f(*columns), strict=True))
    for name in results:
        a, b = (found[mode][name] for mode in MODES)
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b, err_msg=name)
        if name in EXACT:
            pairs = zip(*(c.tolist() for c in columns), strict=True)
            exact = [wrapped(EXACT[name](p, q, dtype), dtype) for p, q in pairs]
            assert a.tolist() == exact, name
            assert a.dtype == dtype


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("source", INTEGERS)
def test_casts_between_integers_wrap(source, mode):
    x = tensor.TensorType(source, (None,))("x")
    values = corners(source)[0]
    f = function([x], [e.cast(e.identity(x), d) for d in [*INTEGERS, "bool"]], mode=mode)
    *results, truth = f(values)
    for dtype, result in zip(INTEGERS, results, strict=True):
        assert result.tolist() == [wrapped(v, dtype) for v in values.tolist()]
    assert truth.tolist() == [v != 0 for v in values.tolist()]


REAL = [0.9, -0.9, 1.5, -1.5, 127.9, -128.5, 200.7, 255.9, -1.0, -200.0, 65535.0, -32768.0]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("source", ["float32", "float64"])
def test_casts_of_real_numbers(source, mode):
    """They are cut off towards 0; beyond the dtype's limits they wrap."""
    x = tensor.TensorType(source, (None,))("x")
    values = np.array([*REAL, 2.0**31, -(2.0**31), 3e9], source)
    results = function([x], [e.cast(x, d) for d in INTEGERS], mode=mode)(values)
    for dtype, result in zip(INTEGERS, results, strict=True):
        info = np.iinfo(dtype)
        whole = [int(v) for v in values.tolist()]
        # Signed ones are taken through 32 bits at least.
        sure = [info.min <= v <= info.max or dtype.startswith("u") or abs(v) < 2**31 for v in whole]
        if dtype in ("int32", "int64"):
            sure = [info.min <= v <= info.max for v in whole]
        for r, v, is_sure in zip(result.tolist(), whole, sure, strict=True):
            assert not is_sure or r == wrapped(v, dtype), (dtype, v)
    top = np.array([2.0**63, 1.5 * 2.0**63, 2.0**62], source)
    (result,) = function([x], [e.cast(x, "uint64")], mode=mode)(top)
    assert result.tolist() == [2**63, 3 * 2**62, 2**62]


@pytest.mark.parametrize("source", ["float32", "float64"])
def test_modes_agree_on_what_has_no_integer(source):
    x = tensor.TensorType(source, (None,))("x")
    values = np.array([np.nan, np.inf, -np.inf, 1e30, -1e30, 1e10, -1e10, 2.0**64], source)
    results = [function([x], [e.cast(x, d) for d in INTEGERS], mode=mode)(values) for mode in MODES]
    for dtype, a, b in zip(INTEGERS, *results, strict=True):
        np.testing.assert_array_equal(a, b, err_msg=dtype)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", INTEGERS)
def test_division_by_zero_inside_fused_kernels(dtype, mode):
    """Also where a kernel has more to do, and where the divisor is a constant."""
    x, y = (tensor.TensorType(dtype, (None,))(name) for name in "xy")
    zero = tensor.zeros_like(x)
    f = function([x, y], [((x // y) + (x % y)).sum(), x // zero, x % zero], mode=mode)
    columns = corners(dtype)
    total, quotient, remainder = f(*columns)
    pairs = list(zip(*(c.tolist() for c in columns), strict=True))
    exact = [wrapped(wrapped(p // q, dtype) + p % q if q else 0, dtype) for p, q in pairs]
    assert int(total) == wrapped(sum(exact), total.dtype)
    assert not quotient.any()
    assert not remainder.any()
