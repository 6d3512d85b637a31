"""The page for people is whole, and needs nothing from elsewhere."""

import html.parser
import json
import re
import subprocess
import sys

from server.openapi import document_bytes, page
from server.openapi.page import _text

VOID = {"meta"}


class Reader(html.parser.HTMLParser):
    """Notes the page's words, its links and what is loaded; each tag must be closed in its turn."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.loaded: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note it."""
        found = dict(attrs)
        self.links += [found["href"] or ""] if "href" in found else []
        self.ids += [found["id"] or ""] if "id" in found else []
        if tag in ("script", "link", "img", "iframe") or "src" in found:
            self.loaded.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close it."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note the words."""
        self.words.append(data)


def read(text: str) -> Reader:
    """Read a page."""
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    return reader


def test_the_page_has_everything_and_loads_nothing() -> None:
    """Each operation, parameter, field and code is there; links lead within the page."""
    reader = read(page())
    words = " ".join(reader.words)
    told = json.loads(document_bytes())
    for path, item in told["paths"].items():
        assert path in words
        for operation in item.values():
            assert operation["operationId"] in reader.ids
            assert operation["summary"] in words
            assert all(p["name"] in reader.words for p in operation["parameters"])
    fields = {f for s in told["components"]["schemas"].values() for f in s.get("properties", {})}
    problems = set(told["components"]["schemas"]["ProblemDetails"]["properties"])
    assert fields - problems <= {*reader.words, "pointer", "detail"}
    assert set(told["components"]["examples"]) <= set(reader.words)
    assert sorted(reader.links) == sorted(f"#{id_}" for id_ in reader.ids)
    assert reader.loaded == []
    assert not re.search(r"url\(|@import|https?://(?!docs.stripe.com|example.com)", page())


def test_the_page_suits_light_and_dark_and_any_width() -> None:
    """It follows the reader's colours, and wide tables and examples scroll by themselves."""
    assert "color-scheme: light dark" in page()
    assert 'content="width=device-width, initial-scale=1"' in page()
    assert page().count('<div class="table"><table>') == page().count("<table>")


def test_what_is_described_can_not_become_markup() -> None:
    """The words of the document come out as words, what stands in backticks as code."""
    assert _text("a <b> `<i>` & c") == "a &lt;b&gt; <code>&lt;i&gt;</code> &amp; c"


def test_the_command_prints_the_page() -> None:
    """`paycli openapi --html` prints it."""
    command = [sys.executable, "-m", "paycli", "openapi", "--html"]
    printed = subprocess.run(command, capture_output=True, check=True)
    assert printed.stdout.decode() == page()
