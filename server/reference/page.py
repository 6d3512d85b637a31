"""The reference as one HTML page, which has no script and loads nothing.

It is made of the OpenAPI and the AsyncAPI document, so that it has what they have.
"""

import base64
import hashlib
import threading
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from urllib.parse import quote

from paycli.events import asyncapi
from server.openapi import document
from server.reference.elements import Html, element
from server.reference.events import events_section
from server.reference.fields import Fields
from server.reference.introduction import introduction
from server.reference.objects import errors_section, names_of_objects, objects_section
from server.reference.operations import sections as operation_sections
from server.reference.samples import Json
from server.reference.section import Section

_STYLE = Path(__file__).with_name("style.css").read_text("utf-8")
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" '
    'rx="8" fill="#4338ca"/><path d="M9 11h14M9 16h14M9 21h8" stroke="#fff" stroke-width="2.5" '
    'stroke-linecap="round"/></svg>'
)
_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; img-src data:; base-uri 'none'; "
    "form-action 'none'"
)
CONTENT_SECURITY_POLICY = f"{_POLICY}; frame-ancestors 'none'"
"""The page's policy as a header field: nothing but its own style and icon, and no frame around."""


_building = threading.Lock()


def page_bytes(topic: str, unreadable_topic: str) -> bytes:
    """Returns the page of the two topics as it is served and written to a file: HTML in UTF-8."""
    with _building:  # so that concurrent first requests don't each build it
        return _cached_page(topic, unreadable_topic)


@cache
def _cached_page(topic: str, unreadable_topic: str) -> bytes:
    return page(document(), asyncapi.document(topic, unreadable_topic)).encode()


def page(openapi: Json, events: Json) -> str:
    """Returns the page of an OpenAPI and an AsyncAPI document."""
    fields = Fields(openapi["components"]["schemas"], names_of_objects(openapi))
    sections = [
        introduction(openapi),
        *operation_sections(openapi, fields),
        errors_section(openapi),
        objects_section(fields),
        events_section(events),
    ]
    title = f"{openapi['info']['title']} {openapi['info']['version']}"
    return f"<!DOCTYPE html>\n{_html(title, openapi['info']['summary'], sections)}\n"


def _html(title: str, summary: str, sections: Sequence[Section]) -> Html:
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="referrer", content="no-referrer"),
        # For the page in a file, which has no header fields.
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("title", f"{title} reference"),
        element("link", rel="icon", href=f"data:image/svg+xml,{quote(_ICON)}"),
        element("style", Html(_STYLE)),
    )
    contents = element("ul", *(section.contents() for section in sections))
    body = element(
        "body",
        element("a", "Skip to the reference", href="#reference", class_="skip"),
        element(
            "div",
            element("header", element("a", title, href="#reference", class_="brand")),
            element(
                "nav",
                contents,
                element("a", "Contents", href="#contents", class_="jump"),
                id="contents",
                aria_label="Contents",
            ),
            class_="side",
        ),
        element(
            "main",
            element("h1", f"{title} reference"),
            element("p", summary, class_="summary"),
            *(section.markup() for section in sections),
            id="reference",
        ),
    )
    return element("html", head, body, lang="en")
