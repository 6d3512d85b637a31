"""Our own gateway at the stand-in: what it asks for is taken there and by stripe-mock alike."""

import http.client
import itertools

import pytest

from harness.stripe import Stripe
from harness.stripe_mock import StripeMock
from paycli.adapters.stripe.gateway import StripeAccount, StripeGateway
from paycli.models import CreatePayment
from paycli.sandbox.standin.http.messages import HttpRequest
from paycli.settings import StripeSettings

CHECKOUT: dict[str, object] = {
    "flow": "checkout",
    "success_url": "https://shop.test/done",
    "reference": "b-1",
}
FULL: dict[str, object] = {
    "reference": "b-1",
    "description": "Two nights",
    "customer": "cus_1",
    "receipt_email": "guest@example.com",
    "metadata": {"room": "12"},
    "capture_method": "manual",
}
WANTED: list[dict[str, object]] = [
    {},
    FULL,
    CHECKOUT,
    {**FULL, **CHECKOUT, "cancel_url": "https://shop.test/back"},
]


def gateway(address: str) -> StripeAccount:
    """Return our gateway to Stripe at an address, with its time begun."""
    settings = StripeSettings.model_validate(
        {"PAYCLI_STRIPE_API_KEY": "sk_test_x", "PAYCLI_STRIPE_API_BASE": address}
    )
    return StripeGateway(settings).open(None)


def send(address: str, request: HttpRequest) -> int:
    """Send a request that the stand-in received to another server; return the status."""
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=10)
    try:
        headers = {k: v for k, v in request.headers.items() if k not in ("host", "content-length")}
        target = f"{request.path}?{request.query}" if request.query else request.path
        connection.request(request.method, target, request.body or None, headers)
        return connection.getresponse().status
    finally:
        connection.close()


def test_what_our_gateway_asks_is_taken_by_both(quick: Stripe, stripe_mock: StripeMock) -> None:
    """Each request of each of its calls is answered by the stand-in and by stripe-mock."""
    ours = gateway(quick.url)
    numbers = itertools.count()
    for wanted in WANTED:
        body = CreatePayment.model_validate({"amount": 2000, "currency": "eur", **wanted})
        made = ours.payments.create(body, f"key-{next(numbers)}").result
        assert ours.payments.get(made.id) == made
    requests = quick.requests
    assert len(requests) == 2 * len(WANTED)
    assert {send(stripe_mock.url, request) for request in requests} == {200}


def test_what_stripe_mock_refuses_is_seen(quick: Stripe, stripe_mock: StripeMock) -> None:
    """The control: a parameter that Stripe does not have is refused by both."""
    form = {"amount": "2000", "currency": "eur", "colour": "red"}
    assert quick.call("POST", "/v1/payment_intents", form).status == 400
    assert send(stripe_mock.url, quick.requests[0]) == 400


@pytest.mark.parametrize("flow", [{}, CHECKOUT])
def test_a_payment_is_seen_paid(quick: Stripe, flow: dict[str, object]) -> None:
    """What is paid at the stand-in is paid for our gateway."""
    ours = gateway(quick.url)
    body = CreatePayment.model_validate({"amount": 2000, "currency": "eur", **flow})
    made = ours.payments.create(body, "key-1").result
    form = {"payment_method": "pm_card_visa"}
    form |= {"client_secret": made.client_secret} if made.client_secret else {}
    assert quick.call("POST", f"/pay/{made.id}/pay", form).status == 200
    assert ours.payments.get(made.id).status == ("complete" if flow else "succeeded")
