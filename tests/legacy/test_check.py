"""``blocks run --check``: what scripts need, read without running them."""

import re
import subprocess
import sys
import textwrap

import pytest

from blocks import legacy
from blocks.__main__ import main
from blocks.legacy.check import findings
from blocks.legacy.uses import Uses
from tests.test_docs import ROOT
from tests.test_docs import run as run_python


def names(source):
    """Return the names that a script uses, with their lines."""
    return {name: sorted(lines) for name, lines in Uses(textwrap.dedent(source)).names.items()}


USES = [
    ("import theano", {"theano": [1]}),
    ("import theano.tensor", {"theano.tensor": [1]}),
    ("import theano.tensor\ntheano.tensor.exp", {"theano.tensor": [1], "theano.tensor.exp": [2]}),
    ("import a.b as T\nT.c.d(1)", {"a.b": [1], "a.b.c.d": [2]}),
    ("from a import b as c, d\nc.e", {"a.b": [1], "a.d": [1], "a.b.e": [2]}),
    ("from a import *", {"a": [1]}),
    ("from . import a\nfrom .b import c\na.x, c.y", {}),
    ("from __future__ import division", {}),
    ("import a\na.b = 1\na.c.d = 2\ndel a.e.f", {"a": [1], "a.c": [3], "a.e": [4]}),
    ("import a\na.f(1).g\na.b[0].c", {"a": [1], "a.f": [2], "a.b": [3]}),
    ("import a\nx = a\nx.y", {"a": [1], "a.y": [3]}),
    ("import a\nx = a.b\nx.y", {"a": [1], "a.b": [2], "a.b.y": [3]}),
    ("import a\nx = a.f()\nx.y", {"a": [1], "a.f": [2]}),
    ("import a\nx = y = a.b\nx.y", {"a": [1], "a.b": [2]}),
    ("def f():\n  return a.b\nimport a", {"a": [3], "a.b": [2]}),
    ("import a\ndef f(a):\n  return a.b\na.c", {"a": [1], "a.c": [4]}),
    ("import a\ndef f():\n  a = 1\n  return a.b\na.c", {"a": [1], "a.c": [5]}),
    ("import a\nf = lambda a: a.b", {"a": [1]}),
    ("import a\ndef f():\n  import b\n  b.c(a.d)", {"a": [1], "b": [3], "b.c": [4], "a.d": [4]}),
    ("import a\nclass B(a.C):\n  x = a.d", {"a": [1], "a.C": [2], "a.d": [3]}),
    ("import a\nclass B:\n  def f(self):\n    return a.e", {"a": [1], "a.e": [4]}),
]


@pytest.mark.parametrize(("source", "expected"), USES)
def test_what_a_script_uses(source, expected):
    assert names(source) == expected


PYTHON_2_SOURCE = """\
import theano.tensor as T  # noqa
from blocks.bricks import (MLP,
                           Tanh)
from fuel.streams import \\
    DataStream
print "T.exp", T.tanh(3).T
raise ValueError, T.nnet.relu
"""


def test_python_2_is_read_by_its_looks():
    uses = Uses(PYTHON_2_SOURCE)
    assert uses.error.lineno == 6
    assert {name: sorted(lines) for name, lines in uses.names.items()} == {
        "theano.tensor": [1],
        "blocks.bricks.MLP": [2],
        "blocks.bricks.Tanh": [2],
        "fuel.streams.DataStream": [4],
        "theano.tensor.tanh": [6],
        "theano.tensor.nnet.relu": [7],
    }


@pytest.mark.parametrize(
    ("source", "optional"),
    [
        ("try:\n  import a\nexcept ImportError:\n  a = None", {"a"}),
        ("try:\n  from a import b\nexcept (KeyError, ModuleNotFoundError):\n  pass", {"a.b"}),
        ("try:\n  import a\nexcept:\n  import b", {"a"}),
        ("try:\n  import a\nexcept KeyError:\n  pass", set()),
        ("try:\n  import a\nfinally:\n  pass", set()),
        ("try:\n  import a\nexcept ImportError:\n  pass\nimport a", set()),
        ("import a\ntry:\n  import a\nexcept ImportError:\n  pass", set()),
    ],
)
def test_imports_that_may_fail(source, optional):
    assert Uses(source).optional == optional


