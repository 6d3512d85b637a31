"""Keys, ids, amounts and limits on the way to Stripe, over a gateway in memory."""

import time
from collections.abc import Callable
from typing import TypeVar

import pytest

from paycli.errors import (
    Busy,
    CheckoutWithoutPayment,
    CursorInvalid,
    FieldsInvalid,
    IdempotencyKeyInvalid,
    IdempotencyKeyMissing,
    PaymentNotFound,
    RefundNotFound,
    StripeTimeout,
)
from paycli.models import (
    CancelPayment,
    CapturePayment,
    CreatePayment,
    Found,
    ListPayments,
    ListRefunds,
    Payment,
    Refund,
    RefundPayment,
    UpdatePayment,
    Written,
)
from paycli.payments import Payments

T = TypeVar("T")
WANTED = CreatePayment(amount=2000, currency="eur")
# Everything between space and tilde.
PRINTABLE = "".join(map(chr, range(0x20, 0x7F)))


def payment(id_: str, **fields: object) -> Payment:
    """Return some payment."""
    plain = Payment(
        id=id_,
        status="requires_payment_method",
        amount=2000,
        currency="eur",
        reference=None,
        client_secret=None,
        payment_url=None,
        livemode=False,
        created_at="2026-01-31T12:00:00Z",
        payment_id=None if id_.startswith("cs_") else id_,
    )
    return plain.model_copy(update=fields)


REFUND = Refund(
    id="re_1",
    status="succeeded",
    amount=500,
    currency="eur",
    payment_id="pi_1",
    reference="booking-42",
    reason=None,
    failure_reason=None,
    created_at="2026-01-31T12:00:00Z",
)


class Memory:
    """Remembers what reached Stripe; `meanwhile` runs while a call is under way.

    It is the gateway and the account that it opens. `known` is what any look-up finds.
    """

    def __init__(self, meanwhile: Callable[[], object] = lambda: None) -> None:
        self.keys: list[str] = []
        self.ids: list[str] = []
        self.accounts: list[str | None] = []
        self.calls: list[tuple[object, ...]] = []
        self.known = payment("pi_1")
        self.meanwhile = meanwhile

    def open(self, account: str | None) -> "Memory":
        """Note the account."""
        self.accounts.append(account)
        return self

    def create_payment(self, wanted: CreatePayment, key: str) -> Written[Payment]:
        """Create a payment for each new key."""
        assert wanted is WANTED
        return self._write(payment("pi_1"), key, "create")

    def get_payment(self, payment_id: str) -> Payment:
        """Find what is known, whatever the id."""
        self.ids.append(payment_id)
        self.meanwhile()
        return self.known.model_copy(update={"id": payment_id})

    def list_payments(self, wanted: ListPayments, position: str | None) -> Found[Payment]:
        """Find one payment on a page without end."""
        self.calls.append(("list", wanted.limit, position))
        return Found((payment("pi_1"),), f"after {position}")

    def update_payment(self, payment_id: str, wanted: UpdatePayment, key: str) -> Written[Payment]:
        """Note it."""
        return self._write(payment(payment_id), key, "update", payment_id, wanted)

    def capture_payment(self, payment_id: str, amount: int | None, key: str) -> Written[Payment]:
        """Note it."""
        return self._write(payment(payment_id), key, "capture", payment_id, amount)

    def cancel_payment(self, payment_id: str, reason: str | None, key: str) -> Written[Payment]:
        """Note it."""
        return self._write(payment(payment_id), key, "cancel", payment_id, reason)

    def refund_payment(
        self, payment_id: str, wanted: RefundPayment, reference: str | None, key: str
    ) -> Written[Refund]:
        """Note it."""
        return self._write(REFUND, key, "refund", payment_id, wanted.amount, reference)

    def list_refunds(
        self, payment_id: str, wanted: ListRefunds, position: str | None
    ) -> Found[Refund]:
        """Find the last page."""
        self.calls.append(("refunds", payment_id, wanted.limit, position))
        return Found((REFUND,), None)

    def get_refund(self, refund_id: str) -> Refund:
        """Find any refund."""
        self.ids.append(refund_id)
        return REFUND

    def _write(self, made: T, key: str, *call: object) -> Written[T]:
        replayed = key in self.keys
        self.keys.append(key)
        self.calls.append(call)
        self.meanwhile()
        return Written(made, replayed)


