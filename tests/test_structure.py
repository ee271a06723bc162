"""The shape of the source: imports go one way, files are short, nothing is tied to a machine.

The first half checks the repository, the second half checks the checks, on small trees.
"""

import itertools
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import structure

ROOT = Path(__file__).resolve().parents[1]

LAYERS = [
    [
        "blocks.errors",
        "blocks.config",
        "blocks.division",
        "blocks.notebook",
        "blocks.older",
        "blocks.representation",
        "blocks.roles",
        "blocks.version",
    ],
    ["blocks.graph"],
    ["blocks.compile"],
    [
        "blocks",  # only what `import blocks` itself imports; the modules in it are listed
        "blocks.tensor",
        "blocks.filter",
        "blocks.initialization",
        "blocks.theano_expressions",
        "blocks.utils",
    ],
    ["blocks.bricks", "blocks.algorithms", "blocks.datastreams"],
    [
        "blocks.log",
        "blocks.monitoring",
        "blocks.model",
        "blocks.select",
        "blocks.serialization",
        "blocks.search",
    ],
    ["blocks.extensions", "blocks.main_loop", "blocks.utils.testing"],
    ["blocks.legacy", "blocks.bench", "blocks.__main__"],
]
"""From the bottom to the top: a module imports from its own row and those before it."""

ONLY = {
    "blocks.datastreams": [
        "blocks.errors",
        "blocks.config",
        "blocks.division",
        "blocks.older",
        "blocks.representation",
    ]
}
"""Packages that may import only a few others."""

LINE_LIMIT = 400
LONG_FILES: dict[str, str] = {}
"""Files that may be longer, each with the reason."""

IMPORT_SECONDS = 0.3

FOLDERS = ["blocks", "tests", "examples", "benchmarks", "docs"]
TEXT = {".py", ".md", ".toml", ".txt", ".yaml", ".yml", ".cfg", ".json", ""}


@pytest.fixture(scope="module")
def found():
    return structure.imports(ROOT)


def files(*suffixes):
    inside = itertools.chain.from_iterable((ROOT / folder).rglob("*") for folder in FOLDERS)
    beside = [path for path in ROOT.iterdir() if path.is_file() and path.name != ".coverage"]
    ci = (ROOT / ".ci").glob("*")
    candidates = [*inside, *beside, *ci]
    assert len(candidates) > 50
    return [
        path
        for path in candidates
        if path.is_file() and path.suffix in suffixes and "__pycache__" not in path.parts
    ]


def test_imports_follow_the_layers(found):
    assert len(found) > 100
    assert structure.against_the_layers(found, LAYERS, ONLY) == []


def test_no_import_cycles(found):
    assert structure.cycles(found, structure.modules(ROOT)) == []


def test_only_compile_knows_numba(found):
    assert structure.foreign(found, ["numba", "llvmlite"], "blocks.compile") == []


def test_files_are_short():
    paths = [path for path in files(".py") if path.relative_to(ROOT).parts[0] in FOLDERS]
    assert structure.too_long(paths, LINE_LIMIT, LONG_FILES) == []


def test_no_path_of_a_machine():
    assert structure.machine_paths(files(*TEXT)) == []


def run_python(code):
    """Run code in a fresh interpreter, and return what it prints."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    result = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_import_is_fast():
    clock = "time.process_time()"  # unlike the clock on the wall, blind to what else runs
    code = f"import time; start = {clock}; import blocks; print({clock} - start)"
    seconds = min(float(run_python(code)) for _ in range(5))
    assert seconds < IMPORT_SECONDS


LIGHT = """
import importlib, sys
for name in {names}:
    importlib.import_module(name)
