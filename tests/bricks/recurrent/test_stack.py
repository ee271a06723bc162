"""RecurrentStack: values, gradients, names, layers in all ways, errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocks import tensor
from blocks.bricks import (
    LSTM,
    RECURRENTSTACK_SEPARATOR,
    BaseRecurrent,
    Bidirectional,
    GatedRecurrent,
    Linear,
    RecurrentStack,
    SimpleRecurrent,
    Tanh,
    recurrent,
)
from blocks.compile import function
from blocks.errors import BrickError
from blocks.graph.computation import ComputationGraph
from blocks.initialization import Constant, IsotropicGaussian
from blocks.select import Selector
from tests.bricks.checks import check_float32, check_gradients, check_values, symbols, values_of
from tests.bricks.recurrent.layers import (
    KINDS,
    SCHEMES,
    STEPS,
    data,
    initial,
    layer,
    mask_of,
    of_child,
    walk,
)

BIASED = SCHEMES | {"biases_init": IsotropicGaussian(0.5)}


def stack_of(kinds, dims=(2, 3, 2), skip=False, **settings):
    layers = [layer(kind, dim) for kind, dim in zip(kinds, dims, strict=False)]
    return RecurrentStack(layers, skip_connections=skip, **(BIASED | settings))


def stack_case(kinds, T=4, batch=3, skip=False, low_memory=False, mask=None, **options):
    """Return a case whose inputs are in the order of the stack's sequences."""
    brick = stack_of(kinds, skip=skip)
    levels = range(len(kinds) if skip else 1)
    arrays = [x for i in levels for x in data(kinds[i], T, batch, (2, 3, 2)[i], seed=i)]

    def reference(p, *inputs):
        left, below, outputs = list(inputs), None, []
        for level, kind in enumerate(kinds):
            transition = brick.transitions[level]
            names = brick.normal_inputs(level)
            given = [left.pop(0) for _ in names] if level == 0 or skip else [0 for _ in names]
            if level:
                path = f"/recurrentstack/fork_{level}/fork_"
                given = [
                    x + below @ p[f"{path}{n}.W"] + p.get(f"{path}{n}.b", 0)
                    for x, n in zip(given, names, strict=True)
                ]
            own = of_child(p, f"/recurrentstack/{transition.name}")
            found = walk(
                lambda *v: STEPS[kind](own, *v),  # noqa: B023
                given,
                initial(own, kind, batch),
                mask,
                **options,
            )
            below = found[0][1:] if options.get("return_initial_states") else found[0]
            below = below[::-1] if options.get("reverse") else below
            outputs += found
        return outputs

    keywords = {"low_memory": low_memory, **options}
    if mask is not None:
        keywords["mask"] = mask
    return brick, "apply", arrays, keywords, reference


STACKS = {
    "simple": ([SimpleRecurrent] * 3, {}),
    "lstm_gru": ([LSTM, GatedRecurrent], {}),
    "gru_lstm_mask": ([GatedRecurrent, LSTM], {"mask": mask_of()}),
    "skip": ([SimpleRecurrent] * 3, {"skip": True}),
    "skip_gru_lstm_mask": ([GatedRecurrent, LSTM], {"skip": True, "mask": mask_of()}),
    "reverse": ([SimpleRecurrent, GatedRecurrent], {"reverse": True, "mask": mask_of()}),
    "initial": ([SimpleRecurrent] * 2, {"return_initial_states": True}),
    "initial_reverse": (
        [LSTM, SimpleRecurrent],
        {"return_initial_states": True, "reverse": True, "skip": True},
    ),
    "single": ([LSTM], {}),
    "no_step": ([SimpleRecurrent, LSTM], {"T": 0}),
    "one_step": ([SimpleRecurrent, LSTM], {"T": 1, "batch": 1, "mask": mask_of(1, 1)}),
}


@pytest.mark.parametrize("low_memory", [False, True])
@pytest.mark.parametrize("name", list(STACKS))
def test_stack(name, low_memory):
    kinds, options = STACKS[name]
    check_values(stack_case(kinds, low_memory=low_memory, **options))
    check_gradients(stack_case(kinds, low_memory=low_memory, **options))


