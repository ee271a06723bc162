"""Printing and ProgressBar."""

import builtins
import io
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from blocks.datastreams import (
    Batch,
    ConstantScheme,
    DataStream,
    Flatten,
    IndexableDataset,
    IterableDataset,
    SequentialExampleScheme,
    SequentialScheme,
    Unpack,
)
from blocks.extensions import FinishAfter, Printing, ProgressBar, TrainingExtension
from blocks.utils.testing import MockMainLoop


class Records(TrainingExtension):
    def before_training(self):
        self.main_loop.status["_hidden"] = 1
        self.main_loop.log.current_row["error"] = 0.912345678

    def after_epoch(self):
        self.main_loop.log.current_row.update(
            {
                "error": np.float32(0.1363),
                "cost_with_regularization": np.array(0.657897123),
                "norms": np.arange(3) / 3,
                "weights": np.ones((2, 300)),
                "saved_to": ("model.tar",),
                "big": 123456789,
                "note": "two\nlines",
                "empty": "",
                "_hidden": 1,
            }
        )


RULE = "-" * 79
TEXT = f"""
{RULE}
BEFORE FIRST EPOCH  (0 epochs, 0 iterations done)
{RULE}
Training status:
    batch_interrupt_received: False
    epoch_interrupt_received: False
    epoch_started:            True
    epochs_done:              0
    iterations_done:          0
    received_first_batch:     False
    resumed_from:             None
    training_started:         True
Log records from the iteration 0:
    error: 0.912346

{RULE}
AFTER ANOTHER EPOCH  (1 epoch, 10 iterations done)
{RULE}
Training status:
    batch_interrupt_received: False
    epoch_interrupt_received: False
    epoch_started:            False
    epochs_done:              1
    iterations_done:          10
    received_first_batch:     True
    resumed_from:             None
    training_started:         True
Log records from the iteration 10:
    big:                       123456789
    cost_with_regularization:  0.657897
    empty:                     
    error:                     0.1363
    norms:                     [0.       0.333333 0.666667]
    note:                      two
                               lines
    saved_to:                  ('model.tar',)
    training_finish_requested: True
    weights:                   [[1. 1. ... 1. 1.]
                                [1. 1. ... 1. 1.]]  shape (2, 300)
"""  # noqa: W291


def test_what_is_printed(capsys):
    MockMainLoop(
        extensions=[Records(), FinishAfter(after_n_epochs=1), Printing(after_training=False)]
    ).run()
    assert capsys.readouterr().out == TEXT


def test_titles(capsys):
    class Interrupt(TrainingExtension):
        def before_epoch(self):
            self.main_loop._pending_interrupts.append("epoch_interrupt_received")

    triggers = {name: True for name in ("before_training", "before_epoch", "on_error")}
    main_loop = MockMainLoop(
        extensions=[Interrupt(), Printing(**triggers, every_n_batches=10, before_first_epoch=False)]
    )
    main_loop.run()
    main_loop.run()

    def titles():
        lines = capsys.readouterr().out.splitlines()
        return [line.split("  (")[0] for line in lines if line.endswith(" done)")]

    epoch = ["TRAINING HAS BEEN INTERRUPTED", "AFTER ANOTHER BATCH", "AFTER ANOTHER EPOCH"]
    assert titles() == [
        *("BEFORE TRAINING", "BEFORE FIRST EPOCH", *epoch, "TRAINING HAS BEEN FINISHED"),
        *("TRAINING HAS BEEN RESUMED", "BEFORE ANOTHER EPOCH", *epoch),
        "TRAINING HAS BEEN FINISHED",
    ]
    main_loop.extensions[0].before_epoch = None  # calling it raises TypeError
    with pytest.raises(TypeError):
        main_loop.run()
    assert titles() == ["TRAINING HAS BEEN RESUMED", "TRAINING HAS BEEN STOPPED BY AN ERROR"]


def test_an_interrupt_prints_a_title_only(capsys):
    extension = Printing(before_first_epoch=False)
    extension.main_loop = MockMainLoop()
    extension.dispatch("on_interrupt")
    assert capsys.readouterr().out.splitlines()[2] == (
        "TRAINING HAS BEEN INTERRUPTED  (0 epochs, 0 iterations done)"
    )


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    """A function that makes standard error a terminal; pytest captures it anew for a test."""

    def attach():
        monkeypatch.setattr(sys, "stderr", Terminal())
        return sys.stderr

    return attach


