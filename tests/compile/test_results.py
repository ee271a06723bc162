"""What a function returns: arrays of the caller's own, in memory that is used again."""

import tracemalloc

import numpy as np

from blocks import tensor
from blocks.compile import function


def test_a_large_result_is_the_callers_own_for_as_long_as_it_is_held():
    x = tensor.vector("x")
    f = function([x], [x + 1, x[::-1]])
    array = np.arange(50000.0)
    first, _ = f(array)
    part = f(array + 1)[0][:5]
    addresses = {first.ctypes.data, part.ctypes.data}
    second, reverse = f(array + 2)
    assert second.ctypes.data not in addresses
    np.testing.assert_array_equal(first, array + 1)
    np.testing.assert_array_equal(part, array[:5] + 2)
    np.testing.assert_array_equal(second, array + 3)
    np.testing.assert_array_equal(reverse, array[::-1] + 2)


def test_the_memory_of_a_large_result_is_used_again():
    x = tensor.vector("x")
    f = function([x], x + 1)
    array = np.arange(50000.0)
    addresses = [f(array).ctypes.data for _ in range(3)]
    assert len(set(addresses)) == 1
    tracemalloc.start()
    try:
        for _ in range(5):
            f(array)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 50000


def test_results_are_the_callers_own():
    x = tensor.vector("x")
    f = function([x], [x, x, x * 2, x[::-1], tensor.zeros_like(x)])
    array = np.arange(3.0)
    first = f(array)
    for result in first:
        result += 100
    second = f(array)
    np.testing.assert_array_equal(array, [0, 1, 2])
    np.testing.assert_array_equal(second[2], [0, 2, 4])
    np.testing.assert_array_equal(second[4], [0, 0, 0])
    assert not any(
        np.may_share_memory(p, q) for i, p in enumerate(second) for q in [array, *second[:i]]
    )
