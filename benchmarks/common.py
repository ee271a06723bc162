"""What the benchmarks share: paired timing, medians with spread, tables, versions."""

from __future__ import annotations

import json
import multiprocessing
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any


def paired(
    contenders: Mapping[str, tuple[Callable[..., Callable[[], object] | None], tuple[object, ...]]],
    rounds: int,
) -> dict[str, list[float]]:
    """Run the contenders in turn, A B A B ..., and return their times in seconds.

    The machine's speed drifts; runs that are neighbours in time can be compared. Each
    contender has a process of its own, as the thread pools of several libraries in one
    process disturb each other; the others wait while one runs.

    Parameters
    ----------
    contenders
        For each name a function, and its arguments, that returns what to time, or None
        where its library is not installed.
    rounds
        How often each one runs.
    """
    context = multiprocessing.get_context("spawn")
    workers = {}
    for name, (factory, arguments) in contenders.items():
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(theirs, factory, arguments), daemon=True)
        process.start()
        if ours.recv():
            workers[name] = (ours, process)
    times: dict[str, list[float]] = {name: [] for name in workers}
    for _ in range(rounds):
        for name, (pipe, _) in workers.items():
            time.sleep(0.05)  # threads of the one before go to sleep
            pipe.send(True)
            times[name].append(pipe.recv())
    for pipe, process in workers.values():
        pipe.send(False)
        process.join()
    return times


def _work(pipe: Any, factory: Callable[..., Any], arguments: tuple[object, ...]) -> None:
    run = factory(*arguments)
    if run is not None:
        run()  # once unseen: compilation, page faults, thread pools
    pipe.send(run is not None)
    while run is not None and pipe.recv():
        start = time.perf_counter()
        run()
        pipe.send(time.perf_counter() - start)


def ratios(
    times: Mapping[str, Sequence[float]], base: str
) -> dict[str, tuple[float, float, float]]:
    """Return each contender's time over that of `base`, pair by pair: median, min and max."""
    found = {}
    for name, own in times.items():
        pairs = [a / b for a, b in zip(own, times[base], strict=True)]
        found[name] = (statistics.median(pairs), min(pairs), max(pairs))
    return found


def report(title: str, times: Mapping[str, Sequence[float]], base: str) -> dict[str, object]:
    """Print a table of medians and ratios, and return it for JSON."""
    print(f"\n{title} ({len(times[base])} rounds, in turn)")
    print(f"{'':<28}{'median ms':>12}{'x ' + base:>14}{'min':>8}{'max':>8}")
    rows = {}
    for name, (middle, low, high) in ratios(times, base).items():
        median = statistics.median(times[name]) * 1e3
        print(f"{name:<28}{median:>12.2f}{middle:>14.2f}{low:>8.2f}{high:>8.2f}")
        rows[name] = {"median_ms": median, "ratio": middle, "min": low, "max": high}
    return {"title": title, "base": base, "rows": rows}


def machine() -> dict[str, object]:
    """Return versions and the machine, so that figures can be read later."""
    versions = {}
    for package in ("numpy", "scipy", "numba", "torch"):
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            versions[package] = None
    return {
        "python": sys.version.split()[0],
        "machine": platform.machine(),
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "versions": versions,
    }


def save(name: str, results: object) -> None:
    """Write results as JSON into the folder named by BENCHMARK_OUTPUT, if there is one."""
    folder = os.environ.get("BENCHMARK_OUTPUT")
    if folder:
        path = Path(folder) / f"{name}.json"
        path.write_text(json.dumps({"machine": machine(), "results": results}, indent=1) + "\n")
