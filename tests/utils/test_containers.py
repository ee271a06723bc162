"""AnnotatingList calls its hooks for every item, before it changes."""

import pytest

from blocks.utils import AnnotatingList


class Recorder(AnnotatingList):
    def __init__(self, items=None):
        self.events = []
        super().__init__(items)

    def _setitem(self, key, value):
        if value == "bad":
            raise ValueError("bad item")
        self.events.append(("in", key, value))

    def _delitem(self, key):
        self.events.append(("out", key, self[key]))


@pytest.mark.parametrize(
    ("change", "items", "events"),
    [
        (lambda x: x.append("d"), "abcd", [("in", 3, "d")]),
        (lambda x: x.insert(0, "d"), "dabc", [("in", 0, "d")]),
        (lambda x: x.extend("de"), "abcde", [("in", 3, "d"), ("in", 4, "e")]),
        (lambda x: x.__setitem__(1, "d"), "adc", [("out", 1, "b"), ("in", 1, "d")]),
        (lambda x: x.__delitem__(-1), "ab", [("out", -1, "c")]),
        (lambda x: x.pop(0), "bc", [("out", 0, "a")]),
        (lambda x: x.remove("b"), "ac", [("out", 1, "b")]),
        (lambda x: x.__delitem__(slice(1, 3)), "a", [("out", 2, "c"), ("out", 1, "b")]),
        (
            lambda x: x.__setitem__(slice(0, 2), ["d"]),
            "dc",
            [("out", 1, "b"), ("out", 0, "a"), ("in", 0, "d")],
        ),
        (
            lambda x: x.__setitem__(slice(0, 3, 2), "de"),
            "dbe",
            [("out", 0, "a"), ("in", 0, "d"), ("out", 2, "c"), ("in", 2, "e")],
        ),
        (lambda x: x.clear(), "", [("out", -1, "c"), ("out", -1, "b"), ("out", -1, "a")]),
    ],
)
def test_every_change_is_announced(change, items, events):
    recorder = Recorder("abc")
    recorder.events.clear()
    change(recorder)
    assert list(recorder) == list(items)
    assert recorder.events == events


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda x: x.append("bad"), ValueError),
        (lambda x: x.insert(0, "bad"), ValueError),
        (lambda x: x.__setitem__(7, "d"), IndexError),
        (lambda x: x.__delitem__(7), IndexError),
        (lambda x: x.__setitem__(slice(0, 3, 2), "d"), ValueError),
    ],
)
def test_a_refused_item_changes_nothing(change, error):
    recorder = Recorder("abc")
    recorder.events.clear()
    with pytest.raises(error):
        change(recorder)
    assert recorder == ["a", "b", "c"]
    assert recorder.events == []


def test_it_compares_and_shows_as_a_list():
    assert AnnotatingList([1, 2]) == [1, 2]
    assert AnnotatingList([1, 2]) == AnnotatingList([1, 2])
    assert AnnotatingList([1]) != [2]
    assert repr(AnnotatingList([1])) == "[1]"
    assert len(AnnotatingList()) == 0
    with pytest.raises(TypeError, match="unhashable"):
        hash(AnnotatingList())
