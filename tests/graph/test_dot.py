"""Drawings of graphs."""

import os
import stat
import sys

import numpy as np
import pytest

from blocks import function, shared, tensor
from blocks.errors import GraphError
from blocks.graph.dot import dot_source, pydotprint

x, W = tensor.matrix("x"), shared(np.zeros((3, 2)), 'W "quoted"')
y = tensor.tanh(x.dot(W) + 1.5)


def arrows(source):
    """Return the labels of the boxes at both ends of each arrow."""
    labels, found = {}, []
    for line in source.splitlines():
        name, _, rest = line.strip().partition(" ")
        if rest.startswith("[label="):
            labels[name] = rest.split('label="')[1].split('", shape')[0].split("\\n")[0]
        elif rest.startswith("->"):
            found.append((labels[name], labels[rest.split()[1].rstrip(";")]))
    return found


def test_everything_is_drawn_once():
    assert arrows(dot_source([y, x], compact=False)) == [
        ("x", "dot"),
        ('W \\"quoted\\"', "dot"),
        ("dot", "add"),
        ("1.5", "add"),
        ("add", "tanh"),
        ("tanh", "output"),
        ("x", "x"),
    ]
    assert ("1.5", "add") not in arrows(dot_source([y]))


def test_long_labels_are_cut():
    long = tensor.scalar("n" * 200)
    assert '"nnnn..."' in dot_source([long], longest_label=7)


def test_files(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pydotprint(function([x], y), format="dot")
    assert capsys.readouterr().out == "The drawing is in operations.dot.\n"
    assert (tmp_path / "operations.dot").read_text() == dot_source([y])
    pydotprint(y, tmp_path / "other.dot", print_output_file=False)
    assert (tmp_path / "other.dot").read_text() == dot_source([y])


@pytest.fixture
def graphviz(tmp_path, monkeypatch):
    """A stand-in of Graphviz' program, as not every machine has it."""
    program = tmp_path / "dot"
    program.write_text(
        f"#!{sys.executable}\nimport sys\n"
        "if sys.argv[1] == '-Tbad': sys.exit('Format: \"bad\" not recognized.')\n"
        "sys.stdout.write(sys.argv[1] + ' of ' + sys.stdin.read()[:18])\n"
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


@pytest.mark.skipif(os.name == "nt", reason="needs scripts that name their interpreter")
def test_images(graphviz):
    pydotprint([y], graphviz / "drawing", format="svg", print_output_file=False)
    assert (graphviz / "drawing.svg").read_text() == "-Tsvg of digraph operations"
    assert pydotprint(y, return_image=True) == b"-Tpng of digraph operations"
    with pytest.raises(GraphError, match=r"got 'bad' \(Format: .bad. not recognized\.\)\. Use png"):
        pydotprint(y, format="bad")


def test_errors(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GraphError) as caught:
        pydotprint(y)
    assert str(caught.value) == (
        "pydotprint: expected Graphviz' program dot to draw png, got none. Install Graphviz, or "
        "pass format='dot'."
    )
    with pytest.raises(GraphError, match=r"expected variables or a function, got int\. Give"):
        pydotprint(3)
