"""Initialization schemes draw the numbers that they drew in Blocks 0.2."""

import numpy as np
import pytest

from tests.golden import harness


@pytest.mark.parametrize("case", harness.ready("init_schemes"))
def test_draws(case):
    found = harness.run_scheme(case)
    harness.check(case, found)
    data = harness.arrays(case)
    for name, value in found.items():
        assert value.dtype == case["expected"]["dtype"]
        if case["config"]["scheme"]["class"] != "Orthogonal":  # LAPACKs differ in the last bits
            np.testing.assert_array_equal(value, data[name], name)
