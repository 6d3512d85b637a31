"""The use cases of refunds, on an in-memory Stripe."""

import pytest

from harness.stripe_in_memory import REFUND, InMemoryStripe, payment, use_cases
from paycli.errors import AccountNotAllowed, FieldsInvalid, RefundNotFound
from paycli.models import ListRefunds, RefundPayment
from paycli.permissions import Permissions


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
    with pytest.raises(RefundNotFound, match="ids start with re_ or pyr_"):
        use_cases(stripe).refunds.get(refund_id)
    assert stripe.ids == []


def test_refund_ids_of_both_kinds_are_sent_to_stripe() -> None:
    """Refund ids start with re_ or, for some payment methods, with pyr_."""
    stripe = InMemoryStripe()
    for refund_id in ("re_1Nispe2eZvKYlo2Cd31jOCgZ", "pyr_1Nispe2eZvKYlo2Cd31jOCgZ"):
        assert use_cases(stripe).refunds.get(refund_id) == REFUND
        assert stripe.ids[-1] == refund_id


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


@pytest.mark.parametrize(
    ("shares", "account", "status", "required"),
    [
        (DESTINATION, None, "requires_capture", True),
        ({}, "acct_1", "requires_capture", True),
        ({}, None, "requires_capture", False),
        (DESTINATION, None, "succeeded", False),
        ({}, "acct_1", "succeeded", False),
    ],
)
def test_what_becomes_of_a_later_fee_is_said_early(
    shares: dict[str, object], account: str | None, status: str, *, required: bool
) -> None:
    """While it is held, a shared payment can still get a fee; a repeated request must fit then."""
    stripe = InMemoryStripe()
    stripe.existing = payment("pi_1", status=status, **shares)
    choices = {"reverse_transfer": True} if shares else {}
    request = RefundPayment.from_fields({**choices, "account": account})
    refunds = use_cases(stripe).refunds
    if required:
        with pytest.raises(FieldsInvalid) as refused:
            refunds.create("pi_1", request, "k")
        [problem] = refused.value.problems
        assert (problem.where, problem.detail) == (
            "#/refund_application_fee",
            "is required, true or false: the payment can still get application_fee",
        )
    else:
        refunds.create("pi_1", request, "k")
        assert len(stripe.calls) == 1


def test_a_missing_choice_names_the_share() -> None:
    """The texts say which share the payment has, or has not."""
    stripe = InMemoryStripe()
    stripe.existing = payment("pi_1", **DESTINATION)
    request = RefundPayment(refund_application_fee=True)
    with pytest.raises(FieldsInvalid) as refused:
        use_cases(stripe).refunds.create("pi_1", request, "k")
    assert [problem.detail for problem in refused.value.problems] == [
        "is required, true or false: the payment has destination",
        "is not possible: the payment has no application_fee",
    ]


@pytest.mark.parametrize(
    ("accounts", "allowed"), [(None, True), ({"self", "acct_1"}, True), ({"self"}, False)]
)
def test_a_caller_takes_money_back_from_its_own_accounts(
    accounts: set[str] | None, *, allowed: bool
) -> None:
    """The account whose transfer a refund reverses is one of the caller's."""
    stripe = InMemoryStripe()
    stripe.existing = payment("pi_1", **DESTINATION)
    permissions = Permissions(accounts=None if accounts is None else frozenset(accounts))
    refunds = use_cases(stripe).refunds

    def refund(*, reverse_transfer: bool) -> None:
        request = RefundPayment(reverse_transfer=reverse_transfer)
        refunds.create("pi_1", request, "k", "booking", permissions)

    refund(reverse_transfer=False)
    if allowed:
        refund(reverse_transfer=True)
    else:
        with pytest.raises(AccountNotAllowed):
            refund(reverse_transfer=True)
    assert len(stripe.calls) == (2 if allowed else 1)


def test_an_empty_list_is_of_a_payment_that_exists() -> None:
    """Stripe returns an empty list for an unknown payment as well, so the payment is read."""
    stripe = InMemoryStripe()
    page = use_cases(stripe).refunds.list("pi_1", ListRefunds())
    assert (page.data, stripe.ids) == ((REFUND,), [])
    stripe.listed = ()
    page = use_cases(stripe).refunds.list("pi_1", ListRefunds())
    assert (page.data, stripe.ids) == ((), ["pi_1"])


@pytest.mark.parametrize(("accounts", "allowed"), [({"self"}, True), ({"acct_1"}, False)])
def test_our_fee_is_refunded_only_with_our_account(accounts: set[str], *, allowed: bool) -> None:
    """The application fee is the platform's, whichever account the payment is in."""
    stripe = InMemoryStripe()
    stripe.existing = payment("pi_1", **FEE)
    permissions = Permissions(accounts=frozenset(accounts))
    refunds = use_cases(stripe).refunds
    request = RefundPayment(account="acct_1", refund_application_fee=True)
    if allowed:
        refunds.create("pi_1", request, "k", None, permissions)
    else:
        with pytest.raises(AccountNotAllowed):
            refunds.create("pi_1", request, "k", None, permissions)
    refunds.create(
        "pi_1", request.model_copy(update={"refund_application_fee": False}), "k", None, permissions
    )
    assert len(stripe.calls) == int(allowed) + 1
