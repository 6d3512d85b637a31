"""In any order of charges, captures, refunds, transfers and reversals no money is made or lost."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from harness.in_process import StripeBackend
from harness.scale import examples
from harness.stripe import Stripe
from harness.stripe_schema import Json
from paycli.errors import FieldsInvalid, PaymentNotSucceeded, RequestRefused
from paycli.events.catalogue import translate
from paycli.events.stripe_event import parse_event
from paycli.models import (
    CapturePayment,
    CreatePayment,
    CreateTransfer,
    ListRefunds,
    ListTransfers,
    RefundPayment,
    ReverseTransfer,
)
from paycli.payments.access import Access
from paycli.payments.use_cases import UseCases

OWN, HOST, OTHER_HOST = "acct_1SandboxOwnAccount", "acct_1host", "acct_2host"
KINDS = ("own", "destination", "direct")
WHICH = st.integers(0, 99)
HOSTS = st.sampled_from((HOST, OTHER_HOST))
PARTS = st.sampled_from((1, 33, 50, 99, 100, 101))
"""Per cent of what is left: 101 is too much."""
REFUSED = (RequestRefused, FieldsInvalid, PaymentNotSucceeded)


def fee_of_stripe(amount: int) -> int:
    """What paycli/sandbox/README.md says the stand-in takes: 2.9 % and 30, rounded down."""
    return int(amount * 29 / 1000) + 30


@dataclass(eq=False)
class Booking:
    """A payment as an accountant sees it; amounts in cents."""

    payment_id: str
    amount: int
    fee: int
    destination: str | None
    account: str | None
    captured: int = 0
    refunded: int = 0
    refunded_with_fee: int = 0
    fee_refunded: int = 0
    transferred: int = 0

    @property
    def payee(self) -> str:
        """The account that is charged, and pays Stripe's fee."""
        return self.account or OWN


@dataclass(eq=False)
class Sent:
    """A transfer; `booking` is the one that it comes from."""

    transfer_id: str
    booking: Booking
    destination: str
    amount: int
    reversed: int = 0


