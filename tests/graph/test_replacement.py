"""`replace`: what it keeps, how replacements compose, and what it refuses."""

import dataclasses

import numpy as np
import pytest

import blocks.graph.methods  # noqa: F401
from blocks.compile import function
from blocks.errors import GraphError, ShapeError
from blocks.graph.annotations import Annotation, add_annotation
from blocks.graph.computation import ComputationGraph
from blocks.graph.op import Apply, Call, Op
from blocks.graph.ops.elementwise import exp, identity, neg
from blocks.graph.origin import building
from blocks.graph.replacement import Replacement
from blocks.graph.traversal import toposort, variables
from blocks.graph.types import TensorType
from blocks.graph.variable import Variable, constant, shared
from blocks.roles import AUXILIARY, COST, OUTPUT, PARAMETER, add_role


def symbol(name="x", dtype="float64", shape=()):
    return Variable(TensorType(dtype, shape), name=name)


def run(outputs, **values):
    symbols = [x for x in variables(outputs) if x.name in values and x.owner is None]
    compiled = function(symbols, list(outputs), mode="reference")
    return compiled(*(values[x.name] for x in symbols))


@dataclasses.dataclass(frozen=True)
class SumAndDifference(Op):
    """Two outputs, x + y and x - y, to test ops with several."""

    def infer(self, *types):
        return types

    def lower(self, *types):
        return Call(lambda x, y: (x + y, x - y))

    def reference(self, x, y):
        return x + y, x - y


class Scheme:
    """An aggregation scheme that goes along with `replace`."""

    def __init__(self, numerator):
        self.numerator = numerator

    def with_replaced(self, find):
        return Scheme(find(self.numerator))


def test_replacements_compose():
    x = symbol("x")
    h1 = x + 1
    h2 = h1 * 10
    new = ComputationGraph([h2, h1]).replace({h2: h2 * 3, h1: h1 * 2})
    assert run(new.outputs, x=4.0) == [300.0, 10.0]


def test_outputs_are_replaced_too():
    x = symbol("x")
    out = x + 1
    replacement = out * 5
    new = ComputationGraph([out, x]).replace({out: replacement})
    assert new.outputs == [replacement, x]


def test_pairs_and_numbers_as_replacements():
    x = symbol("x")
    y = x * 2
    new = ComputationGraph(y + 1).replace([(y, 5.0 * constant(1.0, dtype="float64"))])
    assert run(new.outputs) == [6.0]


def test_a_target_used_twice_is_replaced_once_everywhere():
    x = symbol("x")
    h = exp(x)
    new = ComputationGraph(h * h + h).replace({h: h * 2})
    assert [str(node.op) for node in toposort(new.outputs)] == ["exp", "mul", "mul", "add"]
    assert run(new.outputs, x=0.0) == [6.0]


def test_a_replacement_that_is_part_of_the_graph():
    x = symbol("x")
    h = x + 1
    doubled = h * 2
    out = doubled - 3
    assert run(ComputationGraph(out).replace({h: doubled}).outputs, x=0.0) == [1.0]


def test_a_replacement_sees_other_targets_replaced():
    x, y = symbol("x"), symbol("y")
    graph = ComputationGraph(x * y)
    assert run(graph.replace({x: y + 1, y: y * 10}).outputs, y=2.0) == [420.0]


def test_one_output_of_several():
    x, y = symbol("x"), symbol("y")
    total, difference = SumAndDifference()(x, y)
    new = ComputationGraph(total * 100 + difference).replace({total: total * 2, x: x + 1})
    assert run(new.outputs, x=1.0, y=2.0) == [800.0]
    assert len([n for n in toposort(new.outputs) if isinstance(n.op, SumAndDifference)]) == 1


def test_nothing_to_replace_gives_the_same_variables():
    x = symbol("x")
    out = exp(x) + 1
    new = ComputationGraph(out).replace({})
    assert new.outputs == [out]
    assert new.replaced == {v: v for v in new.variables}


def test_nodes_that_depend_on_no_target_are_shared():
    x, y = symbol("x"), symbol("y")
    kept, changed = exp(x), exp(y)
    new = ComputationGraph(kept + changed).replace({y: y * 2})
    assert kept in new.variables
    assert changed not in new.variables


def test_replaced_finds_every_variable():
    x = symbol("x")
    h = x + 1
    out = exp(h)
    replacement = h * 2
    graph = ComputationGraph(out)
    new = graph.replace({h: replacement})
    assert list(new.replaced) == graph.variables
    assert new.replaced[x] is x
    assert new.replaced[h] is replacement
    assert new.replaced[out] is new.outputs[0]
    assert new.outputs[0].owner.inputs == (replacement,)


