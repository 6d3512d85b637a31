"""The figures that hardening tests measure, printed at their end."""

from collections.abc import Iterator

import pytest

from harness.scale import LONG

Figures = dict[str, object]


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Iterator[Figures]:
    """Give a dictionary for figures, which `scripts/harden` prints."""
    measured: Figures = {}
    yield measured
    if LONG:
        with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
            text = ", ".join(
                f"{name} {value:.3f}" if isinstance(value, float) else f"{name} {value}"
                for name, value in measured.items()
            )
            request.config.get_terminal_writer().line(f"\n{request.node.name}: {text}")
