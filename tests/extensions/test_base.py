"""Callbacks, conditions and composition of extensions."""

import pytest

from blocks.extensions import (
    CallbackName,
    CompositeExtension,
    FinishAfter,
    Predicate,
    SimpleExtension,
    TrainingExtension,
    always_true,
    callback,
    has_done_epochs,
)
from blocks.extensions.callbacks import CALLBACK_NAMES
from blocks.extensions.predicates import OnLogRecord
from blocks.log import TrainingLog
from blocks.utils.testing import MockMainLoop


class Recorder(SimpleExtension):
    """Notes when it runs: the callback and the iterations done."""

    def __init__(self, events=None, **kwargs):
        self.events = [] if events is None else events
        super().__init__(**kwargs)

    def do(self, which_callback, *args):
        self.events.append((str(which_callback), self.main_loop.status["iterations_done"]))


def run(*extensions, epochs=3):
    """Train for some epochs of 10 batches."""
    main_loop = MockMainLoop(extensions=[*extensions, FinishAfter(after_n_epochs=epochs)])
    main_loop.run()
    return main_loop


@pytest.mark.parametrize(
    ("trigger", "which_callback", "times"),
    [
        ({"before_training": True}, "before_training", [0]),
        ({"before_first_epoch": True}, "before_epoch", [0]),
        ({"before_epoch": True}, "before_epoch", [0, 10, 20]),
        ({"after_epoch": True}, "after_epoch", [10, 20, 30]),
        ({"before_batch": True}, "before_batch", range(30)),
        ({"after_batch": True}, "after_batch", range(1, 31)),
        ({"after_training": True}, "after_training", [30]),
        ({"every_n_epochs": 2}, "after_epoch", [20]),
        ({"every_n_epochs": 1.0}, "after_epoch", [10, 20, 30]),
        ({"after_n_epochs": 2}, "after_epoch", [20]),
        ({"every_n_batches": 7}, "after_batch", [7, 14, 21, 28]),
        ({"after_n_batches": 7}, "after_batch", [7]),
        ({"on_interrupt": True}, None, []),
        ({"on_error": True}, None, []),
        ({"on_resumption": True}, None, []),
        ({}, None, []),
        ({"after_epoch": False, "every_n_batches": 0, "after_n_epochs": None}, None, []),
        ({"after_n_batches": 40}, None, []),
    ],
)
def test_triggers(trigger, which_callback, times):
    recorder = Recorder(**trigger)
    run(recorder)
    assert recorder.events == [(which_callback, time) for time in times]


def test_two_conditions_that_hold_run_it_twice():
    recorder = Recorder(after_epoch=True, every_n_epochs=2)
    run(recorder)
    assert [time for _, time in recorder.events] == [10, 20, 20, 30]


def test_where_an_extension_acts_follows_its_conditions():
    recorder = Recorder(every_n_epochs=2, before_first_epoch=True)
    assert recorder.acts_at == {"after_epoch", "before_epoch"}
    assert recorder.add_condition(["after_batch"]).acts_at == {
        "after_epoch",
        "before_epoch",
        "after_batch",
    }
    assert recorder.set_conditions(on_error=True).acts_at == {"on_error"}
    assert recorder.set_conditions().acts_at == frozenset()


def test_a_condition_that_comes_in_the_midst_of_an_epoch_counts_at_once():
    class Late(TrainingExtension):
        def before_batch(self, batch):
            if self.main_loop.status["iterations_done"] == 4:
                recorder.set_conditions(after_batch=True)
            if self.main_loop.status["iterations_done"] == 6:
                recorder.set_conditions()

    recorder = Recorder()
    run(Late(), recorder, epochs=1)
    assert recorder.events == [("after_batch", 5), ("after_batch", 6)]


def test_a_dispatch_of_its_own_hears_of_every_callback():
    class Everywhere(Recorder):
        def dispatch(self, callback_invoked, *from_main_loop):
            heard.add(str(callback_invoked))
            super().dispatch(callback_invoked, *from_main_loop)

    class Bare:
        name = "bare"

        def dispatch(self, callback_invoked, *from_main_loop):
            heard_by_bare.add(str(callback_invoked))

    heard, heard_by_bare = set(), set()
    run(Everywhere(after_training=True), Bare(), epochs=1)
    expected = {"before_training", "before_epoch", "before_batch"}
    expected |= {"after_batch", "after_epoch", "after_training"}
    assert heard == heard_by_bare == expected


