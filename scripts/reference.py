"""The command reference on standard output: each command's `--help`, as 80 columns show it."""

import os
import sys
from collections.abc import Iterator

import typer
from typer.core import TyperGroup
from typer.main import get_command

from paycli.cli.explained import EXIT_CODES
from paycli.cli.main import COMMANDS, application

HEAD = """# Command reference

Made by `scripts/reference` from the commands themselves: `paycli COMMAND --help` says
the same. When to use which is in [the README](../../README.md#command-line).

An option wins over its setting's variable, named in brackets. Secrets are read from
files. `--output` has `table` for people, `json` for one document, and `ndjson` for a line
for each thing.

| Exit code | Meaning, where a command does not say another |
|---|---|
"""


def explained() -> Iterator[tuple[str, str]]:
    """Each command as it is typed, with its help, in the order of `paycli --help`."""
    root = get_command(application())
    assert isinstance(root, TyperGroup)
    for name in COMMANDS:
        command = root.commands[name]
        inner = command.commands if isinstance(command, TyperGroup) else {"": command}
        for each, leaf in inner.items():
            typed = f"paycli {name} {each}".strip()
            with typer.Context(leaf, info_name=typed) as context:
                yield typed, context.get_help()


def main() -> None:
    """Prints the document."""
    os.environ["COLUMNS"] = "80"
    found = list(explained())
    codes = "".join(f"| {code} | {meaning} |\n" for code, meaning in EXIT_CODES.items())
    links = "\n".join(f"- [`{typed}`](#{typed.replace(' ', '-')})" for typed, _ in found)
    texts = "\n".join(f"## `{typed}`\n\n```text\n{text}\n```\n" for typed, text in found)
    sys.stdout.write(f"{HEAD}{codes}\n{links}\n\n{texts}")


if __name__ == "__main__":
    main()
