"""The life cycle of bricks: configuration, allocation, initialization, the tree."""

import copy
import pickle

import numpy as np
import pytest

from blocks import tensor
from blocks.bricks import MLP, Brick, Initializable, Linear, Sequence, Tanh, application, lazy
from blocks.bricks.base import NoneAllocation, NoneInitialization
from blocks.errors import BrickError
from blocks.filter import get_brick
from blocks.graph.computation import ComputationGraph
from blocks.graph.variable import shared
from blocks.initialization import Constant, IsotropicGaussian
from blocks.roles import PARAMETER, WEIGHT, add_role, has_roles


class Part(Brick):
    """Has one parameter of an adjustable size."""

    @lazy(allocation=["size"], initialization=["start"])
    def __init__(self, size, start, name_of_parameter="p", **kwargs):
        super().__init__(**kwargs)
        self.size = size
        self.start = start
        self.name_of_parameter = name_of_parameter
        self.calls = []

    def _push_allocation_config(self):
        self.calls.append("push_allocation_config")

    def _allocate(self):
        self.calls.append("allocate")
        value = np.full(self.size, np.nan)
        self.parameters.append(shared(value, name=self.name_of_parameter, shape=(self.size,)))

    def _push_initialization_config(self):
        self.calls.append("push_initialization_config")

    def _initialize(self):
        self.calls.append("initialize")
        self.parameters[0].set_value(np.full(self.size, float(self.start)))

    @application(inputs=["x"], outputs=["y"])
    def apply(self, x):
        return x + self.parameters[0]


class Whole(Brick):
    """Pushes its size to two parts."""

    @lazy(allocation=["size"])
    def __init__(self, size, parts=None, **kwargs):
        self.size = size
        super().__init__(
            children=parts or [Part(name="a", start=1), Part(name="b", start=2)], **kwargs
        )

    def _push_allocation_config(self):
        for child in self.children:
            child.size = self.size

    @application
    def apply(self, x):
        for child in self.children:
            x = child.apply(x)
        return x


def test_life_cycle_in_order_and_once():
    part = Part(2, 3)
    part.initialize()
    assert part.calls == [
        "push_allocation_config",
        "allocate",
        "push_initialization_config",
        "initialize",
    ]
    part.apply(tensor.vector("x"))
    assert len(part.calls) == 4
    assert part.allocated
    assert part.initialized
    assert part.allocation_config_pushed
    assert part.initialization_config_pushed


def test_configuration_is_pushed_down():
    whole = Whole(4)
    assert whole.children[0].size is NoneAllocation
    whole.initialize()
    assert [child.parameters[0].get_value()[0] for child in whole.children] == [1.0, 2.0]
    assert [child.parameters[0].type.shape for child in whole.children] == [(4,), (4,)]


def test_child_may_be_configured_after_an_explicit_push():
    whole = Whole(4)
    whole.push_allocation_config()
    whole.children[0].size = 1
    whole.allocate()
    assert [child.parameters[0].type.shape for child in whole.children] == [(1,), (4,)]


def test_parameters_are_nan_until_initialized():
    linear = Linear(2, 3)
    linear.allocate()
    assert all(np.isnan(x.get_value()).all() for x in linear.parameters)


def test_parameters_are_annotated():
    linear = Linear(2, 3, name="first")
    linear.allocate()
    W, b = linear.parameters
    assert get_brick(W) is linear
    assert has_roles(W, [WEIGHT])
    assert has_roles(b, [PARAMETER])
    assert W.tag.annotations == [linear]
    assert linear.get_hierarchical_name(W) == "/first.W"
    linear.parameters = [shared(np.zeros(2), name="other")]
    assert has_roles(linear.parameters[0], [PARAMETER])


def test_names_and_paths():
    mlp = MLP([Tanh(), None], [3, 4, 2])
    mlp.allocate()
    last = mlp.linear_transformations[-1]
    assert mlp.name == "mlp"
    assert last.get_unique_path() == [mlp, last]
    assert last.get_hierarchical_name(last.W) == "/mlp/linear_1.W"
    assert last.get_hierarchical_name(last.W, delimiter="|") == "|mlp|linear_1.W"
    assert repr(last) == "<Linear /mlp/linear_1: 4 -> 2>"
    assert last.parents == [mlp]
    assert last.get_dims(["input_", "output"]) == [4, 2]


def test_of_several_parents_the_first_by_name_counts():
    shared_brick = Tanh()
    for name in ("second", "first"):
        Sequence([shared_brick.apply], name=name)
    assert [brick.name for brick in shared_brick.get_unique_path()] == ["first", "tanh"]


