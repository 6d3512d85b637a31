"""Moments as people write them at a command line."""

import re
import time
from datetime import datetime
from typing import Annotated

import typer

_AGO = re.compile(r"(\d{1,6})([smhdw])", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_HOW = "90m, 72h, 30d (ago), 2026-01-31T12:00:00Z, or Unix seconds"

Since = Annotated[str | None, typer.Option(help=f"From then on: {_HOW}.")]
Until = Annotated[str | None, typer.Option(help="Before then, written the same way; else now.")]


def moment(text: str | None, option: str) -> float | None:
    """Unix seconds of a moment; None for none. Raises BadParameter, which names the option."""
    if text is None:
        return None
    ago = _AGO.fullmatch(text)
    if ago is not None:
        return time.time() - int(ago[1]) * _SECONDS[ago[2]]
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{option} takes {_HOW}, not {text!r}") from None
    if read.tzinfo is None:
        raise typer.BadParameter(
            f"{option} needs a zone: {read.isoformat()}Z for UTC, or its offset, such as +01:00"
        )
    return read.timestamp()


def span(since: str | None, until: str | None) -> tuple[float | None, float | None]:
    """Unix seconds of both ends; None for none.

    Raises BadParameter where nothing can lie between them: a zone, a sign or a unit was mistaken.
    """
    begin, end = moment(since, "--since"), moment(until, "--until")
    if begin is not None and begin > time.time():
        raise typer.BadParameter(f"--since {since} is in the future (Unix times are in seconds)")
    if begin is not None and end is not None and end <= begin:
        raise typer.BadParameter("--until is before --since")
    return begin, end