def test_the_progress_bar_counts_the_batches(terminal):
    file, bars = terminal(), []

    class Watch(TrainingExtension):
        def after_epoch(self):
            bars.append((progress.bar.n, progress.bar.total, progress.bar.desc))

    progress = ProgressBar()
    MockMainLoop(extensions=[Watch(), progress, FinishAfter(after_n_epochs=2)]).run()
    assert bars == [(10, 10, "Epoch 1"), (10, 10, "Epoch 2")]
    assert progress.bar is None
    assert "Epoch 2" in file.getvalue()


def test_the_progress_bar_is_quiet_where_there_is_no_terminal(capsys, monkeypatch):
    def no_tqdm(name, *args):
        assert not name.startswith("tqdm")
        return real_import(name, *args)

    real_import = builtins.__import__
    monkeypatch.setattr(builtins, "__import__", no_tqdm)
    main_loop = MockMainLoop(extensions=[ProgressBar(), FinishAfter(after_n_epochs=1)])
    main_loop.run()
    assert capsys.readouterr().err == ""
    assert main_loop.status["epochs_done"] == 1


def test_without_tqdm_there_is_an_error_before_training(terminal, monkeypatch):
    terminal()
    monkeypatch.setitem(sys.modules, "tqdm", None)
    main_loop = MockMainLoop(extensions=[ProgressBar(), FinishAfter(after_n_epochs=1)])
    with pytest.raises(ImportError, match="ProgressBar: expected the package tqdm, got none"):
        main_loop.run()
    assert main_loop.algorithm.batches == []


def test_the_progress_bar_goes_when_training_stops_within_an_epoch(terminal):
    terminal()
    progress = ProgressBar()
    main_loop = MockMainLoop(extensions=[progress, FinishAfter(after_n_batches=4)])
    main_loop.run()
    assert progress.bar is None

    class Fail(TrainingExtension):
        def after_batch(self, batch):
            assert progress.bar.n == 1  # a new bar for the rest of the epoch
            raise KeyError("x")

    main_loop.extensions.append(Fail())
    with pytest.raises(KeyError):
        main_loop.run()
    assert progress.bar is None


NUMBERS = IndexableDataset({"x": np.arange(20.0).reshape(10, 2)})


@pytest.mark.parametrize(
    ("stream", "iterations"),
    [
        (DataStream(NUMBERS, iteration_scheme=SequentialScheme(10, batch_size=4)), 3),
        (DataStream(NUMBERS, iteration_scheme=SequentialScheme([1, 2, 3], batch_size=3)), 1),
        (DataStream(NUMBERS, iteration_scheme=SequentialExampleScheme(10)), 10),
        (DataStream(IterableDataset([1]), iteration_scheme=ConstantScheme(2, num_examples=9)), 5),
        (DataStream(IterableDataset([1]), iteration_scheme=ConstantScheme(2, times=7)), 7),
        (DataStream(IterableDataset([1]), iteration_scheme=ConstantScheme(2)), None),
        (DataStream(IterableDataset([1])), None),
        (Flatten(DataStream(NUMBERS, iteration_scheme=SequentialScheme(10, batch_size=4))), 3),
        (Unpack(DataStream(NUMBERS, iteration_scheme=SequentialScheme(10, batch_size=4))), None),
        (
            Batch(
                DataStream(NUMBERS, iteration_scheme=SequentialExampleScheme(10)),
                iteration_scheme=ConstantScheme(5),
            ),
            None,
        ),
        (SimpleNamespace(get_epoch_iterator=None), None),
    ],
)
def test_the_number_of_iterations_is_read_off_the_stream(stream, iterations):
    progress = ProgressBar()
    progress.main_loop = MockMainLoop(data_stream=stream)
    assert progress.get_iter_per_epoch() == iterations


def test_a_scheme_may_know_its_number_of_batches():
    class Scheme:
        num_batches, batch_size, num_examples = 3, 1, 100

    class Stream:
        def get_epoch_iterator(self, as_dict=False):
            raise NotImplementedError

        iteration_scheme = Scheme()

    progress = ProgressBar()
    progress.main_loop = MockMainLoop(data_stream=Stream())
    assert progress.get_iter_per_epoch() == 3
