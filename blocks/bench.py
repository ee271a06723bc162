"""What this machine can do: the rate of its matrix products, and how near training comes to it.

``blocks bench`` prints both in a few seconds. The scripts under ``benchmarks/`` compare with
other libraries.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from time import perf_counter, sleep

import numpy as np

from blocks import tensor
from blocks.algorithms import GradientDescent, Scale
from blocks.bricks import MLP, Rectifier, Softmax
from blocks.bricks.cost import CategoricalCrossEntropy
from blocks.compile.threads import available_threads, limit_threads
from blocks.config import config
from blocks.datastreams import DataStream, Flatten, IndexableDataset, SequentialScheme
from blocks.datastreams.transformers.defaults import uint8_pixels_to_floatX
from blocks.errors import ConfigurationError
from blocks.extensions import FinishAfter
from blocks.filter import VariableFilter
from blocks.graph import ComputationGraph
from blocks.initialization import Constant, IsotropicGaussian
from blocks.main_loop import MainLoop
from blocks.roles import WEIGHT

__all__ = ["bench", "gemm_rate", "paired", "products_epoch", "training_epoch"]

BATCH, DIMS = 256, (784, 100, 10)

PRODUCTS = [
    (BATCH, 784, 100),  # into the hidden layer
    (784, BATCH, 100),  # the gradient of its weights
    (1024, 1024, 1024),
]
"""Sizes n, k, m of products (n, k) x (k, m)."""


class _Noise(IndexableDataset):
    """Noise with the sources, shapes and dtypes of MNIST."""

    default_transformers = uint8_pixels_to_floatX(("features",))

    def __init__(self, examples: int) -> None:
        rng = np.random.default_rng(0)
        features = rng.integers(0, 256, (examples, 1, 28, 28), dtype=np.uint8)
        targets = rng.integers(0, DIMS[-1], (examples, 1), dtype=np.uint8)
        super().__init__({"features": features, "targets": targets})


def gemm_rate(sizes: Sequence[int], dtype: str, seconds: float) -> float:
    """Return the rate of a matrix product, 2 n k m operations over the median time, in GFLOP/s.

    Parameters
    ----------
    sizes
        n, k and m of (n, k) x (k, m).
    dtype
        Of the matrices.
    seconds
        How long to try; it runs at least three times.

    Examples
    --------
    >>> gemm_rate((8, 8, 8), "float32", seconds=0) > 0
    True
    """
    n, k, m = sizes
    rng = np.random.default_rng(0)
    a, b = rng.random((n, k)).astype(dtype), rng.random((k, m)).astype(dtype)
    out = np.empty((n, m), dtype)
    np.dot(a, b, out=out)
    times: list[float] = []
    while len(times) < 3 or sum(times) < seconds:
        start = perf_counter()
        np.dot(a, b, out=out)
        times.append(perf_counter() - start)
    return 2 * n * k * m / statistics.median(times) / 1e9


def training_epoch(examples: int) -> Callable[[], None]:
    """Return what trains the tutorial's network for one more epoch on noise, in floatX.

    Examples
    --------
    >>> epoch = training_epoch(512)
    >>> epoch()
    """
    dataset = _Noise(examples)
    x, y = tensor.matrix("features"), tensor.lmatrix("targets")
    mlp = MLP(
        [Rectifier(), Softmax()],
        DIMS,
        weights_init=IsotropicGaussian(0.01),
        biases_init=Constant(0),
    )
    mlp.initialize()
    cost = CategoricalCrossEntropy().apply(y.flatten(), mlp.apply(x))
    cg = ComputationGraph(cost)
    for W in VariableFilter(roles=[WEIGHT])(cg.variables):
        cost = cost + 0.005 * (W**2).sum()
    algorithm = GradientDescent(cost=cost, parameters=cg.parameters, step_rule=Scale(0.1))
    scheme = SequentialScheme(examples, batch_size=BATCH)
    stream = Flatten(DataStream.default_stream(dataset, iteration_scheme=scheme))
    return MainLoop(algorithm, stream, extensions=[FinishAfter(after_epoch=True)]).run


def products_epoch(examples: int) -> Callable[[], None]:
    """Return what does the matrix products of such an epoch, in floatX, and nothing else.

    Examples
    --------
    >>> epoch = products_epoch(512)
    >>> epoch()
    """
    rng = np.random.default_rng(0)
    x = rng.random((BATCH, DIMS[0])).astype(config.floatX)
    h, z = (np.empty((BATCH, n), x.dtype) for n in DIMS[1:])
    W1, W2 = (np.zeros((n, m), x.dtype) for n, m in pairwise(DIMS))
    dW1, dW2 = np.empty_like(W1), np.empty_like(W2)
    sizes = [min(BATCH, examples - start) for start in range(0, examples, BATCH)]

    def run() -> None:
        for n in sizes:
            np.dot(x[:n], W1, out=h[:n])
            np.dot(h[:n], W2, out=z[:n])
            np.dot(h[:n].T, z[:n], out=dW2)
            np.dot(z[:n], W2.T, out=h[:n])
            np.dot(x[:n].T, h[:n], out=dW1)

    return run


def paired(
    runs: Sequence[Callable[[], object]], rounds: int, pause: float = 0.02
) -> list[list[float]]:
    """Return the seconds that functions take, run in turn: A B A B ..., once unseen before.

    Parameters
    ----------
    runs
        The functions.
    rounds
        How often each one runs.
    pause
        Seconds between two of them, in which the threads of the one before go to sleep.

    Examples
    --------
    >>> [len(times) for times in paired([int, float], rounds=3)]
    [3, 3]
    """
    times: list[list[float]] = [[] for _ in runs]
    for run in runs:
        run()
    for _ in range(rounds):
        for run, own in zip(runs, times, strict=True):
            sleep(pause)
            start = perf_counter()
            run()
            own.append(perf_counter() - start)
    return times


def bench(examples: int = 10_240, rounds: int = 9, seconds: float = 0.2) -> Iterable[str]:
    """Measure, and yield the lines of the report as they are found.

    Parameters
    ----------
    examples
        Examples of noise in an epoch; MNIST has 60,000.
    rounds
        Epochs of each kind, in turn.
    seconds
        How long to try each matrix product.

    Raises
    ------
    ConfigurationError
        If a number is too small.

    Examples
    --------
    >>> for line in bench(examples=512, rounds=1, seconds=0):
    ...     print(line.split(":")[0])
    Threads
    Matrix products, GFLOP/s             float32   float64
    (256, 784) x (784, 100)...
    (784, 256) x (256, 100)...
    (1024, 1024) x (1024, 1024)...
    Tutorial, 512 examples, batch 256
      float32
      float64
    """
    for name, value in [("examples", examples), ("rounds", rounds)]:
        if value < 1:
            raise ConfigurationError(
                f"blocks bench: expected at least 1 as {name}, got {value}. Leave it out."
            )
    limit_threads()
    yield f"Threads: {available_threads()}"
    dtypes = ("float32", "float64")
    yield f"{'Matrix products, GFLOP/s':<34}" + "".join(f"{dtype:>10}" for dtype in dtypes)
    for n, k, m in PRODUCTS:
        rates = [gemm_rate((n, k, m), dtype, seconds) for dtype in dtypes]
        yield f"{f'({n}, {k}) x ({k}, {m})':<34}" + "".join(f"{rate:>10.1f}" for rate in rates)
    yield f"Tutorial, {examples:,} examples, batch {BATCH}: ms an epoch, median ratio and quartiles"
    for dtype in dtypes:
        with config.use(floatX=dtype):
            products, training = paired(
                [products_epoch(examples), training_epoch(examples)], rounds
            )
        ratios = [a / b for a, b in zip(training, products, strict=True)]
        low, middle, high = (np.quantile(ratios, q) for q in (0.25, 0.5, 0.75))
        yield (
            f"  {dtype}: products {1e3 * statistics.median(products):.1f}, training "
            f"{1e3 * statistics.median(training):.1f}, {middle:.2f} x ({low:.2f} to {high:.2f})"
        )
