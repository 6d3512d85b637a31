"""HTML from the templates of this folder; text that is not markup is escaped."""

import re
from collections.abc import Iterable
from functools import cache
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import urlsplit

from paycli.sandbox.standin.http.messages import HttpResponse

_FOLDER = Path(__file__).parent
_ASSETS = {
    "icon.svg": "image/svg+xml",
    "page.css": "text/css; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
}
_CONTENT_SECURITY_POLICY = (
    "default-src 'none'; connect-src 'self'; form-action 'self'; img-src 'self'; "
    "script-src 'self'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_PART = re.compile(r"^<!-- (\w+) -->\n", re.MULTILINE)


class Markup(str):
    """Text that is already HTML."""

    __slots__ = ()


EMPTY = Markup()


def fill(template: str, /, **values: str | Iterable[Markup]) -> Markup:
    """A template with its `$placeholders` filled in; text that is not Markup is escaped.

    `template` is a file, `form` for `form.html`, or a part of one, `form.choice`. A part begins
    with a comment that has its name.
    """
    file, _, part = template.partition(".")
    escaped = {name: _escape(value) for name, value in values.items()}
    return Markup(_templates(file)[part].substitute(escaped))


def web_address(url: object) -> str | None:
    """`url` if it is http or https, and so safe as a link; else None, as for `javascript:`."""
    if not isinstance(url, str):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.netloc else None


def page(content: Markup, status: int = 200) -> HttpResponse:
    """A page, which may load and connect to nothing but this server."""
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": _CONTENT_SECURITY_POLICY,
    }
    return HttpResponse(status, content.encode(), headers)


def asset(name: str) -> HttpResponse | None:
    """The style, script or icon of this name; None for another name."""
    if name not in _ASSETS:
        return None
    content = _FOLDER.joinpath(name).read_bytes()
    return HttpResponse(200, content, {"Content-Type": _ASSETS[name]})


def _escape(value: str | Iterable[Markup]) -> str:
    if isinstance(value, Markup):
        return value
    return escape(value) if isinstance(value, str) else "".join(value)


@cache
def _templates(file: str) -> dict[str, Template]:
    text = _FOLDER.joinpath(f"{file}.html").read_text(encoding="utf-8")
    main, *parts = _PART.split(text)
    named = zip(parts[::2], parts[1::2], strict=True)
    return {name: Template(part) for name, part in (("", main), *named)}
