"""The doctor's question to a registry is answered, whatever responds there."""

import pytest

from harness.stripe import Stripe, always, respond
from paycli.adapters.eureka.probe import probe_registry
from paycli.adapters.eureka.registration import describe_instance
from paycli.settings import Address

INSTANCE = describe_instance("payment-service", Address(host="10.0.0.7", port=8080), 30, "1")


@pytest.mark.parametrize(
    "body",
    [
        b'{"applications": 1, "instance": ' + b"[" * 100_000,
        b'{"applications": ' * 50_000,
        b'{"applications": 1, "instance": ' + b"9" * 5000 + b"}",
        b'{"applications": 1, "instance": []}',
        b'["applications"]',
        b"<html>",
    ],
)
def test_a_response_that_no_registry_sends_is_reported(body: bytes) -> None:
    """Deep nesting, absurd numbers and other shapes are a failed check, not a traceback."""
    with Stripe() as server:  # any HTTP server would do
        server.inject(always(respond(200, body)))
        status = probe_registry(f"{server.url}/eureka", INSTANCE)
    assert status.failure == "its response is not that of a Eureka server"
