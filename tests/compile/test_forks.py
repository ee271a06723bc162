"""A forked process goes on, whatever the threads of the first one were about."""

import gc
import os
import pickle
import subprocess
import sys
import textwrap
import threading
import time

import pytest

from blocks import tensor
from blocks.compile import forks, function
from blocks.compile.jit import statistics
from blocks.config import config
from blocks.graph.garbage import uncollected
from tests.compile.training import Training

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork"),
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),
]


def in_child(work):
    """Return what a function returns in a forked process, and fail where it hangs."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.write(write, pickle.dumps(work()))
        finally:
            os._exit(0)
    os.close(write)
    end = time.monotonic() + 60
    while os.waitpid(child, os.WNOHANG) == (0, 0):
        if time.monotonic() > end:
            os.kill(child, 9)
            os.waitpid(child, 0)
            pytest.fail("the forked process hangs")
        time.sleep(0.005)
    with os.fdopen(read, "rb") as pipe:
        content = pipe.read()
    assert content, "the forked process failed"
    return pickle.loads(content)


def in_another_thread(work):
    """Return what a function returns in a thread that has done nothing before."""
    found = []
    thread = threading.Thread(target=lambda: found.append(work()), daemon=True)
    thread.start()
    thread.join(5)
    assert found, "the thread hangs"
    return found[0]


@pytest.mark.parametrize("threads", [1, 2])
def test_training_goes_on_in_both_processes(threads):
    with config.use(num_threads=threads):
        training = Training("adam").steps()
        found = in_child(lambda: training.steps().bits())
        grandchild = in_child(lambda: in_child(lambda: training.steps().bits()))
        assert found == grandchild == training.steps().bits()


def test_a_forked_process_trains_anew():
    with config.use(num_threads=2):
        expected = Training("clipped").steps().bits()
        assert in_child(lambda: Training("clipped").steps().bits()) == expected


def test_a_forked_process_compiles(folder):
    x = tensor.vector("x")
    function([x], tensor.tanh(x) * 3)([1.0])

    def compile_another():
        before = statistics.compiled
        value = function([x], tensor.exp(x) + abs(x) - x * x)([0.0])
        return statistics.compiled - before, float(value[0])

    assert in_child(compile_another) == (1, 1.0)


FORKS_WHILE_A_THREAD_TRAINS = """
    import os, threading
    from blocks.config import config
    from tests.compile.training import Training

    config.num_threads = 2
    training, other = Training("adam").steps(1), Training("momentum").steps(1)
    done, steps = threading.Event(), []

    def train():
        while not done.is_set():
            training.steps(1)
            steps.append(1)

    thread = threading.Thread(target=train)
    thread.start()
    for i in range(20):
        child = os.fork()
        if not child:
            training.steps(1)
            other.steps(1)
            Training("clipped").steps(1)
            os._exit(7)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    before = len(steps)
    while len(steps) < before + 3:  # it has not stopped
        done.wait(0.01)
    done.set()
    thread.join()
    print("done")
"""


def test_forks_while_another_thread_trains():
    """BLAS takes its threads away for a fork, in the midst of a product if nobody waits."""
    found = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(FORKS_WHILE_A_THREAD_TRAINS)],
        cwd=os.path.join(os.path.dirname(__file__), "..", ".."),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (found.stdout, found.returncode) == ("done\n", 0), found.stderr


@pytest.mark.parametrize("make_lock", [forks.run_lock, forks.table_lock])
def test_a_lock_that_is_never_released_is_free_in_the_child(make_lock, monkeypatch):
    monkeypatch.setattr(forks, "PATIENCE", 0.1)
    lock = make_lock()
    taken, leave = threading.Event(), threading.Event()

    def take():
        with lock:
            taken.set()
            leave.wait(60)

    thread = threading.Thread(target=take)
    thread.start()
    assert taken.wait(60)
    try:
        assert in_child(lambda: lock.acquire(timeout=5)) is True
        assert not lock.acquire(blocking=False)  # here it still is what it was
    finally:
        leave.set()
        thread.join()
        if make_lock is forks.table_lock:
            forks._tables.remove(lock)


def test_who_forks_may_hold_a_lock():
    lock = forks.run_lock()
    with lock:
        assert in_child(lambda: 5) == 5
    # In both processes others may have it now.
    assert in_another_thread(lambda: lock.acquire(blocking=False))


def test_after_a_fork_another_thread_calls_the_functions():
    x = tensor.scalar("x")
    double = function([x], x * 2)

    def call():
        return in_another_thread(lambda: float(double(4.0)))

    assert in_child(call) == call() == 8.0


def test_garbage_is_collected_in_the_child():
    """Though a thread of the first process had paused it, which is not there any more."""
    paused, leave = threading.Event(), threading.Event()

    def pause():
        with uncollected():
            paused.set()
            leave.wait(60)

    thread = threading.Thread(target=pause)
    thread.start()
    assert paused.wait(60)
    try:
        assert in_child(gc.isenabled)
        assert not gc.isenabled()
    finally:
        leave.set()
        thread.join()
    assert gc.isenabled()