@pytest.mark.parametrize("low_memory", [False, True])
def test_stack_float32(low_memory):
    check_float32(stack_case([LSTM, GatedRecurrent], skip=True, low_memory=low_memory))


@given(
    kinds=st.lists(st.sampled_from(list(KINDS.values())), min_size=1, max_size=3),
    T=st.integers(0, 3),
    batch=st.integers(1, 2),
    skip=st.booleans(),
    low_memory=st.booleans(),
    reverse=st.booleans(),
)
def test_stacks_of_any_layers(kinds, T, batch, **options):
    check_values(stack_case(kinds, T, batch, mask=mask_of(T, batch), **options))


@pytest.mark.parametrize("low_memory", [False, True])
def test_one_step_of_a_stack(low_memory):
    brick = stack_of([LSTM, SimpleRecurrent])
    brick.initialize()
    arrays = data(LSTM)
    (x,) = symbols(arrays)
    whole = function([x], brick.apply(inputs=x, low_memory=low_memory))(*arrays)
    row = symbols([arrays[0][0]])[0]
    starts = [np.zeros((3, 2)), np.zeros((3, 2)), np.zeros((3, 3))]
    states = symbols(starts)
    given = dict(zip(brick.apply.states, states, strict=True))
    ys = brick.apply(inputs=row, iterate=False, low_memory=low_memory, **given)
    step = function([row, *states], ys)
    for t in range(4):
        starts = step(arrays[0][t], *starts)
        for found, expected in zip(starts, whole, strict=True):
            np.testing.assert_allclose(found, expected[t], rtol=1e-12)


def test_states_of_a_stack_that_are_given():
    brick = stack_of([SimpleRecurrent] * 2)
    brick.initialize()
    x, start = data(SimpleRecurrent)[0], np.full((3, 3), 0.5)
    ways = [
        [y.eval() for y in brick.apply(x, **{"states#1": start}, low_memory=low_memory)]
        for low_memory in (False, True)
    ]
    np.testing.assert_allclose(ways[0][1], ways[1][1], rtol=1e-12)
    p = values_of(brick)
    fork, own = (
        of_child(p, f"/recurrentstack/{k}") for k in ("fork_1/fork_inputs", "simplerecurrent#1")
    )
    first = np.tanh(ways[0][0][0] @ fork["W"] + fork["b"] + start @ own["W"])
    np.testing.assert_allclose(ways[0][1][0], first, rtol=1e-12)


def test_names_in_a_stack():
    brick = stack_of([GatedRecurrent, LSTM])
    bound = brick.apply
    assert bound.sequences == ["inputs", "gate_inputs", "mask"]
    assert bound.states == bound.outputs == ["states", "states#1", "cells#1"]
    assert bound.contexts == []
    assert brick.initial_states.outputs == bound.states
    assert stack_of([GatedRecurrent, LSTM], skip=True).apply.sequences == [
        "inputs",
        "gate_inputs",
        "inputs#1",
        "mask",
    ]
    names = ["inputs", "gate_inputs", "states", "states#1", "cells#1", "inputs#1", "mask"]
    assert brick.get_dims(names) == [2, 4, 2, 3, 3, 12, 0]
    assert RECURRENTSTACK_SEPARATOR == "#"
    ys = brick.apply(*symbols(data(GatedRecurrent)))
    assert [y.name for y in ys] == [f"recurrentstack_apply_{name}" for name in bound.outputs]
    assert [y.tag.name for y in ys] == bound.outputs


