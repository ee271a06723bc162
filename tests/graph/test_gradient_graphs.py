"""Gradients of random graphs of a few operations against finite differences."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from blocks.graph.gradient import grad
from blocks.graph.ops.elementwise import add, exp, identity, log, mul, neg, sub, true_div
from blocks.graph.traversal import variables
from tests.graph.test_gradient import VALUES, X, b, finite_differences, run, s, total, x


@st.composite
def graphs(draw):
    """Return a cost of `x` and `b` that is smooth and of moderate size."""
    made = [x, b, s, X]
    for _ in range(draw(st.integers(1, 8))):
        op = draw(st.sampled_from([add, sub, mul, true_div, exp, log, identity]))
        one = made[draw(st.integers(0, 1000)) % len(made)]
        two = made[draw(st.integers(0, 1000)) % len(made)]
        if op is exp:
            result = exp(neg(one * one) * 0.1)
        elif op is log:
            result = log(one * one + 1)
        elif op is identity:
            result = identity(one)
        elif op is true_div:
            result = one / (two * two + 1)
        else:
            result = op(one, two)
        made.append(result)
    return total(made[-1]) + total(made[draw(st.integers(0, 1000)) % len(made)])


@settings(deadline=None, max_examples=100)
@given(graphs())
def test_random_graphs_against_finite_differences(cost):
    wrt = [v for v in (x, b, s, X) if v in set(variables([cost]))]
    scale = max(1.0, abs(float(run([cost], VALUES)[0])))
    for where, gradient in zip(wrt, run(grad(cost, wrt), VALUES), strict=True):
        assert gradient.shape == VALUES[where].shape
        expected = finite_differences(cost, where, VALUES)
        np.testing.assert_allclose(gradient, expected, rtol=1e-4, atol=1e-6 * scale)
