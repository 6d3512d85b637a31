"""The document is valid OpenAPI, and agrees with the application and its own examples."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, NoReturn

import falcon.inspect
import falcon.testing
import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from harness.healthy_broker import HealthyBroker
from harness.in_process import services_over
from paycli import errors
from paycli.errors import PaycliError
from paycli.models import Acknowledgement, Record
from paycli.webhooks.signature import Cause, SignatureInvalid, sign
from server.app import create_app
from server.metrics import Metrics
from server.openapi import document, document_bytes
from server.problems import PROBLEM_TYPES

SECRET = "whsec_of_the_document_001"
DOCUMENT: Any = document()
METHODS = ("get", "post", "patch", "put", "delete")
OPERATIONS = {
    operation["operationId"]: (method, path, operation)
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
}
EVENT = {"id": "evt_1", "type": "payment_intent.created", "livemode": False}
INTENT = {"object": "payment_intent", "id": "pi_1", "status": "x", "amount": 1, "currency": "eur"}


class FailingBackend(HealthyBroker):
    """A gateway, publisher and broker whose calls raise an error."""

    def __init__(self, failure: PaycliError) -> None:
        self.failure = failure

    def open(self, _account: str | None) -> NoReturn:
        """Raises the error."""
        raise self.failure

    def publish(self, _record: Record) -> Acknowledgement:
        """Raises the error."""
        raise self.failure


def application(failure: PaycliError) -> falcon.App[falcon.Request, falcon.Response]:
    """Returns an application whose calls to Stripe and Kafka raise the error."""
    backend = FailingBackend(failure)
    return create_app(
        services_over(backend, secret=SECRET),
        recorder=Metrics(1, {}).recorder(0),
        max_body_bytes=10_000,
    )


def resolve(node: Any) -> Any:  # noqa: ANN401  (JSON)
    """Returns the target of a reference."""
    while isinstance(node, dict) and "$ref" in node:
        target = DOCUMENT
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def validator(schema: Any) -> Draft202012Validator:  # noqa: ANN401  (JSON)
    """Returns a validator of a schema of the document."""
    return Draft202012Validator(
        {**schema, "components": DOCUMENT["components"]},
        format_checker=Draft202012Validator.FORMAT_CHECKER,
    )


def test_the_document_is_valid_openapi() -> None:
    """A third-party validator of OpenAPI 3.1 reports no error."""
    assert [error.message for error in OpenAPIV31SpecValidator(DOCUMENT).iter_errors()] == []


def test_an_invalid_document_is_detected() -> None:
    """The control: the validator reports a missing member."""
    broken = json.loads(document_bytes())
    balance = broken["paths"]["/api/v1/balance"]
    broken["paths"] = {"/api/v1/balance": balance}  # the whole takes as long as the test above
    del balance["get"]["responses"]["200"]["description"]
    [error] = OpenAPIV31SpecValidator(broken).iter_errors()
    assert list(error.absolute_path)[:3] == ["paths", "/api/v1/balance", "get"]


def test_routes_and_operations_are_the_same() -> None:
    """Each path and method of the application is an operation, and vice versa."""
    routes = falcon.inspect.inspect_app(application(errors.Busy("x"))).routes
    served = {
        (route.path, method.method.lower())
        for route in routes
        for method in route.methods
        if method.method.lower() in METHODS and not method.internal
    }
    assert served == {(path, method) for method, path, _ in OPERATIONS.values()}


def test_operation_ids_are_stable() -> None:
    """They are the names of functions in generated clients."""
    assert set(OPERATIONS) == {
        *("createPayment", "listPayments", "getPayment", "updatePayment"),
        *("incrementPayment", "capturePayment", "cancelPayment"),
        *("refundPayment", "listRefunds", "getRefund"),
        *("createTransfer", "listTransfers", "reverseTransfer"),
        *("listPayouts", "getPayout", "listPayoutTransactions", "getBalance"),
        *("createAccount", "getAccount", "createAccountLink"),
        *("createCustomer", "listCustomers", "getCustomer", "updateCustomer", "deleteCustomer"),
        *("listPaymentMethods", "detachPaymentMethod", "createCustomerSession"),
        *("createSetup", "listSetups", "getSetup", "cancelSetup"),
        *("listDisputes", "getDispute", "respondToDispute", "acceptDispute"),
        *("receiveStripeEvent", "getHealth", "getReadiness", "getOpenapi", "getDocs"),
        *("getActuatorHealth", "getActuatorInfo", "getMetrics"),
    }


def test_operations_declare_their_security_and_idempotency_key() -> None:
    """The API needs a token, writes but deletions a key too, and the webhook a signature."""
    for method, path, operation in OPERATIONS.values():
        required = {p["name"] for p in operation["parameters"] if p["required"]}
        if path == "/api/v1/stripe/events":
            assert operation["security"] == [{"signature": []}]
        elif path.startswith("/api/v1/"):
            [(scheme, scopes)] = operation["security"][0].items()
            assert (scheme, len(scopes)) == ("bearer", 1)
            assert ("Idempotency-Key" in required) == (method in ("post", "patch"))
        else:
            assert operation["security"] == []


def all_examples() -> Iterator[tuple[str, Any, Any]]:
    """Yields each example of the document: its place, schema and value."""
    for id_, (_, _, operation) in OPERATIONS.items():
        contents = [
            (f"{id_} {status}", content)
            for status, response in operation["responses"].items()
            for content in response.get("content", {}).values()
        ]
        if body := operation.get("requestBody"):
            contents.append((f"{id_} request", body["content"]["application/json"]))
        for where, content in contents:
            if "example" in content:
                yield where, content["schema"], content["example"]
            for name, example in content.get("examples", {}).items():
                yield f"{where} {name}", content["schema"], resolve(example)["value"]


def test_every_example_conforms_to_its_schema() -> None:
    """Examples of requests and responses are valid."""
    examples = list(all_examples())
    assert len(examples) > 100
    for where, schema, value in examples:
        problems = [error.message for error in validator(schema).iter_errors(value)]
        assert problems == [], where


def test_an_invalid_example_is_detected() -> None:
    """The control: a field of a wrong type and a missing field are invalid."""
    [(_, schema, value)] = [each for each in all_examples() if each[0] == "getRefund 200"]
    assert list(validator(schema).iter_errors({**value, "amount": "5"})) != []
    incomplete = {name: each for name, each in value.items() if name != "amount"}
    assert list(validator(schema).iter_errors(incomplete)) != []


def failure_of(kind: type[PaycliError]) -> PaycliError:
    """Returns an error of a class."""
    if kind is errors.FieldsInvalid:
        return errors.FieldsInvalid([errors.Problem("#/amount", "x")])
    if kind is SignatureInvalid:
        return SignatureInvalid(Cause.MISMATCH, "x")
    return kind("x")


def call_every_operation(client: falcon.testing.TestClient) -> dict[str, falcon.testing.Result]:
    """Returns the response to a valid request of each operation, by id."""
    event = json.dumps({**EVENT, "created": 1, "data": {"object": INTENT}}).encode()
    responses = {}
    for id_, (method, path, operation) in OPERATIONS.items():
        headers = {"Authorization": "Bearer token", "Idempotency-Key": "k"}
        body = b""
        if "requestBody" in operation:
            example = operation["requestBody"]["content"]["application/json"].get("examples")
            body = json.dumps(next(iter(example.values()))["value"]).encode() if example else event
            headers["Content-Type"] = "application/json"
        if path.endswith("/events"):
            headers["Stripe-Signature"] = sign(event, SECRET, int(time.time()))
        responses[id_] = client.simulate_request(
            method.upper(),
            path.format(**{p["name"]: p.get("example") for p in operation["parameters"]}),
            body=body,
            headers=headers,
        )
    return responses


STRIPE_ERRORS = [
    kind for kind in PROBLEM_TYPES if issubclass(kind, errors.StripeFailure | errors.Busy)
]
KAFKA_ERRORS = [kind for kind in PROBLEM_TYPES if issubclass(kind, errors.KafkaFailure)]
WRITE_ERRORS = {
    errors.IdempotencyKeyInUse,
    errors.IdempotencyKeyReused,
    errors.StripeOutcomeUnknown,
    errors.CardRefused,
}


def can_fail_with(kind: type[PaycliError], id_: str) -> bool:
    """Returns whether an operation can fail with an error."""
    method: str = OPERATIONS[id_][0]
    path: str = OPERATIONS[id_][1]
    if kind in KAFKA_ERRORS:
        return path == "/api/v1/stripe/events"
    if kind is errors.HoldNotGranted:
        return id_ in ("incrementPayment", "capturePayment")
    if kind is errors.PayoutNotReconciled:
        return id_ == "listPayoutTransactions"
    if kind.code.endswith("_not_found"):
        return f"{{{kind.code.removesuffix('_not_found')}_id}}" in path
    if kind.code.endswith("_not_open"):
        return method == "post" and f"{{{kind.code.removesuffix('_not_open')}_id}}" in path
    calls_stripe = path.startswith("/api/v1/") and path != "/api/v1/stripe/events"
    return calls_stripe and (method in ("post", "patch") or kind not in WRITE_ERRORS)


@pytest.mark.parametrize("kind", [*STRIPE_ERRORS, *KAFKA_ERRORS])
def test_every_error_response_is_documented(kind: type[PaycliError]) -> None:
    """Each error, of each operation that can fail with it, conforms to the document."""
    responses = call_every_operation(falcon.testing.TestClient(application(failure_of(kind))))
    failing = [id_ for id_ in responses if can_fail_with(kind, id_)]
    assert failing
    for id_ in failing:
        response, (_, _, operation) = responses[id_], OPERATIONS[id_]
        assert response.status_code == PROBLEM_TYPES[kind].status, id_
        documented = operation["responses"][str(response.status_code)]
        content = documented["content"][response.headers["content-type"]]
        assert [e.message for e in validator(content["schema"]).iter_errors(response.json)] == [], (
            id_
        )
        assert kind.code in content["examples"]
        headers = {name.lower() for name in documented["headers"]}
        assert headers >= set(response.headers) & {"retry-after", "www-authenticate"}


def test_the_daemon_and_the_command_return_the_same_bytes() -> None:
    """`GET /openapi.json` needs no token, and returns what `paycli openapi` prints."""
    served = falcon.testing.TestClient(application(errors.Busy("x"))).simulate_get("/openapi.json")
    printed = subprocess.run(
        [sys.executable, "-m", "paycli", "openapi"], capture_output=True, check=True
    )
    assert served.status_code == HTTPStatus.OK
    assert served.headers["content-type"] == "application/json"
    assert served.content == printed.stdout == document_bytes()
