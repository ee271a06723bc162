"""`replace` on random graphs, against evaluators that are slow and plain."""

from hypothesis import given, settings
from hypothesis import strategies as st

import blocks.graph.methods  # noqa: F401
from blocks.compile import function
from blocks.graph.computation import ComputationGraph
from blocks.graph.ops.elementwise import add, identity, mul, sub
from blocks.graph.traversal import rebuild, toposort, variables
from blocks.graph.types import TensorType
from blocks.graph.variable import Variable


def symbol(name="x", dtype="float64", shape=()):
    return Variable(TensorType(dtype, shape), name=name)


def run(outputs, **values):
    symbols = [x for x in variables(outputs) if x.name in values and x.owner is None]
    compiled = function(symbols, list(outputs), mode="reference")
    return compiled(*(values[x.name] for x in symbols))


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
