"""The limit: nothing but the matrix products of each step, through NumPy's ``dot(out=)``."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np


class Trainer:
    """Do the products of training steps: no bias, no activation, no update.

    Images are float32 already and scaled; all buffers exist, and the activations of one
    batch overwrite those of the one before. Nothing needs to be read either: the same batch
    comes again and again, unless `reads` is set.
    """

    def __init__(self, network, reads: bool = False) -> None:
        self.reads = reads
        self.network = network
        self.weights = [W for W, _ in network.parameters()]
        self.gradients = [np.empty_like(W) for W in self.weights]
        self.buffers: dict[int, list[np.ndarray]] = {}

    def keep(self, images: np.ndarray, classes: np.ndarray) -> None:
        """Keep the data in memory."""
        self.count = len(images)
        kept = images if self.reads else images[:1024]
        self.images = kept.astype(np.float32) / np.float32(255)

    def _batches(self, size: int) -> Iterator[np.ndarray]:
        for start in range(0, self.count, size):
            first = start if self.reads else 0
            yield self.images[first : first + min(size, self.count - start)]

    def stepper(self, x: np.ndarray, y: np.ndarray) -> Callable[[], object]:
        """Return what does one step."""
        return lambda: self.step(x)

    def forward(self, x: np.ndarray) -> list[np.ndarray]:
        """Return the values of all layers, with their own transposed ones."""
        if len(x) not in self.buffers:
            self.buffers[len(x)] = [np.empty((len(x), n), np.float32) for n in self.network.dims]
        values = [x, *self.buffers[len(x)][1:]]
        for W, h, z in zip(self.weights, values[:-1], values[1:], strict=True):
            np.dot(h, W, out=z)
        return values

    def step(self, x: np.ndarray) -> None:
        """Do the products of one step."""
        values = self.forward(x)
        for i in reversed(range(len(self.weights))):
            np.dot(values[i].T, values[i + 1], out=self.gradients[i])
            if i:
                np.dot(values[i + 1], self.weights[i].T, out=values[i])

    def epoch(self) -> None:
        """Do those of an epoch."""
        for x in self._batches(self.network.batch):
            self.step(x)

    def evaluate(self, batch: int) -> None:
        """Do those of an evaluation."""
        for x in self._batches(batch):
            self.forward(x)

    def wait(self) -> None:
        """Return at once: nothing is left to be done."""
