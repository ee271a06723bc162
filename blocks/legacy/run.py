"""``blocks run SCRIPT``: run an old script with its old imports."""

from __future__ import annotations

import builtins
import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from types import CodeType, ModuleType

from blocks.errors import BlocksError, ConfigurationError, nearest
from blocks.legacy import install, installed, uninstall
from blocks.legacy.missing import LegacyImportError
from blocks.legacy.python_2 import PYTHON_2

__all__ = ["ScriptError", "old_names", "run", "source_of"]


class ScriptError(BlocksError):
    """A script cannot be run as it is."""


def run(script: str | os.PathLike[str], arguments: Sequence[str] = ()) -> None:
    """Run a script as ``python SCRIPT ARGUMENTS`` would, with old names resolved to ours.

    Parameters
    ----------
    script
        The path of the script.
    arguments
        What it finds in ``sys.argv``.

    Raises
    ------
    ScriptError
        If there is no such file, it is not Python 3, or the environment holds a setting
        that does not fit. Whatever the script raises passes through.
    """
    path = os.fspath(script)
    code = _compiled(path)
    argv, folders, main = sys.argv[:], sys.path[:], sys.modules.get("__main__")
    with old_names():
        sys.argv[:] = [path, *arguments]
        sys.path.insert(0, os.path.dirname(os.path.abspath(path)))
        sys.modules["__main__"] = module = ModuleType("__main__")
        vars(module).update(__file__=path, __builtins__=builtins)
        try:
            exec(code, vars(module))
        except BaseException as error:
            _note_python_2(error)
            raise
        finally:
            sys.argv[:], sys.path[:] = argv, folders
            if main is not None:
                sys.modules["__main__"] = main


@contextlib.contextmanager
def old_names() -> Iterator[None]:
    """Install old names for a while, unless they are installed anyway.

    Raises
    ------
    ScriptError
        If they cannot be: a setting in the environment does not fit, or a real Theano is
        imported.
    """
    was_installed = installed()
    try:
        install()
    except (ConfigurationError, LegacyImportError) as error:
        raise ScriptError(f"blocks run: {error}") from None
    try:
        yield
    finally:
        if not was_installed:
            uninstall()


def source_of(path: str) -> bytes:
    """Return the text of a script.

    Raises
    ------
    ScriptError
        If there is no such file, or it cannot be read.
    """
    if not os.path.isfile(path):
        raise ScriptError(f"blocks run: expected a script, got {path}, {_what_is_there(path)}")
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise ScriptError(
            f"blocks run: expected a script, got {path}, which cannot be read ({error.strerror}). "
            "Change its permissions."
        ) from None


def _compiled(path: str) -> CodeType:
    source = source_of(path)
    try:
        return compile(source, path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        line = f", line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        raise ScriptError(
            f"blocks run: expected Python 3, got {path}{line}: "
            f"{str(getattr(error, 'msg', error)).rstrip('?.')}. If it is Python 2, convert it "
            "first, for example with 2to3 (part of Python 3.12 and earlier)."
        ) from None


def _what_is_there(path: str) -> str:
    if os.path.isdir(path):
        return "which is a folder. Name a file in it."
    folder, name = os.path.split(path)
    try:
        return f"which does not exist. Check the path.{nearest(name, os.listdir(folder or '.'))}"
    except OSError:
        return f"but there is no folder {folder}."


def _note_python_2(error: BaseException) -> None:
    name = getattr(error, "name", None)
    if name in PYTHON_2 and hasattr(error, "add_note"):  # Python 3.11
        error.add_note(f"{name} is of Python 2: convert the script, for example with 2to3.")
