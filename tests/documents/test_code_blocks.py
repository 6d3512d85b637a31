"""In every document, code blocks are narrow, and those in Python and JSON are well-formed."""

import json
from collections.abc import Callable

import pytest

from harness.markdown import blocks, documents, fenced, read

MAX_WIDTH = 80


def wide_lines(text: str) -> list[str]:
    """Returns the lines of code blocks that are too wide to read without scrolling.

    Blocks of `text` are the output of commands, as it is.
    """
    code = [body for language, body in fenced(text) if language != "text"]
    return [line for body in code for line in body.splitlines() if len(line) > MAX_WIDTH]


def malformed(text: str) -> list[str]:
    """Returns the blocks that are labelled as Python or JSON and are not."""
    languages: dict[str, Callable[[str], object]] = {
        "python": lambda code: compile(code, "example", "exec"),
        "json": json.loads,
    }
    return [
        code
        for language, parse in languages.items()
        for code in blocks(text, language)
        if not _parses(code, parse)
    ]


def _parses(code: str, parse: Callable[[str], object]) -> bool:
    try:
        parse(code)
    except (SyntaxError, ValueError):
        return False
    return True


@pytest.mark.parametrize("document", documents())
def test_code_blocks_are_narrow(document: str) -> None:
    """Code blocks have at most 80 columns."""
    assert wide_lines(read(document)) == []


@pytest.mark.parametrize("document", documents())
def test_python_and_json_are_well_formed(document: str) -> None:
    """Blocks of Python compile, and blocks of JSON parse."""
    assert malformed(read(document)) == []


def test_a_wide_line_is_reported() -> None:
    """The control: a line of 81 columns in a code block is found."""
    assert wide_lines(f"```sh\n{'x' * (MAX_WIDTH + 1)}\n```\n") != []


@pytest.mark.parametrize("block", ["```python\ndef f(:\n```\n", "```json\n{'a': 1}\n```\n"])
def test_a_malformed_block_is_reported(block: str) -> None:
    """The control: a syntax error in Python and in JSON is found."""
    assert malformed(block) != []
