"""Statuses and codes are those promised to callers, typed here; failures come up in a use case."""

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

STRIPES: list[tuple[type[errors.StripeFailure], int, str]] = [
    (errors.CardRefused, 402, "card_refused"),
    (errors.RequestRefused, 400, "request_refused"),
    (errors.PaymentNotFound, 404, "payment_not_found"),
    (errors.RefundNotFound, 404, "refund_not_found"),
    (errors.AccountRefused, 403, "account_invalid"),
    (errors.IdempotencyKeyReused, 422, "idempotency_key_reused"),
    (errors.IdempotencyKeyInUse, 409, "idempotency_key_in_use"),
    (errors.RateLimited, 429, "stripe_rate_limited"),
    (errors.StripeUnavailable, 502, "stripe_unavailable"),
    (errors.StripeTimeout, 504, "stripe_timeout"),
    (errors.StripeOutcomeUnknown, 502, "stripe_outcome_unknown"),
    (errors.StripeCredentialsRefused, 502, "stripe_credentials"),
]
PLAIN: list[tuple[type[PaycliError], int, str]] = [
    (errors.BodyNotJson, 400, "body_not_json"),
    (errors.IdempotencyKeyMissing, 400, "idempotency_key_missing"),
    (errors.IdempotencyKeyInvalid, 400, "idempotency_key_invalid"),
    (errors.CursorInvalid, 400, "cursor_invalid"),
    (errors.CheckoutWithoutPayment, 400, "checkout_without_payment"),
    (errors.Unauthorized, 401, "unauthorized"),
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
CASES: list[tuple[PaycliError, int, str]] = [
    *((kind("a sentence"), status, code) for kind, status, code in [*STRIPES, *PLAIN]),
    (FIELDS_INVALID, 422, "fields_invalid"),
    (SIGNATURE_INVALID, 400, "signature_invalid"),
]
MEMBERS = {"type", "title", "status", "code", "detail"}
# The only failures after which a caller is told when to try again.
RETRY_AFTER = {
    errors.Busy,
    errors.IdempotencyKeyInUse,
    errors.RateLimited,
    errors.NotPersisted,
    errors.BrokerUnreachable,
    errors.TooManyWebhooks,
    errors.TopicMissing,
}


class Failing(HealthyBroker):
    """A gateway, publisher and broker all of whose calls fail in the same way."""

    def __init__(self, failure: BaseException) -> None:
        self.failure = failure

    def open(self, account: str | None) -> NoReturn:
        """Fail."""
        self._fail(account)

    def publish(self, record: Record) -> Acknowledgement:
        """Fail."""
        self._fail(record)

    def status(self) -> BrokerStatus:
        """Fail."""
        self._fail()

    def _fail(self, *_given: object) -> NoReturn:
        raise self.failure


def client(failure: BaseException) -> falcon.testing.TestClient:
    """Return a client of an application in which every use case fails so."""
    failing = Failing(failure)
    services = services_over(failing)
    return falcon.testing.TestClient(
        create_app(services, recorder=Metrics(1, {}).recorder(0), max_body_bytes=1024)
    )


def answer(failure: BaseException) -> falcon.testing.Result:
    """Return the answer to looking up a payment when that fails so."""
    headers = {"Authorization": "Bearer token", "X-Request-Id": "req-1"}
    return client(failure).simulate_get("/api/v1/payments/pi_1", headers=headers)


def name_of(case: object) -> str:
    """Return a name for a case's error."""
    return type(case).__name__ if isinstance(case, PaycliError) else str(case)


@pytest.mark.parametrize(("failure", "status", "code"), CASES, ids=name_of)
def test_each_failure_has_its_status_and_code(failure: PaycliError, status: int, code: str) -> None:
    """The answer is a problem (RFC 9457) with the promised status and code, and the sentence."""
    result = answer(failure)
    assert result.status_code == status
    assert result.headers["content-type"] == "application/problem+json"
    assert result.headers["x-request-id"] == "req-1"
    problem = result.json
    assert problem.keys() >= MEMBERS
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["detail"] == failure.detail
    assert isinstance(problem["title"], str)
    # RFC 9457: `type` is a URI reference; the same for each occurrence of the problem.
    assert problem["type"].endswith(code)


def leaves(kind: type[PaycliError]) -> Iterator[type[PaycliError]]:
    """Yield the classes of our own tree that have no class below them."""
    ours = {"paycli.errors", "paycli.webhooks.signature"}
    below = [child for child in kind.__subclasses__() if child.__module__ in ours]
    if not below:
        yield kind
    for child in below:
        yield from leaves(child)


ONLY_COMMANDS = {
    errors.EventNotFound,
    errors.EventNotOnTopic,
    errors.EventNotMapped,
    errors.LineInvalid,
    errors.TopicNotConfirmed,
    errors.UnknownEventType,
}


def test_every_failure_is_in_the_table() -> None:
    """Each leaf of the tree has a status and is tested here, but for what never meets HTTP."""
    found = set(leaves(PaycliError)) - {errors.SettingsInvalid} - ONLY_COMMANDS
    assert found == set(PROBLEM_TYPES)
    assert found == {type(failure) for failure, _, _ in CASES}


def test_codes_are_unique() -> None:
    """A code names one failure."""
    codes = [kind.code for kind in leaves(PaycliError)]
    assert len(set(codes)) == len(codes)
    assert "failed" not in codes


@pytest.mark.parametrize("failure", [case[0] for case in CASES], ids=name_of)
def test_retry_after_is_told_where_waiting_helps(failure: PaycliError) -> None:
    """`Retry-After` is a whole number of seconds, for these failures and no others."""
    seconds = answer(failure).headers.get("retry-after")
    assert (seconds is not None) == (type(failure) in RETRY_AFTER)
    assert seconds is None or (seconds.isdigit() and int(seconds) >= 1)


@pytest.mark.parametrize("kind", [errors.RateLimited, errors.IdempotencyKeyInUse])
def test_stripes_own_word_on_waiting_is_passed_on(kind: type[errors.StripeFailure]) -> None:
    """Where Stripe says how long, callers are told so."""
    failure = kind("a sentence", retry_after_seconds=17)
    assert answer(failure).headers["retry-after"] == "17"


@pytest.mark.parametrize(
    ("kind", "retryable"),
    [
        (errors.StripeUnavailable, True),
        (errors.StripeTimeout, True),
        (errors.StripeOutcomeUnknown, False),
        (errors.StripeCredentialsRefused, False),
    ],
)
def test_whether_the_same_key_helps_is_told(
    kind: type[errors.StripeFailure], *, retryable: bool
) -> None:
    """Failures on Stripe's side say whether to repeat the request with the same key."""
    assert answer(kind("a sentence")).json["retryable"] is retryable


def test_where_nothing_is_known_about_retrying_nothing_is_said() -> None:
    """The control: a refused card has no such member."""
    assert "retryable" not in answer(errors.CardRefused("a sentence")).json


@pytest.mark.parametrize(
    ("kind", "status"), [(errors.CardRefused, 402), (errors.RequestRefused, 400)]
)
def test_stripes_codes_are_passed_on(kind: type[errors.StripeFailure], status: int) -> None:
    """What Stripe says of a refusal is beside our own code; what it does not say is left out."""
    failure = kind(
        "a sentence",
        stripe_code="card_declined",
        decline_code="insufficient_funds",
        stripe_request_id="req_stripe",
    )
    result = answer(failure)
    assert result.status_code == status
    assert result.json["code"] == "card_declined"
    assert result.json["decline_code"] == "insufficient_funds"
    assert result.json["stripe_request_id"] == "req_stripe"
    assert answer(kind("a sentence")).json.keys() == MEMBERS


def test_every_wrong_field_is_listed() -> None:
    """Wrong fields stand in `errors`, each with its pointer and what is wrong."""
    assert answer(FIELDS_INVALID).json["errors"] == [
        {"pointer": "#/amount", "detail": "too small"},
        {"pointer": "#/x", "detail": "unknown"},
    ]


def test_the_cause_of_a_wrong_signature_is_told() -> None:
    """A refused signature says why, in a word for machines."""
    assert answer(SIGNATURE_INVALID).json["cause"] == "stale"


def test_who_is_not_known_is_told_how_to_say_who_it_is() -> None:
    """401 comes with `WWW-Authenticate: Bearer`, and no other failure does."""
    result = client(RuntimeError()).simulate_get("/api/v1/payments/pi_1")
    assert (result.status_code, result.json["code"]) == (401, "unauthorized")
    assert result.headers["www-authenticate"] == "Bearer"
    assert "www-authenticate" not in answer(errors.Busy("a sentence")).headers


def levels(caplog: pytest.LogCaptureFixture) -> list[int]:
    """Return the levels of what was logged as more than information."""
    found = [record.levelno for record in caplog.records]
    return [level for level in found if level >= logging.WARNING]


def failure_of_a_new_class() -> PaycliError:
    """Make a failure whose class the table does not know."""

    class NewRefusal(errors.CardRefused):
        pass

    return NewRefusal(CANARY)


@pytest.mark.parametrize(
    "make",
    [
        lambda: RuntimeError(CANARY),
        lambda: KeyError(CANARY),
        lambda: errors.SettingsInvalid([Problem("X", CANARY)]),
        failure_of_a_new_class,
    ],
    ids=["bug", "missing-key", "settings", "new-class"],
)
def test_what_is_not_in_the_table_is_an_internal_error(
    make: Callable[[], BaseException], caplog: pytest.LogCaptureFixture
) -> None:
    """Anything else is a 500 in the same shape, without a word of what happened, and is logged."""
    result = answer(make())
    assert (result.status_code, result.json["code"]) == (500, "internal_error")
    assert result.headers["content-type"] == "application/problem+json"
    assert result.headers["x-request-id"] == "req-1"
    assert result.json.keys() == MEMBERS
    assert CANARY not in result.text
    assert levels(caplog) == [logging.ERROR]


@pytest.mark.parametrize(("failure", "status", "code"), CASES, ids=name_of)
def test_what_only_an_operator_can_mend_is_logged_as_an_error(
    failure: PaycliError, status: int, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A refused key, a wrong mode and a missing topic are logged; what callers do wrong is not."""
    logged = {"stripe_credentials", "mode_mismatch", "topic_missing"}
    assert answer(failure).status_code == status
    assert levels(caplog) == ([logging.ERROR] if code in logged else [])


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "code"),
    [
        ("GET", "/nowhere", {}, 404, "not_found"),
        ("GET", "/api/v1/payments/pi_1/", {}, 404, "not_found"),
        ("DELETE", "/api/v1/payments/pi_1", {}, 405, "method_not_allowed"),
        ("GET", "/api/v1/stripe/events", {}, 405, "method_not_allowed"),
        ("POST", "/api/v1/payments", {}, 415, "unsupported_media_type"),
        ("POST", "/api/v1/payments", {"Content-Type": "text/json"}, 415, "unsupported_media_type"),
    ],
)
def test_what_http_itself_refuses_has_the_same_shape(
    method: str, path: str, headers: dict[str, str], status: int, code: str
) -> None:
    """Unknown paths, methods and media types are problems with codes too."""
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
