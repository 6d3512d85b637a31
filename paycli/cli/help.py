"""The text of `--help`: plain, complete at every terminal width."""

import shutil
from collections.abc import Callable, Mapping
from typing import Any

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption
from typer.exceptions import TyperException

from paycli.printable import printable

SETTINGS_PANEL = "Settings"
"""The help section of the options that are settings."""
_EXAMPLES = "\n\nExamples:\n"
_NARROW_COLUMNS = 80
_TYPES = {"str": "TEXT", "int": "INTEGER", "float": "NUMBER"}


class PaycliCommand(TyperCommand):
    """A command whose help has its examples and exit codes."""

    @property
    def exit_codes(self) -> Mapping[int, str]:
        """The exit codes that the command declares, with their meanings."""
        declared: Mapping[int, str] = getattr(self.callback, "exit_codes", {})
        return declared

    @property
    def examples(self) -> list[str]:
        """The lines below `Examples:` in the docstring."""
        lines = (self.help or "").partition(_EXAMPLES)[2].splitlines()
        return [line.removeprefix("    ") for line in lines]

    def collect_usage_pieces(self, ctx: Any) -> list[str]:  # noqa: ANN401  (Typer does not export it)
        """Returns the arguments as in a manual page: `[FILE]` is optional."""
        pieces = ["[OPTIONS]"]
        for param in self.get_params(ctx):
            if isinstance(param, TyperArgument):
                name = param.name.upper()
                pieces.append(name if param.required else f"[{name}]")
        return pieces

    def format_help_text(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401, ARG002  (the same)
        """Writes purpose and examples; examples are not wrapped, so that they can be copied."""
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text((self.help or "").partition(_EXAMPLES)[0])
        with formatter.section("Examples"):
            for line in self.examples:
                formatter.write(f"  {line}".rstrip() + "\n")

    def format_options(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401  (the same)
        """Writes arguments, options and settings in a section each."""
        sections: dict[str, list[tuple[str, str]]] = {
            "Arguments": [],
            "Options": [],
            SETTINGS_PANEL: [],
        }
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is not None and isinstance(param, TyperArgument):
                sections["Arguments"].append((param.name.upper(), record[1]))
            elif record is not None and isinstance(param, TyperOption):
                is_setting = param.rich_help_panel == SETTINGS_PANEL
                section = SETTINGS_PANEL if is_setting else "Options"
                sections[section].append((_option_synopsis(param, ctx), record[1]))
        for title, rows in sections.items():
            _write_section(formatter, title, rows)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401, ARG002  (the same)
        """Writes the exit codes."""
        rows = [(str(code), meaning) for code, meaning in self.exit_codes.items()]
        _write_section(formatter, "Exit codes", rows)


class PaycliGroup(TyperGroup):
    """A command group whose help has the purpose of each command in full."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401  (the same)
        """Runs a command; an error that repeats an argument is safe for a terminal."""
        try:
            return super().invoke(ctx)
        except TyperException as error:
            if isinstance(message := getattr(error, "message", None), str):
                # Without a command, the message is the help text.
                error.message = printable(message, keep="\n")
            raise

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401  (the same)
        """Writes each command with its purpose."""
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        rows = [
            (name, command.get_short_help_str(1000))
            for name, command in commands
            if command is not None
        ]
        _write_section(formatter, "Commands", rows)


class PaycliTyper(typer.Typer):
    """Collects the commands of a group."""

    def __init__(self, purpose: str | None = None) -> None:
        super().__init__(
            cls=PaycliGroup,
            help=purpose,
            no_args_is_help=True,
            pretty_exceptions_enable=False,
            rich_markup_mode=None,
        )

    def add(self, command: Callable[..., None], name: str | None = None) -> None:
        """Adds a command, by default under the name of its function."""
        self.command(name, cls=PaycliCommand)(command)


def _option_synopsis(option: TyperOption, ctx: Any) -> str:  # noqa: ANN401  (the same)
    """Returns, for example, `-o, --output table|json|ndjson`, or `--all / --none`."""
    names = ", ".join(sorted(option.opts, key=len))
    if option.secondary_opts:  # those that turn the flag off
        names += f" / {', '.join(option.secondary_opts)}"
    if option.is_flag:
        return names
    if option.metavar:
        return f"{names} {option.metavar}"
    type_name = option.display_type(ctx).strip("<>").removeprefix("list[").removesuffix("]")
    type_name = type_name.removesuffix(" range")
    placeholder = _TYPES.get(type_name, type_name if "|" in type_name else type_name.upper())
    return f"{names} {placeholder}"


def _write_section(formatter: Any, title: str, rows: list[tuple[str, str]]) -> None:  # noqa: ANN401  (the same)
    """Writes a section; in a narrow terminal descriptions are below the names."""
    if not rows:
        return
    narrow = shutil.get_terminal_size().columns < _NARROW_COLUMNS
    with formatter.section(title):
        formatter.write_dl(rows, col_max=6 if narrow else 30)
