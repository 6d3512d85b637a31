"""A marketplace's money: what guest, platform and host end with, and transfers to several hosts."""

import json
import re
import uuid
from pathlib import Path

import pytest

from harness.command_line import run
from harness.daemon import Response
from harness.kafka_broker import KafkaBroker
from harness.kafka_records import read_records
from harness.markdown import read, table
from harness.polling import wait_until
from harness.stripe import Stripe
from paycli.sandbox.standin import WebhookTarget
from service import PAYMENTS, TRANSFERS, Service, daemon_settings

HOST, OTHER_HOST = "acct_host", "acct_otherhost"
OWN = "acct_1SandboxOwnAccount"
BOOKING: dict[str, object] = {"amount": 20_000, "currency": "eur", "reference": "booking-42"}
FLAGS = {"true": True, "false": False}
CANCELED = table(read("server/api/README.md"), "Refund")


class Ledger:
    """What each account and party has at the stand-in, in cents, compared with an earlier state."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._before = self._now()

    def _now(self) -> dict[str, int]:
        books = self._service.stripe.control("ledger", "GET")
        return {name: amounts.get("eur", 0) for name, amounts in books.items()}

    def changes(self) -> dict[str, int]:
        """Return what has changed; nothing is lost or made, and nothing is in between."""
        after = self._now()
        changed = {name: value - self._before.get(name, 0) for name, value in after.items()}
        assert sum(changed.values()) == 0
        assert changed.pop("clearing", 0) == 0
        return {name: value for name, value in changed.items() if value}


@pytest.fixture
def ledger(service: Service) -> Ledger:
    """Give the ledger, compared with its state before the test."""
    return Ledger(service)


def paid(service: Service, **fields: object) -> str:
    """Create a booking's payment that the guest pays; return its id."""
    created = service.write(PAYMENTS, {**BOOKING, **fields})
    assert created.status == 201, created.body
    assert service.stripe.pay(created.json["id"]).status == 200
    return str(created.json["id"])


def cents(text: str) -> int:
    """Return an amount of the table, such as -180.00, in cents."""
    return int(text.replace(".", ""))


def test_the_table_has_every_case() -> None:
    """The control: both choices of both shares, for the whole and for a part."""
    assert len({tuple(row[:3]) for row in CANCELED}) == len(CANCELED) == 9


@pytest.mark.parametrize("row", CANCELED, ids=" ".join)
def test_a_canceled_booking_leaves_all_with_what_the_table_says(
    service: Service, ledger: Ledger, row: list[str]
) -> None:
    """Guest, platform and host end as documented, beside Stripe's fee, which the platform pays."""
    refunded, reverse, refund_fee, *ends = row
    payment = paid(service, destination=HOST, application_fee=2000)
    if refunded != "none":
        choices = {
            "reverse_transfer": FLAGS[reverse],
            "refund_application_fee": FLAGS[refund_fee],
        }
        refund = service.write(f"{payment}/refunds", {"amount": cents(refunded), **choices})
        assert refund.status == 201, refund.body
    after = ledger.changes()
    stripe_fee = after.pop("stripe")
    assert stripe_fee > 0
    guest, platform, host = map(cents, ends)
    shares = {"customers": guest, OWN: platform - stripe_fee, HOST: host}
    assert after == {name: amount for name, amount in shares.items() if amount}


def transfer(service: Service, payment: str, amount: int, destination: str = HOST) -> Response:
    """Transfer a part of a payment."""
    body = {"destination": destination, "amount": amount, "metadata": {"room": "7"}}
    return service.write(f"{payment}/transfers", body)


def test_a_payment_is_divided_between_two_hosts_and_taken_back(
    service: Service, ledger: Ledger
) -> None:
    """Transfers and reversals are shown, listed, and where they went; Stripe limits their sum."""
    payment = paid(service)
    first = transfer(service, payment, 12_000)
    assert first.status == 201, first.body
    expected = {
        "amount": 12_000,
        "amount_reversed": 0,
        "currency": "eur",
        "destination": HOST,
        "payment_id": payment,
        "transfer_group": f"group_{payment}",
        "reference": "booking-42",
        "metadata": {"room": "7"},
    }
    assert expected.items() <= first.json.items()
    assert transfer(service, payment, 6_000, OTHER_HOST).status == 201
    refused = transfer(service, payment, 2_001)
    assert refused.status == 400
    assert "must not exceed the source amount of 20000" in refused.json["detail"]
    reversal = service.write(f"{TRANSFERS}/{first.json['id']}/reversals", {"amount": 5_000})
    assert reversal.status == 201, reversal.body
    assert reversal.json["transfer_id"] == first.json["id"]
    assert (reversal.json["amount"], reversal.json["currency"]) == (5_000, "eur")
    listed = service.get(f"{PAYMENTS}/{payment}/transfers").json["data"]
    assert [(each["destination"], each["amount"], each["amount_reversed"]) for each in listed] == [
        (OTHER_HOST, 6_000, 0),
        (HOST, 12_000, 5_000),
    ]
    after = ledger.changes()
    platform = 20_000 - 12_000 - 6_000 + 5_000 - after.pop("stripe")
    assert after == {"customers": -20_000, OWN: platform, HOST: 7_000, OTHER_HOST: 6_000}


