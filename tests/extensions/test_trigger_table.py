"""The table of triggers in docs/howto-extension.md is true."""

import re
from pathlib import Path

from blocks.extensions import FinishAfter, SimpleExtension
from blocks.utils.testing import MockMainLoop, mock_stream

PAGE = Path(__file__).resolve().parents[2] / "docs" / "howto-extension.md"


class Watch(SimpleExtension):
    """Records when it was asked to act."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seen = []

    def do(self, which_callback, *args):
        self.seen.append((self.main_loop.status["iterations_done"], str(which_callback)))


def test_table_of_triggers():
    text = PAGE.read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+=.*)` \|([\d ]*)\|([\w ]*)\|$", text, re.MULTILINE)
    assert len(rows) == 16
    for triggers, times, callback in rows:
        watch = Watch(**eval(f"dict({triggers})"))
        finish = FinishAfter(after_n_epochs=3)
        MockMainLoop(data_stream=mock_stream(4), extensions=[watch, finish]).run()
        assert watch.seen == [(int(time), callback.strip()) for time in times.split()], triggers
