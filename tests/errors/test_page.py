"""docs/errors.md: each mistake raises what the page says, to the letter."""

import pytest

from tests.errors import page

FENCE = "```"
TEXT = page.PAGE.read_text(encoding="utf-8")


def words(text):
    return " ".join(text.split())


def test_messages_are_those_of_the_page():
    found = page.run(TEXT)
    assert len(found) >= 40
    for expected, got in found:
        assert words(got) == words(expected)


def test_messages_fit_on_a_screen():
    for expected, _ in page.run(TEXT):
        assert len(expected) < 15 * 80


def test_each_mistake_is_mended():
    kinds = [language for language, _, _ in page.blocks(TEXT)]
    assert kinds[0] == "python"
    assert kinds[1::2] == ["pycon"] * (len(kinds) // 2)
    assert kinds[2::2] == ["python"] * (len(kinds) // 2)
    assert len(kinds) // 2 >= 25


SMALL = f"""# Page
{FENCE}python
x = 0
{FENCE}
{FENCE}pycon
>>> y = 1
>>> y / x
ZeroDivisionError: division
by zero
>>> if y:
...     raise ValueError("no")
KeyError: old
{FENCE}
"""


def test_a_page_is_read_and_run():
    assert page.run(SMALL) == [
        ("ZeroDivisionError: division by zero", "ZeroDivisionError: division by zero"),
        ("KeyError: old", "ValueError: no"),
    ]


def test_messages_are_written_anew():
    new = page.updated(SMALL)
    assert new == SMALL.replace("division\nby zero", "division by zero").replace(
        "KeyError: old", "ValueError: no"
    )
    assert page.updated(new) == new


def test_what_raises_nothing_is_found():
    text = SMALL.replace("y / x", "y / 1")
    assert page.run(text)[0][1] == "nothing was raised"


def test_a_mistake_without_a_message_is_refused():
    with pytest.raises(ValueError, match="expected a message at the end"):
        page.run(SMALL.replace("KeyError: old\n", ""))
