"""Each error of a use case is returned with the status and code that callers rely on."""

import logging
from collections.abc import Callable, Iterator
from typing import NoReturn

import falcon.testing
import pytest

from harness.healthy_broker import HealthyBroker
from harness.in_process import services_over
from paycli import errors
from paycli.errors import PaycliError, Problem
from paycli.models import Acknowledgement, BrokerStatus, Record
from paycli.webhooks import signature
from server.app import create_app
from server.metrics import Metrics
from server.problems import PROBLEM_TYPES

CANARY = "CaNaRy8d1f"

STRIPE_ERRORS: list[tuple[type[errors.StripeFailure], int, str]] = [
    (errors.CardRefused, 402, "card_refused"),
    (errors.RequestRefused, 400, "request_refused"),
    (errors.PaymentNotFound, 404, "payment_not_found"),
    (errors.RefundNotFound, 404, "refund_not_found"),
    (errors.TransferNotFound, 404, "transfer_not_found"),
    (errors.PayoutNotFound, 404, "payout_not_found"),
    (errors.PayoutNotReconciled, 409, "payout_not_reconciled"),
    (errors.AccountNotFound, 404, "account_not_found"),
    (errors.CustomerNotFound, 404, "customer_not_found"),
    (errors.PaymentMethodNotFound, 404, "payment_method_not_found"),
    (errors.SetupNotFound, 404, "setup_not_found"),
    (errors.DisputeNotFound, 404, "dispute_not_found"),
    (errors.DisputeNotOpen, 400, "dispute_not_open"),
    (errors.AccountRefused, 403, "account_invalid"),
    (errors.IdempotencyKeyReused, 422, "idempotency_key_reused"),
    (errors.IdempotencyKeyInUse, 409, "idempotency_key_in_use"),
    (errors.RateLimited, 429, "stripe_rate_limited"),
    (errors.StripeUnavailable, 502, "stripe_unavailable"),
    (errors.StripeTimeout, 504, "stripe_timeout"),
    (errors.StripeOutcomeUnknown, 502, "stripe_outcome_unknown"),
    (errors.StripeCredentialsRefused, 502, "stripe_credentials"),
]
OTHER_ERRORS: list[tuple[type[PaycliError], int, str]] = [
    (errors.BodyNotJson, 400, "body_not_json"),
    (errors.IdempotencyKeyMissing, 400, "idempotency_key_missing"),
    (errors.IdempotencyKeyInvalid, 400, "idempotency_key_invalid"),
    (errors.CursorInvalid, 400, "cursor_invalid"),
    (errors.CheckoutWithoutPayment, 400, "checkout_without_payment"),
    (errors.HoldNotGranted, 400, "hold_not_granted"),
    (errors.PaymentNotSucceeded, 400, "payment_not_succeeded"),
    (errors.PayoutNotAutomatic, 400, "payout_not_automatic"),
    (errors.Unauthorized, 401, "unauthorized"),
    (errors.AccountNotAllowed, 403, "account_not_allowed"),
    (errors.BodyTooLarge, 413, "body_too_large"),
    (errors.NotAStripeEvent, 400, "not_a_stripe_event"),
    (errors.ModeMismatch, 503, "mode_mismatch"),
    (errors.Busy, 503, "busy"),
    (errors.NotPersisted, 503, "not_persisted"),
    (errors.BrokerUnreachable, 503, "kafka_unreachable"),
    (errors.TooManyWebhooks, 503, "kafka_overloaded"),
    (errors.TopicMissing, 503, "topic_missing"),
    (errors.RecordTooLarge, 503, "record_too_large"),
]
FIELDS_INVALID = errors.FieldsInvalid([Problem("#/amount", "too small"), Problem("#/x", "unknown")])
SIGNATURE_INVALID = signature.SignatureInvalid(signature.Cause.STALE, "signed 301 s ago")
SCOPE_MISSING = errors.ScopeMissing("lacks the scope", "refunds:write")
CASES: list[tuple[PaycliError, int, str]] = [
    *((kind("a sentence"), status, code) for kind, status, code in [*STRIPE_ERRORS, *OTHER_ERRORS]),
    (FIELDS_INVALID, 422, "fields_invalid"),
    (SCOPE_MISSING, 403, "scope_missing"),
    (SIGNATURE_INVALID, 400, "signature_invalid"),
]
MEMBERS = {"type", "title", "status", "code", "detail"}
# The only errors with `Retry-After`.
RETRY_AFTER = {
    errors.Busy,
    errors.IdempotencyKeyInUse,
    errors.RateLimited,
    errors.PayoutNotReconciled,
    errors.NotPersisted,
    errors.BrokerUnreachable,
    errors.TooManyWebhooks,
    errors.TopicMissing,
}


