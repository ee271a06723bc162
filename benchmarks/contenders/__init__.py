"""Who takes part: for each library a class that trains a `networks.Network`.

Each has ``Trainer(network)`` with ``step(x, y)`` on a float32 batch, ``epoch(images, classes)``
over uint8 images in memory, ``evaluate(images, classes, batch)`` which returns mean
cross-entropy and error rate, and ``parameters()``. A library is imported when its class is.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

MODULES = {
    "gemm loop": ("contenders.bare", {}),
    "gemm loop, reading": ("contenders.bare", {"reads": True}),
    "blocks": ("contenders.ours", {}),
    "PyTorch eager": ("contenders.with_torch", {}),
    "PyTorch compiled": ("contenders.with_torch", {"compiled": True}),
    "JAX": ("contenders.with_jax", {}),
    "JAX, epoch jitted": ("contenders.with_jax", {"scan": True}),
    "PyTensor Numba": ("contenders.with_pytensor", {"mode": "NUMBA"}),
    "PyTensor C": ("contenders.with_pytensor", {"mode": "CVM"}),
}
EVALUATING = [name for name in MODULES if name != "JAX, epoch jitted"]
"""Those that differ in an evaluation."""

TRAINING = [name for name in EVALUATING if name != "gemm loop, reading"]
"""Those that differ where one batch is in memory."""

PEERS = [name for name in TRAINING if name not in ("gemm loop", "blocks")]
"""What blocks is compared with. A jitted epoch is no peer: nothing can be done between batches."""


def trainer(name: str, network: Any) -> Any:
    """Return a contender that is ready to train a network."""
    module, settings = MODULES[name]
    return import_module(module).Trainer(network, **settings)


def epoch(name: str, network: Any, count: int) -> Callable[[], object]:
    """Return what trains for one more epoch of `count` images: it reads and scales them."""
    from data import arrays

    own = trainer(name, network)
    images, classes = arrays("train")
    own.keep(images[:count], classes[:count])
    return own.epoch


def steps(name: str, network: Any, count: int) -> Callable[[], object]:
    """Return what does `count` training steps on one batch."""
    own = trainer(name, network)
    step = own.stepper(*network.example())

    def run() -> None:
        for _ in range(count):
            step()
        own.wait()

    return run


def evaluation(name: str, network: Any, batch: int, count: int) -> Callable[[], object]:
    """Return what computes cost and error rate on the test set, `count` times."""
    from data import arrays

    own = trainer(name, network)
    own.keep(*arrays("test"))

    def run() -> None:
        for _ in range(count):
            own.evaluate(batch)

    return run


def trained(name: str, network: Any, images: Any, classes: Any) -> dict[str, Any]:
    """Return what a contender computes, for the test that all compute the same.

    ``parameters`` after three steps on one batch, ``epoch`` after one more epoch on images, and
    ``measures``, cost and error rate of that network, in two batches.
    """
    own = trainer(name, network)
    step = own.stepper(*network.example())
    for _ in range(3):
        step()
    own.wait()
    found = {"parameters": own.parameters()}
    own.keep(images, classes)
    own.epoch()
    return {**found, "epoch": own.parameters(), "measures": own.evaluate(len(images) // 2)}
