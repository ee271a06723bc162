"""The size of the disk cache: what was not used for longest goes, and processes agree on it."""

import os
import time

from blocks.compile import cache
from blocks.config import config


def fill(folder, count, age=0.0):
    """Write files of almost a quarter of a MiB, each a minute older than the next."""
    for i in range(count):
        cache.write(f"k{i}", bytes(250_000))
        made = time.time() - age - 60 * (count - i)
        os.utime(folder / f"k{i}.kernel", (made, made))


def kept(folder):
    return sorted(path.stem for path in folder.iterdir())


def test_what_was_not_used_for_longest_goes(folder):
    config.cache_size = 1
    fill(folder, 5)
    assert kept(folder) == ["k2", "k3", "k4"]  # 3/4 of the limit, to have some room


def test_what_is_used_stays(folder):
    config.cache_size = 2
    fill(folder, 4, age=24 * 3600.0)
    assert cache.read("k0") is not None
    config.cache_size = 1
    cache.write("new", bytes(250_000))
    assert kept(folder) == ["k0", "k3", "new"]


def test_a_recent_use_is_not_written_down_again(folder, monkeypatch):
    cache.write("key", b"content")
    uses = []
    monkeypatch.setattr(os, "utime", uses.append)
    assert cache.read("key") == b"content"
    assert uses == []
    monkeypatch.setattr(time, "time", lambda clock=time.time: clock() + 7200)
    assert cache.read("key") == b"content"
    assert uses == [folder / "key.kernel"]


def test_the_folder_is_listed_seldom(folder, monkeypatch):
    lists = []
    list_folder = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: lists.append(path) or list_folder(path))
    for i in range(100):
        cache.write(f"k{i}", b"content")
    assert len(lists) == 1


def test_what_a_dead_process_was_writing_is_removed(folder):
    cache.write("key", b"content")
    for name, age in [("old.tmp", 7200), ("new.tmp", 60)]:
        (folder / name).write_bytes(b"")
        os.utime(folder / name, (time.time() - age,) * 2)
    cache._written.clear()
    cache.write("key", b"content")
    assert sorted(path.name for path in folder.iterdir()) == ["key.kernel", "new.tmp"]


def test_two_processes_may_remove_at_once(folder, monkeypatch):
    config.cache_size = 1
    remove = os.unlink

    def removed_before(path):
        remove(path)
        raise FileNotFoundError(path)

    monkeypatch.setattr(os, "unlink", removed_before)
    fill(folder, 5)
    assert kept(folder) == ["k2", "k3", "k4"]
