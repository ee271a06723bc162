"""Bricks get the initial parameters that they got in Blocks 0.2."""

import numpy as np
import pytest

from tests.golden import harness


@pytest.mark.parametrize("case", harness.ready("init_bricks"))
def test_parameters_and_seeds(case):
    bricks, seeds = harness.run_init(case)
    data = harness.arrays(case)
    found = {k: v for brick in bricks for k, v in harness.parameters(brick).items()}
    expected = case["expected"]
    assert list(found) == expected["parameter_order"]
    assert {f"param:{path}" for path in found} == set(data)
    for path, parameter in found.items():
        np.testing.assert_array_equal(parameter.get_value(), data[f"param:{path}"], path)
    assert seeds == expected["seeds"]
    children = {child.name: child for brick in bricks for child in brick.children}
    drawn = {name: harness.seed_is_set(child) for name, child in children.items()}
    assert drawn == expected["child_seeds_set"]