def test_names_roles_tags_and_annotations_are_kept():
    x, annotation = symbol("x"), Annotation()
    h = x + 1
    out = exp(h)
    out.name = "out"
    out.tag.name = "short"
    out.tag.mine = {"any": "thing"}
    add_role(out, COST)
    add_annotation(out, annotation)
    (new,) = ComputationGraph(out).replace({h: h * 2}).outputs
    assert new is not out
    assert (new.name, new.tag.name, new.tag.mine) == ("out", "short", {"any": "thing"})
    assert new.tag.roles == [COST]
    assert new.tag.annotations == [annotation]
    add_role(new, OUTPUT)
    assert out.tag.roles == [COST]


def test_origins_are_kept():
    x = symbol("x")
    with building("/mlp.apply"):
        out = exp(x)
    (new,) = ComputationGraph(out).replace({x: x * 2}).outputs
    assert new.owner.origin == out.owner.origin
    assert new.owner.origin.place == "/mlp.apply"


def test_aggregation_schemes_survive():
    x = symbol("x")
    numerator = x * 10
    cost = numerator + 0
    apart = exp(x)  # not in the graph of the cost
    cost.tag.aggregation_scheme = Scheme(numerator)
    cost.tag.other_scheme = Scheme(apart)
    (new,) = ComputationGraph(cost).replace({x: x + 1}).outputs
    scheme = new.tag.aggregation_scheme
    assert scheme.numerator is new.owner.inputs[0]
    assert run([scheme.numerator, new.tag.other_scheme.numerator], x=-1.0) == [0.0, 1.0]
    assert cost.tag.aggregation_scheme.numerator is numerator


def annotated():
    """Return an input, a hidden variable, an auxiliary of it, and an output."""
    x, annotation = symbol("x"), Annotation()
    h = x + 1
    out = h * 10
    add_annotation(out, annotation)
    recorded = h - 1
    annotation.add_auxiliary_variable(recorded, name="recorded")
    return x, h, recorded, out


def test_auxiliary_variables_are_replaced_along():
    _, h, recorded, out = annotated()
    new = ComputationGraph(out).replace({h: h * 2})
    (auxiliary,) = new.auxiliary_variables
    assert auxiliary is new.replaced[recorded]
    assert auxiliary is not recorded
    assert auxiliary.name == "recorded"
    assert auxiliary.tag.roles == [AUXILIARY]
    assert run([auxiliary], x=4.0) == [9.0]
    assert recorded not in new.variables
    # A graph made from the new outputs, as a Model does, knows it too.
    assert ComputationGraph(new.outputs).auxiliary_variables == [auxiliary]
    assert ComputationGraph(out).auxiliary_variables == [recorded]


def test_auxiliary_variables_are_replaced_again():
    x, h, recorded, out = annotated()
    first = ComputationGraph(out).replace({h: h * 2})
    second = first.replace({x: x + 100})
    third = ComputationGraph(second.outputs).replace({second.outputs[0]: second.outputs[0] * 2})
    for new, expected in ((first, 9.0), (second, 209.0), (third, 209.0)):
        (auxiliary,) = new.auxiliary_variables
        assert run([auxiliary], x=4.0) == [expected]
    assert first.replaced[recorded] is first.auxiliary_variables[0]


def test_auxiliary_variables_of_a_graph_replaced_in_parts():
    x, y, annotation = symbol("x"), symbol("y"), Annotation()
    hidden = neg(x)  # copied by the first replacement only
    out = hidden * y
    add_annotation(out, annotation)
    annotation.add_auxiliary_variable(hidden + y)
    first = ComputationGraph(out).replace({x: x + 1})
    second = first.replace({y: y * 2})
    for graph in (second, ComputationGraph(second.outputs)):
        (auxiliary,) = graph.auxiliary_variables
        assert run([auxiliary], x=1.0, y=5.0) == [8.0]


def test_auxiliary_variables_where_only_an_output_is_replaced():
    x, annotation = symbol("x"), Annotation()
    out = x + 1
    add_annotation(out, annotation)
    recorded = out * 10
    annotation.add_auxiliary_variable(recorded)
    new = ComputationGraph(out).replace({out: out * 2})
    (auxiliary,) = new.auxiliary_variables
    assert run([auxiliary], x=1.0) == [40.0]


def test_parameters_stay_the_same():
    x, W = symbol("x"), shared(2.0, name="W")
    add_role(W, PARAMETER)
    graph = ComputationGraph(x * W)
    assert graph.replace({W: W + 1}).parameters == [W]
    assert run(graph.replace({W: W + 1}).outputs, x=1.0) == [3.0]


