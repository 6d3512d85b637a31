"""The document against outside validators, against the running application, and against itself."""

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

SECRET = "whsec_of_the_document"
DOCUMENT: Any = document()
METHODS = ("get", "post", "patch", "put", "delete")
OPERATIONS = {
    operation["operationId"]: (method, path, operation)
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
}
EVENT = {"id": "evt_1", "type": "payment_intent.created", "livemode": False}
INTENT = {"object": "payment_intent", "id": "pi_1", "status": "x", "amount": 1, "currency": "eur"}


class Failing(HealthyBroker):
    """Gateway, publisher and broker, all of whose calls fail so; without a failure, healthy."""

    def __init__(self, failure: PaycliError) -> None:
        self.failure = failure

    def open(self, _account: str | None) -> NoReturn:
        """Fail."""
        raise self.failure

    def publish(self, _record: Record) -> Acknowledgement:
        """Fail."""
        raise self.failure


def application(failure: PaycliError) -> falcon.App[falcon.Request, falcon.Response]:
    """Return the application, where all that is outside fails so."""
    failing = Failing(failure)
    return create_app(
        services_over(failing, secret=SECRET),
        recorder=Metrics(1, {}).recorder(0),
        max_body_bytes=10_000,
    )


def resolve(node: Any) -> Any:  # noqa: ANN401  (JSON)
    """Return what a reference of the document leads to."""
    while isinstance(node, dict) and "$ref" in node:
        found = DOCUMENT
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    return node


def validator(schema: Any) -> Draft202012Validator:  # noqa: ANN401  (JSON)
    """Return a validator of a schema of the document."""
    return Draft202012Validator(
        {**schema, "components": DOCUMENT["components"]},
        format_checker=Draft202012Validator.FORMAT_CHECKER,
    )


def test_the_document_is_valid_openapi() -> None:
    """An outside validator of OpenAPI 3.1 finds nothing wrong."""
    assert [error.message for error in OpenAPIV31SpecValidator(DOCUMENT).iter_errors()] == []


def test_a_broken_document_is_noticed() -> None:
    """The control: without a required member the validator is red."""
    broken = json.loads(document_bytes())
    del broken["paths"]["/api/v1/payments"]["post"]["responses"]["201"]["description"]
    assert [*OpenAPIV31SpecValidator(broken).iter_errors()] != []


def test_every_route_is_in_the_document_and_no_other() -> None:
    """Each path and method that the application has is an operation, and the other way round."""
    routes = falcon.inspect.inspect_app(application(errors.Busy("x"))).routes
    served = {
        (route.path, method.method.lower())
        for route in routes
        for method in route.methods
        if method.method.lower() in METHODS and not method.internal
    }
    assert served == {(path, method) for method, path, _ in OPERATIONS.values()}


def test_operation_ids_are_those_that_callers_generate_code_from() -> None:
    """The ids are stable: they are the names of functions in generated clients."""
    assert set(OPERATIONS) == {
        *("createPayment", "listPayments", "getPayment", "updatePayment"),
        *("capturePayment", "cancelPayment", "refundPayment", "listRefunds", "getRefund"),
        *("receiveStripeEvent", "getHealth", "getReadiness", "getOpenapi"),
        *("getActuatorHealth", "getActuatorInfo", "getMetrics"),
    }


def test_whoever_needs_a_token_or_a_key_is_told() -> None:
    """Payments and refunds need a token, writes an idempotency key too, the webhook a signature."""
    for method, path, operation in OPERATIONS.values():
        required = {p["name"] for p in operation["parameters"] if p["required"]}
        if path.startswith(("/api/v1/payments", "/api/v1/refunds")):
            assert operation["security"] == [{"bearer": []}]
            assert ("Idempotency-Key" in required) == (method != "get")
        elif path == "/api/v1/stripe/events":
            assert operation["security"] == [{"signature": []}]
        else:
            assert operation["security"] == []


def shown() -> Iterator[tuple[str, Any, Any]]:
    """Each example of the document: where it stands, its schema, its value."""
    for id_, (_, _, operation) in OPERATIONS.items():
        contents = [
            (f"{id_} {status}", content)
            for status, response in operation["responses"].items()
            for content in response["content"].values()
        ]
        if body := operation.get("requestBody"):
            contents.append((f"{id_} request", body["content"]["application/json"]))
        for where, content in contents:
            if "example" in content:
                yield where, content["schema"], content["example"]
            for name, example in content.get("examples", {}).items():
                yield f"{where} {name}", content["schema"], resolve(example)["value"]


