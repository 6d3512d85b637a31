"""The HTML reference is complete and self-contained."""

import html.parser
import json
import re
import subprocess
import sys

from server.openapi import document_bytes, page
from server.openapi.page import _text

VOID = {"meta"}


class PageParser(html.parser.HTMLParser):
    """Collects the page's text, links, ids and loaded resources; checks that tags are nested."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.loaded: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collects links, ids and loaded resources."""
        attributes = dict(attrs)
        self.links += [attributes["href"] or ""] if "href" in attributes else []
        self.ids += [attributes["id"] or ""] if "id" in attributes else []
        if tag in ("script", "link", "img", "iframe") or "src" in attributes:
            self.loaded.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Checks that the innermost open tag is closed."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Collects the text."""
        self.words.append(data)


def parse(text: str) -> PageParser:
    """Returns a parser that has read the page."""
    parser = PageParser()
    parser.feed(text)
    parser.close()
    assert parser.open == []
    return parser


def test_the_page_is_complete_and_loads_nothing() -> None:
    """It has each operation, parameter, field and code, and links only to itself."""
    parser = parse(page())
    words = " ".join(parser.words)
    openapi = json.loads(document_bytes())
    for path, item in openapi["paths"].items():
        assert path in words
        for operation in item.values():
            assert operation["operationId"] in parser.ids
            assert operation["summary"] in words
            assert all(p["name"] in parser.words for p in operation["parameters"])
    fields = {f for s in openapi["components"]["schemas"].values() for f in s.get("properties", {})}
    problems = set(openapi["components"]["schemas"]["ProblemDetails"]["properties"])
    assert fields - problems <= {*parser.words, "pointer", "detail"}
    assert set(openapi["components"]["examples"]) <= set(parser.words)
    assert sorted(parser.links) == sorted(f"#{id_}" for id_ in parser.ids)
    assert parser.loaded == []
    assert not re.search(r"url\(|@import|https?://(?!docs.stripe.com|example.com)", page())


def test_the_page_supports_dark_mode_and_small_screens() -> None:
    """It follows the browser's color scheme, and wide tables scroll separately."""
    assert "color-scheme: light dark" in page()
    assert 'content="width=device-width, initial-scale=1"' in page()
    assert page().count('<div class="table"><table>') == page().count("<table>")


def test_descriptions_are_escaped() -> None:
    """Text is escaped, and text in backticks becomes code."""
    assert _text("a <b> `<i>` & c") == "a &lt;b&gt; <code>&lt;i&gt;</code> &amp; c"


def test_the_command_prints_the_page() -> None:
    """`paycli openapi --html` prints it."""
    command = [sys.executable, "-m", "paycli", "openapi", "--html"]
    printed = subprocess.run(command, capture_output=True, check=True)
    assert printed.stdout.decode() == page()
