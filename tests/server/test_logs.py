"""What gets into a log line, and what never does."""

import json
import logging
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from harness.log_file import LogFile, Terminal
from server import logs
from server.logs import STDERR

CANARY = "CaNaRy8d1f"


@pytest.fixture(autouse=True)
def _own_handlers() -> Iterator[None]:
    """Keep what pytest has set up out of it, and put it back."""
    loggers = [logging.getLogger(name) for name in (None, "waitress", "waitress.queue")]
    root = loggers[0]
    handlers, levels = root.handlers, [logger.level for logger in loggers]
    root.handlers = []
    yield
    root.handlers = handlers
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


@pytest.fixture
def lines() -> Iterator[LogFile]:
    """Give a place where lines go."""
    with closing(LogFile()) as lines:
        yield lines


def line(lines: LogFile | Terminal) -> dict[str, Any]:
    """Return the one JSON line of it."""
    (only,) = lines.text().splitlines()
    found: dict[str, Any] = json.loads(only)
    return found


def fail() -> None:
    """Fail with secrets in the exception and in its cause."""
    try:
        int(CANARY)
    except ValueError as error:
        raise RuntimeError(f"{CANARY} again") from error


def test_a_json_line_has_time_level_event_and_fields(lines: LogFile) -> None:
    """One object with the time in UTC, the level, the event's name and the fields given."""
    logs.configure("json", lines.descriptor)
    logging.getLogger("paycli.http").warning("late", extra={"code": "x", "count": 3})
    found = line(lines)
    time = datetime.fromisoformat(found.pop("time"))
    assert time.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - time) < timedelta(minutes=1)
    assert found == {"level": "warning", "event": "late", "code": "x", "count": 3}


def test_a_console_line_is_for_people(lines: LogFile) -> None:
    """The time of day, the level, the event and its fields."""
    logs.configure("console", lines.descriptor)
    logging.getLogger("paycli.http").info("ready", extra={"url": "http://x"})
    time, rest = lines.text()[:8], lines.text()[8:]
    assert datetime.strptime(time, "%H:%M:%S").replace(tzinfo=UTC)
    assert rest.split() == ["info", "ready", "url=http://x"]


@pytest.mark.parametrize(("kind", "is_json"), [(LogFile, True), (Terminal, False)])
def test_the_default_is_console_on_a_terminal_else_json(
    kind: type[LogFile | Terminal], *, is_json: bool
) -> None:
    """Who looks on gets words, who collects gets JSON."""
    with closing(kind()) as lines:
        logs.configure(None, lines.descriptor)
        logging.getLogger("paycli.x").info("event")
        assert lines.text().startswith("{") is is_json


def test_a_format_that_is_set_holds_on_a_terminal_too() -> None:
    """The setting wins over what the file is."""
    with closing(Terminal()) as lines:
        logs.configure("json", lines.descriptor)
        logging.getLogger("paycli.x").info("event")
        assert line(lines)["event"] == "event"


@pytest.mark.parametrize("log_format", ["json", "console"])
@pytest.mark.parametrize(
    "name",
    [
        "api_key",
        "authorization",
        "body",
        "client_secret",
        "headers",
        "idempotency_key",
        "payload",
        "secret",
        "signature",
        "token",
        "value",
        "whatever",
    ],
)
def test_fields_that_are_not_allowed_are_dropped(
    lines: LogFile,
    name: str,
    log_format: Any,  # noqa: ANN401  (a literal)
) -> None:
    """What is given under any other name does not get into a line; an allowed name does."""
    logs.configure(log_format, lines.descriptor)
    logging.getLogger("paycli.x").error("event", extra={name: CANARY, "detail": "allowed"})
    assert CANARY not in lines.text()
    assert "allowed" in lines.text()


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_an_exception_is_told_by_class_and_place_alone(
    lines: LogFile,
    log_format: Any,  # noqa: ANN401  (a literal)
) -> None:
    """An exception's own words, and those of its causes, may quote what it choked on."""
    logs.configure(log_format, lines.descriptor)
    try:
        fail()
    except RuntimeError:
        logging.getLogger("paycli.x").exception("unexpected_error")
    text = lines.text()
    assert CANARY not in text
    assert "RuntimeError" in text
    assert text.count("test_logs.py:") == 2
    assert len(text.splitlines()) == 1


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_every_event_is_one_line(lines: LogFile, log_format: Any) -> None:  # noqa: ANN401  (a literal)
    """A line break in a text can't pass for a line of its own."""
    logs.configure(log_format, lines.descriptor)
    forged = "a\nb\r\n12:00:00 info    stopped"
    logging.getLogger("waitress").warning("bad request: %s", forged, extra={"detail": forged})
    assert len(lines.text().splitlines()) == 1


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_of_libraries_only_the_place_is_told(
    lines: LogFile,
    log_format: Any,  # noqa: ANN401  (a literal)
) -> None:
    """Their messages hold what they were given, also when it is put in beforehand."""
    logs.configure(log_format, lines.descriptor)
    logging.getLogger("some.library").debug("noise")
    logging.getLogger("some.library").info(f"serving /{CANARY}, %s", CANARY, extra={"code": CANARY})  # noqa: G004  (as waitress does)
    assert CANARY not in lines.text()
    assert "third_party_log" in lines.text()
    assert "some.library at test_logs.py:" in lines.text()
    assert len(lines.text().splitlines()) == 1


def test_the_queue_warning_of_the_http_server_is_silent(lines: LogFile) -> None:
    """What is said on every request under load is left out; its errors are not."""
    logs.configure("json", lines.descriptor)
    logging.getLogger("waitress.queue").warning("Task queue depth is 1")
    assert lines.text() == ""
    logging.getLogger("waitress.queue").error("broken")
    assert line(lines)["detail"].startswith("waitress.queue at test_logs.py:")


def test_setting_up_again_does_not_double_the_lines(lines: LogFile) -> None:
    """The last set-up holds."""
    logs.configure("json", STDERR)
    logs.configure("json", lines.descriptor)
    logging.getLogger("paycli.x").info("once")
    assert line(lines)["event"] == "once"


def test_lines_of_many_threads_stay_whole(lines: LogFile) -> None:
    """Each line is as it was written, whoever else writes at the same moment; none is missing."""
    logs.configure("json", lines.descriptor)
    log = logging.getLogger("paycli.x")
    long = "x" * 2_000
    with ThreadPoolExecutor(16) as pool:
        list(
            pool.map(lambda n: log.info("event", extra={"count": n, "detail": long}), range(3_000))
        )
    told = [json.loads(each) for each in lines.text().splitlines()]
    assert sorted(each["count"] for each in told) == list(range(3_000))
    assert {each["detail"] for each in told} == {long}


def test_what_cannot_be_logged_is_no_failure() -> None:
    """A request is answered all the same when its line can't be written."""
    full = os.open("/dev/full", os.O_WRONLY)
    try:
        logs.configure("json", full)
        logging.getLogger("paycli.x").info("event")
    finally:
        os.close(full)
