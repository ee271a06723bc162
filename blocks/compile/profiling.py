"""How long a function with ``profile=True`` takes: its calls, and the instructions of its plans.

Nothing of this is there without ``profile=True``.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, TextIO

import numpy as np

from blocks.graph.op import Array

if TYPE_CHECKING:
    from blocks.compile.function import Function

__all__ = ["FunctionProfile", "Timings"]

MOST_REMEMBERED = 1 << 20  # numbers: of how many calls the medians are


class Timings:
    """Durations of the parts of something that runs again and again.

    Parameters
    ----------
    count
        How many parts there are.

    Attributes
    ----------
    calls : int
        How often all of it ran.

    Examples
    --------
    >>> timings = Timings(2)
    >>> timings.add(np.array([[10, 15], [0, 0]]), 20)
    >>> timings.add(np.array([[10, 17], [20, 23]]), 30)
    >>> timings.calls, timings.runs(), timings.totals() * 1e9
    (2, array([2, 1, 2]), array([12.,  3., 50.]))
    """

    def __init__(self, count: int) -> None:
        self.calls = 0
        remembered = max(16, min(1000, MOST_REMEMBERED // (2 * count + 1)))
        self._stamps = np.zeros((remembered, count, 2), np.int64)
        self._wholes = np.zeros(remembered, np.int64)
        self._counted = 0  # calls whose stamps are in the sums
        self._runs = np.zeros(count + 1, np.int64)
        self._totals = np.zeros(count + 1, np.int64)

    def add(self, stamps: Array, whole: int) -> None:
        """Add a call.

        Parameters
        ----------
        stamps
            When each part began and ended, in nanoseconds; 0 if it did not run.
        whole
            How long all of it took.
        """
        if self.calls - self._counted == len(self._wholes):
            self._count()
        row = self.calls % len(self._wholes)
        self._stamps[row] = stamps
        self._wholes[row] = whole
        self.calls += 1

    def _count(self) -> None:
        rows = np.arange(self._counted, self.calls) % len(self._wholes)
        spent = self._spent(rows)
        self._runs += (spent > 0).sum(axis=0)
        self._totals += spent.sum(axis=0)
        self._counted = self.calls

    def _spent(self, rows: Any) -> Array:
        stamps = self._stamps[rows]
        spent: Array = np.hstack([stamps[:, :, 1] - stamps[:, :, 0], self._wholes[rows, None]])
        return spent

    def runs(self) -> Array:
        """Return how often each part ran; the last entry is the whole."""
        self._count()
        runs: Array = self._runs.copy()
        return runs

    def totals(self) -> Array:
        """Return the seconds of each part in all calls."""
        self._count()
        totals: Array = self._totals / 1e9
        return totals

    def typical(self) -> tuple[Array, Array]:
        """Return the seconds of each part in a call, and in a run of that part.

        They are means over the faster half of recent calls: other programs disturb less there,
        and unlike medians the parts add up to the whole, the last entry.

        Examples
        --------
        >>> timings = Timings(1)
        >>> for end, whole in ((20, 30), (500, 1000), (0, 40), (900, 990)):
        ...     timings.add(np.array([[end and 10, end]]), whole)
        >>> in_call, in_run = timings.typical()
        >>> in_call * 1e9, in_run * 1e9
        (array([ 5., 35.]), array([10., 35.]))
        """
        recent = self._spent(slice(self.calls))
        order = np.argsort(recent[:, -1], kind="stable")
        fast = recent[order[: (len(order) + 1) // 2]]
        total, runs = fast.sum(axis=0) / 1e9, (fast > 0).sum(axis=0)
        return total / len(fast), total / np.maximum(runs, 1)


class FunctionProfile:
    """The times of one function, as its attribute ``profile``.

    Parameters
    ----------
    function
        The function.

    Attributes
    ----------
    calls : int
        How often it was called.

    Examples
    --------
    >>> from blocks import function, tensor
    >>> x = tensor.vector("x")
    >>> f = function([x], 2 * x, profile=True)
    >>> for _ in range(3):
    ...     _ = f([1.0, 2.0])
    >>> f.profile.calls, f.profile.seconds > 0
    (3, True)
    """

    def __init__(self, function: Function) -> None:
        self._function = function
        self.calls = 0
        self._spent = 0

    @property
    def seconds(self) -> float:
        """How long all calls took, without planning."""
        return self._spent / 1e9

    @property
    def planning(self) -> int:
        """The nanoseconds of simplifying, planning, and compiling or loading kernels."""
        return int(getattr(self._function.executor, "planning", 0))

    @property
    def planning_seconds(self) -> float:
        """The same in seconds."""
        return self.planning / 1e9

    def add(self, spent: int) -> None:
        """Add a call of so many nanoseconds, and what its instructions took."""
        self.calls += 1
        self._spent += spent
        ran = getattr(self._function.executor, "ran", None)
        if ran is not None:
            ran.timings.add(ran.script.stamps, spent)

    @property
    def fct_callcount(self) -> int:
        """The number of calls, by Theano's name."""
        return self.calls

    @property
    def fct_call_time(self) -> float:
        """The seconds of all calls, by Theano's name."""
        return self.seconds

    @property
    def compile_time(self) -> float:
        """The seconds of planning and compiling, by Theano's name."""
        return self.planning_seconds

    def summary(self, file: TextIO | None = None, *args: Any, **kwargs: Any) -> None:
        """Print what `blocks.explain` says, as Theano's scripts ask for it.

        Parameters
        ----------
        file
            Where to print; by default to standard error.
        *args, **kwargs
            Accepted for compatibility: how many lines to print.
        """
        from blocks.compile.explanation.explain import explain

        print(explain(self._function), file=sys.stderr if file is None else file)

    def __repr__(self) -> str:
        return f"<{self.calls} calls of {self.seconds:.3g} s>"
