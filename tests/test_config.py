"""Settings: where they come from, how they are checked, what a bad one says."""

import copy
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from blocks.config import NOT_SET, Configuration, bool_, config, str_or_none
from blocks.errors import BlocksError, ConfigurationError
from tests.conftest import forget_user_settings


@pytest.fixture
def settings(monkeypatch):
    """A configuration with settings of three kinds."""
    for name in ("TEST_RATE", "TEST_NAME", "TEST_NEEDED"):
        monkeypatch.delenv(name, raising=False)
    fresh = Configuration()
    fresh.add_config("rate", float, 0.1, "TEST_RATE")
    fresh.add_config("name", str_or_none, None, "TEST_NAME")
    fresh.add_config("needed", str, NOT_SET, "TEST_NEEDED")
    return fresh


@pytest.fixture
def settings_file(tmp_path, monkeypatch):
    """A function that writes the settings file."""
    path = tmp_path / "settings.yml"
    monkeypatch.setenv("BLOCKS_CONFIG", str(path))

    def write(content):
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def test_precedence(settings, settings_file, monkeypatch):
    assert settings.rate == 0.1
    settings_file("rate: 0.2")
    settings.load_yaml()
    assert settings.rate == 0.2
    monkeypatch.setenv("TEST_RATE", "0.3")
    assert settings.rate == 0.3
    settings.rate = 0.4
    assert settings.rate == 0.4
    del settings.rate
    assert settings.rate == 0.3
    monkeypatch.setenv("TEST_RATE", "")  # an empty variable counts as none
    assert settings.rate == 0.2


def test_the_file_is_read_at_the_first_use(settings, settings_file):
    path = settings_file("rate: 0.2")
    assert settings.rate == 0.2
    path.write_text("rate: 0.7")
    assert settings.rate == 0.2
    settings.load_yaml()
    assert settings.rate == 0.7


@pytest.mark.parametrize("content", ["", "# nothing\n", "rate: 0.1\n"])
def test_a_file_may_say_little(settings, settings_file, content):
    settings_file(content)
    assert settings.rate == 0.1
    assert settings.name is None


def test_no_file_no_error(settings, tmp_path, monkeypatch):
    monkeypatch.setenv("BLOCKS_CONFIG", str(tmp_path / "absent.yml"))
    assert settings.rate == 0.1


def test_the_file_in_the_home_folder(settings, tmp_path, monkeypatch):
    monkeypatch.delenv("BLOCKS_CONFIG")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / ".blocksrc").write_text("rate: 0.9")
    assert settings.rate == 0.9


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("rate: [1", "expected YAML, got while parsing a flow sequence"),
        (b"rate: \xff\xfe", "expected YAML, got 'utf-8' codec can't decode byte 0xff"),
        ("- rate", "expected `name: value` lines, got list. Write one setting a line"),
        ("rate", "expected `name: value` lines, got str."),
        ("rat: 0.1", "expected one of the settings name, needed, rate, got 'rat'. Did you mean"),
        ("7: 0.1", "expected one of the settings name, needed, rate, got 7."),
        ("rate: fast", "bad value of rate: could not convert string to float: 'fast'."),
    ],
)
def test_a_bad_file_is_named_and_explained(settings, settings_file, content, message):
    path = settings_file(content)
    with pytest.raises(ConfigurationError) as caught:
        _ = settings.rate
    assert str(caught.value).startswith(f"{path}: {message}")


def test_a_folder_is_no_settings_file(settings, tmp_path, monkeypatch):
    monkeypatch.setenv("BLOCKS_CONFIG", str(tmp_path))
    assert settings.rate == 0.1


def refuse(*args, **kwargs):
    raise PermissionError(13, "Permission denied")


def test_a_file_that_cannot_be_read(settings, settings_file, monkeypatch):
    path = settings_file("rate: 0.2")
    monkeypatch.setattr(Path, "read_text", refuse)  # root may read every file
    with pytest.raises(ConfigurationError) as caught:
        _ = settings.rate
    assert str(caught.value) == (
        f"{path}: expected a file that can be read, got [Errno 13] Permission denied. "
        "Change its permissions, or let BLOCKS_CONFIG name another file."
    )