def test_extensions_run_in_the_given_order():
    events = []

    class Named(Recorder):
        def do(self, which_callback, *args):
            self.events.append(self.name)

    run(Named(events, name="b", after_epoch=True), Named(events, name="a", after_epoch=True))
    assert events == ["b", "a"] * 3


@pytest.mark.parametrize(
    ("older", "trigger"),
    [("after_every_epoch", "after_epoch"), ("after_every_batch", "after_batch")],
)
def test_older_names_of_triggers(older, trigger):
    with pytest.warns(DeprecationWarning, match=f"{older} is the older name of {trigger}") as found:
        recorder = Recorder(**{older: True})
    assert [name for name, _, _ in recorder.conditions] == [trigger]
    assert len(found) == 1


@pytest.mark.parametrize(
    ("kwargs", "hint"),
    [
        ({"after_epochs": True}, r"got 'after_epochs'\. Did you mean 'after_epoch'"),
        ({"every_n_batch": 2}, r"got 'every_n_batch'\. Did you mean 'every_n_batches'"),
        ({"xyz": None}, r"Recorder: expected .*triggers after_batch, after_epoch, .*got 'xyz'\.$"),
    ],
)
def test_an_unknown_keyword_lists_the_triggers(kwargs, hint):
    with pytest.raises(TypeError, match=hint):
        Recorder(**kwargs)
    with pytest.raises(TypeError, match=hint):
        Recorder().set_conditions(**kwargs)


def test_a_plain_extension_takes_a_name_only():
    with pytest.raises(TypeError, match=r"expected its own arguments, name, got 'after_epoch'"):
        TrainingExtension(after_epoch=True)


@pytest.mark.parametrize(
    ("value", "error"),
    [(-1, ValueError), (1.5, ValueError), (True, TypeError), ("2", TypeError), ([1], TypeError)],
)
def test_a_number_of_epochs_is_a_whole_number(value, error):
    with pytest.raises(
        error, match="Recorder: expected every_n_epochs to be a whole number above 0, got"
    ):
        Recorder(every_n_epochs=value)


def test_set_conditions_replaces_all_or_nothing():
    recorder = Recorder(after_epoch=True)
    assert recorder.set_conditions(every_n_batches=10) is recorder
    assert [name for name, _, _ in recorder.conditions] == ["after_batch"]
    with pytest.raises(TypeError):
        recorder.set_conditions(after_epoch=True, every_n_batches="2")
    assert [name for name, _, _ in recorder.conditions] == ["after_batch"]


def test_add_condition_with_a_predicate_and_arguments():
    class Saver(SimpleExtension):
        def __init__(self):
            self.seen = []
            super().__init__()

        def do(self, which_callback, *args):
            self.seen.append((str(which_callback), *self.parse_args(which_callback, args)))

    saver = Saver()
    saver.add_condition(
        ["after_batch"], lambda log: log.status["iterations_done"] == 3, arguments=("a.tar",)
    ).add_condition(("after_epoch", "after_training"))
    run(saver, epochs=1)
    assert saver.seen == [
        ("after_batch", ({"data": 2},), ("a.tar",)),
        ("after_epoch", (), ()),
        ("after_training", (), ()),
    ]


@pytest.mark.parametrize(
    ("callbacks", "message"),
    [
        ("after_batch", "expected a list or tuple of names of callbacks, got 'after_batch'"),
        (["after_bach"], r"got 'after_bach'\. Did you mean 'after_batch'"),
        (["every_n_epochs"], "expected names of the callbacks .* got 'every_n_epochs'"),
    ],
)
def test_add_condition_refuses(callbacks, message):
    recorder = Recorder()
    with pytest.raises(ValueError, match=message):
        recorder.add_condition(callbacks)
    assert recorder.conditions == ()


@pytest.mark.parametrize(
    ("which_callback", "args", "parsed"),
    [
        ("before_batch", [{"x": 1}, "a"], (({"x": 1},), ("a",))),
        ("after_batch", ({"x": 1},), (({"x": 1},), ())),
        ("on_error", (KeyError, "a"), ((KeyError,), ("a",))),
        ("after_epoch", ("a", "b"), ((), ("a", "b"))),
    ],
)
def test_parse_args(which_callback, args, parsed):
    assert SimpleExtension.parse_args(which_callback, args) == parsed


