"""Walks over graphs, and rebuilding them."""

import dataclasses

import pytest

import blocks.graph.methods  # noqa: F401
from blocks.errors import ShapeError
from blocks.graph.op import Call, Op
from blocks.graph.ops.elementwise import add, exp, neg
from blocks.graph.origin import building
from blocks.graph.traversal import (
    clone_apply,
    explicit_inputs,
    inputs,
    rebuild,
    toposort,
    variables,
)
from blocks.graph.types import TensorType
from blocks.graph.variable import Variable, constant, shared


def symbol(name="x", shape=()):
    return Variable(TensorType("float64", shape), name=name)


def ops(outputs, blockers=()):
    return [str(node.op) for node in toposort(outputs, blockers)]


@dataclasses.dataclass(frozen=True)
class Pair(Op):
    """Two outputs, x and x."""

    def infer(self, *types):
        return (types[0], types[0])

    def lower(self, *types):
        return Call(lambda x: (x, x))

    def reference(self, x):
        return x, x


x, y, W = symbol("x"), symbol("y"), shared(1.0, name="W")
one = constant(1)
hidden = neg(x)
out = (exp(hidden) + one) * (y - hidden) * W


def test_toposort_is_depth_first_in_the_order_of_inputs():
    assert ops([out]) == ["neg", "exp", "add", "sub", "mul", "mul"]
    assert ops([hidden, out]) == ops([out])
    assert ops([y, x]) == []
    assert ops([out, out]) == ops([out])


def test_toposort_stops_at_blockers():
    assert ops([out], [hidden]) == ["exp", "add", "sub", "mul", "mul"]
    assert ops([out], [out]) == []
    first, second = Pair()(exp(x))
    assert ops([first, second], [first]) == ["exp", "Pair"]


def test_variables_come_after_what_they_depend_on():
    found = variables([out])
    assert [str(v.owner.op if v.owner else v) for v in found] == [
        "x", "neg", "exp", "1", "add", "y", "sub", "mul", "W", "mul",
    ]  # fmt: skip
    assert len(set(found)) == len(found)
    assert variables([x, x]) == [x]


def test_variables_leave_out_outputs_that_nobody_uses():
    first, second = Pair()(x)
    assert variables([neg(second)])[:2] == [x, second]
    assert variables([second, first]) == [x, first, second]


def test_inputs():
    assert inputs([out]) == [x, one, y, W]
    assert inputs([out], [hidden]) == [hidden, one, y, W]
    assert explicit_inputs([out]) == [x, y]
    assert explicit_inputs([W, one]) == []


def test_clone_keeps_name_tag_and_origin():
    with building("/brick.apply"):
        a = exp(x)
    a.name = "a"
    a.tag.roles = ["role"]
    copy = clone_apply(a.owner, (y,)).outputs[0]
    assert (copy.name, copy.tag.roles, copy.type) == ("a", ["role"], a.type)
    assert copy.owner.origin == a.owner.origin
    copy.tag.roles.append("another")
    assert a.tag.roles == ["role"]


def test_clone_infers_types_anew():
    a = exp(symbol("matrix", (None, 3)))
    assert clone_apply(a.owner, (symbol("other", (2, None)),)).outputs[0].type.shape == (2, None)


def test_clone_follows_known_values():
    """Sizes are computed from the values of small integers, which types do not compare."""
    length = constant(2) + 1
    assert length.type.known == 3
    copy = clone_apply(length.owner, (constant(4), length.owner.inputs[1])).outputs[0]
    assert copy.type == length.type
    assert copy.type.known == 5


def test_clone_that_does_not_fit():
    with building("/brick.apply"):
        a = add(symbol("a", (3,)), symbol("b", (3,)))
    with pytest.raises(
        ShapeError, match=rf"^/brick\.apply: add: expected .*\(built at {__file__}:\d+\)$"
    ):
        clone_apply(a.owner, (symbol("a", (3,)), symbol("c", (4,))))


def test_rebuild_takes_replacements_as_they_are():
    doubled = x * 2
    (new,), memo = rebuild([out], {x: doubled})
    assert explicit_inputs([new]) == [x, y]
    assert memo[hidden].owner.inputs == (doubled,)
    assert ops([new]) == ["mul", *ops([out])]


def test_rebuild_shares_what_depends_on_no_target():
    difference = out.owner.inputs[0].owner.inputs[1]
    _, memo = rebuild([out], {one: constant(5)})
    assert hidden not in memo
    assert difference not in memo
    assert out in memo


def test_rebuild_replaces_outputs_and_one_output_of_several():
    first, second = Pair()(x)
    (new, same), _ = rebuild([first + second, second], {second: y})
    assert new.owner.inputs == (first, y)
    assert same is y


def test_rebuild_reports_copies():
    copied = []
    rebuild([out], {y: x}, on_clone=lambda old, new: copied.append((str(old.op), new.op)))
    assert [name for name, _ in copied] == ["sub", "mul", "mul"]


def test_deep_graph():
    deep = x
    for _ in range(10_000):
        deep = neg(deep)
    assert len(toposort([deep])) == 10_000
    assert inputs([deep]) == [x]
    (new,), memo = rebuild([deep], {x: y})
    assert inputs([new]) == [y]
    assert len(memo) == 10_001