def test_no_home_no_file(settings, tmp_path, monkeypatch):
    """As for a user id that has no entry, in a container."""
    pwd = pytest.importorskip("pwd")

    def unknown(uid):
        raise KeyError(uid)

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    for name in ("HOME", "BLOCKS_CONFIG", "BLOCKS_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "~").mkdir()
    (tmp_path / "~" / ".blocksrc").write_text("rate: 0.9")  # a folder of that name is no home
    assert settings.rate == 0.1
    assert config.cache_dir.startswith("~")  # where nothing is written


def test_a_home_that_may_not_be_entered(settings, settings_file, monkeypatch):
    path = settings_file("rate: 0.2")
    monkeypatch.setattr(Path, "stat", refuse)  # root may enter every folder
    with pytest.raises(ConfigurationError, match=r"can be read, got .* 13"):
        _ = settings.rate
    monkeypatch.delenv("BLOCKS_CONFIG")
    monkeypatch.setenv("HOME", str(path.parent))
    assert settings.rate == 0.1


def test_a_setting_without_a_value(settings):
    with pytest.raises(ConfigurationError) as caught:
        _ = settings.needed
    assert str(caught.value) == (
        "config.needed: expected a value, got none. "
        "Set config.needed or the environment variable TEST_NEEDED."
    )
    assert "needed: <config.needed: expected a value" in repr(settings)


def test_unknown_names(settings):
    with pytest.raises(ConfigurationError, match=r"got 'rats'\. Did you mean 'rate'\?$"):
        settings.rats = 1
    with pytest.raises(AttributeError, match=r"got 'rats'\. Did you mean 'rate'\?$"):
        _ = settings.rats
    with pytest.raises(ConfigurationError, match="got 'rats'"):
        del settings.rats
    assert not hasattr(settings, "rats")


def test_bad_values_name_their_origin(settings, monkeypatch):
    with pytest.raises(ConfigurationError, match=r"^config: bad value of rate: could not"):
        settings.rate = "fast"
    monkeypatch.setenv("TEST_RATE", "slow")
    with pytest.raises(ConfigurationError, match=r"^TEST_RATE: bad value of rate: could not"):
        _ = settings.rate


ACCEPTED = [
    ("floatX", "float32", "float32"),
    ("default_seed", "7", 7),
    ("default_seed", 0, 0),
    ("num_threads", 2, 2),
    ("profile", "yes", True),
    ("profile", "off", False),
    ("temp_dir", "", None),
    ("temp_dir", None, None),
    ("cache_dir", Path("folder"), "folder"),
    ("cache_dir", "~/folder", os.path.expanduser("~/folder")),
    ("data_path", f"a{os.pathsep}{os.pathsep}b", ("a", "b")),
    ("data_path", ["a", Path("b")], ("a", "b")),
    ("data_path", Path("a"), ("a",)),
    ("log_backend", "sqlite", "sqlite"),
]


@pytest.mark.parametrize(("name", "given", "expected"), ACCEPTED)
def test_values_are_converted(name, given, expected):
    with config.use(**{name: given}):
        value = getattr(config, name)
    assert value == expected
    assert type(value) is type(expected)


REFUSED = [
    ("floatX", "float16", "expected 'float32' or 'float64', got 'float16'"),
    ("floatX", 32, "expected 'float32' or 'float64', got 32"),
    ("default_seed", "one", "expected an integer, got 'one'"),
    ("default_seed", 1.5, "expected an integer, got 1.5"),
    ("default_seed", True, "expected an integer, got True"),
    ("default_seed", None, "expected an integer, got None"),
    ("num_threads", -1, "expected a number of at least 0, got -1"),
    ("profile", "maybe", "expected true or false, got 'maybe'"),
    ("cache_dir", None, "expected a path, got None"),
    ("cache_dir", "", "expected a path, got ''"),
    ("data_path", 3, "expected one path or several, got 3"),
    ("data_path", [None], "expected a path, got None"),
    ("log_backend", "disk", "expected 'python' or 'sqlite', got 'disk'"),
]


@pytest.mark.parametrize(("name", "given", "message"), REFUSED)
def test_bad_values_are_refused(name, given, message):
    before = getattr(config, name)
    with pytest.raises(ConfigurationError) as caught:
        setattr(config, name, given)
    assert str(caught.value) == f"config: bad value of {name}: {message}."
    assert getattr(config, name) == before


@pytest.mark.parametrize(
    ("variable", "name", "value"),
    [
        ("BLOCKS_FLOATX", "floatX", "float32"),
        ("BLOCKS_DEFAULT_SEED", "default_seed", 5),
        ("BLOCKS_DATA_PATH", "data_path", ("somewhere",)),
        ("BLOCKS_CACHE_DIR", "cache_dir", "cache"),
        ("BLOCKS_NUM_THREADS", "num_threads", 1),
        ("BLOCKS_LOG_BACKEND", "log_backend", "sqlite"),
        ("BLOCKS_MODE", "mode", "reference"),
        ("BLOCKS_PROFILE", "profile", True),
        ("BLOCKS_RECURSION_LIMIT", "recursion_limit", 50),
        ("BLOCKS_TEMP_DIR", "temp_dir", "temp"),
        ("BLOCKS_SQLITEDB", "sqlite_database", "log.sqlite"),
        ("BLOCKS_MAX_BLOB_SIZE", "max_blob_size", 10),
    ],
)
def test_environment_variables(monkeypatch, variable, name, value):
    text = value[0] if isinstance(value, tuple) else str(value)
    monkeypatch.setenv(variable, text)
    assert getattr(config, name) == value


def test_caches_follow_the_environment(monkeypatch, tmp_path):
    monkeypatch.delenv("BLOCKS_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert config.cache_dir == str(tmp_path / "blocks")
    assert config.data_path == (str(tmp_path / "blocks" / "data"),)
    assert not list(tmp_path.iterdir())  # looking up a folder does not make it


@pytest.mark.parametrize("before", [None, 3])
def test_use_restores(before):
    if before is not None:
        config.default_seed = before
    with config.use(default_seed=7) as inside:
        assert inside is config
        with config.use(default_seed=8, floatX="float32"):
            assert (config.default_seed, config.floatX) == (8, "float32")
        assert (config.default_seed, config.floatX) == (7, "float64")
    assert config.default_seed == (before or 1)


def test_use_restores_after_errors():
    def fail():
        with config.use(default_seed=7):
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert config.default_seed == 1
    with pytest.raises(ConfigurationError), config.use(default_seed=7, floatx="float32"):
        pass
    assert config.default_seed == 1


class InABlock:
    """A thread that is in a ``with config.use(...)``, and does there what it is told."""

    def __init__(self, **values):
        self._pool = ThreadPoolExecutor(1)
        self._block = config.use(**values)
        self.do(self._block.__enter__)

    def do(self, function, *args):
        return self._pool.submit(function, *args).result(60)

    def read(self, key="floatX"):
        return self.do(getattr, config, key)

    def leave(self):
        self.do(self._block.__exit__, None, None, None)
        self._pool.shutdown()


def test_threads_do_not_end_the_blocks_of_others():
    """The first one in is the first one out."""
    first, second = InABlock(floatX="float32"), InABlock(floatX="float32")
    first.leave()
    assert second.read() == "float32"
    second.leave()
    assert config.floatX == "float64"


def test_a_thread_sees_what_it_has_set_itself():
    first, second = InABlock(floatX="float32"), InABlock(floatX="float64", default_seed=5)
    assert (first.read(), second.read()) == ("float32", "float64")
    first.do(setattr, config, "floatX", "float64")
    second.do(setattr, config, "floatX", "float32")
    second.do(delattr, config, "default_seed")
    assert (first.read(), second.read()) == ("float64", "float32")
    assert second.read("default_seed") == 1
    second.leave()
    first.leave()
    assert config.floatX == "float64"


def test_a_thread_without_a_block_sees_the_newest():
    with config.use(floatX="float32"), ThreadPoolExecutor(1) as pool:
        other = InABlock(floatX="float64")
        assert config.floatX == "float32"
        assert pool.submit(lambda: config.floatX).result(60) == "float64"
        other.leave()
        assert pool.submit(lambda: config.floatX).result(60) == "float32"


def test_changes_are_counted(settings, settings_file):
    def is_counted(change):
        before = settings.changes
        change()
        return settings.changes > before

    def refused():
        with pytest.raises(ConfigurationError):
            settings.rate = "fast"

    assert is_counted(lambda: setattr(settings, "rate", 0.3))
    assert is_counted(lambda: delattr(settings, "rate"))
    with settings.use(rate=0.4):
        inside = settings.changes
    assert settings.changes > inside
    settings_file("rate: 0.5")
    assert is_counted(settings.load_yaml)
    assert settings.rate == 0.5
    assert not is_counted(lambda: settings.rate)
    assert not is_counted(refused)


def test_names_are_listed(settings):
    assert {"rate", "name", "needed", "use"} <= set(dir(settings))
    assert copy.copy(config).floatX == config.floatX


@pytest.mark.parametrize("value", [True, "true", " Yes ", "1", "ON", 1])
def test_bool_true(value):
    assert bool_(value) is True


@pytest.mark.parametrize("value", [False, "false", "no", "0", "off", "", 0])
def test_bool_false(value):
    assert bool_(value) is False


def test_the_error_is_one_of_ours():
    assert issubclass(ConfigurationError, BlocksError)


LEAK = "import os\nfrom blocks.config import config\nprint(config.floatX, config.default_seed)"


def test_no_setting_of_the_user_reaches_a_test(tmp_path):
    """What conftest drops does change the settings, and no longer does once dropped."""
    (tmp_path / ".blocksrc").write_text("default_seed: 99")
    environment = {**os.environ, "HOME": str(tmp_path), "BLOCKS_FLOATX": "float32"}
    environment.update(USERPROFILE=str(tmp_path), PYTHONPATH=os.pathsep.join(sys.path))
    del environment["BLOCKS_CONFIG"]

    def read():
        command = [sys.executable, "-c", LEAK]
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, check=True
        ).stdout.split()

    assert read() == ["float32", "99"]
    forget_user_settings(environment)
    assert read() == ["float64", "1"]
