"""`VariableFilter` and the functions that find the brick and the call of a variable."""

import re

import pytest

from blocks.errors import GraphError
from blocks.filter import VariableFilter, get_annotation, get_application_call, get_brick
from blocks.graph.annotations import Annotation, add_annotation
from blocks.graph.computation import ComputationGraph
from blocks.graph.ops.elementwise import add, exp, mul
from blocks.graph.types import TensorType
from blocks.graph.variable import Variable
from blocks.roles import BIAS, COST, INPUT, OUTPUT, PARAMETER, WEIGHT, add_role


class Brick(Annotation):
    """Offers what the filter knows a brick by."""

    def get_unique_path(self):
        """Return where it is."""


class Linear(Brick):
    """A brick."""


class Maxout(Linear):
    """A brick of a subclass."""


class Application:
    """An application of a class of bricks."""

    application_function = None


class Bound:
    """An application of one brick; a new object each time it is asked for."""

    def __init__(self, application, brick):
        self.application = application
        self.brick = brick


class Call(Annotation):
    """One call of an application."""

    def __init__(self, application, **metadata):
        super().__init__()
        self.application = application
        self.metadata = metadata


APPLY, COST_OF = Application(), Application()


def variable(name, short=None, roles=(), annotations=()):
    x = Variable(TensorType("float64"), name=name)
    if short is not None:
        x.tag.name = short
    for role in roles:
        add_role(x, role)
    for annotation in annotations:
        add_annotation(x, annotation)
    return x


first, second, maxout = Linear(), Linear(), Maxout()
calls = [
    Call(Bound(APPLY, first), call_id="train"),
    Call(Bound(APPLY, second), call_id="test"),
    Call(Bound(COST_OF, first)),
]
W1 = variable("W", "W", [WEIGHT], [first])
b1 = variable("b", "b", [BIAS], [first])
W2 = variable("W", "W", [WEIGHT], [second])
Wm = variable("W", "W", [WEIGHT], [maxout])
x1 = variable("linear_0_apply_input_", "input_", [INPUT], [first, calls[0]])
y1 = variable("linear_0_apply_output", "output", [OUTPUT], [first, calls[0]])
y2 = variable("linear_1_apply_output", "output", [OUTPUT, COST], [second, calls[1]])
c1 = variable("linear_0_cost_cost", "cost", [COST], [first, calls[2]])
bare = variable("bare")
unnamed = variable(None)
ALL = [W1, b1, W2, Wm, x1, y1, y2, c1, bare, unnamed]


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        ({}, ALL),
        ({"roles": [WEIGHT]}, [W1, W2, Wm]),
        ({"roles": WEIGHT}, [W1, W2, Wm]),
        ({"roles": (r for r in [WEIGHT])}, [W1, W2, Wm]),
        ({"roles": [PARAMETER]}, [W1, b1, W2, Wm]),
        ({"roles": [OUTPUT, COST]}, [y1, y2, c1]),
        ({"roles": [OUTPUT, COST], "each_role": True}, [y2]),
        ({"bricks": [first]}, [W1, b1, x1, y1, c1]),
        ({"bricks": first}, [W1, b1, x1, y1, c1]),
        ({"bricks": [Maxout]}, [Wm]),
        ({"bricks": Maxout}, [Wm]),
        ({"bricks": [Linear]}, [W1, b1, W2, Wm, x1, y1, y2, c1]),
        ({"bricks": [second, Maxout]}, [W2, Wm, y2]),
        ({"bricks": []}, []),
        ({"bricks": [first], "roles": [WEIGHT]}, [W1]),
        ({"name": "output"}, [y1, y2]),
        ({"name": "out"}, []),
        ({"name_regex": "out"}, [y1, y2]),
        ({"name_regex": "put"}, []),
        ({"name_regex": re.compile("(in|out)put")}, [x1, y1, y2]),
        ({"theano_name": "linear_1_apply_output"}, [y2]),
        ({"theano_name": "output"}, []),
        ({"theano_name_regex": "linear_0"}, [x1, y1, c1]),
        ({"theano_name_regex": ".*_output$"}, [y1, y2]),
        ({"call_id": "test"}, [y2]),
        ({"call_id": "absent"}, []),
        ({"applications": [Bound(APPLY, first)]}, [x1, y1]),
        ({"applications": Bound(APPLY, first)}, [x1, y1]),
        ({"applications": [APPLY]}, [x1, y1, y2]),
        ({"applications": COST_OF}, [c1]),
        ({"applications": [Bound(APPLY, second), COST_OF]}, [y2, c1]),
        ({"applications": []}, []),
        ({"applications": [APPLY], "bricks": [second], "roles": [OUTPUT], "name": "output"}, [y2]),
    ],
)
def test_filter(criteria, expected):
    assert VariableFilter(**criteria)(ALL) == expected


