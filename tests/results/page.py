"""tests/RESULTS.md, from runs.toml and the files of the runs."""

import re
from collections.abc import Iterator, Sequence

from harness.markdown import documents, read
from harness.measurements import Table
from harness.tools import ROOT

from .runs import Measured, Run, Section, last, sections

PAGE = ROOT / "tests" / "RESULTS.md"
FIGURE = re.compile(r"(<!-- figure (?P<place>[^>]*?) -->).*?(<!-- end -->)", re.DOTALL)
"""A figure in a document: `<!-- figure RUN; TITLE; ROW; COLUMN -->1.2<!-- end -->`."""
INTRODUCTION = """# Measured results

<!-- Written by scripts/results from tests/results. Do not edit. -->

Each table is what its command measured the last time, and nothing was written by hand.
`scripts/results NAME` measures again, and `scripts/results --list` lists all names.

Absolute times depend on the machine; ratios of one run carry over better. In brackets behind a
figure are its lowest and highest value over the rounds. "Other programs" is the share of the
machine's processor time that was not used by the run: above some percent, times are too long.
"""


def write() -> None:
    """Write tests/RESULTS.md, and the figures of all documents."""
    PAGE.write_text(text(sections()), encoding="utf-8")
    for name in documents():
        document = read(name)
        if (current := with_figures(document)) != document:
            (ROOT / name).write_text(current, encoding="utf-8")


def text(sections: Sequence[Section]) -> str:
    """Return the page, as Markdown."""
    contents = " ·\n".join(f"[{it.title}](#{_anchor(it.title)})" for it in sections)
    parts = [INTRODUCTION, f"**Contents:** {contents}\n"]
    for section in sections:
        parts.append(f"## {section.title}\n")
        if section.text:
            parts.append(section.text.strip() + "\n")
        parts += [part for group in _groups(section.runs) for part in _group(group)]
    return "\n".join(parts)


def with_figures(document: str) -> str:
    """Return a document with the present figures in place of those that it names.

    They are without their spread, `1.2` for `1.2 (1.1 to 1.4)`.
    """

    def current(match: re.Match[str]) -> str:
        return f"{match[1]}{figure(match['place']).partition(' (')[0]}{match[3]}"

    return FIGURE.sub(current, document)


def figure(place: str) -> str:
    """Return the cell that `RUN; TITLE; ROW; COLUMN` names; COLUMN may be empty.

    Raises `LookupError` with the place if it is not there.
    """
    name, title, row_name, column = [*place.split(";"), "", "", ""][:4]
    name, title, row_name, column = (each.strip() for each in (name, title, row_name, column))
    for run in (run for section in sections() for run in section.runs if run.name == name):
        measured = last(run)
        for table in measured.tables if measured else ():
            for row in table.rows:
                if (table.title, row[0]) == (title, row_name) and column in table.headings[1:]:
                    return row[list(table.headings).index(column, 1)]
    raise LookupError(place)


def _anchor(title: str) -> str:
    return re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-")


def _groups(runs: Sequence[Run]) -> list[list[Run]]:
    """Return the runs, those with a column joined to the run before."""
    groups: list[list[Run]] = []
    for run in runs:
        if run.shows or not groups:
            groups.append([])
        groups[-1].append(run)
    return groups


def _group(runs: Sequence[Run]) -> Iterator[str]:
    yield f"{runs[0].shows}\n"
    done = [(run, measured) for run in runs if (measured := last(run))]
    for run in runs:
        yield _origin(run, last(run))
    yield ""
    if len(done) > 1:
        yield _markdown(_joined(done))
    else:
        for _, measured in done:
            for table in measured.tables:
                yield _markdown(table)


def _origin(run: Run, measured: Measured | None) -> str:
    if not measured:
        return f"- `{run.command}`: not measured yet"
    failed = f" · **failed with exit code {measured.exit_code}**" if measured.exit_code else ""
    return (
        f"- `{run.command}`{failed}<br>{measured.date} · commit {measured.commit} · "
        f"Python {measured.python} · {measured.machine} · {measured.minutes:g} min · "
        f"other programs {measured.other_use:.0%}"
    )


def _joined(done: Sequence[tuple[Run, Measured]]) -> Table:
    """Return the figures of runs with one column each, in the rows of the first."""
    columns = [{row[0]: row[1] for row in measured.tables[0].rows} for _, measured in done]
    names = dict.fromkeys(name for column in columns for name in column)
    return Table(
        done[0][1].tables[0].title,
        ["", *(run.column for run, _ in done)],
        [[name, *(column.get(name, "") for column in columns)] for name in names],
    )


def _markdown(table: Table) -> str:
    lines = [f"**{table.title}**\n"] if table.title else []
    headings = [_cell(heading) for heading in table.headings]
    lines.append(f"| {' | '.join(headings)} |")
    lines.append(f"|---{'|---:' * (len(headings) - 1)}|")
    lines += [f"| {' | '.join(map(_cell, row))} |" for row in table.rows]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", r"\|").replace("<", "&lt;")
