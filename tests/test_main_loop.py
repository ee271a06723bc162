"""The main loop: order of callbacks, status, what it is made from. See test_main_loop_ends too."""

import time

import pytest

from blocks.algorithms import TrainingAlgorithm
from blocks.config import config
from blocks.errors import ConfigurationError, DataError, SourceError
from blocks.extensions import FinishAfter, TrainingExtension
from blocks.log import TrainingLog
from blocks.main_loop import MainLoop, TrainingFinish
from blocks.utils.testing import MockAlgorithm, MockMainLoop, mock_stream
from tests.recording import At, Recorder, WriteBatch, fail


def test_two_epochs():
    recorder = Recorder()
    main_loop = MockMainLoop(extensions=[WriteBatch(), FinishAfter(after_n_epochs=2), recorder])
    main_loop.run()
    assert main_loop.status == {
        "iterations_done": 20,
        "epochs_done": 2,
        "_epoch_ends": [10, 20],
        "resumed_from": None,
        "training_started": True,
        "epoch_started": False,
        "received_first_batch": True,
        "epoch_interrupt_received": False,
        "batch_interrupt_received": False,
    }
    assert set(main_loop.log) == set(range(1, 21))
    for i in range(20):
        assert main_loop.log[i + 1]["batch"] == {"data": i % 10}
    assert main_loop.log.current_row["training_finished"] is True
    assert recorder.events == [
        ("before_training", 0),
        ("before_epoch", 0),
        ("after_epoch", 10),
        ("before_epoch", 10),
        ("after_epoch", 20),
        ("after_training", 20),
    ]


def test_the_order_within_an_iteration():
    events = []

    class Algorithm(TrainingAlgorithm):
        def initialize(self, **kwargs):
            events.append("initialize")

        def process_batch(self, batch):
            events.append(("process_batch", batch))

    class Events(TrainingExtension):
        def before_training(self):
            events.append("before_training")

        def before_batch(self, batch):
            events.append(("before_batch", batch, self.main_loop.status["iterations_done"]))

        def after_batch(self, batch):
            events.append(("after_batch", batch, self.main_loop.status["iterations_done"]))

    MainLoop(
        Algorithm(), mock_stream(1), extensions=[Events(), FinishAfter(after_epoch=True)]
    ).run()
    batch = {"data": 0}
    assert events == [
        "before_training",
        "initialize",
        ("before_batch", batch, 0),
        ("process_batch", batch),
        ("after_batch", batch, 1),
    ]


def test_no_row_is_made_where_nothing_is_recorded():
    main_loop = MockMainLoop(extensions=[FinishAfter(after_n_epochs=3)])
    main_loop.run()
    assert set(main_loop.log) == {30}


def test_an_extension_ends_training_by_an_exception_too():
    main_loop = MockMainLoop(extensions=[At("before_batch", 3, fail(TrainingFinish()))])
    main_loop.run()
    assert main_loop.status["iterations_done"] == 3
    assert main_loop.log.current_row == {"training_finished": True}


def test_the_stream_may_have_no_further_epoch():
    class Stream:
        def __init__(self):
            self.epochs = iter([[{"x": 1}], [{"x": 2}]])

        def get_epoch_iterator(self, as_dict):
            return iter(next(self.epochs))

    recorder = Recorder()
    main_loop = MockMainLoop(data_stream=Stream(), extensions=[recorder])
    main_loop.run()
    assert main_loop.status["epochs_done"] == 2
    assert recorder.events[-1] == ("after_training", 2)


@pytest.mark.parametrize(
    ("epochs", "message"),
    [
        ([[]], "got none in epoch 1 from Stream. Check that the data set and its iteration scheme"),
        ([[{"x": 1}], []], "got none in epoch 2 from Stream. If it is a generator"),
    ],
)
def test_an_empty_epoch_is_an_error(epochs, message):
    class Stream:
        def __init__(self):
            self.epochs = iter(epochs)

        def get_epoch_iterator(self, as_dict):
            return iter(next(self.epochs))

    main_loop = MockMainLoop(data_stream=Stream(), extensions=[])
    with pytest.raises(DataError, match="MainLoop: expected at least one batch.*" + message):
        main_loop.run()
    assert "got_exception" in main_loop.log.current_row


