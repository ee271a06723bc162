"""Applications: names, tags, properties, delegates, calls and their errors."""

import copy
import pickle

import numpy as np
import pytest

from blocks import tensor
from blocks.bricks import MLP, Brick, Initializable, Linear, Sequence, Tanh, application
from blocks.bricks.base import Application, ApplicationCall, BoundApplication
from blocks.errors import BrickError, ShapeError
from blocks.filter import VariableFilter, get_application_call, get_brick
from blocks.graph.computation import ComputationGraph
from blocks.initialization import Constant
from blocks.roles import AUXILIARY, COST, INPUT, OUTPUT, has_roles


class Adder(Brick):
    @application(inputs=["x", "y"], outputs=["total", "difference"])
    def apply(self, x, y=1.0, scale=2, application_call=None):
        application_call.add_auxiliary_variable(x + 1, roles=[COST], name="more")
        application_call.metadata["scale"] = scale
        return scale * (x + y), x - y

    @application
    def gather(self, first, application, *rest, **named):
        assert application == self.gather
        return [first, *rest, *named.values()]

    @application
    def nothing(self, x):
        return None

    @application(outputs=["one"])
    def too_many(self, x):
        return x, x

    @application(outputs=["one"])
    def forgotten(self, x):
        x + 1


def value(x):
    return float(x.eval())


def test_class_gives_the_application_and_brick_a_bound_one():
    adder = Adder()
    assert type(Adder.apply) is Application
    assert isinstance(adder.apply, BoundApplication)
    assert adder.apply.brick is adder
    assert adder.apply.application is Adder.apply
    assert (adder.apply.name, Adder.apply.name, str(adder.apply)) == (
        "apply",
        "apply",
        "/adder.apply",
    )
    assert Adder.apply.__doc__ is None
    assert Linear.apply.__doc__.startswith("Return ``input_`` W + b.")
    assert [value(y) for y in Adder.apply(adder, 3.0)] == [8.0, 2.0]


def test_bound_applications_are_equal_if_brick_and_method_are():
    adder, other = Adder(), Adder()
    assert adder.apply == adder.apply
    assert len({adder.apply, adder.apply, other.apply, adder.gather}) == 3


def test_inputs_and_outputs_are_tagged_copies():
    x = tensor.vector("x")
    adder = Adder(name="sum")
    total, difference = adder.apply(x)
    assert (total.name, difference.name) == ("sum_apply_total", "sum_apply_difference")
    assert (total.tag.name, difference.tag.name) == ("total", "difference")
    assert total.tag.roles == [OUTPUT]
    assert get_brick(total) is adder
    call = get_application_call(total)
    assert isinstance(call, ApplicationCall)
    assert call.application == adder.apply
    inputs = VariableFilter(roles=[INPUT], bricks=[adder])(ComputationGraph(total).variables)
    assert [v.name for v in inputs] == ["sum_apply_x"]
    assert inputs[0].tag.name == "x"
    assert inputs[0] is not x
    assert not hasattr(x.tag, "roles")
    assert get_application_call(inputs[0]) is call


def test_positional_and_keyword_variables_of_any_number_are_tagged():
    a, b, c, d = tensor.scalars("a", "b", "c", "d")
    outputs = Adder().gather(a, b, c, extra=d)
    graph = ComputationGraph(outputs)
    assert [y.name for y in outputs] == [f"adder_gather_output_{i}" for i in range(4)]
    names = {x.tag.name for x in VariableFilter(roles=[INPUT])(graph.variables)}
    assert names == {"first", "rest_0", "rest_1", "extra"}


def test_injected_call_records_auxiliary_variables():
    adder = Adder()
    total, _ = adder.apply(tensor.vector("x"), scale=5)
    call = get_application_call(total)
    assert call.metadata == {"scale": 5}
    (more,) = call.auxiliary_variables
    assert (more.name, more.tag.name) == ("adder_apply_more", "more")
    assert has_roles(more, [AUXILIARY, COST], match_all=True)
    assert get_brick(more) is adder
    assert more in ComputationGraph(total).auxiliary_variables


def test_call_id():
    x = tensor.vector("x")
    total, _ = Adder().apply(x, call_id="first")
    assert get_application_call(total).metadata["call_id"] == "first"


def test_as_dict_and_as_list():
    x = tensor.vector("x")
    assert list(Adder().apply(x, as_dict=True)) == ["total", "difference"]
    assert len(Tanh().apply(x, as_list=True)) == 1
    assert list(Tanh().apply(x, as_dict=True)) == ["output"]
    assert Adder().nothing(x) is None