def test_sizes_are_computed_anew():
    x = symbol("x", shape=(None, 3))
    y = exp(x)
    wide = symbol("wide", shape=(None, 5))
    (new,) = ComputationGraph(y).replace({x: wide}).outputs
    assert new.type.shape == (None, 5)


def test_known_values_are_computed_anew():
    two, three = constant(2), constant(3)
    (new,) = ComputationGraph(two + 1).replace({two: three}).outputs
    assert new.type.known == 4


def test_target_outside_of_the_graph_warns_and_is_ignored():
    x, stranger = symbol("x"), symbol("stranger")
    out = exp(x)
    with pytest.warns(UserWarning, match=r"got stranger \(float64 scalar\), which is none of them"):
        new = ComputationGraph(out).replace({stranger: x, x: x + stranger})
    assert run(new.outputs, x=-1.0, stranger=1.0) == [1.0]


def test_target_of_another_graph_with_a_known_name():
    with pytest.warns(UserWarning, match="Another variable of that name is") as caught:
        ComputationGraph(exp(symbol("x"))).replace({symbol("x"): symbol("y")})
    assert caught[0].filename == __file__


def test_auxiliary_target_warns():
    _, _, recorded, out = annotated()
    with pytest.warns(
        UserWarning, match=r"got recorded \(float64 scalar\), an auxiliary"
    ) as caught:
        new = ComputationGraph(out).replace({recorded: recorded * 2})
    assert caught[0].filename == __file__
    assert new.outputs == [out]


@pytest.mark.parametrize(
    ("replacement", "got"),
    [
        (symbol("r", shape=(3,)), r"r of type float64 \(3,\)"),
        (symbol("r", dtype="float32"), r"r of type float32 scalar"),
        (1.5, r"1\.5 of type float32 scalar"),
    ],
)
def test_replacement_of_another_type(replacement, got):
    h = exp(symbol("x"))
    with pytest.raises(
        GraphError,
        match=rf"replace: expected a replacement of exp\(x\) like float64 scalar, got {got}",
    ):
        ComputationGraph(h + 1).replace({h: replacement})


def test_target_that_is_no_variable():
    with pytest.raises(GraphError, match="replace: expected variables to replace, got str 'x'"):
        ComputationGraph(symbol("x")).replace({"x": symbol("y")})


def test_cycle():
    x, y = symbol("x"), symbol("y")
    with pytest.raises(GraphError, match=r"replace: .* got a cycle through x and y: .*one after"):
        ComputationGraph(x + y).replace({x: y * 2, y: x * 3})


def test_cycle_through_the_graph():
    x = symbol("x")
    h1 = x + 1
    h1.name = "h1"
    h2 = h1 * 2
    h2.name = "h2"
    with pytest.raises(GraphError, match="got a cycle through h1 and h2"):
        ComputationGraph(h2).replace({h1: h2 + 1, h2: h2 + 1})


def test_sizes_that_do_not_fit_name_brick_and_line():
    x = symbol("x", shape=(None, 3))
    with building("/mlp.apply"):
        out = x + constant(np.ones(3))
    with pytest.raises(ShapeError, match=rf"^/mlp\.apply: add: .*\(built at {__file__}:\d+\)"):
        ComputationGraph(out).replace({x: symbol("wide", shape=(None, 5))})


# Depth and width


def test_deep_graphs():
    x = symbol("x")
    chain = [x]
    for i in range(10_000):
        chain.append(neg(chain[-1]) if i % 2 else identity(chain[-1]))
    graph = ComputationGraph(chain[-1])
    assert len(graph.variables) == 10_001
    new = graph.replace({y: neg(y) for y in chain[1::2]})
    assert len(toposort(new.outputs)) == 15_000
    assert new.has_inputs(new.outputs[0])
    assert run(new.outputs, x=1.0) == [1.0]


def test_replacing_takes_linear_time(monkeypatch):
    """A thousand replacements that share a large graph walk it once, not a thousand times."""
    x, y = symbol("x"), symbol("y")
    noise = y
    for _ in range(1000):
        noise = neg(noise)
    parts = [x * i for i in range(1000)]
    total = x
    for part in parts:
        total = total + part
    steps = []
    original = Replacement._needs
    monkeypatch.setattr(
        Replacement, "_needs", lambda self, key: steps.append(key) or original(self, key)
    )
    ComputationGraph(total).replace({part: part + noise for part in parts})
    assert len(steps) < 30_000


def test_apply_is_copied_with_its_op():
    x = symbol("x")
    (new,) = ComputationGraph(exp(x)).replace({x: x + 1}).outputs
    assert isinstance(new.owner, Apply)
    assert new.owner.op == exp.op