# What it is made from


def test_the_model():
    with pytest.raises(AttributeError, match="MainLoop: expected a model, got none"):
        MockMainLoop().model  # noqa: B018
    checked = []

    class Model:
        def check_sanity(self, algorithm):
            checked.append(algorithm)

    main_loop = MockMainLoop(model=Model(), extensions=[FinishAfter(after_n_batches=1)])
    assert isinstance(main_loop.model, Model)
    main_loop.run()
    assert checked == [main_loop.algorithm]


def test_sources_are_checked_before_training():
    class Algorithm(MockAlgorithm):
        needed = "features"

        def check_sources(self, sources):
            if self.needed not in sources:
                raise SourceError(f"expected {self.needed}, got {', '.join(sources)}")

    class NeedMore(TrainingExtension):
        def before_training(self):
            self.main_loop.algorithm.needed = "targets"

    with pytest.raises(SourceError, match="expected features, got data"):
        MockMainLoop(algorithm=Algorithm())
    algorithm = Algorithm()
    algorithm.needed = "data"
    main_loop = MockMainLoop(
        algorithm=algorithm, extensions=[NeedMore(), FinishAfter(after_epoch=True)]
    )
    with pytest.raises(SourceError, match="expected targets, got data"):
        main_loop.run()
    assert algorithm.batches == []


@pytest.mark.parametrize("extensions", [[FinishAfter], [print], [None]])
def test_extensions_are_instances(extensions):
    with pytest.raises(TypeError, match="expected extensions to be instances of TrainingExtension"):
        MockMainLoop(extensions=extensions)


def test_the_log():
    log = TrainingLog()
    assert MockMainLoop(log=log).log is log
    assert isinstance(MockMainLoop(log_backend="python").log, TrainingLog)
    with pytest.raises(ConfigurationError, match=r"expected log_backend to be .*got 'stone'"):
        MockMainLoop(log_backend="stone")


def test_find_extension():
    finish = FinishAfter(name="end")
    main_loop = MockMainLoop(extensions=[finish, WriteBatch(), WriteBatch()])
    assert main_loop.find_extension("end") is finish
    with pytest.raises(ValueError, match=r"named 'ends', got 0 among end, .*Did you mean 'end'"):
        main_loop.find_extension("ends")
    with pytest.raises(ValueError, match="expected one extension named 'WriteBatch', got 2"):
        main_loop.find_extension("WriteBatch")


def test_the_profile(capsys):
    with config.use(profile=True):
        main_loop = MockMainLoop(delay_time=0.001, extensions=[FinishAfter(after_n_epochs=1)])
        main_loop.run()
    total = main_loop.profile.total
    assert total["training", "epoch", "train"] >= 0.01
    assert total["training",] >= total["training", "epoch"] >= total["training", "epoch", "train"]
    assert ("training", "epoch", "after_batch", "FinishAfter") in total
    assert main_loop.profile.current == []
    report = capsys.readouterr().err
    for section in ("initialization", "read_data", "before_training", "FinishAfter"):
        assert section in report


def test_there_is_no_report_unless_asked_for(capsys):
    MockMainLoop(extensions=[FinishAfter(after_n_epochs=1)]).run()
    assert capsys.readouterr().err == ""


def test_its_own_time_per_batch_is_small():
    class Idle(TrainingAlgorithm):
        def initialize(self, **kwargs):
            pass

        def process_batch(self, batch):
            pass

    class Stream:
        def get_epoch_iterator(self, as_dict):
            return iter([{"x": 1}] * 2000)

    def seconds():
        extensions = [Recorder(), FinishAfter(after_n_epochs=1), FinishAfter(every_n_epochs=2)]
        main_loop = MainLoop(Idle(), Stream(), extensions=extensions)
        start = time.perf_counter()
        main_loop.run()
        return (time.perf_counter() - start) / 2000

    assert min(seconds() for _ in range(5)) < 60e-6  # measured: 8e-6 on an idle machine