def test_arrays_lists_and_numbers_become_constants():
    adder = Adder()
    for x in (np.asarray(3.0), np.float64(3.0), 3.0, tensor.constant(3.0)):
        assert value(adder.apply(x)[0]) == 8.0
    np.testing.assert_array_equal(adder.apply([3.0, 4.0], np.ones(2))[0].eval(), [8.0, 10.0])
    graph = ComputationGraph(adder.gather(np.ones(2)))
    assert [x.tag.name for x in VariableFilter(roles=INPUT)(graph.variables)] == ["first"]


@pytest.mark.parametrize(
    ("act", "error", "text"),
    [
        (
            lambda x: Adder().apply(),
            TypeError,
            r"/adder\.apply: expected the arguments \(x, y=1\.0, scale=2\), got 0 by position: "
            r"missing a required argument: 'x'\.",
        ),
        (
            lambda x: Adder().apply(x, x, 2, x),
            TypeError,
            r"/adder\.apply: expected the arguments .*, got 4 by position: too many",
        ),
        (
            lambda x: Adder().apply(x, z=x),
            TypeError,
            r"/adder\.apply: expected .*, got 1 by position and z=: got an unexpected keyword",
        ),
        (
            lambda x: Adder().apply("x"),
            TypeError,
            r"/adder\.apply: expected a variable or an array as x, got str 'x'\.",
        ),
        (
            lambda x: Linear(2, 3).apply(Tanh().apply),
            TypeError,
            r"/linear\.apply: expected a variable or an array as input_, got BoundApplication "
            r"/tanh\.apply\.",
        ),
        (
            lambda x: Adder().apply(x, as_dict=True, as_list=True),
            TypeError,
            r"/adder\.apply: expected one of as_dict and as_list, got both\.",
        ),
        (
            lambda x: Adder().too_many(x),
            BrickError,
            r"/adder\.too_many: expected the outputs one, got 2\. Return what outputs=",
        ),
        (
            lambda x: Adder().forgotten(x),
            BrickError,
            r"/adder\.forgotten: expected the outputs one, got none\. Return what",
        ),
        (
            lambda x: Adder().gather.states,
            AttributeError,
            r"/adder\.gather: expected an application with states, got one without\. Declare "
            r'them with @application\(states=\[\.\.\.\]\) or @gather\.property\("states"\)\.',
        ),
        (
            lambda x: application("inputs"),
            TypeError,
            r"application: expected a method or keywords such as outputs=\['output'\], got ",
        ),
        (
            lambda x: application(outputs="output")(lambda self: 0),
            TypeError,
            r"expected a list of names as outputs, got 'output'\. Write outputs=\['output'\]\.",
        ),
        (
            lambda x: application(Adder.apply),
            TypeError,
            r"application: expected a method of a brick, got ",
        ),
        (
            lambda x: application(lambda: 0),
            TypeError,
            r"expected the brick as first parameter, got none\.",
        ),
        (
            lambda x: Adder.apply.property(len),
            TypeError,
            r"apply\.property: expected the name of a property, got .*Write @apply\.property",
        ),
    ],
)
def test_bad_use(act, error, text):
    with pytest.raises(error, match=text):
        act(tensor.vector("x"))


def test_shape_errors_name_brick_and_op_where_apply_is_called():
    mlp = MLP([Tanh()], [3, 2])
    with pytest.raises(ShapeError, match=r"^/mlp/linear_0\.apply: dot: expected"):
        mlp.apply(np.zeros((4, 5)))


def test_declared_dimensions_are_checked_between_bricks():
    first, second = Linear(4, 3, name="first"), Linear(2, 1, name="second")
    h = first.apply(tensor.matrix("x"))
    with pytest.raises(ShapeError, match=r"^/second\.apply: dot: .*3.*2"):
        second.apply(h)


class Inner(Brick):
    @application(inputs=["a"], outputs=["b"], states=["s"], flavour="sweet")
    def apply(self, a):
        return a

    @application(outputs=apply.states)
    def initial(self, batch_size):
        return batch_size

    @apply.property("sequences")
    def apply_sequences(self):
        return ["sequence", self.name]

    @apply.property("colour")
    def apply_colour(self):
        return "red"


