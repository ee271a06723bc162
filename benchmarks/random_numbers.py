"""A million random numbers of float32, and what dropout adds to a training step.

Usage: python benchmarks/random_numbers.py [--rounds N] [--threads 1 2] [--quick]

NumPy's SFC64 fills an array that exists, as ``blocks, in place`` does; the others return new
ones. Dropout drops half of each of the two hidden layers of 784-500-500-10, on one batch of 256.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import pairwise

import numpy as np
from common import Workers, options, report, save

COUNT, TIMES = 1_000_000, 20
SIZES, BATCH, STEPS = (784, 500, 500, 10), 256, 20

Run = Callable[[], np.ndarray]


def with_sfc64(kind: str, count: int) -> Run:
    """Return numbers of NumPy's fastest generator."""
    generator = np.random.Generator(np.random.SFC64(1))
    draw = generator.random if kind == "uniform" else generator.standard_normal
    out = np.empty(count, np.float32)
    return lambda: draw(dtype=np.float32, out=out)


def with_blocks(kind: str, count: int, in_place: bool = False) -> Run:
    """Return numbers of a stream of blocks."""
    from blocks import function, shared
    from blocks.graph import RandomStreams

    numbers = getattr(RandomStreams(1), kind)((count,), dtype="float32")
    if not in_place:
        return function([], numbers)
    kept = shared(np.zeros(count, np.float32))
    update = function([], updates=[(kept, numbers)])

    def run() -> np.ndarray:
        update()
        return kept.get_value(borrow=True)

    return run


def with_torch(kind: str, count: int) -> Run:
    """Return numbers of PyTorch."""
    import torch

    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", torch.get_num_threads())))
    draw = torch.rand if kind == "uniform" else torch.randn
    return lambda: draw(count).numpy()


def with_jax(kind: str, count: int) -> Run:
    """Return numbers of JAX, jitted, with the next key."""
    import jax

    draw = getattr(jax.random, kind)

    @jax.jit
    def step(key):
        key, own = jax.random.split(key)
        return key, draw(own, (count,))

    state = [jax.random.key(1)]

    def run() -> np.ndarray:
        state[0], numbers = step(state[0])
        return np.asarray(jax.block_until_ready(numbers))

    return run


NUMBERS = {
    "NumPy SFC64": (with_sfc64, ()),
    "blocks": (with_blocks, ()),
    "blocks, in place": (with_blocks, (True,)),
    "PyTorch eager": (with_torch, ()),
    "JAX": (with_jax, ()),
}


def repeated(name: str, kind: str, count: int, times: int) -> Callable[[], object]:
    """Return what draws a contender's numbers several times."""
    factory, settings = NUMBERS[name]
    run = factory(kind, count, *settings)

    def runs() -> None:
        for _ in range(times):
            run()

    return runs


def batch() -> tuple[np.ndarray, np.ndarray]:
    """Return features and labels."""
    rng = np.random.default_rng(1)
    return rng.random((BATCH, SIZES[0]), np.float32), rng.integers(0, SIZES[-1], BATCH)


def step_of_blocks(drop: float) -> Callable[[], object]:
    """Return a training step of blocks, with dropout unless `drop` is 0."""
    from blocks import tensor
    from blocks.algorithms import GradientDescent, Scale
    from blocks.bricks import MLP, Identity, Rectifier, Softmax
    from blocks.config import config
    from blocks.filter import VariableFilter
    from blocks.graph import ComputationGraph, apply_dropout
    from blocks.initialization import Constant, IsotropicGaussian
    from blocks.roles import OUTPUT

    config.floatX = "float32"
    mlp = MLP(
        [Rectifier(), Rectifier(), Identity()],
        SIZES,
        weights_init=IsotropicGaussian(0.05),
        biases_init=Constant(0),
    )
    mlp.initialize()
    outputs = mlp.apply(tensor.matrix("x"))
    graph = ComputationGraph(
        Softmax().categorical_cross_entropy(tensor.lvector("y"), outputs).mean()
    )
    if drop:
        hidden = VariableFilter(roles=[OUTPUT], bricks=[Rectifier])(graph)
        graph = apply_dropout(graph, hidden, drop)
    algorithm = GradientDescent(
        cost=graph.outputs[0], parameters=graph.parameters, step_rule=Scale(0.01)
    )
    algorithm.initialize()
    x, y = batch()
    return lambda: algorithm.process_batch({"x": x, "y": y})


def step_of_torch(drop: float) -> Callable[[], object]:
    """Return the same step of PyTorch."""
    import torch
    from torch import nn

    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", torch.get_num_threads())))
    layers: list[nn.Module] = []
    for fan_in, fan_out in pairwise(SIZES):
        layers += [nn.Linear(fan_in, fan_out), nn.ReLU(), nn.Dropout(drop)]
        if not drop:
            layers.pop()
    model = nn.Sequential(*layers[: -2 if drop else -1])
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, fused=True)
    x, y = map(torch.from_numpy, batch())

    def step() -> None:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()

    return step


TRAINING = {
    "blocks, no dropout": (step_of_blocks, 0.0),
    "blocks": (step_of_blocks, 0.5),
    "PyTorch eager, no dropout": (step_of_torch, 0.0),
    "PyTorch eager": (step_of_torch, 0.5),
}


def steps(name: str, times: int) -> Callable[[], object]:
    """Return what takes a contender's step several times."""
    factory, drop = TRAINING[name]
    step = factory(drop)

    def run() -> None:
        for _ in range(times):
            step()

    return run


def main() -> None:
    """Run the contenders in turn and print the tables."""
    chosen = options(__doc__, rounds=11)
    results = []
    for threads in chosen.threads:
        with Workers(threads) as workers:
            for kind in ("uniform", "normal"):
                times = workers.paired(
                    {
                        name: (repeated, (name, kind, COUNT, TIMES))
                        for name in chosen.only or NUMBERS
                        if name in NUMBERS
                    },
                    chosen.rounds,
                )
                title = f"random numbers, {kind}, {COUNT:,} of float32, threads: {threads}"
                details = {"threads": threads, "key": f"random numbers, {kind}"}
                results.append(report(title, times, "NumPy SFC64", "ms", TIMES, **details))
            times = workers.paired(
                {
                    name: (steps, (name, STEPS))
                    for name in chosen.only or TRAINING
                    if name in TRAINING
                },
                chosen.rounds,
            )
            title = f"dropout, 784-500-500-10, one step, threads: {threads}"
            details = {"threads": threads, "key": "dropout, 784-500-500-10"}
            results.append(report(title, times, "blocks, no dropout", "ms", STEPS, **details))
    save("random_numbers", results)


if __name__ == "__main__":
    main()
