"""The long run: ``python -m tests.fuzz --graphs 100000``, or ``make fuzz``.

Chunks of graphs run in several processes, each with a seed of its own. Of one graph in 20
the kernels are compiled, of all others Python runs them. Failures are made small and
written as scripts to the folder ``fuzz_failures``.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.fuzz.chunk import work

FOLDER = Path("fuzz_failures")
ROWS = (
    "graphs",
    "through the JIT",
    "calls",
    "numbers",
    "gradients",
    "finite differences",
    "kinks",
    "with ties",
    "replace",
    "errors",
    "undefined",
    "PyTensor",
    "PyTensor steps",
    "PyTensor steps left out",
    "PyTensor gradients",
)


def tasks(arguments):
    """Yield the chunks of a run."""
    start = arguments.seed
    for done in range(0, arguments.graphs, arguments.chunk):
        number = min(arguments.chunk, arguments.graphs - done)
        compiled = -(-number // arguments.jit_every) if arguments.jit_every else 0
        yield "compiled", compiled, start
        yield "plain", number - compiled, start + 1
        start += 2
    for done in range(0, arguments.pytensor, arguments.chunk):
        yield "pytensor", min(arguments.chunk, arguments.pytensor - done), start
        start += 1


def main():
    """Run and print the table; the exit status tells whether something failed."""
    parser = argparse.ArgumentParser("tests.fuzz", description=__doc__.split("\n")[0])
    parser.add_argument("--graphs", type=int, default=100_000)
    parser.add_argument(
        "--pytensor", type=int, default=None, help="graphs run by PyTensor; default: one for 20"
    )
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--chunk", type=int, default=500, help="graphs of one seed")
    parser.add_argument("--seed", type=int, default=None, help="the first seed; default: the time")
    parser.add_argument("--jit-every", type=int, default=100, help="0: compile nothing")
    arguments = parser.parse_args()
    if arguments.seed is None:
        arguments.seed = int(time.time())
    if arguments.pytensor is None:
        arguments.pytensor = arguments.graphs // 20
    print(f"seeds from {arguments.seed} on")
    try:
        import pytensor  # noqa: F401
    except ImportError:
        print("PyTensor is not installed: no graph is compared with it")
        arguments.pytensor = 0
    total, failures, began = Counter(), 0, time.time()
    told = began
    with tempfile.TemporaryDirectory() as cache:
        os.environ.update(BLOCKS_CACHE_DIR=cache, BLOCKS_NUM_THREADS="1", OMP_NUM_THREADS="1")
        # Fresh processes now and then, as kernels that were compiled stay in memory.
        context = multiprocessing.get_context("spawn")
        with context.Pool(arguments.processes, maxtasksperchild=8) as pool:
            todo = [t for t in tasks(arguments) if t[1]]
            for kind, start, counts, message, script in pool.imap_unordered(work, todo):
                total += counts
                if message is not None:
                    failures += 1
                    print(f"FAILED {kind}, seed {start}: {message}")
                    if script:
                        FOLDER.mkdir(exist_ok=True)
                        path = FOLDER / f"{kind}_{start}.py"
                        path.write_text(script, encoding="utf-8")
                        print(f"    python {path}")
                if time.time() - told > 30:
                    told = time.time()
                    speed = total["graphs"] / (told - began)
                    print(
                        f"{total['graphs']} graphs, {speed:.1f}/s, {failures} failures", flush=True
                    )
    print()
    for row in ROWS:
        print(f"{row:24} {total[row]:>12}")
    print(f"{'failures':24} {failures:>12}")
    print(f"{'seconds':24} {time.time() - began:>12.0f}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
