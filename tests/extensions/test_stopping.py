"""FinishAfter, FinishIfNoImprovementAfter and EarlyStopping."""

import pytest

from blocks.extensions import FinishAfter, SimpleExtension, TrainingExtension
from blocks.extensions.predicates import OnLogRecord
from blocks.extensions.stopping import EarlyStopping, FinishIfNoImprovementAfter
from blocks.log import TrainingLog
from blocks.utils.testing import MockMainLoop, mock_stream


class Costs(TrainingExtension):
    """Records one cost after each batch, which is an epoch too."""

    def __init__(self, costs):
        self.costs = list(costs)
        super().__init__()

    def after_batch(self, batch):
        row = self.main_loop.log.current_row
        row["cost"] = self.costs[self.main_loop.status["iterations_done"] - 1]


class Notify(TrainingExtension):
    """Records improvements at some iterations; the value does not matter."""

    def __init__(self, times):
        self.times = times
        super().__init__()

    def after_batch(self, batch):
        if self.main_loop.status["iterations_done"] in self.times:
            self.main_loop.log.current_row["best"] = False


def trained(*extensions, num_examples=1, limit=30):
    main_loop = MockMainLoop(
        data_stream=mock_stream(num_examples),
        extensions=[*extensions, FinishAfter(after_n_batches=limit)],
    )
    main_loop.run()
    return main_loop


def test_the_first_to_ask_ends_training():
    done = trained(FinishAfter(after_n_epochs=3), FinishAfter(after_n_batches=4), num_examples=2)
    assert done.status["iterations_done"] == 4
    assert done.log.current_row == {"training_finish_requested": True, "training_finished": True}


@pytest.mark.parametrize(
    ("times", "wait", "end"),
    [
        ([1], {"iterations": 3, "after_batch": True, "after_epoch": False}, 4),
        ([1, 3, 6], {"iterations": 3, "after_batch": True}, 9),
        ([], {"iterations": 3, "after_batch": True}, 30),
        ([1], {"iterations": 3}, 4),
        ([1], {"iterations": 3, "after_epoch": False, "every_n_batches": 5}, 30),
        ([5], {"iterations": 3, "after_epoch": False, "every_n_batches": 5}, 10),
        ([2], {"epochs": 2}, 4),
        ([2, 4, 5], {"epochs": 2}, 7),
    ],
)
def test_finish_if_no_improvement_after(times, wait, end):
    main_loop = trained(Notify(times), FinishIfNoImprovementAfter("best", **wait))
    assert main_loop.status["iterations_done"] == end


def test_the_patience_is_recorded():
    log = trained(Notify([2]), FinishIfNoImprovementAfter("best", epochs=2)).log
    assert [log[t].get("best_patience_epochs") for t in range(1, 5)] == [None, 2, 1, 0]
    extension = FinishIfNoImprovementAfter("best", iterations=2)
    assert extension.patience_log_record == "best_patience_iterations"
    extension = FinishIfNoImprovementAfter("best", iterations=2, patience_log_record="left")
    assert trained(Notify([1]), extension).log[2]["left"] == 1


@pytest.mark.parametrize("kwargs", [{}, {"iterations": 1, "epochs": 1}])
def test_how_long_to_wait_is_given_once(kwargs):
    with pytest.raises(ValueError, match="expected exactly one of iterations and epochs, got"):
        FinishIfNoImprovementAfter("best", **kwargs)


@pytest.mark.parametrize(
    ("wait", "end"), [({"epochs": 4}, 3 + 4), ({"iterations": 5, "after_batch": True}, 3 + 5)]
)
def test_patience_goes_on_after_a_resumption_with_the_log_alone(wait, end):
    log = TrainingLog()
    first = MockMainLoop(
        data_stream=mock_stream(1),
        log=log,
        extensions=[
            Notify([1, 3]),
            FinishIfNoImprovementAfter("best", **wait),
            FinishAfter(after_n_epochs=5),
        ],
    )
    first.run()
    assert log.status["iterations_done"] == 5
    second = MockMainLoop(
        data_stream=mock_stream(1),
        log=log,
        extensions=[FinishIfNoImprovementAfter("best", **wait), FinishAfter(after_n_epochs=30)],
    )
    second.run()
    assert log.status["iterations_done"] == end


class Saver(SimpleExtension):
    def __init__(self, **kwargs):
        self.saved = []
        super().__init__(**kwargs)

    def do(self, which_callback, *args):
        self.saved.append(self.main_loop.status["iterations_done"])


@pytest.mark.parametrize(
    ("costs", "kwargs", "end", "saved"),
    [
        ([5, 4, 3, 3, 4, 5, 2], {"epochs": 3}, 6, [1, 2, 3]),
        ([5, 4, 3, 3, 2, 5, 5, 5], {"epochs": 3}, 8, [1, 2, 3, 5]),
        ([1, 2, 3, 3, 2, 1, 0], {"epochs": 4, "choose_best": max}, 7, [1, 2, 3]),
        ([5, float("nan"), 4, float("nan"), float("nan"), 1], {"epochs": 2}, 5, [1, 3]),
        ([float("nan"), 2, 3, 3], {"epochs": 2}, 4, [2]),
        (
            [5, 4, 4, 4],
            {"iterations": 2, "after_batch": True, "after_epoch": False},
            4,
            [1, 2],
        ),
    ],
)
def test_early_stopping(costs, kwargs, end, saved):
    saver = Saver()
    stopping = EarlyStopping("cost", checkpoint_extension=saver, **kwargs)
    main_loop = trained(Costs(costs), stopping)
    assert main_loop.status["iterations_done"] == end
    assert saver.saved == saved
    assert sorted(t for t, row in main_loop.log.items() if "cost_best_so_far" in row) == saved


def test_early_stopping_with_names_of_its_own():
    stopping = EarlyStopping("cost", epochs=1, notification_name="record", name="stop")
    main_loop = trained(Costs([2, 1, 1]), stopping)
    assert main_loop.log[2]["record"] is True
    assert main_loop.log[3]["record_patience_epochs"] == 0
    assert main_loop.find_extension("stop") is stopping


def test_the_checkpoint_keeps_its_own_conditions():
    saver = Saver(every_n_epochs=2)
    trained(Costs([3, 3, 3, 3]), EarlyStopping("cost", checkpoint_extension=saver, epochs=3))
    assert saver.saved == [1, 2, 4]
    predicates = [predicate for _, predicate, _ in saver.conditions]
    assert isinstance(predicates[-1], OnLogRecord)


@pytest.mark.parametrize(
    ("kwargs", "error", "message"),
    [
        (
            {"checkpoint_extension": Saver(), "checkpoint_filename": "a.tar", "epochs": 1},
            ValueError,
            "expected checkpoint_extension or checkpoint_filename, got both",
        ),
        (
            {"checkpoint_filename": "a.tar", "epochs": 1},
            NotImplementedError,
            "expected checkpoint_extension, got checkpoint_filename='a.tar'",
        ),
        ({}, ValueError, "expected exactly one of iterations and epochs"),
        ({"epochs": 1, "after_epochs": True}, TypeError, "Did you mean 'after_epoch'"),
    ],
)
def test_early_stopping_refuses(kwargs, error, message):
    with pytest.raises(error, match=message):
        EarlyStopping("cost", **kwargs)
