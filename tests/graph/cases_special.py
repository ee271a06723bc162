"""Rows of the table of `cases`: the gamma function, comparisons of several numbers."""

import math

import numpy as np
from scipy import special as scipy_special

from blocks.graph.ops import compare, special
from blocks.graph.ops import elementwise as e
from tests.graph.cases import POSITIVE, Case, X, ints, real

CASES = [
    Case("gamma", special.gamma, (POSITIVE,), scipy_special.gamma, second=True),
    Case("gamma: negative", special.gamma, (real(3, 4, low=-0.9, high=-0.1),), scipy_special.gamma),
    Case("gammaln", special.gammaln, (POSITIVE,), scipy_special.gammaln, second=True),
    Case(
        "gammaln: negative",
        special.gammaln,
        (real(3, 4, low=-1.9, high=-1.1),),
        scipy_special.gammaln,
    ),
    Case("gammaln: large", lambda x: special.gammaln(1e4 * x), (POSITIVE,), special=False),
    Case("psi", special.psi, (POSITIVE,), scipy_special.psi, second=True),
    Case("psi: negative", special.psi, (real(3, 4, low=-2.9, high=-2.1),), scipy_special.psi),
    Case("psi: integers", special.psi, (ints(9, low=1, dtype="int8"),), scipy_special.psi),
    Case("deg2rad", e.deg2rad, (X,), lambda x: x * math.pi / 180, second=True),
    Case("rad2deg", e.rad2deg, (X,), lambda x: x * 180 / math.pi, second=True),
    Case("round_half_to_even", e.round_half_to_even, (X,), np.round),
    Case(
        "round_half_away_from_zero",
        lambda x: e.round_half_away_from_zero(x * 2) / 2,
        (X,),
        lambda x: np.sign(x) * np.floor(np.abs(x * 2) + 0.5) / 2,
    ),
    Case("largest", lambda x, y, z: compare.largest(x, y, z), (X, X, real(4)), second=True),
    Case(
        "smallest",
        lambda x, y, z: compare.smallest(x, y, z),
        (X, X, real(4)),
        lambda x, y, z: np.minimum(np.minimum(x, y), z),
    ),
    Case(
        "ceil_intdiv",
        compare.ceil_intdiv,
        (ints(40), ints(40, low=1)),
        lambda x, y: np.ceil(x / y),
    ),
    Case("isclose", lambda x, y: compare.isclose(x, x + y / 1e5, 1e-5), (X, X), special=False),
    Case(
        "isclose: NaN",
        lambda x: compare.isclose(x, x, equal_nan=True),
        (X,),
        lambda x: np.isclose(x, x, equal_nan=True),
    ),
    Case("isclose: no NaN", lambda x: compare.isclose(x, x), (X,), lambda x: np.isclose(x, x)),
    Case("isclose: integers", compare.isclose, (ints(30), ints(30)), np.isclose),
    Case("allclose", lambda x: compare.allclose(x, x + 1e-9), (X,), lambda x: True, special=False),
    Case("allclose: not", lambda x: compare.allclose(x, x + 1), (X,), lambda x: not x.size),
]
