"""`ComputationGraph`: what it finds, and what `replace` makes of it."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import blocks.graph.methods  # noqa: F401
from blocks.compile import function
from blocks.errors import GraphError, ShapeError
from blocks.graph.annotations import Annotation, add_annotation
from blocks.graph.computation import ComputationGraph
from blocks.graph.op import Apply, Call, Op
from blocks.graph.ops.elementwise import add, exp, identity, mul, neg, sub
from blocks.graph.origin import building
from blocks.graph.replacement import Replacement
from blocks.graph.traversal import rebuild, toposort, variables
from blocks.graph.types import TensorType
from blocks.graph.variable import Variable, constant, shared
from blocks.roles import AUXILIARY, COST, OUTPUT, PARAMETER, WEIGHT, add_role


def symbol(name="x", dtype="float64", shape=()):
    return Variable(TensorType(dtype, shape), name=name)


def run(outputs, **values):
    given = [x for x in variables(outputs) if x.name in values and x.owner is None]
    return function(given, list(outputs), mode="reference")(*(values[x.name] for x in given))


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


class Scheme:
    """An aggregation scheme that goes along with `replace`."""

    def __init__(self, numerator):
        self.numerator = numerator

    def with_replaced(self, find):
        return Scheme(find(self.numerator))


# What a graph consists of


def test_variables_are_in_topological_order_without_duplicates():
    x, y = symbol("x"), symbol("y")
    shifted = x + 1
    product = shifted * y
    out = product - shifted
    graph = ComputationGraph([out, product])
    assert [str(v) for v in graph.variables] == ["x", "1", "add", "y", "mul", "sub"]
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


# Replacing


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
    with pytest.warns(UserWarning, match=r"got recorded \(float64 scalar\), an auxiliary") as caught:
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
        GraphError, match=rf"replace: expected a replacement of exp like float64 scalar, got {got}"
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


# Against oracles


OPS = {"add": add, "sub": sub, "twice": lambda x, y: mul(x, 2), "copy": lambda x, y: identity(y)}
PYTHON = {"add": int.__add__, "sub": int.__sub__, "mul": int.__mul__, "identity": lambda x: x}


@st.composite
def replacements(draw):
    """Return a random graph: its outputs, and replacements that need only what came before."""
    made = [symbol("x"), symbol("y")]
    position = st.integers(0, 1000)

    def combine(at_most):
        op = OPS[draw(st.sampled_from(sorted(OPS)))]
        return op(made[draw(position) % at_most], made[draw(position) % at_most])

    for _ in range(draw(st.integers(1, 10))):
        made.append(combine(len(made)))
    count = len(made)
    targets = {}
    for i in sorted(draw(st.sets(st.integers(0, count - 1), max_size=4))):
        kind = draw(st.sampled_from(["scaled", "with target", "without target"]))
        earlier = made[draw(position) % (i + 1)]
        if kind == "scaled":
            targets[made[i]] = made[i] * 3
        elif kind == "with target":
            targets[made[i]] = add(made[i] * 2, earlier)
        else:
            other = made[draw(position) % max(i, 1)]
            targets[made[i]] = sub(other, other if i else made[i])
    outputs = [made[-1], made[draw(position) % count]]
    shuffled = draw(st.permutations(list(targets)))
    return outputs, {t: targets[t] for t in shuffled}


def naive(x, targets, values, inside=None):
    """Evaluate what a variable means after replacing, by the definition."""
    if x is not inside and x in targets:
        return naive(targets[x], targets, values, x)
    if x.name in values:
        return values[x.name]
    if x.owner is None:
        return int(x.data)
    within = None if x is inside else inside
    return PYTHON[str(x.owner.op)](*(naive(y, targets, values, within) for y in x.owner.inputs))


def one_after_the_other(graph, targets):
    """Replace the targets in topological order, each in the rest as well."""
    keys = [x for x in graph.variables if x in targets]
    current, values = list(graph.outputs), [targets[x] for x in keys]
    while keys:
        number = len(current)
        new, _ = rebuild([*current, *keys[1:], *values[1:]], {keys[0]: values[0]})
        current, rest = new[:number], new[number:]
        keys, values = rest[: len(keys) - 1], rest[len(keys) - 1 :]
    return current


@settings(deadline=None, max_examples=150)
@given(replacements())
def test_replace_against_a_naive_evaluator(case):
    outputs, targets = case
    graph = ComputationGraph(outputs)
    targets = {t: r for t, r in targets.items() if t in graph.variables}
    new = graph.replace(targets)
    values = {"x": 3, "y": 5}
    expected = [naive(y, targets, values) for y in outputs]
    assert run(new.outputs, **values) == expected


@settings(deadline=None, max_examples=150)
@given(replacements())
def test_replace_against_replacing_one_after_the_other(case):
    outputs, targets = case
    graph = ComputationGraph(outputs)
    targets = {t: r for t, r in targets.items() if t in graph.variables}
    # Only where the order is that of the graph: not for what is beside a target.
    used = {t: set(variables([r], blockers=[t])) - {t} for t, r in targets.items()}
    order = [x for x in graph.variables if x in targets]
    if any(x in used[t] for i, t in enumerate(order) for x in order[i + 1 :]):
        return
    new = graph.replace(targets)
    expected = run(one_after_the_other(graph, targets), x=3.0, y=5.0)
    assert run(new.outputs, x=3.0, y=5.0) == expected


@settings(deadline=None, max_examples=100)
@given(replacements())
def test_the_graph_grows_by_what_is_inserted_at_most(case):
    outputs, targets = case
    graph = ComputationGraph(outputs)
    targets = {t: r for t, r in targets.items() if t in graph.variables}
    inserted = sum(len(toposort([r], blockers=targets)) for r in targets.values())
    before, after = toposort(outputs), toposort(graph.replace(targets).outputs)
    assert len(after) <= len(before) + inserted


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
