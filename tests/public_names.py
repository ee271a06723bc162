"""The public names of Blocks 0.2 and Fuel 0.2 against ours; what is missing is listed and shrinks.

``tests/missing_names.txt`` holds one entry a line:

- ``module:Class.method``: there is no such name;
- ``module:function(parameter)``: the function has no such parameter;
- ``module:function(parameter=1.0)``: the parameter has another default;
- ``module:function(first, second)``: the parameters come in another order.

``python tests/public_names.py --update`` rewrites the list. It refuses to add entries
unless ``--allow-growth`` is given too. It needs ../shared.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import functools
import importlib
import inspect
import re
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LIST = Path(__file__).with_name("missing_names.txt")
API = ROOT.parent / "shared" / "api"
OLD = ["blocks.md", "fuel.md"]


@dataclass(frozen=True)
class Name:
    """An old name and, for a function, its parameters with their defaults as written."""

    module: str
    path: str
    parameters: tuple[tuple[str, str | None], ...] | None = None

    def __str__(self):
        return f"{self.module}:{self.path}"


def without_decorators(text):
    """Split ``@a(b, c) @d name(self)`` into the decorators and the rest."""
    decorators = []
    while text.startswith("@"):
        depth, end = 0, len(text)
        for position, letter in enumerate(text):
            depth += (letter in "([{") - (letter in ")]}")
            if letter == " " and depth == 0:
                end = position
                break
        decorators.append(text[1:end])
        text = text[end:].lstrip()
    return decorators, text


def parse_parameters(signature):
    """Return the names and defaults of ``name(self, a, b=1, *args, **kwargs)``."""
    arguments = ast.parse(f"def {signature}: pass").body[0].args
    names = [argument.arg for argument in [*arguments.posonlyargs, *arguments.args]]
    defaults = [None] * (len(names) - len(arguments.defaults))
    defaults += [ast.unparse(default) for default in arguments.defaults]
    pairs = [*zip(names, defaults, strict=True)]
    return tuple(pairs[1:] if names[:1] in (["self"], ["cls"], ["mcs"]) else pairs)


def parse(text):
    """Return the names in the text block of a file of old names."""
    names = []
    module = owner = None
    for line in re.search(r"```text\n(.*?)```", text, re.DOTALL)[1].splitlines():
        indent = len(line) - len(line.lstrip())
        decorators, rest = without_decorators(line.strip())
        if rest.startswith("## "):
            module, owner = rest[3:], None
        elif not rest or any(d.endswith(".setter") for d in decorators):
            continue
        elif match := re.match(r"from \S+ import (.*)", rest):
            names += [Name(module, name) for name in match[1].split(", ")]
        elif match := re.match(r"class (\w+)", rest):
            owner = match[1]
            names.append(Name(module, owner))
        elif indent == 4 and owner is None:  # a tuple of names that the module re-exports
            names += [Name(module, name) for name in re.findall(r"'(\w+)'", rest)]
        else:
            prefix = f"{owner}." if indent == 4 else ""
            if match := re.match(r"(?:def )?(\w+)\(", rest):
                is_property = "property" in decorators
                signature = rest.removeprefix("def ")
                parameters = None if is_property else parse_parameters(signature)
                names.append(Name(module, prefix + match[1], parameters))
            elif match := re.match(r"(\w+) = ", rest):
                names.append(Name(module, prefix + match[1]))
            else:
                raise ValueError(f"{module}: expected a name, got {line!r}")
    return list(dict.fromkeys(names))


@functools.cache
def load(module):
    """Import a module; None if there is none or it does not work."""
    try:
        return importlib.import_module(module)
    except Exception:  # a module that somebody is writing just now may raise anything
        return None


ABSENT = object()


def find(module, path):
    """Return the object at a path in a module, or ABSENT."""
    found = load(module)
    if found is None:
        return ABSENT
    name, *members = path.split(".")
    try:
        found = getattr(found, name)  # a module of old names looks it up
        for member in members:
            found = inspect.getattr_static(found, member)  # runs no property
    except Exception:
        return ABSENT
    return found


def parameters_of(found):
    """Return the parameters of a function, method or application, or None."""
    if isinstance(found, staticmethod | classmethod):
        found = found.__func__
    found = getattr(found, "application_function", found)
    try:
        signature = inspect.signature(found)
    except (TypeError, ValueError):
        return None
    pairs = [(p.name, p.default) for p in signature.parameters.values()]
    return pairs[1:] if pairs and pairs[0][0] in ("self", "cls", "mcs") else pairs


def requirements(name):
    """List what an old name asks for, as entries: the name, its parameters, defaults, order."""
    yield str(name)
    for parameter, default in name.parameters or ():
        yield f"{name}({parameter})"
        if default is not None and literal(default) is not ABSENT:
            yield f"{name}({parameter}={default})"
    if len(name.parameters or ()) > 1:
        yield f"{name}({', '.join(parameter for parameter, _ in name.parameters)})"


def literal(text):
    """Evaluate a default; ABSENT if it is more than a literal."""
    try:
        return ast.literal_eval(text)
    except ValueError:
        return ABSENT


def is_met(entry):
    """Tell whether an entry is there: a name, a parameter, its default, or an order."""
    module, path, asked = re.fullmatch(r"([\w.]+):([\w.]+)(?:\((.*)\))?", entry).groups()
    found = find(module, path)
    if asked is None or found is ABSENT:
        return found is not ABSENT
    parameters = parameters_of(found)
    if parameters is None:
        return False
    names = [name for name, _ in parameters]
    if match := re.match(r"(\w+)=(.*)", asked):
        default = dict(parameters).get(match[1], ABSENT)
        with contextlib.suppress(Exception):
            return bool(default == literal(match[2]))
        return False
    positions = [names.index(name) if name in names else -1 for name in asked.split(", ")]
    return -1 not in positions and positions == sorted(positions)


def missing(names):
    """List the entries that are not met, without those that follow from another one."""
    entries = []
    for name in names:
        unmet = [entry for entry in requirements(name) if not is_met(entry)]
        if str(name) in unmet:
            unmet = [str(name)]
        absent = {entry[:-1] for entry in unmet if re.search(r"\(\w+\)$", entry)}
        entries += [
            entry
            for entry in unmet
            if not any(entry.startswith(f"{start}=") for start in absent)
            and not (absent and ", " in entry.partition("(")[2] and "=" not in entry)
        ]
    return sorted(set(entries))


@contextlib.contextmanager
def old_names():
    """Let the old import names resolve to ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        legacy = load("blocks.legacy")
        load.cache_clear()
        try:
            with contextlib.suppress(Exception):
                legacy.install()
            yield
        finally:
            with contextlib.suppress(Exception):
                legacy.uninstall()
            load.cache_clear()