class Outer(Brick):
    def __init__(self, **kwargs):
        self.inner = Inner()
        super().__init__(children=[self.inner], **kwargs)

    @application(contexts=["c"])
    def apply(self, *args, **kwargs):
        return self.inner.apply(*args, **kwargs)

    @apply.delegate
    def apply_delegate(self):
        return self.inner.apply


class Overriding(Inner):
    def apply_sequences(self):
        return ["other"]


def test_properties_of_applications():
    inner = Inner()
    assert inner.apply.inputs == ["a"]
    assert inner.apply.states == ["s"]
    assert inner.apply.sequences == ["sequence", "inner"]
    assert (inner.apply.colour, inner.apply.flavour) == ("red", "sweet")
    assert Inner.apply.states == ["s"]
    assert inner.initial.outputs == ["s"]
    assert inner.initial.inputs == ["batch_size"]
    assert Overriding().apply.sequences == ["other"]


def test_delegated_properties():
    outer = Outer()
    assert (outer.apply.inputs, outer.apply.outputs) == (["a"], ["b"])
    assert outer.apply.sequences == ["sequence", "inner"]
    assert outer.apply.contexts == ["c"]
    y = outer.apply(tensor.vector("x"))
    assert y.name == "outer_apply_b"
    assert not hasattr(Adder().apply, "colour")


def test_lists_of_names_are_copies():
    inner = Inner()
    inner.apply.inputs.append("changed")
    Inner.apply.inputs.append("changed")
    assert inner.apply.inputs == Inner.apply.inputs == ["a"]


def test_super_application():
    class Louder(Tanh):
        @application(inputs=["input_"], outputs=["output"])
        def apply(self, input_):
            return 2 * super().apply(input_)

    assert value(Louder().apply(100.0)) == 2.0


def test_copies_and_pickles_follow_the_brick():
    sequence = Sequence([Tanh(name="t").apply])
    for copied in (copy.deepcopy(sequence), pickle.loads(pickle.dumps(sequence))):
        (method,) = copied.application_methods
        assert method.brick is copied.children[0]
        assert method.brick is not sequence.children[0]
        assert method.application is Tanh.apply


def test_apply_allocates_but_never_initializes():
    linear = Linear(2, 3)
    linear.apply(tensor.matrix("x"))
    assert linear.allocated
    assert not linear.initialized
    assert np.isnan(linear.W.get_value()).all()


def test_applying_a_stranger_warns():
    stranger = Tanh(name="stranger")

    class Careless(Brick):
        @application
        def apply(self, x):
            return stranger.apply(x)

    with pytest.warns(UserWarning, match=r"/careless: expected to apply only its children, got /s"):
        Careless().apply(tensor.vector("x"))


def test_running_bricks_are_forgotten_after_an_error():
    class Broken(Brick):
        @application
        def apply(self, x):
            raise KeyError("broken")

    with pytest.raises(KeyError):
        Broken().apply(tensor.vector("x"))
    assert Application.call_stack == []
    Tanh().apply(tensor.vector("x"))  # would warn


def test_call_stack_holds_the_running_bricks():
    class Watching(Brick):
        @application
        def apply(self, x):
            self.seen = Application.call_stack
            return x

    inner = Watching()
    outer = Sequence([inner])
    outer.apply(tensor.vector("x"))
    assert inner.seen == [outer, inner]
    assert Watching.apply.application_function.__name__ == "apply"


def test_print_shapes(capsys):
    linear = Linear(2, 3, weights_init=Constant(1), biases_init=Constant(0))
    linear.initialize()
    linear.print_shapes = True
    x = tensor.matrix("x")
    y = linear.apply(x)
    gradient = tensor.grad(y.sum(), x)
    np.testing.assert_array_equal(gradient.eval({x: np.zeros((4, 2))}), np.full((4, 2), 3.0))
    y.eval({x: np.zeros((4, 2))})
    lines = capsys.readouterr().out.splitlines()
    assert "linear_apply_input_ (4, 2)" in lines
    assert "linear_apply_output (4, 3)" in lines
    assert not Linear.print_shapes


def test_abstract_bricks_cannot_be_made():
    from abc import abstractmethod

    class Shape(Initializable):
        @abstractmethod
        def area(self): ...

    with pytest.raises(TypeError, match="abstract"):
        Shape()


def test_an_application_of_a_class_needs_a_brick():
    with pytest.raises(TypeError, match=r"apply: expected a brick as the first argument, got Var"):
        Tanh.apply(tensor.matrix("x"))
