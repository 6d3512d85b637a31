"""What a request about a payment may ask, as decision tables."""

from collections.abc import Callable

import pytest

from harness.stripe_in_memory import payment
from paycli.errors import CheckoutWithoutPayment, FieldsInvalid, HoldNotGranted
from paycli.models import CapturePayment, GrantedHold, Payment
from paycli.payments import payment_checks

# An amount of 2000, of which a fee of 300 is kept, and everything of it is held.
SHARED: dict[str, object] = {
    "status": "requires_capture",
    "amount_capturable": 2000,
    "application_fee": 300,
    "destination": "acct_1",
}
PARTLY_CAPTURED = SHARED | {"amount_received": 500, "amount_capturable": 1500}


def problems(check: Callable[[], None]) -> list[tuple[str, str]]:
    """Return the field and the text of each problem that the check reports."""
    try:
        check()
    except FieldsInvalid as refused:
        return [(problem.where, problem.detail) for problem in refused.problems]
    return []


@pytest.mark.parametrize(
    ("amount", "fields", "expected"),
    [
        (299, SHARED, "must be at least the payment's application fee, 300"),
        (300, SHARED, None),
        (301, SHARED, None),
        # After a capture the fee is final, and the payment can't be changed: Stripe says so.
        (299, PARTLY_CAPTURED, None),
        (1, {}, None),
        (1005, {"currency": "kwd"}, "KWD amounts are in thousandths and end in 0"),
        (1005, {"currency": "isk"}, "ISK amounts are in hundredths and end in 00"),
        (1000, {"currency": "isk"}, None),
        (1005, {"currency": "xxx"}, None),
        (1005, {"currency": None}, None),
    ],
)
def test_a_new_amount(amount: int, fields: dict[str, object], expected: str | None) -> None:
    """It fits the currency, and is not below the fee while that can still change."""
    found = problems(lambda: payment_checks.check_new_amount(amount, payment("pi_1", **fields)))
    if expected is None:
        assert found == []
    else:
        [(where, detail)] = found
        assert where == "#/amount"
        assert detail.startswith(expected)


@pytest.mark.parametrize(
    ("request_fields", "fields", "where", "text"),
    [
        # The fee of the payment, or a new one, is at most what is captured.
        ({"amount": 299}, SHARED, "#/application_fee", "the fee would be 300 of the captured 299"),
        ({"amount": 300}, SHARED, None, None),
        ({"amount": 500, "application_fee": 501}, SHARED, "#/application_fee", "501 of the capt"),
        ({"amount": 500, "application_fee": 500}, SHARED, None, None),
        ({"application_fee": 2001}, SHARED, "#/application_fee", "2001 of the captured 2000"),
        ({"application_fee": 2000}, SHARED, None, None),
        # Each capture of a part has its own fee, until something has been captured.
        ({"amount": 500, "final": False}, SHARED, "#/application_fee", "is required: each"),
        ({"amount": 500, "final": False, "application_fee": 50}, SHARED, None, None),
        ({"amount": 500, "final": False}, {}, None, None),
        ({"amount": 100}, PARTLY_CAPTURED, None, None),
        ({"amount": 500, "final": False}, PARTLY_CAPTURED, None, None),
        # Both fit the currency.
        ({"amount": 1005}, {"currency": "isk"}, "#/amount", "ISK amounts"),
        ({"application_fee": 1005}, SHARED | {"currency": "isk"}, "#/application_fee", "ISK am"),
        # Nothing to capture: Stripe judges the status.
        ({"application_fee": 50}, SHARED | {"amount_capturable": 0}, None, None),
    ],
)
def test_a_capture(
    request_fields: dict[str, object],
    fields: dict[str, object],
    where: str | None,
    text: str | None,
) -> None:
    """Amount and fee fit the currency, and the connected account never gets nothing by mistake."""
    request = CapturePayment.from_fields(request_fields)
    found = problems(lambda: payment_checks.check_capture(request, payment("pi_1", **fields)))
    assert [each[0] for each in found] == ([where] if where else [])
    assert not text or text in found[0][1]


def hold(**granted: bool) -> GrantedHold:
    """Return what the card's bank granted."""
    options = {"extended": False, "incremental": False, "overcapture": False}
    return GrantedHold.model_validate(
        {**options, "multicapture": False, "maximum_capturable": 2000, "capture_before": None}
        | granted
    )


INCREMENTAL, MULTICAPTURE = hold(incremental=True), hold(multicapture=True)
BOTH = hold(incremental=True, multicapture=True)


@pytest.mark.parametrize(
    ("check", "granting", "refusing", "text"),
    [
        (
            payment_checks.check_incremental,
            (INCREMENTAL, BOTH),
            (None, hold(), MULTICAPTURE),
            (
                "this hold cannot be increased: incremental was not requested, or not granted for "
                "the card. Create another payment for the difference"
            ),
        ),
        (
            payment_checks.check_multicapture,
            (MULTICAPTURE, BOTH),
            (None, hold(), INCREMENTAL),
            (
                "the rest of this hold cannot remain held: multicapture was not requested, or not "
                "granted for the card. Capture once, with final true, all that is due"
            ),
        ),
    ],
)
def test_a_hold_allows_what_was_granted(
    check: Callable[[Payment], None],
    granting: tuple[GrantedHold, ...],
    refusing: tuple[GrantedHold | None, ...],
    text: str,
) -> None:
    """Each option by itself, while the payment is held; later Stripe judges its status."""
    for granted in granting:
        check(payment("pi_1", status="requires_capture", hold=granted))
    for other in refusing:
        with pytest.raises(HoldNotGranted) as refused:
            check(payment("pi_1", status="requires_capture", hold=other))
        assert refused.value.detail == text
        check(payment("pi_1", status="succeeded", hold=other))


def test_an_unpaid_checkout_says_what_to_do() -> None:
    """It has no PaymentIntent before the customer pays."""
    with pytest.raises(CheckoutWithoutPayment) as refused:
        payment_checks.payment_intent_id(payment("cs_1", status="open"))
    assert refused.value.detail == (
        "this checkout is open and has no PaymentIntent yet: the customer must pay first"
    )
    assert payment_checks.payment_intent_id(payment("cs_1", payment_id="pi_7")) == "pi_7"
