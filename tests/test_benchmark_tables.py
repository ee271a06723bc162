"""What the benchmarks make of their times: ratios, slopes, targets, the page."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def path(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")


def result(key, times, **more):
    rows = {
        name: {"missing": own}
        if isinstance(own, str)
        else {"times_s": own, "median_s": sorted(own)[len(own) // 2]}
        for name, own in times.items()
    }
    return {"key": key, "rows": rows, **more}


def results(*found):
    return {
        "machine": {
            "python": "3",
            "system": "Linux",
            "processor": "CPU",
            "cores": 2,
            "versions": {"numpy": "2", "torch": None},
        },
        "data": "MNIST",
        "quick": False,
        "failed": [],
        "results": {"script": list(found)},
    }


def line(text, work, asked):
    """Return the cells of the one line of the table for a target."""
    (found,) = [x for x in text.splitlines() if x.startswith(f"| {work} | {asked} |")]
    return [cell.strip() for cell in found.split("|")[3:-1]]


def test_ratios_are_taken_pair_by_pair():
    from common import ratios

    # The machine is twice as slow in the second round: that cancels.
    assert ratios([3.0, 6.0, 3.0], [1.0, 2.0, 1.0]) == (3, 3, 3)
    assert ratios([1.0, 2.0, 3.0, 4.0, 5.0], [1.0] * 5) == (3, 2, 4)


def test_report_shows_what_is_missing(capsys):
    from common import report

    found = report("work", {"base": [0.1, 0.1], "mine": [0.2, 0.4], "peer": "no x"}, "base", each=2)
    assert found["rows"]["peer"] == {"missing": "no x"}
    assert found["rows"]["mine"]["times_s"] == [0.1, 0.2]
    assert found["rows"]["mine"]["ratio"] == 3
    assert re.search(r"^peer +missing: no x$", capsys.readouterr().out, re.MULTILINE)


def test_targets_are_judged_at_each_number_of_threads():
    import table

    text = table.page(
        results(
            result("tutorial, batch 256", {"gemm loop": [1, 1], "blocks": [1.2, 1.2]}, threads=1),
            result("tutorial, batch 256", {"gemm loop": [1, 1], "blocks": [1.3, 1.3]}, threads=2),
        )
    )
    cells = line(text, "tutorial, batch 256", "at most 1.25 x the gemm loop")
    assert cells == ["1.20 x (1.20 to 1.20)", "1.30 x (1.30 to 1.30)", "yes / no"]
    cells = line(text, "tutorial, batch 256", "at most 0.5 x PyTorch eager")
    assert cells == ["not measured", "not measured", "?"]


def test_every_peer_is_beaten_only_if_the_fastest_is():
    import table

    times = {
        "blocks": [1, 2, 1],
        "JAX": [2, 4, 2],
        "PyTorch eager": "not installed",
        "PyTensor Numba": [0.5, 1, 0.5],
        "gemm loop": [0.1, 0.1, 0.1],
    }
    text = table.page(results(result("tutorial, Adam", times, threads=1)))
    assert line(text, "tutorial, Adam", "ahead of every peer") == [
        "2.00 x (2.00 to 2.00) PyTensor Numba",
        "no",
    ]
    assert "- PyTorch eager: not installed" in text


def test_other_targets():
    import table

    text = table.page(
        results(
            result("import", {"blocks": [0.2, 0.2]}),
            result("tiny 4-8-2, batch 8", {"blocks": [9e-6, 9e-6]}, threads=1),
            result("first batch, warm", {}, kernels=[{"compiled": 0}, {"compiled": 2}]),
            {
                "key": "chains of layers, reference",
                "rows": {"10": {"all": 0.1}, "10000": {"missing": "more than 120 s"}},
                "slopes": {"all": 1.1},
            },
            {"key": "memory, a", "title": "a", "rows": {"blocks": {"MiB": 10, "ratio": 1.5}}},
        )
    )
    assert line(text, "import", "import blocks under 0.3 s") == ["0.20 s (0.20 to 0.20)", "yes"]
    cells = line(text, "tiny 4-8-2, batch 8", "at most 10 us a step")
    assert cells == ["9.0 us (9.0 to 9.0)", "yes"]
    assert line(text, "first batch, warm", "a second process compiles nothing")[-1] == "no"
    cells = line(text, "chains of layers, reference", "slope under 1.2")
    assert cells == ["1.10 without 10000", "no"]
    assert line(text, "memory, a", "at most 1.2 x what is needed") == ["1.50 x", "no"]


def test_the_page_is_replaced_between_its_marks():
    import table

    begin, end = table.MARKS
    text = table.updated(f"before\n{begin}\nstale\n{end}\nafter\n", results())
    assert text.startswith(f"before\n{begin}\n\nPython 3")
    assert text.endswith(f"{end}\nafter\n")
    assert "stale" not in text
    assert table.updated(text, results()) == text


def test_the_page_has_the_table_of_the_results():
    import table

    page, file = table.PAGE.read_text(encoding="utf-8"), ROOT / "benchmarks" / "results.json"
    assert all(page.count(mark) == 1 for mark in table.MARKS)
    if file.exists():
        assert table.updated(page, json.loads(file.read_text(encoding="utf-8"))) == page


@pytest.mark.parametrize("power", [1.0, 2.0])
def test_slope(power):
    from compile_time import slope

    assert slope({n: 3 * n**power for n in (10, 100, 1000)}) == pytest.approx(power)
    assert slope({10: 1.0}) is None


def test_memory_that_is_needed():
    from memory import needed
    from networks import Network

    parameters, values = 5 * 3 + 4 * 2, 7 * (4 + 3 + 2)
    assert needed(Network((4, 3, 2), 7)) == 4 * (parameters + values) + 8 * 7
    assert needed(Network((4, 3, 2), 7, "adam")) == 4 * (3 * parameters + values) + 8 * 7


def test_what_fails_says_why():
    from common import Workers

    with Workers(1) as workers:
        times = workers.paired(
            {
                "good": (list, ((),)),  # a list is not called
                "bad": (int, ("x",)),
                "fine": (_nothing, ()),
            },
            rounds=2,
        )
    assert times["good"] == "TypeError: 'list' object is not callable"
    assert times["bad"].startswith("ValueError: invalid literal for int()")
    assert len(times["fine"]) == 2


def _nothing():
    return list
