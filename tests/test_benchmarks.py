"""The benchmarks are honest: all contenders compute the same numbers as NumPy does here.

Each runs in a process of its own, as in the benchmarks. What is not installed is skipped.
"""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).resolve().parents[1] / "benchmarks"


@pytest.fixture
def path(monkeypatch):
    monkeypatch.syspath_prepend(FOLDER)


def gradients(network, parameters, x, y):
    """Return the gradients of mean cross-entropy plus weight decay, layer by layer."""
    values = [x]
    for i, (W, b) in enumerate(parameters):
        z = values[-1] @ W + b
        values.append(z if i == len(parameters) - 1 else np.maximum(z, 0))
    p = np.exp(z - z.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    cost, wrong = -np.log(p[np.arange(len(y)), y]), p.argmax(1) != y
    p[np.arange(len(y)), y] -= 1
    g, found = p / len(y), []
    for i in reversed(range(len(parameters))):
        W, _ = parameters[i]
        found.insert(0, (values[i].T @ g + 2 * network.decay * W, g.sum(0)))
        g = (g @ W.T) * (values[i] > 0)
    return found, cost, wrong


class NumPy:
    """A network in float64, with the step rules written down once more."""

    def __init__(self, network):
        self.network, self.t = network, 0
        self.parameters = [
            (W.astype(np.float64), b.astype(np.float64)) for W, b in network.parameters()
        ]
        zeros = [np.zeros_like(p) for pair in self.parameters for p in pair]
        self.means, self.squares = zeros, [z.copy() for z in zeros]

    def step(self, x, y):
        network, self.t = self.network, self.t + 1
        found, _, _ = gradients(network, self.parameters, x, y)
        flat = [p for pair in self.parameters for p in pair]
        new = []
        for i, (p, g) in enumerate(zip(flat, [g for pair in found for g in pair], strict=True)):
            if network.rule == "scale":
                new.append(p - network.rate * g)
            elif network.rule == "momentum":
                self.means[i] = network.momentum * self.means[i] + network.rate * g
                new.append(p - self.means[i])
            else:
                self.means[i] = 0.9 * self.means[i] + 0.1 * g
                self.squares[i] = 0.999 * self.squares[i] + 0.001 * g * g
                mean = self.means[i] / (1 - 0.9**self.t)
                square = self.squares[i] / (1 - 0.999**self.t)
                new.append(p - network.rate * mean / (np.sqrt(square) + 1e-8))
        self.parameters = list(zip(new[::2], new[1::2], strict=True))

    def epoch(self, images, classes):
        for i in range(0, len(images), self.network.batch):
            part = slice(i, i + self.network.batch)
            self.step(images[part] / 255, classes[part])


def assert_like(found, expected, start, limit):
    """Check parameters: the errors are a small part of what training changed."""
    pairs = zip(found, expected, start, strict=True)
    flat = [arrays for triple in pairs for arrays in zip(*triple, strict=True)]
    for own, right, before in flat:
        assert own.shape == right.shape
        assert own.dtype == np.float32
        assert np.abs(right - before).mean() > 1e-4
        assert np.abs(own - right).mean() <= limit * np.abs(right - before).mean()


CONTENDERS = [
    "blocks",
    "PyTorch eager",
    "PyTorch compiled",
    "JAX",
    "JAX, epoch jitted",
    "PyTensor Numba",
    "PyTensor C",
]

RULES = [
    ("scale", 0.1, 1e-5),
    ("momentum", 0.05, 1e-5),
    ("adam", 0.01, 1e-3),  # where epsilon stands differs from one to the other
]
"""The step rule, its learning rate, and how large errors may be: a part of the change."""


def test_the_table_has_every_contender(path):
    import contenders

    assert ["gemm loop", "gemm loop, reading", *CONTENDERS] == list(contenders.MODULES)


@pytest.mark.parametrize("name", CONTENDERS)
def test_contenders_train_alike(name, path):
    import contenders
    from common import Workers
    from networks import Network

    rng = np.random.default_rng(3)
    images = rng.integers(0, 256, (56, 84), dtype=np.uint8)  # the last of its batches is smaller
    classes = rng.integers(0, 3, 56)
    base = Network((84, 12, 7, 3), 16, rate=0.1, decay=0.01, deviation=0.3)
    with Workers(1) as workers:
        for rule, rate, limit in RULES[:1] if name == "PyTorch compiled" else RULES:
            network = replace(base, rule=rule, rate=rate)
            found = workers.call(name, contenders.trained, name, network, images, classes)
            if isinstance(found, str):
                assert found.endswith("is not installed"), found
                pytest.skip(found)
            oracle, start = NumPy(network), network.parameters()
            for _ in range(3):
                oracle.step(*network.example())
            assert_like(found["parameters"], oracle.parameters, start, limit)
            oracle.epoch(images, classes)
            assert_like(found["epoch"], oracle.parameters, start, limit)
            _, cost, wrong = gradients(network, oracle.parameters, images / 255, classes)
            assert found["measures"] == pytest.approx((cost.mean(), wrong.mean()), rel=1e-4)


def test_the_limit_does_the_products_of_a_step(path):
    import contenders
    from networks import Network

    network = Network((5, 4, 3), 6)
    bare, (x, y) = contenders.trainer("gemm loop", network), network.example()
    bare.stepper(x, y)()
    (W1, _), (W2, _) = network.parameters()
    h = x @ W1
    z = h @ W2
    assert bare.gradients[1] == pytest.approx(h.T @ z)
    assert bare.gradients[0] == pytest.approx(x.T @ (z @ W2.T))


@pytest.mark.parametrize(
    ("kind", "mean", "deviation"), [("uniform", 0.5, 1 / 12**0.5), ("normal", 0, 1)]
)
def test_contenders_draw_alike(kind, mean, deviation, path):
    import random_numbers

    for name in ("NumPy SFC64", "blocks", "blocks, in place"):
        factory, settings = random_numbers.NUMBERS[name]
        draw = factory(kind, 10000, *settings)
        first, second = draw().copy(), draw()
        assert first.dtype == np.float32
        assert (first != second).any()
        assert abs(first.mean() - mean) < 0.05
        assert abs(first.std() - deviation) < 0.05


def test_the_step_with_dropout(path):
    import random_numbers

    from blocks.config import config

    with config.use(floatX=config.floatX):
        for name in ("blocks", "blocks, no dropout"):
            random_numbers.steps(name, 2)()


@pytest.mark.parametrize("gradient", [False, True])
def test_elementwise_contenders_compute_alike(gradient, path):
    import elementwise

    expected = elementwise.with_numpy(1000, gradient)()
    names = ["NumPy, out=", "blocks", "blocks, in place"]
    if shutil.which(os.environ.get("CC", "cc")):
        names.append("SIMD loop")
    for name in names:
        factory, settings = elementwise.CONTENDERS[name]
        found = factory(1000, gradient, *settings)()
        assert len(found) == len(expected)
        for own, right in zip(found, expected, strict=True):
            assert own.dtype == np.float32
            np.testing.assert_allclose(own, right, rtol=2e-5, atol=1e-6)
