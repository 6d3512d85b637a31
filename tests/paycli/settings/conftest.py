"""Isolated sources of settings for each test."""

from pathlib import Path

import pytest

from harness.settings_sources import IsolatedSources


@pytest.fixture
def sources(tmp_path: Path) -> IsolatedSources:
    """Return sources without any setting."""
    return IsolatedSources(tmp_path)