def test_a_transfer_and_a_reversal_count_once_per_key(service: Service, ledger: Ledger) -> None:
    """A repeated request returns the first result, marked as a replay."""
    payment, key = paid(service), uuid.uuid4().hex
    body = {"destination": HOST, "amount": 500}
    first, again = (service.write(f"{payment}/transfers", body, key) for _ in range(2))
    assert first.json == again.json
    assert again.headers["idempotent-replayed"] == "true"
    path, key = f"{TRANSFERS}/{first.json['id']}/reversals", uuid.uuid4().hex
    whole, repeated = (service.write(path, None, key) for _ in range(2))
    assert whole.json == repeated.json
    assert whole.json["amount"] == 500
    assert HOST not in ledger.changes()
    refused = service.write(path)
    assert (refused.status, refused.json["code"]) == (400, "request_refused")
    assert "already been fully reversed" in refused.json["detail"]


def test_only_what_was_captured_can_be_transferred(service: Service) -> None:
    """A payment that has not succeeded has nothing to transfer, and lists nothing."""
    created = service.write(PAYMENTS, {**BOOKING, "capture_method": "manual"}).json["id"]
    for _ in range(2):
        refused = transfer(service, created, 500)
        assert (refused.status, refused.json["code"]) == (400, "payment_not_succeeded")
        assert service.get(f"{PAYMENTS}/{created}/transfers").json["data"] == []
        service.stripe.pay(created)  # authorized
    assert service.write(f"{created}/capture").status == 200
    assert transfer(service, created, 500).status == 201


def test_a_checkout_is_transferred_from_by_its_own_id(service: Service) -> None:
    """Transfers of a Session are those of its PaymentIntent, once the guest has paid."""
    page = {"flow": "checkout", "success_url": "https://shop.test/paid"}
    session = service.write(PAYMENTS, {**BOOKING, **page}).json["id"]
    refused = transfer(service, session, 500)
    assert (refused.status, refused.json["code"]) == (400, "checkout_without_payment")
    form = {"payment_method": "pm_card_visa"}
    assert service.stripe.call("POST", f"/pay/{session}/pay", form).status == 200
    created = transfer(service, session, 500).json
    assert service.get(f"{PAYMENTS}/{session}/transfers").json["data"] == [created]
    assert created["payment_id"] == service.get_payment(session).json["payment_id"]


def test_payments_of_one_transfer_group_list_their_own_transfers(service: Service) -> None:
    """A label that payments share mixes nothing up, and pages lead through all of it."""
    group = uuid.uuid4().hex
    payments = [paid(service, transfer_group=group) for _ in range(2)]
    amounts = (100, 200, 300)
    for amount in amounts:
        for payment in payments:
            transfer(service, payment, amount)
    for payment in payments:
        found: list[tuple[str, int]] = []
        cursor: dict[str, str] = {}
        while True:
            page = service.get(f"{PAYMENTS}/{payment}/transfers", limit=2, **cursor).json
            found += [(each["payment_id"], each["amount"]) for each in page["data"]]
            if page["next_cursor"] is None:
                break
            cursor = {"cursor": page["next_cursor"]}
        assert found == [(payment, amount) for amount in reversed(amounts)]
    for _ in range(3):
        transfer(service, payments[1], 100)
    first = service.get(f"{PAYMENTS}/{payments[0]}/transfers", limit=2).json["data"]
    assert len(first) > 0, "an empty page would look like the end of the list"


def test_a_payment_with_multicapture_cannot_be_transferred_from(service: Service) -> None:
    """Stripe's refusal is 400: https://docs.stripe.com/payments/multicapture."""
    payment = paid(service, capture_method="manual", hold={"multicapture": True})
    assert service.write(f"{payment}/capture").status == 200
    refused = transfer(service, payment, 500)
    assert (refused.status, refused.json["code"]) == (400, "request_refused")
    assert "multicapture" in refused.json["detail"]


def test_the_transfer_of_a_destination_is_listed(service: Service) -> None:
    """The one that Stripe made is reversed as any other, which leaves the host its fee to pay."""
    payment = paid(service, destination=HOST, application_fee=2000)
    [made] = service.get(f"{PAYMENTS}/{payment}/transfers").json["data"]
    assert (made["amount"], made["reference"]) == (20_000, None)
    assert service.get_payment(payment).json["transfer_group"] == made["transfer_group"]
    paid(service, destination=HOST)  # so that the host has enough to give it back
    assert service.write(f"{TRANSFERS}/{made['id']}/reversals").status == 201
    [after] = service.get(f"{PAYMENTS}/{payment}/transfers").json["data"]
    assert after["amount_reversed"] == 20_000