def test_children_know_their_parents():
    parent, child, other = Brick(name="parent"), Tanh(name="child"), Tanh(name="other")
    parent.children.append(child)
    assert child.parents == [parent]
    parent.children[0] = other
    assert (child.parents, other.parents) == ([], [parent])
    parent.children = [child, other]
    assert (child.parents, other.parents) == ([parent], [parent])
    del parent.children[0]
    assert (child.parents, parent.children) == ([], [other])


def test_brick_under_two_parents_has_one_set_of_parameters():
    linear = Linear(2, 2)
    x = tensor.matrix("x")
    first = Sequence([linear.apply], name="first").apply(x)
    W = linear.W
    second = Sequence([linear.apply, Tanh().apply], name="second").apply(x)
    assert linear.W is W
    assert len(linear.auxiliary_variables) == 2
    graph = ComputationGraph([first, second])
    assert set(graph.parameters) == set(linear.parameters)
    assert len(graph.parameters) == 2


def test_allocating_again_keeps_parameters_that_still_fit():
    part = Part(2, 3)
    part.initialize()
    (old,) = part.parameters
    part.allocate()
    assert part.parameters[0] is old
    assert part.initialized
    part.size = 5
    part.allocate()
    assert part.parameters[0].type.shape == (5,)
    assert not part.initialized


def test_auxiliary_variables_of_old_parameters_go_with_them():
    linear = Linear(2, 3)
    linear.add_auxiliary_variable(tensor.scalar("own"))
    linear.allocate()
    old = linear.auxiliary_variables
    linear.input_dim = 4
    linear.allocate()
    assert [x.name for x in linear.auxiliary_variables] == ["own", "W_norm", "b_norm"]
    assert linear.auxiliary_variables[0] is old[0]
    assert linear.auxiliary_variables[1] is not old[1]


def test_two_parents_that_configure_a_brick_differently():
    part = Part(start=0, name="part")
    first, second = Whole(2, [part], name="first"), Whole(3, [part], name="second")
    first.allocate()
    (old,) = part.parameters
    with pytest.raises(
        BrickError,
        match=r"/first/part: expected one configuration from its parents /first and /second, got "
        r"parameters p \(2,\) and then p \(3,\)\. Use two bricks",
    ):
        second.allocate()
    assert part.parameters[0] is old


def test_lazy_arguments_by_position_keyword_and_later():
    assert (Part(2).size, Part(size=2).size, Part(2, 3).start) == (2, 2, 3)
    part = Part()
    assert part.size is NoneAllocation
    assert part.start is NoneInitialization
    assert part.allocation_args == ["size"]
    assert part.initialization_args == ["start"]
    part.size, part.start = 2, 1
    part.initialize()
    assert list(part.parameters[0].get_value()) == [1.0, 1.0]


def test_copied_brick_lives_on():
    linear = Linear(2, 3, weights_init=Constant(2), biases_init=Constant(1))
    linear.initialize()
    again = copy.deepcopy(linear)
    np.testing.assert_array_equal(again.W.get_value(), linear.W.get_value())
    assert get_brick(again.W) is again
    np.testing.assert_array_equal(again.apply(np.ones((1, 2))).eval(), [[5.0, 5.0, 5.0]])


def test_pickled_configuration():
    mlp = MLP([Tanh(), None], [2, 3, None], seed=3)
    again = pickle.loads(pickle.dumps(mlp))
    again.output_dim = 4
    assert again.apply(tensor.matrix("x")).type.shape == (None, 4)
    assert again.seed == 3


class Twice(Brick):
    def _allocate(self):
        self.parameters = [shared(np.zeros(2), name="p"), shared(np.zeros(2), name="p")]


class NoScheme(Initializable):
    def _initialize(self):
        self.weights_init.initialize(None, self.rng)


class OwnMistake(Initializable):
    def _initialize(self):
        self.missing.initialize()


