"""Timing and Timestamp."""

import datetime
import time

import pytest

from blocks.extensions import FinishAfter, Timestamp, Timing, TrainingExtension
from blocks.utils.testing import MockMainLoop


class SlowReading:
    """A stream of three batches that take their time."""

    def get_epoch_iterator(self, as_dict=False):
        for number in range(3):
            time.sleep(0.004)
            yield {"data": number}


def trained(*extensions):
    main_loop = MockMainLoop(
        delay_time=0.002,
        data_stream=SlowReading(),
        extensions=[*extensions, FinishAfter(after_n_epochs=2)],
    )
    main_loop.run()
    return main_loop.log


def test_times_of_epochs():
    log = trained(Timing())
    assert set(log) == {0, 3, 6}
    assert set(log[0]) == {"time_initialization"}
    assert 0 <= log[0]["time_initialization"] < 1
    for action, least in [("train", 0.006), ("read_data", 0.012)]:
        this, total = f"time_{action}_this_epoch", f"time_{action}_total"
        assert least <= log[3][this] < least + 1
        assert log[3][total] == log[3][this]
        assert log[6][total] == pytest.approx(log[3][this] + log[6][this])


def test_times_of_batches():
    log = trained(Timing(prefix="my", after_batch=True))
    assert set(log) == set(range(7))
    for action, least in [("train", 0.002), ("read_data", 0.004)]:
        batches = [log[t][f"my_time_{action}_this_batch"] for t in range(1, 7)]
        assert all(least <= seconds < least + 1 for seconds in batches)
        assert log[6][f"my_time_{action}_total"] == pytest.approx(sum(batches), abs=0.003)
        # the end of the epoch is read too, after its last batch
        assert log[3][f"my_time_{action}_this_epoch"] == pytest.approx(sum(batches[:3]), abs=0.003)


def test_timestamps():
    before = datetime.datetime.now()
    log = trained(Timestamp(), Timestamp(log_record="day", separator="T"))
    assert set(log) == {0, 3, 6}
    stamps = [datetime.datetime.fromisoformat(log[t]["timestamp"]) for t in (0, 3, 6)]
    assert [before, *stamps] == sorted([before, *stamps])
    assert log[0]["timestamp"][10] == " "
    assert log[0]["day"][10] == "T"


def test_a_timestamp_of_another_format():
    class Year(Timestamp):
        def get_timestamp(self):
            return "MMXV"

    assert trained(Year())[3]["timestamp"] == "MMXV"


def test_a_timestamp_tells_of_an_error():
    class Fail(TrainingExtension):
        def after_batch(self, batch):
            raise KeyError("x")

    main_loop = MockMainLoop(extensions=[Fail(), Timestamp(before_training=False)])
    with pytest.raises(KeyError):
        main_loop.run()
    assert set(main_loop.log.current_row) == {"got_exception", "timestamp"}
