"""Integers divided by a number in compiled code, bit for bit as NumPy does it."""

import threading

import numpy as np
import pytest

from blocks.compile import convert, program
from blocks.config import config
from blocks.division import quotient


@pytest.fixture(autouse=True)
def _small_arrays_too(monkeypatch):
    monkeypatch.setattr(convert, "SMALLEST", 1)
    monkeypatch.setattr(convert, "_comes_again", lambda key: True)
    convert._run.cache_clear()
    yield
    convert._run.cache_clear()


def numpys(x, divisor, dtype):
    return np.divide(x, divisor, dtype=dtype, casting="same_kind")


@pytest.mark.parametrize("integers", ["uint8", "int8", "int16", "uint32", "int64"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("divisor", [255, 255.0, 3, 0.5])
def test_numpy_gives_the_same(integers, dtype, divisor):
    info = np.iinfo(integers)
    x = np.random.RandomState(0).randint(max(info.min, -1000), min(info.max, 1000), (9, 31))
    x = x.astype(integers)
    found = quotient(x, divisor, np.dtype(dtype))
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, numpys(x, divisor, dtype))


def test_the_engine_offers_it():
    x = np.arange(100, dtype="uint8")
    assert program.compiled_quotient(x, 4, np.dtype("float32")) is not None


def test_numpy_divides_what_comes_once(monkeypatch):
    monkeypatch.undo()
    monkeypatch.setattr(convert, "SMALLEST", 1)
    monkeypatch.setattr(convert, "LARGEST_NUMBER_OF_SHAPES", 2)
    monkeypatch.setattr(convert, "_seen", set())
    found = []
    for size in (3, 5, 3, 5, 7, 7, 3):  # two are remembered at a time
        x = np.arange(size, dtype="uint8")
        y = convert.compiled_quotient(x, 255, np.dtype("float32"))
        found.append(None if y is None else y.size)
    assert found == [None, None, 3, 5, None, 7, None]


def test_every_pixel_is_right():
    x = np.arange(256, dtype="uint8")
    found = quotient(x, 255, np.dtype("float32"))
    np.testing.assert_array_equal(found, (np.arange(256) / 255).astype("float32"))


@pytest.mark.parametrize(
    "kind", ["read-only", "empty", "transposed", "strided", "float", "swapped"]
)
def test_other_arrays(kind):
    x = np.arange(24, dtype="uint8").reshape(4, 6)
    if kind == "read-only":
        x.flags.writeable = False
    elif kind == "empty":
        x = x[:0]
    elif kind == "transposed":
        x = x.T
    elif kind == "strided":
        x = x[:, ::2]
    else:
        x = x.astype("float32" if kind == "float" else ">i4")
    found = quotient(x, 7, np.dtype("float32"))
    np.testing.assert_array_equal(found, numpys(x, 7, "float32"))


def test_a_result_is_the_callers_own():
    x = np.arange(256, dtype="uint8")
    results = [quotient(x + i, 255, np.dtype("float32")) for i in range(40)]
    for i, found in enumerate(results):
        np.testing.assert_array_equal(found, numpys(x + np.uint8(i), 255, "float32"))


def test_parts_are_the_whole(monkeypatch):
    monkeypatch.setattr(convert, "SMALLEST_WORK", 1)
    x = np.random.RandomState(0).randint(0, 256, (37, 29)).astype("uint8")
    for threads in (1, 2, 3):
        with config.use(num_threads=threads):
            found = quotient(x, 255, np.dtype("float32"))
        np.testing.assert_array_equal(found, numpys(x, 255, "float32"))


def test_two_threads_at_once():
    failures = []

    def work(seed):
        rng = np.random.RandomState(seed)
        for _ in range(200):
            x = rng.randint(0, 256, 5000).astype("uint8")
            if not np.array_equal(quotient(x, 255, np.dtype("float32")), numpys(x, 255, "float32")):
                failures.append(seed)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