def test_an_extension_that_does_nothing_says_so():
    extension = SimpleExtension(before_training=True)
    with pytest.raises(NotImplementedError, match=r"expected a method do\(which_callback"):
        run(extension)


def test_every_callback_reaches_its_method():
    class Everything(TrainingExtension):
        def __init__(self):
            self.seen = []
            super().__init__()

    for name in CALLBACK_NAMES:
        setattr(Everything, name, lambda self, *args, name=name: self.seen.append((name, args)))
    everything = Everything()
    run(everything, epochs=1)
    names = [name for name, _ in everything.seen]
    assert names[:4] == ["before_training", "before_epoch", "before_batch", "after_batch"]
    assert names[-2:] == ["after_epoch", "after_training"]
    assert ("before_batch", ({"data": 9},)) in everything.seen


def test_the_callbacks():
    assert set(CALLBACK_NAMES) == {
        *("before_training", "before_epoch", "before_batch"),
        *("after_training", "after_epoch", "after_batch"),
        *("on_resumption", "on_error", "on_interrupt"),
    }
    assert callback(lambda self: None)._is_callback


def test_a_callback_name_compares_with_callbacks_only():
    name = CallbackName("after_epoch")
    assert name == "after_epoch"
    assert name != "after_batch"
    assert name in ("before_training", "after_epoch")
    assert name not in {"before_training"}
    assert hash(name) == hash("after_epoch")
    assert (name == 3) is False
    with pytest.raises(
        TypeError, match="expected the name of a callback, got 'before_first_epoch'"
    ):
        name == "before_first_epoch"  # noqa: B015
    with pytest.raises(TypeError, match="got 'every_n_epochs'"):
        name != "every_n_epochs"  # noqa: B015


def test_the_main_loop_must_be_there():
    with pytest.raises(ValueError, match="Recorder 'mine': expected a main loop, got none"):
        Recorder(name="mine").main_loop  # noqa: B018


@pytest.mark.parametrize(
    ("condition", "epochs", "iterations", "holds"),
    [
        ("every_n_epochs", 4, 1, True),
        ("every_n_epochs", 3, 2, False),
        ("every_n_batches", 1, 6, True),
        ("every_n_batches", 2, 7, False),
        ("after_n_epochs", 2, 1, True),
        ("after_n_epochs", 4, 2, False),
        ("after_n_batches", 1, 2, True),
        ("after_n_batches", 2, 4, False),
    ],
)
def test_predicate(condition, epochs, iterations, holds):
    log = TrainingLog()
    log.status.update(epochs_done=epochs, iterations_done=iterations)
    assert Predicate(condition, 2)(log) is holds


def test_other_predicates():
    log = TrainingLog()
    assert always_true(log) is True
    assert has_done_epochs(log) is True
    assert OnLogRecord("best")(log) is False
    log.current_row["best"] = True
    assert OnLogRecord("best")(log) is True
    log.status.update(epochs_done=1, iterations_done=1)
    assert has_done_epochs(log) is False
    assert OnLogRecord("best")(log) is False


@pytest.mark.parametrize("run_before_children", [True, False])
def test_composite_extension(run_before_children):
    events = []

    class Parent(CompositeExtension):
        def do(self, which_callback, *args):
            events.append(("parent", self.main_loop.status["iterations_done"]))

    children = [Recorder(events, after_epoch=True), Recorder(events, every_n_batches=5)]
    parent = Parent(children, run_before_children=run_before_children, every_n_epochs=1)
    run(parent, epochs=1)
    assert all(child.main_loop is parent.main_loop for child in children)
    at_batches, at_epoch = events[:2], events[2:]
    assert at_batches == [("after_batch", 5), ("after_batch", 10)]
    assert at_epoch == [("parent", 10), ("after_epoch", 10)][:: 1 if run_before_children else -1]


def test_a_composite_extension_has_no_main_loop_at_first():
    with pytest.raises(ValueError, match=r"CompositeExtension .* expected a main loop"):
        CompositeExtension([]).main_loop  # noqa: B018
