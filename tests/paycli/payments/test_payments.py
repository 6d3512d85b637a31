"""Keys, ids, amounts and limits on the way to Stripe, over a gateway in memory."""

import time
from collections.abc import Callable, Collection
from typing import NamedTuple, TypeVar

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
    ListPayments,
    ListRefunds,
    Payment,
    Refund,
    RefundPayment,
    ResultPage,
    UpdatePayment,
    WriteResult,
)
from paycli.payments.access import Access
from paycli.payments.payments import Payments
from paycli.payments.refunds import Refunds

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
    """Remembers what reached Stripe; `during_call` runs while a call is in flight.

    It is the gateway and the account that it opens. `known` is what any lookup finds.
    """

    def __init__(self, during_call: Callable[[], object] = lambda: None) -> None:
        self.keys: list[str] = []
        self.ids: list[str] = []
        self.accounts: list[str | None] = []
        self.calls: list[tuple[object, ...]] = []
        self.known = payment("pi_1")
        self.during_call = during_call
        self.payments = MemoryPayments(self)
        self.refunds = MemoryRefunds(self)

    def open(self, account: str | None) -> "Memory":
        """Note the account."""
        self.accounts.append(account)
        return self

    def write(self, result: T, key: str, *call: object) -> WriteResult[T]:
        """Note the call; a key that was used before is replayed."""
        replayed = key in self.keys
        self.keys.append(key)
        self.calls.append(call)
        self.during_call()
        return WriteResult(result, replayed)


class MemoryPayments:
    """Payments of a `Memory`."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def create(self, request: CreatePayment, key: str) -> WriteResult[Payment]:
        """Create a payment for each new key."""
        assert request is WANTED
        return self._memory.write(payment("pi_1"), key, "create")

    def get(self, payment_id: str) -> Payment:
        """Find what is known, whatever the id."""
        self._memory.ids.append(payment_id)
        self._memory.during_call()
        return self._memory.known.model_copy(update={"id": payment_id})

    def list(self, request: ListPayments, position: str | None) -> ResultPage[Payment]:
        """Find one payment on a page without end."""
        self._memory.calls.append(("list", request.limit, position))
        return ResultPage((payment("pi_1"),), f"after {position}")

    def update(self, payment_id: str, request: UpdatePayment, key: str) -> WriteResult[Payment]:
        """Note it."""
        return self._memory.write(payment(payment_id), key, "update", payment_id, request)

    def capture(self, intent_id: str, amount: int | None, key: str) -> WriteResult[Payment]:
        """Note it."""
        return self._memory.write(payment(intent_id), key, "capture", intent_id, amount)

    def cancel(self, payment_id: str, reason: str | None, key: str) -> WriteResult[Payment]:
        """Note it."""
        return self._memory.write(payment(payment_id), key, "cancel", payment_id, reason)


class MemoryRefunds:
    """Refunds of a `Memory`."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def create(
        self, intent_id: str, request: RefundPayment, reference: str | None, key: str
    ) -> WriteResult[Refund]:
        """Note it."""
        return self._memory.write(REFUND, key, "refund", intent_id, request.amount, reference)

    def list(
        self, intent_id: str, request: ListRefunds, position: str | None
    ) -> ResultPage[Refund]:
        """Find the last page."""
        self._memory.calls.append(("refunds", intent_id, request.limit, position))
        return ResultPage((REFUND,), None)

    def get(self, refund_id: str) -> Refund:
        """Find any refund."""
        self._memory.ids.append(refund_id)
        return REFUND


class UseCases(NamedTuple):
    """The use cases over one `Memory`."""

    payments: Payments
    refunds: Refunds


def use_cases(
    memory: Memory, max_in_flight: int = 1, caller_names: Collection[str] = ()
) -> UseCases:
    """Return the use cases over a memory."""
    access = Access(memory, max_in_flight, caller_names)
    return UseCases(Payments(access), Refunds(access))


def key_at_stripe(key: str | None, caller: str | None = None) -> str:
    """Return the key with which Stripe was asked."""
    memory = Memory()
    use_cases(memory).payments.create(WANTED, key, caller)
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
        use_cases(memory).payments.create(WANTED, key, "booking")
    assert memory.keys == []


@pytest.mark.parametrize(
    "key", ["x" * 201, "ä", "a\tb", "a\n", "\x00", "\x7f", "a\u2028", "\u0661"], ids=ascii
)
def test_other_keys_are_refused(key: str) -> None:
    """Longer keys, control characters and what is not ASCII never reach Stripe."""
    memory = Memory()
    with pytest.raises(IdempotencyKeyInvalid, match="1 to 200 printable ASCII"):
        use_cases(memory).payments.create(WANTED, key)
    assert memory.keys == []