def test_keywords_and_names_of_python_2():
    uses = Uses(
        "import a\na.f(1, b=2, **{})(c=3)\nxrange(2), {}.iteritems()\ndef unicode(): unicode"
    )
    assert uses.keywords == {("a.f", "b"): {2}}
    assert uses.python_2 == {"xrange": {3}, ".iteritems": {3}}


STATUS = [
    ("import theano", "theano", "here", False),
    ("from theano import tensor", "theano.tensor", "here", False),
    (
        "from theano import tensor\ntensor.matrix",
        "theano.tensor.matrix",
        "here: blocks.tensor.matrix",
        False,
    ),
    ("import theano\ntheano.config.floatX", "theano.config.floatX", "here", False),
    ("from blocks.bricks import MLP", "blocks.bricks.MLP", "here", False),
    ("from blocks.bricks import MLP\nMLP.apply", "blocks.bricks.MLP.apply", "here", False),
    (
        "from blocks.bricks import Sigmoid",
        "blocks.bricks.Sigmoid",
        "older name of blocks.bricks.Logistic",
        False,
    ),
    (
        "from blocks.datasets.mnist import MNIST",
        "blocks.datasets.mnist.MNIST",
        "older name of blocks.datastreams.MNIST, with Flatten and default_stream",
        False,
    ),
    (
        "from theano.gpuarray import dnn",
        "theano.gpuarray.dnn",
        "missing: There is no GPU backend.",
        True,
    ),
    (
        "from theano import tensor as T\nT.nnet.conv2d",
        "theano.tensor.nnet.conv2d",
        "missing: Convolutions and pooling are not there yet.",
        True,
    ),
    (
        "try:\n  import theano.sandbox.cuda.dnn\nexcept ImportError: pass",
        "theano.sandbox.cuda.dnn",
        "missing: There is no GPU backend. (the script goes on without it)",
        False,
    ),
    (
        "from blocks.bricks import Lineer",
        "blocks.bricks.Lineer",
        "missing: Did you mean 'Linear' or 'LinearLike' or 'LinearMaxout'?",
        True,
    ),
    (
        "from blocks.bricks import MLP\nMLP.aply",
        "blocks.bricks.MLP.aply",
        "missing: type object 'MLP' has no attribute 'aply'",
        True,
    ),
    (
        "import theano.sandbox.cuda as C\nC.usee",
        "theano.sandbox.cuda.usee",
        "missing: Did you mean 'use'?",
        True,
    ),
    ("import theano.qqqq", "theano.qqqq", "missing: not there (yet)", True),
    ("import numpy", "numpy", "not ours: installed", False),
    (
        "import no_such_package.x",
        "no_such_package.x",
        "not ours: not installed. Install no_such_package",
        True,
    ),
    (
        "import cPickle",
        "cPickle",
        "of Python 2: convert the script, for example with 2to3",
        True,
    ),
    (
        "x = raw_input()",
        "raw_input",
        "of Python 2: convert the script, for example with 2to3",
        True,
    ),
    (
        "print 'x'",
        "Python 3",
        "Missing parentheses in call to 'print'. Did you mean print(...). If it is Python 2, "
        "convert it first, for example with 2to3",
        True,
    ),
    (
        "import theano\ntheano.function([], alow_input_downcast=True)",
        "theano.function(alow_input_downcast=)",
        "missing: no such keyword. Did you mean 'allow_input_downcast'?",
        True,
    ),
    (
        "from blocks.algorithms import GradientDescent\nGradientDescent(params=[])",
        "blocks.algorithms.GradientDescent(params=)",
        "older name of parameters=",
        False,
    ),
]


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(("source", "name", "status", "is_missing"), STATUS)
def test_how_it_stands_with_a_name(source, name, status, is_missing):
    (finding,) = [found for found in findings(source) if found.name == name]
    assert (finding.status, finding.is_missing) == (status, is_missing)
    assert any(f.is_missing for f in findings(source)) is is_missing


