"""The repository's Markdown documents, and the parts of them that tests compare with the code."""

import itertools
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from harness.tools import ROOT

_FOLDERS = (".github", "paycli", "server", "scripts", "tests")
_HEADING = re.compile(r"(#+) (.*)")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_FENCED = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


def documents() -> list[str]:
    """Returns the paths of all documents, relative to the root."""
    inner = (file for folder in _FOLDERS for file in (ROOT / folder).rglob("*.md"))
    return sorted(str(file.relative_to(ROOT)) for file in (*ROOT.glob("*.md"), *inner))


def read(document: str) -> str:
    """Returns the text of a document, given its path relative to the root."""
    return (ROOT / document).read_text(encoding="utf-8")


def with_mistake(text: str, old: str, new: str) -> str:
    """Returns the text with `old`, which it must contain, replaced by `new`."""
    assert old in text
    return text.replace(old, new)


def section(text: str, title: str) -> str:
    """Returns what stands under a heading, its subsections included; "" without the heading."""
    lines = text.splitlines(keepends=True)
    found = list(_headings(text))
    for place, (level, name, start) in enumerate(found):
        if name == title:
            ends = (line for other, _, line in found[place + 1 :] if other <= level)
            return "".join(lines[start + 1 : next(ends, len(lines))])
    return ""


def titles(text: str) -> list[str]:
    """Returns the titles of all headings, in order."""
    return [title for _, title, _ in _headings(text)]


def anchors(text: str) -> set[str]:
    """Returns the anchors that GitHub gives to the headings."""
    return {re.sub(r"[^\w\- ]", "", it.lower()).replace(" ", "-") for it in titles(text)}


def links(text: str) -> list[str]:
    """Returns the targets of all links outside code blocks."""
    return _LINK.findall(_FENCED.sub("", text))


def target(document: str, link: str) -> tuple[Path, str]:
    """Returns the file that a relative link of a document leads to, and the anchor, or ""."""
    path, _, anchor = link.partition("#")
    return ((ROOT / document).parent / path if path else ROOT / document).resolve(), anchor


def rows(text: str) -> list[list[str]]:
    """Returns the cells of each row of all tables."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def table(text: str, title: str) -> list[list[str]]:
    """Returns the rows of the first table whose first column has this title, without the heading.

    [] without such a table.
    """
    lines = text.splitlines()
    starts = [place for place, line in enumerate(lines) if line.startswith(f"| {title} |")]
    if not starts:
        return []
    body = itertools.takewhile(lambda line: line.startswith("|"), lines[starts[0] + 2 :])
    return rows("\n".join(body))


def first_column(table_rows: Iterable[list[str]]) -> set[str]:
    """Returns the code spans in the first column."""
    return {name for row in table_rows for name in code_spans(row[0])}


def code_spans(text: str) -> set[str]:
    """Returns the text of each span in backticks outside code blocks."""
    return set(re.findall(r"`([^`\n]+)`", _FENCED.sub("", text)))


def blocks(text: str, language: str) -> list[str]:
    """Returns the code blocks of a language."""
    return [code for name, code in fenced(text) if name == language]


def fenced(text: str) -> list[tuple[str, str]]:
    """Returns language and text of each code block."""
    return [(name, code) for _, name, code in _FENCED.findall(text)]


def missing(names: Iterable[str], text: str) -> list[str]:
    """Returns the names that are neither a code span of the text nor a word in one."""
    spans = code_spans(text)
    words = {word for span in spans for word in (span, *re.split(r"[\s=|,:]+", span))}
    return [name for name in names if name not in words]


def _headings(text: str) -> Iterator[tuple[int, str, int]]:
    """Yields level, title and line number of each heading; a comment in a code block is none."""
    fenced = False
    for number, line in enumerate(text.splitlines()):
        fenced ^= line.lstrip().startswith("```")
        heading = _HEADING.fullmatch(line)
        if heading and not fenced:
            yield len(heading[1]), heading[2], number
