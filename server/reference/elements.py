"""HTML elements; text that is not `Html` is escaped."""

from collections.abc import Iterable
from html import escape


class Html(str):
    """Text that is already HTML."""

    __slots__ = ()


EMPTY = Html()
_VOID = frozenset({"link", "meta"})


def join(parts: Iterable[str], separator: str = "") -> Html:
    """Returns the parts, one after the other; those that are not Html are escaped."""
    return Html(_escaped(separator).join(map(_escaped, parts)))


def element(tag: str, *content: str, **attributes: str) -> Html:
    """Returns an element.

    Args:
        tag: Its name.
        content: What is in it; text that is not Html is escaped.
        attributes: By name, which has `_` for `-`, and `class_` for `class`; none if empty.
    """
    written = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for name, value in attributes.items()
        if value
    )
    if tag in _VOID:
        return Html(f"<{tag}{written}>")
    return Html(f"<{tag}{written}>{join(content)}</{tag}>")


def link(anchor: str, *content: str) -> Html:
    """Returns a link to an element of the page."""
    return element("a", *content, href=f"#{anchor}")


def code(text: str) -> Html:
    """Returns text in a fixed-width font."""
    return element("code", text)


def _escaped(part: str) -> str:
    return part if isinstance(part, Html) else escape(part)
