"""The tutorial's page runs without MNIST too, and with it prints the numbers that it shows.

`tests/test_docs.py` runs the page as it is. Here it also runs with the parts that take long, on
files of MNIST's format with pictures that are easy to tell apart, and on MNIST.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.test_docs import NOT_RUN, code_of

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")

LOG = """
```python
import json

rows = main_loop.log.values()
rows = [{k: float(v) for k, v in row.items() if k.startswith("test_")} for row in rows]
print("LOG", json.dumps([row for row in rows if row]))
```

"""


def run_page(folder, data_path, page=PAGE, floatX="float64"):
    """Run the script on a page, in a process of its own; return what it prints."""
    script, dialogue = code_of(page)
    assert dialogue.strip() == ""
    path = folder / "tutorial.py"
    path.write_text(script, encoding="utf-8")
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "BLOCKS_OFFLINE": "1",
        "BLOCKS_DATA_PATH": str(data_path),
        "BLOCKS_FLOATX": floatX,
    }
    result = subprocess.run(
        [sys.executable, "-W", "error", str(path)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def all_of(page):
    """Return the page with the blocks that are not run marked as the others."""
    lines = page.splitlines()
    kept = [line for line in lines if not NOT_RUN.fullmatch(line.strip())]
    assert len(kept) < len(lines)
    return "\n".join(kept)


def shown(page):
    """Return the lines of output that a page shows."""
    return [
        x for block in re.findall(r"```text\n(.*?)```", page, re.DOTALL) for x in block.splitlines()
    ]


def idx(array):
    """Return a uint8 array in the format of MNIST's files."""
    return bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes() + array.tobytes()


@pytest.fixture
def easy_mnist(tmp_path):
    """A folder with files as of MNIST: in each picture one block of pixels says the digit."""
    rng = np.random.RandomState(1)
    for part, count in (("train", 600), ("t10k", 300)):
        labels = rng.randint(10, size=count).astype("uint8")
        images = rng.randint(60, size=(count, 28, 28)).astype("uint8")
        for image, label in zip(images, labels, strict=True):
            image[2 * label : 2 * label + 4, 10:20] += 190
        (tmp_path / f"{part}-images-idx3-ubyte").write_bytes(idx(images))
        (tmp_path / f"{part}-labels-idx1-ubyte").write_bytes(idx(labels))
    return tmp_path


@pytest.mark.parametrize("floatX", ["float64", "float32"])
def test_the_page_runs_without_mnist(tmp_path, easy_mnist, floatX):
    printed = run_page(tmp_path, easy_mnist, all_of(PAGE), floatX)
    costs = re.findall(r"test_cost_with_regularization: (\S+)", printed)
    assert float(costs[-1]) < float(costs[0]) < 2.4
    assert float(re.search(r"Test error rate: (\S+)", printed)[1]) < 0.5


def with_logs(page, *headings):
    """Return a page that prints the log in JSON before some of its headings."""
    for heading in headings:
        assert f"\n{heading}\n" in page
        page = page.replace(f"\n{heading}\n", f"\n{LOG}{heading}\n")
    return page


def logs(printed):
    """Return the logs that `LOG` printed."""
    return [json.loads(line[4:]) for line in printed.splitlines() if line.startswith("LOG ")]


@pytest.fixture(scope="module")
def on_mnist(tmp_path_factory, shared):
    """What the page prints on MNIST: one epoch, two more, and ten of the better network."""
    page = with_logs(all_of(PAGE), "## The error rate", "## Going on", "### Your own data")
    return run_page(tmp_path_factory.mktemp("tutorial"), shared / "data" / "mnist", page)


def test_the_page_prints_what_it_shows(on_mnist):
    lines = shown(PAGE)
    assert len(lines) >= 9
    assert [line for line in lines if line not in on_mnist.splitlines()] == []


def test_the_cost_after_one_epoch(on_mnist):
    costs = [row["test_cost_with_regularization"] for row in logs(on_mnist)[0]]
    assert costs == pytest.approx([2.341907, 0.657897], abs=1e-6)


def test_the_error_rates_of_three_epochs(on_mnist):
    rates = [row["test_error_rate"] for row in logs(on_mnist)[1]]
    assert rates == pytest.approx([0.13626, 0.10274, 0.09379], abs=1e-5)


def test_ten_epochs_with_momentum(on_mnist):
    rates = [row["test_error_rate"] for row in logs(on_mnist)[2]]
    assert len(rates) == 11
    assert rates[-1] < 0.025


def test_the_cost_after_one_epoch_in_float32(tmp_path, shared):
    page = with_logs(PAGE, "## The error rate").split("## The error rate")[0]
    (rows,) = logs(run_page(tmp_path, shared / "data" / "mnist", page, "float32"))
    costs = [row["test_cost_with_regularization"] for row in rows]
    assert costs == pytest.approx([2.341907, 0.657897], abs=1e-5)


# The checks themselves


def test_a_number_that_is_not_printed_is_found(tmp_path):
    page = "```python\nprint(0.5)\n```\n\n```text\n0.5\n0.6\n```\n"
    printed = run_page(tmp_path, tmp_path, page).splitlines()
    assert [line for line in shown(page) if line not in printed] == ["0.6"]


def test_a_page_that_fails_is_found(tmp_path):
    with pytest.raises(AssertionError, match="UserWarning: old"):
        run_page(tmp_path, tmp_path, "```python\nimport warnings\nwarnings.warn('old')\n```\n")
