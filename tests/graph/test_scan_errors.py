"""Mistakes inside of loops: what is said, and where. `tests/errors/texts.txt` has the others."""

import numpy as np
import pytest

from blocks import function, tensor
from blocks.bricks.base import Brick, application
from blocks.config import config
from blocks.errors import IndexRangeError, NonFiniteError, ShapeError
from blocks.graph import grad, ifelse
from blocks.graph.loops import scan

MODES = ["reference", "compiled", "debug"]
LINE = r"\(built at \S*test_scan_errors\.py:\d+\)"


class Walker(Brick):
    """Adds up elements of a table, or their logarithms."""

    @application
    def apply(self, table, positions):
        return scan(
            lambda k, total: total + table[k],
            sequences=positions,
            outputs_info=tensor.zeros(()),
            name="walk",
        )[0]

    @application
    def logarithms(self, x):
        return scan(
            lambda row, total: total + tensor.log(row),
            sequences=x,
            outputs_info=tensor.zeros(()),
            name="walk",
        )[0]

    @application
    def products(self, x, W):
        return scan(lambda row: row @ W, sequences=x, name="walk")[0]


@pytest.mark.parametrize("mode", MODES)
def test_errors_at_run_time_name_brick_op_line_and_step(mode):
    table, positions = tensor.vector("table"), tensor.lvector("positions")
    y = Walker(name="walker").apply(table, positions)
    f = function([table, positions], y, mode=mode)
    assert f([1.0, 2.0], [0, 1, 1]).tolist() == [1, 3, 5]
    with pytest.raises(
        IndexRangeError,
        match=r"^/walker\.apply: subtensor: expected an index from -2 to 1 .*, got 2, .* "
        rf"In step 3 of walk\. {LINE}$",
    ):
        f([1.0, 2.0], [0, 1, 1, 2])
    assert f([1.0, 2.0], [0, 1, 1]).tolist() == [1, 3, 5]


@pytest.mark.parametrize("mode", MODES)
def test_errors_of_gradients_name_the_step_too(mode):
    table, positions = tensor.vector("table"), tensor.lvector("positions")
    y = Walker(name="walker").apply(table, positions)
    f = function([table, positions], grad(y[-1], table), mode=mode)
    assert f([1.0, 2.0], [0, 1, 1]).tolist() == [1, 2]
    with pytest.raises(IndexRangeError, match=rf"/walker\.apply.* In step \d of .*walk\. {LINE}$"):
        f([1.0, 2.0], [0, 1, 3])


@pytest.mark.parametrize("mode", MODES)
def test_sizes_that_do_not_fit_inside(mode):
    x, W = tensor.matrix("x"), tensor.matrix("W")
    f = function([x, W], Walker(name="walker").products(x, W), mode=mode)
    with pytest.raises(ShapeError, match=rf"^/walker\.products: dot: expected .*{LINE}$"):
        f(np.ones((4, 3)), np.ones((2, 3)))


@pytest.mark.parametrize("mode", MODES)
def test_sizes_that_depend_on_values_are_checked_in_each_step(mode):
    x, n = tensor.vector("x"), tensor.lvector("n")
    y, _ = scan(lambda k: (x[:k] + x[1:]).sum(), sequences=n)
    f = function([x, n], y, mode=mode)
    assert f([1.0, 2.0, 3.0], [2, 2]).tolist() == [8, 8]
    with pytest.raises(
        ShapeError, match=rf"add: expected inputs of one shape.* In step 1 of .*{LINE}$"
    ):
        f([1.0, 2.0, 3.0], [2, 1])


@pytest.mark.parametrize("mode", MODES)
def test_results_whose_sizes_depend_on_values(mode):
    x, n = tensor.vector("x"), tensor.lvector("n")
    y, _ = scan(lambda k: 2 * x[:k], sequences=n)
    f = function([x, n], 3 * y, mode=mode)
    assert f([1.0, 2.0, 3.0], [2, 2]).tolist() == [[6, 12], [6, 12]]
    with pytest.raises(ShapeError, match=r"results of one shape, got \(2,\) and \(3,\)"):
        f([1.0, 2.0, 3.0], [2, 3])


