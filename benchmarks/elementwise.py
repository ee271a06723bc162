"""An elementwise expression and its gradient on a million numbers, against SIMD by hand.

Usage: python benchmarks/elementwise.py [--rounds N] [--threads 1 2] [--quick]

The expression is ``exp(-x * x) * tanh(y) + log1p(z * z)``, float32. ``gradient`` computes the
values and the gradients of their sum by x, y and z. ``SIMD loop`` is ``simd.c``, which the C
compiler vectorises, into arrays that exist, as ``NumPy, out=`` and ``blocks, in place`` do (the
latter with updates of shared variables); all others return new arrays.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from common import Workers, options, report, save

COUNT, TIMES = 1_000_000, 10

# Everything that -ffast-math allows but to reorder sums, which would make log1p wrong near 0.
FLAGS = [
    *("-O3", "-march=native", "-mprefer-vector-width=512", "-fopenmp", "-fno-math-errno"),
    *("-fno-trapping-math", "-fno-signed-zeros", "-ffinite-math-only", "-ffp-contract=fast"),
]

Outputs = tuple[np.ndarray, ...]


def inputs(count: int) -> list[np.ndarray]:
    """Return x, y and z."""
    rng = np.random.default_rng(0)
    return [rng.standard_normal(count, dtype=np.float32) for _ in range(3)]


def with_numpy(count: int, gradient: bool) -> Callable[[], Outputs]:
    """Return the expression in NumPy, with the gradient derived by hand."""
    x, y, z = inputs(count)

    def value() -> Outputs:
        return (np.exp(-x * x) * np.tanh(y) + np.log1p(z * z),)

    def both() -> Outputs:
        e, t, z2 = np.exp(-x * x), np.tanh(y), z * z
        f = e * t + np.log1p(z2)
        return f, -2 * x * e * t, e * (1 - t * t), 2 * z / (1 + z2)

    return both if gradient else value


def with_numpy_out(count: int, gradient: bool) -> Callable[[], Outputs]:
    """Return the same, written into arrays that exist."""
    x, y, z = inputs(count)
    f, dx, dy, dz, e, t, z2 = (np.empty(count, np.float32) for _ in range(7))

    def value() -> Outputs:
        np.multiply(x, x, out=e)
        np.exp(np.negative(e, out=e), out=e)
        np.tanh(y, out=t)
        np.multiply(z, z, out=z2)
        np.multiply(e, t, out=f)
        np.add(f, np.log1p(z2, out=dz), out=f)
        return (f,)

    def both() -> Outputs:
        value()
        np.multiply(e, t, out=dx)
        np.multiply(dx, x, out=dx)
        np.multiply(dx, np.float32(-2), out=dx)
        np.multiply(t, t, out=t)
        np.subtract(np.float32(1), t, out=t)
        np.multiply(e, t, out=dy)
        np.add(z2, np.float32(1), out=z2)
        np.multiply(z, np.float32(2), out=dz)
        np.divide(dz, z2, out=dz)
        return f, dx, dy, dz

    return both if gradient else value


def with_blocks(count: int, gradient: bool, in_place: bool = False) -> Callable[[], Outputs]:
    """Return the expression as a function of blocks."""
    from blocks import tensor
    from blocks.compile import function
    from blocks.graph import shared

    arrays = inputs(count)
    x, y, z = (tensor.fvector(name) for name in "xyz")
    f = tensor.exp(-x * x) * tensor.tanh(y) + tensor.log1p(z * z)
    outputs = [f, *tensor.grad(f.sum(), [x, y, z])] if gradient else [f]
    if not in_place:
        compiled = function([x, y, z], outputs)
        return lambda: tuple(compiled(*arrays))
    kept = [shared(np.zeros(count, np.float32)) for _ in outputs]
    update = function([x, y, z], [], updates=list(zip(kept, outputs, strict=True)))

    def run() -> Outputs:
        update(*arrays)
        return tuple(variable.get_value(borrow=True) for variable in kept)

    return run


def with_torch(count: int, gradient: bool, compiled: bool = False) -> Callable[[], Outputs]:
    """Return the expression in PyTorch."""
    import torch

    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", torch.get_num_threads())))
    x, y, z = (torch.from_numpy(a).requires_grad_(gradient) for a in inputs(count))

    def value(x, y, z):
        return torch.exp(-x * x) * torch.tanh(y) + torch.log1p(z * z)

    if compiled:
        value = torch.compile(value, dynamic=False)

    def run() -> Outputs:
        if not gradient:
            with torch.no_grad():
                return (value(x, y, z).numpy(),)
        f = value(x, y, z)
        found = torch.autograd.grad(f, (x, y, z), torch.ones_like(f))
        return (f.detach().numpy(), *(g.numpy() for g in found))

    return run


def with_jax(count: int, gradient: bool) -> Callable[[], Outputs]:
    """Return the expression in JAX, jitted."""
    import jax
    from jax import numpy as jnp

    def value(x, y, z):
        return jnp.exp(-x * x) * jnp.tanh(y) + jnp.log1p(z * z)

    def both(x, y, z):
        f, back = jax.vjp(value, x, y, z)
        return f, *back(jnp.ones_like(f))

    compiled = jax.jit(both if gradient else lambda *xs: (value(*xs),))
    arrays = jax.device_put(inputs(count))
    return lambda: jax.block_until_ready(compiled(*arrays))


def with_pytensor(count: int, gradient: bool, mode: str) -> Callable[[], Outputs]:
    """Return the expression in PyTensor."""
    from contenders.pytensor_blas import link_blas

    link_blas()
    import pytensor
    from pytensor import tensor as pt

    x, y, z = (pt.fvector(name) for name in "xyz")
    f = pt.exp(-x * x) * pt.tanh(y) + pt.log1p(z * z)
    outputs = [f, *pytensor.grad(f.sum(), [x, y, z])] if gradient else [f]
    compiled = pytensor.function([x, y, z], outputs, mode=mode)
    compiled.trust_input = True
    arrays = inputs(count)
    return lambda: tuple(compiled(*arrays))


def with_simd(count: int, gradient: bool) -> Callable[[], Outputs]:
    """Return the loop of ``simd.c``, compiled for this processor."""
    source = Path(__file__).with_name("simd.c")
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "simd.so"
        command = [os.environ.get("CC", "cc"), *FLAGS, "-shared", "-fPIC", "-o", library, source]
        subprocess.run(command, check=True, capture_output=True)
        loaded = ctypes.CDLL(str(library))
    read = inputs(count)
    written = [np.empty(count, np.float32) for _ in range(4 if gradient else 1)]
    function = loaded.gradient if gradient else loaded.value
    pointers = [ctypes.c_void_p(a.ctypes.data) for a in (*read, *written)]
    length = ctypes.c_long(count)

    def run() -> Outputs:
        function(length, *pointers)
        return tuple(written)

    run.kept = read, written
    return run


CONTENDERS = {
    "SIMD loop": (with_simd, ()),
    "NumPy": (with_numpy, ()),
    "NumPy, out=": (with_numpy_out, ()),
    "blocks": (with_blocks, ()),
    "blocks, in place": (with_blocks, (True,)),
    "PyTorch eager": (with_torch, ()),
    "PyTorch compiled": (with_torch, (True,)),
    "JAX": (with_jax, ()),
    "PyTensor Numba": (with_pytensor, ("NUMBA",)),
    "PyTensor C": (with_pytensor, ("CVM",)),
}


def repeated(name: str, count: int, gradient: bool, times: int) -> Callable[[], object]:
    """Return what computes a contender's expression several times."""
    factory, settings = CONTENDERS[name]
    run = factory(count, gradient, *settings)

    def runs() -> None:
        for _ in range(times):
            run()

    return runs


def main() -> None:
    """Run the contenders in turn and print the tables."""
    chosen = options(__doc__, rounds=11)
    results = []
    for threads in chosen.threads:
        with Workers(threads) as workers:
            for what, gradient in [("value", False), ("value and gradient", True)]:
                times = workers.paired(
                    {
                        name: (repeated, (name, COUNT, gradient, TIMES))
                        for name in chosen.only or CONTENDERS
                    },
                    chosen.rounds,
                )
                title = f"elementwise, {what}, {COUNT:,} numbers, threads: {threads}"
                details = {"threads": threads, "key": f"elementwise, {what}"}
                results.append(report(title, times, "SIMD loop", "ms", TIMES, **details))
    save("elementwise", results)


if __name__ == "__main__":
    main()
