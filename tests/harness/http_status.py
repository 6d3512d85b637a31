"""Whether a local HTTP server responds, for readiness checks."""

import http.client
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 2.0


def http_status(url: str, path: str, timeout_seconds: float = TIMEOUT_SECONDS) -> int | None:
    """Return the status of a GET of `path` at `url`, or None without an HTTP response in time."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=timeout_seconds)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        response.read()
    except (OSError, http.client.HTTPException):
        return None
    else:
        return response.status
    finally:
        connection.close()
