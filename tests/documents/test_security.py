"""Each promise of SECURITY.md names the tests that show it; test_links checks that they exist."""

import pytest

from harness.markdown import read, table, with_mistake

SECURITY = read(".github/SECURITY.md")


def unproved_promises(text: str) -> list[str]:
    """Returns the threats whose promise names no test."""
    promises = table(text, "Threat")
    assert len(promises) > 10
    return [row[0] for row in promises if "`tests/" not in row[2]]


def test_each_promise_names_its_tests() -> None:
    """Each row of the table names at least one file of tests."""
    assert unproved_promises(SECURITY) == []


@pytest.mark.parametrize("old", ["`tests/e2e/hardening/test_canaries.py`"])
def test_a_promise_without_a_test_is_reported(old: str) -> None:
    """The control: a promise without a test is found."""
    assert unproved_promises(with_mistake(SECURITY, old, "everywhere")) == ["leaks"]