BAD = [
    (
        lambda: Linear(output_dim=3).apply(tensor.matrix("x")),
        BrickError,
        r"^/linear: expected input_dim before its parameters are allocated, got none\. Pass "
        r"input_dim=\.\.\. to Linear, or set it on the brick or a parent\.$",
    ),
    (
        lambda: Linear().allocate(),
        BrickError,
        r"expected input_dim and output_dim before",
    ),
    (
        lambda: Sequence([Tanh().apply, Linear(name="out").apply], name="net").allocate(),
        BrickError,
        r"^/net/out: expected input_dim and output_dim before",
    ),
    (
        lambda: Part(2, name="part").initialize(),
        BrickError,
        r"^/part: expected start before it is initialized, got none\. Pass start=\.\.\. to Part",
    ),
    (
        lambda: Linear(2, 3).initialize(),
        BrickError,
        r"^/linear: expected weights_init and biases_init before it is initialized, got none\. "
        r"Pass a scheme of blocks\.initialization to the brick or to one of its parents\.$",
    ),
    (
        lambda: MLP([None], [2, 3], weights_init=Constant(0)).initialize(),
        BrickError,
        r"^/mlp/linear_0: expected biases_init before it is initialized, got none\.",
    ),
    (
        lambda: NoScheme(biases_init=Constant(0)).initialize(),
        BrickError,
        r"^/noscheme: expected weights_init before",
    ),
    (lambda: OwnMistake().initialize(), AttributeError, r"no attribute 'missing'"),
    (
        lambda: Sequence([Linear(2, 2).apply, Linear(2, 2).apply], name="net").allocate(),
        BrickError,
        r"^/net: expected children with different names, got two named 'linear' \(Linear and "
        r"Linear\), whose parameters would share the path /net/linear\. Pass another name= to",
    ),
    (
        lambda: Twice().allocate(),
        BrickError,
        r"^/twice: expected parameters with different names, got 2 named 'p'\. Pass another",
    ),
    (
        lambda: Brick(name="a/b"),
        BrickError,
        r"^Brick: expected a name without '/', got 'a/b'\.",
    ),
    (
        lambda: Brick(children=[Tanh]),
        BrickError,
        r"^/brick: expected bricks as children, got the class Tanh\. Create one: Tanh\(\.\.\.\)\.",
    ),
    (
        lambda: Brick(children=["tanh"]),
        BrickError,
        r"^/brick: expected bricks as children, got str 'tanh'\.",
    ),
    (
        lambda: Brick().parameters.append(np.zeros(2)),
        BrickError,
        r"^/brick: expected shared variables as parameters, got ndarray\.",
    ),
    (
        lambda: Linear(imput_dim=3),
        TypeError,
        r"^Linear: expected only arguments that it knows, got imput_dim=\. Did you mean "
        r"'input_dim'",
    ),
    (lambda: Linear(1, 2, 3), TypeError, r"^Linear: too many positional arguments"),
    (
        lambda: Linear(2, 3).get_dim("states"),
        BrickError,
        r"^/linear: expected the name of an input or output with a dimension, got 'states'\.",
    ),
    (lambda: Brick().get_dims(["x"]), BrickError, r"^/brick: expected the name of an input"),
]


@pytest.mark.parametrize(("act", "error", "text"), BAD)
def test_bad_use(act, error, text):
    with pytest.raises(error, match=text):
        act()


def test_children_without_parameters_may_share_a_name():
    mlp = MLP([Tanh(), Tanh()], [2, 2, 2])
    mlp.allocate()
    assert [child.name for child in mlp.children] == ["linear_0", "tanh", "linear_1", "tanh"]


@pytest.mark.parametrize("step", ["allocation", "initialization"])
def test_failed_push_may_be_repeated(step):
    class Fussy(Brick):
        ready = False

        def _push_allocation_config(self):
            if step == "allocation" and not self.ready:
                raise ValueError("not yet")

        def _push_initialization_config(self):
            if step == "initialization" and not self.ready:
                raise ValueError("not yet")

    fussy = Fussy()
    parent = Brick(children=[fussy])
    push = getattr(parent, f"push_{step}_config")
    with pytest.raises(ValueError, match="not yet"):
        push()
    assert not getattr(parent, f"{step}_config_pushed")
    fussy.ready = True
    push()
    assert getattr(parent, f"{step}_config_pushed")


def test_old_style_brick_from_the_documentation():
    class Recentre(Initializable):
        @lazy(allocation=["dim"])
        def __init__(self, dim, **kwargs):
            super().__init__(**kwargs)
            self.dim = dim

        def _allocate(self):
            centre = shared(np.full(self.dim, np.nan), name="centre", shape=(self.dim,))
            add_role(centre, WEIGHT)
            self.parameters.append(centre)

        def _initialize(self):
            (centre,) = self.parameters
            self.weights_init.initialize(centre, self.rng)

        @application(inputs=["input_"], outputs=["output"])
        def apply(self, input_):
            (centre,) = self.parameters
            return input_ - centre

    brick = Recentre(3, weights_init=IsotropicGaussian(1), seed=4)
    brick.initialize()
    expected = 1 - np.random.RandomState(4).normal(0, 1, 3)
    np.testing.assert_array_equal(brick.apply(np.ones(3)).eval(), expected)
