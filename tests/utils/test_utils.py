"""The small functions of blocks.utils."""

import sys
from collections import OrderedDict

import numpy as np
import pytest

from blocks.utils import (
    change_recursion_limit,
    dict_subset,
    dict_union,
    extract_args,
    find_bricks,
    ipdb_breakpoint,
    pack,
    print_shape,
    print_sum,
    repr_attrs,
    reraise_as,
    unpack,
)


@pytest.mark.parametrize(
    ("arg", "packed"),
    [
        ([1, 2], [1, 2]),
        ((1, 2), [1, 2]),
        ([], []),
        (1, [1]),
        ("ab", ["ab"]),
        (None, [None]),
        ({"a": 1, "b": 2}, [1, 2]),
    ],
)
def test_pack(arg, packed):
    assert pack(arg) == packed


def test_pack_copies_a_list():
    items = [1]
    assert pack(items) is not items


@pytest.mark.parametrize(
    ("arg", "singleton", "unpacked"),
    [
        ([1], False, 1),
        ((1,), True, 1),
        (1, True, 1),
        ([1, 2], False, [1, 2]),
        ((), False, ()),
        (None, True, None),
    ],
)
def test_unpack(arg, singleton, unpacked):
    assert unpack(arg, singleton) == unpacked


@pytest.mark.parametrize("arg", [[], [1, 2]])
def test_unpack_refuses_what_is_not_a_singleton(arg):
    with pytest.raises(ValueError, match=f"expected exactly one item, got {len(arg)}"):
        unpack(arg, singleton=True)


def test_dict_subset():
    entries = OrderedDict([("a", 1), ("b", 2), ("c", None)])
    assert list(dict_subset(entries, ["c", "a"]).items()) == [("c", None), ("a", 1)]
    assert dict_subset(entries, ["d"], must_have=False) == {}
    with pytest.raises(KeyError):
        dict_subset(entries, ["d"])
    assert dict_subset(entries, ["a", "d"], pop=True, must_have=False) == {"a": 1}
    assert dict_subset(entries, ["b"], pop=True) == {"b": 2}
    assert entries == {"c": None}


def test_dict_union():
    assert list(dict_union({"b": 1}, {"a": 2}, c=3).items()) == [("b", 1), ("a", 2), ("c", 3)]
    assert dict_union() == {}
    for clash in (lambda: dict_union({"a": 1}, {"a": 1}), lambda: dict_union({"a": 1}, a=2)):
        with pytest.raises(ValueError, match="expected every key once, got 'a' twice"):
            clash()


def test_repr_attrs():
    class Point:
        x, y = 1, 2

    point = Point()
    address = f"object at {id(point):#x}"
    assert repr_attrs(point, "x", "y").endswith(f"Point {address}: x=1, y=2>")
    assert repr_attrs(point).endswith(f"Point {address}>")


@pytest.mark.parametrize(
    ("new", "kind", "message"),
    [
        (TypeError("new"), TypeError, "new\n\nOriginal exception:\n\tValueError: old, 7"),
        ("new", ValueError, "new\n\nOriginal exception:\n\tValueError: old, 7"),
        (TypeError(), TypeError, "\n\nOriginal exception:\n\tValueError: old, 7"),
    ],
)
def test_reraise_as_tells_of_both(new, kind, message):
    def fail():
        try:
            raise ValueError("old", 7)
        except ValueError:
            reraise_as(new)

    with pytest.raises(kind) as caught:
        fail()
    assert caught.value.args == (message,)
    assert caught.value.__cause__.args == ("old", 7)
    assert str(caught.traceback[-1].statement).strip() == 'raise ValueError("old", 7)'


def test_reraise_as_keeps_the_whole_story():
    def fail():
        try:
            try:
                raise ValueError("first")
            except ValueError:
                reraise_as(TypeError("second", "detail"))
        except TypeError:
            reraise_as(KeyError("third"))

    with pytest.raises(KeyError) as caught:
        fail()
    for part in ("third", "TypeError: second", "detail", "ValueError: first"):
        assert part in caught.value.args[0]


def test_reraise_as_needs_an_exception():
    with pytest.raises(RuntimeError, match="expected an exception that is being handled"):
        reraise_as("new")


def test_change_recursion_limit():
    before = sys.getrecursionlimit()

    def fail():
        with change_recursion_limit(before + 100):
            assert sys.getrecursionlimit() == before + 100
            raise KeyError("x")

    with pytest.raises(KeyError):
        fail()
    assert sys.getrecursionlimit() == before
    with change_recursion_limit(None):
        assert sys.getrecursionlimit() == before


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [((1, 2, 3), {}), ((1, 2), {"c": 3}), ((), {"c": 3, "a": 1, "b": 2})],
)
def test_extract_args(args, kwargs):
    assert list(extract_args(["a", "b", "c"], *args, **kwargs).items()) == [
        ("a", 1),
        ("b", 2),
        ("c", 3),
    ]


@pytest.mark.parametrize(
    ("args", "kwargs", "error", "message"),
    [
        ((1, 2, 3), {}, TypeError, "expected the arguments a, b, got 3 positional"),
        ((1,), {"a": 2}, TypeError, "expected each argument once, got a twice"),
        ((1,), {}, ValueError, "expected the arguments a, b, got no b"),
        ((1,), {"d": 2}, KeyError, "expected the arguments a, b, got d too"),
    ],
)
def test_extract_args_refuses(args, kwargs, error, message):
    with pytest.raises(error, match=message):
        extract_args(["a", "b"], *args, **kwargs)


def test_find_bricks_visits_parents_first_and_each_once():
    class Node:
        def __init__(self, name, *children):
            self.name, self.children = name, children

    shared = Node("shared")
    left, right = Node("left", shared), Node("right", shared)
    top = Node("top", left, right)
    assert [n.name for n in find_bricks([top, left], lambda n: True)] == [
        "top",
        "left",
        "right",
        "shared",
    ]
    assert find_bricks([top], lambda n: n.name == "shared") == [shared]


def test_hooks(capsys, monkeypatch):
    print_sum(np.ones((2, 3)))
    print_sum(np.ones((2, 3)), header="sum")
    print_shape(np.ones((2, 3)), header="shape")
    assert capsys.readouterr().out == "6.0\nsum 6.0\nshape (2, 3)\n"
    stops = []
    monkeypatch.setattr(sys, "breakpointhook", lambda: stops.append(1))
    ipdb_breakpoint(np.ones(1))
    assert stops == [1]