class Ledger:
    """Payments through paycli at one stand-in, and the books that an accountant would keep."""

    def __init__(self) -> None:
        self.stripe = Stripe().__enter__()
        self.paycli = UseCases(Access(StripeBackend(self.stripe.url), 1))
        self.books: Counter[str] = Counter()
        self.all_bookings: list[Booking] = []
        self.automatic: dict[Booking, Sent] = {}
        self.all_transfers: list[Sent] = []
        self.keys = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stripe.stop()

    def key(self) -> str:
        """Return a new idempotency key."""
        self.keys += 1
        return f"key-{self.keys}"

    def move(self, source: str, target: str, amount: int) -> None:
        """Write an amount into the books."""
        self.books[source] -= amount
        self.books[target] += amount

    def settle(self, booking: Booking, amount: int) -> None:
        """Write a captured amount and its shares into the books."""
        booking.captured = amount
        self.move("customers", booking.payee, amount)
        self.move(booking.payee, "stripe", fee_of_stripe(amount))
        if booking.destination:
            booking.transferred = amount
            self.move(OWN, booking.destination, amount)
            self.move(booking.destination, OWN, booking.fee)
            sent = Sent("", booking, booking.destination, amount)
            self.automatic[booking] = sent
        elif booking.account:
            self.move(booking.account, OWN, booking.fee)

    def charge(self, amount: int, fee_percent: int, kind: str, host: str, *, held: bool) -> None:
        """A guest pays, at once or later."""
        destination = host if kind == "destination" else None
        account = host if kind == "direct" else None
        fee = 0 if kind == "own" else amount * fee_percent // 100
        request = CreatePayment.from_fields(
            {
                "amount": amount,
                "currency": "eur",
                "destination": destination,
                "account": account,
                "capture_method": "manual" if held else "automatic",
                **({"application_fee": fee} if fee else {}),
            }
        )
        payment = self.paycli.payments.create(request, self.key()).result
        headers = {"Stripe-Account": account} if account else {}
        form = {"payment_method": "pm_card_visa", "return_url": "https://shop.test/back"}
        path = f"/v1/payment_intents/{payment.id}/confirm"
        assert self.stripe.call("POST", path, form, headers=headers).status == 200
        booking = Booking(payment.id, amount, fee, destination, account)
        self.all_bookings.append(booking)
        if not held:
            self.settle(booking, amount)

    def capture(self, which: int, percent: int) -> None:
        """A hold is captured once, at most all of it, and never below the fee."""
        booking = self.all_bookings[which % len(self.all_bookings)]
        amount = max(1, booking.amount * percent // 100)
        request = CapturePayment(amount=amount, account=booking.account)
        if booking.captured or amount > booking.amount or amount < booking.fee:
            with pytest.raises(REFUSED):
                self.paycli.payments.capture(booking.payment_id, request, self.key())
            return
        self.paycli.payments.capture(booking.payment_id, request, self.key())
        self.settle(booking, amount)

    def refund(self, which: int, percent: int, *, reverse: bool, refund_fee: bool) -> None:
        """A refund is paid by who was charged, with what the others are asked to give back."""
        booking = self.all_bookings[which % len(self.all_bookings)]
        left = booking.captured - booking.refunded
        amount = max(1, left * percent // 100)
        request = RefundPayment(
            amount=amount,
            account=booking.account,
            reverse_transfer=reverse if booking.destination else None,
            refund_application_fee=refund_fee if booking.fee else None,
        )
        if amount > left:
            with pytest.raises(REFUSED):
                self.paycli.refunds.create(booking.payment_id, request, self.key())
            return
        self.paycli.refunds.create(booking.payment_id, request, self.key())
        booking.refunded += amount
        self.move(booking.payee, "customers", amount)
        if booking.fee and refund_fee:
            booking.refunded_with_fee += amount
            total = booking.fee * booking.refunded_with_fee // booking.captured
            self.move(OWN, booking.destination or booking.payee, total - booking.fee_refunded)
            booking.fee_refunded = total
        if booking.destination and reverse:
            sent = self.automatic[booking]
            back = min(amount, sent.amount - sent.reversed)
            sent.reversed += back
            self.move(booking.destination, OWN, back)

    def transfer(self, which: int, percent: int, host: str) -> None:
        """A host gets a part of what the platform has captured and not yet transferred."""
        booking = self.all_bookings[which % len(self.all_bookings)]
        left = booking.captured - booking.transferred
        amount = max(1, left * percent // 100)
        request = CreateTransfer(amount=amount, destination=host, account=booking.account)
        if amount > left or host == booking.account:
            with pytest.raises(REFUSED):
                self.paycli.transfers.create(booking.payment_id, request, self.key())
            return
        made = self.paycli.transfers.create(booking.payment_id, request, self.key()).result
        booking.transferred += amount
        self.move(booking.payee, host, amount)
        self.all_transfers.append(Sent(made.id, booking, host, amount))

    def reverse(self, which: int, percent: int) -> None:
        """A transfer is taken back as far as the host has money."""
        if not self.all_transfers:
            return
        sent = self.all_transfers[which % len(self.all_transfers)]
        left = sent.amount - sent.reversed
        amount = max(1, left * percent // 100)
        request = ReverseTransfer(amount=amount, account=sent.booking.account)
        if amount > left or amount > self.books[sent.destination]:
            with pytest.raises(RequestRefused):
                self.paycli.transfers.reverse(sent.transfer_id, request, self.key())
            return
        self.paycli.transfers.reverse(sent.transfer_id, request, self.key())
        sent.reversed += amount
        self.move(sent.destination, sent.booking.payee, amount)

    def the_ledger_is_the_accountants(self) -> None:
        """Every account and party has what the books say; the balance is zero."""
        ledger = {
            name: amounts["eur"]
            for name, amounts in self.stripe.control("ledger", "GET").items()
            if amounts["eur"]
        }
        assert ledger == {name: amount for name, amount in self.books.items() if amount}
        assert sum(ledger.values()) == 0

    def answers_have_the_same_numbers(self) -> None:
        """Balance transactions, payments, refunds and transfers show what the books say."""
        for account in (OWN, HOST, OTHER_HOST):
            listed = self.listed("/v1/balance_transactions", account)
            assert sum(each["net"] for each in listed) == self.books[account]
            assert all(each["net"] == each["amount"] - each["fee"] for each in listed)
        for booking in self.all_bookings:
            payment_id = booking.payment_id
            payment = self.paycli.payments.get(payment_id, booking.account)
            assert payment.amount_received == booking.captured
            refunds = self.paycli.refunds.list(
                payment_id, ListRefunds(limit=100, account=booking.account)
            )
            assert sum(refund.amount for refund in refunds.data) == booking.refunded
            asked = ListTransfers(limit=100, account=booking.account)
            shown = self.paycli.transfers.list(payment_id, asked).data
            sent = [each for each in self.all_transfers if each.booking is booking]
            sent += [self.automatic[booking]] if booking in self.automatic else []
            assert Counter((it.destination, it.amount, it.amount_reversed) for it in shown) == (
                Counter((it.destination, it.amount, it.reversed) for it in sent)
            )

    def events_have_the_same_numbers(self) -> None:
        """The sums of our events' amounts are those of the books."""
        totals: Counter[str] = Counter()
        latest: defaultdict[str, dict[str, Json]] = defaultdict(dict)
        for account in (OWN, HOST, OTHER_HOST):
            for raw in self.listed("/v1/events", account):
                event = translate(parse_event(json.dumps(raw).encode()))
                if event is None:
                    continue
                data = json.loads(event.value)
                if event.name == "PaymentSucceededEvent":
                    totals["captured"] += data["amount_received"]
                elif raw["type"] == "refund.created":
                    totals["refunded"] += data["amount"]
                elif raw["type"].startswith(("transfer.", "application_fee.")):
                    # Newest first.
                    kind = raw["type"].partition(".")[0]
                    latest[kind].setdefault(data[f"{kind}_id"], data)
        sent = [*self.all_transfers, *self.automatic.values()]
        transfers, fees = latest["transfer"].values(), latest["application_fee"].values()
        assert totals["captured"] == sum(it.captured for it in self.all_bookings)
        assert totals["refunded"] == sum(it.refunded for it in self.all_bookings)
        assert sum(it["amount"] for it in transfers) == sum(it.amount for it in sent)
        assert sum(it["amount_reversed"] for it in transfers) == sum(it.reversed for it in sent)
        charged = [it for it in self.all_bookings if it.captured]
        assert sum(it["amount"] for it in fees) == sum(it.fee for it in charged)
        assert sum(it["amount_refunded"] for it in fees) == sum(it.fee_refunded for it in charged)

    def listed(self, path: str, account: str) -> list[Json]:
        """Return all objects of an account's list, newest first."""
        headers = {} if account == OWN else {"Stripe-Account": account}
        found: list[Json] = []
        form = {"limit": "100"}
        while True:
            page = self.stripe.call("GET", path, form, headers=headers).json
            found += page["data"]
            if not page["has_more"]:
                return found
            form["starting_after"] = page["data"][-1]["id"]


def operation(run: Callable[..., None], **arguments: SearchStrategy[object]) -> Any:  # noqa: ANN401 - of any arguments
    """Return a strategy of calls of a method of the ledger."""
    return st.tuples(st.just(run), st.fixed_dictionaries(arguments))


OPERATIONS = st.one_of(
    operation(
        Ledger.charge,
        amount=st.integers(100, 20_000),
        fee_percent=st.sampled_from((0, 1, 10, 100)),
        kind=st.sampled_from(KINDS),
        host=HOSTS,
        held=st.booleans(),
    ),
    operation(Ledger.capture, which=WHICH, percent=PARTS),
    operation(
        Ledger.refund, which=WHICH, percent=PARTS, reverse=st.booleans(), refund_fee=st.booleans()
    ),
    operation(Ledger.transfer, which=WHICH, percent=PARTS, host=HOSTS),
    operation(Ledger.reverse, which=WHICH, percent=PARTS),
)


@settings(max_examples=examples(12), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(1, 99), st.lists(OPERATIONS, min_size=20, max_size=30))
def test_no_order_of_operations_makes_or_loses_money(
    fee_percent: int, operations: list[tuple[Callable[..., None], dict[str, object]]]
) -> None:
    """After each operation, the ledger is the accountant's; in the end, answers and events too."""
    with Ledger() as ledger:
        for kind in KINDS:
            ledger.charge(19_999, fee_percent, kind, HOST, held=False)
        for run, arguments in operations:
            run(ledger, **arguments)
            ledger.the_ledger_is_the_accountants()
        ledger.answers_have_the_same_numbers()
        ledger.events_have_the_same_numbers()


CHECKS = [
    Ledger.the_ledger_is_the_accountants,
    Ledger.answers_have_the_same_numbers,
    Ledger.events_have_the_same_numbers,
]


@pytest.mark.parametrize("check", CHECKS)
def test_a_cent_that_is_lost_is_detected(check: Callable[[Ledger], None]) -> None:
    """Control: each comparison fails once the books differ by one cent."""
    with Ledger() as ledger:
        ledger.charge(1000, 10, "destination", HOST, held=False)
        ledger.refund(0, 50, reverse=True, refund_fee=True)
        check(ledger)
        ledger.books[OWN] -= 1
        ledger.all_bookings[0].refunded += 1
        with pytest.raises(AssertionError):
            check(ledger)


def test_a_hold_that_is_captured_in_parts_is_given_back_whole() -> None:
    """Each part has its transfer and its fee; one refund of both reverses all of them."""
    multicapture = {"payment_method_options[card][request_multicapture]": "if_available"}
    form = {
        "amount": "9000",
        "currency": "eur",
        "capture_method": "manual",
        "confirm": "true",
        "payment_method": "pm_card_visa",
        "return_url": "https://shop.test",
        **multicapture,
        "transfer_data[destination]": HOST,
        "application_fee_amount": "900",
    }
    with Ledger() as ledger:
        call = ledger.stripe.call
        intent = call("POST", "/v1/payment_intents", form).json["id"]
        capture = f"/v1/payment_intents/{intent}/capture"
        for amount, final in (("3000", "false"), ("5000", "true")):
            part = {"amount_to_capture": amount, "final_capture": final}
            captured = call("POST", capture, {**part, "application_fee_amount": "100"})
            assert captured.status == 200, captured.json
        both = {"reverse_transfer": "true", "refund_application_fee": "true"}
        half = {"payment_intent": intent, "amount": "4000", **both}
        fees = fee_of_stripe(3000) + fee_of_stripe(5000)
        for given_back in (4000, 8000):
            assert call("POST", "/v1/refunds", half).status == 200
            left = 8000 - given_back
            cut = left * 200 // 8000
            ledger.books = Counter(
                {"customers": -left, "stripe": fees, OWN: cut - fees, HOST: left - cut}
            )
            ledger.the_ledger_is_the_accountants()
