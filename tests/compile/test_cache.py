"""The disk cache: what is lost or spoiled is made anew, and nothing stops training."""

import errno
import itertools
import os
import stat
import subprocess
import sys
import tempfile
import textwrap
import warnings

import numpy as np
import pytest

from blocks.compile import cache, jit
from blocks.compile.jit import compile_kernel, statistics
from blocks.compile.segment import Segment, runner
from blocks.config import config

STRANGER = 12345
numbers = itertools.count(1000)


def run_kernel(number):
    """Compile or load a kernel as a new process would, and run it; return what was counted."""
    body = f"def kernel(y): y[0] = {number}"
    runner()  # or it would be counted
    jit._addresses.clear()
    before = statistics.compiled, statistics.loaded
    kernel = compile_kernel(body, (("float64", 1),))
    y = np.zeros(1)
    segment = Segment()
    segment.add(kernel, [(y, (1,), 0)])
    words = segment.words()
    assert runner()(words.ctypes.data, (), 0, 1) == -1
    assert y == [number]
    return statistics.compiled - before[0], statistics.loaded - before[1]


def work_on(expected):
    """Use two new kernels twice; the disk must not stop that, and cost one warning at most."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        runner()
        first, second = next(numbers), next(numbers)
        counts = [run_kernel(number) for number in (first, second, first, second)]
    assert counts == [(1, 0), (1, 0), *[(1, 0) if expected else (0, 1)] * 2]
    assert [w.category for w in caught] == [RuntimeWarning] * len(caught)
    texts = [str(w.message) for w in caught]
    assert len(texts) == (expected is not None)
    for text in texts:
        assert text.startswith("config.cache_dir: expected a folder of your own")
        assert expected in text
        assert "BLOCKS_CACHE_DIR" in text


# What is kept, and how


def test_what_is_kept_is_found_again(folder):
    assert cache.read("key") is None
    cache.write("key", b"content")
    assert (cache.read("key"), cache.read("other")) == (b"content", None)
    cache.write("key", b"")
    assert cache.read("key") == b""
    assert [path.name for path in folder.iterdir()] == ["key.kernel"]


def test_a_kernel_is_compiled_once(folder):
    work_on(None)
    assert len(list(folder.glob("*.kernel"))) >= 2


def test_others_can_neither_read_nor_write_it(folder):
    cache.write("key", b"content")
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (folder, folder / "key.kernel")]
    assert modes == [0o700, 0o600]


def test_without_a_size_there_is_no_cache(folder):
    config.cache_size = 0
    cache.write("key", b"content")
    assert not folder.exists()
    config.cache_size = 1
    cache.write("key", b"content")
    config.cache_size = 0
    assert cache.read("key") is None


# Files that cannot be trusted


def other_version(data):
    return data.replace(cache.MAGIC, b"blocks kernel 0\n")


def flipped(position):
    def change(data):
        changed = bytearray(data)
        changed[position] ^= 1
        return bytes(changed)

    return change


SPOILED = {
    "empty": lambda data: b"",
    "cut in the head": lambda data: data[:5],
    "cut in the checksum": lambda data: data[:30],
    "cut after the checksum": lambda data: data[:48],
    "cut by a byte": lambda data: data[:-1],
    "longer": lambda data: data + b"\0",
    "a bit of the head": flipped(0),
    "a bit of the checksum": flipped(20),
    "a bit of the content": flipped(-1),
    "zeros": lambda data: bytes(len(data)),
    "text": lambda data: b"import os\n" * 100,
    "another version": other_version,
}


@pytest.mark.parametrize("how", SPOILED)
def test_spoiled_files_are_made_anew(folder, how):
    number = next(numbers)
    assert run_kernel(number) == (1, 0)
    for path in folder.iterdir():
        path.write_bytes(SPOILED[how](path.read_bytes()))
    assert run_kernel(number) == (1, 0)
    assert run_kernel(number) == (0, 1)


def test_the_content_of_another_key_is_not_taken(folder):
    cache.write("key", b"content")
    os.rename(folder / "key.kernel", folder / "other.kernel")
    assert cache.read("other") is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
@pytest.mark.parametrize("is_held", [False, True])
def test_a_pipe_in_place_of_a_file_is_not_waited_for(folder, is_held):
    cache.write("key", b"content")
    os.unlink(folder / "key.kernel")
    os.mkfifo(folder / "key.kernel", 0o600)
    held = [os.open(folder / "key.kernel", os.O_RDWR)] if is_held else []
    assert cache.read("key") is None
    cache.write("key", b"content")
    assert cache.read("key") == b"content"
    for handle in held:
        os.close(handle)


def test_machine_code_of_another_machine_is_made_anew(folder):
    number = next(numbers)
    run_kernel(number)
    for path in folder.iterdir():
        symbol, _, image = cache.read(path.stem).partition(b"\n")
        cache.write(path.stem, symbol + b"\n" + image[:100])
    assert run_kernel(number) == (1, 0)
    assert run_kernel(number) == (0, 1)


# Folders that cannot be used


def refuse(error, monkeypatch, module, name):
    """Let a function of the operating system fail from now on."""

    def fail(*arguments, **options):
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(module, name, fail)


def no_home(folder, monkeypatch):
    config.cache_dir = "~nobody-of-this-name/cache"
    return "home folder"


def file_in_its_place(folder, monkeypatch):
    folder.parent.write_text("")
    return str(folder.parent)


def file_in_place_of_the_inner_folder(folder, monkeypatch):
    folder.parent.mkdir()
    folder.write_text("")
    return "File exists"


def folder_in_place_of_the_files(folder, monkeypatch):
    refuse(errno.EISDIR, monkeypatch, os, "replace")
    return "Is a directory"


def no_such_device(folder, monkeypatch):
    config.cache_dir = "/dev/null/cache"
    return "Not a directory"


def read_only(folder, monkeypatch):
    folder.mkdir(parents=True, mode=0o700)
    refuse(errno.EROFS, monkeypatch, tempfile, "mkstemp")
    return "Read-only file system"


def not_permitted(folder, monkeypatch):
    look = os.stat

    def look_elsewhere(path, **options):
        if path == folder:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        return look(path, **options)

    monkeypatch.setattr(os, "stat", look_elsewhere)
    return "Permission denied"


def full(folder, monkeypatch):
    refuse(errno.ENOSPC, monkeypatch, os, "replace")
    return "No space left on device"


def writable_for_all(folder, monkeypatch):
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    return "other users may write"


def writable_for_the_group(folder, monkeypatch):
    folder.mkdir(parents=True)
    folder.chmod(0o770)
    return "other users may write"


def of_another_user(folder, monkeypatch):
    folder.mkdir(parents=True, mode=0o700)
    give_away(folder, monkeypatch)
    return "belongs to another user"


def give_away(path, monkeypatch):
    if os.geteuid() == 0:
        os.chown(path, STRANGER, STRANGER)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: STRANGER)


UNUSABLE = [
    no_home,
    file_in_its_place,
    file_in_place_of_the_inner_folder,
    folder_in_place_of_the_files,
    no_such_device,
    read_only,
    not_permitted,
    full,
    writable_for_all,
    writable_for_the_group,
    of_another_user,
]


@pytest.mark.parametrize("make", UNUSABLE, ids=lambda make: make.__name__)
def test_work_goes_on_after_one_warning(folder, monkeypatch, make):
    work_on(make(folder, monkeypatch))
    monkeypatch.undo()
    assert not folder.is_dir() or list(folder.iterdir()) == []  # nothing is left behind


@pytest.mark.parametrize("make", [read_only, full], ids=lambda make: make.__name__)
def test_what_a_folder_holds_is_used_though_it_takes_nothing_more(folder, monkeypatch, make):
    number = next(numbers)
    run_kernel(number)
    for path in folder.iterdir():
        os.utime(path, (0, 0))
    refuse(errno.EROFS, monkeypatch, os, "utime")
    if make is full:
        make(folder, monkeypatch)
    else:
        refuse(errno.EROFS, monkeypatch, tempfile, "mkstemp")
    assert run_kernel(number) == (0, 1)  # a warning would be an error here


def test_a_disk_that_is_full_halfway_through_a_file(folder):
    # The limit on the size of files is the one that can be had without a disk of one's own.
    script = """
        import resource, warnings
        from blocks.compile import cache
        cache.write("old", b"content")
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            cache.write("old", bytes(1000))
            cache.write("new", bytes(1000))
        assert len(caught) == 1 and "File too large" in str(caught[0].message), caught
        assert (cache.read("old"), cache.read("new")) == (b"content", None)
    """
    environment = {**os.environ, "BLOCKS_CACHE_DIR": str(folder.parent)}
    subprocess.run([sys.executable, "-c", textwrap.dedent(script)], env=environment, check=True)
    assert [path.name for path in folder.iterdir()] == ["old.kernel"]


# Other users


def test_a_file_of_another_user_is_not_run(folder, monkeypatch):
    cache.write("key", b"content")
    give_away(folder / "key.kernel", monkeypatch)
    with pytest.warns(RuntimeWarning, match="belongs to another user"):
        assert cache.read("key") is None


def test_a_file_that_others_can_write_is_not_run(folder):
    cache.write("key", b"content")
    (folder / "key.kernel").chmod(0o602)
    with pytest.warns(RuntimeWarning, match="other users may write"):
        assert cache.read("key") is None


def test_a_folder_that_others_can_write_is_not_even_looked_into(folder):
    cache.write("key", b"content")
    folder.chmod(0o777)
    with pytest.warns(RuntimeWarning, match="other users may write"):
        assert cache.read("key") is None


def test_the_administrator_may_prepare_a_cache(folder, monkeypatch):
    cache.write("key", b"content")
    if os.geteuid() == 0:
        monkeypatch.setattr(os, "geteuid", lambda: STRANGER)  # the files are root's
    assert cache.read("key") == b"content"


# Many processes

RACE = """
    import os, sys, warnings
    warnings.simplefilter("error")
    from blocks.compile import jit, translate
    translate.translate(jit.native_source("def kernel(y): y[0] = 0", (("float64", 1),)), "slots")
    ready, go = os.pipe()
    children = []
    for _ in range(16):
        child = os.fork()
        if not child:
            status = 1
            try:
                os.close(go)
                os.read(ready, 1)  # returns when the parent closes the other end
                for number in range(5):
                    body = f"def kernel(y): y[0] = {number}"
                    assert jit.compile_kernel(body, (("float64", 1),)).address
                counts = jit.statistics.compiled + jit.statistics.loaded
                status = 0 if counts == 5 else 2
            finally:
                os._exit(status)
        children.append(child)
    os.close(go)
    for child in children:
        assert os.waitpid(child, 0)[1] == 0
    print("done")
"""


def test_sixteen_processes_start_at_once_with_an_empty_cache(folder):
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(RACE)],
        env={**os.environ, "BLOCKS_CACHE_DIR": str(folder.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("done\n", "")
    assert len(list(folder.iterdir())) == 5
    assert all(cache.read(path.stem) for path in folder.iterdir())
