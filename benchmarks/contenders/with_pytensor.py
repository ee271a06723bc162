"""PyTensor with its Numba or its C back end: shared variables and one compiled step."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from contenders.pytensor_blas import link_blas

link_blas()

import pytensor  # noqa: E402
from pytensor import tensor as pt  # noqa: E402


class Trainer:
    """Train a network with PyTensor."""

    def __init__(self, network, mode: str) -> None:
        pytensor.config.floatX = "float32"
        self.network, self.mode = network, mode
        self.shared = [
            (pytensor.shared(W, borrow=True), pytensor.shared(b, borrow=True))
            for W, b in network.parameters()
        ]
        flat = [p.get_value(borrow=True) for pair in self.shared for p in pair]
        self.means, self.squares = (
            [pytensor.shared(np.zeros_like(p)) for p in flat] if network.rule in rules else []
            for rules in (("momentum", "adam"), ("adam",))
        )
        self.t = pytensor.shared(np.float32(0))

    def _logits(self, x):
        for W, b in self.shared[:-1]:
            x = pt.maximum(x @ W + b, np.float32(0))
        W, b = self.shared[-1]
        return x @ W + b

    def _cross_entropy(self, x, y):
        log_p = pt.special.log_softmax(self._logits(x), axis=1)
        return -log_p[pt.arange(y.shape[0]), y]

    def _updates(self, cost):
        network = self.network
        rate = np.float32(network.rate)
        parameters = [p for pair in self.shared for p in pair]
        gradients = pytensor.grad(cost, parameters)
        if network.rule == "scale":
            return [(p, p - rate * g) for p, g in zip(parameters, gradients, strict=True)]
        updates = []
        if network.rule == "adam":
            now = self.t + np.float32(1)
            updates.append((self.t, now))
            one, beta1, beta2 = map(np.float32, (1, 0.9, 0.999))
            adapted = rate * pt.sqrt(one - beta2**now) / (one - beta1**now)
        for i, (p, g) in enumerate(zip(parameters, gradients, strict=True)):
            m = self.means[i]
            if network.rule == "momentum":
                new = np.float32(network.momentum) * m + rate * g
                updates += [(m, new), (p, p - new)]
                continue
            v = self.squares[i]
            new_m = beta1 * m + (one - beta1) * g
            new_v = beta2 * v + (one - beta2) * g * g
            step = adapted * new_m / (pt.sqrt(new_v) + np.float32(1e-8))
            updates += [(m, new_m), (v, new_v), (p, p - step)]
        return updates

    def _function(self, inputs, outputs, updates=()):
        function = pytensor.function(inputs, outputs, updates=updates, mode=self.mode)
        function.trust_input = True
        return function

    def _training(self, dtype: str):
        x, y = pt.matrix("x", dtype=dtype), pt.lvector("y")
        scaled = x.astype("float32") * np.float32(1 / 255) if dtype == "uint8" else x
        cost = self._cross_entropy(scaled, y).mean()
        if self.network.decay:
            squares = [(W**2).sum() for W, _ in self.shared]
            cost = cost + np.float32(self.network.decay) * sum(squares[1:], squares[0])
        return self._function([x, y], [], self._updates(cost))

    def keep(self, images: np.ndarray, classes: np.ndarray) -> None:
        """Keep the data in memory."""
        self.images, self.classes = images, classes
        self.step = self.measures = None

    def stepper(self, x: np.ndarray, y: np.ndarray) -> Callable[[], object]:
        """Return what does one step."""
        step = self._training("float32")
        return lambda: step(x, y)

    def epoch(self) -> None:
        """Train for one more epoch."""
        if self.step is None:
            self.step = self._training("uint8")
        for i in range(0, len(self.images), self.network.batch):
            batch = slice(i, i + self.network.batch)
            self.step(self.images[batch], self.classes[batch])

    def evaluate(self, batch: int) -> tuple[float, float]:
        """Return mean cross-entropy and error rate."""
        if self.measures is None:
            x, y = pt.matrix("x", dtype="uint8"), pt.lvector("y")
            z = self._logits(x.astype("float32") * np.float32(1 / 255))
            log_p = pt.special.log_softmax(z, axis=1)[pt.arange(y.shape[0]), y]
            errors = pt.neq(z.argmax(1), y).sum()
            self.measures = self._function([x, y], [-log_p.sum(), errors])
        cost = errors = 0.0
        for i in range(0, len(self.images), batch):
            part = slice(i, i + batch)
            more, wrong = self.measures(self.images[part], self.classes[part])
            cost, errors = cost + more, errors + wrong
        return float(cost) / len(self.images), float(errors) / len(self.images)

    def parameters(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return weights (inputs, outputs) and biases of each layer."""
        return [(W.get_value(), b.get_value()) for W, b in self.shared]

    def wait(self) -> None:
        """Return at once: nothing is left to be done."""
