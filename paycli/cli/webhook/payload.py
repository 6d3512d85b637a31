"""A webhook's body and moment, as options of a command."""

import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from paycli.cli import times

Payload = Annotated[str, typer.Argument(help="The body as a file, or - for standard input.")]
At = Annotated[
    str | None,
    typer.Option(help="As of another moment: Unix seconds, or 2026-01-31T12:00:00Z."),
]


def read(payload: str) -> bytes:
    """The bytes. Raises BadParameter."""
    try:
        return sys.stdin.buffer.read() if payload == "-" else Path(payload).read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"{payload} can't be read: {error.strerror}") from error


def now(at: str | None) -> float:
    """The moment to judge as of, in Unix seconds. Raises BadParameter."""
    moment = times.moment(at, "--at")
    return time.time() if moment is None else moment
