"""A disk cache of a test's own."""

import pytest

from blocks.compile import cache
from blocks.config import config


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty cache of the test's own, in a process that has neither warned nor written."""
    monkeypatch.setattr(cache, "_warned", [])
    monkeypatch.setattr(cache, "_written", {})
    config.cache_dir = tmp_path / "cache"
    return tmp_path / "cache" / "kernels"
