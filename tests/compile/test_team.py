"""Kernels in parts: the same numbers, whatever the number of threads."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from blocks import tensor
from blocks.compile import function, parts, team
from blocks.compile.board import ASLEEP
from blocks.compile.jit import compile_kernel
from blocks.compile.segment import Segment
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


BUSY = """
def kernel(times, stops):
    start = clock()
    now = start
    while now - start < 30_000_000:
        now = clock()
    times[0] = start
    times[1] = now
    if stops:
        raise ValueError
"""


class Busy:
    """Kernels that take 30 ms each and note from when to when they run."""

    def __init__(self, count, stops=()):
        kernel = compile_kernel(BUSY, [("int64", 1), "int64"])
        self.segment = Segment()
        self.times = np.zeros((count, 2), np.int64)
        for i in range(count):
            self.segment.add(kernel, [(self.times, (2,), 16 * i), int(i in stops)])
        self.count = count

    def run(self, patience=0):
        words = self.segment.words()
        self.times[:] = 0
        return team.run_together(words.ctypes.data, (), 0, self.count, patience)

    def are_together(self):
        assert (self.times[:, 1] - self.times[:, 0] >= 30_000_000).all()
        return self.times[:, 0].max() < self.times[:, 1].min()


def test_all_parts_run_at_the_same_time():
    for count in (1, 2, 3, 5, 2):
        busy = Busy(count)
        assert busy.run() == -1
        assert busy.are_together()
    assert team.words(0)[team.COUNT] >= 4


def test_who_finds_the_team_busy_works_alone():
    first, second = Busy(2), Busy(2)
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(Busy.run, [first, second])) == [-1, -1]
    assert sorted([first.are_together(), second.are_together()]) == [False, True]


@pytest.mark.parametrize("broken", [0, 1, 2])
def test_a_kernel_that_raises_is_told_by_its_position(broken):
    busy = Busy(3, stops=[broken])
    assert busy.run() == broken
    assert busy.are_together()
    assert Busy(3).run() == -1


def test_workers_sleep_when_there_is_nothing_to_do():
    assert Busy(3).run(team.PATIENCE) == -1
    end = time.monotonic() + 20
    lines = [team.words(i) for i in range(1, int(team.words(0)[team.COUNT]) + 1)]
    while any(line[0] != ASLEEP for line in lines):
        assert time.monotonic() < end
        time.sleep(0.01)
    before = time.process_time()
    time.sleep(0.3)
    assert time.process_time() - before < 0.1
    assert Busy(2).run() == -1  # and wake up


def test_interrupts_wait_until_all_parts_have_run():
    busy = Busy(2)

    def run_again_and_again():
        while True:
            busy.run()

    threading.Timer(0.01, signal.raise_signal, [signal.SIGINT]).start()
    with pytest.raises(KeyboardInterrupt):
        run_again_and_again()
    assert busy.are_together()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_process_has_a_team_of_its_own():
    assert Busy(2).run() == -1
    child = os.fork()
    if not child:
        is_right = False
        try:  # whatever happens, this process must not go on with the tests
            is_forgotten = team.words(0)[team.COUNT] == 0
            busy = Busy(2)
            is_right = is_forgotten and busy.run() == -1 and busy.are_together()
        finally:
            os._exit(0 if is_right else 1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0


def test_without_more_threads_parts_run_one_after_another(monkeypatch):
    def refuse(thread):
        raise RuntimeError("can't start new thread")

    count = int(team.words(0)[team.COUNT]) + 2
    monkeypatch.setattr(threading.Thread, "start", refuse)
    busy = Busy(count)
    assert busy.run() == -1
    assert not busy.are_together()


def test_workers_look_for_more_only_where_no_product_follows():
    """The threads of BLAS want the processors then."""
    x = tensor.matrix("x")
    y = tensor.exp(x) + 1
    with config.use(num_threads=2):
        for output, patience in [(y, team.PATIENCE), (y.dot(x.T), 0), (tensor.dot(x.T, x) * 2, 0)]:
            f = function([x], output)
            f(np.ones((4, 3)))
            (plan,) = f.executor.plans.values()
            assert plan.script.globals["patience"] == patience


def test_the_end_of_a_process_does_not_wait_for_workers():
    script = """
    from tests.compile.test_team import Busy, team
    for _ in range(3):
        assert Busy(3).run(10**9) == -1
    print("done")
    """
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd=Path(__file__).resolve().parents[2],
    )
    assert (run.stdout.strip(), run.returncode) == ("done", 0), run.stderr
