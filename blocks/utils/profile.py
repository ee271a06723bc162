"""Times of the nested sections of a program."""

from __future__ import annotations

import sys
from collections import defaultdict
from time import perf_counter
from typing import TextIO

from blocks.representation import Represented

__all__ = ["Profile", "Timer"]


class Profile(Represented):
    """The total time spent in each of a hierarchy of named sections, in seconds.

    Attributes
    ----------
    total : dict
        Seconds by path, a tuple of the section's name after those of the sections around it.
    current : list of str
        The path of the section that is running now.

    Examples
    --------
    >>> profile = Profile()
    >>> with Timer("training", profile):
    ...     with Timer("epoch", profile):
    ...         pass
    >>> list(profile.total)
    [('training', 'epoch'), ('training',)]
    """

    def __init__(self) -> None:
        self.total: defaultdict[tuple[str, ...], float] = defaultdict(float)
        self.current: list[str] = []

    def enter(self, name: str) -> None:
        """Enter a section inside of the current one."""
        self.current.append(name)

    def exit(self, t: float) -> None:
        """Leave the current section after `t` seconds."""
        self.total[tuple(self.current)] += t
        self.current.pop()

    def report(self, f: TextIO | None = None) -> None:
        """Write a table of all sections: seconds, and share of the section around each.

        Parameters
        ----------
        f
            The file to write to; standard error by default.
        """
        children: defaultdict[tuple[str, ...], list[tuple[str, ...]]] = defaultdict(list)
        for path in self.total:
            children[path[:-1]].append(path)
        rows: list[tuple[str, float, float]] = []

        def walk(parent: tuple[str, ...], whole: float) -> None:
            spent = 0.0
            for path in children[parent]:
                seconds = self.total[path]
                spent += seconds
                rows.append(("  " * len(parent) + path[-1], seconds, seconds / (whole or 1.0)))
                walk(path, seconds)
            if parent and children[parent]:
                rest = max(whole - spent, 0.0)
                rows.append(("  " * len(parent) + "other", rest, rest / (whole or 1.0)))

        walk((), sum(self.total[path] for path in children[()]))
        width = max([len("section"), *(len(name) for name, _, _ in rows)])
        lines = [f"{'section':<{width}}  {'seconds':>10}  {'share':>6}"]
        lines += [f"{name:<{width}}  {secs:>10.3f}  {share:>6.1%}" for name, secs, share in rows]
        print("\n".join(lines), file=sys.stderr if f is None else f)


class Timer(Represented):
    """Add the time that a ``with`` block takes to a section of a profile.

    Parameters
    ----------
    name
        The name of the section.
    profile
        Where to add the time.

    Attributes
    ----------
    total : float
        The seconds of the block, once it has ended.
    """

    __slots__ = ("name", "profile", "start", "total")

    def __init__(self, name: str, profile: Profile) -> None:
        self.name = name
        self.profile = profile
        self.start = 0.0
        self.total = 0.0

    def __enter__(self) -> Timer:
        self.profile.enter(self.name)
        self.start = perf_counter()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.total = perf_counter() - self.start
        self.profile.exit(self.total)
