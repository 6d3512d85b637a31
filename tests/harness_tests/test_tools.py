"""Outside programs are found, made, or named as missing."""

from pathlib import Path

import pytest

from harness.tools import MissingToolError, chromium, installed, kafka_libs, stripe_mock_binary


def test_a_program_that_is_not_installed_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without a program on PATH the error names it, and the command that installs it."""
    monkeypatch.delenv("PAYCLI_TEST_TOOLS", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    for tool, program in ((kafka_libs, "java"), (chromium, "chromium")):
        with pytest.raises(MissingToolError, match=f"{program} is missing: run scripts/setup"):
            tool()


def test_a_run_without_tools_finds_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """With PAYCLI_TEST_TOOLS=none even programs that are there count as missing."""
    monkeypatch.setenv("PAYCLI_TEST_TOOLS", "none")
    for tool in (kafka_libs, stripe_mock_binary, chromium):
        with pytest.raises(MissingToolError, match="is not part of this run"):
            tool()


def test_a_program_that_is_there_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: what is on PATH is returned with its path."""
    monkeypatch.delenv("PAYCLI_TEST_TOOLS", raising=False)
    assert installed("sh").name == "sh"
