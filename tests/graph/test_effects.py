"""`Print`: what appears when, in each mode."""

import numpy as np
import pytest

from blocks import tensor
from blocks.compile import function
from blocks.graph import Print

modes = pytest.mark.parametrize("mode", ["reference", "debug", "compiled"])
x = tensor.vector("x")


@modes
def test_it_prints_once_in_each_call(mode, capsys):
    y = Print("y", attrs=("shape", "max"))(2 * x)
    f = function([x], [y + 1, y.sum()], mode=mode)
    assert capsys.readouterr().out == ""
    for _ in range(2):
        first, second = f([1.0, 3.0])
        assert (first.tolist(), second) == ([3, 7], 8)
        assert capsys.readouterr().out == "y shape = (2,)\ny max = 6.0\n"


@modes
def test_values_from_constants_and_sizes_are_printed_in_each_call_too(mode, capsys):
    size = Print("size")(x.shape[0])
    number = Print("number")(tensor.constant(2.5))
    f = function([x], x.reshape((size, 1)) * number, mode=mode)
    capsys.readouterr()
    for _ in range(2):
        assert f([1.0, 2.0]).tolist() == [[2.5], [5.0]]
        assert sorted(capsys.readouterr().out.splitlines()) == [
            "number __str__ = 2.5",
            "size __str__ = 2",
        ]


@modes
def test_the_gradient_passes_and_results_are_not_the_input_itself(mode):
    seen = []
    y = Print(global_fn=lambda op, array: seen.append(array.copy()))(x)
    f = function([x], [y, tensor.grad((y**2).sum(), x)], mode=mode)
    array = np.array([1.0, 2.0])
    value, gradient = f(array)
    assert gradient.tolist() == [2, 4]
    assert [a.tolist() for a in seen] == [[1, 2]]
    value[0] = 7
    assert array[0] == 1


def test_what_no_output_depends_on_is_not_printed(capsys):
    Print("lost")(x)
    function([x], x + 1)([1.0])
    assert capsys.readouterr().out == ""
