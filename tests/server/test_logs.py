"""Log lines have the allowed fields, and never a secret."""

import json
import logging
import os
import re
import select
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.log_file import LogFile, Terminal
from server import logs
from server.logs import STDERR

CANARY = "CaNaRy8d1f"
FLUSH_SECONDS = 10
"""More than any machine needs."""


@pytest.fixture(autouse=True)
def _own_handlers() -> Iterator[None]:
    """Removes pytest's handlers during the test, and restores them."""
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
    """Yields a file for log lines."""
    with closing(LogFile()) as lines:
        yield lines


def text(lines: LogFile | Terminal) -> str:
    """Returns what was written, once all lines so far are."""
    logs.flush(FLUSH_SECONDS)
    return lines.text()


def line(lines: LogFile | Terminal) -> dict[str, Any]:
    """Returns the only line, parsed as JSON."""
    written = text(lines).splitlines()
    assert len(written) == 1, written
    fields: dict[str, Any] = json.loads(written[0])
    return fields


def fail() -> None:
    """Raises an exception with a secret in its message and in its cause."""
    try:
        int(CANARY)
    except ValueError as error:
        raise RuntimeError(f"{CANARY} again") from error


def test_a_json_line_has_time_level_event_and_fields(lines: LogFile) -> None:
    """It is one object with the UTC time, the level, the event's name and the fields."""
    logs.configure("json", lines.descriptor)
    logging.getLogger("paycli.http").warning("late", extra={"code": "x", "count": 3})
    fields = line(lines)
    time = datetime.fromisoformat(fields.pop("time"))
    assert time.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - time) < timedelta(minutes=1)
    assert fields == {"level": "warning", "event": "late", "code": "x", "count": 3}


def test_a_console_line_is_readable(lines: LogFile) -> None:
    """It has the time of day, the level, the event's name and the fields."""
    logs.configure("console", lines.descriptor)
    logging.getLogger("paycli.http").info("ready", extra={"url": "http://x"})
    written = text(lines)
    time, rest = written[:8], written[8:]
    assert datetime.strptime(time, "%H:%M:%S").replace(tzinfo=UTC)
    assert rest.split() == ["info", "ready", "url=http://x"]


@pytest.mark.parametrize(("kind", "is_json"), [(LogFile, True), (Terminal, False)])
def test_the_default_is_console_on_a_terminal_else_json(
    kind: type[LogFile | Terminal], *, is_json: bool
) -> None:
    """Humans read terminals; log collectors read JSON."""
    with closing(kind()) as lines:
        logs.configure(None, lines.descriptor)
        logging.getLogger("paycli.x").info("event")
        assert text(lines).startswith("{") is is_json


def test_an_explicit_format_applies_to_a_terminal_too() -> None:
    """The setting takes precedence over the kind of file."""
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
        "unknown",
    ],
)
def test_fields_that_are_not_allowed_are_dropped(
    lines: LogFile,
    name: str,
    log_format: Any,  # noqa: ANN401  (a literal)
) -> None:
    """A field with any other name is not logged; an allowed one is."""
    logs.configure(log_format, lines.descriptor)
    logging.getLogger("paycli.x").error("event", extra={name: CANARY, "detail": "allowed"})
    assert CANARY not in text(lines)
    assert "allowed" in text(lines)


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_exceptions_are_logged_by_class_and_traceback_only(
    lines: LogFile,
    log_format: Any,  # noqa: ANN401  (a literal)
) -> None:
    """The messages of an exception and its causes can quote secrets."""
    logs.configure(log_format, lines.descriptor)
    try:
        fail()
    except RuntimeError:
        logging.getLogger("paycli.x").exception("unexpected_error")
    written = text(lines)
    assert CANARY not in written
    assert "RuntimeError" in written
    assert written.count("test_logs.py:") == 2
    assert len(written.splitlines()) == 1


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_every_event_is_one_line(lines: LogFile, log_format: Any) -> None:  # noqa: ANN401  (a literal)
    """A line break in a value cannot forge another line."""
    logs.configure(log_format, lines.descriptor)
    forged = "a\nb\r\n12:00:00 info    stopped"
    logging.getLogger("waitress").warning("bad request: %s", forged, extra={"detail": forged})
    assert len(text(lines).splitlines()) == 1


