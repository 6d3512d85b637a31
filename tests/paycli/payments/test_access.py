"""Idempotency keys, accounts and the in-flight limit, on an in-memory Stripe."""

import time
from collections.abc import Callable

import pytest

from harness.stripe_in_memory import CREATE_REQUEST, InMemoryStripe, payment, use_cases
from paycli.errors import (
    Busy,
    IdempotencyKeyInvalid,
    IdempotencyKeyMissing,
    PaymentNotFound,
    StripeTimeout,
)
from paycli.models import (
    AcceptDispute,
    CancelPayment,
    CancelSetup,
    CapturePayment,
    CreateAccount,
    CreateAccountLink,
    CreateCustomer,
    CreateCustomerSession,
    CreatePayment,
    CreateSetup,
    CreateTransfer,
    IncrementPayment,
    ListCustomers,
    ListDisputes,
    ListPaymentMethods,
    ListPayments,
    ListPayouts,
    ListPayoutTransactions,
    ListRefunds,
    ListSetups,
    ListTransfers,
    RefundPayment,
    RespondToDispute,
    ReverseTransfer,
    UpdateCustomer,
    UpdatePayment,
)
from paycli.payments.use_cases import UseCases
from server.openapi.operations import OPERATIONS

HOST = "acct_1032D82eZvKYlo2C"
URL = "https://shop.example"

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


Call = Callable[[UseCases, str | None, str | None, str | None], object]
"""A write, with the use cases, the key, the caller and the account."""


def _refund(cases: UseCases, key: str | None, caller: str | None, account: str | None) -> object:
    return cases.refunds.create(
        "pi_1", RefundPayment(account=account, reverse_transfer=True), key, caller
    )


WRITES: dict[str, Call] = {
    "createPayment": lambda cases, key, caller, account: cases.payments.create(
        CreatePayment(amount=2000, currency="eur", account=account), key, caller
    ),
    "updatePayment": lambda cases, key, caller, account: cases.payments.update(
        "pi_1", UpdatePayment(amount=2500, account=account), key, caller
    ),
    "incrementPayment": lambda cases, key, caller, account: cases.payments.increment(
        "pi_1", IncrementPayment(amount=2500, account=account), key, caller
    ),
    "capturePayment": lambda cases, key, caller, account: cases.payments.capture(
        "pi_1", CapturePayment(amount=500, account=account), key, caller
    ),
    "cancelPayment": lambda cases, key, caller, account: cases.payments.cancel(
        "pi_1", CancelPayment(account=account), key, caller
    ),
    "refundPayment": _refund,
    "createTransfer": lambda cases, key, caller, account: cases.transfers.create(
        "pi_1", CreateTransfer(destination=HOST, amount=5, account=account), key, caller
    ),
    "reverseTransfer": lambda cases, key, caller, account: cases.transfers.reverse(
        "tr_1", ReverseTransfer(account=account), key, caller
    ),
    "createAccount": lambda cases, key, caller, account: cases.accounts.create(
        CreateAccount(country="NL", account=account), key, caller
    ),
    "createAccountLink": lambda cases, key, caller, account: cases.accounts.create_link(
        HOST, CreateAccountLink(return_url=URL, refresh_url=URL, account=account), key, caller
    ),
    "createCustomer": lambda cases, key, caller, account: cases.customers.create(
        CreateCustomer(account=account), key, caller
    ),
    "updateCustomer": lambda cases, key, caller, account: cases.customers.update(
        "cus_1", UpdateCustomer(name="x", account=account), key, caller
    ),
    "createCustomerSession": lambda cases, key, caller, account: cases.customer_sessions.create(
        "cus_1", CreateCustomerSession(account=account), key, caller
    ),
    "createSetup": lambda cases, key, caller, account: cases.setups.create(
        CreateSetup(customer="cus_1", account=account), key, caller
    ),
    "cancelSetup": lambda cases, key, caller, account: cases.setups.cancel(
        "seti_1", CancelSetup(account=account), key, caller
    ),
    "respondToDispute": lambda cases, key, caller, account: cases.disputes.respond(
        "du_1", RespondToDispute(submit=True, account=account), key, caller
    ),
    "acceptDispute": lambda cases, key, caller, account: cases.disputes.accept(
        "du_1", AcceptDispute(account=account), key, caller
    ),
}

