"""Each command explains itself with `--help`, whole at every width."""

import re
import shlex
from collections.abc import Iterator

import pytest
import typer
from typer.core import TyperGroup
from typer.main import get_command

from paycli.cli.explained import EXIT_CODES, Application, Command, exits
from paycli.cli.main import application
from paycli.settings import GROUPS
from paycli.settings.reader import setting_fields

VARIABLES = {name for group in GROUPS for name, _ in setting_fields(group)}


def commands() -> Iterator[tuple[str, Command]]:
    """Each command by how it is typed."""
    root = get_command(application())
    assert isinstance(root, TyperGroup)
    for name, command in root.commands.items():
        inner = command.commands if isinstance(command, TyperGroup) else {"": command}
        for each, leaf in inner.items():
            assert isinstance(leaf, Command)
            yield f"paycli {name} {each}".strip(), leaf


COMMANDS = dict(commands())


def told(typed: str, command: Command) -> str:
    """What `--help` prints."""
    with typer.Context(command, info_name=typed) as context:
        return command.get_help(context)


def wrong(typed: str, command: Command, known: dict[str, Command]) -> list[str]:
    """What is missing from a command's explanation, or made up in it."""
    found = ["purpose"] * (not (command.help or "").partition("\n\n")[0])
    lines = [line for line in command.examples if "paycli " in line]
    found += ["examples"] * (not lines)
    for example in re.findall(r"paycli [^|>)]*", " ".join(command.examples).replace("\\", "")):
        words = shlex.split(example.replace('"$(cat header.txt)"', "H").replace('"', ""))
        names = [name for name in known if words[: len(name.split())] == name.split()]
        options = {word for word in words if word.startswith("--")}
        taken = {it for name in names for param in known[name].params for it in param.opts}
        found += [example] * (not names or not options <= taken)
    found += ["no example of its own"] * (not any(typed in line for line in lines))
    found += ["exit codes"] * (not {0, 2} <= command.exit_codes.keys() <= EXIT_CODES.keys())
    return found


@pytest.mark.parametrize("typed", COMMANDS)
def test_a_command_says_what_it_does_with_an_example_that_works(typed: str) -> None:
    """Purpose, examples of commands and options that exist, and exit codes are there."""
    assert wrong(typed, COMMANDS[typed], COMMANDS) == []


@pytest.mark.parametrize("columns", [60, 80, 120])
@pytest.mark.parametrize("typed", COMMANDS)
def test_help_is_whole_at_every_width(
    monkeypatch: pytest.MonkeyPatch, typed: str, columns: int
) -> None:
    """Options, settings' names and examples are never cut off; no line is wider than the screen."""
    monkeypatch.setenv("COLUMNS", str(columns))
    command = COMMANDS[typed]
    text = told(typed, command)
    examples = [f"  {line}" for line in command.examples]
    lines = [line for line in text.splitlines() if line not in examples]
    assert set(examples) <= set(text.splitlines())
    assert all(len(line) <= columns or "|" in line for line in lines)
    for param in command.params:
        assert all(
            re.search(rf"(^|[\s,]){re.escape(it)}\b", text) for it in param.opts if "-" in it
        )
        variable = re.search(r"\[(PAYCLI_\w+)\]", getattr(param, "help", None) or "")
        assert variable is None or (variable[1] in text and variable[1] in VARIABLES)
    assert "\x1b" not in text


def test_what_is_not_explained_is_noticed() -> None:
    """The control: without example or exit codes, or with an option made up, it is red."""
    app = Application()

    def silent() -> None:
        pass

    @exits({7: "made up"})
    def odd() -> None:
        """Does something.

        Examples:
            paycli doctor --all
        """

    app.add(silent)
    app.add(odd)
    group = get_command(app)
    assert isinstance(group, TyperGroup)
    found = {
        name: wrong(f"paycli {name}", command, COMMANDS)
        for name, command in group.commands.items()
        if isinstance(command, Command)
    }
    assert found == {
        "silent": ["purpose", "examples", "no example of its own", "exit codes"],
        "odd": ["paycli doctor --all", "no example of its own", "exit codes"],
    }
