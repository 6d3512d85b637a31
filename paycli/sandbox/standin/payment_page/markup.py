"""HTML out of the templates of this folder: whatever is not markup already is escaped."""

import re
from collections.abc import Iterable
from functools import cache
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import urlsplit

from paycli.sandbox.standin.messages import Reply

_FOLDER = Path(__file__).parent
_ASSETS = {
    "icon.svg": "image/svg+xml",
    "page.css": "text/css; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
}
_POLICY = (
    "default-src 'none'; connect-src 'self'; form-action 'self'; img-src 'self'; "
    "script-src 'self'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)


_PART = re.compile(r"^<!-- (\w+) -->\n", re.MULTILINE)


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


NOTHING = Markup()


def fill(template: str, /, **values: str | Iterable[Markup]) -> Markup:
    """A template with its `$placeholders` filled in; text that is no Markup is escaped.

    `template` is a file, `form` for `form.html`, or a part of one, `form.choice`: a part begins
    with its name in a comment.
    """
    file, _, part = template.partition(".")
    found = _templates(file)[part]
    return Markup(found.substitute({key: _safe(it) for key, it in values.items()}))


def web_address(url: object) -> str | None:
    """`url` if it is a web address to link to, else None: `javascript:` and the like are not."""
    if not isinstance(url, str):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.netloc else None


def page(content: Markup, status: int = 200) -> Reply:
    """A page as an answer, which may load and ask what is served here, and nothing else."""
    headers = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": _POLICY}
    return Reply(status, content.encode(), headers)


def asset(name: str) -> Reply | None:
    """Style, script or icon; None for another name."""
    if name not in _ASSETS:
        return None
    return Reply(200, _FOLDER.joinpath(name).read_bytes(), {"Content-Type": _ASSETS[name]})


def _safe(value: str | Iterable[Markup]) -> str:
    if isinstance(value, Markup):
        return value
    return escape(value) if isinstance(value, str) else "".join(value)


@cache
def _templates(file: str) -> dict[str, Template]:
    text = _FOLDER.joinpath(f"{file}.html").read_text(encoding="utf-8")
    whole, *parts = _PART.split(text)
    named = zip(parts[::2], parts[1::2], strict=True)
    return {name: Template(part) for name, part in (("", whole), *named)}
