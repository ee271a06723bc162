"""Sequences and MLPs: layers, dimensions, filters, errors."""

from itertools import pairwise

import numpy as np
import pytest

from blocks import tensor
from blocks.bricks import MLP, Bias, FeedforwardSequence, Linear, Sequence, Softmax, Tanh
from blocks.errors import BrickError
from blocks.filter import VariableFilter
from blocks.graph.computation import ComputationGraph
from blocks.roles import BIAS, WEIGHT

X = np.random.RandomState(3).randn(5, 4)


def test_sequence_applies_one_after_the_other():
    tanh = Tanh()
    sequence = Sequence([tanh.apply, Softmax().log_probabilities, tanh], name="net")
    expected = np.tanh(X) - np.log(np.exp(np.tanh(X)).sum(1, keepdims=True))
    np.testing.assert_allclose(sequence.apply(X).eval(), np.tanh(expected))
    assert [child.name for child in sequence.children] == ["tanh", "softmax"]
    assert (sequence.apply.inputs, sequence.apply.outputs) == (["input_"], ["output"])


def test_feedforward_sequence_has_the_dimensions_of_its_ends():
    sequence = FeedforwardSequence([Linear(name="a", output_dim=3).apply, Bias().apply])
    sequence.input_dim, sequence.output_dim = 4, 3
    assert [brick.get_dim("output") for brick in sequence.children] == [3, 3]
    assert (sequence.input_dim, sequence.output_dim) == (4, 3)
    assert sequence.apply(X).type.shape == (5, 3)


def test_filter_finds_weights_and_biases():
    mlp = MLP([Tanh(), None], [4, 3, 2])
    variables = ComputationGraph(mlp.apply(tensor.matrix("x"))).variables
    assert len(VariableFilter(roles=[WEIGHT])(variables)) == 2
    last = mlp.linear_transformations[1]
    assert VariableFilter(roles=[BIAS], bricks=[last])(variables) == [last.b]
    outputs = VariableFilter(applications=[last.apply], name="output")(variables)
    assert [x.name for x in outputs] == ["linear_1_apply_output"]


def test_mlp_layers():
    mlp = MLP([Tanh(), None, Softmax()], [4, 3, 2, 5], prototype=Linear(use_bias=False))
    mlp.allocate()
    shapes = [layer.W.get_value().shape for layer in mlp.linear_transformations]
    assert shapes == list(pairwise([4, 3, 2, 5]))
    assert all(len(layer.parameters) == 1 for layer in mlp.linear_transformations)
    assert (mlp.input_dim, mlp.output_dim, mlp.apply.inputs) == (4, 5, ["input_"])
    assert mlp.apply.outputs == ["output"]


def test_mlp_dimensions_may_be_set_later():
    mlp = MLP([Tanh(), None], dims=[None, 3, None], use_bias=False)
    mlp.input_dim, mlp.output_dim = 4, 2
    assert mlp.apply(tensor.matrix("x")).type.shape == (None, 2)
    assert all(not layer.use_bias for layer in mlp.linear_transformations)


@pytest.mark.parametrize(
    ("act", "error", "text"),
    [
        (
            lambda: MLP([Tanh()], [2, 3, 4]),
            BrickError,
            r"^/mlp: expected 2 dims, of the input and of each of the 1 layers, got \[2, 3, 4\]",
        ),
        (lambda: MLP([Tanh()]).allocate(), BrickError, r"^/mlp: .*, got \[None, None\]\."),
        (
            lambda: MLP([np.tanh], [2, 3]),
            BrickError,
            r"^MLP: expected applications of bricks, got <ufunc 'tanh'>\. Pass brick\.apply\.",
        ),
        (lambda: MLP([], []), BrickError, r"^MLP: expected at least one application, got none"),
        (
            lambda: MLP([None], [2, 3]).apply(x=X),
            TypeError,
            r"^/mlp\.apply: expected the arguments \(\*args.*\), got x=:",
        ),
    ],
)
def test_bad_use(act, error, text):
    with pytest.raises(error, match=text):
        act()