def test_parameters_of_a_stack():
    brick = stack_of([SimpleRecurrent] * 2)
    brick.initialize()
    assert list(Selector(brick).get_parameters()) == [
        "/recurrentstack/simplerecurrent#0.W",
        "/recurrentstack/simplerecurrent#0.initial_state",
        "/recurrentstack/simplerecurrent#1.W",
        "/recurrentstack/simplerecurrent#1.initial_state",
        "/recurrentstack/fork_1/fork_inputs.W",
        "/recurrentstack/fork_1/fork_inputs.b",
    ]
    cost = brick.apply(data(SimpleRecurrent)[0])[1].sum()
    assert set(ComputationGraph(cost).parameters) == set(Selector(brick).get_parameters().values())
    skipping = stack_of([SimpleRecurrent] * 2, skip=True)
    skipping.initialize()
    names = [x.name for x in skipping.forks[0].children[0].parameters]
    assert names == ["W"]  # what makes the inputs from outside has the biases


def test_layers_that_walk_in_both_directions():
    layers = [Bidirectional(layer(SimpleRecurrent, 2), **SCHEMES) for _ in range(2)]
    brick = RecurrentStack(layers, **BIASED)
    brick.initialize()
    assert brick.get_dims(["inputs", "states", "states#1"]) == [2, 4, 4]
    x = data(SimpleRecurrent)[0]
    low, high = (y.eval() for y in brick.apply(x, mask=mask_of()))
    np.testing.assert_allclose(low, layers[0].apply(x, mask=mask_of()).eval(), rtol=1e-12)
    above = brick.forks[0].apply(low)
    np.testing.assert_allclose(high, layers[1].apply(above, mask=mask_of()).eval(), rtol=1e-12)


def test_layers_of_two_stacks():
    """Layers may be under several stacks; they keep their names."""
    layers = [SimpleRecurrent(2, activation=Tanh()) for _ in range(2)]
    first = RecurrentStack(layers, weights_init=Constant(2), biases_init=Constant(0))
    second = RecurrentStack(layers, skip_connections=True, name="other")
    assert [x.name for x in first.transitions] == ["simplerecurrent#0", "simplerecurrent#1"]
    assert second.transitions[1] is first.transitions[1]


def test_a_fork_and_states_of_your_own():
    prototype = Linear(weights_init=Constant(3), biases_init=Constant(1))
    layers = [LSTM(2), SimpleRecurrent(2, activation=Tanh())]
    brick = RecurrentStack(layers, prototype, states_name="states")
    assert brick.forks[0].prototype is prototype

    class Cells(BaseRecurrent):
        @recurrent(sequences=["inputs"], states=["cells"], contexts=["c"], outputs=["cells"])
        def apply(self, inputs, cells, c):
            return cells + inputs * c

        def get_dim(self, name):
            return 2

    brick = RecurrentStack(
        [Cells(), Cells()],
        states_name="cells",
        weights_init=Constant(1),
        biases_init=Constant(0),
    )
    brick.initialize()
    assert brick.apply.contexts == ["c"]
    assert brick.apply.sequences == ["inputs"]
    assert brick.get_dim("c") == 2
    x = np.ones((3, 1, 2))
    for low_memory in (False, True):
        low, high = brick.apply(x, c=2.0, low_memory=low_memory)
        np.testing.assert_array_equal(low.eval()[:, 0, 0], [2, 4, 6])
        np.testing.assert_array_equal(high.eval()[:, 0, 0], [8, 24, 48])


@pytest.mark.parametrize("low_memory", [False, True])
def test_a_stack_without_sequences_from_outside(low_memory):
    """The number of steps and the size of the batch are options as everywhere."""

    class Ticks(BaseRecurrent):
        @recurrent(sequences=[], states=["states"], contexts=[], outputs=["states"])
        def apply(self, states):
            return states + 1

        def get_dim(self, name):
            return 2

    stack = RecurrentStack(
        [Ticks(), SimpleRecurrent(2, activation=Tanh())],
        weights_init=Constant(0),
        biases_init=Constant(0),
    )
    stack.initialize()
    low, high = stack.apply(n_steps=3, batch_size=2, low_memory=low_memory)
    np.testing.assert_array_equal(low.eval()[:, 1, 1], [1, 2, 3])
    assert high.eval().shape == (3, 2, 2)


