"""``theano.config``, ``THEANO_FLAGS`` and Fuel's environment variables."""

import os

import numpy as np
import pytest

from blocks import legacy, tensor
from blocks.config import config
from blocks.errors import ConfigurationError
from blocks.legacy import theano_config
from blocks.legacy.theano_config import flags, read_environment


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("floatX=float32", {"floatX": "float32"}),
        (" floatX = float32 , device=cpu,", {"floatX": "float32", "device": "cpu"}),
        ("gcc.cxxflags=-O3 -a=b", {"gcc.cxxflags": "-O3 -a=b"}),
    ],
)
def test_flags(text, expected):
    assert flags(text) == expected


def test_flags_without_a_value():
    with pytest.raises(ConfigurationError) as caught:
        flags("floatX=float32 mode,device")
    assert str(caught.value) == (
        "THEANO_FLAGS: expected name=value, got 'device'. Separate the flags with commas, for "
        "example floatX=float32,mode=FAST_RUN."
    )


FOLDERS = os.pathsep.join(["a", "b"])

ENVIRONMENTS = [
    ({}, {}),
    ({"THEANO_FLAGS": "floatX=float32"}, {"floatX": "float32"}),
    ({"THEANO_FLAGS": "mode=FAST_COMPILE"}, {"mode": "FAST_COMPILE"}),
    ({"THEANO_FLAGS": "compute_test_value=warn"}, {"compute_test_value": "warn"}),
    ({"THEANO_FLAGS": "base_compiledir=a,profile=True"}, {"cache_dir": "a", "profile": True}),
    ({"FUEL_DATA_PATH": FOLDERS}, {"data_path": ("a", "b")}),
    (
        {"FUEL_FLOATX": "float32", "FUEL_DEFAULT_SEED": "5"},
        {"floatX": "float32", "default_seed": 5},
    ),
    ({"THEANO_FLAGS": "floatX=float64", "FUEL_FLOATX": "float32"}, {"floatX": "float64"}),
    ({"THEANO_FLAGS": "floatX=float32", "BLOCKS_FLOATX": "float64"}, {"floatX": "float64"}),
    ({"THEANO_FLAGS": "base_compiledir=a", "BLOCKS_CACHE_DIR": "b"}, {"cache_dir": "b"}),
    ({"FUEL_DATA_PATH": "a", "BLOCKS_DATA_PATH": "b"}, {"data_path": ("b",)}),
    ({"THEANO_FLAGS": "optimizer=fast_compile"}, {"mode": "reference"}),
    ({"THEANO_FLAGS": "optimizer=None,floatX=float32"}, {"mode": "reference"}),
    ({"THEANO_FLAGS": "linker=py"}, {"mode": "reference"}),
    ({"THEANO_FLAGS": "linker=cvm,optimizer=fast_run"}, {"mode": "compiled"}),
    ({"THEANO_FLAGS": "mode=FAST_RUN,optimizer=None"}, {"mode": "FAST_RUN"}),
    ({"THEANO_FLAGS": "optimizer=None", "BLOCKS_MODE": "debug"}, {"mode": "debug"}),
    ({"THEANO_FLAGS": "openmp=True,lib.cnmem=0.5,warn.signal=False"}, {}),
]


@pytest.mark.parametrize(("environment", "expected"), ENVIRONMENTS)
def test_the_environment_is_honoured_while_installed(monkeypatch, environment, expected):
    monkeypatch.delenv("BLOCKS_CACHE_DIR", raising=False)  # the tests keep that of the user
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    before = dict(os.environ), {name: getattr(config, name) for name in expected}
    legacy.install()
    try:
        found = {name: getattr(config, name) for name in expected}
    finally:
        legacy.uninstall()
    assert found == expected
    assert (dict(os.environ), {name: getattr(config, name) for name in expected}) == before


def test_what_is_assigned_in_python_goes_first(monkeypatch):
    monkeypatch.setenv("THEANO_FLAGS", "floatX=float64")
    with config.use(floatX="float32"):
        legacy.install()
        try:
            assert config.floatX == "float32"
        finally:
            legacy.uninstall()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("THEANO_FLAGS", "mode=FAST_RUN,floatX=float16", "THEANO_FLAGS, floatX: .*'float16'"),
        ("FUEL_DEFAULT_SEED", "one", "FUEL_DEFAULT_SEED: .*'one'"),
        ("THEANO_FLAGS", "floatX", "THEANO_FLAGS: expected name=value, got 'floatX'"),
    ],
)
def test_bad_values_are_found_at_once(monkeypatch, name, value, message):
    monkeypatch.setenv(name, value)
    before = dict(os.environ)
    with pytest.raises(ConfigurationError, match=message):
        legacy.install()
    assert not legacy.installed()
    assert dict(os.environ) == before