def test_filter_keeps_order_and_takes_a_graph_or_one_variable():
    assert VariableFilter(roles=[WEIGHT])([W2, bare, W1]) == [W2, W1]
    assert VariableFilter(roles=[WEIGHT])(ComputationGraph(W2)) == [W2]
    assert VariableFilter(roles=[WEIGHT])(W1) == [W1]


def test_weights_of_the_tutorial_come_first_layer_first():
    x, first_W, second_W, b = variable("x"), variable("W"), variable("W"), variable("b")
    add_role(first_W, WEIGHT)
    add_role(second_W, WEIGHT)
    hidden = exp(add(mul(x, first_W), b))
    cost = exp(mul(hidden, second_W))
    assert VariableFilter(roles=[WEIGHT])(ComputationGraph(cost).variables) == [first_W, second_W]
    # The penalty on the weights names the second first, yet order follows the graph.
    penalised = add(cost, add(mul(second_W, second_W), mul(first_W, first_W)))
    found = VariableFilter(roles=[WEIGHT])(ComputationGraph(penalised).variables)
    assert found == [first_W, second_W]


@pytest.mark.parametrize(
    ("criteria", "message"),
    [
        ({"roles": "WEIGHT"}, r"expected roles such as WEIGHT in roles, got str 'WEIGHT'"),
        ({"roles": [WEIGHT, 3]}, r"expected roles such as WEIGHT in roles, got int 3"),
        ({"roles": [type(WEIGHT)]}, r"in roles, got type <class 'blocks\.roles\.WeightRole'>"),
        ({"bricks": "linear"}, r"expected bricks or classes of bricks in bricks, got str"),
        ({"bricks": [Annotation()]}, r"classes of bricks in bricks, got Annotation"),
        ({"bricks": [int]}, r"classes of bricks in bricks, got type <class 'int'>"),
        ({"applications": [len]}, r"expected applications such as brick\.apply in applications"),
        ({"applications": first}, r"applications such as brick\.apply in applications, got Linear"),
        ({"name": 3}, r"expected a name as text in name, got int 3"),
        ({"theano_name": ["W"]}, r"expected a name as text in theano_name, got list"),
        ({"name_regex": "("}, r"expected a regular expression in name_regex, got '\('"),
        ({"theano_name_regex": 3}, r"expected a regular expression in theano_name_regex, got 3"),
    ],
)
def test_errors(criteria, message):
    with pytest.raises(GraphError, match=rf"^VariableFilter: .*{message}"):
        VariableFilter(**criteria)


def test_variables_are_checked():
    with pytest.raises(GraphError, match=r"expected variables, got str 'W'.*ComputationGraph"):
        VariableFilter(roles=[WEIGHT])(["W"])


def test_get_annotation_brick_and_call():
    assert get_annotation(y1, Linear) is first
    assert get_annotation(y1, Call) is calls[0]
    assert get_annotation(y1, Maxout) is None
    assert get_brick(y1) is first
    assert get_brick(W2) is second
    assert get_application_call(y1) is calls[0]
    assert get_application_call(W2) is None
    assert get_brick(bare) is None
    assert get_application_call(bare) is None