class FailingBackend(HealthyBroker):
    """A gateway, publisher and broker whose every call raises the same exception."""

    def __init__(self, failure: BaseException) -> None:
        self.failure = failure

    def open(self, account: str | None) -> NoReturn:
        """Raises the exception."""
        self._fail(account)

    def publish(self, record: Record) -> Acknowledgement:
        """Raises the exception."""
        self._fail(record)

    def status(self) -> BrokerStatus:
        """Raises the exception."""
        self._fail()

    def _fail(self, *_arguments: object) -> NoReturn:
        raise self.failure


def client(failure: BaseException) -> falcon.testing.TestClient:
    """Returns a client of an application in which every use case raises the exception."""
    services = services_over(FailingBackend(failure))
    return falcon.testing.TestClient(
        create_app(services, recorder=Metrics(1, {}).recorder(0), max_body_bytes=1024)
    )


def response_to(failure: BaseException) -> falcon.testing.Result:
    """Returns the response to retrieving a payment when that raises the exception."""
    headers = {"Authorization": "Bearer token", "X-Request-Id": "req-1"}
    return client(failure).simulate_get("/api/v1/payments/pi_1", headers=headers)


def name_of(case: object) -> str:
    """Returns the id of a test case's parameter."""
    return type(case).__name__ if isinstance(case, PaycliError) else str(case)


@pytest.mark.parametrize(("failure", "status", "code"), CASES, ids=name_of)
def test_each_error_has_its_status_and_code(failure: PaycliError, status: int, code: str) -> None:
    """The response is RFC 9457 problem details with the status, the code and the detail."""
    result = response_to(failure)
    assert result.status_code == status
    assert result.headers["content-type"] == "application/problem+json"
    assert result.headers["x-request-id"] == "req-1"
    problem = result.json
    assert problem.keys() >= MEMBERS
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["detail"] == failure.detail
    assert isinstance(problem["title"], str)
    # RFC 9457: `type` is a URI reference, the same for every occurrence of a problem.
    assert problem["type"].endswith(code)


def leaves(kind: type[PaycliError]) -> Iterator[type[PaycliError]]:
    """Yields the classes of our error tree that have no subclass."""
    ours = {"paycli.errors", "paycli.webhooks.signature"}
    children = [child for child in kind.__subclasses__() if child.__module__ in ours]
    if not children:
        yield kind
    for child in children:
        yield from leaves(child)


COMMAND_ERRORS = {
    errors.EndpointUnchanged,
    errors.EventNotFound,
    errors.EventNotOnTopic,
    errors.EventNotMapped,
    errors.LineInvalid,
    errors.SchemaRegistryFailure,
    errors.TopicNotConfirmed,
    errors.UnknownEventType,
}


def test_every_error_is_in_the_table() -> None:
    """Each leaf of the tree has a status and a test, except for those that HTTP cannot return."""
    found = set(leaves(PaycliError)) - {errors.SettingsInvalid} - COMMAND_ERRORS
    assert found == set(PROBLEM_TYPES)
    assert found == {type(failure) for failure, _, _ in CASES}


def test_codes_are_unique() -> None:
    """No two errors have the same code."""
    codes = [kind.code for kind in leaves(PaycliError)]
    assert len(set(codes)) == len(codes)
    assert "failed" not in codes


@pytest.mark.parametrize("failure", [case[0] for case in CASES], ids=name_of)
def test_retry_after_is_sent_where_waiting_helps(failure: PaycliError) -> None:
    """`Retry-After` is a number of seconds, for these errors and no others."""
    seconds = response_to(failure).headers.get("retry-after")
    assert (seconds is not None) == (type(failure) in RETRY_AFTER)
    assert seconds is None or (seconds.isdigit() and int(seconds) >= 1)


@pytest.mark.parametrize("kind", [errors.RateLimited, errors.IdempotencyKeyInUse])
def test_stripes_retry_after_takes_precedence(kind: type[errors.StripeFailure]) -> None:
    """A `Retry-After` of Stripe replaces our own."""
    failure = kind("a sentence", retry_after_seconds=17)
    assert response_to(failure).headers["retry-after"] == "17"


@pytest.mark.parametrize(
    ("kind", "retryable"),
    [
        (errors.StripeUnavailable, True),
        (errors.StripeTimeout, True),
        (errors.StripeOutcomeUnknown, False),
        (errors.StripeCredentialsRefused, False),
    ],
)
def test_retryable_is_returned(kind: type[errors.StripeFailure], *, retryable: bool) -> None:
    """Errors on Stripe's side state whether to retry the request with the same key."""
    assert response_to(kind("a sentence")).json["retryable"] is retryable


def test_retryable_is_absent_where_it_is_unknown() -> None:
    """The control: a declined card has no such member."""
    assert "retryable" not in response_to(errors.CardRefused("a sentence")).json


