"""The address of a webhook endpoint, compared with what the daemon serves.

A reverse proxy may serve the daemon below a prefix, such as `/payments/api/v1/stripe/events`.
"""

import re
from urllib.parse import SplitResult, unquote, urlsplit

from paycli.routes import WEBHOOK_PATH

_SUFFIX = WEBHOOK_PATH.split("/")[1:]
_HOST = re.compile(r"[a-z0-9_.-]+|\[[0-9a-f:.]+\]", re.IGNORECASE)
_PORT = re.compile(r"[1-9][0-9]{0,4}")
_MAX_PORT = 65_535
_PATH = re.compile(r"[!$&'()*+,\-./0-9:;=@A-Z_a-z~]*")
"""Path characters of RFC 3986 without percent-encoding, which proxies decode or not."""


def is_meant_for_us(url: str) -> bool:
    """Whether its path ends with the webhook's, also with other case or more slashes."""
    return _segments(_path_of(url).lower())[-len(_SUFFIX) :] == _SUFFIX


def is_exact_path(url: str) -> bool:
    """Whether its path ends with exactly the webhook's, after a prefix or none."""
    path = _path_of(url)
    return path.endswith(WEBHOOK_PATH) and "//" not in path


def has_query(url: str) -> bool:
    """Whether the daemon would refuse its webhooks for a query."""
    parts = _split(url)
    return parts is not None and bool(parts.query)


def has_credentials(url: str) -> bool:
    """Whether it has a user name or a password."""
    parts = _split(url)
    return parts is not None and "@" in parts.netloc


def same_address(url: str, other: str) -> bool:
    """Whether the URLs have the same scheme and host, and paths that differ in slashes or case.

    Credentials are not compared: with or without them, the same daemon is reached.
    """
    return _comparable(url) == _comparable(other)


def corrected(url: str) -> str:
    """Returns the URL with exactly the webhook's path, and without credentials and query."""
    parts = urlsplit(url)
    prefix = _segments(_path_of(url))[: -len(_SUFFIX)]
    return f"{parts.scheme}://{_host(parts)}{''.join(f'/{each}' for each in prefix)}{WEBHOOK_PATH}"


def problem_of(url: str) -> str | None:
    """Returns what is wrong with a URL that an endpoint is to have; None if nothing is."""
    parts = _split(url) if re.fullmatch(r"[!-~]+", url, re.ASCII) else None
    if parts is None or not parts.netloc or parts.scheme not in ("http", "https"):
        return "must be the whole address, https://HOST/…"
    if has_credentials(url):
        return "must have no user name or password: the signature authenticates Stripe"
    host, colon, port = parts.netloc.rpartition(":")
    if not colon or port.endswith("]"):  # of an IPv6 address
        host, colon, port = parts.netloc, "", ""
    if not _HOST.fullmatch(host):
        return "must be the whole address, https://HOST/…"
    if colon and not (_PORT.fullmatch(port) and int(port) <= _MAX_PORT):
        return f"must have a port from 1 to {_MAX_PORT}"
    path = parts.path
    exact = is_exact_path(url) and not {".", ".."} & set(path.split("/"))
    if not exact or not url.endswith(WEBHOOK_PATH) or not _PATH.fullmatch(path):
        return f"must end with exactly {WEBHOOK_PATH}, without query, fragment or %"
    return None


def _comparable(url: str) -> tuple[str, ...]:
    parts = _split(url)
    if parts is None:
        return (url,)
    default = {"https": ":443", "http": ":80"}.get(parts.scheme, "")
    host = _host(parts).lower().removesuffix(default)
    return (parts.scheme, host, *_segments(_path_of(url).lower()))


def _split(url: str) -> SplitResult | None:
    try:
        return urlsplit(url)
    except ValueError:
        return None


def _host(parts: SplitResult) -> str:
    """Returns host and port."""
    return parts.netloc.rpartition("@")[2]


def _path_of(url: str) -> str:
    """Returns the path of the URL as the daemon sees it; empty if there is none."""
    parts = _split(url)
    return "" if parts is None else unquote(parts.path)


def _segments(path: str) -> list[str]:
    return [part for part in path.split("/") if part]
