"""What the benchmarks share: paired timing, medians with spread, tables, versions.

Only the standard library is imported here, so that a contender's process sees its number of
threads before NumPy or anything else is loaded.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

Factory = Callable[..., Callable[[], object]]

PACKAGES = ("numpy", "scipy", "numba", "llvmlite", "torch", "jax", "jaxlib", "pytensor")
PAUSE = 0.15
"""Seconds between two runs: the threads of OpenBLAS stay awake for a tenth of a second after a
product, and would take a core from whoever comes next."""

THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "BLOCKS_NUM_THREADS",
)


@contextmanager
def threads_of(count: int) -> Iterator[None]:
    """Let processes that start inside use `count` threads, on as many cores.

    Every library is told by its variable; the cores are for those that count them, as XLA
    does.
    """
    before = {name: os.environ.get(name) for name in THREAD_VARIABLES}
    cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, str(count)))
    if cores:
        os.sched_setaffinity(0, sorted(cores)[:count])
    try:
        yield
    finally:
        if cores:
            os.sched_setaffinity(0, cores)
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


class Workers:
    """A process for each contender, kept from one measurement to the next.

    Each contender has a process of its own, as the thread pools of several libraries in one
    process disturb each other; the others wait while one runs.

    Parameters
    ----------
    threads
        How many threads each of them may use.
    """

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self._workers: dict[str, tuple[Any, Any]] = {}

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        for name in list(self._workers):
            self._stop(name)

    def _stop(self, name: str) -> None:
        pipe, process = self._workers.pop(name)
        pipe.close()  # which ends it
        process.join(10)
        if process.is_alive():
            process.kill()

    def _pipe(self, name: str) -> Any:
        if name not in self._workers:
            context = multiprocessing.get_context("spawn")
            ours, theirs = context.Pipe()
            with threads_of(self.threads):
                process = context.Process(target=_work, args=(theirs,), daemon=True)
                process.start()
            theirs.close()  # else its end would not be noticed
            self._workers[name] = (ours, process)
        return self._workers[name][0]

    def _receive(self, name: str, seconds: float | None = None) -> tuple[bool, Any]:
        pipe = self._workers[name][0]
        try:
            if not pipe.poll(seconds):
                raise EOFError(f"no answer within {seconds:.0f} s")
            return pipe.recv()
        except (EOFError, OSError) as error:
            self._stop(name)
            return False, f"its process ended: {error}" if str(error) else "its process ended"

    def paired(
        self,
        contenders: Mapping[str, tuple[Factory, tuple[object, ...]]],
        rounds: int,
        seconds: float | None = None,
    ) -> dict[str, list[float] | str]:
        """Run the contenders in turn, A B A B ..., and return their times in seconds.

        The machine's speed drifts; runs that are neighbours in time can be compared.

        Parameters
        ----------
        contenders
            For each name a function, and its arguments, that returns what to time. It
            runs once unseen: compilation, page faults, thread pools.
        rounds
            How often each one runs.
        seconds
            How long making each of them, and its first run, may take.

        Returns
        -------
        For each name the times, or a text that says why there are none.
        """
        found: dict[str, list[float] | str] = {name: [] for name in contenders}
        for name, (factory, arguments) in contenders.items():
            self._pipe(name).send(("make", factory, arguments))
        for name in contenders:
            good, answer = self._receive(name, seconds)
            if not good:
                found[name] = answer
        # What is imported and built at the same time must not run at the same time: thread
        # pools that wait for each other's cores are slower by orders of magnitude.
        for name in contenders:
            if name in self._workers and not isinstance(found[name], str):
                self._pipe(name).send(("run",))
                good, answer = self._receive(name, seconds)
                if not good:
                    found[name] = answer
        for _ in range(rounds):
            for name, times in found.items():
                if isinstance(times, str):
                    continue
                time.sleep(PAUSE)
                self._pipe(name).send(("run",))
                good, answer = self._receive(name)
                if good:
                    times.append(answer)
                else:
                    found[name] = answer
        for name in [name for name in found if name in self._workers]:
            self._pipe(name).send(("forget",))
            self._receive(name)
        return found

    def call(self, name: str, function: Callable[..., object], *arguments: object) -> Any:
        """Return what a function returns in a contender's process, or a text on why not."""
        self._pipe(name).send(("call", function, arguments))
        return self._receive(name)[1]