@pytest.mark.usefixtures("installed")
def test_what_needs_no_word():
    source = """\
        import os.path, sys
        from collections import OrderedDict
        from theano import tensor
        tensor.dot(1, 2).sum(axis=0, unknown=3)
        tensor.exp(OrderedDict(a=1), out=None) if sys.argv else os.path.join(a="b")
    """
    assert [f.name for f in findings(textwrap.dedent(source))] == [
        "theano.tensor",
        "theano.tensor.dot",
        "theano.tensor.exp",
        "theano.tensor.exp(out=)",
    ]


@pytest.fixture
def script(tmp_path):
    def write(name, source):
        (tmp_path / name).write_text(textwrap.dedent(source))
        return str(tmp_path / name)

    return write


def test_the_table(script, capsys):
    script("helper.py", "")
    good = script("good.py", "import helper\nfrom blocks.bricks import MLP\nraise SystemExit(7)\n")
    bad = script("bad.py", "from theano import sparse, tensor\n" + "tensor.exp(1)\n" * 6)
    assert not legacy.installed()
    assert main(["run", "--check", good]) == 0
    assert main(["run", "--check", good, bad]) == 1
    assert not legacy.installed()
    table = f"""\
{good}: 2 names, 0 missing
  helper             1  beside the script: check it, too
  blocks.bricks.MLP  2  here
"""
    assert capsys.readouterr().out == table * 2 + (
        f"""\
{bad}: 3 names, 1 missing
! theano.sparse      1                missing: Sparse matrices are not there.
  theano.tensor      1                here
  theano.tensor.exp  2, 3, 4, 5, ...  here: blocks.tensor.exp
"""
    )


def test_a_script_that_is_not_there(tmp_path, capsys):
    assert main(["run", "--check", str(tmp_path / "no.py")]) == 2
    assert "expected a script" in capsys.readouterr().err


def test_an_empty_script(script, capsys):
    path = script("empty.py", "")
    assert main(["run", "--check", path]) == 0
    assert capsys.readouterr().out == f"{path}: 0 names, 0 missing\n"


def test_odd_bytes(tmp_path, capsys):
    for name, content in (
        ("latin.py", b"# \xe9\nimport theano\n"),
        ("null.py", b"import theano\0"),
    ):
        (tmp_path / name).write_bytes(content)
    assert main(["run", "--check", str(tmp_path / "latin.py")]) == 0
    assert main(["run", "--check", str(tmp_path / "null.py")]) == 1
    assert "null bytes" in capsys.readouterr().out


def test_the_example_of_the_porting_guide(tmp_path, monkeypatch, capsys):
    guide = (ROOT / "docs" / "porting.md").read_text(encoding="utf-8")
    source, output = re.findall(r"```text\n(.*?)```", guide.partition("--check")[2], re.DOTALL)[:2]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old.py").write_text(source)
    assert main(["run", "--check", "old.py"]) == 1
    assert capsys.readouterr().out == output


@pytest.mark.parametrize("name", ["tutorial_legacy.py", "tutorial.py", "mnist.py"])
def test_the_examples_need_nothing_else(name, capsys):
    assert main(["run", "--check", str(ROOT / "examples" / name)]) == 0
    output = capsys.readouterr().out
    assert ", 0 missing" in output
    if name == "tutorial_legacy.py":
        assert "older name of blocks.roles.WEIGHT" in output
        assert "blocks.algorithms.GradientDescent(params=)" in output


def test_the_help_names_it():
    result = subprocess.run(
        [sys.executable, "-m", "blocks", "run", "--help"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert "--check" in result.stdout
    assert "what is missing" in " ".join(result.stdout.split())


def test_arguments_of_a_script_are_its_own(script, tmp_path):
    """Only what stands before the script belongs to the command."""
    path = script("script.py", "import sys\nprint(sys.argv[1:])\n")
    result = run_python("-m", "blocks", "run", path, "--check", folder=tmp_path)
    assert result.stdout == "['--check']\n"
