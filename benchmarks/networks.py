"""The networks that the contenders train: the same sizes, initial values and step rules."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Network:
    """A multilayer perceptron of rectifiers with softmax and cross-entropy on top.

    The cost is the mean cross-entropy plus `decay` times the sum of squares of all weights.

    Parameters
    ----------
    dims
        The sizes of the layers, from input to classes.
    batch
        Examples in a batch.
    rule
        ``"scale"``, ``"momentum"`` or ``"adam"``.
    rate, momentum
        The learning rate, and the factor of the velocity.
    decay
        The factor of the sum of squared weights.
    deviation
        The standard deviation of initial weights; 0 stands for sqrt(2 / inputs).
    """

    dims: tuple[int, ...]
    batch: int
    rule: str = "scale"
    rate: float = 0.1
    momentum: float = 0.9
    decay: float = 0.005
    deviation: float = 0.01

    def parameters(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return weights (inputs, outputs) and biases of each layer, float32."""
        rng = np.random.default_rng(1)
        found = []
        for inputs, outputs in zip(self.dims[:-1], self.dims[1:], strict=True):
            deviation = self.deviation or (2 / inputs) ** 0.5
            W = rng.standard_normal((inputs, outputs), dtype=np.float32)
            W *= np.float32(deviation)
            found.append((W, np.zeros(outputs, np.float32)))
        return found

    def example(self) -> tuple[np.ndarray, np.ndarray]:
        """Return one batch: x float32 (batch, inputs) in [0, 1), classes int64 (batch,)."""
        rng = np.random.default_rng(2)
        x = rng.random((self.batch, self.dims[0]), dtype=np.float32)
        return x, rng.integers(0, self.dims[-1], self.batch)


TUTORIAL = Network((784, 100, 10), 256)
