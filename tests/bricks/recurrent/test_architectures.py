"""SimpleRecurrent, LSTM, GatedRecurrent: values, gradients, sizes, float32, life cycle."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocks import tensor
from blocks.bricks import LSTM, GatedRecurrent, SimpleRecurrent, Tanh
from blocks.compile import function
from blocks.config import config
from blocks.graph.computation import ComputationGraph
from blocks.initialization import Constant, Orthogonal
from blocks.roles import INITIAL_STATE, WEIGHT, has_roles
from tests.bricks.checks import (
    check_float32,
    check_gradients,
    check_values,
    parameters,
    symbols,
    values_of,
)
from tests.bricks.recurrent.layers import (
    CASES,
    KINDS,
    STATES,
    STEPS,
    case,
    data,
    initial,
    layer,
    mask_of,
    walk,
)


@pytest.mark.parametrize("name", list(CASES))
def test_value(name):
    check_values(CASES[name])


@pytest.mark.parametrize("name", list(CASES))
def test_gradient_against_finite_differences(name):
    check_gradients(CASES[name])


@pytest.mark.parametrize("name", [n for n in CASES if "one" not in n])
def test_float32_stays_float32(name):
    check_float32(CASES[name])


@given(
    kind=st.sampled_from(list(KINDS.values())),
    T=st.integers(0, 4),
    batch=st.integers(1, 3),
    dim=st.integers(1, 3),
    has_mask=st.booleans(),
    reverse=st.booleans(),
    return_initial_states=st.booleans(),
)
def test_all_sizes(kind, T, batch, dim, has_mask, **options):
    check_values(case(kind, T, batch, dim, mask_of(T, batch) if has_mask else None, **options))


@given(kind=st.sampled_from(list(KINDS.values())), T=st.integers(0, 3), batch=st.integers(1, 2))
def test_gradients_of_all_sizes(kind, T, batch):
    check_gradients(case(kind, T, batch, mask=mask_of(T, batch)))


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_steps_are_the_sequence(kind):
    """One step after the other, by hand, gives what the loop gives."""
    brick = layer(kind, 2)
    brick.initialize()
    arrays = data(kind)
    xs = symbols(arrays)
    states = symbols(initial(values_of(brick), kind, 3))
    inputs = dict(zip([n for n in brick.apply.sequences if n != "mask"], xs, strict=True))
    whole = function(xs, brick.apply(**inputs, as_list=True))(*arrays)
    rows = symbols([a[0] for a in arrays])
    inputs = dict(zip(inputs, rows, strict=True))
    inputs |= dict(zip(brick.apply.states, states, strict=True))
    step = function([*rows, *states], brick.apply(**inputs, iterate=False, as_list=True))
    values = initial(values_of(brick), kind, 3)
    for t in range(4):
        values = step(*(a[t] for a in arrays), *values)
        for found, expected in zip(values, (y[t] for y in whole), strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_states_that_are_given(kind):
    brick = layer(kind, 2)
    brick.initialize()
    arrays = data(kind)
    starts = [np.random.RandomState(i).randn(3, 2) for i, _ in enumerate(STATES[kind])]
    xs, states = symbols(arrays), symbols(starts)
    inputs = dict(zip([n for n in brick.apply.sequences if n != "mask"], xs, strict=True))
    given_states = dict(zip(brick.apply.states, states, strict=True))
    found = function([*xs, *states], brick.apply(**inputs, **given_states, as_list=True))
    p = values_of(brick)
    expected = walk(lambda *v: STEPS[kind](p, *v), arrays, starts)
    for y, wanted in zip(found(*arrays, *starts), expected, strict=True):
        np.testing.assert_allclose(y, wanted, rtol=1e-12)


@pytest.mark.parametrize("mode", ["compiled", "reference", "debug"])
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_modes_agree(kind, mode):
    brick, _, arrays, keywords, reference = case(kind, mask=mask_of())
    brick.initialize()
    xs = symbols(arrays)
    inputs = dict(zip([n for n in brick.apply.sequences if n != "mask"], xs, strict=True))
    compute = function(xs, brick.apply(**inputs, **keywords, as_list=True), mode=mode)
    expected = reference(values_of(brick), *arrays)
    for y, wanted in zip(compute(*arrays), expected, strict=True):
        np.testing.assert_allclose(y, wanted, rtol=1e-12)


@pytest.mark.parametrize("dtype", ["bool", "int8", "int64", "float32"])
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_masks_of_any_dtype(kind, dtype):
    with config.use(floatX="float32"):
        brick = layer(kind, 2)
        brick.initialize()
        arrays = [a.astype("float32") for a in data(kind)]
        xs, (mask,) = symbols(arrays), symbols([mask_of().astype(dtype)])
        inputs = dict(zip([n for n in brick.apply.sequences if n != "mask"], xs, strict=True))
        ys = brick.apply(**inputs, mask=mask, as_list=True)
        assert {y.dtype for y in ys} == {"float32"}
        found = function([*xs, mask], ys)(*arrays, mask_of().astype(dtype))
        p = values_of(brick)
    expected = walk(lambda *v: STEPS[kind](p, *v), arrays, initial(p, kind, 3), mask_of())
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-4, atol=1e-6)


def test_where_the_mask_ends_a_sequence_its_states_stay():
    brick = layer(LSTM, 2)
    brick.initialize()
    x, mask = tensor.tensor3("x"), tensor.matrix("mask")
    compute = function([x, mask], brick.apply(x, mask=mask))
    long, (states, cells) = data(LSTM)[0], compute(data(LSTM)[0], mask_of())
    short = np.concatenate([long[:1], long[2:]])  # without what the gap of example 0 leaves out
    for y, part in zip([states, cells], compute(short, np.ones((3, 3))), strict=True):
        np.testing.assert_allclose(y[-1, 0], part[-1, 0], rtol=1e-12)
    np.testing.assert_array_equal(states[1:, 2], states[[0] * 3, 2])


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_life_cycle(kind):
    brick = layer(kind, 3, weights_init=Constant(2))
    brick.allocate()
    starts = [x for x in parameters(brick) if has_roles(x, [INITIAL_STATE])]
    weights = [x for x in parameters(brick) if has_roles(x, [WEIGHT])]
    assert [x.name for x in starts] == STATES[kind]
    assert all((x.get_value() == 0).all() for x in starts)
    assert all(np.isnan(x.get_value()).all() for x in weights)
    brick.initialize()
    assert all((x.get_value() == 2).all() for x in weights)
    assert len(starts) + len(weights) == len(parameters(brick))


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_initial_states_are_trained(kind):
    brick, _, arrays, _, _ = case(kind)
    brick.initialize()
    cost = brick.apply(*arrays, as_list=True)[0].sum()
    graph = ComputationGraph(cost)
    assert set(graph.parameters) == set(parameters(brick))
    for x in brick.parameters[-len(STATES[kind]) :]:
        assert np.abs(tensor.grad(cost, x).eval()).min() > 0


def test_gates_of_a_gru_are_orthogonal_each():
    brick = GatedRecurrent(4, weights_init=Orthogonal(), seed=1)
    brick.initialize()
    halves = np.split(brick.state_to_gates.get_value(), 2, axis=1)
    for half in halves:
        np.testing.assert_allclose(half @ half.T, np.eye(4), atol=1e-12)
    assert (halves[0] != halves[1]).any()


def test_names_of_parameters():
    simple = SimpleRecurrent(2, activation=Tanh())
    gru = GatedRecurrent(2)
    for brick in (simple, gru):
        brick.allocate()
    assert simple.W is simple.parameters[0]
    assert (gru.state_to_state, gru.state_to_gates) == tuple(gru.parameters[:2])
    lstm = LSTM(2)
    lstm.allocate()
    names = ["W_state", "W_cell_to_in", "W_cell_to_forget", "W_cell_to_out"]
    for name, parameter in zip(
        [*names, "initial_state_", "initial_cells"], lstm.parameters, strict=True
    ):
        assert getattr(lstm, name) is parameter
        assert parameter.name == name.removesuffix("_")
    assert len(lstm.parameters) == 6
    copy = pickle.loads(pickle.dumps(lstm))
    assert copy.W_cell_to_out is copy.parameters[3]
    assert LSTM(2).get_dims(["inputs", "states", "cells", "mask"]) == [8, 2, 2, 0]
    assert gru.get_dims(["inputs", "gate_inputs", "states", "mask"]) == [2, 4, 2, 0]
    assert simple.get_dims(["inputs", "states", "mask"]) == [2, 2, 0]
