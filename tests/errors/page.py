"""The mistakes on docs/errors.md: ``pycon`` blocks whose code raises what is shown below it.

``python tests/errors/page.py --update`` writes the messages anew, after a change on purpose.
"""

import re
import sys
import textwrap
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "errors.md"
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
WIDTH = 105


def blocks(page):
    """Return the blocks of code: language, text and where the text stands."""
    return [(m.group(1), m.group(2), m.span(2)) for m in FENCE.finditer(page)]


def steps(block):
    """Return the parts of a dialogue: what is typed, and the message that follows it."""
    parts = re.split(r"^(?=>>> )", block, flags=re.MULTILINE)[1:]
    found, typed = [], []
    for part in parts:
        lines = part.splitlines()
        code = [line[4:] for line in lines if line.startswith((">>> ", "... "))]
        typed += code
        if len(code) < len(lines):
            found.append(("\n".join(typed), " ".join(lines[len(code) :])))
            typed = []
    if typed:
        raise ValueError(f"expected a message at the end of {block!r}, got none")
    return found


def message(code, names):
    """Run what is typed, and return what it raises as the page shows it."""
    try:
        exec(compile(code, "script.py", "exec"), names)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "nothing was raised"


def run(page):
    """Run a page from top to bottom; return each message as it stands and as it is."""
    names = {}
    found = []
    for language, text, _ in blocks(page):
        if language == "python":
            exec(compile(text, "page.py", "exec"), names)
        elif language == "pycon":
            found += [(expected, message(code, names)) for code, expected in steps(text)]
    return found


def updated(page):
    """Return a page with the messages that its mistakes raise now."""
    messages = iter([textwrap.fill(m, WIDTH, break_on_hyphens=False) for _, m in run(page)])
    parts, at = [], 0
    for language, text, (start, end) in blocks(page):
        parts.append(page[at:start])
        if language == "pycon":
            lines = []
            for line in text.splitlines():
                is_code = line.startswith((">>> ", "... "))
                if is_code:
                    lines.append(line)
                elif lines[-1].startswith((">>> ", "... ")):
                    lines.append(next(messages))
            text = "\n".join(lines) + "\n"
        parts.append(text)
        at = end
    return "".join(parts) + page[at:]


if __name__ == "__main__" and sys.argv[1:] == ["--update"]:
    PAGE.write_text(updated(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
