"""Refuses requests that a page of another site makes a browser on this machine send.

Every page in a browser can send requests to a loopback address. It cannot read the responses,
unless its own host name resolves to that address too (DNS rebinding); the header `Host` then has
that name. On requests that change something, browsers send the page's own site in `Origin`.
https://fetch.spec.whatwg.org/#origin-header
"""

import ipaddress
from urllib.parse import urlsplit

from paycli.sandbox.standin.http.messages import HttpRequest


def refusal(request: HttpRequest, *, on_loopback: bool) -> str | None:
    """Returns why a request is refused, None if no page of another site can have sent it.

    `on_loopback`: the stand-in listens on a loopback address, so that its host name is known.
    """
    host = request.headers.get("host", "")
    if on_loopback and not _is_loopback(host):
        return "the header Host must name a loopback address, such as 127.0.0.1 or localhost"
    origin = request.headers.get("origin")
    if origin is not None and origin != f"http://{host}":
        return "the header Origin names another site"
    return None


def media_type(request: HttpRequest) -> str:
    """Returns the media type of the body in lower case, without parameters; "" if there is none."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _is_loopback(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
