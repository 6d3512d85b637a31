"""The use cases of refunds, on an in-memory Stripe."""

import pytest

from harness.stripe_in_memory import REFUND, InMemoryStripe, payment, use_cases
from paycli.errors import FieldsInvalid, RefundNotFound
from paycli.models import RefundPayment


def test_an_amount_in_an_unknown_currency_is_checked_by_stripe() -> None:
    """A payment created elsewhere may have a currency that is unknown here."""
    stripe = InMemoryStripe()
    stripe.existing = payment("pi_1", currency="xxx")
    use_cases(stripe).refunds.create("pi_1", RefundPayment(amount=7), "k")
    assert stripe.calls == [("refund", "pi_1", 7, None)]


def test_a_refund_has_the_reference_of_its_payment() -> None:
    """A refund can be found by the same reference as its payment."""
    stripe = InMemoryStripe()
    stripe.existing = payment("pi_1", reference="booking-42")
    use_cases(stripe).refunds.create("pi_1", RefundPayment(amount=500), "k")
    assert stripe.calls == [("refund", "pi_1", 500, "booking-42")]


@pytest.mark.parametrize("refund_id", ["", "pi_1", "re_", "re_1/x", "re_1\n", "RE_1", "re_ü"])
def test_other_refund_ids_are_never_sent_to_stripe(refund_id: str) -> None:
    """An invalid id is reported as not found, and is not put into a path."""
    stripe = InMemoryStripe()
    with pytest.raises(RefundNotFound):
        use_cases(stripe).refunds.get(refund_id)
    assert stripe.ids == []


def test_refund_ids_of_both_kinds_are_sent_to_stripe() -> None:
    """Refund ids start with re_ or, for some payment methods, with pyr_."""
    stripe = InMemoryStripe()
    for refund_id in ("re_1Nispe2eZvKYlo2Cd31jOCgZ", "pyr_1Nispe2eZvKYlo2Cd31jOCgZ"):
        assert use_cases(stripe).refunds.get(refund_id) == REFUND


DESTINATION = {"destination": "acct_1"}
FEE = {"application_fee": 200}


@pytest.mark.parametrize(
    ("shares", "choices", "wrong"),
    [
        (DESTINATION, {}, {"#/reverse_transfer"}),
        (FEE, {}, {"#/refund_application_fee"}),
        (DESTINATION | FEE, {}, {"#/reverse_transfer", "#/refund_application_fee"}),
        (DESTINATION | FEE, {"reverse_transfer": True}, {"#/refund_application_fee"}),
        ({}, {"reverse_transfer": True}, {"#/reverse_transfer"}),
        ({}, {"refund_application_fee": True}, {"#/refund_application_fee"}),
        (
            DESTINATION,
            {"reverse_transfer": True, "refund_application_fee": True},
            {"#/refund_application_fee"},
        ),
    ],
)
@pytest.mark.parametrize("payment_id", ["pi_1", "cs_1"])
def test_a_refund_must_say_what_becomes_of_each_share(
    payment_id: str, shares: dict[str, object], choices: dict[str, bool], wrong: set[str]
) -> None:
    """Otherwise the platform would pay it all; nothing is sent to Stripe."""
    stripe = InMemoryStripe()
    stripe.existing = payment("pi_1", **shares)
    with pytest.raises(FieldsInvalid) as refused:
        use_cases(stripe).refunds.create(payment_id, RefundPayment.from_fields(choices), "k")
    assert {problem.where for problem in refused.value.problems} == wrong
    assert stripe.calls == []


@pytest.mark.parametrize(
    ("shares", "choices"),
    [
        ({}, {}),
        ({}, {"reverse_transfer": False, "refund_application_fee": False}),
        (DESTINATION, {"reverse_transfer": False}),
        (FEE, {"refund_application_fee": True}),
        (DESTINATION | FEE, {"reverse_transfer": True, "refund_application_fee": False}),
    ],
)
def test_either_choice_is_accepted(shares: dict[str, object], choices: dict[str, bool]) -> None:
    """The control: a refund that says it for each share is sent to Stripe."""
    stripe = InMemoryStripe()
    stripe.existing = payment("pi_1", **shares)
    use_cases(stripe).refunds.create("pi_1", RefundPayment.from_fields(choices), "k")
    assert len(stripe.calls) == 1
