"""Columns of an array as operands of kernels: the array lives from where it is written."""

import numpy as np
import pytest

from blocks import function, tensor
from blocks.graph import shared

rng = np.random.RandomState(1)
W, scale = shared(rng.randn(3, 12), "W"), shared(np.full(3, 2.0), "scale")
x, h = tensor.matrix("x"), tensor.matrix("h")
product = tensor.dot(h * scale, W) + x

READS = {
    "one window": tensor.tanh(product[:, :3]),
    "two windows": tensor.tanh(product[:, :3]) + product[:, 3:6],
    "windows and the whole": tensor.tanh(product[:, :3]) * product.sum(),
    "all windows": sum(tensor.tanh(product[:, i : i + 3]) for i in range(0, 12, 3)),
    "an elementwise whole": tensor.tanh(tensor.tanh(x)[:, 2:5]) + h * scale,
}


@pytest.mark.parametrize("name", READS)
def test_an_array_that_is_read_by_columns_overwrites_nothing_that_is_needed(name):
    """The operand h * scale of the product must not lie where the product is written."""
    values = rng.randn(2, 12), rng.randn(2, 3)
    compiled, reference = (
        function([x, h], READS[name], mode=mode) for mode in ("compiled", "reference")
    )
    np.testing.assert_allclose(compiled(*values), reference(*values), rtol=1e-12)
