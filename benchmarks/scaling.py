"""How the time to build, differentiate and compile grows with the size of a graph.

Usage: python benchmarks/scaling.py [--sizes 10 100 1000 10000] [--rounds N] [--family NAME]

For each kind of graph and each size: the CPU time for building it, for ``grad``, for
``function`` and for the first call, which plans memory. Kernels come from the cache: each
size is run once before it is timed. ``slope`` is that of log time over log size between the
two largest sizes: 1 is linear growth, 2 quadratic.
"""

from __future__ import annotations

import argparse
import gc
import math
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from common import machine, save

from blocks import function, grad, shared, tensor
from blocks.algorithms import Adam, GradientDescent, Scale
from blocks.bricks import MLP, Rectifier
from blocks.graph.variable import SharedVariable, Variable
from blocks.initialization import Constant, IsotropicGaussian

Built = tuple[Variable, list[Variable], list[Variable], list[np.ndarray]]
"""A cost, what to differentiate it by, the inputs, and a value for each of them."""


def chain(n: int) -> Built:
    """A chain of n elementwise operations."""
    x = tensor.vector("x")
    y = x
    for i in range(n):
        y = tensor.tanh(y) if i % 2 else y * 0.75
    return y.sum(), [x], [x], [np.linspace(-1, 1, 8)]


def layers(n: int) -> Built:
    """Layers ``tanh(x @ W + b)``, three operations each, of n operations in all."""
    x = tensor.matrix("x")
    y, parameters = x, []
    rng = np.random.default_rng(0)
    for i in range(n // 3 + 1):
        W = shared(rng.normal(0, 0.4, (8, 8)), name=f"W{i}")
        b = shared(np.zeros(8), name=f"b{i}")
        parameters += [W, b]
        y = tensor.tanh(tensor.dot(y, W) + b)
    return y.sum(), parameters, [x], [np.ones((4, 8))]


def mixed(n: int) -> Built:
    """A chain in which reductions and broadcasting take turns."""
    x = tensor.matrix("x")
    y = x
    for _ in range(n // 4 + 1):
        y = tensor.tanh(y - y.mean(axis=1, keepdims=True))
    return y.sum(), [x], [x], [np.arange(12.0).reshape(3, 4)]


def wide(n: int) -> Built:
    """A sum of n terms."""
    x = tensor.vector("x")
    y = tensor.add(*(x * float(i) for i in range(n // 2 + 2)))
    return y.sum(), [x], [x], [np.ones(8)]


def diamonds(n: int) -> Built:
    """Nodes that are read twice, ``x = x + x`` time and again."""
    x = tensor.vector("x")
    y = x * 2.0**-n if n < 1000 else x * 0.0
    for _ in range(n):
        y = y + y
    return y.sum(), [x], [x], [np.ones(8)]


def parameters(n: int) -> Built:
    """A cost of n parameters."""
    x = tensor.vector("x")
    found = [shared(np.ones(4), name=f"W{i}") for i in range(n // 3 + 1)]
    terms = [(W * x).sum() for W in found]
    return tensor.add(*terms) if len(terms) > 1 else terms[0], found, [x], [np.ones(4)]


FAMILIES: dict[str, Callable[[int], Built]] = {
    f.__name__: f for f in (chain, layers, mixed, wide, diamonds, parameters)
}
PHASES = ("build", "grad", "compile", "call")


def once(family: str, n: int) -> dict[str, float]:
    """Return the seconds that each phase takes."""
    clock = time.process_time
    times = [clock()]
    cost, wrt, inputs, values = FAMILIES[family](n)
    times.append(clock())
    gradients = grad(cost, wrt)
    times.append(clock())
    if all(isinstance(x, SharedVariable) for x in wrt):
        updates = [(x, x - 0.01 * g) for x, g in zip(wrt, gradients, strict=True)]
        f = function(inputs, cost, updates=updates)
    else:
        f = function(inputs, [cost, *gradients])
    times.append(clock())
    f(*values)
    times.append(clock())
    return dict(zip(PHASES, np.diff(times).tolist(), strict=True))


def network(depth: int, rule: Any) -> dict[str, float]:
    """Return the seconds from the brick of an MLP to the end of its first step."""
    clock = time.process_time
    times = [clock()]
    mlp = MLP(
        [Rectifier() for _ in range(depth)],
        [16] * (depth + 1),
        weights_init=IsotropicGaussian(0.1),
        biases_init=Constant(0),
    )
    times.append(clock())
    mlp.initialize()
    times.append(clock())
    x = tensor.matrix("features")
    cost = mlp.apply(x).mean()
    times.append(clock())
    algorithm = GradientDescent(
        cost=cost, parameters=None, step_rule=rule(), on_unused_sources="ignore"
    )
    times.append(clock())
    algorithm.initialize()
    times.append(clock())
    algorithm.process_batch({"features": np.ones((4, 16))})
    times.append(clock())
    phases = ("construct", "initialize", "apply", "algorithm", "compile", "first step")
    found = dict(zip(phases, np.diff(times).tolist(), strict=True))
    return {**found, "all": times[-1] - times[0]}


def best(measure: Callable[[], dict[str, float]], rounds: int) -> dict[str, float]:
    """Return the least time of each phase over some rounds, the first of which is not counted."""
    measure()
    runs = []
    for _ in range(rounds):
        gc.collect()
        runs.append(measure())
    return {phase: min(run[phase] for run in runs) for phase in runs[0]}


def slope(small: float, large: float, ratio: float) -> float:
    """Return the exponent with which a time grows."""
    return math.log(large / small) / math.log(ratio)


def table(sizes: list[int], found: dict[int, dict[str, float]]) -> None:
    """Print the milliseconds of each phase for each size, and the slopes."""
    phases = list(found[sizes[0]])
    print(f"{'n':>8}" + "".join(f"{phase + ' ms':>15}" for phase in phases))
    for n in sizes:
        print(f"{n:>8}" + "".join(f"{found[n][phase] * 1e3:>15.2f}" for phase in phases))
    if len(sizes) > 1:
        a, b = sizes[-2:]
        slopes = (slope(found[a][phase], found[b][phase], b / a) for phase in phases)
        print(f"{'slope':>8}" + "".join(f"{s:>15.2f}" for s in slopes), flush=True)


def main() -> None:
    """Measure, print and save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 100, 1000, 10000])
    parser.add_argument("--depths", type=int, nargs="*", default=[10, 100, 1000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--family", nargs="*", default=list(FAMILIES))
    options = parser.parse_args()
    print(machine())
    results: dict[str, Any] = {}
    for family in options.family:
        found = {n: best(partial(once, family, n), options.rounds) for n in options.sizes}
        print(f"\n{family}: {FAMILIES[family].__doc__}")
        table(options.sizes, found)
        results[family] = found
    for rule in (Scale, Adam) if options.depths else ():
        found = {n: best(partial(network, n, rule), options.rounds) for n in options.depths}
        print(f"\nMLP of n layers of 16, {rule.__name__}")
        table(options.depths, found)
        results[f"MLP {rule.__name__}"] = found
    save("scaling", results)


if __name__ == "__main__":
    main()
