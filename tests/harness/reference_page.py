"""The reference page as tests read it: its text, links and articles."""

import html.parser
from dataclasses import dataclass, field
from functools import cached_property

_VOID = frozenset({"img", "link", "meta", "wbr"})


@dataclass
class Part:
    """A part of the page: its text without tags, its code samples, and where its links lead."""

    text: str = ""
    samples: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)

    @cached_property
    def words(self) -> str:
        """The text with single spaces."""
        return " ".join(self.text.split())


class ReferencePage(html.parser.HTMLParser):
    """The parsed page.

    Attributes:
        whole: The whole page.
        articles: Each article, by its id.
        tags: Each start tag with its attributes.
        style: The text of its style.
    """

    def __init__(self, page: str) -> None:
        super().__init__()
        self.whole = Part()
        self.articles: dict[str, Part] = {}
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.style = ""
        self._open: list[str] = []
        self._article: Part | None = None
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Implements HTMLParser."""
        attributes = {name: value or "" for name, value in attrs}
        self.tags.append((tag, attributes))
        if tag not in _VOID:
            self._open.append(tag)
        if tag == "article":
            self._article = self.articles.setdefault(attributes["id"], Part())
        for part in self._parts():
            part.links += [attributes["href"]] if "href" in attributes else []
            part.samples += [""] if tag == "pre" else []
            part.text += " " if tag in ("p", "dt", "dd", "li", "td", "figure", "pre") else ""

    def handle_endtag(self, tag: str) -> None:
        """Implements HTMLParser; the innermost open tag must be the one that ends."""
        assert self._open.pop() == tag
        if tag == "article":
            self._article = None

    def handle_data(self, data: str) -> None:
        """Implements HTMLParser."""
        if "style" in self._open:
            self.style += data
            return
        for part in self._parts():
            part.text += data
            if "pre" in self._open:
                part.samples[-1] += data

    def values(self, attribute: str) -> list[str]:
        """Return the attribute of every tag that has it."""
        return [attributes[attribute] for _, attributes in self.tags if attribute in attributes]

    def _parts(self) -> list[Part]:
        return [self.whole] if self._article is None else [self.whole, self._article]
