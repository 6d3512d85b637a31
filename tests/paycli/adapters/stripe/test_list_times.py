"""The bounds of a list of payments, which Stripe takes in whole seconds."""

from datetime import datetime, timedelta

import pytest

from harness.stripe import Stripe
from paycli.adapters.stripe.gateway import StripeAccount, StripeGateway
from paycli.models import CreatePayment, ListPayments
from paycli.settings import StripeSettings

# Stripe's search finds by status, its list cannot.
LISTS: tuple[dict[str, str], ...] = ({}, {"status": "requires_payment_method"})


@pytest.fixture
def account(stand_in: Stripe) -> StripeAccount:
    """Give an account without payments."""
    settings = StripeSettings.model_validate(
        {"PAYCLI_STRIPE_API_KEY": "sk_test_1", "PAYCLI_STRIPE_API_BASE": stand_in.url}
    )
    return StripeGateway(settings).open(None)


@pytest.mark.parametrize("criteria", LISTS, ids=["list", "search"])
@pytest.mark.parametrize(
    ("bound", "offset_seconds", "found"),
    [
        ("created_to", 0.0, False),
        ("created_to", 0.000001, True),
        ("created_to", 0.5, True),
        ("created_to", 1.0, True),
        ("created_from", 0.0, True),
        ("created_from", 0.5, False),
        ("created_from", -0.5, True),
    ],
)
def test_a_fraction_of_a_second_counts(
    account: StripeAccount,
    criteria: dict[str, str],
    bound: str,
    offset_seconds: float,
    found: bool,  # noqa: FBT001  (a parameter)
) -> None:
    """A payment of 12:00:00 was created before 12:00:00.5, and not at or after it."""
    payment = account.payments.create(CreatePayment(amount=2000, currency="eur"), "k").result
    moment = datetime.fromisoformat(payment.created_at) + timedelta(seconds=offset_seconds)
    request = ListPayments.from_fields({**criteria, bound: moment.isoformat()})
    ids = [each.id for each in account.payments.list(request, None).items]
    assert ids == ([payment.id] if found else [])


@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.999999-14:00"]
)
def test_the_first_and_the_last_moment_are_bounds_too(account: StripeAccount, moment: str) -> None:
    """Times at the ends of the calendar are sent to Stripe, and fail nothing here."""
    assert account.payments.list(ListPayments.from_fields({"created_to": moment}), None)
