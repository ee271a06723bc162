"""Some random graphs against PyTensor, where it is installed; `make fuzz` compares more."""

import numpy as np
import pytest

pytest.importorskip("pytensor", reason="needs PyTensor: pip install '.[fuzz]'")

from tests.fuzz import against_pytensor
from tests.fuzz.chunk import run_chunk
from tests.fuzz.program import Leaf, Program


@pytest.mark.parametrize("start", range(2))
def test_random_graphs(start):
    found = run_chunk(50, start, against_pytensor.check_pytensor)
    if found.error is not None:
        pytest.fail(f"{found.error}\n\n{found.script if found.program else ''}")
    assert found.counts["PyTensor"] > 25
    assert found.counts["PyTensor steps"] > 25


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tensor.exp(x0)", "PyTensor: v0 = tensor.exp"),
        ("tensor.sum(x0, axis=0)", r"there \['float32'\]"),
    ],
)
def test_checks_fail_on_wrong_results(text, message, monkeypatch):
    tensor = against_pytensor.NAMESPACE["tensor"]
    monkeypatch.setitem(tensor.renamed, "exp", tensor.expm1)
    monkeypatch.setitem(tensor.renamed, "sum", lambda x, axis: x.sum(axis).astype("float32"))
    leaf = Leaf("x0", np.array([0.5, 1.5]), (None,), (False,))
    p = Program((leaf,), (("v0", text),), ("v0",), cost=("v0",))
    with pytest.raises(against_pytensor.Mismatch, match=message):
        against_pytensor.check_pytensor(p)
