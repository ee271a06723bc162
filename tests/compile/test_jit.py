"""Kernels on disk: reuse by the next process, and work without a usable cache."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

MNIST = Path(__file__).resolve().parents[2] / "examples" / "mnist.py"
SCRIPT = """
    import numpy as np
    from blocks import tensor
    from blocks.compile import function
    from blocks.compile.jit import statistics
    x, y = tensor.matrix("x"), tensor.matrix("y")
    f = function([x, y], [tensor.exp(x.dot(y)), (x * y.T).sum(axis=0)])
    a, b = np.ones((2, 3)), np.ones((3, 2))
    first, second = f(a, b)
    assert np.allclose(first, np.exp(3)) and np.allclose(second, [2, 2, 2])
    print(statistics.compiled, statistics.loaded)
"""


def run(cache_dir, **environment):
    """Run the script in a process of its own; return the counts and what it warned."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(SCRIPT)],
        env={**os.environ, "BLOCKS_CACHE_DIR": str(cache_dir), **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    compiled, loaded = map(int, done.stdout.split())
    return compiled, loaded, done.stderr


def test_a_second_process_compiles_nothing(tmp_path):
    compiled, loaded, warned = run(tmp_path)
    assert (compiled > 0, loaded, warned) == (True, 0, "")
    assert run(tmp_path) == (0, compiled, "")


def test_a_cache_that_is_a_file_costs_one_warning(tmp_path):
    cache = tmp_path / "cache"
    cache.write_text("not a folder")
    compiled, loaded, warned = run(cache)
    assert compiled > 0
    assert loaded == 0
    assert warned.count("RuntimeWarning") == 1
    assert "BLOCKS_CACHE_DIR" in warned


def test_without_jit_nothing_is_compiled(tmp_path):
    assert run(tmp_path, NUMBA_DISABLE_JIT="1") == (0, 0, "")
    assert not list(tmp_path.iterdir())


def test_truncated_files_are_made_anew(tmp_path):
    compiled, _, _ = run(tmp_path)
    spoiled = list(tmp_path.rglob("*.kernel"))
    assert len(spoiled) == compiled
    for path in spoiled:
        path.write_bytes(path.read_bytes()[:20])
    assert run(tmp_path) == (compiled, 0, "")
    assert run(tmp_path) == (0, compiled, "")


def test_a_second_run_of_the_tutorial_needs_no_compiler(tmp_path):
    script = f"""
        import runpy, sys
        sys.argv = ["mnist.py", "--digits", "--epochs", "1"]
        runpy.run_path({str(MNIST)!r}, run_name="__main__")
        from blocks.compile.jit import statistics
        slow = {{"numba", "scipy.linalg", "yaml", "importlib.metadata"}} & set(sys.modules)
        print(statistics.compiled, statistics.loaded, slow or "")
    """
    printed = [
        subprocess.run(
            [sys.executable, "-c", textwrap.dedent(script)],
            env=dict(os.environ),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.splitlines()[-1]
        for _ in range(2)
    ]
    compiled, loaded, *slow = printed[1].split()
    assert (compiled, slow) == ("0", [])
    assert int(loaded) > 10


def test_a_full_reference_run_needs_no_numba(tmp_path):
    script = """
        import sys
        import numpy as np
        from blocks import tensor
        from blocks.compile import function
        x = tensor.vector("x")
        f = function([x], tensor.exp(x), mode="reference")
        assert np.allclose(f(np.zeros(2)), 1)
        assert "numba" not in sys.modules, "numba was imported"
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=True)


def test_import_is_light():
    slow = ["numba", "llvmlite", "scipy", "yaml", "tqdm", "subprocess", "difflib"]
    script = f"import blocks, sys; assert not set({slow}) & set(sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True)
