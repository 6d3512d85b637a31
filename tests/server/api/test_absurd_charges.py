"""Whatever Stripe's charge contains, a payment responds as documented: with it, or 502."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import falcon.testing
import pytest

from harness.in_process import StripeBackend, services_over
from harness.stripe import Stripe, always, respond
from harness.stripe_objects import example
from server.app import create_app
from server.metrics import Metrics

ABSURD: tuple[object, ...] = (10**400, -(10**15), True, 1.5, "\ud800", [], {}, [{}], None)
CARD = {
    "brand": "visa",
    "last4": "4242",
    "wallet": {"type": "link"},
    "capture_before": 1,
    "extended_authorization": {"status": "enabled"},
    "incremental_authorization": {"status": "available"},
    "multicapture": {"status": "available"},
    "overcapture": {"status": "available", "maximum_amount_capturable": 1150},
}
CHARGE = {
    **example("charge"),
    "payment_method_details": {"type": "card", "card": CARD},
    "balance_transaction": {"fee": 5, "net": 95, "currency": "eur", "available_on": 1},
}


@pytest.fixture(scope="module")
def stripe() -> Iterator[Stripe]:
    """Give a stand-in whose answers the test decides."""
    with Stripe() as stand_in:
        yield stand_in


@pytest.fixture(scope="module")
def client(stripe: Stripe) -> falcon.testing.TestClient:
    """Give a client of the application."""
    app = create_app(
        services_over(StripeBackend(stripe.url)),
        recorder=Metrics(1, {}).recorder(0),
        max_body_bytes=65_536,
    )
    return falcon.testing.TestClient(app)


def charge_in(
    client: falcon.testing.TestClient, stripe: Stripe, charge: object
) -> falcon.testing.Result:
    """Return the response to a request for a payment with this charge."""
    intent = {**example("payment_intent"), "capture_method": "manual", "latest_charge": charge}
    fault = replace(respond(200, intent), path="/v1/payment_intents", method="GET")
    stripe.inject(always(fault))
    try:
        return client.simulate_get(
            "/api/v1/payments/pi_1?include=charge", headers={"Authorization": "Bearer token"}
        )
    finally:
        stripe.clear_faults()


def variants(known: Mapping[str, object]) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield copies with one field absurd, by the field's path; also of inner objects."""
    for name, value in known.items():
        for absurd in ABSURD:
            yield name, {**known, name: absurd}
        if isinstance(value, dict):
            for path, inner in variants(value):
                yield f"{name}.{path}", {**known, name: inner}


def test_the_charge_is_read(client: falcon.testing.TestClient, stripe: Stripe) -> None:
    """The control: the whole charge is a 200."""
    response = charge_in(client, stripe, CHARGE)
    assert response.json["charge"]["net"] == 95
    assert response.json["hold"]["maximum_capturable"] == 1150


@pytest.mark.parametrize("part", ["payment_method_details", "balance_transaction", None])
def test_any_field_of_a_charge_may_be_absurd(
    client: falcon.testing.TestClient, stripe: Stripe, part: str | None
) -> None:
    """It is shown if it can be, else the response is 502 `stripe_unavailable`; never 500."""
    names = (
        *("id", "status", "amount_captured", "amount_refunded", "receipt_url", "disputed"),
        "failure_code",
    )
    shown = {part} if part else set(names)
    kept = {name: CHARGE[name] for name in CHARGE if name in shown}
    statuses = set()
    for path, changed in variants(kept):
        response = charge_in(client, stripe, {**CHARGE, **changed})
        statuses.add(response.status_code)
        assert response.status_code in (200, 502), path
        if response.status_code == 502:
            assert response.json["code"] == "stripe_unavailable", path
    assert statuses == {200, 502}
