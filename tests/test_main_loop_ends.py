"""How the main loop ends and goes on: interrupts, exceptions, resumption."""

import itertools
import pickle
import signal
import sys
import threading
import time

import pytest

from blocks.datastreams import DataStream, IterableDataset
from blocks.extensions import FinishAfter, TrainingExtension
from blocks.log import TrainingLog
from blocks.utils.testing import MockAlgorithm, MockMainLoop
from tests.recording import At, Recorder, WriteBatch, fail

# Interrupts


def send(number):
    return lambda: signal.raise_signal(number)


@pytest.mark.parametrize(
    ("when", "signals", "end", "received"),
    [
        (("before_batch", 3), [signal.SIGINT], 10, ["epoch"]),
        (("before_batch", 3), [signal.SIGINT, signal.SIGINT], 4, ["epoch", "batch"]),
        (("before_batch", 3), [signal.SIGTERM], 4, ["batch"]),
        (("after_batch", 3), [signal.SIGTERM], 3, ["batch"]),
        (("after_batch", 3), [signal.SIGINT, signal.SIGTERM], 3, ["epoch", "batch"]),
        (("after_batch", 10), [signal.SIGINT], 10, ["epoch"]),
        (("after_epoch", 10), [signal.SIGINT], 10, ["epoch"]),
        (("after_epoch", 10), [signal.SIGTERM], 10, ["batch"]),
        (("before_training", 0), [signal.SIGINT], 10, ["epoch"]),
        (("before_training", 0), [signal.SIGTERM], 0, ["batch"]),
        (("before_epoch", 10), [signal.SIGTERM], 10, ["batch"]),
    ],
)
def test_interrupts(when, signals, end, received):
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    recorder = Recorder()
    sent = [At(*when, send(number)) for number in signals]
    main_loop = MockMainLoop(extensions=[*sent, recorder, FinishAfter(after_n_epochs=3)])
    main_loop.run()
    assert main_loop.status["iterations_done"] == end
    assert recorder.events[-1] == ("after_training", end)
    assert [name for name, _ in recorder.events].count("on_interrupt") == len(received)
    for level in ("epoch", "batch"):
        record = f"{level}_interrupt_received"
        assert main_loop.status[record] is (level in received)
        assert any(record in row for row in main_loop.log.values()) is (level in received)
    assert main_loop.log.current_row["training_finished"] is True
    assert {number: signal.getsignal(number) for number in before} == before


def test_on_interrupt_waits_for_the_end_of_the_batch():
    class Algorithm(MockAlgorithm):
        def process_batch(self, batch):
            if batch == {"data": 3}:
                signal.raise_signal(signal.SIGINT)
                assert ("on_interrupt", 3) not in recorder.events
            super().process_batch(batch)

    recorder = Recorder()
    MockMainLoop(algorithm=Algorithm(), extensions=[recorder]).run()
    assert [e for e in recorder.events if e[0] == "on_interrupt"] == [("on_interrupt", 4)]


