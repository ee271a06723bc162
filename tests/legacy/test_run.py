"""`run`: what a script finds, and how it ends."""

import os
import sys
import textwrap
import traceback
import warnings

import pytest

from blocks import legacy
from blocks.legacy.run import ScriptError, run
from tests.test_docs import run as run_python


@pytest.fixture
def script(tmp_path):
    """A function that writes a script and returns its path."""

    def write(source, name="script.py"):
        path = tmp_path / name
        path.write_text(textwrap.dedent(source))
        return str(path)

    return write


def state():
    return sys.argv[:], sys.path[:], sys.modules["__main__"], legacy.installed()


def test_a_script_finds_what_it_would_find_under_python(script, tmp_path, monkeypatch, capsys):
    (tmp_path / "helper.py").write_text("from theano import tensor\nvalue = tensor.scalar('x')")
    (tmp_path / "data.txt").write_text("42")
    monkeypatch.chdir(tmp_path)
    script(
        """\
        import os, pickle, sys
        import helper
        class Pickled: pass
        print(sys.argv, __name__, __file__, sys.path[0] == os.getcwd())
        with open("data.txt") as file:
            print(file.read(), helper.value)
        print(type(pickle.loads(pickle.dumps(Pickled()))) is Pickled)
        print(sys.modules["__main__"].__dict__ is globals())
        """
    )
    before = state()
    run("script.py", ["--epochs", "3"])
    assert capsys.readouterr().out == (
        "['script.py', '--epochs', '3'] __main__ script.py True\n42 x\nTrue\nTrue\n"
    )
    assert state() == before
    del sys.modules["helper"]


def test_no_future_of_ours_leaks_into_a_script(script):
    with pytest.raises(NameError, match="undefined_name"):
        run(script("def f(x: undefined_name): pass"))


def test_old_names_stay_installed_where_they_were(script, installed):
    run(script("import fuel"))
    assert legacy.installed()


def test_an_exception_passes_with_few_frames_of_ours(script):
    path = script("import theano\n\ndef fail():\n    raise KeyError('mine')\n\nfail()\n")
    before = state()
    with pytest.raises(KeyError, match="mine") as caught:
        run(path)
    frames = traceback.extract_tb(caught.value.__traceback__)
    assert [(frame.filename, frame.lineno) for frame in frames[-2:]] == [(path, 6), (path, 4)]
    assert len(frames) == 4, "this test, run, and two of the script"
    assert state() == before


@pytest.mark.parametrize("code", [0, 3, None, "a reason"])
def test_an_exit_passes(script, code):
    with pytest.raises(SystemExit) as caught:
        run(script(f"import sys\nsys.exit({code!r})"))
    assert caught.value.code == code


BAD = [
    (
        "print 'hello'",
        "blocks run: expected Python 3, got {path}, line 1: Missing parentheses in call to "
        "'print'. Did you mean print(...). If it is Python 2, convert it first, for example with "
        "2to3 (part of Python 3.12 and earlier).",
    ),
    (
        "x = 1\nif x:\ny = 2\n",
        "blocks run: expected Python 3, got {path}, line 3: expected an indented block after 'if' "
        "statement on line 2. If it is Python 2, convert it first, for example with 2to3 (part of "
        "Python 3.12 and earlier).",
    ),
]


@pytest.mark.parametrize(("source", "message"), BAD)
def test_what_is_not_python_3(script, source, message):
    path = script(source)
    with pytest.raises(ScriptError) as caught:
        run(path)
    assert str(caught.value) == message.format(path=path)


def test_a_file_that_is_no_text(tmp_path):
    path = tmp_path / "script.py"
    path.write_bytes(b"\0\0")
    with pytest.raises(ScriptError, match=r"expected Python 3, got .*script.py.*null bytes\. If"):
        run(path)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("scirpt.py", "which does not exist. Check the path. Did you mean 'script.py'?"),
        ("zzz", "which does not exist. Check the path."),
        ("", "which is a folder. Name a file in it."),
        ("no/script.py", "but there is no folder {folder}/no."),
    ],
)
def test_a_script_that_is_not_there(script, tmp_path, name, reason):
    script("")
    path = os.path.join(tmp_path, name)
    with pytest.raises(ScriptError) as caught:
        run(path)
    assert str(caught.value) == (
        f"blocks run: expected a script, got {path}, {reason.format(folder=tmp_path)}"
    )


@pytest.mark.skipif(not hasattr(BaseException, "add_note"), reason="notes are new in Python 3.11")
@pytest.mark.parametrize(
    ("source", "name"),
    [("xrange(3)", "xrange"), ("import cPickle", "cPickle"), ("{}.iteritems()", "iteritems")],
)
def test_python_2_that_compiles_is_named(script, source, name):
    with pytest.raises((NameError, ImportError, AttributeError)) as caught:
        run(script(source))
    assert caught.value.__notes__ == [
        f"{name} is of Python 2: convert the script, for example with 2to3."
    ]


def test_a_bad_setting_is_named_before_the_script_runs(script, monkeypatch, capsys):
    monkeypatch.setenv("THEANO_FLAGS", "floatX=float16")
    with pytest.raises(ScriptError) as caught:
        run(script("print('running')"))
    assert str(caught.value) == (
        "blocks run: THEANO_FLAGS, floatX: config: bad value of floatX: expected 'float32' or "
        "'float64', got 'float16'."
    )
    assert capsys.readouterr().out == ""


def test_a_script_warns_once_of_an_older_name(script):
    path = script("for i in range(2):\n    from blocks.bricks import Sigmoid\n    Sigmoid()\n")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        run(path)
    (warning,) = caught
    assert (warning.filename, warning.lineno) == (path, 2)


def test_warnings_are_shown_without_asking(script, tmp_path):
    path = script("from blocks.bricks import WEIGHT\n")
    result = run_python("-W", "default", "-m", "blocks", "run", path, folder=tmp_path)
    assert result.returncode == 0
    assert result.stderr.count("blocks.bricks.WEIGHT is an older name of blocks.roles.WEIGHT.") == 1


def test_flags_reach_the_script(script, tmp_path, monkeypatch):
    monkeypatch.setenv("THEANO_FLAGS", "floatX=float32,mode=FAST_COMPILE")
    path = script(
        """\
        import theano
        x = theano.tensor.vector("x")
        f = theano.function([x], 2 * x)
        print(theano.config.floatX, f.mode, f([1]).dtype)
        """
    )
    result = run_python("-m", "blocks", "run", path, folder=tmp_path)
    assert (result.stdout, result.stderr) == ("float32 reference float32\n", "")
