"""Places in memory: none overlaps another one in use, and little is wasted."""

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocks.compile.packing import Need, pack, smallest_size

needs_of = st.builds(
    lambda size, first, length: Need(64 * size, first, first + length),
    st.integers(1, 100),
    st.integers(0, 30),
    st.sampled_from([0, 0, 1, 2, 5, 20]),
)


def overlap(needs, offsets):
    """Return pairs of arrays that share memory at one time."""
    places = list(zip(needs, offsets, strict=True))
    return [
        (a, b)
        for (a, at), (b, bt) in itertools.combinations(places, 2)
        if a.first <= b.last and b.first <= a.last and at < bt + b.size and bt < at + a.size
    ]


@given(st.lists(needs_of, max_size=40))
def test_arrays_that_are_needed_at_one_time_do_not_overlap(needs):
    offsets, size = pack(needs)
    assert not overlap(needs, offsets)
    assert size == max((at + n.size for n, at in zip(needs, offsets, strict=True)), default=0)
    assert size >= smallest_size(needs)


def test_little_memory_is_wasted():
    rng = random.Random(0)
    ratios = []
    for _ in range(100):
        starts = [rng.randint(0, 30) for _ in range(40)]
        needs = [Need(64 * rng.randint(1, 100), i, i + rng.choice([0, 1, 2, 20])) for i in starts]
        ratios.append(pack(needs)[1] / smallest_size(needs))
    assert sum(ratios) / len(ratios) < 1.04
    assert max(ratios) < 1.2


@pytest.mark.parametrize("count", [10, 2000])
def test_a_stack_takes_no_more_than_it_must(count):
    """Activations and what becomes of them backwards: the first is needed to the end."""
    needs = [Need(64 * (1 + i % 7), i, 2 * count - i) for i in range(count)]
    needs += [Need(64 * (1 + i % 5), count + i, count + i + 1) for i in range(count)]
    offsets, size = pack(needs)
    assert count > 10 or not overlap(needs, offsets)
    assert size <= 1.03 * smallest_size(needs)


def test_growing_arrays_take_the_place_of_those_before():
    """Each is too large for the gap that the one before the last has left."""
    needs = [Need(64 * 2**i, i, i + 1) for i in range(8)]
    assert pack(needs)[1] == smallest_size(needs) == 64 * (64 + 128)
