"""The table of targets: what each asks for, what was measured, and whether it was reached.

Usage: python benchmarks/table.py [--update] [results.json]

It prints the tables as Markdown; with --update it writes them between the two marks on
``docs/performance.md``.
"""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import contenders

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "performance.md"
MARKS = ("<!-- measured: begin -->", "<!-- measured: end -->")

TRAINING = [
    "tutorial, batch 32",
    "tutorial, batch 1024",
    "tutorial, Momentum",
    "tutorial, Adam",
    "784-500-500-10",
]
LONG = "T100 B100 I1 H100"
RECURRENT = [
    "LSTM T50 B64 I64 H256",
    *(f"{kind} {LONG}" for kind in ("LSTM", "GRU", "simple recurrent")),
    f"bidirectional LSTM {LONG}",
    f"two-layer LSTM {LONG}",
]
PYTENSOR = ["PyTensor Numba", "PyTensor C"]
Results = Mapping[str, Any]


@dataclass(frozen=True)
class Figure:
    """A number, its spread, and against what it stands."""

    value: float
    low: float | None = None
    high: float | None = None
    unit: str = "x"
    note: str = ""
    is_whole: bool = True  # else something is missing, and no target is reached

    def __str__(self) -> str:
        digits = 0 if abs(self.value) >= 100 else 2 if self.unit == "x" else 1
        digits = 2 if self.unit in ("s", "") or abs(self.value) < 1 else digits
        text = f"{self.value:.{digits}f} {self.unit}".strip()
        if self.low is not None:
            text += f" ({self.low:.{digits}f} to {self.high:.{digits}f})"
        return f"{text} {self.note}".strip()


def tables(results: Results) -> list[dict[str, Any]]:
    """Return all tables of a run."""
    return [one for found in results["results"].values() for one in found]


def rows(results: Results, key: str, threads: int | None) -> Mapping[str, Any] | None:
    """Return the rows of a table, or None where it was not measured."""
    for one in tables(results):
        if one.get("key") == key and one.get("threads") in (threads, None):
            return one["rows"]
    return None


def against(peers: Sequence[str], ours: str = "blocks") -> Callable[..., Figure | None]:
    """Return what computes the ratio of our time to that of the fastest of some contenders."""

    def figure(results: Results, key: str, threads: int | None) -> Figure | None:
        found = rows(results, key, threads)
        times = {n: (found or {}).get(n, {}).get("times_s") for n in [ours, *peers]}
        installed = [name for name in peers if times[name]]
        if not times[ours] or not installed:
            return None
        fastest = min(installed, key=lambda name: statistics.median(times[name]))
        ratios = [a / b for a, b in zip(times[ours], times[fastest], strict=False)]
        low, middle, high = quartiles(ratios)
        return Figure(middle, low, high, note=fastest if len(peers) > 1 else "")

    return figure


def quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    """Return lower quartile, median and upper quartile."""
    if len(values) < 2:
        return (values[0],) * 3
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, middle, high


def median(name: str, unit: str) -> Callable[..., Figure | None]:
    """Return what looks up a contender's median time."""

    def figure(results: Results, key: str, threads: int | None) -> Figure | None:
        times = ((rows(results, key, threads) or {}).get(name) or {}).get("times_s")
        if not times:
            return None
        scale = {"s": 1, "ms": 1e3, "us": 1e6}[unit]
        low, middle, high = (scale * x for x in quartiles(times))
        return Figure(middle, low, high, unit)

    return figure


def compiled_again(results: Results, key: str, threads: int | None) -> Figure | None:
    """Return how many kernels later processes compiled."""
    for one in tables(results):
        if one.get("key") == key and one["kernels"]:
            return Figure(max(found["compiled"] for found in one["kernels"]), unit="kernels")
    return None


def slope(results: Results, key: str, threads: int | None) -> Figure | None:
    """Return the log-log slope of compile time over size."""
    for one in tables(results):
        if one.get("key") == key:
            missing = [size for size, row in one["rows"].items() if "missing" in row]
            note = f"without {', '.join(missing)}" if missing else ""
            found = one["slopes"]["all"]
            return found and Figure(found, unit="", note=note, is_whole=not missing)
    return None


def seconds_of(size: int) -> Callable[..., Figure | None]:
    """Return what looks up the time to compile something of a size."""

    def figure(results: Results, key: str, threads: int | None) -> Figure | None:
        row = (rows(results, key, threads) or {}).get(str(size), {})
        return Figure(row["all"], row["best"], row["worst"], "s") if "all" in row else None

    return figure


