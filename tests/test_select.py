"""Paths of bricks and parameters, and what they select."""

import pytest

from blocks.bricks import MLP, Linear, Sequence, Tanh
from blocks.bricks.parallel import Fork
from blocks.errors import BrickError
from blocks.model import Model
from blocks.select import Path, Selector


@pytest.fixture
def net():
    """Two MLPs that share the middle brick, under one parent."""
    shared = Linear(3, 3, name="shared")
    bottom = Sequence([Linear(2, 3, name="first").apply, shared.apply], name="bottom")
    top = Sequence([shared.apply, Linear(3, 1, name="last").apply], name="top")
    net = Sequence([bottom.apply, top.apply], name="net")
    net.allocate()
    return net


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("/a", [Path.BrickName]),
        ("/a.W", [Path.BrickName, Path.ParameterName]),
        ("/a/b_0/c#1.W_state", [Path.BrickName] * 3 + [Path.ParameterName]),
        (".W", [Path.ParameterName]),
    ],
)
def test_paths_are_parsed_and_printed(text, kinds):
    path = Path.parse(text)
    assert [type(node) for node in path.nodes] == kinds
    assert str(path) == text
    assert {path: 1}[Path(list(path.nodes))] == 1
    assert repr(path) == f"Path({text!r})"


def test_paths_add_up_and_differ_by_kind():
    assert Path.parse("/a") + Path.parse("/b.W") == Path.parse("/a/b.W")
    assert Path.parse("/a/W") != Path.parse("/a.W")
    assert Path.parse("/a") != "/a"


@pytest.mark.parametrize("text", ["", "a", "a/b", "/", "//a", "/a/", "/a.", "/a.b.W", "/a.W/b"])
def test_malformed_paths(text):
    message = r"^Path: expected names of bricks, each after '/', .*\. Write it like '/mlp/linear_0"
    with pytest.raises(BrickError, match=message) as caught:
        Selector([]).select(text)
    assert f"got {text!r}" in str(caught.value)


def test_a_brick_is_no_path():
    mlp = MLP([Tanh()], [1, 2], name="mlp")
    for wrong in (mlp, 3, None):
        with pytest.raises(BrickError, match=r"^Selector\.select: expected a path, got .*\. Write"):
            Selector(mlp).select(wrong)


def test_bricks_by_path(net):
    bottom, top = net.children
    assert Selector(net).select("/net").bricks == [net]
    assert Selector(net).select(Path.parse("/net/top/last")).bricks == [top.children[1]]
    assert Selector([bottom, top]).select("/top/shared").bricks == [bottom.children[1]]
    assert Selector(net).select("/top").bricks == []
    assert Selector(net).select("/net/shared").bricks == []


def test_parameters_by_path(net):
    bottom, _ = net.children
    first, shared = bottom.children
    assert Selector(net).select("/net/bottom/first.W") == [first.W]
    assert Selector(net).select("/net/bottom.b") == [first.b, shared.b]
    assert Selector(net).select("/net/bottom.V") == []
    assert Selector(net).select("/nett.W") == []


def test_all_parameters(net):
    bottom, top = net.children
    shared = bottom.children[1]
    found = Selector(net).get_parameters()
    assert list(found) == [
        "/net/bottom/first.W",
        "/net/bottom/first.b",
        "/net/bottom/shared.W",
        "/net/bottom/shared.b",
        "/net/top/shared.W",
        "/net/top/shared.b",
        "/net/top/last.W",
        "/net/top/last.b",
    ]
    assert found["/net/bottom/shared.W"] is found["/net/top/shared.W"] is shared.W
    only = Selector([top, bottom]).get_parameters("b")
    assert list(only) == ["/top/shared.b", "/top/last.b", "/bottom/first.b", "/bottom/shared.b"]


def test_paths_are_those_of_the_model():
    fork = Fork(["x", "y"], 2, MLP([Tanh()], [None, None]), output_dims=[1, 2])
    x, y = fork.apply([[1.0, 2.0]])
    expected = Model([x, y]).get_parameter_dict()
    assert dict(Selector(fork).get_parameters()) == expected


def test_two_parameters_with_one_path():
    bricks = [Linear(2, 2), Linear(2, 2)]
    for brick in bricks:
        brick.allocate()
    text = r"^/linear: expected parameters with paths of their own, got two with /linear\.W\. Pass"
    with pytest.raises(BrickError, match=text):
        Selector(bricks).get_parameters()
    assert Selector([bricks[0], bricks[0]]).get_parameters()["/linear.W"] is bricks[0].W
