"""The HTTP client of Stripe's SDK: libcurl, because it alone enforces a total deadline.

Its timeout covers name resolution, connecting, TLS and every byte of the response. Proxies, netrc
and redirects are off: nothing in the environment changes where the key is sent.

Responses other than 2xx are raised as ErrorResponse. The SDK would interpret them itself, and fails
on what a gateway in between sends: AttributeError where `error` is a text or a list, RecursionError
where it is nested.
"""

import threading
import time
from collections.abc import Mapping
from io import BytesIO
from typing import Any

import pycurl

from paycli.adapters.stripe.sdk import stripe

MAX_RESPONSE_BYTES = 8 * 1024 * 1024


class CurlError(stripe.APIConnectionError):
    """No response, or one that can't be read."""

    def __init__(self, message: str) -> None:
        super().__init__(message)  # type: ignore[no-untyped-call]  # the SDK's


class DeadlineExceeded(CurlError):
    """The deadline passed before the response was complete."""


class ErrorResponse(stripe.APIConnectionError):
    """A complete response with a status other than 2xx; header names are in lower case."""

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        super().__init__(f"status {status}")  # type: ignore[no-untyped-call]  # the SDK's
        self.status = status
        self.response_headers = headers
        self.body = body


class CurlClient(stripe.HTTPClient):
    """One persistent connection per thread; each request needs `set_deadline` in its thread."""

    name = "pycurl"

    def __init__(self) -> None:
        super().__init__()
        self._local = threading.local()

    def set_deadline(self, deadline: float) -> None:
        """Sets when requests of this thread time out: `deadline` is a `time.monotonic()` value."""
        self._local.deadline = deadline

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,  # noqa: ANN401  (the SDK's signature)
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        """Sends one request; returns body, status 2xx, and headers by lower-case name.

        Raises DeadlineExceeded, CurlError, ErrorResponse.
        """
        body, header_lines = BytesIO(), list[bytes]()
        curl = self._handle()
        curl.setopt(pycurl.URL, url)
        curl.setopt(pycurl.TIMEOUT_MS, self._milliseconds_left())
        # By default libcurl sends `Expect: 100-continue` for larger bodies: a round trip.
        curl.setopt(
            pycurl.HTTPHEADER, ["Expect:", *(f"{k}: {v}" for k, v in (headers or {}).items())]
        )
        curl.setopt(pycurl.WRITEFUNCTION, body.write)
        curl.setopt(pycurl.HEADERFUNCTION, header_lines.append)
        if method == "post":
            curl.setopt(pycurl.POSTFIELDS, post_data)
        elif method == "delete":
            curl.setopt(pycurl.CUSTOMREQUEST, "DELETE")
            # libcurl itself repeats a request on a connection that it has reused and that closes. A
            # repeated deletion would be 404, and the caller could not know that it was repeated.
            curl.setopt(pycurl.FRESH_CONNECT, 1)
        try:
            curl.perform()
        except pycurl.error as error:
            raise _translated(error) from error
        status: int = curl.getinfo(pycurl.RESPONSE_CODE)
        headers_received = _headers(header_lines)
        if not 200 <= status < 300:  # noqa: PLR2004  (success, https://www.rfc-editor.org/rfc/rfc9110#section-15.3)
            raise ErrorResponse(status, headers_received, body.getvalue())
        try:
            return body.getvalue().decode(), status, headers_received
        except UnicodeDecodeError as error:
            raise CurlError("the response is not UTF-8") from error

    def _handle(self) -> pycurl.Curl:
        curl: pycurl.Curl | None = getattr(self._local, "curl", None)
        if curl is None:
            curl = self._local.curl = pycurl.Curl()
        curl.reset()  # resets options, keeps the connection
        curl.setopt(pycurl.NOSIGNAL, 1)
        curl.setopt(pycurl.PROXY, "")
        curl.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
        curl.setopt(pycurl.FOLLOWLOCATION, 0)
        curl.setopt(pycurl.NETRC, pycurl.NETRC_IGNORED)
        curl.setopt(pycurl.MAXFILESIZE, MAX_RESPONSE_BYTES)
        curl.setopt(pycurl.CAINFO, stripe.ca_bundle_path)
        if threading.current_thread() is threading.main_thread():
            # Python handles Ctrl-C only while it runs bytecode: the callback lets it do so.
            curl.setopt(pycurl.NOPROGRESS, 0)
            curl.setopt(pycurl.XFERINFOFUNCTION, lambda *_: 0)
        return curl

    def _milliseconds_left(self) -> int:
        left = int((self._local.deadline - time.monotonic()) * 1000)
        if left <= 0:  # 0 would mean: no limit
            raise DeadlineExceeded("the deadline has passed")
        return left


def _translated(error: pycurl.error) -> CurlError:
    number, message = error.args[0], error.args[1] if len(error.args) > 1 else ""
    kind = DeadlineExceeded if number == pycurl.E_OPERATION_TIMEDOUT else CurlError
    return kind(f"libcurl {number}: {message}")


def _headers(lines: list[bytes]) -> dict[str, str]:
    pairs = (line.decode("latin-1").partition(":") for line in lines)
    return {name.strip().lower(): value.strip() for name, colon, value in pairs if colon}