def memory(results: Results, key: str, threads: int | None) -> Figure | None:
    """Return peak memory over what is needed."""
    row = (rows(results, key, threads) or {}).get("blocks", {})
    return Figure(row["ratio"]) if "ratio" in row else None


@dataclass(frozen=True)
class Target:
    """A line of the table: what was done, what is asked for, and how it is computed."""

    key: str
    asked: str
    limit: float
    figure: Callable[..., Figure | None]
    by_threads: bool = True


LIMIT = against(["gemm loop"])
TARGETS = [
    Target("tutorial, batch 256", "at most 1.25 x the gemm loop", 1.25, LIMIT),
    Target(
        "tutorial, batch 256",
        "at most 1.85 x the gemm loop, as the original with its data",
        1.85,
        LIMIT,
    ),
    Target(
        "tutorial, batch 256",
        "at most 0.5 x PyTorch eager",
        0.5,
        against(["PyTorch eager"]),
    ),
    Target("tutorial, batch 256", "at most 0.6 x JAX", 0.6, against(["JAX"])),
    Target("tutorial, batch 256", "at most 0.7 x PyTensor", 0.7, against(PYTENSOR)),
    *(Target(key, "ahead of every peer", 1.0, against(contenders.PEERS)) for key in TRAINING),
    Target("tiny 4-8-2, batch 8", "at most 10 us a step", 10, median("blocks", "us")),
    Target("tiny 4-8-2, batch 8", "at most 0.1 x PyTorch eager", 0.1, against(["PyTorch eager"])),
    Target("deep 50 x 64, batch 32", "ahead of JAX", 1.0, against(["JAX"])),
    Target("wide 4096-4096-4096, batch 256", "at most 1.05 x the gemm loop", 1.05, LIMIT),
    *(
        target
        for key in ("elementwise, value", "elementwise, value and gradient")
        for target in (
            Target(key, "at most 1.3 x the SIMD loop", 1.3, against(["SIMD loop"])),
            Target(key, "at most 1/3 of NumPy", 1 / 3, against(["NumPy"])),
        )
    ),
    *(
        Target(f"random numbers, {kind}", "ahead of NumPy's SFC64", 1.0, against(["NumPy SFC64"]))
        for kind in ("uniform", "normal")
    ),
    Target(
        "dropout, 784-500-500-10",
        "at most 1.15 x the step without",
        1.15,
        against(["blocks, no dropout"]),
    ),
    Target("LSTM T50 B20 I20 H32", "at most 0.7 x PyTorch eager", 0.7, against(["PyTorch eager"])),
    Target("LSTM T50 B20 I20 H32", "at most 0.5 x JAX", 0.5, against(["JAX"])),
    *(
        Target(key, "at most 1.0 x PyTorch eager", 1.0, against(["PyTorch eager"]))
        for key in RECURRENT
    ),
    Target("LSTM T50 B64 I64 H256", "at most 1.5 x the gemm loop", 1.5, LIMIT),
    Target("loop of 10 operations on 32 numbers", "under 1 us a step", 1, median("blocks", "us")),
    Target("compile LSTM, cold", "under 5 s", 5, median("blocks", "s"), False),
    Target("compile LSTM, kernels cached", "under 0.5 s", 0.5, median("blocks", "s"), False),
    Target("memory of LSTM T50 B64 I64 H256", "at most 1.2 x PyTorch", 1.2, memory, False),
    Target("monitoring", "ahead of PyTorch under no_grad", 1.0, against(["PyTorch eager"])),
    Target("import", "import blocks under 0.3 s", 0.3, median("blocks", "s"), False),
    Target("first batch, warm", "under 1.5 s", 1.5, median("blocks", "s"), False),
    Target("first batch, cold", "under 6 s", 6.0, median("blocks", "s"), False),
    Target("first batch, warm", "a second process compiles nothing", 0, compiled_again, False),
    *(
        Target(f"chains of {kind}, {how}", "slope under 1.2", 1.2, slope, False)
        for kind in ("elementwise", "layers")
        for how in ("kernels cached", "reference")
    ),
    Target(
        "chains of bricks, kernels cached", "1,000 layers under 10 s", 10, seconds_of(1000), False
    ),
]


