"""`--help` of every command is complete, at every terminal width."""

import re
import shlex
from collections.abc import Iterator

import pytest
import typer
from typer.core import TyperGroup
from typer.main import get_command
from typer.testing import CliRunner

from paycli.cli.exit_codes import MEANINGS, exits
from paycli.cli.help import PaycliCommand, PaycliTyper
from paycli.cli.main import application
from paycli.settings import GROUPS
from paycli.settings.reader import setting_fields

SETTINGS = {name for group in GROUPS for name, _ in setting_fields(group)}


def commands() -> Iterator[tuple[str, PaycliCommand]]:
    """Yield each command with its full name, such as `paycli intent get`."""
    root = get_command(application())
    assert isinstance(root, TyperGroup)
    for name, command in root.commands.items():
        subcommands = command.commands if isinstance(command, TyperGroup) else {"": command}
        for subname, subcommand in subcommands.items():
            assert isinstance(subcommand, PaycliCommand)
            yield f"paycli {name} {subname}".strip(), subcommand


COMMANDS = dict(commands())


def help_text(full_name: str, command: PaycliCommand) -> str:
    """Return what `--help` prints."""
    with typer.Context(command, info_name=full_name) as context:
        return command.get_help(context)


def defects(full_name: str, command: PaycliCommand, known: dict[str, PaycliCommand]) -> list[str]:
    """Return what a command's help lacks, and its examples that would not work."""
    found = ["purpose"] * (not (command.help or "").partition("\n\n")[0])
    lines = [line for line in command.examples if "paycli " in line]
    found += ["examples"] * (not lines)
    for example in re.findall(r"paycli [^|>)]*", " ".join(command.examples).replace("\\", "")):
        words = shlex.split(example.replace('"$(cat header.txt)"', "H").replace('"', ""))
        names = [name for name in known if words[: len(name.split())] == name.split()]
        options = {word for word in words if word.startswith("--")}
        params = [param for name in names for param in known[name].params]
        accepted = {opt for param in params for opt in (*param.opts, *param.secondary_opts)}
        found += [example] * (not names or not options <= accepted)
    found += ["no example of its own"] * (not any(full_name in line for line in lines))
    found += ["exit codes"] * (not {0, 2} <= command.exit_codes.keys() <= MEANINGS.keys())
    return found


@pytest.mark.parametrize("full_name", COMMANDS)
def test_help_has_purpose_working_examples_and_exit_codes(full_name: str) -> None:
    """The examples use only commands and options that exist."""
    assert defects(full_name, COMMANDS[full_name], COMMANDS) == []


@pytest.mark.parametrize("columns", [60, 80, 120])
@pytest.mark.parametrize("full_name", COMMANDS)
def test_help_is_complete_at_every_width(
    monkeypatch: pytest.MonkeyPatch, full_name: str, columns: int
) -> None:
    """Options, names of settings and examples are never cut off, and no line is too wide."""
    monkeypatch.setenv("COLUMNS", str(columns))
    command = COMMANDS[full_name]
    text = help_text(full_name, command)
    examples = [f"  {line}" for line in command.examples]
    lines = [line for line in text.splitlines() if line not in examples]
    assert set(examples) <= set(text.splitlines())
    assert all(len(line) <= columns or "|" in line for line in lines)
    for param in command.params:
        names = [opt for opt in (*param.opts, *param.secondary_opts) if "-" in opt]
        assert all(re.search(rf"(^|[\s,]){re.escape(name)}\b", text) for name in names)
        variable = re.search(r"\[(PAYCLI_\w+)\]", getattr(param, "help", None) or "")
        assert variable is None or (variable[1] in text and variable[1] in SETTINGS)
    assert "\x1b" not in text


@pytest.mark.parametrize(
    "name", ["", *sorted({n.split()[1] for n in COMMANDS if n.count(" ") > 1})]
)
def test_a_group_without_a_command_prints_its_help(name: str) -> None:
    """It is the text of `--help`, with its line breaks, and the exit code of wrong usage."""
    runner, app = CliRunner(), application()
    group = name.split()
    done, asked = (runner.invoke(app, [*group, *more]) for more in ([], ["--help"]))
    assert (done.exit_code, asked.exit_code) == (2, 0)
    assert done.output == asked.output
    assert "\nCommands:\n" in done.output


def test_defects_are_detected() -> None:
    """The check itself works: it finds missing parts and options that do not exist."""
    app = PaycliTyper()

    def undocumented() -> None:
        pass

    @exits({7: "unknown"})
    def wrong() -> None:
        """Do something.

        Examples:
            paycli doctor --all
        """

    app.add(undocumented)
    app.add(wrong)
    group = get_command(app)
    assert isinstance(group, TyperGroup)
    found = {
        name: defects(f"paycli {name}", command, COMMANDS)
        for name, command in group.commands.items()
        if isinstance(command, PaycliCommand)
    }
    assert found == {
        "undocumented": ["purpose", "examples", "no example of its own", "exit codes"],
        "wrong": ["paycli doctor --all", "no example of its own", "exit codes"],
    }
