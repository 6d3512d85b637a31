"""Log lines: the event's name and allowed fields, as JSON or as text for a console."""

import json
import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal

from pydantic_core import to_json

from paycli.printable import printable_json
from server.log_writer import LogWriter

STDERR = 2

FLUSH_SECONDS = 1.0
"""How long the exit of a process waits for its last lines to be written."""

FIELDS = frozenset(
    {
        "account",
        "account_id",
        "caller",
        "cause",
        "code",
        "count",
        "customer_id",
        "detail",
        "dispute_id",
        "duration_ms",
        "error",
        "event_id",
        "event_type",
        "exit_code",
        "kafka_ms",
        "method",
        "mode",
        "outcome",
        "path",
        "payment_id",
        "payment_method_id",
        "payout_id",
        "public_url",
        "ready_after_seconds",
        "reference",
        "refund_id",
        "request_id",
        "scope",
        "setup_id",
        "signal",
        "status",
        "topic",
        "traceback",
        "transfer_id",
        "url",
        "version",
        "worker",
        "workers",
    }
)
"""The only fields that are logged. All others are dropped, so that no secret gets into a line."""


def configure(log_format: Literal["console", "json"] | None, descriptor: int = STDERR) -> None:
    """Configures the process's logging: one line per event, written to the file descriptor.

    Without a format, a terminal gets `console` and anything else `json`. A thread writes the lines,
    so that logging never blocks; `flush` waits for it, as the exit of the process does.
    """
    if log_format is None:
        log_format = "console" if os.isatty(descriptor) else "json"
    handler = _LineHandler(descriptor)
    handler.setFormatter(_ConsoleFormatter() if log_format == "console" else _JsonFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # waitress logs every client that disconnects and, under load, the queue depth per request.
    logging.getLogger("waitress").setLevel(logging.WARNING)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)


class RequestRecord(logging.LogRecord):
    """The record of a completed request, which is cheaper to create than a `LogRecord`.

    `LogRecord` looks up the thread, the process and the caller's source line, which are not logged.
    """

    fields: Mapping[str, object]

    def __init__(self, name: str, level: int, fields: Mapping[str, object]) -> None:
        self.__dict__ |= _EMPTY_RECORD
        self.name = name
        self.levelno = level
        self.levelname = logging.getLevelName(level)
        self.msg = "request_completed"
        self.created = time.time()
        self.fields = fields


_EMPTY_RECORD = vars(logging.makeLogRecord({}))


class _LineHandler(logging.Handler):
    """Formats each record and passes the line to a `LogWriter`.

    Does not use the handler's lock, which would delay other threads that log.
    """

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self.writer = LogWriter(descriptor, self._dropped_line)

    def handle(self, record: logging.LogRecord) -> bool:
        self.emit(record)
        return True

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self.writer.write(self._line(record))
        except Exception:  # noqa: BLE001  (as logging does: a line that can't be written fails no request)
            self.writer.drop(1)

    def flush(self) -> None:
        self.writer.flush(FLUSH_SECONDS)

    def _line(self, record: logging.LogRecord) -> bytes:
        return f"{self.format(record)}\n".encode(errors="backslashreplace")

    def _dropped_line(self, count: int) -> bytes:
        return self._log_line("log_lines_dropped", count=count)

    def _log_line(self, event: str, **fields: object) -> bytes:
        record = RequestRecord("paycli.server", logging.WARNING, fields)
        record.msg = event
        return self._line(record)


class _JsonFormatter(logging.Formatter):
    """Formats a record as JSON in ASCII, so that no character of a value affects a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        second, fraction = divmod(record.created, 1)
        line = {
            "time": f"{_second(int(second))}.{int(fraction * 1e6):06d}+00:00",
            "level": record.levelname.lower(),
            "event": _event(record),
            **_fields(record),
        }
        with suppress(ValueError):  # a lone surrogate
            text = to_json(line).decode()
            if text.isascii() and text.isprintable():
                return text
        # Takes four times as long.
        return printable_json(json.dumps(line, separators=(",", ":")))


@lru_cache(maxsize=1)
def _second(unix_seconds: int) -> str:
    return datetime.fromtimestamp(unix_seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


class _ConsoleFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        clock = datetime.fromtimestamp(record.created, UTC).astimezone().strftime("%H:%M:%S")
        fields = " ".join(f"{name}={_quoted(value)}" for name, value in _fields(record).items())
        message = _quoted(_event(record))
        return f"{clock} {record.levelname.lower():7} {message}  {fields}".rstrip()


def _quoted(value: object) -> str:
    """Returns the value as text, in quotes unless it is a single printable word."""
    text = str(value)
    one_word = text.isprintable() and not set(text) & set(' "=')
    return text if one_word else printable_json(json.dumps(text, ensure_ascii=False))


def _is_ours(record: logging.LogRecord) -> bool:
    return record.name.partition(".")[0] == "paycli"


def _event(record: logging.LogRecord) -> str:
    """Returns the event's name. Messages of libraries can contain secrets and are not logged."""
    return record.getMessage() if _is_ours(record) else "third_party_log"


def _fields(record: logging.LogRecord) -> dict[str, object]:
    attributes = record.fields if isinstance(record, RequestRecord) else vars(record)
    fields = {name: value for name, value in attributes.items() if name in FIELDS}
    if not _is_ours(record):
        fields = {"detail": f"{record.name} at {record.filename}:{record.lineno}"}
    if record.exc_info and record.exc_info[0] is not None:
        # The exception's message can quote secrets; its class and traceback cannot.
        fields["error"] = record.exc_info[0].__name__
        fields["traceback"] = _traceback(record)
    return fields


def _traceback(record: logging.LogRecord) -> str:
    frames = []
    frame = record.exc_info[2] if record.exc_info else None
    while frame is not None:
        frames.append(f"{frame.tb_frame.f_code.co_filename}:{frame.tb_lineno}")
        frame = frame.tb_next
    return " > ".join(frames)


def log_event(event: str, fields: Mapping[str, object]) -> None:
    """Logs an event of the daemon itself; fields that are None are omitted."""
    present = {name: value for name, value in fields.items() if value is not None}
    logging.getLogger("paycli.server").info(event, extra=present)


def flush(timeout_seconds: float) -> None:
    """Waits until all lines so far are written, or the timeout is reached."""
    for writer in _writers():
        writer.flush(timeout_seconds)


def count_dropped_lines(count: Callable[[int], None]) -> None:
    """Calls `count` with each number of lines dropped by this process from now on."""
    for writer in _writers():
        writer.on_dropped = count


def _writers() -> Iterator[LogWriter]:
    for handler in logging.getLogger().handlers:
        if isinstance(handler, _LineHandler):
            yield handler.writer
