"""A number of random graphs from one seed, through plain Python kernels or compiled ones."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field

import numba
from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings

from blocks.compile import scalars  # noqa: F401 (decorated before compiling is switched off)
from tests.fuzz import checks, oracles
from tests.fuzz.draw import programs
from tests.fuzz.program import Program


@contextmanager
def plain_kernels():
    """Run kernels as plain Python: on graphs this small compiling takes all the time."""
    before = numba.config.DISABLE_JIT
    numba.config.DISABLE_JIT = 1
    try:
        yield
    finally:
        numba.config.DISABLE_JIT = before


@dataclass
class Found:
    """What a chunk did, and the smallest graph that failed, if one did."""

    seed: int
    counts: Counter = field(default_factory=Counter)
    program: Program | None = None
    error: Exception | None = None

    @property
    def script(self):
        """The script that shows the failure."""
        return self.program.script(getattr(self.error, "check", "outputs"))


def run_chunk(number: int, start: int, check: Callable[[Program], None]) -> Found:
    """Check a number of graphs drawn from a seed; the first failure is made small."""
    found = Found(start)

    @seed(start)
    @settings(
        max_examples=number,
        database=None,
        deadline=None,
        derandomize=False,
        phases=(Phase.generate, Phase.shrink),
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
    )
    @given(programs())
    def run(p):
        try:
            check(p)
        except Exception as error:
            found.program, found.error = p, error  # the last one is the smallest
            raise

    checks.counts.clear()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            run()
        except Exception as error:
            found.error = found.error or error  # one of drawing itself has no program
    found.counts = Counter(checks.counts)
    return found


def check_all(p, is_compiled=False):
    """Run all checks on a program; with `is_compiled` those for which compiling pays."""
    checks.counts["graphs"] += 1
    checks.check_outputs(p, is_compiled)
    checks.check_gradients(p)
    if not is_compiled:
        oracles.check_replace(p)
        oracles.check_finite_differences(p.with_float64())


def check_plain(p: Program) -> None:
    """Run all checks with plain Python kernels."""
    with plain_kernels():
        check_all(p)


def check_compiled(p: Program) -> None:
    """Run the checks of outputs and gradients with compiled kernels."""
    checks.counts["through the JIT"] += 1
    check_all(p, is_compiled=True)


def work(task):
    """Run a chunk in a worker process."""
    kind, number, start = task
    if kind == "pytensor":  # imported here, as it needs PyTensor
        from tests.fuzz.against_pytensor import check_pytensor as check
    else:
        check = check_compiled if kind == "compiled" else check_plain
    found = run_chunk(number, start, check)
    if found.error is None:
        return kind, start, found.counts, None, None
    message = f"{type(found.error).__name__}: {found.error}"
    return kind, start, found.counts, message, found.program and found.script
