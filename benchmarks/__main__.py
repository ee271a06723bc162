"""All benchmarks in one run: figures into one JSON file, the table of targets onto its page.

Usage: python benchmarks [--quick] [--scripts mnist_epoch steps ...] [--threads 1 2] [--output FILE]

Each script runs in turn in a process of its own and prints its tables. Then the targets are
printed. Only a whole run, without these options, writes ``benchmarks/results.json`` and
``docs/performance.md``; others write where --output says, or nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import data
import table
from common import machine

FOLDER = Path(__file__).resolve().parent
SCRIPTS = [
    "mnist_epoch",
    "steps",
    "recurrent",
    "elementwise",
    "random_numbers",
    "monitoring",
    "startup",
    "memory",
    "compile_time",
    "reading",
]


def main() -> int:
    """Run the scripts and write their results; the exit status says whether all ran."""
    parser = argparse.ArgumentParser(prog="python benchmarks", description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer rounds and smaller work")
    parser.add_argument("--scripts", nargs="+", choices=SCRIPTS, default=SCRIPTS)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--output", type=Path, help="where to write the results")
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # which ends the script that runs
    whole = not chosen.quick and chosen.scripts == SCRIPTS and chosen.threads == [1, 2]
    passed = ["--threads", *map(str, chosen.threads), *(["--quick"] if chosen.quick else [])]
    output = chosen.output or (FOLDER / "results.json" if whole else None)
    found: dict[str, object] = {
        "machine": machine(),
        "data": data.source(),
        "quick": chosen.quick,
        "load at the start": os.getloadavg() if hasattr(os, "getloadavg") else None,
        "seconds": {},
        "failed": [],
        "results": {},
    }
    with tempfile.TemporaryDirectory() as folder:
        for name in chosen.scripts:
            print(f"\n== {name}", flush=True)
            start = time.perf_counter()
            command = [sys.executable, "-W", "ignore", str(FOLDER / f"{name}.py")]
            status = subprocess.run(
                [*command, *passed],
                env={**os.environ, "BENCHMARK_OUTPUT": folder, "PYTHONWARNINGS": "ignore"},
                check=False,
            ).returncode
            found["seconds"][name] = round(time.perf_counter() - start, 1)
            if status:
                print(f"{name} failed with status {status}")
                found["failed"].append(name)
                continue
            text = (Path(folder) / f"{name}.json").read_text(encoding="utf-8")
            found["results"][name] = json.loads(text)
            if output is not None:  # so that a run that is cut off has not been for nothing
                output.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print("\n" + table.page(found))
    print(f"seconds: {found['seconds']}")
    if output is not None:
        print(f"written: {output}")
    if whole and not found["failed"]:
        table.update(found)
    return 1 if found["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