def key_at_stripe(key: str | None, caller: str | None = None) -> str:
    """Return the key with which Stripe was asked."""
    memory = Memory()
    Payments(memory, 1).create(WANTED, key, caller)
    (sent,) = memory.keys
    return sent


# Idempotency keys


@pytest.mark.parametrize("key", ["k", "a:b", "x" * 200, PRINTABLE, " ", "7f8b-…".replace("…", "x")])
def test_a_key_is_passed_as_it_is_or_with_its_caller(key: str) -> None:
    """1 to 200 printable ASCII characters reach Stripe unchanged, after the name of the caller."""
    assert key_at_stripe(key) == key
    assert key_at_stripe(key, "booking") == f"booking:{key}"


def test_named_callers_do_not_share_keys() -> None:
    """The same key of two callers is two keys at Stripe, all short enough for its 255."""
    keys = {key_at_stripe("k" * 200, caller) for caller in ("a", "b", "n" * 50)}
    assert len(keys) == 3
    assert max(map(len, keys)) <= 255


@pytest.mark.parametrize("key", [None, ""])
def test_a_payment_needs_a_key(key: str | None) -> None:
    """Without a key nothing reaches Stripe, and the refusal says what to send."""
    memory = Memory()
    with pytest.raises(IdempotencyKeyMissing, match="Idempotency-Key"):
        Payments(memory, 1).create(WANTED, key, "booking")
    assert memory.keys == []


@pytest.mark.parametrize(
    "key", ["x" * 201, "ä", "a\tb", "a\n", "\x00", "\x7f", "a\u2028", "\u0661"], ids=ascii
)
def test_other_keys_are_refused(key: str) -> None:
    """Longer keys, control characters and what is not ASCII never reach Stripe."""
    memory = Memory()
    with pytest.raises(IdempotencyKeyInvalid, match="1 to 200 printable ASCII"):
        Payments(memory, 1).create(WANTED, key)
    assert memory.keys == []


def test_a_payment_comes_back_as_stripe_has_it() -> None:
    """Whether it was made now or before is Stripe's word."""
    payments = Payments(Memory(), 1)
    assert payments.create(WANTED, "k") == Written(payment("pi_1"), replayed=False)
    assert payments.create(WANTED, "k") == Written(payment("pi_1"), replayed=True)


# Ids


@pytest.mark.parametrize(
    "payment_id", ["pi_3MtwBwLkdIwHu7ix28a3tqPa", "cs_test_a11YYufWQzNY63zpQ6QSNRQhkUpV", "pi_1"]
)
def test_ids_of_payments_and_sessions_are_looked_up(payment_id: str) -> None:
    """Stripe's own examples of ids are asked for as they are."""
    memory = Memory()
    assert Payments(memory, 1).get(payment_id).id == payment_id
    assert memory.ids == [payment_id]


@pytest.mark.parametrize(
    "payment_id",
    [
        "",
        "pi_",
        "pi",
        "PI_1",
        "ch_1",
        "cus_1",
        "pi-1",
        "xpi_1",
        "pi_1/cancel",
        "pi_1/../../customers",
        "pi_..",
        "pi_1?expand[]=customer",
        "pi_1#x",
        "pi_1%2Fcancel",
        "pi_1;x",
        "pi_1 ",
        "pi_1\n",
        "pi_1\r\nX: y",
        "pi_1\x00",
        "pi_ü",
        "pi_\u0661",
        "pi_" + "x" * 251,
    ],
    ids=lambda value: ascii(value)[1:20],
)
def test_other_ids_never_reach_stripe(payment_id: str) -> None:
    """What is no payment's id is not found, and no path is made of it; it is not repeated."""
    memory = Memory()
    with pytest.raises(PaymentNotFound) as refused:
        Payments(memory, 1).get(payment_id)
    assert memory.ids == []
    assert len(payment_id) < 4 or payment_id not in refused.value.detail


