"""The use cases of payments, on an in-memory Stripe."""

from collections.abc import Callable

import pytest

from harness.stripe_in_memory import CREATE_REQUEST, InMemoryStripe, payment, use_cases
from paycli.errors import (
    AccountNotAllowed,
    CheckoutWithoutPayment,
    FieldsInvalid,
    HoldNotGranted,
    PaymentNotFound,
)
from paycli.models import (
    CancelPayment,
    CapturePayment,
    GrantedHold,
    IncrementPayment,
    ListRefunds,
    RefundPayment,
    UpdatePayment,
    WriteResult,
)
from paycli.payments.use_cases import UseCases
from paycli.permissions import Permissions


def test_a_payment_is_returned_as_stripe_returns_it() -> None:
    """Stripe determines whether the request was replayed."""
    payments = use_cases(InMemoryStripe()).payments
    assert payments.create(CREATE_REQUEST, "k") == WriteResult(payment("pi_1"), replayed=False)
    assert payments.create(CREATE_REQUEST, "k") == WriteResult(payment("pi_1"), replayed=True)


@pytest.mark.parametrize(
    "payment_id", ["pi_3MtwBwLkdIwHu7ix28a3tqPa", "cs_test_a11YYufWQzNY63zpQ6QSNRQhkUpV", "pi_1"]
)
def test_valid_ids_are_sent_to_stripe(payment_id: str) -> None:
    """Stripe's own examples of ids are looked up unchanged."""
    stripe = InMemoryStripe()
    assert use_cases(stripe).payments.get(payment_id).id == payment_id
    assert stripe.ids == [payment_id]


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
def test_other_ids_are_never_sent_to_stripe(payment_id: str) -> None:
    """An invalid id is reported as not found, is not put into a path, and is not repeated."""
    stripe = InMemoryStripe()
    with pytest.raises(PaymentNotFound) as refused:
        use_cases(stripe).payments.get(payment_id)
    assert stripe.ids == []
    assert len(payment_id) < 4 or payment_id not in refused.value.detail


@pytest.mark.parametrize("code", ["kwd", "isk"])
@pytest.mark.parametrize(
    "act",
    [
        lambda cases: cases.payments.capture("pi_1", CapturePayment(amount=1005), "k"),
        lambda cases: cases.payments.increment("pi_1", IncrementPayment(amount=1005), "k"),
        lambda cases: cases.payments.update("pi_1", UpdatePayment(amount=1005), "k"),
        lambda cases: cases.refunds.create("pi_1", RefundPayment(amount=1005), "k"),
    ],
    ids=["capture", "increment", "update", "refund"],
)
def test_a_partial_amount_is_checked_against_the_payments_currency(
    act: Callable[[UseCases], object], code: str
) -> None:
    """An amount that the currency does not allow is reported, and nothing is sent to Stripe."""
    stripe = InMemoryStripe()
    stripe.existing = payment("pi_1", currency=code)
    with pytest.raises(FieldsInvalid) as refused:
        act(use_cases(stripe))
    assert [problem.where for problem in refused.value.problems] == ["#/amount"]
    assert stripe.calls == []


def test_for_a_paid_checkout_the_payment_intent_is_used() -> None:
    """Capture, cancel and refund are sent for the Session's PaymentIntent."""
    stripe = InMemoryStripe()
    stripe.existing = payment("cs_1", status="complete", payment_id="pi_7")
    cases = use_cases(stripe)
    payments, refunds = cases.payments, cases.refunds
    payments.capture("cs_1", CapturePayment(), "k1")
    payments.increment("cs_1", IncrementPayment(amount=2500), "k4")
    payments.cancel("cs_1", CancelPayment(reason="duplicate"), "k2")
    refunds.create("cs_1", RefundPayment(), "k3")
    refunds.list("cs_1", ListRefunds())
    assert stripe.calls == [
        ("capture", "pi_7", None),
        ("increment", "pi_7", 2500),
        ("cancel", "pi_7", "duplicate"),
        ("refund", "pi_7", None, None),
        ("refunds", "pi_7", 10, None),
    ]


def test_an_unpaid_checkout_cannot_be_captured_or_refunded() -> None:
    """Without a PaymentIntent the message says why, and nothing is written."""
    stripe = InMemoryStripe()
    stripe.existing = payment("cs_1", status="open")
    cases = use_cases(stripe)
    payments, refunds = cases.payments, cases.refunds
    for act in (
        lambda: payments.capture("cs_1", CapturePayment(), "k"),
        lambda: refunds.create("cs_1", RefundPayment(), "k"),
        lambda: refunds.list("cs_1", ListRefunds()),
    ):
        with pytest.raises(CheckoutWithoutPayment, match="this checkout is open"):
            act()
    assert stripe.calls == []


