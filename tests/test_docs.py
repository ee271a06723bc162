"""The code on the pages runs as printed, each page in an interpreter of its own.

Blocks fenced as ``python`` run one after the other, like one script. Blocks with ``>>>`` are
checked against the output that they show. A block stays unrun only where a line right above it
says why: ``<!-- not run: it needs a weekend -->``.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import SHARED

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
NEEDS_SHARED = re.compile(r"\bMNIST\(")
PRINTS = {"README.md": r"test_cost_with_regularization\s*[:=]\s*0\.65789[67]"}
NOT_RUN = re.compile(r"<!-- not run: \S.* -->")


def code_of(page):
    """Return two texts of a page's code, at its lines: the script and the dialogue."""
    lines = {"script": [], "dialogue": []}
    block, above = None, ""
    for line in [*page.splitlines(), ""]:
        if block is None and line.strip() == "```python":
            block = []
            is_run = NOT_RUN.fullmatch(above.strip()) is None
        elif block is not None and line.strip() == "```":
            kind = (
                "dialogue" if any(text.lstrip().startswith(">>>") for text in block) else "script"
            )
            if not is_run:
                block = [""] * len(block)
            for name, column in lines.items():
                column += ["", *(block if name == kind else [""] * len(block)), ""]
            block = None
        elif block is not None:
            block.append(line)
        else:
            for column in lines.values():
                column.append("")
        above = line
    if block is not None:
        raise ValueError("expected ``` at the end of the last block of code, got the end")
    return "\n".join(lines["script"]), "\n".join(lines["dialogue"])


def run(*command, folder):
    """Run Python in a folder, with the shared data where they are; warnings are errors."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "BLOCKS_OFFLINE": "1"}
    if SHARED is not None:
        environment["BLOCKS_DATA_PATH"] = str(SHARED / "data" / "mnist")
    return subprocess.run(
        [sys.executable, "-W", "error", *map(str, command)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def run_page(page, folder):
    """Run the code of a page; return what went wrong, or nothing, and what it printed."""
    script, dialogue = code_of(page.read_text(encoding="utf-8"))
    if SHARED is None and NEEDS_SHARED.search(script + dialogue):
        pytest.skip("needs ../shared")
    (folder / f"{page.stem}.py").write_text(script, encoding="utf-8")
    (folder / f"{page.stem}.txt").write_text(dialogue, encoding="utf-8")
    results = [
        run(f"{page.stem}.py", folder=folder),
        run("-m", "doctest", "-o", "NORMALIZE_WHITESPACE", f"{page.stem}.txt", folder=folder),
    ]
    complaints = "".join(r.stdout + r.stderr for r in results if r.returncode)
    return complaints, results[0].stdout


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_code_of_the_page_runs(page, tmp_path):
    complaints, printed = run_page(page, tmp_path)
    assert complaints == ""
    assert re.search(PRINTS.get(page.name, ""), printed), printed


LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_files_lead_somewhere(page):
    targets = [t for t in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in t]
    assert [target for target in targets if not (page.parent / target).exists()] == []


# The checks themselves

FENCE = "```"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (f"{FENCE}python\nx = 1\n{FENCE}\nwords\n{FENCE}python\nassert x == 1\n{FENCE}\n", ""),
        (f"# Page\n\n{FENCE}python\n1 / 0\n{FENCE}\n", 'page.py", line 4'),
        (f"{FENCE}python\nimport warnings\nwarnings.warn('old')\n{FENCE}\n", "UserWarning: old"),
        (f"{FENCE}python\n>>> 1 + 1\n2\n{FENCE}\n", ""),
        (f"# Page\n{FENCE}python\n>>> 1 + 1\n3\n{FENCE}\n", 'page.txt", line 3'),
        (f"{FENCE}text\n1 / 0\n{FENCE}\n", ""),
        (f"<!-- not run: too long -->\n{FENCE}python\n1 / 0\n{FENCE}\n", ""),
        (f"<!-- not run: -->\n{FENCE}python\n1 / 0\n{FENCE}\n", "ZeroDivisionError"),
    ],
)
def test_pages_that_fail_are_found(tmp_path, text, complaint):
    page = tmp_path / "page.md"
    page.write_text(text)
    found, _ = run_page(page, tmp_path)
    assert complaint in found
    assert bool(found) == bool(complaint)


def test_an_open_block_is_an_error():
    with pytest.raises(ValueError, match="got the end"):
        code_of(f"{FENCE}python\nx = 1\n")
