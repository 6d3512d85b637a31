"""The stand-in for Stripe in a thread of the tests, and short names for its faults."""

import http.client
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Self
from urllib.parse import urlencode

from paycli.sandbox.standin import Fault, FaultKind, StandIn

from .daemon import Response

SECRET_KEY = "sk_test_ofthetests"


class Stripe(StandIn):
    """Serves on `url` within the `with` statement; takes the arguments of `StandIn`."""

    def __enter__(self) -> Self:
        self.run_in_thread()
        return self

    def call(
        self,
        method: str,
        path: str,
        form: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Send one request with a secret key; `form` is the query of a GET, else the body."""
        connection = http.client.HTTPConnection(self.url.removeprefix("http://"), timeout=20)
        try:
            sent = {"Authorization": f"Bearer {SECRET_KEY}", **(headers or {})}
            encoded = urlencode(form or {})
            target = f"{path}?{encoded}" if form and method == "GET" else path
            connection.request(method, target, None if method == "GET" else encoded, sent)
            response = connection.getresponse()
            received = {name.lower(): value for name, value in response.getheaders()}
            return Response(response.status, received, response.read())
        finally:
            connection.close()

    def control(self, path: str, method: str = "POST", /, **fields: object) -> Any:  # noqa: ANN401 - JSON
        """Call a route under `/_sandbox/`, which must succeed, and return its JSON."""
        connection = http.client.HTTPConnection(self.url.removeprefix("http://"), timeout=20)
        try:
            sent = {"Content-Type": "application/json"}
            connection.request(method, f"/_sandbox/{path}", json.dumps(fields), sent)
            response = connection.getresponse()
            result = json.loads(response.read())
            assert response.status == 200, result
            return result
        finally:
            connection.close()

    def pay(self, payment_id: str, payment_method: str = "pm_card_visa") -> Response:
        """Confirm a PaymentIntent with a test card."""
        form = {"payment_method": payment_method, "return_url": "https://shop.test/back"}
        return self.call("POST", f"/v1/payment_intents/{payment_id}/confirm", form)

    def customer(self, **form: str) -> str:
        """Create a customer and return its id."""
        return str(self.call("POST", "/v1/customers", form).json["id"])

    def payment_ids(self) -> set[str]:
        """Return the ids of all PaymentIntents and Checkout Sessions."""
        return self.run_in_loop(
            lambda: {it for it in self.store.objects if it[:3] in ("pi_", "cs_")}
        )


def respond(status: int, body: object, headers: Mapping[str, str] | None = None) -> Fault:
    """Respond with this response, without processing; `body` as JSON, or as bytes."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Fault(FaultKind.RESPONSE, status=status, body=content, headers=headers or {}, path="/")


def stored(fault: Fault) -> Fault:
    """The fault, with its response stored under the idempotency key."""
    return replace(fault, stored=True)


def always(fault: Fault) -> Fault:
    """The fault, for all requests from now on."""
    return replace(fault, times=None)


def hang(seconds: float | None = None) -> Fault:
    """Delay the request before it is processed, for `seconds` or until `release`."""
    return Fault(FaultKind.HANG, seconds=seconds, path="/")


def slow(seconds: float | None = None) -> Fault:
    """Process the request for `seconds` or until `release`, with its idempotency key in use."""
    return Fault(FaultKind.SLOW_PROCESSING, seconds=seconds, path="/")


def drip_headers() -> Fault:
    """Send the response byte by byte, starting with the status line."""
    return Fault(FaultKind.DRIP, path="/")


def drip_body() -> Fault:
    """Send the headers in one write and the body byte by byte."""
    return Fault(FaultKind.DRIP_BODY, path="/")


def disconnect() -> Fault:
    """Process the request, then close the connection without a response."""
    return Fault(FaultKind.DISCONNECT, path="/")


def reset() -> Fault:
    """Process the request, then reset the connection."""
    return Fault(FaultKind.RESET, path="/")


def malformed() -> Fault:
    """Send bytes that are not HTTP."""
    return Fault(FaultKind.MALFORMED, path="/")
