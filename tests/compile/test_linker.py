"""Machine code is linked without Numba; where that fails, Numba's own copy runs."""

import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from blocks.compile import jit, symbols
from blocks.compile.jit import compile_function, compile_kernel, native_source, statistics
from blocks.compile.linker import MachineCode, link
from blocks.compile.segment import Segment, runner
from blocks.compile.translate import translate

VECTOR = (("float64", 1),)


def code_of(body):
    return translate(native_source(body, VECTOR), "slots").code


def run(kernel, y):
    segment = Segment()
    segment.add(kernel, [(y, y.shape, 0)])
    words = segment.words()
    return runner()(words.ctypes.data, (), 0, 1)


@pytest.mark.parametrize("length", [0, 1, 20, 100, 500, -1])
def test_incomplete_machine_code_is_not_linked(length, capfd):
    code = code_of("def kernel(y): y[0] = 1")
    assert link(code)
    assert link(MachineCode(code.symbol, code.image[:length])) is None
    assert capfd.readouterr() == ("", "")


def test_a_function_that_is_not_there_is_not_linked(capfd):
    code = code_of("def kernel(y): y[0] = 1")
    assert link(MachineCode("no_such_name", code.image)) is None
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"sgemm", b"xxemm"), (b"blocks_sgemm", b"numba_sgemmm"[:12]), (b"blocks_sg", b"process_s")],
)
def test_what_names_something_unknown_is_not_linked(old, new, capfd):
    body = """def kernel(y):
        sgemm(78, 78, 1, 1, 1, 1.0, y.ctypes, 1, y.ctypes, 1, 0.0, y.ctypes, 1)
    """
    code = translate(native_source(body, (("float32", 1),)), "slots").code
    assert code.image.count(old) == 1
    assert link(code)
    assert link(MachineCode(code.symbol, code.image.replace(old, new))) is None
    assert capfd.readouterr() == ("", "")


def test_equal_names_do_not_meet():
    one, two = (code_of(f"def kernel(y): y[0] = {n}") for n in (1, 2))
    if len(one.symbol) != len(two.symbol):  # Numba counts functions in the name: from 99 to 100
        one, two = two, code_of("def kernel(y): y[0] = 1")
    renamed = two.image.replace(two.symbol.encode(), one.symbol.encode())
    assert len(one.symbol) == len(two.symbol)
    assert link(one) != link(MachineCode(one.symbol, renamed))


def test_numbas_own_copy_runs_where_the_linker_fails(monkeypatch):
    runner()
    monkeypatch.setattr(jit, "link", lambda code: None)
    before = statistics.compiled
    y = np.zeros(1)
    for _ in range(2):
        kernel = compile_kernel("def kernel(y): y[0] += 12321", VECTOR)
        assert run(kernel, y) == -1
    assert y == [2 * 12321]
    assert statistics.compiled == before + 1


def test_helpers_are_asked_for_only_where_they_are_outside(monkeypatch):
    asked = []
    find = symbols.address
    monkeypatch.setattr(symbols, "address", lambda name: asked.append(name) or find(name))
    code = code_of("def kernel(y): y[0] = np.empty(y.size).size + math.gamma(y[0])")
    assert b"NRT_decref" in code.image
    assert link(code)
    assert "numba_gamma" in asked
    assert "NRT_decref" not in asked
    asked.clear()
    assert link(code_of("def kernel(y): y[0] = exp(y[0])"))
    assert asked == []


def test_helpers_of_numba_are_found_in_a_process_that_compiles_nothing(tmp_path):
    # No other kernel takes memory of its own: it needs Numba's functions for that.
    script = """
        import sys
        import numpy as np
        from blocks.compile.jit import compile_kernel, statistics
        from blocks.compile.segment import Segment, runner
        body = "def kernel(y): y[0] = np.empty(y.size).size + math.gamma(y[0])"
        kernel = compile_kernel(body, (("float64", 1),))
        y, segment = np.array([5.0, 3.0, 4.0]), Segment()
        segment.add(kernel, [(y, (3,), 0)])
        words = segment.words()
        assert runner()(words.ctypes.data, (), 0, 1) == -1
        print(y, statistics.compiled > 0, "numba" in sys.modules)
    """
    printed = [
        subprocess.run(
            [sys.executable, "-c", textwrap.dedent(script)],
            env={**os.environ, "BLOCKS_CACHE_DIR": str(tmp_path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for _ in range(2)
    ]
    assert printed == ["[27.  3.  4.] True True\n", "[27.  3.  4.] False True\n"]


# Functions that Python calls


def test_integers_and_objects_are_arguments():
    add = compile_function(
        "def kernel(x, y, z): return x - y + (z != 0)", ["int64"] * 2 + ["object"]
    )
    assert add(5, -(2**40), None) == 6 + 2**40
    assert add(True, np.int64(1), "") == 1


@pytest.mark.parametrize(
    ("arguments", "error"),
    [((1,), TypeError), ((1, 2, 3), TypeError), ((1, "2"), TypeError), ((1, 2**64), OverflowError)],
    ids=str,
)
def test_wrong_arguments_raise(arguments, error):
    add = compile_function("def kernel(x, y): return x + y", ["int64"] * 2)
    with pytest.raises(error):
        add(*arguments)
    assert add(1, 2) == 3


def test_no_reference_is_lost_or_kept():
    add = compile_function("def kernel(x, y): return x + (y != 0)", ["int64", "object"])
    x, y = 12345678901, object()
    before = sys.getrefcount(x), sys.getrefcount(y)
    for _ in range(10):
        assert add(x, y) == x + 1
    assert (sys.getrefcount(x), sys.getrefcount(y)) == before


def test_other_threads_run_meanwhile():
    script = '''
        import threading
        from blocks.compile.jit import compile_function
        body = """def kernel(turns, x):
            for i in range(turns): x = x * 3 + i
            return x"""
        work = compile_function(body, ["int64"] * 2)
        work(1, 1)
        thread = threading.Thread(target=work, args=(2_000_000_000, 1), daemon=True)
        thread.start()
        count = 0
        while thread.is_alive() and count < 1_000:
            count += 1
        print(count)
        import os; os._exit(0)
    '''
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=False
    )
    assert done.stdout == "1000\n"
