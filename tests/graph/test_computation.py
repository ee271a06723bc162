"""`ComputationGraph`: what it finds in a graph, and what it computes."""

import dataclasses

import pytest

import blocks.graph.methods  # noqa: F401
from blocks.errors import GraphError
from blocks.graph.annotations import Annotation, add_annotation
from blocks.graph.computation import ComputationGraph
from blocks.graph.op import Call, Op
from blocks.graph.ops.elementwise import exp, neg
from blocks.graph.traversal import toposort
from blocks.graph.types import TensorType
from blocks.graph.variable import Variable, shared
from blocks.roles import OUTPUT, WEIGHT, add_role


def symbol(name="x", dtype="float64", shape=()):
    return Variable(TensorType(dtype, shape), name=name)


@dataclasses.dataclass(frozen=True)
class SumAndDifference(Op):
    """Two outputs, x + y and x - y, to test ops with several."""

    def infer(self, *types):
        return types

    def lower(self, *types):
        return Call(lambda x, y: (x + y, x - y))

    def reference(self, x, y):
        return x + y, x - y


@dataclasses.dataclass(frozen=True)
class Looping(Op):
    """An op with a graph inside."""

    inner: tuple = ()

    def infer(self, *types):
        return types

    def inner_outputs(self):
        return self.inner

    def lower(self, *types):
        return Call(lambda x: (x,))

    def reference(self, x):
        return (x,)


# What a graph consists of


def test_variables_are_in_topological_order_without_duplicates():
    x, y = symbol("x"), symbol("y")
    shifted = x + 1
    product = shifted * y
    out = product - shifted
    graph = ComputationGraph([out, product])
    assert [str(v) for v in graph.variables] == [
        "x", "1", "x + 1", "y", "(x + 1) * y", "(x + 1) * y - (x + 1)",
    ]  # fmt: skip
    assert list(graph) == graph.variables
    for node in toposort(graph.outputs):
        for used in node.inputs:
            assert graph.variables.index(used) < graph.variables.index(node.outputs[0])


def test_kinds_of_variables():
    x, W, state = symbol("x"), shared(2.0, name="W"), shared(0.0, name="state")
    add_role(W, WEIGHT)
    hidden = x * W
    out = hidden + state
    graph = ComputationGraph(out)
    assert graph.inputs == [x]
    assert graph.outputs == [out]
    assert graph.shared_variables == [W, state]
    assert graph.parameters == [W]
    assert graph.intermediary_variables == [W, hidden, state]
    assert graph.dict_of_inputs() == {"x": x}


def test_output_that_is_an_input():
    x = symbol("x")
    graph = ComputationGraph(x)
    assert graph.variables == graph.inputs == graph.outputs == [x]
    assert graph.intermediary_variables == []


def test_outputs_of_ops_that_nobody_uses_are_left_out():
    x, y = symbol("x"), symbol("y")
    total, difference = SumAndDifference()(x, y)
    assert ComputationGraph(-difference).variables[:3] == [x, y, difference]
    assert total not in ComputationGraph(-difference).variables


def test_auxiliary_variables_and_what_they_depend_on_are_part_of_the_graph():
    x, other, annotation = symbol("x"), symbol("other"), Annotation()
    hidden = exp(x)
    add_annotation(hidden, annotation)
    inner = hidden * other
    recorded = neg(inner)
    annotation.add_auxiliary_variable(recorded, name="recorded")
    graph = ComputationGraph(hidden + 1)
    assert graph.auxiliary_variables == [recorded]
    order = [graph.variables.index(v) for v in (hidden, other, inner, recorded)]
    assert order == sorted(order)
    # The outputs do not need it, so neither does a function of them.
    assert graph.inputs == [x]
    assert graph.get_theano_function(mode="reference")(0.0) == [2.0]


def test_auxiliary_variables_of_annotations_of_auxiliary_variables():
    x, outer, inner = symbol("x"), Annotation(), Annotation()
    hidden, deep = exp(x), neg(x)
    add_annotation(hidden, outer)
    recorded = hidden * 2
    outer.add_auxiliary_variable(recorded)
    add_annotation(recorded, inner)
    inner.add_auxiliary_variable(deep)
    assert ComputationGraph(hidden).auxiliary_variables == [recorded, deep]


def test_scan_variables_are_those_inside_of_ops():
    x, step = symbol("x"), symbol("step")
    inside = exp(step)
    nested = Looping((inside,))(step)
    graph = ComputationGraph(Looping((nested,))(x))
    assert set(graph.scan_variables) == {step, nested, inside}
    assert ComputationGraph(exp(x)).scan_variables == []


def test_updates_are_carried_out():
    x, count = symbol("x"), shared(1.0, name="count")
    count.default_update = count + 1
    graph = ComputationGraph(x * count)
    assert graph.updates == {count: count.default_update}
    compiled = graph.get_theano_function(mode="reference")
    assert [compiled(10.0)[0], compiled(10.0)[0]] == [10.0, 20.0]


def test_additional_updates():
    x, total = symbol("x"), shared(0.0, name="total")
    compiled = ComputationGraph(x).get_theano_function([(total, total + x)], mode="reference")
    compiled(2.0)
    compiled(3.0)
    assert total.get_value() == 5.0


def test_snapshot_has_the_variables_with_roles_and_updates_nothing():
    x, W = symbol("x"), shared(2.0, name="W")
    W.default_update = W + 1
    add_role(W, WEIGHT)
    hidden = x * W
    add_role(hidden, OUTPUT)
    graph = ComputationGraph(hidden + 1)
    for data in ({"x": 3.0}, {x: 3.0}, {"x": 3.0, "unused": 1}):
        assert graph.get_snapshot(data) == {hidden: 6.0}
    assert W.get_value() == 2.0


def test_has_inputs():
    x, W = symbol("x"), shared(2.0, name="W")
    norm = W * W
    out = x + norm
    graph = ComputationGraph(out)
    assert graph.has_inputs(x)
    assert graph.has_inputs(out)
    assert not graph.has_inputs(W)
    assert not graph.has_inputs(norm)
    assert graph.has_inputs(exp(x))  # elsewhere
    assert not graph.has_inputs(exp(W))


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: ComputationGraph(3), r"expected a variable or several, got int 3"),
        (lambda: ComputationGraph([3.0]), r"expected variables as outputs, got float 3\.0"),
        (
            lambda: ComputationGraph(symbol("a") + symbol("a")).dict_of_inputs(),
            r"expected inputs with names of their own, got two named 'a' \(float64 scalar\)",
        ),
        (
            lambda: ComputationGraph(symbol(None)).dict_of_inputs(),
            r"expected inputs with names of their own, got one without a name",
        ),
    ],
)
def test_errors(act, message):
    with pytest.raises(GraphError, match=rf"^ComputationGraph: {message}"):
        act()


def test_snapshot_without_data():
    x = symbol("features")
    add_role(x, OUTPUT)
    with pytest.raises(
        GraphError, match=r"expected data for features \(float64 scalar\), got data for feature\."
    ):
        ComputationGraph(x).get_snapshot({"feature": 1.0})
