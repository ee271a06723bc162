"""``blocks bench``: what it runs and prints; how fast anything is, no test says."""

import re

import numpy as np
import pytest

from blocks import bench
from blocks.__main__ import main
from blocks.config import config

NUMBER = r"\d+\.\d+"


def test_the_command_prints_rates_and_the_ratio(capsys):
    assert main(["bench", "--examples", "300", "--rounds", "2", "--threads", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Threads: 1"
    assert config.num_threads == 0  # as it was
    rates = [line for line in lines if line.startswith("(")]
    assert [line.split()[:-2] for line in rates] == [
        [f"({n},", f"{k})", "x", f"({k},", f"{m})"] for n, k, m in bench.PRODUCTS
    ]
    assert all(float(rate) > 0 for line in rates for rate in line.split()[-2:])
    pattern = rf"  (\w+): products {NUMBER}, training {NUMBER}, {NUMBER} x \({NUMBER} to {NUMBER}\)"
    assert [re.fullmatch(pattern, line)[1] for line in lines[-2:]] == ["float32", "float64"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--rounds", "0"], "blocks bench: expected at least 1 as rounds, got 0. Leave it out."),
        (
            ["--examples", "-5"],
            "blocks bench: expected at least 1 as examples, got -5. Leave it out.",
        ),
        (
            ["--threads", "-1"],
            "config: bad value of num_threads: expected a number of at least 0, got -1.",
        ),
    ],
)
def test_numbers_that_are_too_small(arguments, message, capsys):
    assert main(["bench", *arguments]) == 2
    assert capsys.readouterr().err == message + "\n"


def test_runs_take_turns():
    order = []
    times = bench.paired([lambda: order.append("A"), lambda: order.append("B")], 3, pause=0)
    assert "".join(order) == "AB" * 4  # the first two are not timed
    assert [len(own) for own in times] == [3, 3]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_an_epoch_of_products(dtype, monkeypatch):
    done = []

    def dot(a, b, out):
        assert {a.dtype, b.dtype, out.dtype} == {np.dtype(dtype)}
        assert out.shape == (a.shape[0], b.shape[1])
        done.append((*a.shape, b.shape[1]))

    with config.use(floatX=dtype):
        epoch = bench.products_epoch(300)
    monkeypatch.setattr(np, "dot", dot)
    epoch()
    assert done == [
        product
        for n in (256, 44)
        for product in [(n, 784, 100), (n, 100, 10), (100, n, 10), (n, 10, 100), (784, n, 100)]
    ]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_an_epoch_of_training(dtype):
    with config.use(floatX=dtype):
        epoch = bench.training_epoch(300)
        loop = epoch.__self__
        parameters = loop.algorithm.parameters
        before = [x.get_value() for x in parameters]
        epoch(), epoch()
    assert loop.status["epochs_done"] == 2
    assert loop.status["iterations_done"] == 4
    assert all((x.get_value() != old).any() for x, old in zip(parameters, before, strict=True))
    assert {x.dtype for x in parameters} == {dtype}


def test_the_rate_is_operations_over_seconds(monkeypatch):
    clock = iter(range(100))
    monkeypatch.setattr(bench, "perf_counter", lambda: next(clock) * 0.5)
    assert bench.gemm_rate((10, 20, 30), "float32", seconds=1) == 2 * 10 * 20 * 30 / 0.5 / 1e9
    assert next(clock) == 6  # three times, as the time is up then
