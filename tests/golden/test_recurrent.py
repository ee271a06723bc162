"""Recurrent bricks compute what Blocks 0.2 computed: outputs, gradients, names, dimensions."""

import pytest

from tests.golden import harness


@pytest.mark.parametrize("case", harness.ready("recurrent"))
def test_outputs_and_gradients(case):
    brick, found = harness.run_forward(case)
    harness.check(case, found)
    expected = case["expected"]
    assert list(harness.parameters(brick)) == expected["parameter_order"]
    for name, dim in expected.get("get_dim", {}).items():
        assert brick.get_dim(name) == dim
    for name, value in expected.get("attrs", {}).items():
        assert getattr(brick.apply, name) == value
