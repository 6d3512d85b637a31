"""For every response of Stripe's, callers get an error that the OpenAPI document lists."""

from collections.abc import Callable, Iterator

import pytest

from harness.stripe import Stripe, always, respond
from paycli import errors
from paycli.adapters.stripe.gateway import StripeAccount, StripeGateway
from paycli.models import CreatePayment, RefundPayment
from paycli.settings import StripeSettings
from server.openapi.operations import OPERATIONS

FAILURES = {operation.id: set(operation.failures) for operation in OPERATIONS}
STATUSES = (301, 400, 401, 402, 403, 404, 409, 418, 429, 500, 503)
CANARY = "CaNaRy8d1f"
CODES = (None, "resource_missing", "account_invalid", "idempotency_key_in_use")


@pytest.fixture(scope="module")
def stripe() -> Iterator[Stripe]:
    """Give a Stripe that all these tests share."""
    with Stripe() as serving:
        yield serving


@pytest.fixture
def account(stripe: Stripe) -> StripeAccount:
    """Give an account with a fresh deadline."""
    settings = StripeSettings.model_validate(
        {
            "PAYCLI_STRIPE_API_KEY": "sk_test_1",
            "PAYCLI_STRIPE_API_BASE": stripe.url,
            "PAYCLI_STRIPE_TIMEOUT_SECONDS": "3",
        }
    )
    return StripeGateway(settings).open(None)


CALLS: dict[str, Callable[[StripeAccount], object]] = {
    "createPayment": lambda account: account.payments.create(
        CreatePayment(amount=1, currency="eur"), "k"
    ),
    "refundPayment": lambda account: account.refunds.create("pi_1", RefundPayment(), None, "k"),
    "getPayment": lambda account: account.payments.get("pi_1"),
    "getRefund": lambda account: account.refunds.get("re_1"),
}


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("operation", CALLS)
def test_every_stripe_error_becomes_a_documented_error(
    stripe: Stripe, account: StripeAccount, operation: str, status: int, code: str | None
) -> None:
    """For each status and code, for reads and writes, no undocumented error is raised."""
    error = {"type": "invalid_request_error", "message": "No.", "code": code}
    # Which errors are repeated is tested in test_retries.py.
    once = {"Stripe-Should-Retry": "false"}
    stripe.inject(always(respond(status, {"error": error}, once)))
    try:
        with pytest.raises(errors.StripeFailure) as failed:
            CALLS[operation](account)
    finally:
        stripe.clear_faults()
    assert type(failed.value) in FAILURES[operation]


@pytest.mark.parametrize(
    ("status", "fields", "operation", "kind", "text"),
    [
        (404, {}, "getRefund", errors.RefundNotFound, "No."),
        (404, {"code": "resource_missing"}, "getPayment", errors.PaymentNotFound, "check the ids"),
        (
            404,
            {"code": "resource_missing", "param": "customer"},
            "createPayment",
            errors.RequestRefused,
            "check the ids",
        ),
        (
            400,
            {"code": "resource_missing", "param": "payment_intent"},
            "refundPayment",
            errors.PaymentNotFound,
            "check the ids",
        ),
        (403, {"code": "account_invalid"}, "getPayment", errors.AccountRefused, "check its id"),
        (403, {}, "getPayment", errors.StripeCredentialsRefused, "operator"),
        (500, {}, "getPayment", errors.StripeUnavailable, "send the request again"),
        (500, {}, "createPayment", errors.StripeOutcomeUnknown, "by the reference if"),
        (
            400,
            {"code": "setup_intent_unexpected_state"},
            "createPayment",
            errors.RequestRefused,
            "look the setup up",
        ),
        (400, {"code": "charge_disputed"}, "refundPayment", errors.RequestRefused, "dispute"),
        (
            400,
            {"param": "amount", "message": "Refund amount (5) is greater than (3)."},
            "refundPayment",
            errors.RequestRefused,
            "at most the remaining amount",
        ),
        (400, {"code": "brand_new"}, "refundPayment", errors.RequestRefused, "No."),
    ],
)
def test_an_error_says_what_to_do(
    stripe: Stripe,
    account: StripeAccount,
    status: int,
    fields: dict[str, str],
    operation: str,
    kind: type[errors.StripeFailure],
    text: str,
) -> None:
    """If the cause is known, the detail has advice after Stripe's own message."""
    refusal = {"type": "invalid_request_error", "message": "No.", **fields}
    stripe.inject(*[respond(status, {"error": refusal})] * 3)
    try:
        with pytest.raises(errors.StripeFailure) as failed:
            CALLS[operation](account)
    finally:
        stripe.clear_faults()
    assert type(failed.value) is kind
    assert text in failed.value.detail


@pytest.mark.parametrize("status", [401, 403])
def test_stripes_message_about_our_key_is_not_passed_on(
    stripe: Stripe, account: StripeAccount, status: int
) -> None:
    """Stripe's message contains a part of the key, so callers don't get it."""
    for code in (None, "account_invalid"):
        error = {"type": "invalid_request_error", "message": f"Key {CANARY}", "code": code}
        stripe.inject(respond(status, {"error": error}))
        with pytest.raises(errors.StripeFailure) as failed:
            account.payments.get("pi_1")
        assert CANARY not in failed.value.detail
