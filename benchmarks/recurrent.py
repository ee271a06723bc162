"""Training steps of recurrent networks, a loop by hand, compile time and memory.

Usage: python benchmarks/recurrent.py [--rounds N] [--threads 1 2] [--quick]

A step is forward, backward and plain SGD on the mean square of the last states, in float32, with
the inputs (T, B, I) in memory. The gemm loop makes the products of these sizes alone: of inputs
and states with weights forward, of the gradient with weights backward, and those of the weights'
gradients. Bricks have peepholes in the LSTM, PyTorch and JAX have none.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from common import Workers, options, report, save


@dataclass(frozen=True)
class Work:
    """A recurrent network, and its batch: T steps, B examples, I inputs, H units."""

    kind: str
    steps: int
    batch: int
    inputs: int
    units: int
    layers: int = 1
    bidirectional: bool = False

    @property
    def gates(self) -> int:
        """How many vectors of H a step computes."""
        return {"LSTM": 4, "GRU": 3, "simple": 1}[self.kind]

    def example(self) -> np.ndarray:
        """Return a batch."""
        shape = (self.steps, self.batch, self.inputs)
        return np.random.RandomState(1).normal(size=shape).astype("float32")


LONG = Work("LSTM", 100, 100, 1, 100)
WORK = {
    "LSTM T50 B20 I20 H32": (Work("LSTM", 50, 20, 20, 32), 20),
    "LSTM T50 B64 I64 H256": (Work("LSTM", 50, 64, 64, 256), 1),
    "LSTM T100 B100 I1 H100": (LONG, 2),
    "GRU T100 B100 I1 H100": (replace(LONG, kind="GRU"), 2),
    "simple recurrent T100 B100 I1 H100": (replace(LONG, kind="simple"), 5),
    "bidirectional LSTM T100 B100 I1 H100": (replace(LONG, bidirectional=True), 1),
    "two-layer LSTM T100 B100 I1 H100": (replace(LONG, layers=2), 1),
}
"""Title: the work, and how many steps are timed at once."""
QUICK = ["LSTM T50 B20 I20 H32", "LSTM T50 B64 I64 H256"]
PARTS = {"LSTM": ["inputs"], "simple": ["inputs"], "GRU": ["inputs", "gate_inputs"]}
TURNS = 10_000


def blocks_step(work: Work) -> Callable[[], object]:
    """Return a training step with bricks."""
    from blocks import tensor
    from blocks.algorithms import GradientDescent, Scale
    from blocks.bricks import Tanh
    from blocks.bricks.parallel import Fork
    from blocks.bricks.recurrent import (
        LSTM,
        Bidirectional,
        GatedRecurrent,
        RecurrentStack,
        SimpleRecurrent,
    )
    from blocks.config import config
    from blocks.graph import ComputationGraph
    from blocks.initialization import Constant, Uniform

    config.floatX = "float32"
    start = {"weights_init": Uniform(width=0.2), "biases_init": Constant(0)}
    kinds = {"LSTM": LSTM, "GRU": GatedRecurrent, "simple": SimpleRecurrent}

    def layer() -> object:
        return kinds[work.kind](dim=work.units, activation=Tanh(), **start)

    x = tensor.tensor3("x")
    names = PARTS[work.kind]
    brick = layer() if work.layers == 1 else RecurrentStack([layer(), layer()], **start)
    if work.bidirectional:
        brick = Bidirectional(brick, **start)
    brick.initialize()
    inner = brick.children[0] if work.bidirectional or work.layers > 1 else brick
    widths = [inner.get_dim(name) for name in names]
    fork = Fork(output_names=names, input_dim=work.inputs, output_dims=widths, **start)
    fork.initialize()
    parts = fork.apply(x, as_dict=True)
    found = brick.apply(**parts)
    states = (
        found[-2 if work.kind == "LSTM" and work.layers > 1 else 0]
        if isinstance(found, list | tuple)
        else found
    )
    cost = (states[-1] ** 2).mean()
    algorithm = GradientDescent(
        cost=cost, parameters=ComputationGraph(cost).parameters, step_rule=Scale(0.01)
    )
    batch = {"x": work.example()}
    return lambda: algorithm.process_batch(batch)


def torch_step(work: Work) -> Callable[[], object]:
    """Return a training step with PyTorch's fused layers."""
    import torch

    kinds = {"LSTM": torch.nn.LSTM, "GRU": torch.nn.GRU, "simple": torch.nn.RNN}
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    model = kinds[work.kind](
        work.inputs, work.units, num_layers=work.layers, bidirectional=work.bidirectional
    )
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, fused=True)
    x = torch.from_numpy(work.example())

    def step() -> None:
        optimizer.zero_grad()
        (model(x)[0][-1] ** 2).mean().backward()
        optimizer.step()

    return step


