"""The engine with a clock: plans that note when each instruction began and ended.

The stamps are kernels in the rows of the others, so that timing an instruction takes some
50 ns and moves nothing. Programs that are not profiled know nothing of all this.
"""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter_ns
from typing import Any

import numpy as np

from blocks.compile.plan import Plan
from blocks.compile.profiling import Timings
from blocks.compile.program import Program
from blocks.compile.schedule import Schedule
from blocks.compile.script import FIRST, Place, Script, Signature
from blocks.graph.op import Apply, Array

__all__ = ["TimedPlan", "TimedProgram"]

STAMP = """
def kernel(stamps, position):
    stamps[position] = clock()
"""


class TimedScript(Script):
    """A script with stamps around each instruction.

    Parameters
    ----------
    count
        The number of instructions.
    """

    def __init__(self, count: int) -> None:
        super().__init__()
        self.stamps = np.zeros((count - FIRST, 2), np.int64)  # of each, when it began and ended
        self.globals["now"] = perf_counter_ns
        self._flat = self.constant(self.stamps.reshape(-1), "stamps")
        self._is_running = False

    def end(self) -> None:
        """Stamp the end of an instruction that does anything."""
        if self._is_running:
            self._stamp(1, in_row=bool(self._segment.kernels))
        self._is_running = False
        super().end()

    def launch(
        self,
        body: str,
        signature: Signature,
        arguments: Sequence[Place | float],
        on_failure: str | None = None,
    ) -> None:
        """Run a kernel."""
        self._start(in_row=True)
        super().launch(body, signature, arguments, on_failure)

    def launch_together(
        self, body: str, signature: Signature, parts: Sequence[Sequence[Place | float]]
    ) -> None:
        """Run a kernel with each of several lists of arguments, at the same time."""
        self._start(in_row=True)  # or the stamp would be one of them
        super().launch_together(body, signature, parts)

    def line(self, text: str) -> None:
        """Add a line, after all kernels so far."""
        self._start(in_row=False)
        super().line(text)

    def local(self, expression: str) -> str:
        """Return a name for the value of an expression, taken after all kernels so far."""
        self._start(in_row=False)
        return super().local(expression)

    def _start(self, in_row: bool) -> None:
        if self.position is not None and not self._is_running:
            self._is_running = True
            self._stamp(0, in_row)

    def _stamp(self, which: int, in_row: bool) -> None:
        position, self.position = self.position, None  # the stamp is no part of it
        assert position is not None
        index = 2 * (position % len(self.stamps)) + which
        if in_row and not self.is_plain:
            shape = (self.stamps.size,)
            arguments: list[Place | float] = [Place(self._flat, shape, shape), index]
            super().launch(STAMP, [("int64", 1), "int64"], arguments)
        else:
            super().line(f"{self._flat}[{index}] = now()")
        self.position = position


class TimedPlan(Plan):
    """A plan whose script has stamps.

    Attributes
    ----------
    timings : Timings
        What they said so far.
    """

    script: TimedScript

    def _new_script(self, schedule: Schedule) -> TimedScript:
        count = len(schedule.instructions)
        self.timings = Timings(count - FIRST)
        return TimedScript(count)


class TimedProgram(Program):
    """A program with timed plans.

    Attributes
    ----------
    ran : TimedPlan or None
        The plan that ran last.
    planning : int
        Nanoseconds spent so far on simplifying, planning and compiling.
    """

    plan_type = TimedPlan

    def __init__(self, *arguments: Any) -> None:
        self.ran: TimedPlan | None = None
        self.planning = 0
        self._first = (0, 0)  # when what is interpreted first began and ended
        start = perf_counter_ns()
        super().__init__(*arguments)
        self.planning += perf_counter_ns() - start

    def _plan(self, arrays: Sequence[Array]) -> Plan:
        start = perf_counter_ns()
        try:
            plan = super()._plan(arrays)
        finally:
            self.planning += perf_counter_ns() - start
        assert isinstance(plan, TimedPlan)
        run, stamps = plan.run, plan.script.stamps

        def timed_run(*given: Array) -> list[Array]:
            stamps.fill(0)  # what a branch leaves out has no stamps
            self.ran = plan
            if self.prefix is not None:
                stamps[FIRST] = self._first
            return run(*given)

        plan.run = timed_run
        return plan

    def _run_first(self, nodes: Sequence[Apply]) -> None:
        start = perf_counter_ns()
        super()._run_first(nodes)
        self.planning += perf_counter_ns() - start
        assert self.prefix is not None
        look = self.prefix.look

        def timed_look(arrays: Sequence[Array]) -> list[Array]:
            start = perf_counter_ns()
            results = look(arrays)
            self._first = (start, perf_counter_ns())
            return results

        self.prefix.look = timed_look  # type: ignore[method-assign]
