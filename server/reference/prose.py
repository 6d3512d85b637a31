"""Descriptions as HTML: paragraphs, `code` in backticks, and addresses as links.

No description has more Markdown than that, which a test checks.
"""

import inspect
import re

from server.reference.elements import Html, code, element, join

_PARAGRAPHS = re.compile(r"\n\s*\n")
_CODE_OR_ADDRESS = re.compile(r"`([^`]+)`|(https://[^\s`<>]*[^\s`<>.,;:)])")


def paragraphs(text: str) -> Html:
    """Returns the paragraphs of a text, which blank lines separate."""
    cleaned = inspect.cleandoc(text)
    return join(element("p", inline(each)) for each in _PARAGRAPHS.split(cleaned) if each)


def inline(text: str) -> Html:
    """Returns a text without paragraphs."""
    parts: list[str] = []
    end = 0
    for match in _CODE_OR_ADDRESS.finditer(text):
        parts.append(text[end : match.start()])
        address = match[2]
        parts.append(element("a", address, href=address) if address else code(match[1]))
        end = match.end()
    return join([*parts, text[end:]])