def jax_step(work: Work) -> Callable[[], object]:
    """Return a training step with JAX, a jitted scan."""
    import jax
    from jax import numpy as jnp

    if work.kind != "LSTM" or work.layers > 1 or work.bidirectional:
        raise NotImplementedError("one layer of LSTM only")
    rng, sizes = np.random.RandomState(1), (work.inputs, work.units)
    values = [rng.uniform(-0.1, 0.1, (n, 4 * work.units)).astype("float32") for n in sizes]
    values.append(np.zeros(4 * work.units, "float32"))

    def cost(values: list, x: jax.Array) -> jax.Array:
        W, U, b = values
        zeros = jnp.zeros((work.batch, work.units), "float32")

        def one(state: tuple, row: jax.Array) -> tuple:
            h, c = state
            i, f, g, o = jnp.split(row + h @ U, 4, axis=1)
            c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
            h = jax.nn.sigmoid(o) * jnp.tanh(c)
            return (h, c), None

        (h, _), _ = jax.lax.scan(one, (zeros, zeros), x @ W + b)
        return (h**2).mean()

    @jax.jit
    def update(values: list, x: jax.Array) -> list:
        return [v - 0.01 * g for v, g in zip(values, jax.grad(cost)(values, x), strict=True)]

    x = jnp.asarray(work.example())
    state = [jnp.asarray(v) for v in values]

    def step() -> None:
        state[:] = update(state, x)
        jax.block_until_ready(state)

    return step


def gemm_step(work: Work) -> Callable[[], object]:
    """Return the matrix products of a step alone."""
    rng = np.random.RandomState(1)
    T, B, H, G = work.steps, work.batch, work.units, work.gates * work.units
    directions = 2 if work.bidirectional else 1

    def array(*shape: int) -> np.ndarray:
        return rng.normal(size=shape).astype("float32")

    layers = []
    for layer in range(work.layers):
        inputs = work.inputs if layer == 0 else H
        x, W, U = array(T * B, inputs), array(inputs, G), array(H, G)
        h, g, out_h, out_g = array(B, H), array(B, G), array(B, H), array(B, G)
        states, gates = array(T * B, H), array(T * B, G)
        layers.append((x, W, U, h, g, out_h, out_g, states, gates, layer > 0))

    def step() -> None:
        for _ in range(directions):
            for x, W, U, h, g, out_h, out_g, states, gates, is_upper in layers:
                np.matmul(x, W, out=gates)
                for _ in range(T):
                    np.matmul(h, U, out=out_g)
                for _ in range(T):
                    np.matmul(g, U.T, out=out_h)
                states.T @ gates
                x.T @ gates
                if is_upper:
                    gates @ W.T

    return step


TRAINERS = {
    "gemm loop": gemm_step,
    "blocks": blocks_step,
    "PyTorch eager": torch_step,
    "JAX": jax_step,
}


def repeated(name: str, work: Work, times: int) -> Callable[[], object]:
    """Return what takes a contender's step several times."""
    step = TRAINERS[name](work)

    def run() -> None:
        for _ in range(times):
            step()

    return run


def loop_by_hand() -> Callable[[], object]:
    """Return a scan of ten elementwise operations on 32 numbers."""
    from blocks import function, tensor
    from blocks.config import config
    from blocks.graph.loops import scan

    config.floatX = "float32"
    x = tensor.fvector("x")

    def step(h: object) -> object:
        a = h * 0.5 + x
        b = a * a - h
        c = b * 0.9 + a
        return 0.01 * c * c + h * 0.3 - b * 0.1

    y, _ = scan(step, outputs_info=x, n_steps=TURNS)
    run = function([x], y[-1])
    array = np.linspace(0, 1, 32, dtype="float32")
    return lambda: run(array)


