"""The amount of a payment is changed before the customer pays, also while they pay."""

import concurrent.futures
import uuid
from concurrent.futures import Future

import pytest

from harness.daemon import Response
from harness.polling import wait_until
from paycli.sandbox.standin import Fault, FaultKind
from service import PAYMENTS, Service

BODY = {"amount": 2000, "currency": "eur", "reference": "booking-42"}
HOSTED = {"flow": "checkout", "success_url": "https://shop.test/paid"}
NEW = 2500


def create(service: Service, **fields: object) -> str:
    """Create a payment; return its id."""
    created = service.write(PAYMENTS, {**BODY, **fields})
    assert created.status == 201, created.body
    return str(created.json["id"])


def change(
    service: Service, payment_id: str, amount: object = NEW, key: str | None = None
) -> Response:
    """Change the amount."""
    return service.write(payment_id, {"amount": amount}, key, "PATCH")


def received(service: Service, payment_id: str) -> int:
    """Return what the customer has paid."""
    return int(service.get_payment(payment_id).json["amount_received"])


def conflict(response: Response) -> str:
    """Return the detail of a change that came too late."""
    assert (response.status, response.json["code"]) == (
        400,
        "payment_intent_unexpected_state",
    )
    return str(response.json["detail"])


def test_the_new_amount_is_charged(service: Service) -> None:
    """Before the customer pays the amount is changed, and nothing else."""
    payment_id = create(service, metadata={"room": "12"})
    changed = change(service, payment_id)
    assert changed.status == 200, changed.body
    assert (changed.json["amount"], changed.json["metadata"]) == (NEW, {"room": "12"})
    service.stripe.pay(payment_id)
    assert received(service, payment_id) == NEW
    assert service.get_payment(payment_id).json["reference"] == "booking-42"


def test_a_paid_held_or_canceled_payment_keeps_its_amount(service: Service) -> None:
    """409 names the status; description and metadata can still be changed."""
    held = create(service, capture_method="manual")
    service.stripe.pay(held)
    paid = create(service)
    service.stripe.pay(paid)
    canceled = create(service)
    service.write(f"{canceled}/cancel")
    processing = create(service, currency="usd")
    service.stripe.pay(processing, "pm_usBankAccount_processing")
    for payment_id in (held, paid, canceled, processing):
        before = service.get_payment(payment_id).json
        assert before["status"] in conflict(change(service, payment_id))
        described = service.write(payment_id, {"description": "Late"}, method="PATCH")
        assert described.json == {**before, "description": "Late"}


@pytest.mark.parametrize(
    ("fields", "amount", "detail"),
    [
        ({"currency": "isk", "amount": 50_000}, 50_050, "00"),
        ({}, 0, "greater than 0"),
        ({}, None, "not null"),
        ({}, "2500", "valid integer"),
        ({"destination": "acct_1host", "application_fee": 300}, 200, "application fee, 300"),
        ({**HOSTED}, NEW, "fixed"),
    ],
)
def test_a_wrong_amount_is_refused(
    service: Service, fields: dict[str, object], amount: object, detail: str
) -> None:
    """422 in our words, with the field; Stripe changes nothing."""
    payment_id = create(service, **fields)
    before = service.get_payment(payment_id).json
    refused = change(service, payment_id, amount)
    assert (refused.status, refused.json["code"]) == (422, "fields_invalid")
    [problem] = refused.json["errors"]
    assert problem["pointer"] == "#/amount"
    assert detail in problem["detail"]
    assert service.get_payment(payment_id).json == before


def changing(
    service: Service, pool: concurrent.futures.Executor, payment_id: str
) -> Future[Response]:
    """Start a change that Stripe has received but does not process before `release`."""
    fault = Fault(FaultKind.HANG, path=f"/v1/payment_intents/{payment_id}", method="POST")
    service.stripe.inject(fault)
    before = len(service.stripe.requests)
    future = pool.submit(change, service, payment_id)
    # It has read the payment, and sends the change.
    wait_until(lambda: len(service.stripe.requests) == before + 2, 5, "the change is sent")
    return future


def test_the_customer_pays_while_the_amount_is_changed(service: Service) -> None:
    """The payment had no status that forbids the change when it was read: Stripe refuses it."""
    payment_id = create(service)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        future = changing(service, pool, payment_id)
        assert service.stripe.pay(payment_id).json["amount_received"] == 2000
        service.stripe.release()
        assert "succeeded" in conflict(future.result())
    assert received(service, payment_id) == 2000


def test_a_change_whose_response_is_lost_is_charged(service: Service) -> None:
    """The retry gets the response of the change, although the customer has paid meanwhile."""
    payment_id, key = create(service), uuid.uuid4().hex
    path = f"/v1/payment_intents/{payment_id}"
    service.stripe.inject(*[Fault(FaultKind.DISCONNECT, path=path, method="POST")] * 20)
    assert change(service, payment_id, key=key).json["code"] == "stripe_unavailable"
    service.stripe.clear_faults()
    service.stripe.pay(payment_id)
    repeated = change(service, payment_id, key=key)
    assert (repeated.status, repeated.headers["idempotent-replayed"]) == (200, "true")
    assert (repeated.json["status"], repeated.json["amount"]) == ("requires_payment_method", NEW)
    assert received(service, payment_id) == NEW


def test_what_the_customer_authenticates_is_what_is_charged(service: Service) -> None:
    """A change during 3-D Secure makes the customer confirm again, with the new amount."""
    payment_id = create(service)
    card = "pm_card_authenticationRequired"
    assert service.stripe.pay(payment_id, card).json["status"] == "requires_action"
    changed = change(service, payment_id).json
    assert changed["status"] == "requires_confirmation"
    form = {"client_secret": changed["client_secret"], "result": "succeed"}
    assert service.stripe.call("POST", f"/pay/{payment_id}/authenticate", form).status == 400
    assert received(service, payment_id) == 0
    service.stripe.pay(payment_id)
    assert received(service, payment_id) == NEW


def test_no_change_that_was_accepted_is_missed(service: Service) -> None:
    """In each of many races the new amount is charged, or the change is refused."""
    statuses = set()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for number in range(24):
            payment_id = create(service)
            future = pool.submit(change, service, payment_id)
            if number % 2:
                future.result()
            assert pool.submit(service.stripe.pay, payment_id).result().status == 200
            changed = future.result()
            statuses.add(changed.status)
            if changed.status != 200:
                conflict(changed)
            assert received(service, payment_id) == (NEW if changed.status == 200 else 2000)
    assert 200 in statuses
