"""Training steps on one batch in memory: a tiny, a deep and a wide network.

Usage: python benchmarks/steps.py [--rounds N] [--threads 1 2] [--quick]

The tiny one shows what a call costs, the deep one what an instruction costs, and the wide
one how close to its matrix products a step comes.
"""

from __future__ import annotations

import contenders
from common import Workers, options, report, save
from networks import Network

WORK = {
    "tiny 4-8-2, batch 8": (Network((4, 8, 2), 8, decay=0.0), 2000, "us"),
    "deep 50 x 64, batch 32": (Network((64,) * 51, 32, rate=0.01, deviation=0.0), 50, "ms"),
    "wide 4096-4096-4096, batch 256": (
        Network((4096,) * 3, 256, rate=0.001, decay=0.0, deviation=0.0),
        1,
        "ms",
    ),
}
"""Title: the network, steps in a round, the unit of the table."""


def main() -> None:
    """Run the contenders in turn and print the tables."""
    chosen = options(__doc__, rounds=7)
    results = []
    for threads in chosen.threads:
        with Workers(threads) as workers:
            for title, (network, count, unit) in WORK.items():
                names = chosen.only or contenders.TRAINING
                times = workers.paired(
                    {name: (contenders.steps, (name, network, count)) for name in names},
                    chosen.rounds,
                )
                full = f"{title}, one step, threads: {threads}"
                details = {"threads": threads, "key": title}
                results.append(report(full, times, "gemm loop", unit, count, **details))
    save("steps", results)


if __name__ == "__main__":
    main()
