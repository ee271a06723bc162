"""``blocks run --check SCRIPT``: what a script needs, and what of it is missing.

The script is read, not run.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import os
import sys
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from blocks.errors import nearest
from blocks.legacy.finder import LegacyFinder
from blocks.legacy.missing import LegacyImportError
from blocks.legacy.modules import LegacyModule
from blocks.legacy.python_2 import PYTHON_2
from blocks.legacy.run import old_names, source_of
from blocks.legacy.uses import Uses

__all__ = ["Finding", "check", "findings"]

OURS = ("blocks", *LegacyFinder.ROOTS)
OLDER_KEYWORDS = {
    "after_every_batch": "after_batch",
    "after_every_epoch": "after_epoch",
    "params": "parameters",
    "which_set": "which_sets",
}
"""Keywords of 2015 that are taken with a warning."""

WITH = "for example with 2to3"
CONVERT = f"of Python 2: convert the script, {WITH}"


@dataclass(frozen=True)
class Finding:
    """A name that a script uses, and how it stands with it.

    Parameters
    ----------
    name
        The dotted name.
    lines
        The lines that use it.
    status
        Where it is, or what to do without it.
    is_missing
        Whether the script cannot do with it as it is.
    """

    name: str
    lines: tuple[int, ...]
    status: str
    is_missing: bool = False


def check(scripts: Sequence[str | os.PathLike[str]]) -> bool:
    """Print what scripts need; return whether all of it is there.

    Raises
    ------
    ScriptError
        If there is no such file, or the environment holds a setting that does not fit.
    """
    complete = True
    with old_names():
        for script in scripts:
            found = findings(source_of(os.fspath(script)), os.path.dirname(script))
            missing = sum(finding.is_missing for finding in found)
            complete = complete and not missing
            print(f"{os.fspath(script)}: {len(found)} names, {missing} missing")
            print(*_table(found), sep="\n", end="\n" if found else "")
    return complete


def _table(found: Sequence[Finding]) -> Iterator[str]:
    lines = [_numbers(finding.lines) for finding in found]
    width = max((len(finding.name) for finding in found), default=0)
    number_width = max(map(len, lines), default=0)
    for finding, numbers in zip(found, lines, strict=True):
        mark = "!" if finding.is_missing else " "
        yield f"{mark} {finding.name:{width}}  {numbers:{number_width}}  {finding.status}"


def _numbers(lines: Sequence[int]) -> str:
    shown = ", ".join(map(str, lines[:4]))
    return f"{shown}, ..." if len(lines) > 4 else shown


def findings(source: bytes | str, folder: str = "") -> list[Finding]:
    """Return what a script uses, while old names are installed.

    Parameters
    ----------
    source
        The text of the script.
    folder
        Where it lies: modules beside it are its own.
    """
    text = source if isinstance(source, str) else _decoded(source)
    uses = Uses(text)
    found = []
    if uses.error is not None:
        line = uses.error.lineno or 1
        message = uses.error.msg.rstrip("?.")
        found.append(
            Finding(
                "Python 3",
                (line,),
                f"{message}. If it is Python 2, convert it first, for example with 2to3",
                True,
            )
        )
    for name, lines in uses.names.items():
        found += _finding(name, sorted(lines), uses.is_optional(name), folder)
    for name, lines in uses.python_2.items():
        found.append(Finding(name, tuple(sorted(lines)), CONVERT, True))
    for (name, keyword), lines in uses.keywords.items():
        status, is_missing = _keyword(name, keyword)
        if status:
            call = f"{name}({keyword}=)"
            found.append(Finding(call, tuple(sorted(lines)), status, is_missing))
    return sorted(found, key=lambda finding: (finding.lines, finding.name))


def _decoded(source: bytes) -> str:
    try:
        return importlib.util.decode_source(source)
    except (SyntaxError, UnicodeDecodeError):  # an encoding that it does not declare
        return source.decode("latin-1")


def _finding(name: str, lines: Iterable[int], optional: bool, folder: str) -> list[Finding]:
    root = name.partition(".")[0]
    numbers = tuple(lines)
    if root in PYTHON_2:
        return [Finding(name, numbers, CONVERT, not optional)]
    if root in sys.stdlib_module_names:
        return []
    if root in OURS:
        status, is_missing = _ours(name)
    elif os.path.exists(os.path.join(folder, f"{root}.py")) or os.path.isdir(
        os.path.join(folder or ".", root)
    ):
        status, is_missing = "beside the script: check it, too", False
    elif importlib.util.find_spec(root) is not None:
        status, is_missing = "not ours: installed", False
    else:
        status, is_missing = f"not ours: not installed. Install {root}", True
    if is_missing and optional:
        status, is_missing = f"{status} (the script goes on without it)", False
    return [Finding(name, numbers, status, is_missing)]


def _ours(name: str) -> tuple[str, bool]:
    """Return how it stands with a name of Theano, Fuel or Blocks, and whether it is missing."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            _, status = _resolved(name)
        except (ImportError, AttributeError) as error:
            return f"missing: {_remedy(name, error)}", True
    older = [str(w.message) for w in caught if w.category is DeprecationWarning]
    for message in older:
        _, sign, today = message.partition(" is an older name of ")
        if sign:
            return f"older name of {today.rstrip('.')}", False
    return status, False


def _remedy(name: str, error: Exception) -> str:
    message = str(error).removeprefix(f"{name}: ")
    _, sign, remedy = message.partition("got one that it does not have")
    return remedy.removeprefix(" (yet)").lstrip(". ") or "not there (yet)" if sign else message


def _resolved(name: str) -> tuple[Any, str]:
    """Return the object that a dotted name stands for, and where it is."""
    root, *parts = name.split(".")
    found: Any = importlib.import_module(root)
    path, status = root, "here"
    for part in parts:
        path = f"{path}.{part}"
        if not isinstance(found, ModuleType):
            found = getattr(found, part)
            continue
        target = found._target(part) if isinstance(found, LegacyModule) else None
        if target is not None and not target.startswith("blocks.legacy."):
            status = f"here: {target.replace(':', '.')}" if target != path else "here"
        try:
            found = getattr(found, part)
        except AttributeError as error:
            try:
                found = importlib.import_module(path)
            except LegacyImportError:
                raise
            except ImportError:
                raise error from None
    return found, status


def _keyword(name: str, keyword: str) -> tuple[str, bool]:
    """Return what is to be said of a keyword of a function of ours, and whether it is missing."""
    if name.partition(".")[0] not in OURS:
        return "", False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            function, _ = _resolved(name)
            parameters = inspect.signature(function).parameters
        except (ImportError, AttributeError, TypeError, ValueError):
            return "", False
    takes = [p.name for p in parameters.values() if p.kind is not p.POSITIONAL_ONLY]
    if keyword not in takes and not any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        return f"missing: no such keyword.{nearest(keyword, takes)}", True
    today = OLDER_KEYWORDS.get(keyword, keyword)
    return (f"older name of {today}=" if today != keyword else ""), False