def _work(pipe: Any) -> None:
    run = None
    while True:
        try:
            what, *rest = pipe.recv()
        except EOFError:
            return
        try:
            if what == "make":
                run = rest[0](*rest[1])
                answer = None
            elif what == "run":
                start = time.perf_counter()
                run()
                answer = time.perf_counter() - start
            elif what == "call":
                answer = rest[0](*rest[1])
            else:
                answer = run = None
            pipe.send((True, answer))
        except ModuleNotFoundError as error:
            run = None
            pipe.send((False, f"{error.name} is not installed"))
        except Exception as error:
            run = None
            lines = str(error).strip().splitlines() or [""]
            pipe.send((False, f"{type(error).__name__}: {lines[0]}"[:200]))


def ratios(times: Sequence[float], base: Sequence[float]) -> tuple[float, float, float]:
    """Return times over those of the base, pair by pair: median, lower and upper quartile.

    One of them may have run more often: what has no partner is left out.
    """
    pairs = sorted(a / b for a, b in zip(times, base, strict=False))
    if len(pairs) < 2:
        return (pairs[0],) * 3
    low, middle, high = statistics.quantiles(pairs, n=4, method="inclusive")
    return middle, low, high


UNITS = {"s": 1.0, "ms": 1e3, "us": 1e6}


def report(
    title: str,
    times: Mapping[str, list[float] | str],
    base: str,
    unit: str = "ms",
    each: int = 1,
    **details: object,
) -> dict[str, object]:
    """Print a table of medians and ratios, and return it for JSON.

    Parameters
    ----------
    title
        What was done.
    times
        For each contender its times, or why there are none.
    base
        The contender whose ratio is 1.
    unit
        Of the medians that are printed.
    each
        How many steps were timed at once.
    **details
        Goes into the JSON.
    """
    good = {name: own for name, own in times.items() if not isinstance(own, str)}
    rounds = len(next(iter(good.values()), []))
    print(f"\n{title} ({rounds} rounds, in turn)")
    print(f"{'':<24}{'median ' + unit:>12}{'x ' + base:>16}{'quartiles':>16}{'best':>10}")
    rows: dict[str, object] = {}
    for name, own in times.items():
        if isinstance(own, str):
            print(f"{name:<24}     missing: {own}")
            rows[name] = {"missing": own}
            continue
        scale = UNITS[unit] / each
        median, best = statistics.median(own) * scale, min(own) * scale
        row: dict[str, object] = {
            "median_s": statistics.median(own) / each,
            "best_s": min(own) / each,
            "times_s": [float(f"{x / each:.5g}") for x in own],
        }
        line = f"{name:<24}{median:>12.2f}"
        if base in good:
            middle, low, high = ratios(own, good[base])
            row.update(ratio=middle, low=low, high=high)
            line += f"{middle:>16.2f}{low:>8.2f}{high:>8.2f}"
        rows[name] = row
        print(line + f"{best:>10.2f}", flush=True)
    return {"title": title, "base": base, "rounds": rounds, **details, "rows": rows}


def machine() -> dict[str, object]:
    """Return versions and the machine, so that figures can be read later."""
    versions: dict[str, str | None] = {}
    for package in PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            versions[package] = None
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        model = next(x.split(":", 1)[1].strip() for x in lines if x.startswith("model name"))
    except (OSError, StopIteration):
        model = platform.processor()
    return {
        "python": sys.version.split()[0],
        "system": f"{platform.system()} {platform.machine()}",
        "processor": model,
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
        path.write_text(json.dumps(results) + "\n", encoding="utf-8")
    else:
        print(json.dumps(machine()))


def options(description: str | None, rounds: int) -> argparse.Namespace:
    """Read the options that every benchmark has.

    Parameters
    ----------
    description
        The docstring of the script.
    rounds
        How many rounds there are by default; three where it is to be quick.
    """
    parser = argparse.ArgumentParser(description=(description or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, help=f"default: {rounds}; 3 with --quick")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--only", nargs="+", help="run only these contenders")
    parser.add_argument("--quick", action="store_true", help="fewer rounds and smaller work")
    found = parser.parse_args()
    found.rounds = found.rounds or (3 if found.quick else rounds)
    return found
