"""Every public function of the language says what it computes, and shows it."""

import doctest
import inspect
import re

import numpy as np
import pytest

from blocks import graph, tensor
from blocks.graph.ops import elementwise, gradients, nn
from blocks.tensor import bn, extra_ops, nlinalg, nnet, slinalg

MODULES = (tensor, bn, extra_ops, nlinalg, nnet, slinalg, graph)
FUNCTIONS = {
    f"{module.__name__}.{name}": getattr(module, name)
    for module in MODULES
    for name in module.__all__
    if callable(getattr(module, name))
}
NAMES = {**vars(gradients), **vars(elementwise), **vars(nn), **vars(tensor), "np": np}


@pytest.mark.parametrize("path", FUNCTIONS)
def test_docstring(path):
    function = FUNCTIONS[path]
    text = inspect.getdoc(function) or ""
    first, _, _ = text.partition("\n")
    assert first.endswith("."), first
    assert "Examples\n--------\n>>>" in text or path in TYPES
    if inspect.isfunction(function) and not re.search("arguments as|as of `|see `", text):
        names = list(inspect.signature(function).parameters)
        assert [name for name in names if not re.search(rf"\b{name}\b", text)] == []


TYPES = {
    "blocks.graph.Annotation",
    "blocks.graph.Apply",
    "blocks.graph.ComputationGraph",
    "blocks.graph.Op",
    "blocks.graph.SharedVariable",
}
"""Classes whose docstring is shown by that of the module, or of what makes them."""


GENERATED = {
    path: f for path, f in FUNCTIONS.items() if hasattr(f, "op") or f.__qualname__ != f.__name__
}


@pytest.mark.parametrize("path", GENERATED)
def test_examples_of_generated_docstrings(path):
    """Doctest does not find these by itself: their home is where they are made."""
    function = FUNCTIONS[path]
    found = doctest.DocTestParser().get_doctest(function.__doc__, dict(NAMES), path, None, 0)
    assert found.examples
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    said = []
    runner.run(found, out=said.append)
    assert runner.summarize(verbose=False).failed == 0, "".join(said)