def test_what_a_host_has_spent_cannot_be_taken_back(service: Service) -> None:
    """Stripe's refusal names the reason, and leaves the transfer as it was."""
    payment = paid(service)
    made = transfer(service, payment, 10_000, "acct_poorhost").json
    spent = transfer(service, payment, 500, "acct_poorhost").json
    stripe = service.stripe
    back = {"amount": "600", "currency": "eur", "destination": OWN}
    headers = {"Stripe-Account": "acct_poorhost"}
    assert stripe.call("POST", "/v1/transfers", back, headers=headers).status == 200
    refused = service.write(f"{TRANSFERS}/{made['id']}/reversals")
    assert (refused.status, refused.json["code"]) == (400, "balance_insufficient")
    assert service.write(f"{TRANSFERS}/{spent['id']}/reversals").status == 201


def test_a_shared_booking_leaves_its_records(
    kafka: KafkaBroker, topic: str, endpoints: list[WebhookTarget]
) -> None:
    """Payment, transfer and fee, and their return, are one event each, with the same amounts."""
    card = {"confirm": "true", "payment_method": "pm_card_visa", "return_url": "https://shop.test"}
    form = {"amount": "20000", "currency": "eur", "application_fee_amount": "2000", **card}
    with Stripe(endpoints=endpoints) as stripe:
        path = "/v1/payment_intents"
        intent = stripe.call("POST", path, {**form, "transfer_data[destination]": HOST}).json
        both = {"reverse_transfer": "true", "refund_application_fee": "true"}
        refund = {"payment_intent": intent["id"], "amount": "5000", **both}
        assert stripe.call("POST", "/v1/refunds", refund).status == 200

        def values() -> dict[str, dict[str, object]]:
            read = read_records(kafka.bootstrap_servers, topic)
            return {str(it.header("__TypeId__")): json.loads(it.value or b"") for it in read}

        wait_until(lambda: len(values()) >= 8, 20, "the records")
    found = values()
    assert {name: value["amount"] for name, value in found.items()} == {
        "PaymentCreatedEvent": 20_000,
        "PaymentSucceededEvent": 20_000,
        "TransferCreatedEvent": 20_000,
        "ApplicationFeeCreatedEvent": 2_000,
        "RefundSucceededEvent": 5_000,
        "RefundUpdatedEvent": 5_000,
        "TransferReversedEvent": 20_000,
        "ApplicationFeeRefundedEvent": 2_000,
    }
    assert found["TransferReversedEvent"]["amount_reversed"] == 5_000
    assert found["ApplicationFeeRefundedEvent"]["amount_refunded"] == 500
    assert {value["account"] for value in found.values()} == {None}


def test_an_operator_transfers_and_takes_back(service: Service, tmp_path: Path) -> None:
    """Amounts are typed as people write them, and tables show them so."""
    settings = daemon_settings(service.stripe.url, service.bootstrap_servers, service.topic)
    payment = paid(service)

    def paycli(*arguments: str) -> str:
        done = run(tmp_path, ["transfer", *arguments], {"COLUMNS": "120", **settings})
        assert done.returncode == 0, done.stderr
        return done.stdout

    sent = json.loads(
        paycli("create", payment, "--destination", HOST, "--amount", "120.00", "--json")
    )
    assert sent["amount"] == 12_000
    taken = json.loads(paycli("reverse", sent["id"], "--amount", "20.00", "--json"))
    assert (taken["amount"], taken["transfer_id"]) == (2_000, sent["id"])
    listed = paycli("list", payment, "-o", "table")
    assert {"120.00 EUR", "20.00 EUR", HOST} <= set(re.split(r"\s{2,}|\n", listed))


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({"destination": HOST}, {"#/amount"}),
        ({"destination": "host", "amount": 0}, {"#/destination", "#/amount"}),
        ({"destination": HOST, "amount": 500, "currency": "eur"}, {"#/currency"}),
        ({"destination": HOST, "amount": None}, {"#/amount"}),
    ],
)
def test_a_wrong_transfer_is_refused_with_its_fields(
    service: Service, body: dict[str, object], pointers: set[str]
) -> None:
    """Every wrong field is named, and Stripe is not called."""
    before = len(service.stripe.requests)
    refused = service.write("pi_1/transfers", body)
    assert refused.status == 422
    assert {each["pointer"] for each in refused.json["errors"]} == pointers
    assert len(service.stripe.requests) == before


@pytest.mark.parametrize("transfer_id", ["tr_none", "py_1", "tr_", "tr_1%20x"])
def test_an_unknown_transfer_is_not_found(service: Service, transfer_id: str) -> None:
    """404 whether Stripe has no such transfer or the id cannot be one."""
    refused = service.write(f"{TRANSFERS}/{transfer_id}/reversals", {"amount": 5})
    assert (refused.status, refused.json["code"]) == (404, "transfer_not_found")