@pytest.fixture
def python_sigint():
    """Python's own reaction to Ctrl + C, which shells take from background jobs."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("python_sigint")
def test_the_third_sigint_interrupts_at_once():
    recorder = Recorder()
    sent = [At("before_batch", 3, send(signal.SIGINT)) for _ in range(3)]
    main_loop = MockMainLoop(extensions=[*sent, recorder])
    with pytest.raises(KeyboardInterrupt):
        main_loop.run()
    assert main_loop.algorithm.batches == [{"data": i} for i in range(3)]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_signal_from_another_process_is_seen_within_a_batch():
    main_loop = MockMainLoop(
        delay_time=0.02, data_stream=DataStream(IterableDataset(itertools.count()))
    )
    killers = [threading.Timer(t, signal.raise_signal, [signal.SIGINT]) for t in (0.1, 0.2)]
    start = time.perf_counter()
    for killer in killers:
        killer.start()
    main_loop.run()
    assert 0.2 <= time.perf_counter() - start < 10
    assert main_loop.status["epochs_done"] == 0
    assert main_loop.status["batch_interrupt_received"] is True


def test_training_goes_on_after_an_interrupt():
    main_loop = MockMainLoop(
        extensions=[At("before_batch", 3, send(signal.SIGTERM)), FinishAfter(after_n_epochs=2)]
    )
    main_loop.run()
    main_loop.run()
    assert main_loop.algorithm.batches == [{"data": i} for i in range(10)] * 2
    assert main_loop.status["batch_interrupt_received"] is False
    assert main_loop.log[4]["batch_interrupt_received"] is True


def test_outside_of_the_main_thread():
    main_loop = MockMainLoop(extensions=[FinishAfter(after_n_epochs=1)])
    handler, errors = signal.getsignal(signal.SIGINT), []

    def run():
        try:
            main_loop.run()
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert errors == []
    assert main_loop.status["iterations_done"] == 10
    assert signal.getsignal(signal.SIGINT) is handler


# Exceptions


class OurError(Exception):
    pass


@pytest.mark.parametrize(
    ("callback", "iterations"),
    [("before_training", 0), ("before_epoch", 10), ("before_batch", 3), ("after_epoch", 20)],
)
def test_an_exception_of_an_extension(callback, iterations):
    error, seen = OurError("what", 3), []

    class OnError(TrainingExtension):
        def on_error(self, exception):
            seen.append((exception, "got_exception" in self.main_loop.log.current_row))

        def after_training(self):
            seen.append("after_training")

    handler = signal.getsignal(signal.SIGINT)
    limit = sys.getrecursionlimit()
    main_loop = MockMainLoop(extensions=[OnError(), At(callback, iterations, fail(error))])
    with pytest.raises(OurError) as caught:
        main_loop.run()
    assert caught.value is error
    assert error.args == ("what", 3)
    assert caught.traceback[-1].name == "function"
    assert error.__cause__ is None
    assert error.__context__ is None
    assert seen == [(error, True)]
    record = main_loop.log[iterations]["got_exception"]
    assert "OurError: ('what', 3)" in record
    assert "raise error" in record
    assert signal.getsignal(signal.SIGINT) is handler
    assert sys.getrecursionlimit() == limit
    assert main_loop.profile.current == []
    if sys.version_info >= (3, 11):
        assert error.__notes__ == [
            f"Raised in {callback} of the extension At.",
            f"MainLoop: training was stopped; epochs done: {iterations // 10} and iterations: "
            f"{iterations}.",
        ]


def test_an_exception_of_the_algorithm():
    class Algorithm(MockAlgorithm):
        def process_batch(self, batch):
            if batch == {"data": 3}:
                raise OurError

    recorder = Recorder()
    main_loop = MockMainLoop(algorithm=Algorithm(), extensions=[recorder])
    with pytest.raises(OurError):
        main_loop.run()
    assert recorder.events[-1] == ("on_error", 3)
    assert "training_finished" not in main_loop.log.current_row


def test_a_failing_on_error_hides_nothing(caplog):
    class Broken(TrainingExtension):
        def on_error(self, exception):
            raise KeyError("another")

    recorder = Recorder()
    main_loop = MockMainLoop(
        extensions=[Broken(), recorder, At("before_batch", 3, fail(OurError("first")))]
    )
    with pytest.raises(OurError, match="first"):
        main_loop.run()
    assert recorder.events[-1] == ("on_error", 3)
    assert "The extension Broken failed in on_error" in caplog.text
    assert "KeyError: 'another'" in caplog.text


def test_training_goes_on_after_an_exception():
    broken = At("before_batch", 13, fail(OurError()))
    main_loop = MockMainLoop(extensions=[broken, WriteBatch(), FinishAfter(after_n_epochs=2)])
    with pytest.raises(OurError):
        main_loop.run()
    main_loop.extensions.remove(broken)
    main_loop.run()
    assert main_loop.status["epochs_done"] == 2
    # Batch 13 had been read when the extension failed, so it is lost.
    assert [row["batch"]["data"] for row in main_loop.log.values() if "batch" in row] == [
        *range(10),
        *(0, 1, 2, 4, 5, 6, 7, 8, 9),
    ]


# Resumption


@pytest.mark.parametrize("pickled", [False, True])
def test_resumption_within_an_epoch(pickled):
    finish = FinishAfter(after_n_batches=14)
    main_loop = MockMainLoop(extensions=[WriteBatch(), finish])
    main_loop.run()
    assert main_loop.status["iterations_done"] == 14
    identity = main_loop.log.h_uuid
    if pickled:
        main_loop = pickle.loads(pickle.dumps(main_loop))
    recorder = Recorder()
    main_loop.extensions.append(recorder)
    main_loop.find_extension("FinishAfter").set_conditions(after_n_batches=27)
    main_loop.run()
    assert main_loop.status["iterations_done"] == 27
    assert main_loop.status["epochs_done"] == 2
    assert main_loop.status["resumed_from"] == identity
    assert main_loop.log.h_uuid != identity
    for i in range(27):
        assert main_loop.log[i + 1]["batch"] == {"data": i % 10}
    assert recorder.events == [
        ("on_resumption", 14),
        ("after_epoch", 20),
        ("before_epoch", 20),
        ("after_training", 27),
    ]


def test_an_extension_may_load_a_log_before_training():
    class LoadLog(TrainingExtension):
        def before_training(self):
            log = TrainingLog()
            log.status.update(self.main_loop.status, iterations_done=20, epochs_done=2)
            self.main_loop.log = log

    recorder = Recorder()
    main_loop = MockMainLoop(extensions=[LoadLog(), recorder, FinishAfter(after_n_epochs=3)])
    main_loop.run()
    assert main_loop.status["iterations_done"] == 30
    assert recorder.events[:3] == [
        ("before_training", 20),
        ("on_resumption", 20),
        ("before_epoch", 20),
    ]


def test_iteration_state():
    main_loop = MockMainLoop(extensions=[FinishAfter(after_n_batches=4)])
    main_loop.run()
    stream, iterator = main_loop.iteration_state
    assert stream is main_loop.data_stream
    other = MockMainLoop(extensions=[FinishAfter(after_n_batches=1)])
    other.iteration_state = (stream, iterator)
    other.status["epoch_started"] = True
    other.status["received_first_batch"] = True
    other.run()
    assert other.algorithm.batches == [{"data": 4}]
