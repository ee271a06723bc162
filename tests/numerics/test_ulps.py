"""Special functions against mpmath over their whole range, and at 0, infinity and NaN."""

import mpmath
import numpy as np
import pytest

from blocks import function, tensor
from blocks.graph.ops import elementwise as e
from blocks.graph.ops import special
from tests.numerics.functions import FUNCTIONS, PAIRS
from tests.numerics.measure import DTYPES, MODES, measure

# What generated kernels may be wrong by, in ulps of float32 and float64. They call the C
# library; these numbers are about half an ulp above what glibc 2.36 gives, so that the
# libraries of other systems should pass too.
COMPILED = {
    "exp": (1, 1),
    "expm1": (1.5, 1.5),
    "exp2": (1, 1),
    "log": (1.5, 1),
    "log1p": (1.5, 1.5),
    "log2": (1.5, 1),
    "log10": (2.5, 2),
    "sqrt": (0.5, 0.5),
    "sin": (1, 1),
    "cos": (1, 1),
    "tan": (2, 1),
    "arcsin": (1.5, 1),
    "arccos": (1.5, 1),
    "arctan": (1.5, 1),
    "sinh": (2.5, 2.5),
    "cosh": (2.5, 2.5),
    "tanh": (2.5, 2.5),
    "arcsinh": (2, 2),
    "arccosh": (2, 2),
    "arctanh": (2.5, 2),
    "erf": (1.5, 1.5),
    "erfc": (3, 3),
    "sigmoid": (2.5, 2.5),
    "softplus": (2, 2.5),
    "elu": (1.5, 1.5),
    "selu": (2.5, 2.5),
    "inv": (0.5, 0.5),
    "sqr": (0.5, 0.5),
    "deg2rad": (1.5, 1.5),
    "rad2deg": (1.5, 1.5),
    "gamma": (5, 5),  # between its poles at -9, -10, ...; glibc promises 5
    "gammaln": (2.5, 3),
    "arctan2": (1.5, 1),
    "pow": (1.5, 1),
    "true_div": (0.5, 0.5),
}
REFERENCE = 4.0  # NumPy's promise for its own, vectorized functions
EXACT = ("sqrt", "inv", "sqr", "true_div")  # IEEE 754: correctly rounded


MEASURED = [
    (name, mode)
    for name in (*FUNCTIONS, *PAIRS)
    for mode in MODES
    if (name, mode) != ("gammaln", "reference")  # see the test after this
]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("name", "mode"), MEASURED)
def test_error(name, dtype, mode):
    found = measure(name, dtype, mode)
    bound = COMPILED[name][DTYPES.index(dtype)]
    if mode == "reference" and name not in EXACT:
        bound = max(REFERENCE, bound) + (name == "gamma")  # Python's own gamma
    assert found.ulps <= bound, f"{found.ulps} ulps at {found.at}"
    assert found.count > 500


def test_gammaln_of_the_reference_has_absolute_precision():
    """It is Python's, which has no relative precision where the value is near 0."""
    x = np.concatenate(
        [np.linspace(0.5, 3, 501), 2 + np.logspace(-15, -1, 100), -np.linspace(0.1, 0.9, 50)]
    )
    exact = [float(mpmath.re(mpmath.loggamma(mpmath.mpf(v)))) for v in x]
    variable = tensor.dvector("x")
    result = function([variable], special.gammaln(variable), mode="reference")(x)
    np.testing.assert_allclose(result, exact, rtol=1e-15, atol=1e-15)


