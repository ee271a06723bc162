"""Every error of the language: what it says, in which form, and that each is tried here."""

import re
import traceback
from pathlib import Path

import pytest

from blocks.bricks import MLP, Identity
from blocks.config import config
from tests.errors.names import NAMES
from tests.errors.raise_sites import raise_sites, sites_of
from tests.errors.texts import raised, read, text_of
from tests.graph import (
    test_decompositions,
    test_derivatives,
    test_index,
    test_linalg,
    test_places_errors,
    test_shape,
    test_verify,
)

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ["blocks/graph", "blocks/compile", "blocks/tensor"]
FORM = re.compile(r"\S.*?: expected .+, got .+\. .+[.)]", re.DOTALL)
PLACE = re.compile(r" In [^ ].* \(built at [^)]+\)$", re.DOTALL)
OTHER_TABLES = [
    test_decompositions.BUILD_ERRORS,
    test_derivatives.ERRORS,
    test_index.BUILD_ERRORS,
    test_linalg.BUILD_ERRORS,
    test_places_errors.ERRORS,
    test_shape.BUILD_ERRORS,
    test_verify.ERRORS,
]
"""Tables of texts that their own modules check: the action comes first in each row."""
OTHER_ACTIONS = [row[0] for table in OTHER_TABLES for row in table.values()]


@pytest.mark.parametrize("mode", ["compiled", "reference", "debug"])
@pytest.mark.parametrize(("code", "text"), read(), ids=lambda value: value[:60])
def test_text(code, text, mode):
    config.mode = mode
    error = raised(code, NAMES)
    assert error is not None
    assert text_of(error) == text


def check_form(text):
    """``<who>: expected <what>, got <what>. <remedy>.``, and short whatever was given."""
    _, _, message = text.partition(": ")
    assert len(message) < 15 * 80
    message = PLACE.sub("", message)
    assert FORM.fullmatch(message), message


@pytest.mark.parametrize(("code", "text"), read(), ids=lambda value: value[:60])
def test_form(code, text):
    check_form(text)


@pytest.mark.parametrize("action", OTHER_ACTIONS)
def test_form_of_other_tables(action):
    check_form(text_of(raised("action()", {"action": action})))


def test_every_place_that_raises_is_tried():
    sites = raise_sites(ROOT, FOLDERS)
    assert len(sites) > 150
    errors = [raised(code, NAMES) for code, _ in read()]
    errors += [raised("action()", {"action": action}) for action in OTHER_ACTIONS]
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


@pytest.mark.parametrize("mode", ["compiled", "reference", "debug"])
def test_the_engine_stays_out_of_tracebacks(mode):
    config.mode = mode
    error = raised("(X + x).eval({X: np.ones((2, 3)), x: np.ones(2)})", NAMES)
    shown = "".join(traceback.format_exception(error))
    frames = [frame.name for frame in traceback.extract_tb(error.__traceback__)]
    assert frames == ["raised", "<module>", "method", "_evaluate", "__call__"]
    assert "During handling" not in shown
    assert error.__context__ is not None  # where to look when the engine itself is wrong


def test_tracebacks_through_bricks_show_each_frame_once():
    code = "MLP([Identity()], [3, 2]).apply(tensor.matrix('x', shape=(None, 4)))"
    error = raised(code, {**NAMES, "MLP": MLP, "Identity": Identity})
    assert text_of(error).startswith("ShapeError: /mlp/linear_0.apply: dot: expected")
    frames = [
        f"{Path(frame.filename).stem}.{frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    assert frames[2:] == [
        "bound.__call__", "application.apply", "sequences.apply",
        "bound.__call__", "application.apply", "simple.apply",
        "linalg.dot", "linalg._check_contraction",
    ]  # fmt: skip