def targets(results: Results) -> list[str]:
    """Return the lines of the table of targets."""
    memories = [x["key"] for x in tables(results) if str(x.get("key")).startswith("memory, ")]
    wanted = [
        *TARGETS,
        *(Target(key, "at most 1.2 x what is needed", 1.2, memory, False) for key in memories),
    ]
    counts = sorted({x["threads"] for x in tables(results) if "threads" in x})
    lines = [
        f"| work | target | {' | '.join(f'threads: {n}' for n in counts)} | reached |",
        "|---" * (3 + len(counts)) + "|",
    ]
    for target in wanted:
        figures = [
            target.figure(results, target.key, n) for n in (counts if target.by_threads else [None])
        ]
        reached = [None if x is None else x.is_whole and x.value <= target.limit for x in figures]
        cells = ["not measured" if x is None else str(x) for x in figures]
        if not target.by_threads:
            cells += [""] * (len(counts) - 1)
        words = {True: "yes", False: "no", None: "?"}
        verdict = " / ".join(dict.fromkeys(words[x] for x in reached))
        if len(set(reached)) > 1:
            verdict = " / ".join(words[x] for x in reached)
        lines.append(f"| {target.key} | {target.asked} | {' | '.join(cells)} | {verdict} |")
    return lines


def short(number: float) -> str:
    """Return a number with three digits, or all before the point."""
    if number >= 100:
        return f"{number:,.0f}"
    return f"{number:.3g}"


def times(results: Results) -> list[str]:
    """Return the lines of a table of all contenders' median times."""
    shown = [x for x in tables(results) if any("median_s" in row for row in x["rows"].values())]
    names = list(dict.fromkeys(name for one in shown for name in one["rows"]))
    head = f"| median, ms | {' | '.join(names)} |"
    lines = [head, "|---" * (1 + len(names)) + "|"]
    for one in shown:
        cells = []
        for name in names:
            row = one["rows"].get(name, {})
            seconds = row.get("median_s")
            text = "missing" if "missing" in row else ""
            cells.append(text if seconds is None else short(1e3 * seconds))
        title = one.get("key", one.get("title", "")) + (
            f", threads: {one['threads']}" if "threads" in one else ""
        )
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return lines


def memories(results: Results) -> list[str]:
    """Return the lines of the table of peak memory."""
    shown = [x for x in tables(results) if str(x.get("key")).startswith("memory, ")]
    names = list(dict.fromkeys(name for one in shown for name in one["rows"]))
    lines = [f"| peak of a step, MiB | {' | '.join(names)} |", "|---" * (1 + len(names)) + "|"]
    for one in shown:
        cells = [
            f"{row['MiB']:.0f}" if "MiB" in row else "missing"
            for row in (one["rows"].get(name, {}) for name in names)
        ]
        lines.append(f"| {one['title']} | {' | '.join(cells)} |")
    return lines if shown else []


def page(results: Results) -> str:
    """Return the tables as Markdown."""
    made = results["machine"]
    versions = ", ".join(f"{k} {v or 'missing'}" for k, v in made["versions"].items())
    missing = sorted(
        {
            f"- {name}: {row['missing']}"
            for one in tables(results)
            for name, row in one["rows"].items()
            if "missing" in row
        }
    )
    parts = [
        [
            f"Python {made['python']} on {made['system']}, {made['processor']}, "
            f"{made['cores']} cores; {versions}. Data: {results['data']}."
            + (" A quick run: too few rounds to judge by." if results["quick"] else "")
        ],
        ["Ratios are medians over pairs of runs, with quartiles; 1 x is the contender named."],
        targets(results),
        times(results),
        memories(results),
        [f"No figures came from: {', '.join(results['failed'])}."] if results["failed"] else [],
        ["Missing:", "", *missing] if missing else [],
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def updated(text: str, results: Results) -> str:
    """Return the text of a page with the tables between its two marks."""
    begin, end = (text.index(mark) for mark in MARKS)
    return f"{text[: begin + len(MARKS[0])]}\n\n{page(results)}\n{text[end:]}"


def update(results: Results) -> None:
    """Write the tables onto the page."""
    PAGE.write_text(updated(PAGE.read_text(encoding="utf-8"), results), encoding="utf-8")
    print(f"updated: {PAGE}")


def main() -> None:
    """Print the tables of a file of results, or write them onto the page."""
    words = [word for word in sys.argv[1:] if word != "--update"]
    path = Path(words[0]) if words else Path(__file__).with_name("results.json")
    results = json.loads(path.read_text(encoding="utf-8"))
    if "--update" in sys.argv[1:]:
        update(results)
    else:
        print(page(results))


if __name__ == "__main__":
    main()