def test_a_payment_comes_back_as_stripe_has_it() -> None:
    """Whether it was made now or before is Stripe's word."""
    payments = use_cases(Memory()).payments
    assert payments.create(WANTED, "k") == WriteResult(payment("pi_1"), replayed=False)
    assert payments.create(WANTED, "k") == WriteResult(payment("pi_1"), replayed=True)


# Ids


@pytest.mark.parametrize(
    "payment_id", ["pi_3MtwBwLkdIwHu7ix28a3tqPa", "cs_test_a11YYufWQzNY63zpQ6QSNRQhkUpV", "pi_1"]
)
def test_ids_of_payments_and_sessions_are_looked_up(payment_id: str) -> None:
    """Stripe's own examples of ids are asked for as they are."""
    memory = Memory()
    assert use_cases(memory).payments.get(payment_id).id == payment_id
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
        use_cases(memory).payments.get(payment_id)
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
    payments = use_cases(memory, limit).payments
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

    payments = use_cases(Memory(fail), 1).payments
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

    payments = use_cases(Memory(wrong), 1).payments
    for key in ("k1", "k2"):
        payments.create(WANTED, key)


# Every write


WRITES: dict[str, Callable[[UseCases, str | None, str | None], object]] = {
    "create": lambda cases, key, caller: cases.payments.create(WANTED, key, caller),
    "update": lambda cases, key, caller: cases.payments.update(
        "pi_1", UpdatePayment(description="x"), key, caller
    ),
    "capture": lambda cases, key, caller: cases.payments.capture(
        "pi_1", CapturePayment(), key, caller
    ),
    "cancel": lambda cases, key, caller: cases.payments.cancel(
        "pi_1", CancelPayment(), key, caller
    ),
    "refund": lambda cases, key, caller: cases.refunds.create("pi_1", RefundPayment(), key, caller),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=list(WRITES))
def test_every_write_needs_a_key_and_passes_it_on(
    write: Callable[[UseCases, str | None, str | None], object],
) -> None:
    """Without a key, or with a bad one, nothing is written; a good one reaches Stripe, named."""
    memory = Memory()
    cases = use_cases(memory)
    for key, refusal in ((None, IdempotencyKeyMissing), ("ä", IdempotencyKeyInvalid)):
        with pytest.raises(refusal):
            write(cases, key, "booking")
    assert memory.calls == []
    write(cases, "k", "booking")
    assert memory.keys == ["booking:k"]


@pytest.mark.parametrize("write", WRITES.values(), ids=list(WRITES))
def test_nobody_gets_into_the_keys_of_a_named_caller(
    write: Callable[[UseCases, str | None, str | None], object],
) -> None:
    """A bare token may not begin its key with a caller's name and a colon; a caller may."""
    memory = Memory()
    cases = use_cases(memory, caller_names={"booking", "shop"})
    with pytest.raises(IdempotencyKeyInvalid, match="use a different prefix"):
        write(cases, "shop:1", None)
    assert memory.keys == []
    write(cases, "bookings:1", None)
    write(cases, "shop:1", "booking")
    assert memory.keys == ["bookings:1", "booking:shop:1"]


@pytest.mark.parametrize("account", [None, "acct_1"])
def test_each_request_is_about_its_account(account: str | None) -> None:
    """The account that a caller names, or our own, is the one that Stripe is asked for."""
    memory = Memory()
    payments, refunds = use_cases(memory)
    payments.get("pi_1", account)
    payments.list(ListPayments(account=account))
    payments.update("pi_1", UpdatePayment(description="x", account=account), "k")
    payments.capture("pi_1", CapturePayment(account=account), "k")
    payments.cancel("pi_1", CancelPayment(account=account), "k")
    refunds.create("pi_1", RefundPayment(account=account), "k")
    refunds.list("pi_1", ListRefunds(account=account))
    refunds.get("re_1", account)
    assert memory.accounts == [account] * 8


@pytest.mark.parametrize("code", ["kwd", "isk"])
@pytest.mark.parametrize(
    "act",
    [
        lambda cases: cases.payments.capture("pi_1", CapturePayment(amount=1005), "k"),
        lambda cases: cases.refunds.create("pi_1", RefundPayment(amount=1005), "k"),
    ],
    ids=["capture", "refund"],
)
def test_a_part_fits_the_payments_currency(act: Callable[[UseCases], object], code: str) -> None:
    """A part against the currency's rules is pointed at, and Stripe is not asked to take it."""
    memory = Memory()
    memory.known = payment("pi_1", currency=code)
    with pytest.raises(FieldsInvalid) as refused:
        act(use_cases(memory))
    assert [problem.where for problem in refused.value.problems] == ["#/amount"]
    assert memory.calls == []


