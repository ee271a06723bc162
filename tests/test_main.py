"""The command line."""

import pytest

from blocks.__main__ import main
from blocks.version import version
from tests.test_docs import run as run_python


@pytest.fixture
def script(tmp_path):
    """The path of a script that prints its arguments and exits with the first."""
    path = tmp_path / "script.py"
    path.write_text("import sys, fuel\nprint(sys.argv[1:])\nif sys.argv[1:]: sys.exit(4)\n")
    return str(path)


def test_run(script, capsys):
    assert main(["run", script]) == 0
    assert capsys.readouterr().out == "[]\n"


@pytest.mark.parametrize(
    "arguments", [["a"], ["--epochs", "3"], ["-h"], ["--", "x"], ["--version"], ["a", "--"]]
)
def test_arguments_and_exit_status_are_the_scripts(script, capsys, arguments):
    with pytest.raises(SystemExit) as caught:
        main(["run", script, *arguments])
    assert caught.value.code == 4
    assert capsys.readouterr().out == f"{arguments}\n"


def test_a_script_that_cannot_be_run(tmp_path, capsys):
    assert main(["run", str(tmp_path / "no.py")]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err == (
        f"blocks run: expected a script, got {tmp_path}/no.py, which does not exist. "
        "Check the path.\n"
    )


@pytest.mark.parametrize(
    ("arguments", "status", "expected"),
    [
        (["--version"], 0, version),
        (["--help"], 0, "run an old script"),
        (["run", "--help"], 0, "the script"),
        ([], 2, "command"),
        (["run"], 2, "script"),
        (["walk"], 2, "walk"),
    ],
)
def test_usage(arguments, status, expected, capsys):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == status
    output = capsys.readouterr()
    assert expected in (output.err if status else output.out)


def test_the_module_is_the_command(script, tmp_path):
    result = run_python("-m", "blocks", "run", script, "a", "b", folder=tmp_path)
    assert (result.returncode, result.stdout, result.stderr) == (4, "['a', 'b']\n", "")


def test_an_exception_of_the_script_ends_the_command(tmp_path):
    path = tmp_path / "fail.py"
    path.write_text("import theano\ntheano.sparse\n")
    result = run_python("-m", "blocks", "run", path, folder=tmp_path)
    assert result.returncode == 1
    assert f'File "{path}", line 2, in <module>' in result.stderr
    assert result.stderr.splitlines()[-1].startswith(
        "AttributeError: theano.sparse: expected a name"
    )
