"""Times on the command line: RFC 3339, Unix seconds, or a duration before now."""

import re
import time
from datetime import datetime
from typing import Annotated

import typer

_DURATION = re.compile(r"(\d{1,6})([smhdw])", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_LAST = 253_402_300_799  # 9999-12-31T23:59:59Z
_FORMATS = "90m, 72h, 30d (ago), 2026-01-31T12:00:00Z, or Unix seconds"

Since = Annotated[str | None, typer.Option(help=f"Only from this time on: {_FORMATS}.")]
Until = Annotated[
    str | None, typer.Option(help="Only before this time, in the same formats. Default: now.")
]


def parse_time(text: str | None, option: str) -> float | None:
    """Returns Unix seconds; None for None. Raises BadParameter, which names the option."""
    if text is None:
        return None
    seconds = _unix_seconds(text, option)
    if not 0 <= seconds <= _LAST:
        raise typer.BadParameter(
            f"{option} must be from 1970 to 9999 (Unix times are in seconds), not {text!r}"
        )
    return seconds


def _unix_seconds(text: str, option: str) -> float:
    duration = _DURATION.fullmatch(text)
    if duration is not None:
        return time.time() - int(duration[1]) * _SECONDS[duration[2]]
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{option} takes {_FORMATS}, not {text!r}") from None
    if parsed.tzinfo is None:
        raise typer.BadParameter(
            f"{option} needs a time zone: {parsed.isoformat()}Z for UTC, or an offset such as "
            "+01:00"
        )
    return parsed.timestamp()


def parse_time_range(since: str | None, until: str | None) -> tuple[float | None, float | None]:
    """Returns Unix seconds of both ends, None for an open end.

    Raises BadParameter for an empty range: a wrong time zone, sign or unit.
    """
    begin, end = parse_time(since, "--since"), parse_time(until, "--until")
    if begin is not None and begin > time.time():
        raise typer.BadParameter(f"--since {since} is in the future (Unix times are in seconds)")
    if begin is not None and end is not None and end <= begin:
        raise typer.BadParameter("--until is before --since")
    return begin, end
