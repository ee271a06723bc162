"""``blocks run SCRIPT``: run an old script with its old imports."""

from __future__ import annotations

import os
import runpy
import sys
from collections.abc import Sequence

from blocks.errors import BlocksError
from blocks.legacy import install

__all__ = ["ScriptError", "run"]


class ScriptError(BlocksError):
    """A script cannot be run as it is."""


def run(script: str, arguments: Sequence[str] = ()) -> None:
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
        If there is no such file, or it is not Python 3.
    """
    if not os.path.isfile(script):
        raise ScriptError(f"blocks run: expected a script, got {script!r}, which is no file.")
    with open(script, "rb") as file:
        source = file.read()
    try:
        compile(source, script, "exec")
    except SyntaxError as error:
        raise ScriptError(
            f"blocks run: expected Python 3, got {script}, line {error.lineno}: {error.msg}. "
            "If it is Python 2, convert it first, for example with 2to3."
        ) from None
    install()
    argv, path = sys.argv[:], sys.path[:]
    sys.argv[:] = [script, *arguments]
    sys.path.insert(0, os.path.dirname(os.path.abspath(script)))
    try:
        runpy.run_path(script, run_name="__main__")
    finally:
        sys.argv[:], sys.path[:] = argv, path