@pytest.mark.parametrize(
    ("kind", "status"), [(errors.CardRefused, 402), (errors.RequestRefused, 400)]
)
def test_stripes_codes_are_returned(kind: type[errors.StripeFailure], status: int) -> None:
    """Stripe's code replaces ours; members without a value are absent."""
    failure = kind(
        "a sentence",
        stripe_code="card_declined",
        decline_code="insufficient_funds",
        stripe_request_id="req_stripe",
    )
    result = response_to(failure)
    assert result.status_code == status
    assert result.json["code"] == "card_declined"
    assert result.json["decline_code"] == "insufficient_funds"
    assert result.json["stripe_request_id"] == "req_stripe"
    assert response_to(kind("a sentence")).json.keys() == MEMBERS


def test_every_invalid_field_is_listed() -> None:
    """`errors` has the pointer and the detail of each field."""
    assert response_to(FIELDS_INVALID).json["errors"] == [
        {"pointer": "#/amount", "detail": "too small"},
        {"pointer": "#/x", "detail": "unknown"},
    ]


def test_further_invalid_fields_are_counted() -> None:
    """Beyond twenty fields `errors_omitted` has the number of the others; it is absent else."""
    many = errors.FieldsInvalid([Problem(f"#/{number}", "unknown") for number in range(80_000)])
    result = response_to(many)
    assert [each["pointer"] for each in result.json["errors"]] == [f"#/{n}" for n in range(20)]
    assert result.json["errors_omitted"] == 79_980
    assert len(result.content) < 5_000
    assert "errors_omitted" not in response_to(FIELDS_INVALID).json


def test_the_cause_of_an_invalid_signature_is_returned() -> None:
    """`cause` is machine-readable."""
    assert response_to(SIGNATURE_INVALID).json["cause"] == "stale"


def test_401_names_the_authentication_scheme() -> None:
    """401 has `WWW-Authenticate: Bearer`, and no other error does."""
    result = client(RuntimeError()).simulate_get("/api/v1/payments/pi_1")
    assert (result.status_code, result.json["code"]) == (401, "unauthorized")
    assert result.headers["www-authenticate"] == "Bearer"
    assert "www-authenticate" not in response_to(errors.Busy("a sentence")).headers


def levels(caplog: pytest.LogCaptureFixture) -> list[int]:
    """Returns the levels of the log records above `INFO`."""
    recorded = [record.levelno for record in caplog.records]
    return [level for level in recorded if level >= logging.WARNING]


def error_of_a_new_class() -> PaycliError:
    """Returns an error whose class is not in the table."""

    class NewRefusal(errors.CardRefused):
        pass

    return NewRefusal(CANARY)


@pytest.mark.parametrize(
    "make",
    [
        lambda: RuntimeError(CANARY),
        lambda: KeyError(CANARY),
        lambda: errors.SettingsInvalid([Problem("X", CANARY)]),
        error_of_a_new_class,
    ],
    ids=["bug", "missing-key", "settings", "new-class"],
)
def test_an_error_outside_the_table_is_an_internal_error(
    make: Callable[[], BaseException], caplog: pytest.LogCaptureFixture
) -> None:
    """It is a 500 as problem details, without details of the exception, and is logged."""
    result = response_to(make())
    assert (result.status_code, result.json["code"]) == (500, "internal_error")
    assert result.headers["content-type"] == "application/problem+json"
    assert result.headers["x-request-id"] == "req-1"
    assert result.json.keys() == MEMBERS
    assert CANARY not in result.text
    assert levels(caplog) == [logging.ERROR]


@pytest.mark.parametrize(("failure", "status", "code"), CASES, ids=name_of)
def test_only_errors_for_the_operator_are_logged_as_errors(
    failure: PaycliError, status: int, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A rejected API key, a mode mismatch and a missing topic are; errors of callers are not."""
    logged = {"stripe_credentials", "mode_mismatch", "topic_missing"}
    assert response_to(failure).status_code == status
    assert levels(caplog) == ([logging.ERROR] if code in logged else [])


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "code"),
    [
        ("GET", "/unknown", {}, 404, "not_found"),
        ("GET", "/api/v1/payments/pi_1/", {}, 404, "not_found"),
        ("DELETE", "/api/v1/payments/pi_1", {}, 405, "method_not_allowed"),
        ("GET", "/api/v1/stripe/events", {}, 405, "method_not_allowed"),
        ("POST", "/api/v1/payments", {}, 415, "unsupported_media_type"),
        ("POST", "/api/v1/payments", {"Content-Type": "text/json"}, 415, "unsupported_media_type"),
    ],
)
def test_errors_of_the_http_layer_are_problem_details(
    method: str, path: str, headers: dict[str, str], status: int, code: str
) -> None:
    """Unknown paths, methods and media types have codes too."""
    result = client(RuntimeError()).simulate_request(
        method, path, body=b"{}", headers={"Authorization": "Bearer token", **headers}
    )
    assert (result.status_code, result.json["status"], result.json["code"]) == (
        status,
        status,
        code,
    )
    assert result.headers["content-type"] == "application/problem+json"
    assert result.headers["x-request-id"]
    assert result.json.keys() == MEMBERS
    assert ("allow" in result.headers) == (status == 405)
