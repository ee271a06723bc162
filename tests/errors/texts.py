"""Mistakes and what they say: ``texts.txt`` holds one of each place of the language that raises.

A line of code, in the names of `tests.errors.names`, and below it what it raises. After a
message was changed on purpose, ``python tests/errors/texts.py --update`` writes them anew.
"""

import re
import sys
from pathlib import Path

FILE = Path(__file__).with_suffix(".txt")


def read():
    """Return the pairs of code and text."""
    lines = FILE.read_text(encoding="utf-8").splitlines()
    return [(code, text.strip()) for code, text in zip(lines[::2], lines[1::2], strict=True)]


def raised(code, names):
    """Run code and return what it raises; nothing if it raises nothing."""
    try:
        exec(compile(code, "<code>", "exec"), dict(names))
    except Exception as error:
        return error
    return None


def text_of(error):
    """Return kind and message of an error, without the place of the code."""
    return f"{type(error).__name__}: " + re.sub(r"built at \S+\)", "built at <line>)", str(error))


if __name__ == "__main__" and sys.argv[1:] == ["--update"]:
    sys.path.insert(0, str(FILE.parents[2]))
    from tests.errors.names import NAMES

    rows = [f"{code}\n    {text_of(raised(code, NAMES))}\n" for code, _ in read()]
    FILE.write_text("".join(rows), encoding="utf-8")
