"""Folds in generated kernels, and in those of operations: sizes, axes, NaN, vector registers."""

import ast
import re

import numpy as np
import pytest

from blocks import function, tensor
from blocks.compile import jit
from blocks.compile.dialect import ELEMENTARY, Dialect
from blocks.compile.kernels import own_kernel
from blocks.compile.translate import compiled
from blocks.graph.ops.reduce_op import Reduce
from blocks.graph.ops.softmax_op import Softmax
from blocks.graph.types import TensorType

SHAPES = [(1, 1, 1), (3, 4, 5), (4, 8, 3), (5, 1, 1100), (7, 2, 2), (2, 1030, 3), (0, 3, 2)]
AXES = [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)]
SYMBOLS = {dtype: tensor.TensorType(dtype, (None,) * 3)("x") for dtype in ("float32", "float64")}


@pytest.fixture(scope="module", params=SYMBOLS)
def folds(request):
    """Return a function of all folds over all axes: of an expression, so that both fuse."""
    x = SYMBOLS[request.param]
    made = [Reduce(kind, axes)(x * 2) for kind in ("sum", "max", "min") for axes in AXES]
    return request.param, function([x], made)


@pytest.mark.parametrize("nans", [0, 1])
@pytest.mark.parametrize("shape", SHAPES)
def test_against_numpy(shape, nans, folds):
    dtype, f = folds
    if 0 in shape:
        x = SYMBOLS[dtype]
        sums = function([x], [Reduce("sum", axes)(x * 2) for axes in AXES])
        results = sums(np.zeros(shape, dtype))
        assert [r.tolist() for r in results] == [np.zeros(shape).sum(a).tolist() for a in AXES]
        return
    x = np.random.RandomState(1).normal(size=shape).astype(dtype) - 3
    x.flat[: nans * x.size : 7] = np.nan
    results = iter(f(x))
    for kind in (np.sum, np.max, np.min):
        for axes in AXES:
            expected = kind(2 * x, axis=axes)
            # The order of additions differs, maxima are exact.
            tolerance = 1e-12 * x.size if dtype == "float64" else 1e-6
            np.testing.assert_allclose(
                next(results), expected, rtol=tolerance if kind is np.sum else 0
            )


@pytest.mark.parametrize("shape", [(101, 7), (103, 33), (64, 300)])
def test_sums_beside_each_other_are_taken_number_by_number(shape):
    x = tensor.dmatrix("x")
    rng = np.random.RandomState(0)
    rows = rng.normal(size=shape) * 10 ** rng.uniform(-5, 5, shape)
    total = np.zeros(shape[1])
    for row in rows:
        total = total + row
    np.testing.assert_array_equal(function([x], x.sum(0))(rows), total)


@pytest.mark.parametrize("kind", ["max", "min"])
def test_extremes_among_infinities_and_zeros(kind):
    x = tensor.fmatrix("x")
    f = function([x], [Reduce(kind, (1,))(x), Reduce(kind, (0,))(x)])
    rows = [[-np.inf] * 3, [np.inf, 1, -np.inf], [-0.0, -1e-45, -2], [np.nan, np.inf, -np.inf]]
    a = np.array(rows, "f")
    numpy = getattr(np, kind)
    for axis, result in zip((1, 0), f(a), strict=True):
        np.testing.assert_array_equal(result, numpy(a, axis=axis))


def test_nan_of_either_sign():
    x = tensor.fvector("x")
    f = function([x], [x.max(), x.min(), Softmax()(x)])
    for nan in (np.nan, -np.nan):
        for result in f(np.array([1, nan, 2], "f")):
            assert np.isnan(result).all()


def llvm_of(source, signature):
    (code,) = compiled(jit.native_source(source, signature), "slots").inspect_llvm().values()
    return code


IN_REGISTERS = [
    (lambda x: x.max(1), r"smax.v\d+i32|icmp sgt <\d+ x i32>"),
    (lambda x: x.max(0), r"fcmp [\w ]*<\d+ x float>"),
    (lambda x: x.sum(0), r"fadd [\w ]*<\d+ x double>"),
    (lambda x: (x * 2).sum(), r"fadd [\w ]*<\d+ x double>"),
]


@pytest.mark.parametrize(("fold", "pattern"), IN_REGISTERS)
def test_vector_registers(fold, pattern):
    x = tensor.fmatrix("x")
    f = function([x], fold(x))
    f(np.ones((2, 3), "f"))
    (plan,) = f.executor.plans.values()
    (kernel,) = plan.script.kernels
    assert re.search(pattern, llvm_of(kernel.body, kernel.signature))


def test_softmax_in_vector_registers():
    rows = TensorType("float32", (2, 3))
    code = llvm_of(*own_kernel(Softmax().lower(rows), [rows, rows]))
    for pattern in (r"smax.v\d+i32", r"llvm.fma.v\d+f32", r"fadd reassoc <\d+ x double>"):
        assert re.search(pattern, code)


REWRITTEN = [
    ("y.reshape(y.size)", "flat(y)"),
    ("y.reshape(n)", "y.reshape(n)"),
    ("y.reshape(x.size)", "y.reshape(x.size)"),
    ("a[i * n : i * n + n]", "part(a, i * n, n)"),
    ("a[i : j]", "a[i:j]"),
    ("a[i : i + n : 2]", "a[i:i + n:2]"),
    ("np.max(a)", "largest(a)"),
    ("np.max(a, axis=0)", "np.max(a, axis=0)"),
    ("np.sum(a, dtype=np.float64)", "total_of(a, np.float64)"),
    ("np.sum(a * b, dtype=np.float64)", "total_of_products(a, b, np.float64)"),
    ("np.sum(a)", "np.sum(a)"),
    ("np.log1p(np.exp(-x))", "log1p(exp(-x))"),
    ("np.abs(x)", "np.abs(x)"),
]


@pytest.mark.parametrize(("text", "expected"), REWRITTEN)
def test_dialect(text, expected):
    assert ast.unparse(Dialect().visit(ast.parse(text))) == expected


def test_dialect_knows_the_functions():
    from blocks.compile import vectors

    assert set(vectors.__all__) == ELEMENTARY | {"erf"}  # which NumPy has not
