"""`config.num_threads` is the limit for BLAS, Numba and large kernels, from the next call on."""

import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from blocks import tensor
from blocks.compile import function, parts
from blocks.compile.threads import available_threads, limit_threads
from blocks.config import config


def blas_threads():
    """Return the numbers of threads that BLAS libraries may use."""
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


@pytest.mark.parametrize("mode", ["compiled", "reference", "debug"])
def test_the_next_call_of_a_function_has_a_new_limit(mode):
    x = tensor.matrix("x")
    f = function([x], x.dot(x), mode=mode)
    f(np.eye(2))
    before = blas_threads()
    for number in (1, 3):
        with config.use(num_threads=number):
            f(np.eye(2))
            assert blas_threads() == {number}
            config.num_threads = 2
            f(np.eye(2))
            assert blas_threads() == {2}
        f(np.eye(2))
        assert blas_threads() == before


def test_a_function_goes_on_with_another_number(monkeypatch):
    monkeypatch.setattr(parts, "SMALLEST_WORK", 1)
    x = tensor.matrix("x")
    f = function([x], tensor.exp(x) * 2)
    array = np.random.RandomState(0).randn(300, 3)
    results, texts = [], []
    for number in (1, 2, 1, 3):
        with config.use(num_threads=number):
            assert available_threads() == number
            results.append(f(array))
            texts.append(f.executor._last[-1].source)
    assert ["run_together" in text for text in texts] == [False, True, False, True]
    assert texts[0] == texts[2]
    for result in results:
        np.testing.assert_array_equal(result, results[0])
    assert len(f.executor.plans) == 3


def run(script, **environment):
    """Run a script in a process of its own, and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(script)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


LIBRARIES = """
    import sys
    import numpy as np
    from threadpoolctl import threadpool_info
    from blocks import tensor
    from blocks.compile import function
    from blocks.config import config
    def threads():
        return sorted(p["num_threads"] for p in threadpool_info() if p["user_api"] == "blas")
"""


@pytest.mark.parametrize("mode", ["compiled", "reference"])
def test_the_environment_sets_the_number(mode):
    script = f"{LIBRARIES}\n    x = tensor.matrix('x')\n"
    script += (
        f"    f = function([x], x.dot(x), mode={mode!r})\n    f(np.eye(3))\n    print(threads())"
    )
    assert run(script, BLOCKS_NUM_THREADS="1", OPENBLAS_NUM_THREADS="2") == ["[1]"]


def test_a_library_that_comes_later_has_the_same_limit():
    """SciPy's BLAS is loaded for a matrix exponential, not for the limit."""
    script = f"""{LIBRARIES}
    config.num_threads = 1
    x = tensor.matrix("x")
    product = function([x], x.dot(x))
    product(np.eye(3))
    print("scipy.linalg" in sys.modules, len(threads()))
    exponential = function([x], tensor.slinalg.expm(x))
    exponential(np.eye(3))
    print("scipy.linalg" in sys.modules, threads())
    config.num_threads = 2
    product(np.eye(3))
    print(threads())
    """
    before, count, after, *numbers = run(script, OPENBLAS_NUM_THREADS="2")
    assert (before, count, after) == ("False", "1", "True")
    assert numbers in (["[1,", "1]", "[2,", "2]"], ["[1]", "[2]"])  # they may share a library


def test_numba_has_the_same_limit():
    script = f"""{LIBRARIES}
    import numba
    most = numba.config.NUMBA_NUM_THREADS
    f = function([], tensor.zeros((2,)) + 1)
    for number in (1, most, 1, most + 5, 1, 0):
        config.num_threads = number
        f()
        print(numba.get_num_threads() == (1 if number == 1 else most))
    """
    assert run(script) == ["True"] * 6


def test_without_a_limit_nothing_is_imported_for_one():
    script = """
    import sys
    import numpy as np
    from blocks import tensor
    from blocks.compile import function
    x = tensor.matrix("x")
    function([x], x.dot(x))(np.eye(3))
    print({"threadpoolctl", "scipy", "scipy.linalg"} & set(sys.modules))
    """
    assert run(script) == ["set()"]


def test_the_limit_is_left_alone_while_it_is_the_same(monkeypatch):
    import threadpoolctl

    with config.use(num_threads=2):
        limit_threads()
        config.default_seed = 3  # another setting
        monkeypatch.setattr(threadpoolctl, "threadpool_limits", None)
        limit_threads()
        function([], tensor.zeros((2,)) + 1)()
        monkeypatch.undo()
