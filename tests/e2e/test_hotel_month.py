"""A month of a hotel group: daily payouts, each of which leads to the bookings that it pays for."""

import csv
import io
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pytest

from harness.in_process import StripeBackend
from harness.scale import FAST, scaled
from harness.stripe import Stripe
from paycli.cli.payout.lines import csv_lines
from paycli.errors import RequestRefused
from paycli.models import (
    CapturePayment,
    CreatePayment,
    CreateTransfer,
    ListPayouts,
    RefundPayment,
    ReverseTransfer,
)
from paycli.payments.access import Access
from paycli.payments.payouts import PayoutCheck
from paycli.payments.use_cases import UseCases

OWN, HOSTS = "acct_1SandboxOwnAccount", ("acct_1host", "acct_2host", "acct_3host")
ACCOUNTS = (OWN, *HOSTS)
KINDS = ("own", "destination", "direct", "shared")
BOOKINGS = 200 if FAST else scaled(1_000, 2_000)
DAYS = 30
DAY_SECONDS = 86_400
DISPUTE_FEE = 1500
RECEIVED = "pyr"
"""In place of the id of a refund in a host's account, which the accountant does not know."""


def fee_of_stripe(amount: int) -> int:
    """What paycli/sandbox/README.md says the stand-in takes: 2.9 % and 30, rounded down."""
    return int(amount * 29 / 1000) + 30


class Line(NamedTuple):
    """A line as an accountant expects it."""

    account: str
    type: str
    amount: int
    fee: int
    payment_id: str = ""
    reference: str = ""
    refund_id: str = ""
    dispute_id: str = ""

    @property
    def net(self) -> int:
        """What it does to the account's balance."""
        return self.amount - self.fee


@dataclass(eq=False)
class Booking:
    """A payment; `account` was charged, `share` is the application fee. Amounts in cents."""

    payment_id: str
    reference: str
    kind: str
    host: str
    captured: int
    share: int

    @property
    def account(self) -> str | None:
        """The account to act for."""
        return self.host if self.kind == "direct" else None


