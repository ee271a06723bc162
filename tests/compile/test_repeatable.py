"""The same seed and number of threads end in the same bits, whoever runs and how often."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from blocks.config import config
from tests.compile.training import KINDS, Training, trained_together

ROOT = Path(__file__).resolve().parents[2]


def in_a_process(threads, *options, **environment):
    """Return the bits that a process of its own ends with, one for each kind."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.compile.training", str(threads), *options],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def here(threads):
    """Return the bits that this process ends with, one for each kind."""
    with config.use(num_threads=threads):
        return [Training(kind).steps().bits() for kind in KINDS]


def test_bits_tell_networks_apart():
    first = Training("adam")
    assert first.steps().bits() == Training("adam").steps().bits()
    assert first.bits() != Training("adam", seed=2).steps().bits()
    assert first.bits() != Training("adam").steps(6).bits()
    assert first.bits() != Training("adam", dtype="float64").steps().bits()


@pytest.mark.parametrize("threads", [1, 2])
def test_processes_end_in_the_same_bits_under_any_hash_seed(threads):
    expected = here(threads)
    assert len(set(expected)) == len(KINDS)
    for seed in ("0", "1", "4242", "random"):
        assert in_a_process(threads, PYTHONHASHSEED=seed) == expected, seed


def test_these_networks_run_in_parts():
    """Or the tests here would say nothing about threads of ours."""
    for threads in (1, 2):
        with config.use(num_threads=threads):
            training = Training("adam").steps(1)
        (plan,) = training.algorithm._function.executor.plans.values()
        assert ("run_together" in plan.source) is (threads == 2)


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_that_train_at_once_do_not_disturb_each_other(threads):
    expected = here(threads)
    with config.use(num_threads=threads):
        for _ in range(3):
            assert trained_together(list(KINDS)) == expected


def test_threads_that_compile_the_same_kernels_at_once(tmp_path):
    """Nothing is compiled yet: all of them want it now."""
    found = in_a_process(2, "--together", BLOCKS_CACHE_DIR=str(tmp_path / "cache"))
    assert found == here(2)
