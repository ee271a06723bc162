"""From the start of a process to the end of the tutorial's first batch, cold and warm.

Usage: python benchmarks/startup.py [--rounds N] [--quick]

``cold`` starts with empty caches of compiled code, ``warm`` is the next process. Each contender
reads MNIST (or makes noise of its shape), monitors the test set and trains on one batch. PyTorch
compiled, JAX and PyTensor keep compiled code on disk as blocks does. For blocks the number of
kernels that a process compiled is counted, and the time of ``import`` alone is measured.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import contenders
import data
from common import options, report, save

SCRIPT = Path(__file__).with_name("first_batch.py")
IMPORTS = {"blocks": "blocks", "PyTorch": "torch", "JAX": "jax", "PyTensor": "pytensor"}


def environment(cache: str) -> dict[str, str]:
    """Return the environment in which compiled code is kept in a folder."""
    flags = os.environ.get("PYTENSOR_FLAGS", "")
    return {
        **os.environ,
        "BLOCKS_FLOATX": "float32",
        "BLOCKS_CACHE_DIR": f"{cache}/blocks",
        "NUMBA_CACHE_DIR": f"{cache}/numba",
        "TORCHINDUCTOR_CACHE_DIR": f"{cache}/torch",
        "JAX_COMPILATION_CACHE_DIR": f"{cache}/jax",
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "PYTENSOR_FLAGS": f"{flags},base_compiledir={cache}/pytensor".lstrip(","),
    }


def first_batch(name: str, cache: str) -> tuple[float, dict[str, int]] | str:
    """Return the seconds to the first batch, and what the process says of itself."""
    command = [sys.executable, str(SCRIPT), name]
    start = time.perf_counter()
    result = subprocess.run(
        command, env=environment(cache), capture_output=True, text=True, check=False
    )
    seconds = time.perf_counter() - start
    lines = result.stdout.strip().splitlines()
    if result.returncode or not lines:
        error = result.stderr.strip().splitlines() or [f"status {result.returncode}"]
        return next((line for line in error if "Error" in line), error[-1])[:200]
    return seconds, json.loads(lines[-1])


def import_seconds(module: str) -> float | str:
    """Return how long ``import`` of a module takes in a new process."""
    code = f"import time; a = time.perf_counter(); import {module}; print(time.perf_counter() - a)"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    if result.returncode:
        return f"{module} is not installed"
    return float(result.stdout)


def main() -> None:
    """Run the contenders in turn and print the tables."""
    chosen = options(__doc__, rounds=4)
    names = [name for name in chosen.only or contenders.TRAINING if name != "gemm loop"]
    imports: dict[str, list[float] | str] = {name: [] for name in IMPORTS}
    first: dict[str, dict[str, list[float] | str]] = {
        when: {name: [] for name in names} for when in ("cold", "warm")
    }
    kernels: dict[str, list[dict[str, int]]] = {"cold": [], "warm": []}
    with tempfile.TemporaryDirectory() as folder:
        for i in range(chosen.rounds + 1):
            when = "warm" if i else "cold"
            for name in names:
                _add(
                    first[when],
                    name,
                    first_batch(name, f"{folder}/{names.index(name)}"),
                    kernels[when],
                )
            for name, module in IMPORTS.items():
                _add(imports, name, import_seconds(module), [])
            if not i:  # a cold start is judged for blocks alone: the others run once
                for again in range(0 if chosen.quick or "blocks" not in names else 2):
                    found = first_batch("blocks", f"{folder}/again{again}")
                    _add(first[when], "blocks", found, kernels[when])
    results = [report("import, new process", imports, "blocks", "ms", key="import")]
    for when, times in first.items():
        title = f"first batch of the tutorial, {when}, {data.source()}"
        details = {"key": f"first batch, {when}", "kernels": kernels[when]}
        results.append(report(title, times, "blocks", "ms", **details))
        print(f"kernels of blocks: {kernels[when]}")
    save("startup", results)


def _add(times, name, found, kernels) -> None:
    if isinstance(times[name], str):
        return
    if isinstance(found, str):
        times[name] = found
    elif isinstance(found, tuple):
        times[name].append(found[0])
        kernels += [found[1]] if found[1] else []
    else:
        times[name].append(found)


if __name__ == "__main__":
    main()
