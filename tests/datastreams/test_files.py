"""Files: found, downloaded whole or not at all, and read with clear errors."""

import gzip
import io
import os

import numpy as np
import pytest

from blocks.config import config
from blocks.datastreams import MNIST, files
from blocks.datastreams.files import find_file, find_in_data_path, map_idx, read_idx
from blocks.errors import DataError


def header(*sizes, start=b"\x00\x00\x08"):
    return start + bytes([len(sizes)]) + b"".join(size.to_bytes(4, "big") for size in sizes)


def test_find_file_prefers_earlier_folders_and_names(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        (folder / "mnist").mkdir(parents=True)
    with config.use(data_path=[str(tmp_path / "absent"), str(first), str(second)]):
        assert find_file(["a", "b"], "mnist") is None
        for path in (second / "a", first / "mnist" / "b", first / "mnist" / "a", first / "b"):
            path.write_text("")
            assert find_file(["a", "b"], "mnist") == path
        assert find_in_data_path("a") == str(second / "a")
        with pytest.raises(DataError, match=r"c: expected the file in one of the folders .*first"):
            find_in_data_path("c")


@pytest.mark.parametrize("name", ["x-idx2-ubyte", "x-idx2-ubyte.gz"])
def test_read_idx(tmp_path, name):
    content = header(2, 3) + bytes(range(6))
    path = tmp_path / name
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    array = read_idx(path, 2)
    assert array.dtype == np.uint8
    assert array.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert not array.flags.writeable
    assert read_idx(str(path), 2) is array


def test_a_changed_file_is_read_again(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(header(1) + b"\x01")
    assert read_idx(path, 1).tolist() == [1]
    path.write_bytes(header(1) + b"\x02")
    os.utime(path, ns=(1, 1))
    assert read_idx(path, 1).tolist() == [2]


def test_map_idx(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(header(2, 2) + bytes(range(4)))
    array = map_idx(path, 2)
    assert type(array) is np.ndarray
    assert array.tolist() == [[0, 1], [2, 3]]
    with pytest.raises(DataError, match="expected 1 axes, got 2"):
        map_idx(path, 1)


COMPRESSED = gzip.compress(header(4) + b"abcd")
BAD_FILES = {
    "empty": (b"", r"first bytes \(none\)"),
    "another format": (b"<html>", "first bytes 3c 68 74 6d"),
    "another type": (header(1, start=b"\x00\x00\x0d") + b"abcd", "first bytes 00 00 0d 01"),
    "cut in the header": (header(2, 3)[:6], "expected an IDX file"),
    "cut in the data": (header(5) + b"abc", r"expected 13 bytes .* \(5,\), got 11"),
    "too long": (header(2) + b"abc", r"expected 10 bytes .* \(2,\), got 11"),
    "huge sizes": (header(2**32 - 1, 2**32 - 1) + b"a", "expected 18446744065119617037 bytes"),
    "other axes": (header(1, 1) + b"a", r"expected 1 axes, got 2 of sizes \(1, 1\)"),
    "truncated.gz": (COMPRESSED[:-9], "complete gzip file, got a truncated or corrupt one"),
    "corrupt.gz": (COMPRESSED[:12] + b"\xff" + COMPRESSED[13:], "complete gzip file"),
    "checksum.gz": (COMPRESSED[:-6] + b"\xff" + COMPRESSED[-5:], "complete gzip file"),
    "no gzip.gz": (b"abc", "complete gzip file"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_bad_files(tmp_path, case):
    content, message = BAD_FILES[case]
    path = tmp_path / case
    path.write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        read_idx(path, 1)
    assert str(path) in str(caught.value)


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(DataError, match="absent: expected a file that can be read, got No such"):
        read_idx(tmp_path / "absent", 1)
    with pytest.raises(DataError, match="expected a file that can be read, got Is a directory"):
        read_idx(tmp_path, 1)


def downloaded(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


TRAIN = ["train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"]


def test_download(mirrors, data_folder, small_mnist):
    with config.use(mirrors=mirrors("good")):
        mnist = MNIST("train")
        np.testing.assert_array_equal(
            mnist.indexables[0][:, 0], small_mnist["train-images-idx3-ubyte"]
        )
        assert downloaded(data_folder) == TRAIN
        assert mirrors.requests == [f"/good/{name}" for name in TRAIN]
        assert MNIST("train").num_examples == 30
        assert len(mirrors.requests) == 2
    mode = (data_folder / "mnist" / TRAIN[0]).stat().st_mode
    assert mode & 0o444 == 0o444


@pytest.mark.parametrize("flaky", ["missing", "truncated", "wrong", "nobody"])
def test_the_next_mirror_is_tried(mirrors, data_folder, flaky):
    first = ["http://127.0.0.1:9/mnist"] if flaky == "nobody" else mirrors(flaky)
    with config.use(mirrors=first + mirrors("good")):
        assert MNIST("train").num_examples == 30
    assert downloaded(data_folder) == TRAIN


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("missing", "HTTP Error 404"),
        ("truncated", r"truncated: \d+ of \d+ bytes"),
        ("wrong", r"wrong checksum [0-9a-f]{12}\.\.\., expected [0-9a-f]{12}"),
    ],
)
def test_no_mirror_works(mirrors, data_folder, kind, message):
    remedy = rf"Put train-images-idx3-ubyte.gz into one of the folders {data_folder}"
    with config.use(mirrors=mirrors(kind)), pytest.raises(DataError, match=message) as caught:
        MNIST("train")
    assert remedy in str(caught.value)
    assert mirrors.address in str(caught.value)
    assert downloaded(data_folder) == []


def test_an_unknown_address_is_no_crash(mirrors, data_folder):
    with (
        config.use(mirrors=["nonsense", "http://127.0.0.1:9"]),
        pytest.raises(DataError, match="expected one of 2 mirrors to deliver it, got: nonsense"),
    ):
        MNIST("train")


def test_a_silent_server_is_given_up(mirrors, data_folder, monkeypatch):
    import socket

    monkeypatch.setattr(files, "TIMEOUT", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with config.use(mirrors=[address]), pytest.raises(DataError, match="timed out"):
            MNIST("train")


def test_the_environment_names_mirrors_and_switches_downloads_off(monkeypatch, data_folder):
    monkeypatch.setenv("BLOCKS_MIRRORS", "http://a/ http://b")
    del config.mirrors
    assert config.mirrors == ("http://a", "http://b")
    monkeypatch.setenv("BLOCKS_OFFLINE", "1")
    del config.offline
    with pytest.raises(DataError, match=r"downloads are off .*Put .* or set BLOCKS_DATA_PATH"):
        MNIST("test")
    assert downloaded(data_folder) == []


def test_a_data_path_that_cannot_be_written(mirrors, data_folder, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    with (
        config.use(data_path=[str(blocked), "~no-such-user"], mirrors=mirrors("good")),
        pytest.raises(
            DataError,
            match=r"a folder of config.data_path that can be written, got .*fi.* home .* not known",
        ),
    ):
        MNIST("train")
    assert mirrors.requests == []
    with config.use(data_path=[str(blocked), str(data_folder)], mirrors=mirrors("good")):
        assert MNIST("train").num_examples == 30
    assert downloaded(data_folder) == TRAIN


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(("stream", "shown"), [(Terminal, True), (io.StringIO, False)])
def test_the_progress_bar_shows_on_a_terminal_only(
    mirrors, data_folder, monkeypatch, stream, shown
):
    stderr = stream()
    monkeypatch.setattr("sys.stderr", stderr)
    with config.use(mirrors=mirrors("good")):
        MNIST("train")
    assert ("train-images-idx3-ubyte.gz" in stderr.getvalue()) is shown


def test_downloads_work_without_tqdm(mirrors, data_folder, monkeypatch):
    monkeypatch.setattr("sys.stderr", Terminal())
    monkeypatch.setitem(__import__("sys").modules, "tqdm", None)
    with config.use(mirrors=mirrors("good")):
        assert MNIST("train").num_examples == 30
