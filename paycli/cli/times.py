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
        read = None
    if read is None or read.tzinfo is None:
        raise typer.BadParameter(f"{option} takes {_HOW}, not {text!r}")
    return read.timestamp()
