"""The examples of docs/howto-brick.md run as printed."""

import doctest
from pathlib import Path

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "howto-brick.md"


def test_howto_brick():
    failed, attempted = doctest.testfile(str(DOCUMENT), module_relative=False, encoding="utf-8")
    assert attempted > 20
    assert failed == 0