@pytest.mark.parametrize("status", ["open", "expired"])
@pytest.mark.parametrize("intent", [None, "pi_7"])
def test_canceling_an_unpaid_checkout_expires_it(status: str, intent: str | None) -> None:
    """A Session is expired even if an attempt to pay failed; a retry is sent to Stripe again.

    Stripe refuses to cancel the PaymentIntent of an open Session.
    """
    stripe = InMemoryStripe()
    stripe.existing = payment("cs_1", status=status, payment_id=intent)
    use_cases(stripe).payments.cancel("cs_1", CancelPayment(), "k")
    assert stripe.calls == [("cancel", "cs_1", None)]


def test_the_description_of_a_checkout_cannot_be_changed() -> None:
    """Stripe stores none with a Session; its metadata can be changed."""
    stripe = InMemoryStripe()
    payments = use_cases(stripe).payments
    with pytest.raises(FieldsInvalid, match="pi_") as refused:
        payments.update("cs_1", UpdatePayment(description="x"), "k")
    assert [problem.where for problem in refused.value.problems] == ["#/description"]
    request = UpdatePayment(metadata={"k": "v"})
    payments.update("cs_1", request, "k")
    assert stripe.calls == [("update", "cs_1", request)]


HELD = {"amount_capturable": 10_000, "application_fee": 2000, "destination": "acct_1"}


@pytest.mark.parametrize(
    "fields",
    [
        {"amount": 1500, "application_fee": 15_000},
        {"amount": 1500},
        {"application_fee": 10_001},
        {"amount": 500, "application_fee": 501},
    ],
)
def test_a_fee_is_at_most_what_is_captured(fields: dict[str, object]) -> None:
    """Stripe would cap it, and the connected account would get nothing; nothing is captured."""
    stripe = InMemoryStripe()
    stripe.existing = payment("pi_1", **HELD)
    with pytest.raises(FieldsInvalid) as refused:
        use_cases(stripe).payments.capture("pi_1", CapturePayment.from_fields(fields), "k")
    assert [problem.where for problem in refused.value.problems] == ["#/application_fee"]
    assert stripe.calls == []


@pytest.mark.parametrize(
    "fields",
    [{}, {"amount": 2000}, {"amount": 1500, "application_fee": 150}, {"application_fee": 10_000}],
)
def test_a_fee_that_fits_is_captured(fields: dict[str, object]) -> None:
    """The control: up to all of the captured amount."""
    stripe = InMemoryStripe()
    stripe.existing = payment("pi_1", **HELD)
    use_cases(stripe).payments.capture("pi_1", CapturePayment.from_fields(fields), "k")
    assert len(stripe.calls) == 1


def test_a_fee_obeys_the_currency() -> None:
    """ISK amounts end in 00, and so do fees."""
    stripe = InMemoryStripe()
    stripe.existing = payment("pi_1", **HELD, currency="isk")
    request = CapturePayment.from_fields({"application_fee": 150})
    with pytest.raises(FieldsInvalid) as refused:
        use_cases(stripe).payments.capture("pi_1", request, "k")
    assert [problem.where for problem in refused.value.problems] == ["#/application_fee"]


PLAIN = GrantedHold(
    extended=False,
    incremental=False,
    overcapture=False,
    multicapture=False,
    maximum_capturable=2000,
    capture_before=None,
)
PART = CapturePayment(amount=500, final=False)
MORE = IncrementPayment(amount=2500)


def on_hold(hold: GrantedHold | None, **fields: object) -> InMemoryStripe:
    """Return a Stripe whose payment is held."""
    stripe = InMemoryStripe()
    held = {"status": "requires_capture", "amount_capturable": 2000, "hold": hold}
    stripe.existing = payment("pi_1", **{**held, **fields})
    return stripe


@pytest.mark.parametrize("hold", [None, PLAIN])
def test_what_was_not_granted_is_not_sent(hold: GrantedHold | None) -> None:
    """An increment would be refused by Stripe; the rest of a capture would be released."""
    stripe = on_hold(hold)
    payments = use_cases(stripe).payments
    with pytest.raises(HoldNotGranted, match="incremental was not requested"):
        payments.increment("pi_1", MORE, "k")
    with pytest.raises(HoldNotGranted, match="multicapture was not requested"):
        payments.capture("pi_1", PART, "k")
    assert stripe.calls == []


