"""Our Stripe adapter with the stand-in; both the stand-in and stripe-mock accept its requests."""

import http.client
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.stripe import Stripe
from harness.stripe_mock import StripeMock
from paycli.adapters.stripe.gateway import StripeAccount, StripeGateway
from paycli.models import CreateCustomer, CreatePayment, ListPayments
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
    "receipt_email": "guest@example.com",
    "metadata": {"room": "12"},
    "capture_method": "manual",
}
PAYMENTS: list[dict[str, object]] = [
    {},
    FULL,
    CHECKOUT,
    {**FULL, **CHECKOUT, "cancel_url": "https://shop.test/back"},
]


def gateway(address: str) -> StripeAccount:
    """Return our adapter for the account at a Stripe URL, with a running deadline."""
    values = {"PAYCLI_STRIPE_API_KEY": "sk_test_x", "PAYCLI_STRIPE_API_BASE": address}
    return StripeGateway(StripeSettings.model_validate(values)).open(None)


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


def test_the_stand_in_and_stripe_mock_accept_our_requests(
    fast_stand_in: Stripe, stripe_mock: StripeMock
) -> None:
    """Each request that our adapter sends is 200 at the stand-in and at stripe-mock."""
    account = gateway(fast_stand_in.url)
    numbers = itertools.count()
    customer = account.customers.create(CreateCustomer(), "key-customer").result
    for fields in PAYMENTS:
        body = CreatePayment.model_validate(
            {"amount": 2000, "currency": "eur", "customer": customer.id, **fields}
        )
        payment = account.payments.create(body, f"key-{next(numbers)}").result
        assert account.payments.get(payment.id) == payment
    requests = fast_stand_in.requests
    assert len(requests) == 1 + 2 * len(PAYMENTS)
    assert {send(stripe_mock.url, request) for request in requests} == {200}


def test_both_refuse_an_unknown_parameter(fast_stand_in: Stripe, stripe_mock: StripeMock) -> None:
    """Control: the stand-in and stripe-mock refuse a parameter that Stripe does not have."""
    form = {"amount": "2000", "currency": "eur", "colour": "red"}
    assert fast_stand_in.call("POST", "/v1/payment_intents", form).status == 400
    assert send(stripe_mock.url, fast_stand_in.requests[0]) == 400


@given(st.lists(st.text("aAbB'\\\"ßs ", min_size=1, max_size=3), min_size=1, max_size=4))
@settings(deadline=None, max_examples=30)
def test_a_reference_finds_exactly_its_own_payments(references: list[str]) -> None:
    """Whatever their case, quotes and backslashes, each reference finds its payments only."""
    with Stripe() as stripe:
        account = gateway(stripe.url)
        for number, reference in enumerate(references):
            fields = {"amount": 2000, "currency": "eur", "reference": reference}
            account.payments.create(CreatePayment.model_validate(fields), f"key-{number}")
        for reference in references:
            request = ListPayments.model_validate({"reference": reference, "limit": "100"})
            found = [each.reference for each in account.payments.list(request, None).items]
            assert found == [reference] * references.count(reference)


@pytest.mark.parametrize("flow", [{}, CHECKOUT])
def test_a_payment_on_the_page_is_visible_to_the_gateway(
    fast_stand_in: Stripe, flow: dict[str, object]
) -> None:
    """A payment that is paid on the page is paid for our adapter."""
    account = gateway(fast_stand_in.url)
    body = CreatePayment.model_validate({"amount": 2000, "currency": "eur", **flow})
    payment = account.payments.create(body, "key-1").result
    form = {"payment_method": "pm_card_visa"}
    form |= {"client_secret": payment.client_secret} if payment.client_secret else {}
    assert fast_stand_in.call("POST", f"/pay/{payment.id}/pay", form).status == 200
    assert account.payments.get(payment.id).status == ("complete" if flow else "succeeded")
