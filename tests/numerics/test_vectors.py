"""The functions of generated kernels: on all of float32's range, and in vector registers."""

import math
import re

import numpy as np
import pytest

from blocks import function, tensor
from blocks.compile import jit, vectors
from blocks.compile.translate import compiled
from blocks.graph.ops import elementwise as e
from tests.numerics.measure import DTYPES
from tests.numerics.test_ulps import COMPILED

ORACLES = {"erf": np.vectorize(math.erf, otypes="d")}
STEP = 4099  # a prime: the points differ in all their bits


@pytest.fixture(scope="module")
def everywhere():
    """Return numbers of float32 from everywhere, and what kernels make of them."""
    x = np.arange(0, 2**32, STEP, dtype=np.uint64).astype(np.uint32).view(np.float32)
    symbol = tensor.fvector("x")
    results = function([symbol], [getattr(e, name)(symbol) for name in vectors.__all__])(x)
    return x, dict(zip(vectors.__all__, results, strict=True))


@pytest.mark.parametrize("name", vectors.__all__)
def test_float32_everywhere(name, everywhere):
    """NumPy's float64 is exact enough to say so."""
    x, results = everywhere
    with np.errstate(all="ignore"):
        exact = ORACLES.get(name, getattr(np, name, None))(x.astype("d"))
        rounded = exact.astype("f")
        result = results[name]
        wide = np.isfinite(rounded)
        np.testing.assert_array_equal(np.isnan(result), np.isnan(exact))
        beyond = ~wide & ~np.isnan(exact)
        np.testing.assert_array_equal(result[beyond], rounded[beyond])
        unit = np.ldexp(1.0, np.maximum(np.frexp(exact[wide])[1], -125) - 24)
    ulps = np.abs(result[wide].astype("d") - exact[wide]) / unit
    worst = int(np.argmax(ulps))
    assert ulps[worst] <= COMPILED[name][0], x[wide][worst]
    np.testing.assert_array_equal(np.signbit(result[wide]), np.signbit(exact[wide]))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", vectors.__all__)
def test_vector_registers(name, dtype):
    """Nothing is called, and the loop takes several elements at once."""
    body = f"def kernel(x, y, n):\n    for i in range(n):\n        y[i] = {name}(x[i])"
    text = jit.native_source(body, ((dtype, 1), (dtype, 1), "int64"))
    (code,) = compiled(text, "slots").inspect_llvm().values()
    called = set(re.findall(r"call [^@\n]*@([\w.]+)", code))
    assert not {x for x in called if not x.startswith("llvm.")}
    kind = {"float32": "float", "float64": "double"}[dtype]
    assert re.search(rf"fdiv <\d+ x {kind}>|fmul <\d+ x {kind}>|llvm.fma.v\d+f", code)


def test_without_fused_multiply_add(monkeypatch):
    monkeypatch.setattr(vectors, "_is_fast", lambda: False)
    assert vectors._function(vectors._expm1) is np.expm1
    assert vectors._function(vectors._erf) is math.erf
    assert vectors.expm1 is not np.expm1


POWERS = [(x, y) for x in (0.0, -0.0, 3.0, -2.5, np.inf, -np.inf, np.nan) for y in (2, 3, -1)]


def test_small_whole_powers_call_nothing():
    x = tensor.fvector("x")
    f = function([x], [x**2, x**3, x**-1])
    found = dict(zip((2, 3, -1), f(np.array([x for x, _ in POWERS], "f")), strict=True))
    ops = [node.op.name for node in f.executor.schedule.nodes]
    assert "pow" not in ops
    for i, (x, y) in enumerate(POWERS):
        with np.errstate(all="ignore"):
            expected = np.power(np.float32(x), np.float32(y))
        np.testing.assert_allclose(found[y][i], expected, rtol=1e-6)
        assert np.isnan(expected) or np.signbit(found[y][i]) == np.signbit(expected)