OTHERS: dict[str, Callable[[UseCases, str | None], object]] = {
    "listPayments": lambda cases, account: cases.payments.list(ListPayments(account=account)),
    "getPayment": lambda cases, account: cases.payments.get("pi_1", account),
    "listRefunds": lambda cases, account: cases.refunds.list("pi_1", ListRefunds(account=account)),
    "getRefund": lambda cases, account: cases.refunds.get("re_1", account),
    "listTransfers": lambda cases, account: cases.transfers.list(
        "pi_1", ListTransfers(account=account)
    ),
    "listPayouts": lambda cases, account: cases.payouts.list(ListPayouts(account=account)),
    "getPayout": lambda cases, account: cases.payouts.get("po_1", account),
    "listPayoutTransactions": lambda cases, account: cases.payouts.transactions(
        "po_1", ListPayoutTransactions(account=account)
    ),
    "getBalance": lambda cases, account: cases.balances.get(account),
    "getAccount": lambda cases, account: cases.accounts.get(HOST, account),
    "listCustomers": lambda cases, account: cases.customers.list(ListCustomers(account=account)),
    "getCustomer": lambda cases, account: cases.customers.get("cus_1", account),
    "deleteCustomer": lambda cases, account: cases.customers.delete("cus_1", account),
    "listPaymentMethods": lambda cases, account: cases.payment_methods.list(
        "cus_1", ListPaymentMethods(account=account)
    ),
    "detachPaymentMethod": lambda cases, account: cases.payment_methods.detach(
        "cus_1", "pm_1", account
    ),
    "listSetups": lambda cases, account: cases.setups.list(ListSetups(account=account)),
    "getSetup": lambda cases, account: cases.setups.get("seti_1", account),
    "listDisputes": lambda cases, account: cases.disputes.list(ListDisputes(account=account)),
    "getDispute": lambda cases, account: cases.disputes.get("du_1", account),
}


def captured() -> InMemoryStripe:
    """Return a Stripe whose payment can be captured, refunded and transferred from."""
    stripe = InMemoryStripe()
    stripe.existing = payment("pi_1", amount_received=2000, application_fee=None, destination=HOST)
    return stripe


def test_every_operation_is_among_these() -> None:
    """No use case is left out, and exactly the writes require a key."""
    guarded = {each.id: each for each in OPERATIONS if each.scope}
    assert WRITES.keys() | OTHERS.keys() == guarded.keys()
    assert WRITES.keys() == {
        name for name, each in guarded.items() if each.requires_idempotency_key
    }


@pytest.mark.parametrize("write", WRITES.values(), ids=list(WRITES))
def test_every_write_requires_a_key_and_sends_it(write: Call) -> None:
    """Without a valid key nothing is written; a valid one reaches Stripe with its caller's name."""
    stripe = captured()
    cases = use_cases(stripe)
    for key, refusal in ((None, IdempotencyKeyMissing), ("ä", IdempotencyKeyInvalid)):
        with pytest.raises(refusal):
            write(cases, key, "booking", None)
    assert stripe.calls == []
    write(cases, "k", "booking", None)
    assert stripe.keys == ["booking:k"]


@pytest.mark.parametrize("write", WRITES.values(), ids=list(WRITES))
def test_an_unnamed_caller_cannot_use_a_named_callers_keys(write: Call) -> None:
    """An unnamed caller's key must not start with a caller's name and a colon."""
    stripe = captured()
    cases = use_cases(stripe, caller_names={"booking", "shop"})
    with pytest.raises(IdempotencyKeyInvalid, match="use a different prefix"):
        write(cases, "shop:1", None, None)
    assert stripe.keys == []
    write(cases, "bookings:1", None, None)
    write(cases, "shop:1", "booking", None)
    assert stripe.keys == ["bookings:1", "booking:shop:1"]


@pytest.mark.parametrize("account", [None, "acct_1"])
@pytest.mark.parametrize("name", [*WRITES, *OTHERS])
def test_each_request_is_for_its_account(name: str, account: str | None) -> None:
    """Stripe is opened once, for the account in the request, or for our own."""
    stripe = captured()
    cases = use_cases(stripe)
    if name in WRITES:
        WRITES[name](cases, "k", None, account)
    else:
        OTHERS[name](cases, account)
    assert stripe.opened == [account]
