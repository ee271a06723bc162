"""Where arrays lie in one piece of memory, so that it is small: arrays share a place in turn.

To find the smallest memory is hard (dynamic storage allocation), but the largest sum of sizes
that are needed at one time is a bound from below, and simple rules come close to it.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["Need", "pack", "smallest_size"]

LARGEST_BY_SIZE = 300  # arrays: that rule takes time in the square of their number
GOOD_ENOUGH = 1.03  # times the bound from below: other rules are not tried


class Need(NamedTuple):
    """An array that needs a place.

    Parameters
    ----------
    size
        Its bytes.
    first, last
        When it is needed: from the one time to the other, both included.
    """

    size: int
    first: int
    last: int


def pack(needs: Sequence[Need]) -> tuple[list[int], int]:
    """Return where each array begins, and how large the memory must be.

    Arrays that are needed at the same time do not overlap.

    Examples
    --------
    >>> pack([Need(64, 0, 1), Need(128, 1, 2), Need(64, 2, 3)])
    ([0, 64, 0], 192)
    """
    bound = smallest_size(needs)
    offsets, size = _in_time_order(needs)
    if size > GOOD_ENOUGH * bound and needs:
        end = max(need.last for need in needs)
        backwards = [Need(size, end - last, end - first) for size, first, last in needs]
        found = [(size, offsets), _in_time_order(backwards)[::-1]]
        if len(needs) <= LARGEST_BY_SIZE:
            found.append(_by_size(needs)[::-1])
        size, offsets = min(found, key=lambda pair: pair[0])
    return offsets, size


def smallest_size(needs: Sequence[Need]) -> int:
    """Return the largest sum of sizes that are needed at one time.

    Examples
    --------
    >>> smallest_size([Need(64, 0, 1), Need(128, 1, 2), Need(64, 2, 3)])
    192
    """
    changes: dict[int, int] = {}
    for size, first, last in needs:
        changes[first] = changes.get(first, 0) + size
        changes[last + 1] = changes.get(last + 1, 0) - size
    largest = total = 0
    for time in sorted(changes):
        total += changes[time]
        largest = max(largest, total)
    return largest


def _in_time_order(needs: Sequence[Need]) -> tuple[list[int], int]:
    """Place each array where it leaves least room, at the time when it is needed first."""
    offsets = [0] * len(needs)
    free: list[tuple[int, int]] = []  # the gaps, by where they begin; behind `end` all is free
    end = size = 0
    held: list[tuple[int, int]] = []
    for i in sorted(range(len(needs)), key=lambda i: needs[i].first):
        while held and held[0][0] < needs[i].first:
            done = heapq.heappop(held)[1]
            _join(free, offsets[done], offsets[done] + needs[done].size)
            if free[-1][1] == end:
                end = free.pop()[0]
        fitting = [(b - a, a) for a, b in free if b - a >= needs[i].size]
        if fitting:
            gap, start = min(fitting)
            at = bisect_left(free, (start, start))
            free[at : at + 1] = [(start + needs[i].size, start + gap)] * (gap > needs[i].size)
        else:
            start = end
            end += needs[i].size
            size = max(size, end)
        offsets[i] = start
        heapq.heappush(held, (needs[i].last, i))
    return offsets, size


def _join(free: list[tuple[int, int]], start: int, end: int) -> None:
    """Add a gap, as one with those that it touches."""
    at = bisect_left(free, (start, end))
    after = at
    if after < len(free) and free[after][0] == end:
        end = free[after][1]
        after += 1
    if at > 0 and free[at - 1][1] == start:
        at -= 1
        start = free[at][0]
    free[at:after] = [(start, end)]


def _by_size(needs: Sequence[Need]) -> tuple[list[int], int]:
    """Place the largest arrays first, each as low as those allow that are there already."""
    offsets = [0] * len(needs)
    placed: list[int] = []
    size = 0
    for i in sorted(range(len(needs)), key=lambda i: -needs[i].size):
        _, first, last = needs[i]
        taken = sorted(
            (offsets[j], needs[j].size)
            for j in placed
            if needs[j].first <= last and first <= needs[j].last
        )
        start = 0
        for other, length in taken:
            if other - start >= needs[i].size:
                break
            start = max(start, other + length)
        offsets[i] = start
        size = max(size, start + needs[i].size)
        placed.append(i)
    return offsets, size
