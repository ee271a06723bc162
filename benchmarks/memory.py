"""The memory that training steps need, against what they cannot do without.

Usage: python benchmarks/memory.py [--quick]

``needed`` is parameters, the step rule's state, the batch, and the activations that the
gradient needs: the outputs of all layers. The others are the resident memory of a process at
its peak during three steps (VmHWM of Linux, reset before them), less what was resident before
the network and its batch were made. Compiling and a first step come between. The same was done
with a small network before that, so that libraries and compilers are in memory.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import contenders
from common import Workers, options, save
from networks import Network

BASE = Network((1024, 2048, 2048, 2048, 2048, 10), 256, rate=0.001, decay=0.0, deviation=0.0)
WORK = {
    "1024-4x2048-10, batch 256": BASE,
    "1024-4x2048-10, batch 4096": replace(BASE, batch=4096),
    "1024-4x2048-10, batch 256, Adam": replace(BASE, rule="adam"),
}
STATES = {"scale": 0, "momentum": 1, "adam": 2}
MIB = 2.0**20


def needed(network: Network) -> int:
    """Return the bytes that a step cannot do without."""
    pairs = zip(network.dims[:-1], network.dims[1:], strict=True)
    parameters = sum((inputs + 1) * outputs for inputs, outputs in pairs)
    values = network.batch * sum(network.dims)
    return 4 * (parameters * (1 + STATES[network.rule]) + values) + 8 * network.batch


def status(field: str) -> int:
    """Return a field of /proc/self/status in bytes."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * 1024
    raise OSError(f"no {field} in /proc/self/status")


def grown(name: str, network: Network) -> int:
    """Return how much more memory a process has at its peak in a step, in bytes."""
    # Enough for BLAS to have its buffers; what larger matrices need of them is part of a step.
    small = tuple(min(n, 512) for n in network.dims)
    _three_steps(name, replace(network, batch=256, dims=small))()
    trim()
    before = status("VmRSS")
    steps = _three_steps(name, network)
    trim()
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak is now
    steps()
    return status("VmHWM") - before


def trim() -> None:
    """Give memory that was freed back to the system, as far as the C library can."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def _three_steps(name: str, network: Network) -> Callable[[], None]:
    """Return what does three steps of a network that has done one."""
    trainer = contenders.trainer(name, network)
    step = trainer.stepper(*network.example())
    step()
    trainer.wait()

    def steps() -> None:
        for _ in range(3):
            step()
            trainer.wait()

    return steps


def main() -> None:
    """Measure all contenders and print the table."""
    chosen = options(__doc__, rounds=1)
    names = [name for name in chosen.only or contenders.TRAINING if name != "gemm loop"]
    results = []
    for title, network in list(WORK.items())[: 2 if chosen.quick else None]:
        least = needed(network)
        print(f"\n{title}: peak memory of training steps")
        print(f"{'':<24}{'MiB':>10}{'x needed':>10}")
        print(f"{'needed':<24}{least / MIB:>10.1f}{1:>10.2f}")
        rows: dict[str, object] = {"needed": {"MiB": least / MIB, "ratio": 1.0}}
        for name in names:
            with Workers(max(chosen.threads)) as workers:  # a new process each
                found = workers.call(name, grown, name, network)
            if isinstance(found, str):
                print(f"{name:<24}     missing: {found}")
                rows[name] = {"missing": found}
                continue
            print(f"{name:<24}{found / MIB:>10.1f}{found / least:>10.2f}", flush=True)
            rows[name] = {"MiB": found / MIB, "ratio": found / least}
        results.append({"title": title, "key": f"memory, {title}", "rows": rows})
    save("memory", results)


if __name__ == "__main__":
    main()
