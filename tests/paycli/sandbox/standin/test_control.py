"""The control routes under `/_sandbox/`: who can call them, and invalid requests."""

import http.client
from collections.abc import Mapping

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
        ("disputes/close", {"dispute": "du_none"}),
        ("refunds", {}),
        ("payouts", {}),
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


def status_of(
    stripe: Stripe, method: str, path: str, headers: Mapping[str, str], body: bytes = b""
) -> int:
    """Send a request as a browser would, with a key for the API, and return the status."""
    address = stripe.url.removeprefix("http://")
    connection = http.client.HTTPConnection(address, timeout=20)
    try:
        sent = {"Host": address, "Authorization": "Bearer sk_test_8f3b", **headers}
        connection.request(method, path, body, sent)
        response = connection.getresponse()
        response.read()
        return response.status
    finally:
        connection.close()


JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
FAULT = b'{"kind": "server_error"}'
PAYMENT = b"amount=2000&currency=eur"
REQUESTS = [
    ("POST", "/_sandbox/faults", JSON, FAULT),
    ("DELETE", "/_sandbox/faults", JSON, b""),
    ("GET", "/_sandbox/requests", {}, b""),
    ("POST", "/v1/payment_intents", FORM, PAYMENT),
    ("GET", "/v1/payment_intents", {}, b""),
]


@pytest.mark.parametrize(("method", "path", "headers", "body"), REQUESTS)
@pytest.mark.parametrize(
    ("foreign", "expected"),
    [
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Host": "evil.example"}, 403),
        ({"Host": "evil.example:80", "Origin": "http://evil.example:80"}, 403),
        ({"Host": "127.0.0.1.evil.example"}, 403),
        ({"Host": "localhost.evil.example"}, 403),
        ({"Host": "10.0.0.7"}, 403),
        ({"Host": "[::1"}, 403),
        ({"Host": ""}, 403),
        ({}, 200),
        ({"Host": "localhost:9999"}, 200),
        ({"Host": "[::1]:9999", "Origin": "http://[::1]:9999"}, 200),
        ({"Host": "127.1.2.3"}, 200),
    ],
)
def test_pages_of_other_sites_are_refused(
    fast_stand_in: Stripe,
    method: str,
    path: str,
    headers: Mapping[str, str],
    body: bytes,
    foreign: Mapping[str, str],
    expected: int,
) -> None:
    """Another origin or a host name that is not loopback is 403 for control routes and the API."""
    assert status_of(fast_stand_in, method, path, {**headers, **foreign}, body) == expected
    assert not fast_stand_in.payment_ids() or expected == 200


@pytest.mark.parametrize(
    "media_type",
    [
        "text/plain",
        "text/plain;charset=UTF-8",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "",
    ],
)
def test_control_routes_take_only_json(fast_stand_in: Stripe, media_type: str) -> None:
    """The types that a page may send to another site without asking are 415, and set no fault."""
    sent = {"Content-Type": media_type}
    assert status_of(fast_stand_in, "POST", "/_sandbox/faults", sent, FAULT) == 415
    assert status_of(fast_stand_in, "POST", "/_sandbox/release", sent) == 415
    assert status_of(fast_stand_in, "GET", "/v1/payment_intents", {}) == 200
    with_charset = {"Content-Type": "Application/JSON; charset=utf-8"}
    assert status_of(fast_stand_in, "POST", "/_sandbox/faults", with_charset, FAULT) == 200
    assert status_of(fast_stand_in, "GET", "/v1/payment_intents", {}) == 500


@pytest.mark.parametrize("media_type", ["text/plain", "application/json"])
def test_the_api_takes_only_forms(fast_stand_in: Stripe, media_type: str) -> None:
    """Any other type of body is refused with 400, as at Stripe."""
    sent = {"Content-Type": media_type}
    assert status_of(fast_stand_in, "POST", "/v1/payment_intents", sent, PAYMENT) == 400
    assert fast_stand_in.payment_ids() == set()
