"""What comes around a training step: reading, scaling, the main loop; and reading ahead.

Usage: python benchmarks/reading.py [--rounds N] [--threads 1 2] [--quick]

The first table has microseconds per batch of 256 images. ``streams`` is MNIST through the
default stream and ``Flatten``; ``streams, unscaled`` leaves the pixels as they are; ``main
loop`` is `MainLoop.run` with four extensions on batches that are there already, and an
algorithm that does nothing. The others are whole epochs of the tutorial, with the stream as it
is and in `ReadAhead`; there ``slow`` draws noise for each image on the way.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable

import numpy as np
from common import Workers, options, report, save
from data import arrays
from networks import TUTORIAL

BATCH = TUTORIAL.batch


def _trainer():
    from contenders import ours

    trainer = ours.Trainer(TUTORIAL)
    trainer.keep(*arrays("train"))
    return trainer


def reading(scaled: bool) -> Callable[[], object]:
    """Return what reads an epoch."""
    from blocks.datastreams import DataStream, Flatten, SequentialScheme

    trainer = _trainer()
    trainer.algorithm.initialize()  # pixels are divided by the compiled code then
    stream = trainer.loop.data_stream
    if not scaled:
        scheme = SequentialScheme(trainer.data.num_examples, BATCH)
        stream = Flatten(DataStream(trainer.data, iteration_scheme=scheme))

    def run() -> None:
        for _ in stream.get_epoch_iterator(as_dict=True):
            pass

    return run


def looping(count: int) -> Callable[[], object]:
    """Return what does an epoch of the main loop in which nothing is read or learned."""
    from blocks.extensions import FinishAfter, Printing, Timestamp, Timing
    from blocks.main_loop import MainLoop
    from blocks.utils.testing import MockAlgorithm

    class Nothing(MockAlgorithm):
        def process_batch(self, batch) -> None:
            pass

    class Ready:
        def get_epoch_iterator(self, as_dict):
            return iter([{"features": 1, "targets": 2}] * count)

    extensions = [FinishAfter(after_epoch=True), Timing(), Timestamp(), Printing()]
    loop = MainLoop(Nothing(), Ready(), extensions=extensions)

    def run() -> None:
        with contextlib.redirect_stdout(io.StringIO()):
            loop.run()

    return run


def noisy(batch):
    """Return a batch with noise on its images: some three milliseconds of work."""
    images, targets = batch
    noise = np.random.default_rng(0).standard_normal(images.shape, dtype=np.float32)
    return images + np.float32(0.01) * noise, targets


def training(ahead: bool, slow: bool) -> Callable[[], object]:
    """Return what trains for one more epoch."""
    from blocks.datastreams import Mapping, ReadAhead

    loop = _trainer().loop
    if slow:
        loop.data_stream = Mapping(loop.data_stream, noisy)
    if ahead:
        loop.data_stream = ReadAhead(loop.data_stream)
    return loop.run


def main() -> None:
    """Run the contenders in turn and print the tables."""
    chosen = options(__doc__, rounds=15)
    count = -(-len(arrays("train")[0]) // BATCH)
    results = []
    for threads in chosen.threads:
        with Workers(threads) as workers:
            work = {
                "streams": (reading, (True,)),
                "streams, unscaled": (reading, (False,)),
                "main loop": (looping, (count,)),
            }
            times = workers.paired(work, chosen.rounds)
            title = f"around a step, threads: {threads}"
            results.append(report(title, times, "streams", "us", count, threads=threads))
            for slow in (False, True):
                work = {
                    name: (training, (ahead, slow))
                    for name, ahead in (("as it is", False), ("ReadAhead", True))
                }
                times = workers.paired(work, chosen.rounds)
                title = f"an epoch{', slow reading' if slow else ''}, threads: {threads}"
                results.append(report(title, times, "as it is", threads=threads))
    save("reading", results)


if __name__ == "__main__":
    main()
