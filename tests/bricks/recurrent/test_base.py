"""`recurrent`: what applications are made of, options, tags in the loop, errors."""

import numpy as np
import pytest

from blocks import tensor
from blocks.bricks import (
    BaseRecurrent,
    Linear,
    SimpleRecurrent,
    Tanh,
    application,
    recurrent,
)
from blocks.compile import function
from blocks.filter import VariableFilter, get_application_call
from blocks.graph.computation import ComputationGraph
from blocks.initialization import Constant
from blocks.roles import AUXILIARY, INPUT, OUTPUT, has_roles
from blocks.select import Selector
from tests.bricks.recurrent.own import Powers, Sum, x3


def expected_total(reverse=False):
    return np.cumsum(2 * (x3[::-1] if reverse else x3), axis=0)


def test_properties():
    bound = Sum().apply
    assert bound.sequences == ["inputs", "weights"]
    assert bound.states == ["total"]
    assert bound.contexts == ["factor"]
    assert bound.outputs == ["total", "added"]
    assert bound.inputs == ["inputs", "total", "factor", "weights"]
    assert Sum.apply.states == ["total"]
    assert Sum().initial_states.outputs == ["total"]
    assert Sum.apply.__doc__ == "Return the new sum and what was added."
    assert bound.name == "apply"


@pytest.mark.parametrize("reverse", [False, True])
def test_outputs_of_all_steps(reverse):
    total, added = Sum().apply(x3, factor=2.0, reverse=reverse)
    np.testing.assert_array_equal(total.eval(), expected_total(reverse))
    np.testing.assert_array_equal(added.eval(), 2 * (x3[::-1] if reverse else x3))


def test_outputs_by_name():
    found = Sum().apply(inputs=x3, factor=2.0, as_dict=True)
    assert list(found) == ["total", "added"]
    np.testing.assert_array_equal(found["total"].eval(), expected_total())


def test_an_optional_sequence():
    weights = np.array([[1.0, 0], [1, 1], [0, 1], [1, 1]])
    _, added = Sum().apply(x3, factor=2.0, weights=weights)
    np.testing.assert_array_equal(added.eval(), 2 * x3 * weights[:, :, None])
    _, added = Sum().apply(x3, factor=2.0, weights=None)
    np.testing.assert_array_equal(added.eval(), 2 * x3)


def test_one_step():
    total, added = Sum().apply(x3[0], np.ones((2, 3)), 2.0, iterate=False)
    np.testing.assert_array_equal(total.eval(), 1 + 2 * x3[0])
    np.testing.assert_array_equal(added.eval(), 2 * x3[0])


@pytest.mark.parametrize("reverse", [False, True])
def test_initial_states_come_first_for_states_only(reverse):
    options = {"reverse": reverse, "return_initial_states": True}
    total, added = Sum().apply(x3, np.ones((2, 3)), factor=2.0, **options)
    expected = np.concatenate([np.ones((1, 2, 3)), 1 + expected_total(reverse)])
    np.testing.assert_array_equal(total.eval(), expected)
    assert added.eval().shape == (4, 2, 3)


@pytest.mark.parametrize(("reverse", "part"), [(False, x3[:3]), (True, x3[:0:-1])])
def test_number_of_steps(reverse, part):
    _, added = Sum().apply(x3, factor=2.0, n_steps=3, reverse=reverse)
    np.testing.assert_array_equal(added.eval(), 2 * part)


def test_without_sequences():
    powers = Powers()
    expected = 3.0 ** np.arange(1, 5)
    found = powers.apply(b=3.0, n_steps=4, batch_size=2).eval()
    assert found.shape == (4, 2, 2)
    np.testing.assert_array_equal(found[:, 0, 0], expected)
    start = tensor.matrix("start")
    found = powers.apply(x=start, b=3.0, n_steps=4).eval({start: [[2.0, 1.0]]})
    np.testing.assert_array_equal(found[:, 0], np.outer(expected, [2, 1]))
    n, size = tensor.lscalar("n"), tensor.lscalar("size")
    y = powers.apply(b=3.0, n_steps=n, batch_size=size)
    compute = function([n, size], y)
    assert compute(5, 3).shape == (5, 3, 2)
    assert compute(0, 3).shape == (0, 3, 2)


