"""Log lines: an event's name and fields from an allow-list, as JSON or for people to read."""

import json
import logging
import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal

STDERR = 2

FIELDS = frozenset(
    {
        "caller",
        "cause",
        "code",
        "count",
        "detail",
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
        "public_url",
        "ready_after_seconds",
        "reference",
        "refund_id",
        "request_id",
        "signal",
        "status",
        "topic",
        "traceback",
        "url",
        "version",
        "worker",
        "workers",
    }
)
"""What may stand in a line. Anything else given to the logger is dropped, so nothing slips in."""


def configure(log_format: Literal["console", "json"] | None, descriptor: int = STDERR) -> None:
    """Sends all logs of the process to an open file, one line each."""
    if log_format is None:
        log_format = "console" if os.isatty(descriptor) else "json"
    handler = _Lines(descriptor)
    handler.setFormatter(_Console() if log_format == "console" else _Json())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # It tells of every client that leaves, and under load on every request that others wait.
    logging.getLogger("waitress").setLevel(logging.WARNING)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)


class RequestRecord(logging.LogRecord):
    """That of a request, with its fields, made without what the others are made of.

    `LogRecord` asks for thread, process and place in the code each time, and nobody wants them.
    """

    fields: Mapping[str, object]

    def __init__(self, name: str, level: int, fields: Mapping[str, object]) -> None:
        self.__dict__ |= _NOTHING_MORE
        self.name = name
        self.levelno = level
        self.levelname = logging.getLevelName(level)
        self.msg = "request_completed"
        self.created = time.time()
        self.fields = fields


_NOTHING_MORE = vars(logging.makeLogRecord({}))


class _Lines(logging.Handler):
    """Writes each line at once: the system keeps lines whole, in a file, a pipe and a terminal.

    With logging's own lock a thread that writes would hold up all others that have an answer.
    """

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor

    def handle(self, record: logging.LogRecord) -> bool:
        self.emit(record)
        return True

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = f"{self.format(record)}\n".encode(errors="backslashreplace")
            while line:
                line = line[os.write(self._descriptor, line) :]
        except Exception:  # noqa: BLE001  (logging's way: what can't be logged is no failure)
            self.handleError(record)


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(
            {
                "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
                "level": record.levelname.lower(),
                "event": _event(record),
                **_fields(record),
            }
        )


class _Console(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        clock = datetime.fromtimestamp(record.created, UTC).astimezone().strftime("%H:%M:%S")
        fields = " ".join(f"{name}={_bare(value)}" for name, value in _fields(record).items())
        message = _bare(_event(record))
        return f"{clock} {record.levelname.lower():7} {message}  {fields}".rstrip()


def _bare(value: object) -> str:
    """The value as it is, or quoted where it would not stay one word on one line."""
    text = str(value)
    one_word = text.isprintable() and not set(text) & set(' "=')
    return text if one_word else json.dumps(text, ensure_ascii=False)


def _is_ours(record: logging.LogRecord) -> bool:
    return record.name.partition(".")[0] == "paycli"


def _event(record: logging.LogRecord) -> str:
    """Libraries put into their messages what they were given: only where it happened is told."""
    return record.getMessage() if _is_ours(record) else "third_party_log"


def _fields(record: logging.LogRecord) -> dict[str, object]:
    given = record.fields if isinstance(record, RequestRecord) else vars(record)
    fields = {name: value for name, value in given.items() if name in FIELDS}
    if not _is_ours(record):
        fields = {"detail": f"{record.name} at {record.filename}:{record.lineno}"}
    if record.exc_info and record.exc_info[0] is not None:
        # The exception's own words may quote what it choked on; its class and place can't.
        fields["error"] = record.exc_info[0].__name__
        fields["traceback"] = _places(record)
    return fields


def _places(record: logging.LogRecord) -> str:
    frames = []
    frame = record.exc_info[2] if record.exc_info else None
    while frame is not None:
        frames.append(f"{frame.tb_frame.f_code.co_filename}:{frame.tb_lineno}")
        frame = frame.tb_next
    return " > ".join(frames)


def log_event(event: str, fields: Mapping[str, object]) -> None:
    """One line about the daemon itself."""
    told = {name: value for name, value in fields.items() if value is not None}
    logging.getLogger("paycli.server").info(event, extra=told)
