"""The examples run as a user runs them, and reach the numbers that they promise."""

import re
from pathlib import Path

import pytest

from tests.test_docs import run

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
LEGACY = ("-W", "ignore::DeprecationWarning", "-m", "blocks", "run")


def last_number(name, output):
    """Return the last number that is printed after a name."""
    return float(re.findall(rf"{name}\s*[:=]\s*(-?[\d.]+(?:e-?\d+)?)", output)[-1])


LITTLE_TEXT = [str(EXAMPLES.parent / "docs" / "tutorial.md"), "--epochs", "20", "--dim", "32"]

# file, how to run it, the options, what it prints last and its bounds, whether it needs MNIST
RUNS = [
    ("tutorial.py", (), [], "test_cost_with_regularization", (0.65785, 0.65795), True),
    ("tutorial_legacy.py", LEGACY, [], "test_cost_with_regularization", (0.65785, 0.65795), True),
    ("mnist.py", (), ["--digits", "--epochs", "3"], "Test error rate", (0, 20), False),
    ("mnist.py", (), ["--epochs", "1", "--float32"], "Test error rate", (0, 8), True),
    ("mnist_dropout.py", (), ["--digits", "--epochs", "5"], "Test error rate", (0, 20), False),
    (
        "adding.py",
        (),
        ["--steps", "10", "--epochs", "4"],
        "Test mean squared error",
        (0, 0.01),
        False,
    ),
    ("char_lstm.py", (), [*LITTLE_TEXT, "--sample", "50"], "Bits per letter", (2, 4), False),
    ("markov_chain.py", (), ["--epochs", "10"], "Largest difference", (0, 0.15), False),
    ("parity.py", (), ["--epochs", "4"], "Test error rate", (0, 1), False),
    ("sqrt.py", (), ["--epochs", "10"], "Test error", (0, 0.03), False),
]


def test_the_table_has_every_example():
    assert {path.name for path in EXAMPLES.glob("*.py")} == {row[0] for row in RUNS}


@pytest.mark.parametrize(("name", "how", "options", "printed", "bounds", "needs_mnist"), RUNS)
def test_example(request, tmp_path, name, how, options, printed, bounds, needs_mnist):
    if needs_mnist:
        request.getfixturevalue("shared")
    result = run(*how, EXAMPLES / name, *options, folder=tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr
    low, high = bounds
    assert low <= last_number(printed, result.stdout) <= high


@pytest.mark.parametrize(
    ("output", "number"),
    [("cost: 1.5\nmore\ncost: 0.25", 0.25), ("cost:  2e-05 ", 2e-05), ("cost = -3", -3)],
)
def test_last_number(output, number):
    assert last_number("cost", output) == number
