"""What ``profile=True`` measures, and that nothing is measured without it."""

import io
import re
from types import SimpleNamespace

import numba
import numpy as np
import pytest

from blocks import explain, function, shared, tensor
from blocks.algorithms import GradientDescent
from blocks.compile import scalars  # noqa: F401 (decorated before compiling is switched off)
from blocks.compile.function import Function
from blocks.compile.profiling import Timings
from blocks.compile.program import Program
from blocks.compile.script import Script
from blocks.config import config
from blocks.graph.ops.branch import ifelse
from tests.compile.layer import RNG, layer, ones, row


def test_without_profile_nothing_is_measured():
    f = layer()
    f(ones(5, 4))
    (plan,) = f.executor.plans.values()
    assert (type(f), type(f.executor), type(plan.script)) == (Function, Program, Script)
    assert f.profile is None
    assert "now" not in plan.source
    assert not any("clock" in kernel.body for kernel in plan.script.kernels)
    found = explain(f)
    assert (found.calls, found.seconds) == (None, None)
    assert [i.measured for i in found.instructions] == [None] * 4


def test_calls_are_counted_and_times_add_up():
    f = layer(profile=True)
    results = [f(ones(5, 4)) for _ in range(20)]
    assert len(set(map(float, results))) > 1  # it does its work
    found = explain(f)
    assert (f.profile.calls, found.calls) == (20, 20)
    assert [i.measured.calls for i in found.instructions] == [20] * 4
    inside = sum(i.measured.share for i in found.instructions)
    assert 0 < inside < 1
    assert inside + found.outside / found.seconds == pytest.approx(1)
    assert 0 < row(found, 0).measured.total_seconds < f.profile.seconds
    assert row(found, 0).gflops == pytest.approx(
        2 * 5 * 3 * 4 / row(found, 0).measured.seconds / 1e9
    )
    assert row(found, 1).gigabytes == pytest.approx(64 / row(found, 1).measured.seconds / 1e9)
    assert (row(found, 0).gigabytes, row(found, 1).gflops) == (None, None)
    assert found.planning == f.profile.planning_seconds > 0
    assert "a call, in 20 calls: " in str(found)


def test_a_branch_that_is_not_chosen_is_not_counted():
    flag, x = tensor.bscalar("flag"), tensor.vector("x")
    f = function([flag, x], ifelse(flag, tensor.exp(x).sum(), tensor.tanh(x).sum()), profile=True)
    for chosen in (1, 0, 0):
        f(chosen, np.ones(3))
    runs = {i.formula: i.measured.calls for i in explain(f).instructions}
    assert (runs["sum(exp(x))"], runs["sum(tanh(x))"]) == (1, 2)


def test_python_and_interpreted_parts_have_times():
    x, n = tensor.matrix("x"), tensor.iscalar("n")
    f = function([x, n], [tensor.nlinalg.matrix_inverse(x), 2 * x[:n].sum()], profile=True)
    for _ in range(3):
        f(np.eye(3), 2)
    found = explain(f)
    (inverse,) = (i for i in found.instructions if i.kind == "python")
    assert inverse.measured.calls == found.calls > 0
    assert inverse.measured.seconds > 0
    assert found.interpreted > 0


def test_kernels_in_several_threads_are_timed_as_one():
    x = tensor.matrix("x", dtype="float32")
    y = tensor.exp(x) * x + tensor.tanh(x)
    array = RNG.randn(1024, 512).astype("float32")
    with config.use(num_threads=2):
        f, g = function([x], y, profile=True), function([x], y)
        np.testing.assert_array_equal(f(array), g(array))
    found = explain(f)
    assert [i.measured.calls for i in found.instructions] == [1] * len(found.instructions)
    together = re.findall(r"run_together\(.*, (\d+), (\d+), patience\)", f.executor.ran.source)
    assert [int(end) - int(start) for start, end in together] == [2] * len(together)
    assert together  # or this is no test of several threads


def test_without_compiling(monkeypatch):
    monkeypatch.setattr(numba.config, "DISABLE_JIT", 1)
    f = layer(profile=True)
    f(ones(5, 4))
    assert [i.measured.calls for i in explain(f).instructions] == [1] * 4
    assert not f.executor.ran.script.kernels


def test_copies_have_times():
    x, a = tensor.vector("x"), shared(np.zeros(3), "a")
    f = function([x], [2 * x], updates=[(a, x[::-1])], profile=True)
    for _ in range(3):
        f(np.ones(3))
    *_, last = explain(f).instructions
    assert (last.kind, last.formula[:3], last.measured.calls) == ("copy", "a =", 3)


def test_many_calls_are_remembered_in_sums():
    timings = Timings(1)
    for i in range(2500):
        timings.add(np.array([[10, 11 + i]]), 3000 + i)
    np.testing.assert_array_equal(timings.runs(), [2500, 2500])
    np.testing.assert_allclose(timings.totals() * 1e9, [2500 * 2501 / 2, 2500 * (3000 + 2499 / 2)])
    in_call, in_run = timings.typical()  # of the last 1000, the faster half
    np.testing.assert_allclose(in_call * 1e9, [1501 + 499 / 2, 4500 + 499 / 2])
    np.testing.assert_allclose(in_run, in_call)


def test_the_plan_that_took_most_time_is_shown():
    f = layer(profile=True)
    f(ones(9, 4))
    for _ in range(200):
        f(ones(5, 4))
    assert explain(f).inputs[0].shape == (5, 4)
    assert (explain(f).calls, f.profile.calls) == (200, 201)


def test_copies_are_profiled_as_asked():
    f, g = layer(profile=True), layer()
    assert f.copy().profile is not None
    assert f.copy(profile=False).profile is None
    assert g.copy().profile is None
    assert g.copy(profile=True).profile is not None


def test_config_profile_and_algorithms():
    x, W = tensor.vector("x"), shared(np.zeros(3), "W")
    algorithm = GradientDescent(cost=((W - x) ** 2).sum(), parameters=[W])
    with config.use(profile=True):
        algorithm.process_batch({"x": np.ones(3)})
    found = explain(algorithm)
    assert found.calls == 1
    assert found.title == "training (compiled)"
    assert explain(SimpleNamespace(algorithm=algorithm)).title == found.title  # a main loop


def test_theanos_summary(capsys):
    f = layer(profile=True)
    f(ones(5, 4))
    file = io.StringIO()
    f.profile.summary(file, 20, 20)
    assert file.getvalue().startswith("f (compiled) for x float32 (5, 4)\n")
    f.profile.summary()
    assert capsys.readouterr().err == file.getvalue()
    assert (f.profile.fct_callcount, f.profile.fct_call_time) == (1, f.profile.seconds)
    assert f.profile.compile_time == f.profile.planning_seconds
