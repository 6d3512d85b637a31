"""The runs of runs.toml, and what each has measured the last time."""

import fnmatch
import json
import tomllib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from harness.measurements import Table

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Run:
    """A command that measures.

    Attributes:
        name: Its name, and that of its file.
        command: The shell command, in the root of the repository.
        shows: What it shows, as a sentence of the page.
        column: With it, the figures become a column of the table of the run before.
    """

    name: str
    command: str
    shows: str = ""
    column: str = ""

    @property
    def path(self) -> Path:
        """The file of what it has measured."""
        return FOLDER / f"{self.name}.json"


@dataclass(frozen=True)
class Section:
    """A part of the page: a title, a text in Markdown, and its runs."""

    title: str
    text: str
    runs: Sequence[Run]


@dataclass(frozen=True)
class Measured:
    """What a run has measured, where, and when.

    Attributes:
        date: The day, as YYYY-MM-DD.
        commit: The commit of the code, short; with `+` if files were changed.
        machine: Cores, processor and operating system.
        python: The version of Python.
        minutes: The duration.
        other_use: The share of the processor time of the machine that other programs used.
        exit_code: That of the command.
        tables: All tables that it has recorded.
    """

    date: str
    commit: str
    machine: str
    python: str
    minutes: float
    other_use: float
    exit_code: int
    tables: Sequence[Table]

    def write(self, path: Path) -> None:
        """Write it to a file."""
        path.write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n", "utf-8")


def sections() -> list[Section]:
    """Return all sections of runs.toml."""
    content = tomllib.loads((FOLDER / "runs.toml").read_text(encoding="utf-8"))
    return [
        Section(each["title"], each.get("text", ""), [Run(**run) for run in each.get("run", [])])
        for each in content["section"]
    ]


def select(patterns: Sequence[str]) -> list[Run]:
    """Return the runs whose names match one of the patterns.

    Raises `LookupError` with a pattern that no name matches.
    """
    every = [run for section in sections() for run in section.runs]
    selected = []
    for pattern in patterns:
        matching = [run for run in every if fnmatch.fnmatch(run.name, pattern)]
        if not matching:
            raise LookupError(pattern)
        selected += [run for run in matching if run not in selected]
    return selected


def last(run: Run) -> Measured | None:
    """Return what a run has measured, or None if it was never done."""
    if not run.path.exists():
        return None
    content = json.loads(run.path.read_text(encoding="utf-8"))
    tables = [Table(**table) for table in content.pop("tables")]
    return Measured(**content, tables=tables)
