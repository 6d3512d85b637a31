"""Idempotency keys, accounts and the in-flight limit, on an in-memory Stripe."""

import time
from collections.abc import Callable

import pytest

from harness.stripe_in_memory import CREATE_REQUEST, InMemoryStripe, use_cases
from paycli.errors import (
    Busy,
    IdempotencyKeyInvalid,
    IdempotencyKeyMissing,
    PaymentNotFound,
    StripeTimeout,
)
from paycli.models import (
    CancelPayment,
    CapturePayment,
    ListPayments,
    ListRefunds,
    RefundPayment,
    UpdatePayment,
)
from paycli.payments.use_cases import UseCases

# From space to tilde.
PRINTABLE = "".join(map(chr, range(0x20, 0x7F)))


def sent_key(key: str | None, caller: str | None = None) -> str:
    """Return the key that was sent to Stripe."""
    stripe = InMemoryStripe()
    use_cases(stripe).payments.create(CREATE_REQUEST, key, caller)
    (sent,) = stripe.keys
    return sent


@pytest.mark.parametrize("key", ["k", "a:b", "x" * 200, PRINTABLE, " ", "7f8b-…".replace("…", "x")])
def test_a_key_is_sent_unchanged_or_prefixed_with_its_caller(key: str) -> None:
    """1 to 200 printable ASCII characters reach Stripe unchanged, after the caller's name."""
    assert sent_key(key) == key
    assert sent_key(key, "booking") == f"booking:{key}"


def test_named_callers_do_not_share_keys() -> None:
    """The same key of two callers is two keys at Stripe, within its limit of 255 characters."""
    keys = {sent_key("k" * 200, caller) for caller in ("a", "b", "n" * 50)}
    assert len(keys) == 3
    assert max(map(len, keys)) <= 255


@pytest.mark.parametrize("key", [None, ""])
def test_a_payment_requires_a_key(key: str | None) -> None:
    """Without a key nothing is sent to Stripe, and the message names the header."""
    stripe = InMemoryStripe()
    with pytest.raises(IdempotencyKeyMissing, match="Idempotency-Key"):
        use_cases(stripe).payments.create(CREATE_REQUEST, key, "booking")
    assert stripe.keys == []


@pytest.mark.parametrize(
    "key", ["x" * 201, "ä", "a\tb", "a\n", "\x00", "\x7f", "a\u2028", "\u0661"], ids=ascii
)
def test_malformed_keys_are_refused(key: str) -> None:
    """Longer keys, control characters and non-ASCII characters are never sent to Stripe."""
    stripe = InMemoryStripe()
    with pytest.raises(IdempotencyKeyInvalid, match="1 to 200 printable ASCII"):
        use_cases(stripe).payments.create(CREATE_REQUEST, key)
    assert stripe.keys == []


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_requests_over_the_limit_are_refused_immediately(limit: int) -> None:
    """While the maximum number of requests is in flight, the next one is refused at once."""

    def call_at_the_limit() -> None:
        if len(stripe.keys) < limit:
            payments.create(CREATE_REQUEST, f"k{len(stripe.keys)}")
            return
        for call in (
            lambda: payments.create(CREATE_REQUEST, "over"),
            lambda: payments.get("pi_1"),
        ):
            started_at = time.monotonic()
            with pytest.raises(Busy):
                call()
            assert time.monotonic() - started_at < 0.5
        in_flight.append(len(stripe.keys))

    in_flight: list[int] = []
    stripe = InMemoryStripe(call_at_the_limit)
    payments = use_cases(stripe, limit).payments
    payments.create(CREATE_REQUEST, "k0")
    # The limit was reached at exactly `limit`, and no refused call was sent to Stripe.
    assert in_flight == [limit]
    assert (len(stripe.keys), stripe.ids) == (limit, [])


class UnexpectedError(BaseException):
    """An exception that is no Exception, such as SystemExit."""


@pytest.mark.parametrize(
    "failure", [StripeTimeout("late"), RuntimeError("a bug"), UnexpectedError()]
)
def test_a_slot_is_released_after_any_failure(failure: BaseException) -> None:
    """After a failed call the next one fails for its own reason, not because of the limit."""

    def fail() -> None:
        raise failure

    payments = use_cases(InMemoryStripe(fail), 1).payments
    for _ in range(3):
        with pytest.raises(type(failure)):
            payments.create(CREATE_REQUEST, "k")
        with pytest.raises(type(failure)):
            payments.get("pi_1")


def test_invalid_keys_and_ids_take_no_slot() -> None:
    """Invalid keys and ids are reported as such at the limit, and occupy no slot."""

    def call_with_invalid_arguments() -> None:
        with pytest.raises(IdempotencyKeyMissing):
            payments.create(CREATE_REQUEST, None)
        with pytest.raises(PaymentNotFound):
            payments.get("ch_1")

    payments = use_cases(InMemoryStripe(call_with_invalid_arguments), 1).payments
    for key in ("k1", "k2"):
        payments.create(CREATE_REQUEST, key)


WRITES: dict[str, Callable[[UseCases, str | None, str | None], object]] = {
    "create": lambda cases, key, caller: cases.payments.create(CREATE_REQUEST, key, caller),
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
def test_every_write_requires_a_key_and_sends_it(
    write: Callable[[UseCases, str | None, str | None], object],
) -> None:
    """Without a valid key nothing is written; a valid one reaches Stripe with its caller's name."""
    stripe = InMemoryStripe()
    cases = use_cases(stripe)
    for key, refusal in ((None, IdempotencyKeyMissing), ("ä", IdempotencyKeyInvalid)):
        with pytest.raises(refusal):
            write(cases, key, "booking")
    assert stripe.calls == []
    write(cases, "k", "booking")
    assert stripe.keys == ["booking:k"]


@pytest.mark.parametrize("write", WRITES.values(), ids=list(WRITES))
def test_an_unnamed_caller_cannot_use_a_named_callers_keys(
    write: Callable[[UseCases, str | None, str | None], object],
) -> None:
    """An unnamed caller's key must not start with a caller's name and a colon."""
    stripe = InMemoryStripe()
    cases = use_cases(stripe, caller_names={"booking", "shop"})
    with pytest.raises(IdempotencyKeyInvalid, match="use a different prefix"):
        write(cases, "shop:1", None)
    assert stripe.keys == []
    write(cases, "bookings:1", None)
    write(cases, "shop:1", "booking")
    assert stripe.keys == ["bookings:1", "booking:shop:1"]


@pytest.mark.parametrize("account", [None, "acct_1"])
def test_each_request_is_for_its_account(account: str | None) -> None:
    """Stripe is opened for the account in the request, or for our own."""
    stripe = InMemoryStripe()
    cases = use_cases(stripe)
    payments, refunds = cases.payments, cases.refunds
    payments.get("pi_1", account)
    payments.list(ListPayments(account=account))
    payments.update("pi_1", UpdatePayment(description="x", account=account), "k")
    payments.capture("pi_1", CapturePayment(account=account), "k")
    payments.cancel("pi_1", CancelPayment(account=account), "k")
    refunds.create("pi_1", RefundPayment(account=account), "k")
    refunds.list("pi_1", ListRefunds(account=account))
    refunds.get("re_1", account)
    assert stripe.accounts == [account] * 8