# Limits


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_more_than_the_limit_are_refused_at_once(limit: int) -> None:
    """While as many payments as may are with Stripe, the next is refused without waiting."""

    def one_more() -> None:
        if len(memory.keys) < limit:
            payments.create(WANTED, f"k{len(memory.keys)}")
            return
        for refused in (lambda: payments.create(WANTED, "over"), lambda: payments.get("pi_1")):
            asked_at = time.monotonic()
            with pytest.raises(Busy):
                refused()
            assert time.monotonic() - asked_at < 0.5
        seen.append(len(memory.keys))

    seen: list[int] = []
    memory = Memory(one_more)
    payments = Payments(memory, limit)
    payments.create(WANTED, "k0")
    # It was full with exactly `limit`, and nothing of the refused reached Stripe.
    assert seen == [limit]
    assert (len(memory.keys), memory.ids) == (limit, [])


class Unforeseen(BaseException):
    """What nobody expects, such as a thread that is ended."""


@pytest.mark.parametrize("failure", [StripeTimeout("late"), RuntimeError("a bug"), Unforeseen()])
def test_a_slot_is_free_again_after_any_failure(failure: BaseException) -> None:
    """However a call ends, the next may go; it fails for its own reason, not for being one more."""

    def fail() -> None:
        raise failure

    payments = Payments(Memory(fail), 1)
    for _ in range(3):
        with pytest.raises(type(failure)):
            payments.create(WANTED, "k")
        with pytest.raises(type(failure)):
            payments.get("pi_1")


def test_what_is_refused_beforehand_takes_no_slot() -> None:
    """Wrong keys and ids are told apart from being busy, and leave all slots free."""

    def wrong() -> None:
        with pytest.raises(IdempotencyKeyMissing):
            payments.create(WANTED, None)
        with pytest.raises(PaymentNotFound):
            payments.get("ch_1")

    payments = Payments(Memory(wrong), 1)
    for key in ("k1", "k2"):
        payments.create(WANTED, key)


# Every write


WRITES: dict[str, Callable[[Payments, str | None, str | None], object]] = {
    "create": lambda payments, key, caller: payments.create(WANTED, key, caller),
    "update": lambda payments, key, caller: payments.update(
        "pi_1", UpdatePayment(description="x"), key, caller
    ),
    "capture": lambda payments, key, caller: payments.capture(
        "pi_1", CapturePayment(), key, caller
    ),
    "cancel": lambda payments, key, caller: payments.cancel("pi_1", CancelPayment(), key, caller),
    "refund": lambda payments, key, caller: payments.refund("pi_1", RefundPayment(), key, caller),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=list(WRITES))
def test_every_write_needs_a_key_and_passes_it_on(
    write: Callable[[Payments, str | None, str | None], object],
) -> None:
    """Without a key, or with a bad one, nothing is written; a good one reaches Stripe, named."""
    memory = Memory()
    payments = Payments(memory, 1)
    for key, refusal in ((None, IdempotencyKeyMissing), ("ä", IdempotencyKeyInvalid)):
        with pytest.raises(refusal):
            write(payments, key, "booking")
    assert memory.calls == []
    write(payments, "k", "booking")
    assert memory.keys == ["booking:k"]


@pytest.mark.parametrize("write", WRITES.values(), ids=list(WRITES))
def test_nobody_gets_into_the_keys_of_a_named_caller(
    write: Callable[[Payments, str | None, str | None], object],
) -> None:
    """A bare token may not begin its key with a caller's name and a colon; a caller may."""
    memory = Memory()
    payments = Payments(memory, 1, {"booking", "shop"})
    with pytest.raises(IdempotencyKeyInvalid, match="begin it otherwise"):
        write(payments, "shop:1", None)
    assert memory.keys == []
    write(payments, "bookings:1", None)
    write(payments, "shop:1", "booking")
    assert memory.keys == ["bookings:1", "booking:shop:1"]


