"""The address of a webhook endpoint, compared with what the daemon serves."""

from urllib.parse import unquote, urlsplit

from paycli.routes import WEBHOOK_PATH


def path_of(url: str) -> str:
    """Returns the path of the URL as the daemon sees it; empty if there is none."""
    try:
        return unquote(urlsplit(url).path)
    except ValueError:
        return ""


def is_meant_for_us(path: str) -> bool:
    """Whether it is the webhook's path, also with other case, more slashes, or one at its end."""
    return _segments(path) == WEBHOOK_PATH.split("/")[1:]


def same_address(url: str, other: str) -> bool:
    """Whether the URLs have the same scheme and host, and paths that differ in slashes or case."""
    return _comparable(url) == _comparable(other)


def _comparable(url: str) -> tuple[str, ...]:
    try:
        parts = urlsplit(url)
    except ValueError:
        return (url,)
    default = {"https": ":443", "http": ":80"}.get(parts.scheme, "")
    return (parts.scheme, parts.netloc.lower().removesuffix(default), *_segments(path_of(url)))


def _segments(path: str) -> list[str]:
    return [part for part in path.lower().split("/") if part]