def compiled_in_process() -> None:
    """Print how long building and compiling an LSTM with its gradients takes."""
    from blocks import tensor  # noqa: F401 (imported before the clock starts)
    from blocks.compile.jit import statistics as counted

    start = time.perf_counter()
    blocks_step(WORK["LSTM T50 B64 I64 H256"][0])()
    print(json.dumps([time.perf_counter() - start, counted.compiled]))


def compile_seconds(cache: str) -> tuple[float, int]:
    """Return the seconds, and how many kernels were compiled, in a new process."""
    done = subprocess.run(
        [sys.executable, __file__, "--compile"],
        env={**os.environ, "BLOCKS_CACHE_DIR": cache},
        capture_output=True,
        text=True,
        check=True,
    )
    seconds, count = json.loads(done.stdout.strip().splitlines()[-1])
    return seconds, count


def compile_times(rounds: int) -> list[dict[str, object]]:
    """Print and return the time to compile an LSTM, cold and with cached kernels."""
    times: dict[str, list[float]] = {"cold": [], "kernels cached": []}
    counts = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as cache:
            for name in times:
                seconds, count = compile_seconds(cache)
                times[name].append(seconds)
                counts.append(count)
    print(f"\ncompile an LSTM with gradients, first step included; kernels compiled: {counts[:2]}")
    found = []
    for name, own in times.items():
        print(f"{name:<24}{statistics.median(own):>8.2f} s")
        row = {"median_s": statistics.median(own), "times_s": own}
        found.append({"key": f"compile LSTM, {name}", "rows": {"blocks": row}})
    return found


def memory(name: str, work: Work) -> int:
    """Return how much memory a process gains by an LSTM and its steps, at the peak."""
    from memory import status, trim

    small = TRAINERS[name](replace(work, steps=5, batch=8))
    small()
    del small
    trim()
    before = status("VmRSS")
    step = TRAINERS[name](work)
    step()
    trim()
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak is now
    for _ in range(3):
        step()
    return status("VmHWM") - before


def memories(key: str, work: Work) -> dict[str, object]:
    """Print and return the memory of a step, of blocks and of PyTorch."""
    found: dict[str, object] = {}
    with Workers(1) as workers:
        for name in ("blocks", "PyTorch eager"):
            grown = workers.call(name, memory, name, work)
            is_good = isinstance(grown, int)
            found[name] = {"bytes": grown} if is_good else {"missing": str(grown)}
    if all("bytes" in row for row in found.values()):
        found["blocks"]["ratio"] = found["blocks"]["bytes"] / found["PyTorch eager"]["bytes"]
    print(f"\nmemory of a step, {key}: {found}")
    return {"key": f"memory of {key}", "rows": found}


def main() -> None:
    """Run the contenders in turn and print the tables."""
    if sys.argv[1:] == ["--compile"]:
        compiled_in_process()
        return
    chosen = options(__doc__, rounds=9)
    results = []
    for threads in chosen.threads:
        with Workers(threads) as workers:
            for title in QUICK if chosen.quick else WORK:
                work, times = WORK[title]
                found = workers.paired(
                    {n: (repeated, (n, work, times)) for n in chosen.only or TRAINERS},
                    chosen.rounds,
                )
                details = {"threads": threads, "key": title}
                full = f"{title}, one step, threads: {threads}"
                results.append(report(full, found, "gemm loop", "ms", times, **details))
            found = workers.paired({"blocks": (loop_by_hand, ())}, chosen.rounds)
            details = {"threads": threads, "key": "loop of 10 operations on 32 numbers"}
            title = f"a loop of 10 operations on 32 numbers, one turn, threads: {threads}"
            results.append(report(title, found, "blocks", "us", TURNS, **details))
    results += compile_times(1 if chosen.quick else 3)
    results.append(memories("LSTM T50 B64 I64 H256", WORK["LSTM T50 B64 I64 H256"][0]))
    save("recurrent", results)


if __name__ == "__main__":
    main()