@pytest.mark.parametrize("account", [None, "acct_1"])
def test_each_request_is_about_its_account(account: str | None) -> None:
    """The account that a caller names, or our own, is the one that Stripe is asked for."""
    memory = Memory()
    payments = Payments(memory, 1)
    payments.get("pi_1", account)
    payments.list(ListPayments(account=account))
    payments.update("pi_1", UpdatePayment(description="x", account=account), "k")
    payments.capture("pi_1", CapturePayment(account=account), "k")
    payments.cancel("pi_1", CancelPayment(account=account), "k")
    payments.refund("pi_1", RefundPayment(account=account), "k")
    payments.list_refunds("pi_1", ListRefunds(account=account))
    payments.get_refund("re_1", account)
    assert memory.accounts == [account] * 8


@pytest.mark.parametrize("code", ["kwd", "isk"])
@pytest.mark.parametrize(
    "act",
    [
        lambda payments: payments.capture("pi_1", CapturePayment(amount=1005), "k"),
        lambda payments: payments.refund("pi_1", RefundPayment(amount=1005), "k"),
    ],
    ids=["capture", "refund"],
)
def test_a_part_fits_the_payments_currency(act: Callable[[Payments], object], code: str) -> None:
    """A part against the currency's rules is pointed at, and Stripe is not asked to take it."""
    memory = Memory()
    memory.known = payment("pi_1", currency=code)
    with pytest.raises(FieldsInvalid) as refused:
        act(Payments(memory, 1))
    assert [problem.where for problem in refused.value.problems] == ["#/amount"]
    assert memory.calls == []


def test_a_part_in_a_currency_without_rules_is_left_to_stripe() -> None:
    """A payment made elsewhere may be in a currency that is unknown here: Stripe judges then."""
    memory = Memory()
    memory.known = payment("pi_1", currency="xxx")
    Payments(memory, 1).refund("pi_1", RefundPayment(amount=7), "k")
    assert memory.calls == [("refund", "pi_1", 7, None)]


def test_a_refund_carries_the_reference_of_its_payment() -> None:
    """What is refunded is found by the same reference as what was paid."""
    memory = Memory()
    memory.known = payment("pi_1", reference="booking-42")
    Payments(memory, 1).refund("pi_1", RefundPayment(amount=500), "k")
    assert memory.calls == [("refund", "pi_1", 500, "booking-42")]


# Checkout


def test_of_a_paid_checkout_the_payment_is_acted_on() -> None:
    """Capture, cancel and refund reach the Session's PaymentIntent."""
    memory = Memory()
    memory.known = payment("cs_1", status="complete", payment_id="pi_7")
    payments = Payments(memory, 1)
    payments.capture("cs_1", CapturePayment(), "k1")
    payments.cancel("cs_1", CancelPayment(reason="duplicate"), "k2")
    payments.refund("cs_1", RefundPayment(), "k3")
    payments.list_refunds("cs_1", ListRefunds())
    assert memory.calls == [
        ("capture", "pi_7", None),
        ("cancel", "pi_7", "duplicate"),
        ("refund", "pi_7", None, None),
        ("refunds", "pi_7", 10, None),
    ]


def test_of_an_unpaid_checkout_nothing_can_be_taken_or_given_back() -> None:
    """Without a PaymentIntent the refusal says why, and nothing is written."""
    memory = Memory()
    memory.known = payment("cs_1", status="open")
    payments = Payments(memory, 1)
    for act in (
        lambda: payments.capture("cs_1", CapturePayment(), "k"),
        lambda: payments.refund("cs_1", RefundPayment(), "k"),
        lambda: payments.list_refunds("cs_1", ListRefunds()),
    ):
        with pytest.raises(CheckoutWithoutPayment, match="it is open"):
            act()
    assert memory.calls == []


