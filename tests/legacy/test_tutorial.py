"""The tutorial of 2015, as it was printed, on a tiny MNIST and on the real one."""

import os
import subprocess
import sys

import pytest

from tests.legacy.conftest import write_mnist
from tests.test_docs import ROOT
from tests.test_examples import EXAMPLES, LEGACY, last_number


def cost(name, how, folder, **environment):
    """Run an example, and return the test cost that it prints at its end."""
    result = subprocess.run(
        [sys.executable, *how, EXAMPLES / name],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "BLOCKS_OFFLINE": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return last_number("test_cost_with_regularization", result.stdout)


def test_the_tutorial_agrees_with_its_form_of_today(tmp_path):
    write_mnist(tmp_path, train=700, test=300)
    old = cost("tutorial_legacy.py", LEGACY, tmp_path, FUEL_DATA_PATH=str(tmp_path))
    new = cost("tutorial.py", (), tmp_path, BLOCKS_DATA_PATH=str(tmp_path))
    assert old == new
    assert 2 < old < 3


def test_the_tutorial_reaches_the_cost_of_the_original(shared, tmp_path):
    data = str(shared / "data")
    found = cost("tutorial_legacy.py", LEGACY, tmp_path, FUEL_DATA_PATH=data)
    assert found == pytest.approx(0.657897, abs=1e-6)


def test_only_the_import_of_weight_is_mended():
    lines = (EXAMPLES / "tutorial_legacy.py").read_text(encoding="utf-8").splitlines()
    assert "from blocks.bricks import WEIGHT" in lines
    assert "    params=cg.parameters," in lines