def test_the_size_of_the_batch_comes_from_a_state():
    class Pair(BaseRecurrent):
        @recurrent(sequences=[], states=["x", "y"], contexts=[], outputs=["x", "y"])
        def apply(self, x, y):
            return x + 1, y + x

        def get_dim(self, name):
            return 2

    x, y = Pair().apply(x=np.zeros((3, 2)), n_steps=2)
    assert x.eval().shape == y.eval().shape == (2, 3, 2)
    np.testing.assert_array_equal(y.eval()[1], np.ones((3, 2)))


def test_a_state_of_dimension_zero_has_the_batch_axis_only():
    class Count(BaseRecurrent):
        @recurrent(sequences=["flags"], states=["n"], contexts=[], outputs=["n"])
        def apply(self, flags, n):
            return n + flags

        def get_dim(self, name):
            return 0

    flags = np.array([[1.0, 0], [1, 1]])
    np.testing.assert_array_equal(Count().apply(flags).eval(), [[1, 0], [2, 1]])


def test_initial_states_see_the_other_inputs():
    class FromContext(BaseRecurrent):
        @recurrent(sequences=["inputs"], states=["h"], contexts=["start"], outputs=["h"])
        def apply(self, inputs, h, start):
            return h + inputs

        def get_dim(self, name):
            return 3

        @application(outputs=["h"])
        def initial_states(self, batch_size, *args, **kwargs):
            assert sorted(kwargs) == ["inputs", "start"]
            return [kwargs["start"]]

    h = FromContext().apply(inputs=x3, start=np.full((2, 3), 5.0))
    np.testing.assert_array_equal(h.eval(), 5 + np.cumsum(x3, axis=0))


def test_properties_of_the_brick_and_keywords():
    class Named(BaseRecurrent):
        def __init__(self, names, **kwargs):
            super().__init__(**kwargs)
            self.names = names

        @recurrent
        def apply(self, *args, **kwargs):
            assert not args
            assert sorted(kwargs) == sorted([*self.names, "h", "unit"])
            return kwargs["h"] + sum(kwargs[name] for name in self.names) * kwargs["unit"]

        @apply.property("sequences")
        def apply_sequences(self):
            return self.names

        @apply.property("states")
        def apply_states(self):
            return ["h"]

        @apply.property("outputs")
        def apply_outputs(self):
            return ["h"]

        @apply.property("contexts")
        def apply_contexts(self):
            return []

        def get_dim(self, name):
            return 3

    named = Named(["a", "b"])
    assert named.apply.inputs == ["a", "b", "h"]
    # what is neither sequence, state nor context goes to the method as it is
    h = named.apply(a=x3, b=x3, unit=10.0)
    np.testing.assert_array_equal(h.eval(), np.cumsum(20 * x3, axis=0))
    by_position = named.apply(x3, x3, unit=10.0)
    np.testing.assert_array_equal(by_position.eval(), h.eval())


def test_an_application_that_delegates_to_a_recurrent_one():
    class Shifted(SimpleRecurrent):
        @application(contexts=["shift"])
        def apply(self, shift, **kwargs):
            return super().apply(**(kwargs | {"inputs": kwargs["inputs"] + shift}))

        @apply.delegate
        def apply_delegate(self):
            return super().apply

    shifted = Shifted(3, activation=Tanh(), weights_init=Constant(0))
    shifted.initialize()
    bound = shifted.apply
    assert (bound.contexts, bound.sequences) == (["shift"], ["inputs", "mask"])
    y = shifted.apply(2.0, inputs=x3)
    np.testing.assert_allclose(y.eval(), np.tanh(x3 + 2))


