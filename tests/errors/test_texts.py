"""Every error of the language: what it says, in which form, and that each is tried here."""

import re
from pathlib import Path

import pytest

from blocks.config import config
from tests.errors.names import NAMES
from tests.errors.raise_sites import raise_sites, sites_of
from tests.errors.texts import raised, read, text_of
from tests.graph import test_index, test_linalg, test_shape

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ["blocks/graph", "blocks/compile", "blocks/tensor"]
FORM = re.compile(r"\S.*?: expected .+, got .+\. .+[.)]", re.DOTALL)
OTHER_TABLES = [test_index.BUILD_ERRORS, test_linalg.BUILD_ERRORS, test_shape.BUILD_ERRORS]
"""Tables of texts that their own modules check: the action comes first in each row."""


@pytest.mark.parametrize("mode", ["compiled", "reference", "debug"])
@pytest.mark.parametrize(("code", "text"), read(), ids=lambda value: value[:60])
def test_text(code, text, mode):
    config.mode = mode
    error = raised(code, NAMES)
    assert error is not None
    assert text_of(error) == text


@pytest.mark.parametrize(("code", "text"), read(), ids=lambda value: value[:60])
def test_form(code, text):
    """``<who>: expected <what>, got <what>. <remedy>.``, and short whatever was given."""
    _, _, message = text.partition(": ")
    assert FORM.fullmatch(message), message
    assert len(message) < 15 * 80


def test_every_place_that_raises_is_tried():
    sites = raise_sites(ROOT, FOLDERS)
    assert len(sites) > 150
    actions = [row[0] for table in OTHER_TABLES for row in table.values()]
    errors = [raised(code, NAMES) for code, _ in read()]
    errors += [raised("action()", {"action": action}) for action in actions]
    tried = set().union(*(sites_of(error, ROOT, sites) for error in errors))
    assert sorted(sites - tried) == []


def test_places_that_raise_are_found(tmp_path):
    (tmp_path / "module.py").write_text(
        "def f(x):\n"
        "    try:\n"
        "        raise ValueError(\n"
        "            'first')\n"
        "    except ValueError as error:\n"
        "        if x:\n"
        "            raise\n"
        "        raise TypeError('second') from None\n"
        "def g():\n"
        "    raise NotImplementedError\n"
    )
    sites = raise_sites(tmp_path, ["."])
    assert sorted(sites) == [("module.py", 3, 4), ("module.py", 8, 8)]
    names = {}
    exec(compile((tmp_path / "module.py").read_text(), tmp_path / "module.py", "exec"), names)
    assert sites_of(raised("f(1)", names), tmp_path, sites) == {("module.py", 3, 4)}
    assert sites_of(raised("f(0)", names), tmp_path, sites) == sites
    assert sites_of(raised("1 / 0", names), tmp_path, sites) == set()
