"""Rows of the table of operations for draws of random numbers, all from one state.

The state does not change, so the same numbers are drawn in every call, and a result is a
smooth function of the parameters where its gradient is not zero.
"""

import numpy as np

from blocks.graph import distributions as d
from blocks.graph import shared
from tests.graph.cases import Case, Input, ints, real

STATE = shared(np.array([2**63 + 12345, 7], "uint64"), shape=(2,))
LOW, HIGH = real(3, 4, low=-2.0, high=0.0), real(3, 4, low=0.5, high=2.0)
CHANCES = Input((3, 4), "probabilities")
MANY = Input((7, 40), "probabilities")

CASES = [
    Case(
        "uniform",
        lambda low, high: d.uniform(STATE, None, low, high, dtype=low.dtype),
        (LOW, HIGH),
        special=False,
    ),
    Case(
        "uniform: of a size",
        lambda low: d.uniform(STATE, low.shape, low, 3, dtype=low.dtype),
        (real(5, 40),),
    ),
    Case(
        "normal",
        lambda avg, std: d.normal(STATE, None, avg, std, dtype=avg.dtype),
        (LOW, HIGH),
    ),
    Case(
        "normal: of one mean",
        lambda avg: d.normal(STATE, (5, 41), avg, dtype=avg.dtype),
        (real(),),
    ),
    Case(
        "truncated_normal",
        lambda avg, std: d.truncated_normal(STATE, None, avg, std, dtype=avg.dtype),
        (real(5, 40), real(5, 40)),
    ),
    Case(
        "binomial",
        lambda p: d.binomial(STATE, None, 1, p, dtype="int8"),
        (MANY,),
        smooth=False,
        special=False,
    ),
    Case(
        "binomial: one p",
        lambda x: d.binomial(STATE, x.shape, 1, 0.3, dtype="uint8"),
        (real(5, 40),),
        smooth=False,
    ),
    Case(
        "binomial: p of a variable",
        lambda x, p: d.binomial(STATE, x.shape, 1, p),
        (real(5, 40), real(low=0.1, high=0.9)),
        smooth=False,
        special=False,
    ),
    Case(
        "binomial: many trials",
        lambda n, p: d.binomial(STATE, None, n, p),
        (ints(7, 40, low=0, high=300), MANY),
        smooth=False,
        special=False,
    ),
    Case(
        "poisson",
        lambda lam: d.poisson(STATE, None, lam),
        (real(5, 40, low=0.0, high=50.0),),
        smooth=False,
        special=False,
    ),
    Case(
        "random_integers",
        lambda low: d.random_integers(STATE, None, low, 100, dtype="int32"),
        (ints(5, 40),),
    ),
    Case("multinomial", lambda p: d.multinomial(STATE, None, 1, p), (CHANCES,), special=False),
    Case(
        "multinomial: many trials",
        lambda p: d.multinomial(STATE, None, 30, p, dtype="int16"),
        (CHANCES,),
        smooth=False,
        special=False,
    ),
    Case(
        "choice: with probabilities",
        lambda p: d.choice(STATE, (3, 50), None, True, p),
        (Input((4,), "probabilities"),),
        smooth=False,
        special=False,
        empty=False,
    ),
    Case(
        "choice: of different elements",
        lambda p: d.choice(STATE, 2, None, False, p),
        (CHANCES,),
        smooth=False,
        special=False,
    ),
    Case("permutation", lambda x: d.permutation(STATE, x.shape, 5), (real(3, 4),)),
    Case("shuffle_row_elements", lambda x: d.shuffle_row_elements(STATE, x), (real(5, 8),)),
]
