"""The payload of a webhook and the time of its verification, as options."""

import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from paycli.cli.times import parse_time

At = Annotated[
    str | None,
    typer.Option(help="Use this time as now: Unix seconds, or 2026-01-31T12:00:00Z."),
]


def read_payload(payload: str) -> bytes:
    """Returns the bytes of a file, or of standard input for `-`. Raises BadParameter."""
    try:
        return sys.stdin.buffer.read() if payload == "-" else Path(payload).read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"{payload} can't be read: {error.strerror}") from error


def parse_at(at: str | None) -> float:
    """Returns the time of `--at`, by default now, in Unix seconds. Raises BadParameter."""
    parsed = parse_time(at, "--at")
    return time.time() if parsed is None else parsed
