"""Whatever is sent in Stripe's place, each operation responds as its OpenAPI document says."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any, NamedTuple

import falcon.testing
import pytest
from hypothesis import example as with_example
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from pydantic_core import from_json

from harness.in_process import StripeBackend, services_over
from harness.operations import concrete_path, example_body
from harness.scale import examples
from harness.stripe import Stripe, always, respond
from harness.stripe_objects import example
from paycli.models import AccountLink, Balance, CustomerSession
from paycli.sandbox.standin import Fault
from server.app import create_app
from server.metrics import Metrics
from server.openapi.failures import error_responses
from server.openapi.operations import OPERATIONS, Operation

UNAVAILABLE = {"stripe_unavailable", "stripe_outcome_unknown"}
READ, LIST, WRITE = (
    next(operation for operation in OPERATIONS if operation.id == name)
    for name in ("getPayment", "listPayments", "createPayment")
)
STRIPE_OPERATIONS = [operation for operation in OPERATIONS if operation.scope]
OBJECT_OPERATIONS = [
    (operation, operation.response) for operation in STRIPE_OPERATIONS if operation.response
]
IDS = [operation.id for operation, _ in OBJECT_OPERATIONS]
TRANSFER = "tr_1MiN3gLkdIwHu7ixNCZvFdgA"
"""The transfer in the path of the example."""
# The path and the name of the object that Stripe responds with, by the model of our response.
OBJECTS = {
    "Account": ("/v1/accounts", "account"),
    "AccountLink": ("/v1/account_links", "account_link"),
    "Balance": ("/v1/balance", "balance"),
    "Customer": ("/v1/customers", "customer"),
    "CustomerPage": ("/v1/customers", "customer"),
    "CustomerSession": ("/v1/customer_sessions", "customer_session"),
    "Dispute": ("/v1/disputes", "dispute"),
    "DisputePage": ("/v1/disputes", "dispute"),
    "Payment": ("/v1/payment_intents", "payment_intent"),
    "PaymentMethodPage": ("/v1/customers", "payment_method"),
    "PaymentWithCharge": ("/v1/payment_intents", "payment_intent"),
    "PaymentPage": ("/v1/payment_intents", "payment_intent"),
    "Payout": ("/v1/payouts", "payout"),
    "PayoutPage": ("/v1/payouts", "payout"),
    "PayoutTransactionPage": ("/v1/balance_transactions", "balance_transaction"),
    "Refund": ("/v1/refunds", "refund"),
    "RefundPage": ("/v1/refunds", "refund"),
    "Setup": ("/v1/setup_intents", "setup_intent"),
    "SetupPage": ("/v1/setup_intents", "setup_intent"),
    "Transfer": ("/v1/transfers", "transfer"),
    "TransferPage": ("/v1/transfers", "transfer"),
    "TransferReversal": (f"/v1/transfers/{TRANSFER}/reversals", "transfer_reversal"),
}
# Objects without an id and metadata; what they have in the place of these fields.
FIELDS: Mapping[type[BaseModel], Mapping[str, str]] = {
    Balance: {"created": "available", "id": "available", "metadata": "pending"},
    AccountLink: {"created": "expires_at", "id": "url", "metadata": "url"},
    CustomerSession: {
        "created": "expires_at",
        "id": "client_secret",
        "metadata": "client_secret",
    },
}
# A payment without destination, whose refund needs no further field; it is an automatic payout too.
SUCCEEDED = {
    **example("payout"),
    **example("payment_intent"),
    "amount_received": 2000,
    "latest_charge": {**example("charge"), "transfer_group": "group_pi_1"},
    "status": "succeeded",
    "transfer_data": None,
}
HUGE_NUMBER = 10**400
LONE_SURROGATE = "\ud800"
# Out of range for a date, for 64 bits and for a float; beyond what `int()` converts by default.
ABSURD_VALUES: tuple[object, ...] = (
    10**15,
    -(10**15),
    HUGE_NUMBER,
    True,
    1.5,
    LONE_SURROGATE,
    "x" * 100_000,
    [],
    {},
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(ABSURD_VALUES)
)
METADATA = st.dictionaries(st.sampled_from(("reference", LONE_SURROGATE)), SCALARS, max_size=2)
NAMES = ("error", "type", "code", "message", "param", "decline_code", "payment_intent", "object")
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4)
    ),
    max_leaves=8,
)
TYPES = ("api_error", "card_error", "idempotency_error", "invalid_request_error")
CODES = ("resource_missing", "account_invalid", "rate_limit", "lock_timeout", "card_declined")
STRIPES_ERRORS = st.fixed_dictionaries(
    {
        "error": st.fixed_dictionaries(
            {"type": st.sampled_from(TYPES) | SCALARS},
            optional={
                "code": st.sampled_from(CODES) | JSON,
                "message": JSON,
                "param": st.sampled_from(("intent", "amount")) | JSON,
                "decline_code": JSON,
            },
        )
    }
)
HEADERS = st.fixed_dictionaries(
    {"Stripe-Should-Retry": st.just("false")},
    optional={
        "Retry-After": st.sampled_from(("9" * 5000, "-1", "1.5", "Sat, 28 Nov 2026 12:00:00 GMT")),
        "Request-Id": st.sampled_from(("req_1", "<script>", "r" * 5000)),
    },
)
ONCE = {"Stripe-Should-Retry": "false"}
DEEP = b'{"error":' * 10_000


class Daemon(NamedTuple):
    """The application over a Stripe stand-in."""

    client: falcon.testing.TestClient
    stripe: Stripe

    def response_to(self, operation: Operation, *answers: Fault) -> falcon.testing.Result:
        """Call the operation while Stripe answers each request with the first that matches."""
        self.stripe.inject(*map(always, answers))
        try:
            return self.client.simulate_request(
                operation.method.upper(),
                concrete_path(operation),
                json=example_body(operation) if operation.body else None,
                headers={"Authorization": "Bearer token", "Idempotency-Key": "k"},
            )
        finally:
            self.stripe.clear_faults()


@pytest.fixture(scope="module")
def daemon() -> Iterator[Daemon]:
    """Give the application and its Stripe, which these tests share."""
    with Stripe() as stripe:
        app = create_app(
            services_over(StripeBackend(stripe.url)),
            recorder=Metrics(1, {}).recorder(0),
            max_body_bytes=65_536,
        )
        yield Daemon(falcon.testing.TestClient(app), stripe)


def problem_of(operation: Operation, result: falcon.testing.Result) -> dict[str, Any]:
    """Check that the error is documented and strict JSON, and return it."""
    assert result.status_code != HTTPStatus.INTERNAL_SERVER_ERROR
    assert str(result.status_code) in error_responses(operation)
    assert len(result.content) < 10_000
    problem: dict[str, Any] = from_json(result.content, allow_inf_nan=False)
    assert problem["status"] == result.status_code
    if result.status_code == HTTPStatus.BAD_GATEWAY:
        assert isinstance(problem["retryable"], bool)
    return problem


def may_be_stripes(body: bytes) -> bool:
    """Whether it is JSON whose `error` is an object with a text, as all of Stripe's are."""
    try:
        parsed = from_json(body)
    except ValueError:
        return False
    error = parsed.get("error") if isinstance(parsed, dict) else None
    return isinstance(error, dict) and any(isinstance(text, str) for text in error.values())