@pytest.mark.parametrize("mode", MODES)
def test_the_branch_that_is_not_chosen_does_not_fail(mode):
    x, n = tensor.vector("x"), tensor.lvector("n")
    y, _ = scan(lambda k: ifelse(tensor.lt(k, 2), x[k], tensor.constant(0.0)), sequences=n)
    assert function([x, n], y, mode=mode)([1.0, 2.0], [0, 5, 1]).tolist() == [1, 0, 2]


# Debug mode


def test_nan_inside_names_brick_op_and_step():
    x = tensor.vector("x")
    f = function([x], Walker(name="walker").logarithms(x), mode="debug")
    f([1.0, 2.0])
    with pytest.raises(
        NonFiniteError,
        match=rf"^/walker\.logarithms: log: expected finite values, got infinity in 1 of 1 elements"
        rf".* In log\(\w+_x\)\. In step 2 of walk\. {LINE}$",
    ):
        f([1.0, 2.0, 0.0, 1.0])


def test_nan_in_the_gradient_inside():
    x = tensor.vector("x")
    y, _ = scan(lambda row, h: h + tensor.sqrt(row), x, tensor.zeros(()), name="roots")
    f = function([x], grad(y[-1], x), mode="debug")
    f([1.0, 2.0])
    with pytest.raises(NonFiniteError, match=r"In step 1 of gradient of roots\. "):
        f([1.0, 0.0, 1.0])


def test_nan_inside_of_a_nested_loop():
    x = tensor.vector("x")

    def outer(row):
        inner, _ = scan(lambda h: tensor.sqrt(h - 1), outputs_info=row, n_steps=3, name="inner")
        return inner[-1]

    y, _ = scan(outer, sequences=x, name="outer")
    f = function([x], y, mode="debug")
    f([200.0, 200.0])
    with pytest.raises(NonFiniteError, match=r"In step 1 of inner\. In step 2 of outer\. "):
        f([200.0, 200.0, 1.5])


def test_nan_in_what_is_not_chosen_is_nobodys_business():
    x = tensor.vector("x")
    y, _ = scan(lambda row: ifelse(tensor.gt(row, 0), tensor.log(row), row), sequences=x)
    assert function([x], y, mode="debug")([1.0, -1.0]).tolist() == [0, -1]


@pytest.mark.parametrize("mode", ["reference", "compiled"])
@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("rows", [1, 3, 4])
def test_too_few_rows_are_told_in_both_directions(backwards, rows, mode):
    x, n = tensor.vector("x"), tensor.iscalar("n")
    y, _ = scan(lambda row: row, x, n_steps=n, go_backwards=backwards)
    f = function([x, n], y, mode=mode)
    with pytest.raises(ShapeError, match=rf"at least 5 rows, got float64 \({rows},\) for x and 5"):
        f(np.ones(rows), 5)
    assert f(np.arange(rows), 1).tolist() == [rows - 1 if backwards else 0]
    with pytest.raises(ShapeError, match=r"at least 0 steps, got -1\. .*, or reverse=True to a b"):
        f(np.ones(rows), -1)


# Test values


def test_test_values_of_rows_and_states():
    with config.use(compute_test_value="raise"):
        x, h, W = tensor.matrix("x"), tensor.matrix("h"), tensor.matrix("W")
        x.tag.test_value, h.tag.test_value = np.ones((4, 3)), np.ones((2, 3))
        W.tag.test_value = np.ones((3, 3))
        y, _ = scan(
            lambda row, second, first: tensor.tanh(row + second @ W) + first,
            sequences=x,
            outputs_info={"initial": h, "taps": [-2, -1]},
        )
        gradients = grad(y.sum(), [x, W])
        assert y.tag.test_value.shape == (4, 3)
        assert [g.tag.test_value.shape for g in gradients] == [(4, 3), (3, 3)]
        with pytest.raises(
            ShapeError, match=r"dot: expected .* These are the sizes of test values"
        ):
            scan(lambda row: row @ W[:2], sequences=x)


def test_an_empty_test_value_gives_rows_none():
    with config.use(compute_test_value="ignore"):
        x = tensor.matrix("x")
        x.tag.test_value = np.ones((0, 3))
        y, _ = scan(lambda row: 2 * row, sequences=x)
        assert y.tag.test_value.shape == (0, 3)
