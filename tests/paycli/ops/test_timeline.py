"""The order of a payment's events."""

import time

from harness.stripe import Stripe
from paycli import bootstrap
from paycli.ops.timeline import build_timeline
from paycli.settings import StripeSettings

HOLD = {"amount": "2000", "currency": "eur", "capture_method": "manual"}


def test_events_of_one_second_are_in_stripes_order(stand_in: Stripe) -> None:
    """A payment is created before it is authorized, which comes first in the alphabet."""
    payment = stand_in.call("POST", "/v1/payment_intents", HOLD).json["id"]
    stand_in.pay(payment)
    stand_in.call("POST", f"/v1/payment_intents/{payment}/capture")
    settings = StripeSettings.model_validate(
        {"PAYCLI_STRIPE_API_KEY": "sk_test_1", "PAYCLI_STRIPE_API_BASE": stand_in.url}
    )
    now = int(time.time())
    stripe_events = bootstrap.stripe_events_reader(settings, None)
    entries = build_timeline(stripe_events, (), {payment}, now - 60, now + 60)
    assert [entry.type for entry in entries] == [
        "PaymentCreatedEvent",
        "PaymentAuthorizedEvent",
        "PaymentSucceededEvent",
    ]