@pytest.mark.parametrize("operation", STRIPE_OPERATIONS, ids=lambda operation: operation.id)
@settings(max_examples=examples(20), deadline=None)
@given(st.integers(300, 599), JSON | STRIPES_ERRORS, HEADERS)
@with_example(402, {"error": "card_declined"}, ONCE)
@with_example(404, {"error": ["not", "found"]}, ONCE)
@with_example(403, {"error": {"code": 403, "status": "PERMISSION_DENIED"}}, ONCE)
@with_example(400, {"error": {"type": "api_error", "payment_intent": {"object": []}}}, ONCE)
@with_example(429, {"error": {"type": "api_error"}}, {**ONCE, "Retry-After": "9" * 5000})
@with_example(402, {"error": {"type": "card_error", "message": LONE_SURROGATE}}, ONCE)
def test_any_json_as_an_error_is_a_documented_error(
    daemon: Daemon, operation: Operation, status: int, error: object, headers: dict[str, str]
) -> None:
    """Whatever Stripe's error contains, it is never a 500; a 5xx and nonsense are 502."""
    body = json.dumps(error).encode()
    result = daemon.response_to(operation, respond(status, body, headers))
    problem = problem_of(operation, result)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or not may_be_stripes(body):
        assert result.status_code == HTTPStatus.BAD_GATEWAY
        assert problem["code"] in UNAVAILABLE
    assert int(result.headers.get("retry-after", 1)) < 100_000


