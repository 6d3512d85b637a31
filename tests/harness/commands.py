"""The commands of `paycli`, as Typer has them."""

from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from paycli.cli.main import application

ROOT_OPTIONS = frozenset({"--help", "--version", "--install-completion", "--show-completion"})


def commands() -> dict[str, dict[str, str]]:
    """Returns each command as it is typed, with its options and their help."""
    root = get_command(application())
    assert isinstance(root, TyperGroup)
    found = {}
    for name, command in root.commands.items():
        inner = command.commands if isinstance(command, TyperGroup) else {"": command}
        for each, leaf in inner.items():
            assert isinstance(leaf, TyperCommand)
            found[f"paycli {name} {each}".strip()] = {
                option: getattr(parameter, "help", None) or ""
                for parameter in leaf.params
                for option in (*parameter.opts, *parameter.secondary_opts)
                if option.startswith("-")
            }
    assert len(found) > 4
    return found
