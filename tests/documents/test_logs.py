"""server/README.md has every event and every field of the log."""

import re
from collections.abc import Callable
from functools import cache

import pytest

from harness.markdown import first_column, read, section, table, with_mistake
from harness.tools import ROOT
from server.logs import FIELDS

SERVER = read("server/README.md")
# A call that logs, or whose name says that it does, with the event's name first.
_LOGGED = re.compile(
    r'(?:\blog\.\w+|\w*log\w*|_tell|_warn\w*|self\.msg =)\(?\s*"([a-z]+(?:_[a-z]+)*)"'
)
_OF_LIBRARIES = "third_party_log"


@cache
def logged_events() -> set[str]:
    """Returns the events that the daemon logs, from its source."""
    files = [it for folder in ("paycli", "server") for it in (ROOT / folder).rglob("*.py")]
    sources = [it.read_text() for it in files if "sandbox" not in it.parts]
    assert any(f'"{_OF_LIBRARIES}"' in source for source in sources)
    return {_OF_LIBRARIES} | {name for source in sources for name in _LOGGED.findall(source)}


def wrong_events(text: str) -> set[str]:
    """Returns the events that only the table or only the code has."""
    return first_column(table(section(text, "Log events"), "`event`")) ^ logged_events()


def wrong_fields(text: str) -> set[str]:
    """Returns the fields that only the table or only the code has."""
    return first_column(table(section(text, "Log fields"), "Field")) ^ FIELDS


def test_the_source_is_searched() -> None:
    """The events that each way of logging writes are among those found."""
    assert {"request_completed", "ready", "kafka_unreachable", "worker_exited"} <= logged_events()


@pytest.mark.parametrize("check", [wrong_events, wrong_fields])
def test_events_and_fields_are_those_of_the_code(check: Callable[[str], set[str]]) -> None:
    """Each event and each field has its row, and no other has."""
    assert check(SERVER) == set()


@pytest.mark.parametrize(
    ("check", "old", "new"),
    [
        (wrong_events, "| `kafka_recovered` |", "| |"),
        (wrong_events, "| `kafka_recovered` |", "| `kafka_recovered`, `kafka_gone` |"),
        (wrong_fields, "`kafka_ms` |", "`kafka_time` |"),
    ],
)
def test_a_wrong_row_is_reported(check: Callable[[str], set[str]], old: str, new: str) -> None:
    """The control: a missing and an invented name are found."""
    assert check(with_mistake(SERVER, old, new)) != set()
