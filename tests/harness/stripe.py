"""Stripe in the tests: the sandbox's stand-in in a thread, and faults in few words."""

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
    """Serves on `url` while the context lasts; takes the arguments of `StandIn`."""

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
        """Send one request as Stripe's clients do."""
        connection = http.client.HTTPConnection(self.url.removeprefix("http://"), timeout=20)
        try:
            sent = {"Authorization": f"Bearer {SECRET_KEY}", **(headers or {})}
            encoded = urlencode(form or {})
            target = f"{path}?{encoded}" if form and method == "GET" else path
            connection.request(method, target, None if method == "GET" else encoded, sent)
            reply = connection.getresponse()
            found = {name.lower(): value for name, value in reply.getheaders()}
            return Response(reply.status, found, reply.read())
        finally:
            connection.close()

    def control(self, path: str, method: str = "POST", /, **told: object) -> Any:  # noqa: ANN401 - JSON
        """Ask one of the sandbox's own routes and return its answer."""
        connection = http.client.HTTPConnection(self.url.removeprefix("http://"), timeout=20)
        try:
            connection.request(method, f"/_sandbox/{path}", json.dumps(told))
            reply = connection.getresponse()
            answered = json.loads(reply.read())
            assert reply.status == 200, answered
            return answered
        finally:
            connection.close()

    def pay(self, payment_id: str, payment_method: str = "pm_card_visa") -> Response:
        """Pay a PaymentIntent with a test card."""
        form = {"payment_method": payment_method, "return_url": "https://shop.test/back"}
        return self.call("POST", f"/v1/payment_intents/{payment_id}/confirm", form)

    def payment_ids(self) -> set[str]:
        """Return the ids of all PaymentIntents and Checkout Sessions."""
        return self.run_in_loop(
            lambda: {it for it in self.store.objects if it[:3] in ("pi_", "cs_")}
        )


def respond(status: int, body: object, headers: Mapping[str, str] | None = None) -> Fault:
    """Return this answer, `body` as JSON, or bytes as they are; nothing is done."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Fault(FaultKind.RESPONSE, status=status, body=content, headers=headers or {}, path="/")


def stored(fault: Fault) -> Fault:
    """Return the fault with its answer kept under the idempotency key."""
    return replace(fault, stored=True)


def always(fault: Fault) -> Fault:
    """Return the fault for all requests from now on."""
    return replace(fault, times=None)


def hang(seconds: float | None = None) -> Fault:
    """Wait, for `seconds` or until released, before Stripe looks at the request."""
    return Fault(FaultKind.HANG, seconds=seconds, path="/")


def slow(seconds: float | None = None) -> Fault:
    """Let Stripe work for `seconds`, or until released; the idempotency key is in use meanwhile."""
    return Fault(FaultKind.SLOW_PROCESSING, seconds=seconds, path="/")


def drip_headers() -> Fault:
    """Let the answer arrive byte by byte from its first one."""
    return Fault(FaultKind.DRIP, path="/")


def drip_body() -> Fault:
    """Let the headers arrive at once and the body byte by byte."""
    return Fault(FaultKind.DRIP_BODY, path="/")


def disconnect() -> Fault:
    """Do the work and then close the connection without an answer."""
    return Fault(FaultKind.DISCONNECT, path="/")


def reset() -> Fault:
    """Do the work and then reset the connection."""
    return Fault(FaultKind.RESET, path="/")


def malformed() -> Fault:
    """Send what is no HTTP."""
    return Fault(FaultKind.MALFORMED, path="/")