def test_what_was_granted_is_sent() -> None:
    """The control; also for a Checkout Session's PaymentIntent."""
    stripe = on_hold(PLAIN.model_copy(update={"incremental": True, "multicapture": True}))
    payments = use_cases(stripe).payments
    payments.increment("pi_1", MORE, "k1")
    payments.capture("pi_1", PART, "k2")
    assert stripe.calls == [("increment", "pi_1", 2500), ("capture", "pi_1", 500)]


@pytest.mark.parametrize("status", ["succeeded", "canceled"])
def test_stripe_judges_the_status(status: str) -> None:
    """The request may be a retry: Stripe then repeats its response to the first one."""
    stripe = on_hold(PLAIN, status=status, amount_capturable=0)
    payments = use_cases(stripe).payments
    payments.increment("pi_1", MORE, "k1")
    payments.capture("pi_1", PART, "k2")
    payments.update("pi_1", UpdatePayment(amount=2500), "k3")
    assert [call[0] for call in stripe.calls] == ["increment", "capture", "update"]


def test_only_a_new_amount_needs_the_payment() -> None:
    """A change of the metadata is one request to Stripe."""
    stripe = InMemoryStripe()
    use_cases(stripe).payments.update("pi_1", UpdatePayment(metadata={"room": "14"}), "k")
    assert stripe.ids == []


CHANGES: dict[str, Callable[[UseCases, str, Permissions], object]] = {
    "update": lambda cases, id_, allowed: cases.payments.update(
        id_, UpdatePayment(metadata={"room": "7"}), "k", None, allowed
    ),
    "increment": lambda cases, id_, allowed: cases.payments.increment(
        id_, IncrementPayment(amount=2500), "k", None, allowed
    ),
    "capture": lambda cases, id_, allowed: cases.payments.capture(
        id_, CapturePayment(), "k", None, allowed
    ),
    "cancel": lambda cases, id_, allowed: cases.payments.cancel(
        id_, CancelPayment(), "k", None, allowed
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
@pytest.mark.parametrize("payment_id", ["pi_1", "cs_1"])
def test_a_limited_caller_changes_payments_to_its_own_hosts(
    change: Callable[[UseCases, str, Permissions], object], payment_id: str
) -> None:
    """The destination is one of its accounts; of a Session that of its PaymentIntent."""
    for accounts, allowed in ((set(), False), ({"acct_2"}, False), ({"acct_1"}, True)):
        stripe = InMemoryStripe()
        shared = {"status": "complete", "destination": "acct_1", "payment_id": "pi_1"}
        stripe.existing = payment(payment_id, **shared)
        permissions = Permissions(accounts=frozenset(accounts))
        if allowed:
            change(use_cases(stripe), payment_id, permissions)
        else:
            with pytest.raises(AccountNotAllowed):
                change(use_cases(stripe), payment_id, permissions)
        assert len(stripe.calls) == int(allowed)


@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_a_limited_caller_changes_payments_without_a_destination(
    change: Callable[[UseCases, str, Permissions], object],
) -> None:
    """The control; and an unpaid Session, of which Stripe shows no destination."""
    permissions = Permissions(accounts=frozenset())
    stripe = InMemoryStripe()
    change(use_cases(stripe), "pi_1", permissions)
    assert len(stripe.calls) == 1
    for write in (CHANGES["update"], CHANGES["cancel"]):
        stripe.existing = payment("cs_1", status="open", destination="acct_1")
        write(use_cases(stripe), "cs_1", permissions)
    assert len(stripe.calls) == 3


@pytest.mark.parametrize(
    ("accounts", "fee", "allowed"),
    [
        ({"self"}, 1, True),
        ({"acct_1"}, 299, False),
        ({"acct_1"}, 300, True),
        ({"acct_1"}, 301, True),
        ({"acct_1"}, None, True),
        (None, 1, True),
    ],
)
def test_a_capture_lowers_our_fee_only_with_our_account(
    accounts: set[str] | None, fee: int | None, *, allowed: bool
) -> None:
    """The fee of a payment in a connected account is ours."""
    stripe = InMemoryStripe()
    stripe.existing = payment("pi_1", application_fee=300, amount_capturable=2000)
    request = CapturePayment.from_fields(
        {"account": "acct_1"} | ({"application_fee": fee} if fee else {})
    )
    permissions = Permissions(accounts=None if accounts is None else frozenset(accounts))
    payments = use_cases(stripe).payments
    if allowed:
        payments.capture("pi_1", request, "k", None, permissions)
    else:
        with pytest.raises(AccountNotAllowed):
            payments.capture("pi_1", request, "k", None, permissions)
    assert len(stripe.calls) == int(allowed)
