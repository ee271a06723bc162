"""The list of golden cases that wait for a class is right, so it can only shrink."""

from pathlib import Path

import pytest

from tests.golden import harness

WAITING = Path(__file__).with_name("waiting.txt")


@pytest.mark.skipif(harness.GOLDEN is None, reason="needs ../shared")
def test_list_of_waiting_cases():
    listed = set(WAITING.read_text(encoding="utf-8").split())
    cases = [case for case in harness.index().values() if case["family"] in harness.FAMILIES]
    waiting = {case["case"] for case in cases if harness.waits(case)}
    assert not listed - waiting, "these can run now: take them off waiting.txt"
    assert not waiting - listed, "these could run before: a class is gone"
