"""Which failed requests to Stripe are repeated, and for how long."""

import time
from collections.abc import Iterator

import pytest

from harness.stripe import Stripe, always, respond
from paycli import errors
from paycli.adapters.stripe.gateway import StripeAccount, StripeGateway
from paycli.models import CreatePayment
from paycli.sandbox.standin import Fault, FaultKind
from paycli.settings import StripeSettings

# https://docs.stripe.com/rate-limits#object-lock-timeouts
LOCK_TIMEOUT = {
    "error": {
        "code": "lock_timeout",
        "message": "This object cannot be accessed right now.",
        "type": "invalid_request_error",
    }
}
RATE_LIMIT = {"error": {"code": "rate_limit", "message": "No.", "type": "invalid_request_error"}}
SERVER_ERROR = {"error": {"message": "No.", "type": "api_error"}}
ASKED = {"Stripe-Should-Retry": "true"}
MORE_THAN_UNASKED = 3
"""Repetitions; unasked there are two."""


@pytest.fixture(scope="module")
def stripe() -> Iterator[Stripe]:
    """Give a Stripe that all these tests share."""
    with Stripe() as serving:
        yield serving


def account(stripe: Stripe, timeout_seconds: float = 30) -> StripeAccount:
    """Return an account with a fresh deadline."""
    settings = StripeSettings.model_validate(
        {
            "PAYCLI_STRIPE_API_KEY": "sk_test_1",
            "PAYCLI_STRIPE_API_BASE": stripe.url,
            "PAYCLI_STRIPE_TIMEOUT_SECONDS": str(timeout_seconds),
        }
    )
    return StripeGateway(settings).open(None)


def keys_of_create(
    stripe: Stripe, *faults: Fault, timeout_seconds: float = 30
) -> tuple[list[str | None], errors.StripeFailure | None]:
    """Create a payment; return the idempotency key of each attempt, and how it failed."""
    before, failure = len(stripe.requests), None
    stripe.inject(*faults)
    try:
        account(stripe, timeout_seconds).payments.create(
            CreatePayment(amount=2000, currency="eur"), f"key-{before}"
        )
    except errors.StripeFailure as error:
        failure = error
    finally:
        stripe.clear_faults()
    return [request.idempotency_key for request in stripe.requests[before:]], failure


@pytest.mark.parametrize(
    "fault",
    [
        respond(429, LOCK_TIMEOUT),
        respond(429, LOCK_TIMEOUT, ASKED),
        respond(429, RATE_LIMIT, ASKED),
        respond(500, SERVER_ERROR, ASKED),
        respond(409, SERVER_ERROR, ASKED),
        respond(502, b"<html></html>", ASKED),
        Fault(FaultKind.LOCK_TIMEOUT, path="/"),
    ],
    ids=["lock", "lock-asked", "rate-asked", "500-asked", "409-asked", "html-asked", "fault"],
)
def test_what_stripe_asks_to_repeat_is_repeated(stripe: Stripe, fault: Fault) -> None:
    """A lock timeout, and all with `Stripe-Should-Retry: true`, until it works, with one key."""
    keys, failure = keys_of_create(stripe, *[fault] * MORE_THAN_UNASKED)
    assert failure is None
    assert len(keys) == MORE_THAN_UNASKED + 1
    assert len(set(keys)) == 1


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (respond(429, RATE_LIMIT), errors.RateLimited),
        (respond(500, SERVER_ERROR), errors.StripeOutcomeUnknown),
        (
            respond(503, SERVER_ERROR, {"Stripe-Should-Retry": "false"}),
            errors.StripeUnavailable,
        ),
        (
            respond(429, LOCK_TIMEOUT, {"Stripe-Should-Retry": "false"}),
            errors.RateLimited,
        ),
    ],
    ids=["rate-limit", "500", "503-not", "lock-not"],
)
def test_anything_else_is_sent_once(
    stripe: Stripe, fault: Fault, kind: type[errors.StripeFailure]
) -> None:
    """The control: without the header, or with `false`, there is one attempt."""
    keys, failure = keys_of_create(stripe, always(fault))
    assert type(failure) is kind
    assert len(keys) == 1


def test_an_outage_is_repeated_twice_unasked(stripe: Stripe) -> None:
    """Without the header a 503 is sent three times in all."""
    keys, failure = keys_of_create(stripe, always(respond(503, SERVER_ERROR)))
    assert isinstance(failure, errors.StripeUnavailable)
    assert len(keys) == 3


def test_a_lasting_lock_ends_with_the_deadline(stripe: Stripe) -> None:
    """It is then the error of a rate limit, whose detail names the lock."""
    started_at = time.monotonic()
    keys, failure = keys_of_create(
        stripe, always(respond(429, LOCK_TIMEOUT, ASKED)), timeout_seconds=1
    )
    assert time.monotonic() - started_at < 30  # the default deadline of these tests
    assert len(keys) > 1
    assert isinstance(failure, errors.RateLimited)
    assert "locked" in failure.detail
    assert failure.stripe_code == "lock_timeout"


def test_no_attempt_is_made_before_retry_after(stripe: Stripe) -> None:
    """If `Retry-After` is past the deadline, the error is returned after the first attempt."""
    late = respond(429, LOCK_TIMEOUT, {**ASKED, "Retry-After": "60"})
    keys, failure = keys_of_create(stripe, always(late))
    assert len(keys) == 1
    assert failure is not None
    assert failure.retry_after_seconds == 60