def test_a_subclass_overrides_the_step():
    class Twice(Sum):
        @recurrent(sequences=["inputs"], states=["total"], contexts=[], outputs=["total"])
        def apply(self, inputs, total):
            return super().apply(inputs, total, 2.0, iterate=False)[0]

    np.testing.assert_array_equal(Twice().apply(x3).eval(), expected_total())


# Variables in the loop


class Layered(BaseRecurrent):
    """Applies a child in each step."""

    def __init__(self, **kwargs):
        self.linear = Linear(3, 3, weights_init=Constant(1), use_bias=False)
        super().__init__(children=[self.linear], **kwargs)

    @recurrent(sequences=["inputs"], states=["h"], contexts=[], outputs=["h"])
    def apply(self, inputs, h):
        return self.linear.apply(h) + inputs

    def get_dim(self, name):
        return 3


def test_variables_in_the_loop_have_roles_and_bricks():
    brick = Layered()
    brick.initialize()
    h = brick.apply(tensor.tensor3("x"), call_id="mine")
    graph = ComputationGraph(h)
    inner = graph.scan_variables
    assert [x.name for x in VariableFilter(bricks=[brick.linear], roles=[OUTPUT])(inner)] == [
        "linear_apply_output"
    ]
    names = {x.tag.name for x in VariableFilter(applications=[brick.apply], roles=[INPUT])(inner)}
    assert names == {"inputs", "h"}
    assert graph.parameters == [brick.linear.W]
    assert list(Selector(brick).get_parameters()) == ["/layered/linear.W"]
    outside = VariableFilter(applications=[brick.apply], call_id="mine")(graph.variables)
    assert {x.name for x in outside} == {"layered_apply_inputs", "layered_apply_h"}


def test_the_call_knows_its_step():
    h = Layered().apply(tensor.tensor3("x"))
    call = get_application_call(h)
    assert [x.type.ndim for x in call.inner_inputs] == [2, 2]
    assert [x.name for x in call.inner_outputs] == ["layered_apply_h"]
    assert call.updates == {}
    # They are the graph of one step, of which the tagged variables are parts.
    brick, values = call.application.brick, [np.ones((2, 3)), np.full((2, 3), 2.0)]
    brick.initialize()
    again = brick.apply(*call.inner_inputs, iterate=False)
    given = dict(zip(call.inner_inputs, values, strict=True))
    np.testing.assert_array_equal(call.inner_outputs[0].eval(given), again.eval(given))
    graph = ComputationGraph(call.inner_outputs)
    assert len(VariableFilter(applications=[brick.apply])(graph)) == 3


def test_updates_of_a_loop_belong_to_its_call():
    count = tensor.constant(0.0)
    counter = SimpleRecurrent(1, activation=Tanh())  # any shared variable
    counter.allocate()
    shared = counter.parameters[1]
    shared.set_value(np.zeros(1))
    shared.default_update = shared + 1

    class Counting(BaseRecurrent):
        @recurrent(sequences=["inputs"], states=["h"], contexts=[], outputs=["h"])
        def apply(self, inputs, h):
            return h + inputs + shared.sum() + count

        def get_dim(self, name):
            return 3

    h = Counting().apply(np.zeros((4, 1, 3)))
    updates = ComputationGraph(h).updates
    assert list(updates) == [shared]
    assert get_application_call(h).updates == updates
    compute = function([], h, updates=updates)
    np.testing.assert_array_equal(compute()[:, 0, 0], [0, 1, 3, 6])
    np.testing.assert_array_equal(shared.get_value(), [4])


def test_auxiliary_variables_of_a_step():
    total = Sum().apply(tensor.tensor3("x"), factor=2.0)[0]
    inner = ComputationGraph(total).scan_variables
    assert get_application_call(total).auxiliary_variables == []
    calls = {get_application_call(x) for x in inner} - {None}
    found = [x.name for call in calls for x in call.auxiliary_variables]
    assert found == ["sum_apply_mean"]
    assert [x.name for x in inner if has_roles(x, [AUXILIARY])] == found
