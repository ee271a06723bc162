"""Kernels in parts: the same numbers, whatever the number of threads."""

import os
import threading

import numpy as np
import pytest

from blocks import tensor
from blocks.compile import function, parts, team
from blocks.config import config
from blocks.graph import shared
from blocks.graph.methods import ELEMENTWISE as METHODS_OF_ELEMENTS
from blocks.graph.ops import elementwise as e

RNG = np.random.RandomState(0)


@pytest.fixture(autouse=True)
def _small_kernels_are_cut_too(monkeypatch):
    monkeypatch.setattr(parts, "SMALLEST_WORK", 1)


def elementwise(x, W, b):
    return [tensor.exp(-x * x) * tensor.tanh(x) + b], []


def broadcast_down_the_rows(x, W, b):
    return [x * b.dimshuffle("x", 0) + x.sum(axis=1, keepdims=True)], []


def folds(x, W, b):
    return [tensor.exp(x).sum(axis=1), x.sum(axis=0), x.sum(), tensor.max(x, axis=1)], []


def product_with_epilogue(x, W, b):
    return [tensor.tanh(x.dot(W) + b)], []


def product_into_a_value_that_is_read(x, W, b):
    step = x.T.dot(x.dot(W))
    return [], [(W, W - step / (abs(step) + 1))]


GRAPHS = [
    elementwise,
    broadcast_down_the_rows,
    folds,
    product_with_epilogue,
    product_into_a_value_that_is_read,
]


def results(graph, rows, threads, dtype):
    """Return what a graph computes with a number of threads, and the text of its plan."""
    rng = np.random.RandomState(1)
    with config.use(num_threads=threads):
        x = tensor.matrix("x", dtype=dtype)
        W = shared(rng.randn(6, 6).astype(dtype))
        b = shared(rng.randn(6).astype(dtype))
        outputs, updates = graph(x, W, b)
        f = function([x], outputs, updates=updates)
        found = f(rng.randn(rows, 6).astype(dtype))
        (plan,) = f.executor.plans.values()
        return [*found, W.get_value(), b.get_value()], plan.source


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("rows", [1, 2, 3, 5, 200, 1000])
@pytest.mark.parametrize("graph", GRAPHS)
def test_the_number_of_threads_changes_nothing(graph, rows, dtype):
    alone, text = results(graph, rows, 1, dtype)
    assert "run_together" not in text
    for threads in (2, 3):
        together, text = results(graph, rows, threads, dtype)
        assert "run_together" in text or rows == 1
        for a, b in zip(alone, together, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_no_elementwise_function_depends_on_the_number_of_threads(dtype):
    x = tensor.vector("x", dtype=dtype)
    functions = [getattr(e, name) for name in METHODS_OF_ELEMENTS]
    f = function([x], [y(x) for y in functions])
    array = np.random.RandomState(2).randn(1003).astype(dtype)
    array[:8] = [0.0, -0.0, np.inf, -np.inf, np.nan, 1, -1, 1e-30]
    expected = None
    with np.errstate(all="ignore"):
        for threads in (1, 2, 3, 7):
            with config.use(num_threads=threads):
                found = f(array)
            assert ("run_together" in f.executor._last[-1].source) is (threads > 1)
            expected = expected or found
            for name, a, b in zip(METHODS_OF_ELEMENTS, found, expected, strict=True):
                assert a.tobytes() == b.tobytes(), name


def test_all_parts_run_at_the_same_time():
    barrier = threading.Barrier(3, timeout=20)
    ran = []

    def run(segment, arrays, first, last):
        barrier.wait()
        ran.append((segment, arrays, first, last))
        return -1

    team.run_together(run, 7, "arrays", 4, 7)
    assert sorted(ran) == [(7, "arrays", i, i + 1) for i in (4, 5, 6)]


def test_who_finds_the_team_busy_works_alone():
    ran = []

    def run(segment, arrays, first, last):
        ran.append((segment, first, last))
        if segment == 1 and first == 0:
            team.run_together(run, 2, (), 0, 2)
        return -1

    team.run_together(run, 1, (), 0, 2)
    assert sorted(ran) == [(1, 0, 1), (1, 1, 2), (2, 0, 2)]


def test_an_interrupt_waits_for_the_others():
    release = threading.Event()
    finished = []

    def run(segment, arrays, first, last):
        if first == 0:
            threading.Timer(0.1, release.set).start()
            raise KeyboardInterrupt
        release.wait(20)
        finished.append(first)
        return -1

    with pytest.raises(KeyboardInterrupt):
        team.run_together(run, 0, (), 0, 2)
    assert finished == [1]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_process_has_a_team_of_its_own():
    team.run_together(lambda *arguments: -1, 0, (), 0, 2)
    child = os.fork()
    if not child:
        ran = []
        team.run_together(lambda *arguments: ran.append(arguments) or -1, 0, (), 0, 2)
        os._exit(len(ran))
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 2
