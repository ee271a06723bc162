"""TrainingLog: rows, status, identity."""

import copy
import pickle

import numpy as np
import pytest

from blocks.log import BACKENDS, TrainingLog, TrainingLogBase


def test_writing_and_reading():
    log = TrainingLog()
    log[0]["field"] = 45
    assert log[0]["field"] == 45
    assert log[1] == {}
    assert log.current_row["field"] == 45
    log.status["iterations_done"] += 1
    assert log.previous_row["field"] == 45
    assert log.current_row == {}
    assert len(list(log)) == 2


def test_get_makes_no_row():
    log = TrainingLog()
    assert log.get(3) is None
    assert 3 not in log
    assert len(log) == 0


@pytest.mark.parametrize("time", [-1, 1.0, "1", None, (1,)])
def test_a_time_is_a_number_from_0(time):
    with pytest.raises(ValueError, match=r"TrainingLog: expected a time, an integer of at least 0"):
        TrainingLog()[time]


def test_times_of_numpy_will_do():
    log = TrainingLog()
    log[np.int64(2)]["a"] = 1
    assert log[2] == {"a": 1}


def test_status_at_the_start():
    assert TrainingLog().status == {
        "iterations_done": 0,
        "epochs_done": 0,
        "_epoch_ends": [],
        "resumed_from": None,
    }


def test_last_epoch_row():
    log = TrainingLog()
    with pytest.raises(IndexError, match="expected at least one epoch done, got none"):
        log.last_epoch_row  # noqa: B018
    log[5]["cost"] = 1
    log.status.update(iterations_done=7, _epoch_ends=[2, 5])
    assert log.last_epoch_row == {"cost": 1}


def test_resume():
    log = TrainingLog()
    first, other = log.h_uuid, TrainingLog().h_uuid
    assert len(first) == 32
    assert int(first, 16) > 0
    assert first != other
    log.status["iterations_done"] = 3
    log.resume()
    assert log.h_uuid != first
    assert log.status["resumed_from"] == first
    assert log.status["iterations_done"] == 3


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda log: pickle.loads(pickle.dumps(log))]
)
def test_copies_are_logs(copied):
    log = TrainingLog()
    log[0]["cost"] = 0.5
    log[3]["cost"] = 0.25
    log.status["iterations_done"] = 3
    other = copied(log)
    assert type(other) is TrainingLog
    assert dict(other) == dict(log)
    assert other.uuid == log.uuid
    assert other.status == log.status
    assert other.status is not log.status
    other[4]["cost"] = 0.125
    assert 4 not in log


def test_a_log_of_another_kind():
    class ListLog(TrainingLogBase):
        def __init__(self, uuid=None):
            self.status = {}
            self.rows = [{} for _ in range(3)]
            super().__init__(uuid)

        def __getitem__(self, time):
            return self.rows[time]

    log = ListLog()
    log.current_row["a"] = 1
    assert log.rows == [{"a": 1}, {}, {}]
    assert ListLog(uuid=b"\x01" * 16).h_uuid == "01" * 16
    assert ListLog(uuid=b"\x01" * 16).status == {}


def test_backends():
    assert BACKENDS["python"] is TrainingLog
