"""Graphs as text."""

import inspect
import io

import numpy as np
import pytest

from blocks import function
from blocks.errors import GraphError
from blocks.graph.computation import ComputationGraph
from blocks.graph.ops.elementwise import exp, neg, switch
from blocks.graph.ops.linalg import dot
from blocks.graph.origin import building
from blocks.graph.printing import debugprint, min_informative_str, pp, pprint
from blocks.graph.types import TensorType
from blocks.graph.variable import Variable, constant, shared
from blocks.roles import WEIGHT, add_role


def symbol(name="x", shape=()):
    return Variable(TensorType("float64", shape), name=name)


x, y = symbol("x", (None, 3)), symbol("y")


def test_tree():
    hidden = exp(x)
    hidden.name = "hidden"
    assert debugprint((hidden + 1) * hidden, file="str") == (
        "mul [id A] float64 (?, 3)\n"
        " |add [id B] float64 (?, 3)\n"
        " | |exp [id C] float64 (?, 3) 'hidden'\n"
        " | | |x [id D] float64 (?, 3)\n"
        " | |1 [id E] int8 scalar\n"
        " |exp [id C] float64 (?, 3) 'hidden'\n"
        " | |···"
    )


def test_inputs_are_not_abbreviated():
    assert debugprint(y + y, print_type=False, ids="", file="str") == "add\n |y\n |y"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"depth": 1}, "add"),
        ({"depth": 2}, "add\n |exp 'e'\n |1"),
        ({"stop_on_name": True}, "add\n |exp 'e'\n |1"),
        ({}, "add\n |exp 'e'\n | |neg\n | | |y\n |1"),
    ],
)
def test_options(options, expected):
    e = exp(neg(y))
    e.name = "e"
    text = debugprint(e + 1, print_type=False, ids="", file="str", **options)
    assert text == expected


def test_several_variables_and_graphs():
    outputs = [neg(y), exp(y)]
    expected = "neg [id A]\n |y [id B]\nexp [id C]\n |y [id B]"
    assert debugprint(outputs, print_type=False, file="str") == expected
    assert debugprint(ComputationGraph(outputs), print_type=False, file="str") == expected


def test_where_it_is_printed(capsys):
    assert debugprint(y) is None
    assert capsys.readouterr().out == "y [id A] float64 scalar\n"
    file = io.StringIO()
    debugprint(y, file=file)
    assert file.getvalue() == "y [id A] float64 scalar\n"


def test_function_with_updates():
    W = shared(np.zeros(2), "W")
    f = function([y], exp(y), updates=[(W, W + 1)])
    assert debugprint(f, print_type=False, file="str") == (
        "exp [id A]\n |y [id B]\nW <- add [id C]\n |W [id D]\n |1 [id E]"
    )


def test_application():
    assert debugprint(exp(y).owner, print_type=False, file="str") == "exp [id A]\n |y [id B]"


def test_roles_and_bricks():
    W = shared(np.zeros((3, 2)), "W")
    add_role(W, WEIGHT)
    with building("/mlp.apply"):
        inside = dot(x, W)
        with building("/mlp/linear.apply"):
            result = exp(exp(inside))
    text = debugprint(neg(result), print_type=False, ids="", file="str")
    assert text == (
        "neg\n |exp in /mlp/linear.apply\n | |exp\n | | |dot in /mlp.apply\n | | | |x\n"
        " | | | |W {WEIGHT}"
    )


def test_storage_and_clients():
    W = shared(np.arange(1000.0) / 3, "W")
    text = debugprint(exp(W) + neg(W), -1, False, "str", "", print_storage=True)
    assert text.splitlines()[2] == " | |W = [ 0. 0.333 ... 332.667 333. ]"
    text = debugprint(exp(y) + neg(y), -1, False, "str", "", False, None, False, True)
    assert text == "add\n |exp\n | |y read by exp, neg\n |neg\n | |y read by exp, neg"


@pytest.mark.parametrize(("ids", "number"), [("int", lambda x: 0), ("id", id)])
def test_numbers(ids, number):
    assert debugprint(y, print_type=False, ids=ids, file="str") == f"y [id {number(y)}]"


def test_numbers_go_on():
    e, done, used = exp(y), {}, {}
    debugprint(e, file="str", done=done, used_ids=used)
    text = debugprint(neg(e), print_type=False, file="str", done=done, used_ids=used)
    assert text == "neg [id C]\n |exp [id A]\n | |···"


def test_signature_is_that_of_theano():
    assert list(inspect.signature(debugprint).parameters) == [
        "obj", "depth", "print_type", "file", "ids", "stop_on_name", "done", "print_storage",
        "print_clients", "used_ids",
    ]  # fmt: skip


def test_min_informative_str():
    assert min_informative_str(neg(y), 1) == "\tneg [id A]\n\t |y [id B]"


def test_letters():
    lines = debugprint([symbol(str(i)) for i in range(703)], print_type=False, file="str")
    found = [line.split("[id ")[1] for line in lines.splitlines()]
    assert [found[i] for i in (0, 25, 26, 51, 52, 701, 702)] == [
        "A]", "Z]", "AA]", "AZ]", "BA]", "ZZ]", "AAA]",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("build", "text"),
    [
        (lambda: y, "y"),
        (lambda: y + 1, "y + 1"),
        (lambda: 2 * y - exp(-y) / y, "2 * y - exp(-y) / y"),
        (lambda: switch(y > 0, y, 0.5), "switch(y > 0, y, 0.5)"),
        (lambda: y * shared(1.0, name="W"), "y * W"),
        (lambda: symbol(None, (2,)) + 1, "<float64 (2,)> + 1"),
        (lambda: y + constant([1, 2]), "y + [1, 2]"),
    ],
)
def test_formula(build, text):
    assert pp(build()) == text
    assert pprint(build()) == text


def test_formula_keeps_names_inside():
    h = exp(y)
    h.name = "h"
    assert pp(h * 2) == "h * 2"
    assert pp(h) == "exp(y)"


def test_formula_of_a_graph_that_shares_much_ends():
    z = y
    for _ in range(60):
        z = z * z
    text = pp(z, limit=100)
    assert text.startswith("y * y * (y * y) * (y * y")
    assert text.endswith("...")
    assert len(text) < 400


def test_deep_graph():
    z = y
    for _ in range(10_000):
        z = neg(z)
    lines = debugprint(z, file="str").splitlines()
    assert len(lines) == 10_001
    assert max(map(len, lines)) < 200
    assert len(pp(z)) == 9_999 * len("-()") + len("-y")


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: debugprint(3), r"debugprint: expected variables, got int 3"),
        (lambda: debugprint(["x"]), r"debugprint: expected variables, got str 'x'"),
        (lambda: pp("x"), r"pp: expected a variable, got str 'x'"),
    ],
)
def test_errors(act, message):
    with pytest.raises(GraphError, match=message):
        act()