def test_a_gpu_in_the_flags():
    environment = {"THEANO_FLAGS": "floatX=float32,device=gpu0"}
    with pytest.warns(UserWarning, match="expected 'cpu', got 'gpu0'. There is no GPU backend"):
        added = read_environment(environment)
    assert added == {"BLOCKS_FLOATX": "float32"}
    assert theano_config.config.device == "cpu"


@pytest.fixture
def theano(installed):
    """The old package."""
    import theano

    return theano


def test_settings_are_ours_under_their_old_names(theano):
    assert (theano.config.floatX, theano.config.mode) == (config.floatX, config.mode)
    assert (theano.config.base_compiledir, theano.config.profile) == (config.cache_dir, False)
    theano.config.floatX = "float32"
    assert (config.floatX, tensor.matrix().dtype) == ("float32", "float32")
    assert np.asarray([1, 2], dtype=theano.config.floatX).dtype == "float32"
    theano.config.profile = "True"
    assert config.profile is True
    with pytest.raises(ConfigurationError, match="expected 'float32' or 'float64', got 'float16'"):
        theano.config.floatX = "float16"


@pytest.mark.parametrize(
    ("name", "value"),
    [("seterr_all", "raise"), ("optimizer", "None"), ("anything_else", 3)],
)
def test_other_settings_are_kept_and_forgotten(theano, name, value):
    before = getattr(theano.config, name, None)
    setattr(theano.config, name, value)
    assert getattr(theano.config, name) == value
    legacy.uninstall()
    assert getattr(theano_config.config, name, None) == before != value


@pytest.mark.parametrize(
    ("settings", "mode"),
    [
        ({"optimizer": "fast_compile"}, "reference"),
        ({"optimizer": None}, "reference"),
        ({"optimizer": "None"}, "reference"),
        ({"linker": "py"}, "reference"),
        ({"linker": "py", "optimizer": "fast_run"}, "reference"),
        ({"optimizer": None, "mode": "FAST_RUN"}, "compiled"),
        ({"mode": "FAST_RUN", "optimizer": None}, "compiled"),
        ({"mode": "DebugMode"}, "debug"),
        ({"mode": "DEBUG_MODE"}, "debug"),
        ({"mode": "NanGuardMode"}, "debug"),
        ({"mode": "FAST_COMPILE"}, "reference"),
        ({"mode": "Mode", "optimizer": "fast_run"}, "compiled"),
        ({"exception_verbosity": "high", "compute_test_value": "off"}, "compiled"),
    ],
)
def test_what_settings_mean_for_functions(theano, settings, mode):
    for name, value in settings.items():
        setattr(theano.config, name, value)
    assert {name: getattr(theano.config, name) for name in settings if name != "mode"} == {
        name: value for name, value in settings.items() if name != "mode"
    }
    x = tensor.scalar("x")
    f = theano.function([x], 2 * x)
    assert (f.mode, f(3.0)) == (mode, 6)


def test_every_setting_that_scripts_use_exists(theano):
    """The names of ../shared/api/theano.md, with Theano's defaults."""
    assert theano.config.floatX == "float64"
    defaults = {
        "compute_test_value": "off",
        "exception_verbosity": "low",
        "optimizer": "fast_run",
        "linker": "cvm",
        "profile": False,
        "device": "cpu",
        "cast_policy": "custom",
        "int_division": "int",
        "on_unused_input": "raise",
    }
    assert {name: getattr(theano.config, name) for name in defaults} == defaults
    assert theano.config.mode in ("Mode", "compiled")


def test_settings_with_a_point(monkeypatch):
    monkeypatch.setenv("THEANO_FLAGS", "gcc.cxxflags=-O3,new.setting=1")
    legacy.install()
    try:
        import theano

        theano.config.scan.allow_gc = False
        assert theano.config.scan.allow_gc is False
        assert (theano.config.gcc.cxxflags, theano.config.new.setting) == ("-O3", "1")
    finally:
        legacy.uninstall()
    assert not hasattr(theano_config.config.gcc, "cxxflags")
    assert not hasattr(theano_config.config, "new")


def test_an_unknown_setting_is_named(theano):
    with pytest.raises(AttributeError) as caught:
        theano.config.base_compildir  # noqa: B018
    assert str(caught.value) == (
        "theano.config.base_compildir: expected a setting that has a value, got one that "
        "nobody has set. Did you mean 'base_compiledir'?"
    )


def test_the_device_is_the_cpu(theano):
    theano.config.device = "cpu"
    with pytest.warns(UserWarning, match="expected 'cpu', got 'cuda'") as caught:
        theano.config.device = "cuda"
    assert caught[0].filename == __file__
    assert theano.config.device == "cpu"


def test_settings_can_be_listed(theano):
    assert {"floatX", "device", "optimizer"} <= set(dir(theano.config))
