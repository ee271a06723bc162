"""The key of a kernel changes with all that its machine code depends on, and with nothing else."""

import os
import re
import subprocess
import sys
import textwrap

import llvmlite
import llvmlite.binding
import numba
import numpy as np
import pytest

from blocks.compile import jit, key
from blocks.compile.jit import native_source
from blocks.compile.key import kernel_key

TEXT = native_source("def kernel(y): y[0] = 1", (("float64", 1),))


def fresh_key(text=TEXT, kind="slots"):
    """Return the key as a new process would find it."""
    for function in (key._around, key._fresh):
        function.cache_clear()
    return kernel_key(text, kind)


@pytest.fixture(autouse=True)
def nothing_stays(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    yield
    monkeypatch.undo()
    fresh_key()


# What others have is no file of theirs here: each changes one thing that the key must cover.


def source_of_a_helper(monkeypatch):
    read = key.pkgutil.get_data
    change = {"scalars.py": b"\n# changed"}
    monkeypatch.setattr(
        key.pkgutil, "get_data", lambda package, name: read(package, name) + change.get(name, b"")
    )


def source_of_a_helper_of_a_helper(monkeypatch):
    read = key.pkgutil.get_data
    change = {"symbols.py": b"\n# changed"}  # read by blas.py
    monkeypatch.setattr(
        key.pkgutil, "get_data", lambda package, name: read(package, name) + change.get(name, b"")
    )


def version_of(package):
    def change(monkeypatch):
        read = key._version
        monkeypatch.setattr(
            key, "_version", lambda name, file: read(name, file) + "0" * (name == package)
        )

    change.__name__ = f"version_of_{package}"
    return change


def version_of_numpy(monkeypatch):
    monkeypatch.setattr(np, "__version__", "2.0")


def version_of_llvmlite(monkeypatch):
    monkeypatch.setattr(llvmlite, "__version__", "0.44")


def version_of_python(monkeypatch):
    monkeypatch.setattr(sys, "version", "3.10")


def processor(monkeypatch):
    monkeypatch.setattr(llvmlite.binding, "get_host_cpu_name", lambda: "znver9")


def features_of_the_processor(monkeypatch):
    class Features:
        def flatten(self):
            return "+avx9"

    monkeypatch.setattr(llvmlite.binding, "get_host_cpu_features", Features)


def operating_system(monkeypatch):
    monkeypatch.setattr(llvmlite.binding, "get_process_triple", lambda: "arm64-apple-darwin")


def library_of_products(monkeypatch):
    monkeypatch.setattr(key, "SOURCE", "another")


def setting_of_numba(monkeypatch):
    monkeypatch.setenv("NUMBA_BOUNDSCHECK", "1")


def file_of_settings(monkeypatch):
    with open(".numba_config.yaml", "w") as file:
        file.write("boundscheck: 1\n")


def setting_changed_by_the_program(monkeypatch):
    monkeypatch.setattr(numba.config, "BOUNDSCHECK", 1)


CHANGES = [
    source_of_a_helper,
    source_of_a_helper_of_a_helper,
    version_of("numba"),
    version_of("scipy"),
    version_of_numpy,
    version_of_llvmlite,
    version_of_python,
    processor,
    features_of_the_processor,
    operating_system,
    library_of_products,
    setting_of_numba,
    file_of_settings,
    setting_changed_by_the_program,
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_what_machine_code_depends_on_changes_the_key(change, monkeypatch):
    before = fresh_key()
    assert fresh_key() == before
    change(monkeypatch)
    assert fresh_key() != before


def test_text_and_kind_change_the_key():
    assert len({fresh_key(), fresh_key(TEXT + " "), fresh_key(kind="python")}) == 3


@pytest.mark.parametrize(
    "change",
    [
        {"NUMBA_NUM_THREADS": "1"},
        {"NUMBA_CACHE_DIR": "elsewhere"},
        {"PYTHONHASHSEED": "7"},
        {"HOME": "elsewhere"},
    ],
    ids=str,
)
def test_nothing_else_changes_the_key(change, monkeypatch):
    before = fresh_key()
    for name, value in change.items():
        monkeypatch.setenv(name, value)
    assert fresh_key() == before


def test_threads_chosen_by_the_program_do_not_change_the_key(monkeypatch):
    before = fresh_key()
    monkeypatch.setattr(numba.config, "NUMBA_NUM_THREADS", 1)
    assert fresh_key() == before


def test_all_helpers_are_named_in_a_kernel():
    names = set(key.HELPER.findall(TEXT))
    assert {"blas", "scalars", "slots"} <= names
    # They must import no other way, or a change of what they import would not be seen.
    for name, source in key._helpers(tuple(names)).items():
        lines = re.findall(r"^ *(?:from|import) +blocks.*$", source, re.MULTILINE)
        assert all(key.HELPER.match(line) for line in lines), name


def test_the_version_is_that_of_the_package():
    assert numba.__version__ in key._version("numba", "_version.py")
    assert key._version("numba", "no-such-file.py") == numba.__version__


def test_it_is_the_same_with_and_without_numba_imported():
    script = """
        import sys
        from blocks.compile.key import kernel_key
        before = kernel_key("text", "slots")
        assert "numba" not in sys.modules
        import numba
        assert kernel_key("text", "slots") == before
        print(before)
    """
    keys = {
        subprocess.run(
            [sys.executable, "-c", textwrap.dedent(script)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in "01"
    }
    assert len(keys) == 1


# Whether to compile at all


@pytest.mark.parametrize(("value", "is_disabled"), [("1", True), ("0", False), ("", False)])
def test_whether_jit_is_disabled_is_known_without_numba(value, is_disabled, monkeypatch):
    monkeypatch.setenv("NUMBA_DISABLE_JIT", value)
    monkeypatch.delitem(sys.modules, "numba")
    assert key.is_jit_disabled() is is_disabled
    assert "numba" not in sys.modules


def test_it_can_be_disabled_while_a_program_runs(monkeypatch):
    monkeypatch.setattr(numba.config, "DISABLE_JIT", 1)
    assert key.is_jit_disabled()


def test_kernels_of_other_settings_are_others(monkeypatch):
    body, signature = "def kernel(y): y[0] = 2", (("float64", 1),)
    first = jit.compile_kernel(body, signature).address
    monkeypatch.setattr(numba.config, "BOUNDSCHECK", 1)
    assert jit.compile_kernel(body, signature).address != first
