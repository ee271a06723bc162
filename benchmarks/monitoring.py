"""Cost and error rate of the tutorial's network on 10,000 images, in batches of 1,024.

Usage: python benchmarks/monitoring.py [--rounds N] [--threads 1 2] [--quick]

``blocks`` is what ``DataStreamMonitoring`` does: it reads the uint8 images from a stream,
scales them, and aggregates cost and error rate. PyTorch runs under ``no_grad``.
"""

from __future__ import annotations

import contenders
from common import Workers, options, report, save
from networks import TUTORIAL

BATCH, TIMES = 1024, 5


def main() -> None:
    """Run the contenders in turn and print the tables."""
    chosen = options(__doc__, rounds=11)
    results = []
    for threads in chosen.threads:
        with Workers(threads) as workers:
            times = workers.paired(
                {
                    name: (contenders.evaluation, (name, TUTORIAL, BATCH, TIMES))
                    for name in chosen.only or contenders.EVALUATING
                },
                chosen.rounds,
            )
        title = f"monitoring 10,000 images, batch {BATCH}, threads: {threads}"
        details = {"threads": threads, "key": "monitoring"}
        results.append(report(title, times, "gemm loop", "ms", TIMES, **details))
    save("monitoring", results)


if __name__ == "__main__":
    main()