print(sorted({libraries} & set(sys.modules)))
"""


def test_libraries_are_imported_where_they_are_used():
    """Numba costs half a second, and the others are optional."""
    heavy = {"numba", "llvmlite", "h5py", "matplotlib", "yaml", "tqdm", "sqlite3"}
    names = [
        "blocks.tensor",
        "blocks.bricks",
        "blocks.algorithms",
        "blocks.datastreams",
        "blocks.extensions",
        "blocks.main_loop",
        "blocks.model",
        "blocks.legacy",
        "blocks.__main__",
    ]
    assert run_python(LIGHT.format(names=names, libraries=heavy)).strip() == "[]"
    assert run_python(LIGHT.format(names=["yaml"], libraries=heavy)).strip() == "['yaml']"


# The checks themselves, on small trees


@pytest.fixture
def tree(tmp_path):
    """A function that writes modules, given as name and source, and returns their folder."""

    def write(**sources):
        for name, source in {"__init__": "", **sources}.items():
            path = tmp_path / "blocks" / Path(*name.split("__in__")[::-1]).with_suffix(".py")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(source)
        for folder in (tmp_path / "blocks").iterdir():
            if folder.is_dir() and not (folder / "__init__.py").exists():
                (folder / "__init__.py").write_text("")
        return tmp_path

    return write


SMALL = [["blocks", "blocks.low"], ["blocks.middle"], ["blocks.high", "blocks.legacy"]]


def errors(root, only=()):
    return structure.against_the_layers(structure.imports(root), SMALL, only)


UPWARD = {
    "module": "import blocks.high",
    "name": "from blocks.high import x",
    "submodule": "from blocks import high",
    "alias": "import blocks.high as h",
    "relative": "from .high import x",
    "relative module": "from . import high",
    "in a function": "def f():\n    from blocks.high import x",
    "in a method": "class A:\n    def f(self):\n        if self:\n            import blocks.high",
    "in try": "try:\n    import blocks.high\nexcept ImportError:\n    pass",
    "by name": "import importlib\nimportlib.import_module('blocks.high')",
    "for typing": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import blocks.high",
}


@pytest.mark.parametrize("source", UPWARD.values(), ids=UPWARD)
def test_upward_imports_are_found(tree, source):
    (message,) = errors(tree(low=source, high="x = 1"))
    line = next(n for n, text in enumerate(source.splitlines(), 1) if "high" in text)
    assert message == f"blocks.low:{line} imports blocks.high: layer 0 may not import layer 2"


@pytest.mark.parametrize(
    "sources",
    [
        {"high": "from blocks.low import x", "low": "x = 1"},
        {"high": "import numpy, blocks.middle", "middle": "import blocks.low", "low": ""},
        {"middle": "# import blocks.high\n'import blocks.high'", "high": ""},
        {"run__in__legacy": "def f():\n    import blocks.high", "high": ""},
    ],
)
def test_good_imports_pass(tree, sources):
    assert errors(tree(**sources)) == []


def test_a_module_needs_a_layer(tree):
    layers = [["blocks.low"]]
    found = structure.imports(tree(low="import blocks.other", other=""))
    (message,) = structure.against_the_layers(found, layers)
    assert message.endswith("imports blocks.other: give the new module a place in LAYERS")


def test_the_longest_name_decides():
    layers = [["blocks"], ["blocks.utils"], ["blocks.utils.testing"]]
    names = ["blocks", "blocks.utils.utils", "blocks.utils.testing", "blocks.utilities", "numpy"]
    assert [structure.layer_of(n, layers) for n in names] == [0, 1, 2, None, None]


def test_packages_with_few_friends(tree):
    root = tree(
        a__in__middle="import blocks.low\nimport blocks.middle.b\nimport numpy",
        b__in__middle="import blocks.also_low",
        low="",
        also_low="",
    )
    layers = [["blocks.low", "blocks.also_low"], ["blocks.middle"]]
    only = {"blocks.middle": ["blocks.low"]}
    (message,) = structure.against_the_layers(structure.imports(root), layers, only)
    assert message == (
        "blocks.middle.b:1 imports blocks.also_low: blocks.middle may import only blocks.low"
    )


CIRCLES = {
    "two modules": {"low": "import blocks.middle", "middle": "import blocks.low"},
    "in a function": {"low": "def f():\n    import blocks.middle", "middle": "import blocks.low"},
    "three modules": {
        "low": "import blocks.middle",
        "middle": "import blocks.high",
        "high": "import blocks.low",
    },
    "a package": {
        "__init____in__middle": "from blocks.middle.a import x",
        "a__in__middle": "from blocks.middle import x",
    },
    "itself": {"low": "import blocks.low"},
}


@pytest.mark.parametrize("sources", CIRCLES.values(), ids=CIRCLES)
def test_circles_are_found(tree, sources):
    root = tree(**sources)
    circles = structure.cycles(structure.imports(root), structure.modules(root))
    assert len(circles) == 1
    first, *between, last = circles[0].split(" imports ")
    assert first == last
    assert len(between) == len(sources) - 1


@pytest.mark.parametrize(
    "sources",
    [
        {"__init____in__middle": "from blocks.middle.a import x", "a__in__middle": "x = 1"},
        {
            "a__in__middle": "import blocks.middle.b",
            "b__in__middle": "from blocks import low",
            "low": "",
        },
        {
            "low": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import blocks.middle",
            "middle": "import blocks.low",
        },
        {
            "run__in__legacy": "def f():\n    import blocks.legacy",
            "__init____in__legacy": "import blocks.legacy.run",
        },
    ],
)
def test_no_circle_where_there_is_none(tree, sources):
    root = tree(**sources)
    assert structure.cycles(structure.imports(root), structure.modules(root)) == []


def test_two_circles_are_both_found(tree):
    root = tree(
        low="import blocks.middle\nimport blocks.high",
        middle="import blocks.low",
        high="import blocks.low",
    )
    assert len(structure.cycles(structure.imports(root), structure.modules(root))) == 2


def test_else_of_type_checking_counts(tree):
    source = "if TYPE_CHECKING:\n    import numpy\nelse:\n    import blocks.middle"
    root = tree(low=source, middle="import blocks.low")
    assert len(structure.cycles(structure.imports(root), structure.modules(root))) == 1


def test_numba_elsewhere_is_found(tree):
    root = tree(
        low="import numpy, numbas",
        middle="def f():\n    from numba.core import types",
        jit__in__compile="import numba",
    )
    found = structure.imports(root)
    assert structure.foreign(found, ["numba"], "blocks.compile") == [
        "blocks.middle:2 imports numba.core"
    ]


def test_long_files_are_found(tmp_path):
    for name, lines in (("short.py", 9), ("long.py", 10), ("allowed.py", 11)):
        (tmp_path / name).write_text("x\n" * lines)
    (message,) = structure.too_long(sorted(tmp_path.iterdir()), 10, {"allowed.py": "a table"})
    assert message.endswith("long.py: 10 lines")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("open('/" + "home/me/data.npy')", "/" + "home/me/data.npy"),
        ("cd /" + "root/project", "/" + "root/project"),
        ("see https://example.org/home/page", None),
        ("~/tmp/x and $HOME/work/y and a/tmp/z", None),
        ("#!/usr/bin/env bash", None),
        ("W = home / root / work", None),
    ],
)
def test_machine_paths_are_found(tmp_path, line, expected):
    path = tmp_path / "file.txt"
    path.write_text(f"first line\n{line}\n")
    assert structure.machine_paths([path]) == ([f"{path}:2: {expected}"] if expected else [])