def test_every_example_fits_its_schema() -> None:
    """Whoever copies an example sends something valid, and is shown what really comes."""
    examples = list(shown())
    assert len(examples) > 100
    for where, schema, value in examples:
        problems = [error.message for error in validator(schema).iter_errors(value)]
        assert problems == [], where


def test_an_example_that_does_not_fit_is_noticed() -> None:
    """The control: a status of another answer, and a field that is missing, are red."""
    [(_, schema, value)] = [each for each in shown() if each[0] == "getRefund 200"]
    assert list(validator(schema).iter_errors({**value, "amount": "5"})) != []
    less = {name: each for name, each in value.items() if name != "amount"}
    assert list(validator(schema).iter_errors(less)) != []


def failure_of(kind: type[PaycliError]) -> PaycliError:
    """Return a failure of a class."""
    if kind is errors.FieldsInvalid:
        return errors.FieldsInvalid([errors.Problem("#/amount", "x")])
    if kind is SignatureInvalid:
        return SignatureInvalid(Cause.MISMATCH, "x")
    return kind("x")


def calls(client: falcon.testing.TestClient) -> dict[str, falcon.testing.Result]:
    """Return the answer to a good request of each operation."""
    event = json.dumps({**EVENT, "created": 1, "data": {"object": INTENT}}).encode()
    answers = {}
    for id_, (method, path, operation) in OPERATIONS.items():
        headers = {"Authorization": "Bearer token", "Idempotency-Key": "k"}
        body = b""
        if "requestBody" in operation:
            example = operation["requestBody"]["content"]["application/json"].get("examples")
            body = json.dumps(next(iter(example.values()))["value"]).encode() if example else event
            headers["Content-Type"] = "application/json"
        if path.endswith("/events"):
            headers["Stripe-Signature"] = sign(event, SECRET, int(time.time()))
        answers[id_] = client.simulate_request(
            method.upper(),
            path.format(payment_id="pi_1", refund_id="re_1"),
            body=body,
            headers=headers,
        )
    return answers


OF_STRIPE = [kind for kind in PROBLEM_TYPES if issubclass(kind, errors.StripeFailure | errors.Busy)]
OF_KAFKA = [kind for kind in PROBLEM_TYPES if issubclass(kind, errors.KafkaFailure)]
ONLY_WRITES_MEET = {
    errors.IdempotencyKeyInUse,
    errors.IdempotencyKeyReused,
    errors.StripeOutcomeUnknown,
    errors.CardRefused,
}


def meets(kind: type[PaycliError], id_: str) -> bool:
    """Say whether an operation can meet a failure."""
    method: str = OPERATIONS[id_][0]
    path: str = OPERATIONS[id_][1]
    if kind in OF_KAFKA:
        return path == "/api/v1/stripe/events"
    if kind is errors.RefundNotFound:
        return id_ == "getRefund"
    of_payments = path.startswith(("/api/v1/payments", "/api/v1/refunds"))
    return of_payments and (method != "get" or kind not in ONLY_WRITES_MEET)


@pytest.mark.parametrize("kind", [*OF_STRIPE, *OF_KAFKA])
def test_whatever_fails_is_in_the_document(kind: type[PaycliError]) -> None:
    """The answer to each failure, of each operation that can meet it, is as documented."""
    answers = calls(falcon.testing.TestClient(application(failure_of(kind))))
    met = [id_ for id_ in answers if meets(kind, id_)]
    assert met
    for id_ in met:
        answer, (_, _, operation) = answers[id_], OPERATIONS[id_]
        assert answer.status_code == PROBLEM_TYPES[kind].status, id_
        response = operation["responses"][str(answer.status_code)]
        schema = response["content"][answer.headers["content-type"]]["schema"]
        assert [e.message for e in validator(schema).iter_errors(answer.json)] == [], id_
        assert kind.code in response["content"][answer.headers["content-type"]]["examples"]
        documented = {name.lower() for name in response["headers"]}
        assert documented >= set(answer.headers) & {"retry-after", "www-authenticate"}


def test_the_daemon_and_the_command_show_the_same_bytes() -> None:
    """`GET /openapi.json` needs no token and gives what `paycli openapi` prints."""
    served = falcon.testing.TestClient(application(errors.Busy("x"))).simulate_get("/openapi.json")
    printed = subprocess.run(
        [sys.executable, "-m", "paycli", "openapi"], capture_output=True, check=True
    )
    assert served.status_code == HTTPStatus.OK
    assert served.headers["content-type"] == "application/json"
    assert served.content == printed.stdout == document_bytes()