@pytest.mark.parametrize("status", ["open", "expired"])
@pytest.mark.parametrize("intent", [None, "pi_7"])
def test_cancelling_a_checkout_that_nobody_has_paid_expires_it(
    status: str, intent: str | None
) -> None:
    """An open Session is expired even if a try to pay it failed; repeated, Stripe is asked again.

    Stripe refuses to cancel the PaymentIntent of an open Session.
    """
    memory = Memory()
    memory.known = payment("cs_1", status=status, payment_id=intent)
    Payments(memory, 1).cancel("cs_1", CancelPayment(), "k")
    assert memory.calls == [("cancel", "cs_1", None)]


def test_a_checkout_has_no_description_to_change() -> None:
    """Stripe keeps none with a Session; its metadata can be changed."""
    memory = Memory()
    payments = Payments(memory, 1)
    with pytest.raises(FieldsInvalid, match="pi_") as refused:
        payments.update("cs_1", UpdatePayment(description="x"), "k")
    assert [problem.where for problem in refused.value.problems] == ["#/description"]
    payments.update("cs_1", UpdatePayment(metadata={"k": "v"}), "k")
    assert [call[:2] for call in memory.calls] == [("update", "cs_1")]


# Pages


def test_a_cursor_leads_to_the_next_page_of_its_own_listing() -> None:
    """The cursor of a page gives Stripe's position back, with another limit too."""
    memory = Memory()
    payments = Payments(memory, 1)
    first = payments.list(ListPayments(reference="r"))
    payments.list(ListPayments(reference="r", cursor=first.next_cursor, limit=3))
    assert memory.calls == [("list", 10, None), ("list", 3, "after None")]


@pytest.mark.parametrize(
    "other",
    [
        {},
        {"reference": "s"},
        {"reference": "r", "status": "succeeded"},
        {"reference": "r", "account": "acct_1"},
        {"reference": "r", "created_from": "2026-01-31T12:00:00Z"},
    ],
)
def test_a_cursor_of_another_listing_is_refused(other: dict[str, str]) -> None:
    """With other parameters than it was given out for, a cursor leads nowhere."""
    memory = Memory()
    payments = Payments(memory, 1)
    given = payments.list(ListPayments(reference="r")).next_cursor
    with pytest.raises(CursorInvalid, match="begin without a cursor"):
        payments.list(ListPayments.from_fields({**other, "cursor": given}))
    with pytest.raises(CursorInvalid):
        payments.list_refunds("pi_1", ListRefunds(cursor=given))
    assert len(memory.calls) == 1


@pytest.mark.parametrize("junk", ["x", "pi_1", "ä", "====", "AAAAAAAA", "a" * 1000, "\x00", " "])
def test_a_cursor_from_nowhere_is_refused(junk: str) -> None:
    """What was never given out never reaches Stripe."""
    memory = Memory()
    with pytest.raises(CursorInvalid):
        Payments(memory, 1).list(ListPayments(cursor=junk))
    assert memory.calls == []


@pytest.mark.parametrize("refund_id", ["", "pi_1", "re_", "re_1/x", "re_1\n", "RE_1", "re_ü"])
def test_other_refund_ids_never_reach_stripe(refund_id: str) -> None:
    """What is no refund's id is not found, and no path is made of it."""
    memory = Memory()
    with pytest.raises(RefundNotFound):
        Payments(memory, 1).get_refund(refund_id)
    assert memory.ids == []


def test_refunds_of_either_kind_are_looked_up() -> None:
    """Stripe names refunds re_… or, for other ways than cards, pyr_…."""
    memory = Memory()
    for refund_id in ("re_1Nispe2eZvKYlo2Cd31jOCgZ", "pyr_1Nispe2eZvKYlo2Cd31jOCgZ"):
        assert Payments(memory, 1).get_refund(refund_id) == REFUND