INF, NAN, PI, LN2 = np.inf, np.nan, np.pi, np.log(2)
# At 0, -0, inf, -inf; at NaN all are NaN. As C99's Annex F and NumPy have it.
SPECIAL = {
    "exp": (1, 1, INF, 0.0),
    "expm1": (0.0, -0.0, INF, -1),
    "exp2": (1, 1, INF, 0.0),
    "log": (-INF, -INF, INF, NAN),
    "log1p": (0.0, -0.0, INF, NAN),
    "log2": (-INF, -INF, INF, NAN),
    "log10": (-INF, -INF, INF, NAN),
    "sqrt": (0.0, -0.0, INF, NAN),
    "sin": (0.0, -0.0, NAN, NAN),
    "cos": (1, 1, NAN, NAN),
    "tan": (0.0, -0.0, NAN, NAN),
    "arcsin": (0.0, -0.0, NAN, NAN),
    "arccos": (PI / 2, PI / 2, NAN, NAN),
    "arctan": (0.0, -0.0, PI / 2, -PI / 2),
    "sinh": (0.0, -0.0, INF, -INF),
    "cosh": (1, 1, INF, INF),
    "tanh": (0.0, -0.0, 1, -1),
    "arcsinh": (0.0, -0.0, INF, -INF),
    "arccosh": (NAN, NAN, INF, NAN),
    "arctanh": (0.0, -0.0, NAN, NAN),
    "erf": (0.0, -0.0, 1, -1),
    "erfc": (1, 1, 0.0, 2),
    "sigmoid": (0.5, 0.5, 1, 0.0),
    "softplus": (LN2, LN2, INF, 0.0),
    "elu": (0.0, -0.0, INF, -1),
    "selu": (0.0, -0.0, INF, -1.7580993408473766),
    "relu": (0.0, 0.0, INF, 0.0),
    "hard_sigmoid": (0.5, 0.5, 1, 0.0),
    "ultra_fast_sigmoid": (0.5, 0.5, 0.997527376843365, 0.002472623156635),
    "deg2rad": (0.0, -0.0, INF, -INF),
    "rad2deg": (0.0, -0.0, INF, -INF),
    "gamma": (INF, -INF, INF, NAN),
    "gammaln": (INF, INF, INF, INF),
    "inv": (INF, -INF, 0.0, -0.0),
    "sqr": (0.0, 0.0, INF, INF),
    "sgn": (0.0, 0.0, 1, -1),
    "neg": (-0.0, 0.0, -INF, INF),
    "abs_": (0.0, 0.0, INF, INF),
    "floor": (0.0, -0.0, INF, -INF),
    "ceil": (0.0, -0.0, INF, -INF),
    "trunc": (0.0, -0.0, INF, -INF),
    "round": (0.0, -0.0, INF, -INF),
}


def assert_same(x, y):
    """Compare numbers and the signs of their zeros; two NaNs are equal."""
    np.testing.assert_array_equal(x, y)
    y = np.asarray(y)
    zero = y == 0
    np.testing.assert_array_equal(np.signbit(x[zero]), np.signbit(y[zero]))


def evaluated(f, dtype, mode, *columns):
    """Return f of some columns, computed in a mode."""
    arrays = [np.array(c, dtype) for c in columns]
    symbols = [tensor.TensorType(dtype, (None,))(f"x{k}") for k in range(len(arrays))]
    with np.errstate(all="ignore"):
        return function(symbols, f(*symbols), mode=mode)(*arrays)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_zeros_infinities_and_nan(dtype, mode):
    arguments = [0.0, -0.0, INF, -INF, NAN]
    results = evaluated(
        lambda x: [getattr(tensor if n in tensor.__all__ else e, n)(x) for n in SPECIAL],
        dtype,
        mode,
        arguments,
    )
    for (name, expected), result in zip(SPECIAL.items(), results, strict=True):
        expected = np.array([*expected, NAN], dtype)
        whole = (expected == np.rint(expected)) | ~np.isfinite(expected)
        assert_same(result[whole], expected[whole])
        eps = np.finfo(dtype).eps
        np.testing.assert_allclose(result, expected, rtol=2 * eps, atol=eps, err_msg=name)


def test_poles_and_what_lies_outside():
    for name, x, value in [("log1p", -1, -INF), ("arctanh", 1, INF), ("arctanh", -1, -INF)]:
        for mode in MODES:
            for dtype in DTYPES:
                assert evaluated(getattr(e, name), dtype, mode, [x]) == value
    for name, x in [("log", -1), ("sqrt", -1), ("log1p", -2), ("arcsin", 1.5), ("arccosh", 0.5)]:
        for mode in MODES:
            assert np.isnan(evaluated(getattr(e, name), "float64", mode, [x]))