@pytest.mark.parametrize("low_memory", [False, True])
def test_a_layer_without_a_mask(low_memory):
    """It walks on where the mask is 0; the others do not."""

    class Total(BaseRecurrent):
        @recurrent(sequences=["inputs"], states=["states"], contexts=[], outputs=["states"])
        def apply(self, inputs, states):
            return states + inputs

        def get_dim(self, name):
            return 2

    brick = RecurrentStack([Total(), layer(SimpleRecurrent, 2)], **BIASED)
    brick.initialize()
    assert brick.apply.sequences == ["inputs", "mask"]
    ones, mask = np.ones((3, 1, 2)), np.array([[1.0], [0], [0]])
    low, high = brick.apply(ones, mask=mask, low_memory=low_memory)
    np.testing.assert_array_equal(low.eval()[:, 0, 0], [1, 2, 3])
    np.testing.assert_array_equal(high.eval(), high.eval()[[0, 0, 0]])


def test_suffixes():
    assert RecurrentStack.split_suffix("states#12") == ("states", 12)
    assert RecurrentStack.split_suffix("number#a") == ("number#a", 0)
    assert RecurrentStack.split_suffix("#") == ("#", 0)
    assert RecurrentStack.suffixes(["inputs", "mask", "states"], 0) == ["inputs", "states"]


one = LSTM(2)
MISTAKES = {
    "no layers": (
        lambda: RecurrentStack([]),
        BrickError,
        r"^/recurrentstack: expected at least one recurrent brick, got none\.$",
    ),
    "one layer twice": (
        lambda: RecurrentStack([one, one]),
        BrickError,
        r"^/recurrentstack: expected a brick of its own for each layer, got <LSTM /lstm> twice\.",
    ),
    "a layer that is not recurrent": (
        lambda: RecurrentStack([Tanh()]),
        BrickError,
        r"^/recurrentstack: expected recurrent bricks with an output states, got <Tanh /tanh>\.",
    ),
    "no such states": (
        lambda: RecurrentStack([LSTM(2)], states_name="h"),
        BrickError,
        r"expected recurrent bricks with an output h, got <LSTM /lstm>\. Choose another",
    ),
    "unknown input": (
        lambda: stack_of([LSTM, LSTM]).apply(input=tensor.tensor3("x")),
        TypeError,
        r"^/recurrentstack\.apply: expected only the inputs inputs, mask, states, cells, "
        r"states#1, cells#1, got input=\. Did you mean 'inputs'\?$",
    ),
    "input of an upper layer without skip connections": (
        lambda: stack_of([LSTM, LSTM]).apply(tensor.tensor3("x"), **{"inputs#1": 1}),
        TypeError,
        r"^/recurrentstack\.apply: expected only the inputs .*, got inputs#1=\.",
    ),
    "missing input of an upper layer": (
        lambda: stack_of([LSTM, LSTM], skip=True).apply(tensor.tensor3("x")),
        TypeError,
        r"^/recurrentstack\.apply: expected the inputs inputs#1, got inputs\.",
    ),
    "missing input": (
        lambda: stack_of([LSTM, LSTM]).apply(),
        TypeError,
        r"^/recurrentstack\.apply: expected the inputs inputs, got none\.",
    ),
    "unknown number of steps": (
        lambda: stack_of([LSTM, LSTM]).apply(low_memory=True),
        TypeError,
        r"^/recurrentstack\.low_memory_apply: expected inputs or mask or n_steps, got none: the",
    ),
    "unknown name": (
        lambda: stack_of([LSTM, LSTM]).get_dim("word"),
        BrickError,
        r"^/recurrentstack: expected the name of an input or output .*, got 'word'\.$",
    ),
    "name without a dimension": (
        lambda: stack_of([LSTM, LSTM]).get_dim("inputs#2"),
        BrickError,
        r"^/recurrentstack: expected the name of an input or output .*, got 'inputs#2'\.$",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistake(name):
    act, error, text = MISTAKES[name]
    with pytest.raises(error, match=text):
        act()