def test_a_part_in_a_currency_without_rules_is_left_to_stripe() -> None:
    """A payment made elsewhere may be in a currency that is unknown here: Stripe judges then."""
    memory = Memory()
    memory.known = payment("pi_1", currency="xxx")
    use_cases(memory).refunds.create("pi_1", RefundPayment(amount=7), "k")
    assert memory.calls == [("refund", "pi_1", 7, None)]


def test_a_refund_carries_the_reference_of_its_payment() -> None:
    """What is refunded is found by the same reference as what was paid."""
    memory = Memory()
    memory.known = payment("pi_1", reference="booking-42")
    use_cases(memory).refunds.create("pi_1", RefundPayment(amount=500), "k")
    assert memory.calls == [("refund", "pi_1", 500, "booking-42")]


# Checkout


def test_of_a_paid_checkout_the_payment_is_acted_on() -> None:
    """Capture, cancel and refund reach the Session's PaymentIntent."""
    memory = Memory()
    memory.known = payment("cs_1", status="complete", payment_id="pi_7")
    payments, refunds = use_cases(memory)
    payments.capture("cs_1", CapturePayment(), "k1")
    payments.cancel("cs_1", CancelPayment(reason="duplicate"), "k2")
    refunds.create("cs_1", RefundPayment(), "k3")
    refunds.list("cs_1", ListRefunds())
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
    payments, refunds = use_cases(memory)
    for act in (
        lambda: payments.capture("cs_1", CapturePayment(), "k"),
        lambda: refunds.create("cs_1", RefundPayment(), "k"),
        lambda: refunds.list("cs_1", ListRefunds()),
    ):
        with pytest.raises(CheckoutWithoutPayment, match="this checkout is open"):
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
    use_cases(memory).payments.cancel("cs_1", CancelPayment(), "k")
    assert memory.calls == [("cancel", "cs_1", None)]


def test_a_checkout_has_no_description_to_change() -> None:
    """Stripe keeps none with a Session; its metadata can be changed."""
    memory = Memory()
    payments = use_cases(memory).payments
    with pytest.raises(FieldsInvalid, match="pi_") as refused:
        payments.update("cs_1", UpdatePayment(description="x"), "k")
    assert [problem.where for problem in refused.value.problems] == ["#/description"]
    payments.update("cs_1", UpdatePayment(metadata={"k": "v"}), "k")
    assert [call[:2] for call in memory.calls] == [("update", "cs_1")]


# Pages


def test_a_cursor_leads_to_the_next_page_of_its_own_listing() -> None:
    """The cursor of a page gives Stripe's position back, with another limit too."""
    memory = Memory()
    payments = use_cases(memory).payments
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
    payments, refunds = use_cases(memory)
    given = payments.list(ListPayments(reference="r")).next_cursor
    with pytest.raises(CursorInvalid, match="start without a cursor"):
        payments.list(ListPayments.from_fields({**other, "cursor": given}))
    with pytest.raises(CursorInvalid):
        refunds.list("pi_1", ListRefunds(cursor=given))
    assert len(memory.calls) == 1


@pytest.mark.parametrize("junk", ["x", "pi_1", "ä", "====", "AAAAAAAA", "a" * 1000, "\x00", " "])
def test_a_cursor_from_nowhere_is_refused(junk: str) -> None:
    """What was never given out never reaches Stripe."""
    memory = Memory()
    with pytest.raises(CursorInvalid):
        use_cases(memory).payments.list(ListPayments(cursor=junk))
    assert memory.calls == []


@pytest.mark.parametrize("refund_id", ["", "pi_1", "re_", "re_1/x", "re_1\n", "RE_1", "re_ü"])
def test_other_refund_ids_never_reach_stripe(refund_id: str) -> None:
    """What is no refund's id is not found, and no path is made of it."""
    memory = Memory()
    with pytest.raises(RefundNotFound):
        use_cases(memory).refunds.get(refund_id)
    assert memory.ids == []


def test_refunds_of_either_kind_are_looked_up() -> None:
    """Stripe names refunds re_… or, for other ways than cards, pyr_…."""
    memory = Memory()
    for refund_id in ("re_1Nispe2eZvKYlo2Cd31jOCgZ", "pyr_1Nispe2eZvKYlo2Cd31jOCgZ"):
        assert use_cases(memory).refunds.get(refund_id) == REFUND
