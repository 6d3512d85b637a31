"""Prints paycli/cli/README.md: its guide as it is, then each command's `--help` at 80 columns."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import typer
from typer.core import TyperGroup
from typer.main import get_command

from paycli.cli.main import COMMANDS, application

DOCUMENT = Path(__file__).parents[1] / "paycli/cli/README.md"
MARKER = "<!-- Everything below is written by scripts/reference. -->"
INTRODUCTION = """
An option takes precedence over its setting's variable, which is in brackets.
"""


def help_texts() -> Iterator[tuple[str, str]]:
    """Returns each full command name with its help, in the order of `paycli --help`."""
    root = get_command(application())
    assert isinstance(root, TyperGroup)
    for name in COMMANDS:
        command = root.commands[name]
        leaves = command.commands if isinstance(command, TyperGroup) else {"": command}
        for leaf_name, leaf in leaves.items():
            full_name = f"paycli {name} {leaf_name}".strip()
            with typer.Context(leaf, info_name=full_name) as context:
                yield full_name, context.get_help()


def main() -> None:
    """Prints the document."""
    os.environ["COLUMNS"] = "80"
    guide, marker, _ = DOCUMENT.read_text(encoding="utf-8").partition(MARKER)
    assert marker, f"{DOCUMENT} has no line {MARKER}"
    texts = list(help_texts())
    links = "\n".join(f"- [`{name}`](#{name.replace(' ', '-')})" for name, _ in texts)
    sections = "\n".join(f"### `{name}`\n\n```text\n{text}\n```\n" for name, text in texts)
    sys.stdout.write(f"{guide}{marker}\n{INTRODUCTION}\n{links}\n\n{sections}")


if __name__ == "__main__":
    main()
