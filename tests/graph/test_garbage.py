"""Pauses of the search for garbage."""

import gc
import threading

import pytest

from blocks.graph.garbage import uncollected


def test_pauses_nest():
    assert gc.isenabled()
    with uncollected():
        with uncollected():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_pauses_end_with_errors():
    with pytest.raises(KeyError), uncollected():
        raise KeyError
    assert gc.isenabled()


def test_who_has_switched_it_off_finds_it_so():
    gc.disable()
    try:
        with uncollected():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_threads_pause_together():
    entered, leave = threading.Event(), threading.Event()

    def other():
        with uncollected():
            entered.set()
            leave.wait(60)

    thread = threading.Thread(target=other)
    with uncollected():
        thread.start()
        assert entered.wait(60)
    assert not gc.isenabled()  # the other one still needs it
    leave.set()
    thread.join()
    assert gc.isenabled()
