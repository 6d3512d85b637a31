"""What gets into a log line, and what never does."""

import io
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from server import logs

CANARY = "CaNaRy8d1f"


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


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
def stream() -> io.StringIO:
    """Give a place where lines go."""
    return io.StringIO()


def line(stream: io.StringIO) -> dict[str, Any]:
    """Return the one JSON line of a stream."""
    (only,) = stream.getvalue().splitlines()
    found: dict[str, Any] = json.loads(only)
    return found


def fail() -> None:
    """Fail with secrets in the exception and in its cause."""
    try:
        int(CANARY)
    except ValueError as error:
        raise RuntimeError(f"{CANARY} again") from error


def test_a_json_line_has_time_level_event_and_fields(stream: io.StringIO) -> None:
    """One object with the time in UTC, the level, the event's name and the fields given."""
    logs.set_up("json", stream)
    logging.getLogger("paycli.http").warning("late", extra={"code": "x", "count": 3})
    found = line(stream)
    time = datetime.fromisoformat(found.pop("time"))
    assert time.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - time) < timedelta(minutes=1)
    assert found == {"level": "warning", "event": "late", "code": "x", "count": 3}


def test_a_console_line_is_for_people(stream: io.StringIO) -> None:
    """The time of day, the level, the event and its fields."""
    logs.set_up("console", stream)
    logging.getLogger("paycli.http").info("ready", extra={"url": "http://x"})
    time, rest = stream.getvalue()[:8], stream.getvalue()[8:]
    assert datetime.strptime(time, "%H:%M:%S").replace(tzinfo=UTC)
    assert rest.split() == ["info", "ready", "url=http://x"]


@pytest.mark.parametrize(("kind", "is_json"), [(io.StringIO, True), (Terminal, False)])
def test_the_default_is_console_on_a_terminal_else_json(
    kind: type[io.StringIO], *, is_json: bool
) -> None:
    """Who looks on gets words, who collects gets JSON."""
    stream = kind()
    logs.set_up(None, stream)
    logging.getLogger("paycli.x").info("event")
    assert stream.getvalue().startswith("{") is is_json


def test_a_format_that_is_set_holds_on_a_terminal_too() -> None:
    """The setting wins over what the stream is."""
    stream = Terminal()
    logs.set_up("json", stream)
    logging.getLogger("paycli.x").info("event")
    assert line(stream)["event"] == "event"


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
    stream: io.StringIO,
    name: str,
    log_format: Any,  # noqa: ANN401  (a literal)
) -> None:
    """What is given under any other name does not get into a line; an allowed name does."""
    logs.set_up(log_format, stream)
    logging.getLogger("paycli.x").error("event", extra={name: CANARY, "detail": "allowed"})
    assert CANARY not in stream.getvalue()
    assert "allowed" in stream.getvalue()


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_an_exception_is_told_by_class_and_place_alone(
    stream: io.StringIO,
    log_format: Any,  # noqa: ANN401  (a literal)
) -> None:
    """An exception's own words, and those of its causes, may quote what it choked on."""
    logs.set_up(log_format, stream)
    try:
        fail()
    except RuntimeError:
        logging.getLogger("paycli.x").exception("unexpected_error")
    text = stream.getvalue()
    assert CANARY not in text
    assert "RuntimeError" in text
    assert text.count("test_logs.py:") == 2
    assert len(text.splitlines()) == 1


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_every_event_is_one_line(stream: io.StringIO, log_format: Any) -> None:  # noqa: ANN401  (a literal)
    """A line break in a text can't pass for a line of its own."""
    logs.set_up(log_format, stream)
    forged = "a\nb\r\n12:00:00 info    stopped"
    logging.getLogger("waitress").warning("bad request: %s", forged, extra={"detail": forged})
    assert len(stream.getvalue().splitlines()) == 1


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_of_libraries_only_the_place_is_told(
    stream: io.StringIO,
    log_format: Any,  # noqa: ANN401  (a literal)
) -> None:
    """Their messages hold what they were given, also when it is put in beforehand."""
    logs.set_up(log_format, stream)
    logging.getLogger("some.library").debug("noise")
    logging.getLogger("some.library").info(f"serving /{CANARY}, %s", CANARY, extra={"code": CANARY})  # noqa: G004  (as waitress does)
    assert CANARY not in stream.getvalue()
    assert "library_log" in stream.getvalue()
    assert "some.library at test_logs.py:" in stream.getvalue()
    assert len(stream.getvalue().splitlines()) == 1


def test_the_queue_warning_of_the_http_server_is_silent(stream: io.StringIO) -> None:
    """What is said on every request under load is left out; its errors are not."""
    logs.set_up("json", stream)
    logging.getLogger("waitress.queue").warning("Task queue depth is 1")
    assert stream.getvalue() == ""
    logging.getLogger("waitress.queue").error("broken")
    assert line(stream)["detail"].startswith("waitress.queue at test_logs.py:")


def test_setting_up_again_does_not_double_the_lines(stream: io.StringIO) -> None:
    """The last set-up holds."""
    logs.set_up("json", io.StringIO())
    logs.set_up("json", stream)
    logging.getLogger("paycli.x").info("once")
    assert line(stream)["event"] == "once"