@pytest.mark.parametrize("log_format", ["json", "console"])
@given(value=st.text(st.characters()))
def test_no_value_controls_a_terminal(log_format: Any, value: str) -> None:  # noqa: ANN401  (a literal)
    """A line has only printable characters, whatever a caller or Stripe has sent."""
    with closing(LogFile()) as lines:
        logs.configure(log_format, lines.descriptor)
        logging.getLogger("paycli.x").info("event", extra={"reference": value, "path": value})
        assert text(lines).removesuffix("\n").isprintable()


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_messages_of_libraries_are_not_logged(
    lines: LogFile,
    log_format: Any,  # noqa: ANN401  (a literal)
) -> None:
    """They can contain secrets, so that only the source location is logged."""
    logs.configure(log_format, lines.descriptor)
    logging.getLogger("some.library").debug("noise")
    logging.getLogger("some.library").info(f"serving /{CANARY}, %s", CANARY, extra={"code": CANARY})  # noqa: G004  (as waitress does)
    assert CANARY not in text(lines)
    assert "third_party_log" in text(lines)
    assert "some.library at test_logs.py:" in text(lines)
    assert len(text(lines).splitlines()) == 1


def test_waitress_queue_warnings_are_not_logged(lines: LogFile) -> None:
    """It warns on every request under load; its errors are logged."""
    logs.configure("json", lines.descriptor)
    logging.getLogger("waitress.queue").warning("Task queue depth is 1")
    assert text(lines) == ""
    logging.getLogger("waitress.queue").error("broken")
    assert line(lines)["detail"].startswith("waitress.queue at test_logs.py:")


def test_configuring_again_does_not_duplicate_lines(lines: LogFile) -> None:
    """The last configuration replaces earlier ones."""
    logs.configure("json", STDERR)
    logs.configure("json", lines.descriptor)
    logging.getLogger("paycli.x").info("once")
    assert line(lines)["event"] == "once"


def test_lines_of_concurrent_threads_do_not_mix(lines: LogFile) -> None:
    """Each line is complete, and none is missing."""
    logs.configure("json", lines.descriptor)
    log = logging.getLogger("paycli.x")
    long = "x" * 2_000
    with ThreadPoolExecutor(16) as pool:
        list(
            pool.map(lambda n: log.info("event", extra={"count": n, "detail": long}), range(3_000))
        )
    records = [json.loads(each) for each in text(lines).splitlines()]
    assert sorted(each["count"] for each in records) == list(range(3_000))
    assert {each["detail"] for each in records} == {long}


def test_lines_that_cannot_be_written_are_counted_and_reported(lines: LogFile) -> None:
    """A full disk raises no exception; the next line that is written is followed by the number."""
    dropped: list[int] = []
    descriptor = os.open("/dev/full", os.O_WRONLY)
    logs.configure("json", descriptor)
    logs.count_dropped_lines(dropped.append)
    for _ in range(3):
        logging.getLogger("paycli.x").info("lost")
    logs.flush(FLUSH_SECONDS)
    assert sum(dropped) == 3
    os.dup2(lines.descriptor, descriptor)
    logging.getLogger("paycli.x").info("again")
    written = [json.loads(each) for each in text(lines).splitlines()]
    os.close(descriptor)
    assert [each["event"] for each in written] == ["again", "log_lines_dropped"]
    assert (written[1]["level"], written[1]["count"]) == ("warning", 3)


def test_a_line_that_was_written_in_part_does_not_continue_in_the_next() -> None:
    """The line after it starts on a new line."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)  # so that a full pipe is an error
    logs.configure("json", writer)
    logging.getLogger("paycli.x").info("torn", extra={"detail": "x" * 1_000_000})
    logs.flush(FLUSH_SECONDS)
    torn = os.read(reader, 1_000_000)
    assert torn
    assert b"\n" not in torn
    logging.getLogger("paycli.x").info("next")
    logs.flush(FLUSH_SECONDS)
    os.close(writer)
    with os.fdopen(reader) as rest:
        empty, *lines = rest.read().splitlines()
    assert empty == ""
    assert [json.loads(each)["event"] for each in lines] == ["next", "log_lines_dropped"]


def test_a_forked_process_writes_its_own_lines_only() -> None:
    """Lines that wait at the fork are written once, by the parent; the child's, by the child."""
    reader, writer = os.pipe()
    logs.configure("json", writer)
    log = logging.getLogger("paycli.x")
    padding = "x" * (select.PIPE_BUF - 500)  # lines of processes do not mix below that size
    for number in range(100):  # more than the pipe holds
        log.info("parent", extra={"count": number, "detail": padding})
    if (child := os.fork()) == 0:
        log.info("child", extra={"detail": padding})
        logs.flush(FLUSH_SECONDS)
        os._exit(0)
    received = bytearray()
    while b'"child"' not in received or received.count(b'"parent"') < 100:
        assert select.select([reader], [], [], FLUSH_SECONDS)[0]
        received += os.read(reader, 65_536)
    assert os.waitpid(child, 0) == (child, 0)
    logs.flush(FLUSH_SECONDS)
    os.close(writer)
    with os.fdopen(reader, "rb") as rest:
        received += rest.read()
    assert received.count(b'"child"') == 1
    counts = [int(each) for each in re.findall(rb'"event":"parent","count":(\d+)', received)]
    assert counts == list(range(100))
