"""Sections of the page: their headings, entries and lines in the contents."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from server.reference.elements import EMPTY, Html, element, link


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the page.

    Attributes:
        anchor: Its id.
        title: Its heading.
        content: What follows the heading.
        entries: The anchors and titles of what the contents list below it.
    """

    anchor: str
    title: str
    content: Html
    entries: Sequence[tuple[str, str]] = ()

    def markup(self) -> Html:
        """Returns it as HTML."""
        heading = element("h2", link(self.anchor, self.title))
        return element("section", heading, self.content, id=self.anchor)

    def contents(self) -> Html:
        """Returns its line in the contents, with those of its entries."""
        entries = (element("li", link(anchor, title)) for anchor, title in self.entries)
        nested = element("ul", *entries) if self.entries else EMPTY
        return element("li", link(self.anchor, self.title), nested)


def entry(anchor: str, heading: Html | str, text: Html, samples: Html = EMPTY) -> Html:
    """Returns an entry of a section: its text, and examples beside it where there is room."""
    return element(
        "article",
        element("div", element("h3", link(anchor, heading)), text, class_="text"),
        element("div", samples, class_="samples") if samples else EMPTY,
        id=anchor,
    )


def pairs(rows: Iterable[tuple[str, str]], class_: str = "pairs") -> Html:
    """Returns names with what belongs to them."""
    return element(
        "dl",
        *(element("div", element("dt", name), element("dd", text)) for name, text in rows),
        class_=class_,
    )
