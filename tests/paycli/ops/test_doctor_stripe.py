"""The doctor's checks of the webhook endpoints at Stripe."""

import time

import pytest

from harness.stripe import Stripe
from paycli import bootstrap
from paycli.ops.doctor.stripe import examine_stripe
from paycli.sandbox.standin import WebhookTarget
from paycli.settings import StripeSettings


def checks(stripe: Stripe, url: str) -> list[tuple[str, str, str | None]]:
    """Add an endpoint; return id, state and repair of each check that concerns endpoints."""
    stripe.add_webhook_target(WebhookTarget(url, ("whsec_of_these_tests",)))
    settings = StripeSettings.model_validate(
        {"PAYCLI_STRIPE_API_KEY": "sk_test_1", "PAYCLI_STRIPE_API_BASE": stripe.url}
    )
    found = examine_stripe(
        bootstrap.stripe_account(settings), ["payment_intent.succeeded"], time.time()
    )
    return [
        (check.id, check.state, check.repair)
        for check in found
        if check.id in ("stripe.endpoint", "stripe.enabled_events")
    ]


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/stripe/events/",
        "/api/v1/stripe/events//",
        "//api/v1/stripe/events",
        "/API/v1/stripe/events",
    ],
)
def test_an_address_that_is_not_served_is_found(stand_in: Stripe, path: str) -> None:
    """With a slash at its end, or otherwise almost right, the endpoint fails."""
    (check,) = checks(stand_in, f"https://pay.example.test{path}")
    assert check[:2] == ("stripe.endpoint", "failed")
    assert "exactly /api/v1/stripe/events" in (check[2] or "")


@pytest.mark.parametrize(
    "url",
    ["https://pay.example.test/api/v1/stripe/events", "https://p/api/v1/stripe%2Fevents#x"],
)
def test_the_address_itself_is_ok(stand_in: Stripe, url: str) -> None:
    """The control: what the daemon serves is ok."""
    assert [check[:2] for check in checks(stand_in, url)] == [
        ("stripe.endpoint", "ok"),
        ("stripe.enabled_events", "ok"),
    ]


@pytest.mark.parametrize("url", ["https://pay.example.test/elsewhere", "https://[", "x"])
def test_another_address_is_not_ours(stand_in: Stripe, url: str) -> None:
    """An endpoint of something else is a warning, however malformed its URL is."""
    assert [check[:2] for check in checks(stand_in, url)] == [("stripe.endpoint", "warning")]
