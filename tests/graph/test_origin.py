"""Where nodes come from."""

import threading

import pytest

import blocks.graph.methods  # noqa: F401
from blocks.errors import ShapeError
from blocks.graph.ops.elementwise import add, exp
from blocks.graph.origin import Origin, building, inheriting, place
from blocks.graph.types import TensorType
from blocks.graph.variable import Variable


def symbol(shape=()):
    return Variable(TensorType("float64", shape), name="x")


def test_line_is_that_of_the_caller():
    line = exp(symbol()).owner.origin.line
    name, number = line.rsplit(":", 1)
    assert name == __file__
    with open(__file__, encoding="utf-8") as source:
        assert "line = exp(symbol())" in source.readlines()[int(number) - 1]


def test_operators_have_the_line_of_the_caller_too():
    assert (symbol() + 1).owner.origin.line.startswith(__file__)


def test_place_is_the_innermost_brick():
    assert place() == ""
    with building("/mlp.apply"):
        outer = exp(symbol())
        with building("/mlp/linear_0.apply"):
            inner = exp(symbol())
        after = exp(symbol())
    assert [v.owner.origin.place for v in (outer, inner, after)] == [
        "/mlp.apply",
        "/mlp/linear_0.apply",
        "/mlp.apply",
    ]
    assert place() == ""


def test_place_is_left_after_an_error():
    with pytest.raises(ZeroDivisionError), building("/mlp.apply"):
        raise ZeroDivisionError
    assert place() == ""


def test_inheriting():
    with inheriting(Origin("/there", "script.py:3")):
        assert exp(symbol()).owner.origin == Origin("/there", "script.py:3")
    assert exp(symbol()).owner.origin.place == ""


def test_threads_do_not_see_each_other():
    seen = []
    with building("/mlp.apply"):
        thread = threading.Thread(target=lambda: seen.append(place()))
        thread.start()
        thread.join()
    assert seen == [""]


def test_errors_name_the_brick_once():
    with (
        pytest.raises(ShapeError, match=r"^/mlp\.apply: add: expected inputs of one shape"),
        building("/mlp.apply"),
    ):
        add(symbol((3,)), symbol((4,)))


@pytest.mark.parametrize(
    ("origin", "text"),
    [
        (Origin(), ""),
        (Origin("/mlp.apply"), "/mlp.apply"),
        (Origin("", "a.py:1"), "(a.py:1)"),
        (Origin("/mlp.apply", "a.py:1"), "/mlp.apply (a.py:1)"),
    ],
)
def test_text(origin, text):
    assert str(origin) == text
