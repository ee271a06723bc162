"""How the time to build, differentiate and compile grows with the number of operations.

Usage: python benchmarks/compile_time.py [--rounds N] [--quick]

``elementwise`` chains alternate a function with a product by the input, ``layers`` chains a
matrix product with a function, half of the operations each; ``bricks`` trains a network of so many
layers by ``GradientDescent``: the first call is its first batch. Each measurement is a process of
its own in which something small has been compiled before, so that imports are not timed. It
has the kernels of the run before (``cached``), or interprets the graph (``reference``).
"""

from __future__ import annotations

import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time

from common import options, save

SIZES = (10, 100, 1000, 10000)
LAYERS = (10, 100, 1000)
PARTS = ("build", "differentiate", "compile", "first call")
LIMIT = 120  # seconds


def measure_bricks(layers: int, mode: str) -> dict[str, float]:
    """Return the seconds that each part takes, for a network of so many layers."""
    import numpy as np

    from blocks import tensor
    from blocks.algorithms import GradientDescent, Scale
    from blocks.bricks import MLP, Rectifier, Softmax
    from blocks.initialization import Constant, IsotropicGaussian

    times = [time.perf_counter()]
    x, y = tensor.fmatrix("x"), tensor.lvector("y")
    mlp = MLP(
        [*(Rectifier() for _ in range(layers - 1)), None],
        [8] * (layers + 1),
        weights_init=IsotropicGaussian(0.5),
        biases_init=Constant(0),
    )
    mlp.initialize()
    cost = Softmax().categorical_cross_entropy(y, mlp.apply(x)).mean()
    times.append(time.perf_counter())
    algorithm = GradientDescent(cost=cost, step_rule=Scale(0.1), theano_func_kwargs={"mode": mode})
    times.append(time.perf_counter())
    algorithm.initialize()
    times.append(time.perf_counter())
    algorithm.process_batch({"x": np.ones((8, 8), np.float32), "y": np.arange(8)})
    times.append(time.perf_counter())
    return _parts(times)


def _parts(times: list[float]) -> dict[str, float]:
    pairs = zip(PARTS, times[:-1], times[1:], strict=True)
    return {part: end - start for part, start, end in pairs}


def measure(kind: str, size: int, mode: str) -> dict[str, float]:
    """Return the seconds that each part takes in this process, for a chain of a size."""
    import numpy as np

    from blocks import tensor
    from blocks.compile import function

    def chain(x, W, kind: str, size: int):
        for i in range(size):
            product = x.dot if kind == "layers" else x.__mul__
            x = tensor.tanh(x) if i % 2 else product(W)
        return x

    def compiled(kind: str, size: int) -> dict[str, float]:
        times = [time.perf_counter()]
        x, W = tensor.fmatrix("x"), tensor.fmatrix("W")
        cost = chain(x, W, kind, size).sum()
        times.append(time.perf_counter())
        gradients = tensor.grad(cost, [x, W])
        times.append(time.perf_counter())
        run = function([x, W], [cost, *gradients], mode=mode)
        times.append(time.perf_counter())
        value = np.full((8, 8), 0.125, np.float32)
        run(value, value)
        times.append(time.perf_counter())
        return _parts(times)

    if kind == "bricks":
        measure_bricks(2, mode)
        return measure_bricks(size, mode)
    compiled(kind, 2)
    return compiled(kind, size)


def in_a_process(kind: str, size: int, mode: str, cache: str) -> dict[str, float] | str:
    """Return what `measure` finds in a new process, or why it found nothing."""
    command = [sys.executable, __file__, "--measure", kind, str(size), mode]
    variables = {**os.environ, "BLOCKS_CACHE_DIR": cache, "BLOCKS_FLOATX": "float32"}
    try:
        result = subprocess.run(
            command, env=variables, capture_output=True, text=True, timeout=LIMIT, check=False
        )
    except subprocess.TimeoutExpired:
        return f"more than {LIMIT} s"
    if result.returncode:
        return (result.stderr.strip().splitlines() or ["failed"])[-1][:200]
    return json.loads(result.stdout.strip().splitlines()[-1])


def slope(seconds: dict[int, float]) -> float | None:
    """Return the slope of the least-squares line through log(seconds) over log(size)."""
    if len(seconds) < 2:
        return None
    return statistics.linear_regression(
        [math.log(n) for n in seconds], [math.log(s) for s in seconds.values()]
    ).slope


def scaling(kind: str, mode: str, sizes, rounds: int, cache: str) -> dict[str, object]:
    """Measure chains of all sizes in turn, print a table and return it for JSON."""
    found: dict[int, list[dict[str, float]] | str] = {size: [] for size in sizes}
    cold: dict[int, float] = {}
    for i in range(-1 if mode == "compiled" else 0, rounds):
        for size in sizes:
            one = in_a_process(kind, size, mode, cache)
            own = found[size]
            if isinstance(one, str):
                found[size] = own or one
            elif i < 0:
                cold[size] = sum(one.values())
            elif not isinstance(own, str):
                own.append(one)
    title = f"chains of {kind}, {'kernels cached' if mode == 'compiled' else mode}"
    print(f"\n{title}: s, medians of {rounds}")
    what = "layers" if kind == "bricks" else "operations"
    print(f"{what:>10}" + "".join(f"{x:>15}" for x in (*PARTS, "all", "all, cold")))
    rows: dict[str, object] = {}
    total: dict[int, float] = {}
    for size, own in found.items():
        if isinstance(own, str):
            print(f"{size:>10}     missing: {own}")
            rows[str(size)] = {"missing": own}
            continue
        row = {part: statistics.median(one[part] for one in own) for part in PARTS}
        sums = [sum(one.values()) for one in own]
        total[size] = statistics.median(sums)
        row.update({"all": total[size], "best": min(sums), "worst": max(sums)})
        row |= {"cold": cold[size]} if size in cold else {}
        values = [*(row[part] for part in PARTS), total[size], cold.get(size, math.nan)]
        print(f"{size:>10}" + "".join(f"{x:>15.3f}" for x in values))
        rows[str(size)] = row
    slopes = {"all": slope(total), "from 100": slope({n: s for n, s in total.items() if n >= 100})}
    print("slope: " + ", ".join(f"{k} {v:.2f}" for k, v in slopes.items() if v is not None))
    return {"title": title, "key": title, "rows": rows, "slopes": slopes, "rounds": rounds}


def main() -> None:
    """Measure all chains."""
    if sys.argv[1:2] == ["--measure"]:
        print(json.dumps(measure(sys.argv[2], int(sys.argv[3]), sys.argv[4])))
        return
    chosen = options(__doc__, rounds=3)
    if chosen.quick:
        chosen.rounds = 1
    with tempfile.TemporaryDirectory() as cache:
        results = [
            scaling(kind, mode, sizes[:3] if chosen.quick else sizes, rounds, cache)
            for kind, sizes in (("elementwise", SIZES), ("layers", SIZES), ("bricks", LAYERS))
            for mode, rounds in (("compiled", chosen.rounds), ("reference", 1))
        ]
    save("compile_time", results)


if __name__ == "__main__":
    main()
