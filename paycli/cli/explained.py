"""How commands explain themselves with `--help`: plain text that is whole at every width."""

import shutil
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

EXIT_CODES = {
    0: "done",
    1: "failed for another reason",
    2: "wrong usage",
    3: "settings are missing or wrong",
    4: "Stripe refused or could not be reached",
    5: "Kafka refused or could not be reached",
    6: "the signature does not hold",
    130: "ended by Ctrl-C",
}
SETTINGS = "Settings"
"""The panel of the options that are settings."""
_EXAMPLES = "\n\nExamples:\n"
_NARROW = 80
_TYPES = {"str": "TEXT", "int": "INTEGER", "float": "NUMBER"}

F = TypeVar("F", bound=Callable[..., None])


def exits(*codes: int | Mapping[int, str]) -> Callable[[F], F]:
    """Says with which exit codes a command may end, besides 0, 2 and 130.

    A mapping says what the code means for this command, where that is not its usual meaning.
    """
    meant: dict[int, str] = {}
    for each in (0, 2, *codes):
        meant |= {each: EXIT_CODES[each]} if isinstance(each, int) else each

    def mark(command: F) -> F:
        command.exit_codes = dict(sorted(meant.items()))  # type: ignore[attr-defined]  # read below
        return command

    return mark


class Command(TyperCommand):
    """One command."""

    @property
    def exit_codes(self) -> Mapping[int, str]:
        """With which it may end, and what they mean."""
        told: Mapping[int, str] = getattr(self.callback, "exit_codes", {})
        return told

    @property
    def examples(self) -> list[str]:
        """The lines below `Examples:` in its docstring."""
        lines = (self.help or "").partition(_EXAMPLES)[2].splitlines()
        return [line.removeprefix("    ") for line in lines]

    def collect_usage_pieces(self, ctx: Any) -> list[str]:  # noqa: ANN401  (Typer does not export it)
        """Arguments as manuals write them: `[FILE]` may be left out."""
        pieces = ["[OPTIONS]"]
        for it in self.get_params(ctx):
            if isinstance(it, TyperArgument):
                name = it.name.upper()
                pieces.append(name if it.required else f"[{name}]")
        return pieces

    def format_help_text(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401, ARG002  (the same)
        """What it does; examples are not wrapped, so that they can be copied."""
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text((self.help or "").partition(_EXAMPLES)[0])
        with formatter.section("Examples"):
            for line in self.examples:
                formatter.write(f"  {line}".rstrip() + "\n")

    def format_options(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401  (the same)
        """Arguments, options of its own, and settings, apart."""
        sections: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": [], SETTINGS: []}
        for it in self.get_params(ctx):
            record = it.get_help_record(ctx)
            if record is not None and isinstance(it, TyperArgument):
                sections["Arguments"].append((it.name.upper(), record[1]))
            elif record is not None and isinstance(it, TyperOption):
                section = SETTINGS if it.rich_help_panel == SETTINGS else "Options"
                sections[section].append((_written(it, ctx), record[1]))
        for name, records in sections.items():
            _write(formatter, name, records)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401, ARG002  (the same)
        """Its exit codes."""
        _write(formatter, "Exit codes", [(str(c), text) for c, text in self.exit_codes.items()])


class Group(TyperGroup):
    """Commands that belong together."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401  (the same)
        """What each is for, whole."""
        found = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        rows = [(name, it.get_short_help_str(1000)) for name, it in found if it is not None]
        _write(formatter, "Commands", rows)


class Application(typer.Typer):
    """A group of commands."""

    def __init__(self, purpose: str | None = None) -> None:
        super().__init__(
            cls=Group,
            help=purpose,
            no_args_is_help=True,
            pretty_exceptions_enable=False,
            rich_markup_mode=None,
        )

    def add(self, command: Callable[..., None], name: str | None = None) -> None:
        """Adds a command, by its own name or another."""
        self.command(name, cls=Command)(command)


def _written(option: TyperOption, ctx: Any) -> str:  # noqa: ANN401  (the same)
    """`-o, --output table|json|ndjson`."""
    names = ", ".join(sorted(option.opts, key=len))
    if option.is_flag:
        return names
    if option.metavar:
        return f"{names} {option.metavar}"
    shown = option.display_type(ctx).strip("<>").removeprefix("list[").removesuffix("]")
    kind = shown.removesuffix(" range")
    return f"{names} {_TYPES.get(kind, kind if '|' in kind else kind.upper())}"


def _write(formatter: Any, title: str, rows: list[tuple[str, str]]) -> None:  # noqa: ANN401  (the same)
    """A section; in a narrow terminal descriptions stand below the names."""
    if not rows:
        return
    narrow = shutil.get_terminal_size().columns < _NARROW
    with formatter.section(title):
        formatter.write_dl(rows, col_max=6 if narrow else 30)
