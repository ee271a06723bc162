"""A network that is trained for a few steps, and what tells two trainings apart.

As a script, ``python -m tests.compile.training THREADS``, it trains one network for each row
of `KINDS` and prints the bits that it ends with; with ``--together`` all of them at once.
"""

import argparse
import hashlib
import threading

import numpy as np

from blocks import tensor
from blocks.algorithms import Adam, CompositeRule, GradientDescent, Momentum, StepClipping
from blocks.bricks import MLP, Rectifier, Softmax, Tanh
from blocks.bricks.cost import CategoricalCrossEntropy
from blocks.config import config
from blocks.graph import ComputationGraph
from blocks.initialization import Constant, IsotropicGaussian

KINDS = {
    "adam": (Adam, Tanh, (300, 401, 10)),
    "momentum": (lambda: Momentum(0.01, 0.9), Rectifier, (300, 350, 10)),
    "clipped": (lambda: CompositeRule([StepClipping(0.1), Adam(0.01)]), Tanh, (200, 500, 7)),
}
"""Step rule, activation and sizes: large enough for threads of BLAS and of ours."""


class Training:
    """A network and its batches, both the same for the same kind and seed."""

    def __init__(self, kind, seed=1, dtype="float32"):
        rule, activation, dims = KINDS[kind]
        with config.use(floatX=dtype):
            x, y = tensor.matrix("x"), tensor.lvector("y")
            mlp = MLP(
                [activation(), Softmax()],
                list(dims),
                weights_init=IsotropicGaussian(0.1),
                biases_init=Constant(0),
                seed=seed,
            )
            mlp.initialize()
            cost = CategoricalCrossEntropy().apply(y, mlp.apply(x))
            cost = cost + 0.001 * sum((W**2).sum() for W in ComputationGraph(cost).parameters)
            parameters = ComputationGraph(cost).parameters
            self.algorithm = GradientDescent(cost=cost, parameters=parameters, step_rule=rule())
            self.algorithm.initialize()
        rng = np.random.RandomState(seed)
        self.batches = [
            {"x": rng.rand(rows, dims[0]).astype(dtype), "y": rng.randint(0, dims[-1], rows)}
            for rows in (256, 256, 100)
        ]

    def steps(self, count=7):
        """Train, and return itself."""
        for i in range(count):
            self.algorithm.process_batch(self.batches[i % len(self.batches)])
        return self

    def bits(self):
        """Return a digest of the parameters and of the state of the step rule."""
        digest = hashlib.sha256()
        for x, _ in self.algorithm.updates:
            value = x.get_value()
            assert np.isfinite(value).all()
            digest.update(f"{value.dtype} {value.shape}".encode())
            digest.update(value.tobytes())
        return digest.hexdigest()


def trained_together(kinds):
    """Build and train some networks at the same time, a thread each; return their bits."""
    barrier = threading.Barrier(len(kinds), timeout=60)
    found = {}

    def train(kind):
        barrier.wait()
        found[kind] = Training(kind).steps().bits()

    threads = [threading.Thread(target=train, args=(kind,)) for kind in kinds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [found[kind] for kind in kinds]


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("threads", type=int)
    parser.add_argument("--together", action="store_true")
    options = parser.parse_args()
    config.num_threads = options.threads
    if options.together:
        print(*trained_together(list(KINDS)))
    else:
        print(*(Training(kind).steps().bits() for kind in KINDS))
