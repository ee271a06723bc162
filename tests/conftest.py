"""What all tests share: the shared data, settings that no test leaks, Hypothesis profiles."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

from blocks.config import config

_shared = Path(__file__).resolve().parents[2] / "shared"
SHARED = _shared if (_shared / "api").is_dir() else None
"""The folder of golden data, MNIST and old names beside the checkout, or None."""

KEPT_VARIABLES = ("BLOCKS_CACHE_DIR",)  # compiled kernels may live where the user wants them

settings.register_profile("default", deadline=None)  # the first example may compile something
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")


def forget_user_settings(environment):
    """Drop the variables and the file by which a user's settings could change a test."""
    for name in list(environment):
        if name.startswith(("BLOCKS_", "FUEL_", "THEANO_")) and name not in KEPT_VARIABLES:
            del environment[name]
    environment["BLOCKS_CONFIG"] = os.path.join(os.path.dirname(__file__), "no-such-file.yml")


# At once and not in a fixture: modules of tests and subprocesses read settings too.
forget_user_settings(os.environ)


@pytest.fixture(autouse=True)
def restored_config():
    """Undo what a test assigns to `config` or reads from a settings file of its own."""
    assigned, from_yaml = dict(config._assigned), config._yaml
    yield
    config._assigned.clear()
    config._assigned.update(assigned)
    object.__setattr__(config, "_yaml", from_yaml)
    config._count_change()


@pytest.fixture(scope="session")
def shared():
    """The folder ../shared; the test is skipped where there is none."""
    if SHARED is None:
        pytest.skip("needs ../shared")
    return SHARED