TINY = 1e-40  # subnormal in float32
# (x, y) -> value, as C99's Annex F has it and, for // and %, Python.
SPECIAL_PAIRS = {
    "pow": [
        *((x, s, 1) for x in (0.0, -0.0, INF, -INF, NAN, -3) for s in (0.0, -0.0)),
        *((1, y, 1) for y in (INF, -INF, NAN, -7)),
        (-1, INF, 1), (-1, -INF, 1), (2, NAN, NAN), (NAN, 1, NAN), (-8, 1 / 3, NAN),
        (0.0, -3, INF), (-0.0, -3, -INF), (-0.0, -2, INF), (-0.0, -0.5, INF), (-0.0, 3, -0.0),
        (-0.0, 2, 0.0), (0.5, INF, 0.0), (0.5, -INF, INF), (2, INF, INF), (2, -INF, 0.0),
        (INF, -1, 0.0), (INF, 0.5, INF), (-INF, 3, -INF), (-INF, 2, INF), (-INF, -3, -0.0),
        (-INF, -2, 0.0), (-2, 3, -8), (-2, 2, 4),
    ],
    "arctan2": [
        (0.0, 1, 0.0), (-0.0, 1, -0.0), (0.0, 0.0, 0.0), (-0.0, 0.0, -0.0),
        (0.0, -0.0, PI), (-0.0, -0.0, -PI), (0.0, -1, PI), (-0.0, -1, -PI), (1, 0.0, PI / 2),
        (-1, -0.0, -PI / 2), (1, INF, 0.0), (-1, INF, -0.0), (1, -INF, PI), (INF, 1, PI / 2),
        (INF, INF, PI / 4), (-INF, INF, -PI / 4), (INF, -INF, 3 * PI / 4), (NAN, 1, NAN),
    ],
    "true_div": [
        (1, 0.0, INF), (1, -0.0, -INF), (0.0, 0.0, NAN), (INF, INF, NAN), (-1, INF, -0.0),
    ],
    "int_div": [
        (7, 2, 3), (-7, 2, -4), (7, -2, -4), (1, 0.0, INF), (-1, 0.0, -INF), (0.0, 0.0, NAN),
        (INF, 2, NAN), (1, INF, 0.0), (-1, INF, -1), (NAN, 2, NAN),
    ],
    "mod": [
        (7, 2, 1), (-7, 2, 1), (7, -2, -1), (1, 0.0, NAN), (INF, 2, NAN), (1, INF, 1),
        (-1, INF, INF), (-1, -INF, -1), (0.0, -2, -0.0), (-0.0, 2, 0.0), (NAN, 2, NAN),
    ],
    "maximum": [
        (1, NAN, NAN), (NAN, 1, NAN), (-INF, NAN, NAN), (INF, -INF, INF), (-INF, -5, -5),
        (TINY, 0.0, TINY),
    ],
    "minimum": [
        (1, NAN, NAN), (NAN, 1, NAN), (INF, NAN, NAN), (INF, -INF, -INF), (INF, -5, -5),
        (-TINY, 0.0, -TINY),
    ],
}  # fmt: skip


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", SPECIAL_PAIRS)
def test_pairs_of_special_values(name, dtype, mode):
    x, y, expected = np.array(SPECIAL_PAIRS[name]).T
    result = evaluated(getattr(e, name), dtype, mode, x, y)
    expected = expected.astype(dtype)
    whole = (expected == np.rint(expected)) | ~np.isfinite(expected)
    assert_same(result[whole], expected[whole])
    np.testing.assert_allclose(result, expected, rtol=2 * np.finfo(dtype).eps)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_clip_keeps_nan(dtype, mode):
    x = [NAN, 1, 1, INF, -INF, -TINY]
    low, high = [0, NAN, 0, 0, 0, 0], [2, 2, NAN, 2, 2, 2]
    result = evaluated(e.clip, dtype, mode, x, low, high)
    np.testing.assert_array_equal(result, [NAN, NAN, NAN, 2, 0, 0])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_halves_away_from_zero(dtype, mode):
    x = [0.5, -0.5, 2.5, -2.5, 0.3, -0.3, -0.0, INF, -INF, NAN, 0.49999997, 8388609.0]
    expected = [1, -1, 3, -3, 0.0, -0.0, -0.0, INF, -INF, NAN, 0.0, 8388609.0]
    assert_same(
        evaluated(lambda x: e.round(x, "half_away_from_zero"), dtype, mode, x), np.array(expected)
    )


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("where", [0, 5, 19])
def test_reductions_swallow_no_nan(where, dtype, mode):
    x = np.linspace(-1, 1, 20)
    x[(where + 3) % 20] = INF
    x[where] = NAN
    names = ["sum", "prod", "mean", "var", "std", "max", "min", "argmax", "argmin"]
    results = evaluated(lambda v: [getattr(v, n)() for n in names], dtype, mode, x)
    assert all(np.isnan(r) for r in results[:-2])
    assert [int(r) for r in results[-2:]] == [where, where]
    assert np.isnan(evaluated(tensor.logsumexp, dtype, mode, x))
    for f in (tensor.nnet.softmax, tensor.nnet.logsoftmax):
        assert np.isnan(evaluated(f, dtype, mode, x)).all()
