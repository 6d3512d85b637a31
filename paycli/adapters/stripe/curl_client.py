"""The HTTP client under Stripe's SDK: libcurl, because it alone keeps a total deadline.

Its timeout covers resolving, connecting, TLS and every byte of the answer. Proxies, netrc and
redirects are off: nothing in the environment changes where the key is sent.
"""

import threading
import time
from collections.abc import Mapping
from io import BytesIO
from typing import Any

import pycurl

from paycli.adapters.stripe.sdk import stripe

MAX_ANSWER_BYTES = 8 * 1024 * 1024


class CurlError(stripe.APIConnectionError):
    """No answer, or none that can be read."""

    def __init__(self, words: str) -> None:
        super().__init__(words)  # type: ignore[no-untyped-call]  # the SDK's


class DeadlineExceeded(CurlError):
    """The deadline passed before the whole answer was there."""


class CurlClient(stripe.HTTPClient):
    """One connection a thread, kept open; call `set_deadline` in the thread before each request."""

    name = "pycurl"

    def __init__(self) -> None:
        super().__init__()
        self._local = threading.local()

    def set_deadline(self, deadline: float) -> None:
        """From now on requests of this thread end by `deadline`, a time of `time.monotonic()`."""
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
        """Sends one request: (body, status, headers in lower case).

        Raises DeadlineExceeded, CurlError.
        """
        body, header_lines = BytesIO(), list[bytes]()
        curl = self._handle()
        curl.setopt(pycurl.URL, url)
        curl.setopt(pycurl.TIMEOUT_MS, self._milliseconds_left())
        # libcurl asks for permission to send larger bodies unless told not to: a round trip.
        curl.setopt(
            pycurl.HTTPHEADER, ["Expect:", *(f"{k}: {v}" for k, v in (headers or {}).items())]
        )
        curl.setopt(pycurl.WRITEFUNCTION, body.write)
        curl.setopt(pycurl.HEADERFUNCTION, header_lines.append)
        if method == "post":
            curl.setopt(pycurl.POSTFIELDS, post_data)
        try:
            curl.perform()
        except pycurl.error as error:
            raise _translated(error) from error
        status: int = curl.getinfo(pycurl.RESPONSE_CODE)
        try:
            return body.getvalue().decode(), status, _headers(header_lines)
        except UnicodeDecodeError as error:
            raise CurlError("the answer is not UTF-8") from error

    def _handle(self) -> pycurl.Curl:
        curl: pycurl.Curl | None = getattr(self._local, "curl", None)
        if curl is None:
            curl = self._local.curl = pycurl.Curl()
        curl.reset()  # options only; the connection stays
        curl.setopt(pycurl.NOSIGNAL, 1)
        curl.setopt(pycurl.PROXY, "")
        curl.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
        curl.setopt(pycurl.FOLLOWLOCATION, 0)
        curl.setopt(pycurl.NETRC, pycurl.NETRC_IGNORED)
        curl.setopt(pycurl.MAXFILESIZE, MAX_ANSWER_BYTES)
        curl.setopt(pycurl.CAINFO, stripe.ca_bundle_path)
        if threading.current_thread() is threading.main_thread():
            # Python sees a Ctrl-C between its own instructions only, not while libcurl waits.
            curl.setopt(pycurl.NOPROGRESS, 0)
            curl.setopt(pycurl.XFERINFOFUNCTION, lambda *_: 0)
        return curl

    def _milliseconds_left(self) -> int:
        left = int((self._local.deadline - time.monotonic()) * 1000)
        if left <= 0:  # 0 would mean: no limit
            raise DeadlineExceeded("the deadline has passed")
        return left


def _translated(error: pycurl.error) -> CurlError:
    number, words = error.args[0], error.args[1] if len(error.args) > 1 else ""
    kind = DeadlineExceeded if number == pycurl.E_OPERATION_TIMEDOUT else CurlError
    return kind(f"libcurl {number}: {words}")


def _headers(lines: list[bytes]) -> dict[str, str]:
    pairs = (line.decode("latin-1").partition(":") for line in lines)
    return {name.strip().lower(): value.strip() for name, colon, value in pairs if colon}
