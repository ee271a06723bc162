"""A script like the tutorial, to the end of its first batch, for benchmarks/startup.py.

Usage: python benchmarks/first_batch.py NAME

NAME is a contender's. It reads MNIST, computes cost and error rate on the test set, and trains on
one batch; then it prints a line of JSON and ends. For blocks it is ``examples/tutorial.py``.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path


def ours() -> None:
    """Run the tutorial until its first batch is done."""
    import data

    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "examples"))
    folder = data.mnist_folder()
    if folder is None:
        from contenders.ours import Images

        import blocks.datastreams

        blocks.datastreams.MNIST = lambda which: Images(as_mnist(*data.noise(which)))
    else:
        os.environ["BLOCKS_DATA_PATH"] = str(folder)
    import tutorial

    from blocks.compile.jit import statistics
    from blocks.extensions import TrainingExtension

    class End(TrainingExtension):
        """Ends the process after the first batch."""

        def after_batch(self, batch) -> None:
            finish({"compiled": statistics.compiled, "loaded": statistics.loaded})

    tutorial.main_loop.extensions.append(End())
    tutorial.main_loop.run()


def as_mnist(images, classes):
    """Return the sources of MNIST."""
    return {
        "features": images.reshape(-1, 1, 28, 28),
        "targets": classes.reshape(-1, 1).astype("uint8"),
    }


def theirs(name: str) -> None:
    """Do the same with a peer."""
    import contenders
    from data import arrays
    from networks import TUTORIAL

    trainer = contenders.trainer(name, TUTORIAL)
    trainer.keep(*arrays("test"))
    trainer.evaluate(1024)
    images, classes = arrays("train")
    trainer.keep(images[:256], classes[:256])
    trainer.epoch()
    finish({})


def finish(found: dict[str, int]) -> None:
    """Say that the first batch is done; how the process ends is not timed."""
    print(json.dumps(found), flush=True)
    os._exit(0)


if __name__ == "__main__":
    ours() if sys.argv[1] == "blocks" else theirs(sys.argv[1])
