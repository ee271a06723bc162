"""Rows of kernels: what happens when one of them raises an error."""

import numpy as np
import pytest

from blocks.compile.script import Place, Script
from blocks.errors import GraphError

FAILS = "def kernel(y):\n    if y[0] > 0:\n        raise ValueError\n    y[0] = 5\n"
SIGNATURE = [("float64", 1)]


def explain():
    raise GraphError("x: expected something, got something else.")


def run(parts, explanation, value):
    """Run the kernel on each of several parts of an array; return the array."""
    script = Script()
    script.globals["explain"] = explain
    places = [[Place("i0", (parts,), (1,), offset=8 * i)] for i in range(parts)]
    if parts > 1:
        script.launch_together(FAILS, SIGNATURE, places)
    else:
        script.launch(FAILS, SIGNATURE, places[0], on_failure=explanation)
    _, function = script.finish(1, ["i0"])
    array = np.zeros(parts)
    array[-1] = value
    (result,) = function(array)
    return result


@pytest.mark.parametrize("parts", [1, 2, 3])
def test_kernels_that_raise_nothing(parts):
    np.testing.assert_array_equal(run(parts, None, 0), np.full(parts, 5))


@pytest.mark.parametrize("parts", [1, 2, 3])
def test_no_error_of_a_kernel_is_lost(parts):
    with pytest.raises(GraphError, match="expected kernels that stay within their arrays"):
        run(parts, None, 1)


def test_an_error_is_explained():
    with pytest.raises(GraphError, match="x: expected something"):
        run(1, "explain()", 1)
