"""One epoch of the tutorial's network, with its data, against peers and the bare products.

Usage: python benchmarks/mnist_epoch.py [--rounds N] [--threads 1 2] [--quick]

Every contender has MNIST in memory as uint8, or noise of its shape, and reads, scales and
trains batch by batch. ``gemm loop`` is the limit: only the matrix products of each step, on
images that are float32 already. ``blocks`` is ``MainLoop.run`` with its extensions.
"""

from __future__ import annotations

from dataclasses import replace

import contenders
from common import Workers, options, report, save
from networks import TUTORIAL

WORK = {
    "tutorial, batch 256": TUTORIAL,
    "tutorial, batch 32": replace(TUTORIAL, batch=32, rate=0.01),
    "tutorial, batch 1024": replace(TUTORIAL, batch=1024),
    "tutorial, Momentum": replace(TUTORIAL, rule="momentum", rate=0.01),
    "tutorial, Adam": replace(TUTORIAL, rule="adam", rate=0.001),
    "784-500-500-10": replace(TUTORIAL, dims=(784, 500, 500, 10), deviation=0.0),
}

WHOLE, PART = (60000, 11), (20000, 7)
"""Images in an epoch, and rounds: for the first network, and for the others."""


def main() -> None:
    """Run the contenders in turn and print the tables."""
    chosen = options(__doc__, rounds=WHOLE[1])
    results = []
    for threads in chosen.threads:
        with Workers(threads) as workers:
            for title, network in list(WORK.items())[: 2 if chosen.quick else None]:
                images, rounds = WHOLE if network == TUTORIAL else PART
                rounds = min(rounds, chosen.rounds)
                names = chosen.only or contenders.MODULES
                times = workers.paired(
                    {name: (contenders.epoch, (name, network, images)) for name in names}, rounds
                )
                full = f"{title}, an epoch of {images:,} images, threads: {threads}"
                results.append(report(full, times, "gemm loop", threads=threads, key=title))
    save("mnist_epoch", results)


if __name__ == "__main__":
    main()
