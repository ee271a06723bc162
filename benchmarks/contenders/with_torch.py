"""PyTorch, eager or compiled: ``nn.Linear`` layers and the fused optimizers."""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np
import torch
from torch.nn import functional

OPTIMIZERS = {
    "scale": lambda groups, network: torch.optim.SGD(groups, lr=network.rate, fused=True),
    "momentum": lambda groups, network: torch.optim.SGD(
        groups, lr=network.rate, momentum=network.momentum, fused=True
    ),
    "adam": lambda groups, network: torch.optim.Adam(groups, lr=network.rate, fused=True),
}


class Trainer:
    """Train a network with PyTorch."""

    def __init__(self, network, compiled: bool = False) -> None:
        torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", torch.get_num_threads())))
        self.network = network
        layers: list[torch.nn.Module] = []
        for inputs, outputs in zip(network.dims[:-1], network.dims[1:], strict=True):
            layers += [torch.nn.Linear(inputs, outputs), torch.nn.ReLU()]
        self.linear = layers[::2]
        self.model = torch.nn.Sequential(*layers[:-1])
        with torch.no_grad():
            for layer, (W, b) in zip(self.linear, network.parameters(), strict=True):
                layer.weight.copy_(torch.from_numpy(W.T))
                layer.bias.copy_(torch.from_numpy(b))
        weights = {
            "params": [layer.weight for layer in self.linear],
            "weight_decay": 2 * network.decay,
        }
        biases = {"params": [layer.bias for layer in self.linear]}
        self.optimizer = OPTIMIZERS[network.rule]([weights, biases], network)

        def loss(x, y):
            return functional.cross_entropy(self.model(x), y)

        def scaled_loss(images, y):
            return loss(images.to(torch.float32).mul_(1 / 255), y)

        def measures(images, y):
            z = self.model(images.to(torch.float32).mul_(1 / 255))
            cost = functional.cross_entropy(z, y, reduction="sum")
            return cost, (z.argmax(1) != y).sum()

        # Static shapes: the last batch, which is smaller, gets code of its own.
        wrap = (lambda f: torch.compile(f, dynamic=False)) if compiled else (lambda f: f)
        torch._dynamo.config.recompile_limit = 64
        self.loss, self.scaled_loss, self.measures = map(wrap, (loss, scaled_loss, measures))

    def keep(self, images: np.ndarray, classes: np.ndarray) -> None:
        """Keep the data in memory."""
        self.images, self.classes = torch.tensor(images), torch.tensor(classes)

    def _step(self, loss, x, y) -> None:
        self.optimizer.zero_grad()
        loss(x, y).backward()
        self.optimizer.step()

    def stepper(self, x: np.ndarray, y: np.ndarray) -> Callable[[], object]:
        """Return what does one step."""
        tensors = torch.from_numpy(x), torch.from_numpy(y)
        return lambda: self._step(self.loss, *tensors)

    def epoch(self) -> None:
        """Train for one more epoch."""
        batches = self.images.split(self.network.batch), self.classes.split(self.network.batch)
        for x, y in zip(*batches, strict=True):
            self._step(self.scaled_loss, x, y)

    def evaluate(self, batch: int) -> tuple[float, float]:
        """Return mean cross-entropy and error rate."""
        cost = errors = 0.0
        with torch.no_grad():
            for x, y in zip(self.images.split(batch), self.classes.split(batch), strict=True):
                more, wrong = self.measures(x, y)
                cost, errors = cost + more, errors + wrong
        count = len(self.images)
        return float(cost) / count, float(errors) / count

    def parameters(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return weights (inputs, outputs) and biases of each layer."""
        found = [(layer.weight.detach().T, layer.bias.detach()) for layer in self.linear]
        return [(W.numpy().copy(), b.numpy().copy()) for W, b in found]

    def wait(self) -> None:
        """Return at once: nothing is left to be done."""
