"""The control routes under `/_sandbox/`: who can call them, and invalid requests."""

import pytest

from harness.ports import WILDCARD_ADDRESS
from harness.stripe import Stripe
from harness.stripe_schema import Json


def test_control_routes_exist_only_on_loopback() -> None:
    """If the stand-in listens on other addresses, the control routes are 403."""
    with Stripe(host=WILDCARD_ADDRESS) as stripe:
        stripe.url = stripe.url.replace(WILDCARD_ADDRESS, "127.0.0.1")
        assert stripe.call("GET", "/_sandbox/requests").status == 403
        assert stripe.call("GET", "/v1/refunds").status == 200


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("disputes", {"payment_intent": "pi_none"}),
        ("refunds", {}),
        ("reviews/close", {"review": "prv_none"}),
        ("accounts", {"charges_enabled": "yes"}),
        ("clock", {"offset_seconds": "1"}),
        ("records", {"payment": "pi_1", "record": 1}),
        ("events/resend", {"event": "evt_none"}),
    ],
)
def test_invalid_control_requests_are_refused(fast_stand_in: Stripe, path: str, body: Json) -> None:
    """An invalid request is 400 with an error, an unknown route 404 with all routes."""
    with pytest.raises(AssertionError, match="error"):
        fast_stand_in.control(path, **body)
    unknown = fast_stand_in.call("POST", "/_sandbox/nothing")
    assert unknown.status == 404
    assert "POST /_sandbox/faults" in unknown.json["routes"]
