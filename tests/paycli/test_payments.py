"""Keys, ids and limits on the way to Stripe, over a gateway in memory."""

import time
from collections.abc import Callable

import pytest

from paycli.errors import (
    Busy,
    IdempotencyKeyInvalid,
    IdempotencyKeyMissing,
    PaymentNotFound,
    StripeTimeout,
)
from paycli.models import CreatedPayment, CreatePayment, Payment
from paycli.payments import Payments

WANTED = CreatePayment(amount=2000, currency="eur")
# Everything between space and tilde.
PRINTABLE = "".join(map(chr, range(0x20, 0x7F)))


def payment(payment_id: str) -> Payment:
    """Return some payment."""
    return Payment(
        id=payment_id,
        status="requires_payment_method",
        amount=2000,
        currency="eur",
        reference=None,
        client_secret=None,
        payment_url=None,
        livemode=False,
        created_at="2026-01-31T12:00:00Z",
    )


class Memory:
    """Remembers what reached Stripe; `meanwhile` runs while a call is under way."""

    def __init__(self, meanwhile: Callable[[], object] = lambda: None) -> None:
        self.keys: list[str] = []
        self.ids: list[str] = []
        self.meanwhile = meanwhile

    def create_payment(self, wanted: CreatePayment, idempotency_key: str) -> CreatedPayment:
        """Create a payment for each new key."""
        assert wanted is WANTED
        replayed = idempotency_key in self.keys
        self.keys.append(idempotency_key)
        self.meanwhile()
        return CreatedPayment(payment("pi_1"), replayed)

    def get_payment(self, payment_id: str) -> Payment:
        """Find any payment."""
        self.ids.append(payment_id)
        self.meanwhile()
        return payment(payment_id)


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
    assert payments.create(WANTED, "k") == CreatedPayment(payment("pi_1"), replayed=False)
    assert payments.create(WANTED, "k") == CreatedPayment(payment("pi_1"), replayed=True)


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
