"""JAX: one jitted function for the whole step, whose parameters are donated."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import jax
import numpy as np
from jax import numpy as jnp


class Trainer:
    """Train a network with JAX.

    The images are an array of JAX's; the step cuts its batch out of them. With `scan`, an
    epoch is one function, in which nothing else can be done between two batches.
    """

    def __init__(self, network, scan: bool = False) -> None:
        self.network, self.scan = network, scan
        self.values = jax.device_put([(W, b) for W, b in network.parameters()])
        self.state = None
        if network.rule != "scale":
            zeros = jax.tree.map(jnp.zeros_like, self.values)
            self.state = (zeros, jax.tree.map(jnp.zeros_like, self.values), jnp.float32(0))
        self.jitted = jax.jit(self.update, donate_argnums=(0, 1))
        self.jitted_slice = jax.jit(
            self.update_from, donate_argnums=(0, 1), static_argnames=("size",)
        )
        self.jitted_epoch = jax.jit(self.update_all, donate_argnums=(0, 1))
        self.jitted_measures = jax.jit(self.measures, static_argnames=("size",))

    def logits(self, values, x):
        """Return the values before softmax."""
        for W, b in values[:-1]:
            x = jax.nn.relu(x @ W + b)
        W, b = values[-1]
        return x @ W + b

    def cost(self, values, x, y):
        """Return mean cross-entropy plus weight decay."""
        log_p = jax.nn.log_softmax(self.logits(values, x))
        decay = sum(jnp.sum(W * W) for W, _ in values)
        picked = jnp.take_along_axis(log_p, y[:, None], axis=1)
        return -picked.mean() + self.network.decay * decay

    def update(self, values, state, x, y):
        """Return new parameters and the new state of the step rule."""
        network = self.network
        gradients = jax.grad(self.cost)(values, x, y)
        if network.rule == "scale":
            return jax.tree.map(lambda p, g: p - network.rate * g, values, gradients), None
        m, v, t = state
        if network.rule == "momentum":
            m = jax.tree.map(lambda m, g: network.momentum * m + network.rate * g, m, gradients)
            return jax.tree.map(jnp.subtract, values, m), (m, v, t)
        t = t + 1
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, gradients)
        v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, gradients)
        rate = network.rate * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        new = jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v) + 1e-8), values, m, v)
        return new, (m, v, t)

    def cut(self, images, classes, start, size):
        """Return one batch, scaled."""
        x = jax.lax.dynamic_slice_in_dim(images, start, size).astype(jnp.float32) * (1 / 255)
        return x, jax.lax.dynamic_slice_in_dim(classes, start, size)

    def update_from(self, values, state, images, classes, start, size):
        """Do one step on a part of the images."""
        return self.update(values, state, *self.cut(images, classes, start, size))

    def update_all(self, values, state, images, classes):
        """Do the steps of an epoch."""

        def step(carry, start):
            return self.update_from(*carry, images, classes, start, size), None

        size = self.network.batch
        whole, rest = divmod(len(images), size)
        carry, _ = jax.lax.scan(step, (values, state), size * jnp.arange(whole))
        return self.update_from(*carry, images, classes, size * whole, rest) if rest else carry

    def measures(self, values, images, classes, start, size):
        """Return the sum of cross-entropies and the number of errors of one batch."""
        x, y = self.cut(images, classes, start, size)
        z = self.logits(values, x)
        log_p = jnp.take_along_axis(jax.nn.log_softmax(z), y[:, None], axis=1)
        return -log_p.sum(), (z.argmax(1) != y).sum()

    def keep(self, images: np.ndarray, classes: np.ndarray) -> None:
        """Keep the data in memory."""
        self.images, self.classes = jax.device_put(images), jax.device_put(classes)

    def _parts(self, size: int):
        count = len(self.images)
        return [(i, min(size, count - i)) for i in range(0, count, size)]

    def _step(self, x, y) -> None:
        self.values, self.state = self.jitted(self.values, self.state, x, y)

    def stepper(self, x: np.ndarray, y: np.ndarray) -> Callable[[], object]:
        """Return what does one step."""
        return partial(self._step, jax.device_put(x), jax.device_put(y))

    def epoch(self) -> None:
        """Train for one more epoch."""
        values, state = self.values, self.state
        if self.scan:
            values, state = self.jitted_epoch(values, state, self.images, self.classes)
        for start, size in [] if self.scan else self._parts(self.network.batch):
            values, state = self.jitted_slice(
                values, state, self.images, self.classes, start, size=size
            )
        self.values, self.state = values, state
        self.wait()

    def evaluate(self, batch: int) -> tuple[float, float]:
        """Return mean cross-entropy and error rate."""
        cost = errors = 0.0
        for start, size in self._parts(batch):
            more, wrong = self.jitted_measures(
                self.values, self.images, self.classes, start, size=size
            )
            cost, errors = cost + more, errors + wrong
        count = len(self.images)
        return float(cost) / count, float(errors) / count

    def parameters(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return weights (inputs, outputs) and biases of each layer."""
        return [(np.array(W), np.array(b)) for W, b in self.values]

    def wait(self) -> None:
        """Return when all steps are done."""
        jax.block_until_ready(self.values)