@pytest.mark.parametrize("status", [204, 301, 400, 401, 402, 403, 404, 409, 429, 500, 502, 503])
@pytest.mark.parametrize(
    "body",
    [b"", b"<html><h1>502 Bad Gateway</h1></html>", b"\xff\xfe", b'{"error": ', DEEP, b"1" * 5000],
    ids=["empty", "html", "not-utf-8", "cut-off", "deep", "long-number"],
)
def test_what_is_not_json_is_a_bad_gateway(daemon: Daemon, status: int, body: bytes) -> None:
    """A response that can't be Stripe's is 502 and retryable, whatever its status."""
    sent = b"" if status == HTTPStatus.NO_CONTENT else body
    for operation in (READ, WRITE):
        result = daemon.response_to(operation, respond(status, sent, ONCE))
        problem = problem_of(operation, result)
        assert (result.status_code, problem["code"]) == (502, "stripe_unavailable")
        assert problem["retryable"] is True


def test_an_error_of_another_api_is_a_bad_gateway(daemon: Daemon) -> None:
    """Google's load balancers have an `error` too, whose code is a number."""
    denied = {"error": {"code": 403, "message": "Denied.", "status": "PERMISSION_DENIED"}}
    result = daemon.response_to(READ, respond(403, denied, ONCE))
    assert problem_of(READ, result)["code"] == "stripe_unavailable"
    stripes = {"error": {"message": "No.", "type": "invalid_request_error"}}
    refused = daemon.response_to(READ, respond(403, stripes, ONCE))
    assert problem_of(READ, refused)["code"] == "stripe_credentials"  # the control


def answers(response: type[BaseModel], changes: Mapping[str, object]) -> list[Fault]:
    """Return Stripe's responses behind ours, with these fields of its object changed."""
    path, name = OBJECTS[response.__name__]
    object_: object = {**example(name), **changes}
    if "data" in response.model_fields:
        object_ = {"object": "list", "data": [object_], "has_more": False}
    changed = replace(respond(200, object_), path=path)
    return [changed, respond(200, SUCCEEDED)]


@pytest.mark.parametrize(("operation", "response"), OBJECT_OPERATIONS, ids=IDS)
def test_the_examples_of_stripes_objects_are_successes(
    daemon: Daemon, operation: Operation, response: type[BaseModel]
) -> None:
    """The control of the tests that change one: unchanged, the object is a success."""
    assert daemon.response_to(operation, *answers(response, {})).status_code < 300


@pytest.mark.parametrize(("operation", "response"), OBJECT_OPERATIONS, ids=IDS)
@settings(max_examples=examples(20), deadline=None)
@given(st.data())
def test_any_field_of_an_object_may_be_absurd(
    daemon: Daemon, operation: Operation, response: type[BaseModel], data: st.DataObject
) -> None:
    """The response is documented and strict JSON, never a 500."""
    names = sorted(example(OBJECTS[response.__name__][1]))
    changes = data.draw(st.dictionaries(st.sampled_from(names), SCALARS | METADATA, max_size=4))
    result = daemon.response_to(operation, *answers(response, changes))
    from_json(result.content, allow_inf_nan=False)
    if result.status_code >= 300:
        assert problem_of(operation, result)["code"] == "stripe_unavailable"


@pytest.mark.parametrize(("operation", "response"), OBJECT_OPERATIONS, ids=IDS)
@pytest.mark.parametrize(
    "changes",
    [
        {"created": 10**15},
        {"created": -(10**15)},
        {"created": HUGE_NUMBER},
        {"id": LONE_SURROGATE},
        {"metadata": {"reference": LONE_SURROGATE}},
    ],
    ids=["late", "early", "huge", "surrogate", "surrogate-in-metadata"],
)
def test_what_cannot_be_represented_is_a_bad_gateway(
    daemon: Daemon, operation: Operation, response: type[BaseModel], changes: dict[str, object]
) -> None:
    """A time outside the years 1 to 9999 and text that is not Unicode are 502."""
    names = FIELDS.get(response, {})
    changes = {names.get(name, name): value for name, value in changes.items()}
    result = daemon.response_to(operation, *answers(response, changes))
    assert problem_of(operation, result)["code"] == "stripe_unavailable"
    assert result.status_code == HTTPStatus.BAD_GATEWAY


@pytest.mark.parametrize("position", [LONE_SURROGATE, 1, ["x"]])
def test_the_position_of_the_next_page_may_be_absurd(daemon: Daemon, position: object) -> None:
    """The token of a search's next page that can't be a cursor is 502."""
    page = {"data": [], "has_more": False, "next_page": position}
    result = daemon.response_to(LIST, respond(200, page))
    assert problem_of(LIST, result)["code"] == "stripe_unavailable"


def test_every_resource_is_covered() -> None:
    """Each operation that calls Stripe has an example of Stripe's object."""
    assert {response.__name__ for _, response in OBJECT_OPERATIONS} == OBJECTS.keys()