class Month:
    """Bookings through paycli at one stand-in, and the lines that they should cause."""

    def __init__(self, stripe: Stripe, seed: int) -> None:
        self.stripe = stripe
        self.paycli = UseCases(Access(StripeBackend(stripe.url), 1))
        self.random = random.Random(seed)
        self.lines: Counter[Line] = Counter()
        self.later: defaultdict[int, list[Callable[[], None]]] = defaultdict(list)
        self.keys = 0
        self.day = 0
        self.kinds: Counter[str] = Counter()

    def key(self) -> str:
        """Return a new idempotency key."""
        self.keys += 1
        return f"key-{self.keys}"

    def expect(
        self, booking: Booking, account: str, kind: str, amount: int, fee: int = 0, **ids: str
    ) -> None:
        """Expect a line of a booking."""
        line = Line(account, kind, amount, fee, booking.payment_id, booking.reference, **ids)
        self.lines[line] += 1
        self.kinds[kind] += 1

    def run(self) -> None:
        """Let the month pass, and ten more days until disputes are closed and all is available."""
        for self.day in range(DAYS + 10):
            self.stripe.control("clock", offset_seconds=self.day * DAY_SECONDS)
            if self.day < DAYS:
                for number in range(self.day, BOOKINGS, DAYS):
                    self.book(number)
            for event in self.later.pop(self.day, []):
                event()
            for account in ACCOUNTS:
                self.pay_out(account)

    def book(self, number: int) -> None:
        """A guest books, and pays at once or at the end of the stay."""
        kind, host = self.random.choice(KINDS), self.random.choice(HOSTS)
        amount = self.random.randint(5_000, 90_000)
        share = amount * self.random.choice((0, 8, 15)) // 100
        share = share if kind in ("destination", "direct") else 0
        held = self.random.random() < 0.3
        account = host if kind == "direct" else None
        request = CreatePayment.from_fields(
            {
                "amount": amount,
                "currency": "eur",
                "reference": f"booking-{number}",
                "destination": host if kind == "destination" else None,
                **({"application_fee": share} if share else {}),
                "account": account,
                "capture_method": "manual" if held else "automatic",
            }
        )
        payment_id = self.paycli.payments.create(request, self.key()).result.id
        headers = {} if account is None else {"Stripe-Account": account}
        form = {"payment_method": "pm_card_visa", "return_url": "https://hotel.test/back"}
        path = f"/v1/payment_intents/{payment_id}/confirm"
        assert self.stripe.call("POST", path, form, headers=headers).status == 200
        captured = self.random.randint(amount // 2, amount) if held else amount
        booking = Booking(payment_id, f"booking-{number}", kind, host, captured, share)
        if not held:
            self.settle(booking)
            return

        def check_out() -> None:
            capture = CapturePayment(amount=captured, account=account)
            self.paycli.payments.capture(payment_id, capture, self.key())
            self.settle(booking)

        self.after(1, 3, check_out)

    def after(self, least: int, most: int, event: Callable[[], None]) -> None:
        """Let something happen some days later."""
        self.later[self.day + self.random.randint(least, most)].append(event)

    def settle(self, booking: Booking) -> None:
        """Expect the lines of a captured amount, and what comes after it."""
        amount, share, host = booking.captured, booking.share, booking.host
        stripe_fee = fee_of_stripe(amount)
        if booking.kind == "direct":
            self.expect(booking, host, "charge", amount, stripe_fee + share)
        else:
            self.expect(booking, OWN, "charge", amount, stripe_fee)
        if booking.kind == "destination":
            self.expect(booking, OWN, "transfer", -amount)
            self.expect(booking, host, "payment", amount, share)
        if share:
            self.expect(booking, OWN, "application_fee", share)
        if booking.kind == "shared":
            self.after(0, 2, lambda: self.transfer(booking))
        chance = self.random.random()
        if chance < 0.15:
            self.after(0, 4, lambda: self.refund(booking))
        elif chance < 0.22:
            self.after(0, 4, lambda: self.dispute(booking))

    def transfer(self, booking: Booking) -> None:
        """A host gets most of a booking, and gives some of it back if it has enough."""
        amount = booking.captured * self.random.randint(50, 90) // 100
        request = CreateTransfer(destination=booking.host, amount=amount)
        sent = self.paycli.transfers.create(booking.payment_id, request, self.key()).result
        self.expect(booking, OWN, "transfer", -amount)
        self.expect(booking, booking.host, "payment", amount)
        if self.random.random() < 0.2:
            self.after(0, 1, lambda: self.reverse(booking, sent.id, amount // 3))

    def reverse(self, booking: Booking, transfer_id: str, amount: int) -> None:
        """A part of a transfer is taken back, unless the host has spent it."""
        try:
            self.paycli.transfers.reverse(transfer_id, ReverseTransfer(amount=amount), self.key())
        except RequestRefused:
            return
        self.expect(booking, OWN, "transfer_refund", amount)
        self.expect(booking, booking.host, "payment_refund", -amount, refund_id=RECEIVED)

    def refund(self, booking: Booking) -> None:
        """A guest gets back all or a part; host and platform give back their shares or not."""
        amount = self.random.choice((booking.captured, booking.captured // 3))
        reverse, return_share = self.random.random() < 0.7, self.random.random() < 0.7
        to_host = booking.kind == "destination"
        request = RefundPayment(
            amount=amount,
            reverse_transfer=reverse if to_host else None,
            refund_application_fee=return_share if booking.share else None,
            account=booking.account,
        )
        refund = self.paycli.refunds.create(booking.payment_id, request, self.key()).result
        share = booking.share * amount // booking.captured if return_share else 0
        direct_share = -share if booking.kind == "direct" else 0
        payee = booking.account or OWN
        self.expect(booking, payee, "refund", -amount, direct_share, refund_id=refund.id)
        if share:
            self.expect(booking, OWN, "application_fee_refund", -share)
        if to_host and reverse:
            self.expect(booking, OWN, "transfer_refund", amount)
            self.expect(
                booking, booking.host, "payment_refund", -amount, -share, refund_id=RECEIVED
            )
        elif to_host and share:
            self.expect(booking, booking.host, "adjustment", share)

    def dispute(self, booking: Booking) -> None:
        """A bank takes the money back; the account that was charged wins it again or not."""
        amount, payee = booking.captured, booking.account or OWN
        dispute_id = self.stripe.control("disputes", payment_intent=booking.payment_id)["id"]
        self.expect(booking, payee, "adjustment", -amount, DISPUTE_FEE, dispute_id=dispute_id)
        status = self.random.choice(("won", "lost"))

        def decide() -> None:
            self.stripe.control("disputes/close", dispute=dispute_id, status=status)
            if status == "won":
                self.expect(booking, payee, "adjustment", amount, dispute_id=dispute_id)

        self.after(1, 4, decide)

    def pay_out(self, account: str) -> None:
        """Pay out what the balance says is available; one payout of each account fails."""
        found = self.paycli.balances.get(account_or_none(account))
        [available] = [each.amount for each in found.available if each.currency == "eur"]
        if available <= 0:
            return
        failure = {"failure_code": "account_closed"} if self.day == 11 else {}
        payout = self.stripe.control("payouts", account=account, **failure)
        assert payout["amount"] == available
        if failure:
            self.lines[Line(account, "payout_failure", available, 0)] += 1


def account_or_none(account: str) -> str | None:
    """Return the account as paycli takes it."""
    return None if account == OWN else account


@dataclass
class Exported:
    """What the exports of an account's payouts say; `paid` is the sum of those that were paid."""

    lines: Counter[Line] = field(default_factory=Counter)
    paid: int = 0
    payouts: int = 0
    failed: int = 0


@pytest.fixture(scope="module")
def month() -> Iterator[Month]:
    """Give a month that has passed."""
    with Stripe(seed=21, remembered_events=1000) as stripe:
        month = Month(stripe, seed=21)
        month.run()
        yield month


@pytest.fixture(scope="module")
def exports(month: Month) -> dict[str, Exported]:
    """Give what the exports of all payouts say, by account, after checking each one's sum."""
    return {account: export_all(month, account) for account in ACCOUNTS}


def export_all(month: Month, account: str) -> Exported:
    """Export each payout of an account as CSV, and read it as an accountant would."""
    result, payouts = Exported(), month.paycli.payouts
    asked = ListPayouts(limit=100, account=account_or_none(account))
    page = payouts.list(asked)
    assert page.next_cursor is None
    for payout in page.data:
        check = PayoutCheck(payout)
        lines = check.count(payouts.every_transaction(payout.id, asked.account))
        rows = list(csv.DictReader(io.StringIO("".join(csv_lines(lines, check)))))
        assert sum(int(row["net"]) for row in rows) == payout.amount
        assert {row["currency"] for row in rows} == {payout.currency}
        result.lines.update(line_of(account, row) for row in rows)
        result.paid += payout.amount if payout.status == "paid" else 0
        result.failed += payout.status == "failed"
        result.payouts += 1
    return result


def line_of(account: str, row: dict[str, str]) -> Line:
    """Return a line of an export as the accountant would write it."""
    refund_id = RECEIVED if row["refund_id"].startswith("pyr_") else row["refund_id"]
    assert int(row["net"]) == int(row["amount"]) - int(row["fee"])
    return Line(
        account,
        row["type"],
        int(row["amount"]),
        int(row["fee"]),
        row["payment_id"],
        row["reference"],
        refund_id,
        row["dispute_id"],
    )


def test_every_line_of_every_payout_is_expected(month: Month, exports: dict[str, Exported]) -> None:
    """Each line has its payment, reference, refund and dispute, and is paid out once."""
    paid_out = sum((exported.lines for exported in exports.values()), Counter[Line]())
    assert paid_out - month.lines == Counter()


def test_what_is_not_paid_out_is_the_balance(month: Month, exports: dict[str, Exported]) -> None:
    """Expected lines that no payout has are what `paycli balance` says is left."""
    for account, exported in exports.items():
        expected = Counter({line: n for line, n in month.lines.items() if line.account == account})
        left = sum(line.net * n for line, n in (expected - exported.lines).items())
        balance = month.paycli.balances.get(account_or_none(account))
        amounts = [each.amount for each in (*balance.available, *balance.pending)]
        assert sum(amounts) == left


def test_the_payouts_and_the_balances_are_the_ledger(
    month: Month, exports: dict[str, Exported]
) -> None:
    """Banks have what the payouts say, guests and Stripe what the accountant says; it is zero."""
    ledger = {name: each["eur"] for name, each in month.stripe.control("ledger", "GET").items()}
    assert sum(ledger.values()) == 0
    assert ledger["clearing"] == 0
    assert ledger["banks"] == sum(exported.paid for exported in exports.values())
    outside = {"charge", "refund"}
    guests, fees = 0, 0
    for line, n in month.lines.items():
        disputed = line.type == "adjustment" and line.dispute_id
        guests -= line.amount * n if line.type in outside or disputed else 0
        fees += DISPUTE_FEE * n if disputed and line.amount < 0 else 0
        fees += fee_of_stripe(line.amount) * n if line.type == "charge" else 0
    assert (ledger["customers"], ledger["stripe"]) == (guests, fees)


def test_the_month_has_everything(month: Month, exports: dict[str, Exported]) -> None:
    """Control: all kinds of lines, disputes won and lost, daily payouts, and failed ones."""
    assert sum(line.type == "charge" for line in month.lines) == BOOKINGS
    assert set(month.kinds) == {
        *("charge", "refund", "payment", "payment_refund", "transfer", "transfer_refund"),
        *("application_fee", "application_fee_refund", "adjustment"),
    }
    disputed = Counter(line.amount > 0 for line in month.lines if line.dispute_id)
    assert disputed[False] > disputed[True] > 0
    assert all(exported.payouts > DAYS * 2 // 3 for exported in exports.values())
    assert all(exported.failed == 1 for exported in exports.values())
    paid_out = sum(exported.lines.total() for exported in exports.values())
    assert paid_out > month.lines.total() * 0.9


@pytest.mark.parametrize(
    "change",
    [{"amount": 1}, {"fee": 1}, {"payment_id": "pi_x"}, {"reference": "x"}, {"refund_id": "re_x"}],
    ids=lambda change: next(iter(change)),
)
def test_a_wrong_line_is_detected(
    month: Month,
    exports: dict[str, Exported],
    change: Any,  # noqa: ANN401 - any field of a line
) -> None:
    """Control: a line with one wrong field is none that the accountant expects."""
    line = next(each for each in exports[OWN].lines if each.type == "refund")
    wrong = line._replace(**change)
    changed = exports[OWN].lines - Counter([line]) + Counter([wrong])
    assert changed - month.lines == Counter([wrong])