def old_interface():
    """Return the names of the old packages."""
    return [name for file in OLD for name in parse((API / file).read_text(encoding="utf-8"))]


def listed():
    """Return the entries of the list."""
    return LIST.read_text(encoding="utf-8").splitlines()


def update(allow_growth):
    """Rewrite the list; return what went wrong, or nothing."""
    if not API.is_dir():
        return "expected the old names in ../shared/api, got no such folder."
    with old_names():
        now = missing(old_interface())
    before = set(listed()) if LIST.exists() else set()
    new = [entry for entry in now if entry not in before]
    if new and not allow_growth:
        return (
            f"expected a shorter list, got {len(new)} new entries:\n  "
            + "\n  ".join(new)
            + "\nBring them back, or say --allow-growth."
        )
    LIST.write_text("".join(f"{entry}\n" for entry in now), encoding="utf-8")
    print(f"{LIST.name}: {len(now)} entries, {len(before)} before.")
    return ""


def main():
    parser = argparse.ArgumentParser(description="Check the old public names against ours.")
    parser.add_argument("--update", action="store_true", help="rewrite the list")
    parser.add_argument("--allow-growth", action="store_true", help="let the list get longer")
    options = parser.parse_args()
    if options.update:
        return update(options.allow_growth)
    with old_names():
        print(*missing(old_interface()), sep="\n")
    return ""


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
