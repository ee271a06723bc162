"""`ReadAhead`: what its thread reads when, how it ends, and what it shows of errors."""

import copy
import gc
import pickle
import threading
import time
import traceback

import numpy as np
import pytest

from blocks.datastreams import (
    DataStream,
    IndexableDataset,
    IterableDataset,
    Mapping,
    ReadAhead,
    SequentialScheme,
    ShuffledScheme,
)
from blocks.errors import DataError
from blocks.extensions import FinishAfter, TrainingExtension
from blocks.main_loop import MainLoop
from blocks.utils.testing import MockAlgorithm


class Failure(Exception):
    """Something goes wrong while data are read."""


class Steps:
    """Doubles what it gets; notes it, and fails at one number."""

    def __init__(self, fails_at=None):
        self.seen = []
        self.fails_at = fails_at

    def __call__(self, data):
        self.seen.append(int(data[0]))
        if data[0] == self.fails_at:
            raise Failure(f"at {data[0]}")
        return (2 * data[0],)


def threads():
    return [x for x in threading.enumerate() if x.name == "ReadAhead"]


def wait_for(condition):
    """Wait until something is so that another thread brings about."""
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.001)


@pytest.fixture(autouse=True)
def _no_thread_is_left():
    yield
    gc.collect()
    wait_for(lambda: not threads())


def numbers(count, steps, **options):
    return ReadAhead(Mapping(DataStream(IterableDataset(range(count))), steps), **options)


def test_it_reads_so_far_and_no_further():
    steps = Steps()
    iterator = numbers(10, steps, max_store=3).get_epoch_iterator()
    assert steps.seen == []  # nothing is read before the first is asked for
    for taken in range(1, 6):
        assert next(iterator) == (2 * taken - 2,)
        wait_for(lambda: len(steps.seen) == taken + 3)  # noqa: B023
    time.sleep(0.01)
    assert steps.seen == list(range(8))
    assert [x for (x,) in iterator] == [10, 12, 14, 16, 18]


def test_the_thread_ends_with_the_epoch():
    stream = numbers(4, Steps())
    assert len(list(stream.get_epoch_iterator())) == 4
    wait_for(lambda: not threads())
    iterator = stream.get_epoch_iterator()
    assert list(iterator) == [(0,), (2,), (4,), (6,)]
    for _ in range(2):
        with pytest.raises(StopIteration):
            next(iterator)


@pytest.mark.parametrize("leave", ["close", "reset", "next_epoch", "get_epoch_iterator", "drop"])
def test_the_thread_ends_when_an_epoch_is_left(leave):
    stream = numbers(100, Steps())
    next(stream.get_epoch_iterator())
    assert len(threads()) == 1
    if leave == "drop":
        del stream
        gc.collect()
        wait_for(lambda: not threads())
        return
    getattr(stream, leave)()
    assert threads() == []
    if leave != "close":
        assert next(stream.get_epoch_iterator()) == (0,)


@pytest.mark.parametrize("fails_at", [0, 1, 4])
def test_an_error_comes_in_its_place_with_its_traceback(fails_at):
    iterator = numbers(5, Steps(fails_at)).get_epoch_iterator()
    assert [next(iterator) for _ in range(fails_at)] == [(2 * i,) for i in range(fails_at)]
    for _ in range(2):
        with pytest.raises(Failure, match=f"at {fails_at}") as caught:
            next(iterator)
        text = "".join(traceback.format_exception(caught.type, caught.value, caught.tb))
        assert "in __call__" in text
        assert 'raise Failure(f"at {data[0]}")' in text


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_copy_meets_the_same_error(copied):
    stream = numbers(5, Steps(2))
    iterator = stream.get_epoch_iterator()
    assert next(iterator) == (0,)
    wait_for(lambda: not threads())  # it has failed already
    for other in (copied((stream, iterator))[1], iterator):
        assert next(other) == (2,)
        with pytest.raises(Failure):
            next(other)


def test_a_copy_is_made_between_two_batches():
    """Saving at any moment, while the thread is at work, gives the rest of the epoch."""
    x = np.arange(200)
    for taken in range(40):
        scheme = ShuffledScheme(200, 5, rng=np.random.RandomState(1))
        stream = ReadAhead(DataStream(IndexableDataset({"x": x}), iteration_scheme=scheme), 3)
        iterator = stream.get_epoch_iterator()
        found = [next(iterator)[0].tolist() for _ in range(taken)]
        saved = pickle.dumps((stream, iterator))
        rest = [batch.tolist() for (batch,) in iterator]
        _, other = pickle.loads(saved)
        assert [batch.tolist() for (batch,) in other] == rest
        assert sorted(i for batch in found + rest for i in batch) == x.tolist()


def test_training_is_the_same_and_can_be_interrupted():
    class Batches(MockAlgorithm):
        def process_batch(self, batch):
            seen.append(batch["x"].tolist())

    class Interrupt(TrainingExtension):
        def after_batch(self, batch):
            if len(seen) == 7 and not interrupted:
                interrupted.append(True)
                raise KeyboardInterrupt

    def stream():
        dataset = IndexableDataset({"x": np.arange(10)})
        return DataStream(dataset, iteration_scheme=SequentialScheme(10, 3))

    seen, interrupted = [], [True]
    MainLoop(Batches(), stream(), extensions=[FinishAfter(after_n_epochs=3)]).run()
    expected, seen, interrupted = seen, [], []
    extensions = [Interrupt(), FinishAfter(after_n_epochs=3)]
    main_loop = MainLoop(Batches(), ReadAhead(stream()), extensions=extensions)
    with pytest.raises(KeyboardInterrupt):
        main_loop.run()
    assert len(seen) == 7
    main_loop.run()
    assert seen == expected


def test_bad_arguments():
    with pytest.raises(DataError, match="ReadAhead: expected max_store to be an integer of at le"):
        numbers(3, Steps(), max_store=0)
    with pytest.raises(DataError, match="ReadAhead: expected no request, got 3"):
        numbers(3, Steps()).get_data(3)
