"""Which public names of Blocks 0.2 and Fuel 0.2 are still missing: a list that only shrinks.

See tests/public_names.py for the list and for the command that rewrites it.
"""

import importlib
import sys

import pytest

from tests import public_names
from tests.public_names import (
    is_met,
    listed,
    load,
    missing,
    old_interface,
    old_names,
    parse,
    requirements,
    update,
)


@pytest.fixture
def installed():
    with old_names():
        yield


def test_the_list_is_sorted_and_free_of_twins():
    assert listed() == sorted(set(listed()))


def test_what_is_listed_is_missing(installed):
    back = [entry for entry in listed() if is_met(entry)]
    assert back == [], "run: python tests/public_names.py --update"


def test_what_is_missing_is_listed(shared, installed):
    names = old_interface()
    assert len(names) > 700
    assert sorted(set(missing(names)) - set(listed())) == []


def test_the_list_holds_nothing_else(shared, installed):
    known = {entry for name in old_interface() for entry in requirements(name)}
    assert sorted(set(listed()) - known) == []


# The tool itself, on a small module

SMALL = """
# Names

```text

## small
  from .other import alpha, beta
  LIMIT = 3
  @contextlib.contextmanager def around(*things)
  def call(a, b=1, c='x y', d=LIMIT, *rest, **others)
  class Base(object)
    kind = None
    __init__(self, size, scale=1.0, **kwargs)
    @property width(self)
    @width.setter width(self, value)
    @lazy(allocation=['a', 'b']) apply(self, x, mask=None)
    @staticmethod join(left, right)

## small.utils
    attrs = ('gamma', 'delta', 'eps
```
"""


def test_parse():
    names = {str(name): name.parameters for name in parse(SMALL)}
    assert names == {
        "small:alpha": None,
        "small:beta": None,
        "small:LIMIT": None,
        "small:around": (),
        "small:call": (("a", None), ("b", "1"), ("c", "'x y'"), ("d", "LIMIT")),
        "small:Base": None,
        "small:Base.kind": None,
        "small:Base.__init__": (("size", None), ("scale", "1.0")),
        "small:Base.width": None,
        "small:Base.apply": (("x", None), ("mask", "None")),
        "small:Base.join": (("left", None), ("right", None)),
        "small.utils:gamma": None,
        "small.utils:delta": None,
    }


def test_parse_refuses_what_it_cannot_read():
    with pytest.raises(ValueError, match="small: expected a name, got '  why this'"):
        parse("```text\n## small\n  why this\n```")


GOOD = """
alpha = beta = gamma = delta = LIMIT = 3
def around(*things): ...
def call(a, new=0, b=1.0, c='x y', d=LIMIT, extra=None, *rest, **others): ...
class Base:
    kind = None
    def __init__(self, size, scale=1, **kwargs): self.size = size
    @property
    def width(self): raise ValueError
    def apply(self, x, mask=None): ...
    @staticmethod
    def join(left, right): ...
"""

BROKEN = [
    ("alpha = beta", "beta", ["small:alpha"]),
    ("def around", "def about", ["small:around"]),
    ("def call(a, new=0, b=1.0", "def call(a, new=0", ["small:call(b)"]),
    ("b=1.0", "b=2", ["small:call(b=1)"]),
    ("c='x y'", "c='x'", ["small:call(c='x y')"]),
    ("d=LIMIT", "d=LIMIT + 1", []),
    ("(left, right)", "(right, left)", ["small:Base.join(left, right)"]),
    ("(left, right)", "(*both)", ["small:Base.join(left)", "small:Base.join(right)"]),
    ("def apply", "def use", ["small:Base.apply"]),
    ("def width", "def height", ["small:Base.width"]),
    ("kind = None", "kin = None", ["small:Base.kind"]),
    ("scale=1,", "scale=2,", ["small:Base.__init__(scale=1.0)"]),
    ("size, scale=1", "scale=1, size=0", ["small:Base.__init__(size, scale)"]),
    ("gamma = ", "", ["small.utils:gamma"]),
    (
        "class Base",
        "class Bass",
        sorted(
            f"small:Base{part}" for part in ("", ".__init__", ".apply", ".join", ".kind", ".width")
        ),
    ),
]


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A function that writes and imports the small module."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(source):
        (tmp_path / "small").mkdir(exist_ok=True)
        (tmp_path / "small" / "__init__.py").write_text(source)
        (tmp_path / "small" / "utils.py").write_text("from small import *")
        for name in ("small", "small.utils"):
            sys.modules.pop(name, None)
        load.cache_clear()
        importlib.invalidate_caches()

    yield write
    for name in ("small", "small.utils"):
        sys.modules.pop(name, None)
    load.cache_clear()


def test_nothing_is_missing(small):
    small(GOOD)
    assert missing(parse(SMALL)) == []


@pytest.mark.parametrize(("old", "new", "entries"), BROKEN)
def test_each_kind_of_gap_is_found(small, old, new, entries):
    assert GOOD.count(old) == 1
    small(GOOD.replace(old, new))
    assert missing(parse(SMALL)) == entries
    assert not any(is_met(entry) for entry in entries)
    small(GOOD)
    assert all(is_met(entry) for entry in entries)


def test_a_module_that_fails_to_import_is_missing(small):
    small("raise SystemError('half written')")
    assert {entry.split(".")[0] for entry in missing(parse(SMALL))} >= {"small:alpha", "small:Base"}


@pytest.fixture
def small_list(small, tmp_path, monkeypatch):
    """The list of the small interface, in the place of the real one."""
    monkeypatch.setattr(public_names, "API", tmp_path)
    monkeypatch.setattr(public_names, "LIST", tmp_path / "missing.txt")
    monkeypatch.setattr(public_names, "OLD", ["small.md"])
    (tmp_path / "small.md").write_text(SMALL)
    return tmp_path / "missing.txt"


def test_update_shrinks_but_grows_only_when_told(small, small_list, capsys):
    small(GOOD.replace("def around", "def about"))
    assert update(allow_growth=False) == (
        "expected a shorter list, got 1 new entries:\n  small:around\n"
        "Bring them back, or say --allow-growth."
    )
    assert not small_list.exists()
    assert update(allow_growth=True) == ""
    assert small_list.read_text() == "small:around\n"
    small(GOOD)
    assert update(allow_growth=False) == ""
    assert small_list.read_text() == ""
    assert capsys.readouterr().out.endswith("missing.txt: 0 entries, 1 before.\n")
