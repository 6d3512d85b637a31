"""The confirmation of what cannot be undone, on a terminal or by an option."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from paycli.cli.output import print_message

NOT_CONFIRMED = 1
Yes = Annotated[
    bool, typer.Option("--yes", help="Do not ask for confirmation; required without a terminal.")
]


def require_terminal(file: Path | None = None, *, yes: bool) -> None:
    """Raises BadParameter without `yes` if there is no terminal for question and answer.

    Standard input is not there for the answer if it is the `file` of the command.
    """
    if yes or (str(file) != "-" and sys.stdin.isatty() and sys.stderr.isatty()):
        return
    raise typer.BadParameter(
        "this cannot be undone, and there is no terminal to ask on: confirm with --yes"
    )


def confirm(question: str, refused: str, *, yes: bool) -> None:
    """Returns once the user has confirmed; else prints `refused` and raises Exit.

    Typer's own `confirm` writes a space to standard output, which has only data.
    """
    if yes:
        return
    sys.stderr.write(f"{question} [y/N]: ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        print_message(refused)
        raise typer.Exit(NOT_CONFIRMED)
