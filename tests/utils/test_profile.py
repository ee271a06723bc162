"""Profile adds up the times of nested sections."""

import io

import pytest

from blocks.utils.profile import Profile, Timer


def test_times_add_up_by_path():
    profile = Profile()
    for seconds in (1.0, 2.0):
        profile.enter("training")
        profile.enter("epoch")
        profile.exit(seconds)
        profile.exit(4.0)
    assert profile.total == {("training",): 8.0, ("training", "epoch"): 3.0}
    assert profile.current == []


def test_a_timer_stops_on_an_exception():
    profile = Profile()

    def fail():
        with Timer("a", profile):
            raise KeyError("x")

    with pytest.raises(KeyError):
        fail()
    assert profile.current == []
    assert profile.total["a",] > 0


def test_the_report_shows_each_section_below_the_one_around_it():
    profile = Profile()
    profile.enter("training")
    for name, seconds in [("read", 1.0), ("train", 2.0)]:
        profile.enter(name)
        profile.exit(seconds)
    profile.exit(4.0)
    file = io.StringIO()
    profile.report(file)
    assert file.getvalue().splitlines() == [
        "section      seconds   share",
        "training       4.000  100.0%",
        "  read         1.000   25.0%",
        "  train        2.000   50.0%",
        "  other        1.000   25.0%",
    ]


def test_the_report_goes_to_standard_error(capsys):
    Profile().report()
    assert capsys.readouterr().err.startswith("section")
