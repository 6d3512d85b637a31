"""A query that a route does not know is 422 on every route, before anything is done."""

import json
import time
from collections.abc import Iterator
from typing import NoReturn
from urllib.parse import quote

import falcon.inspect
import falcon.testing
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.healthy_broker import HealthyBroker
from harness.in_process import services_over
from harness.operations import concrete_path, example_body
from paycli.models import Acknowledgement, Record
from paycli.webhooks.signature import sign
from server.app import create_app
from server.metrics import Metrics
from server.openapi.operations import OPERATIONS

SECRET = "whsec_1"
EVENT = json.dumps(
    {
        "id": "evt_1",
        "type": "payment_intent.created",
        "created": 1,
        "livemode": False,
        "data": {"object": {"id": "pi_1", "status": "x", "amount": 1, "currency": "eur"}},
    }
).encode()
METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE")


class Reached(Exception):
    """Stripe or Kafka was called."""


class DetectingBackend(HealthyBroker):
    """A gateway, publisher and broker; a call to Stripe or Kafka results in a 500."""

    def open(self, account: str | None) -> NoReturn:
        """Raises Reached."""
        raise Reached(account)

    def publish(self, record: Record) -> Acknowledgement:
        """Raises Reached."""
        raise Reached(record)


APP = create_app(
    services_over(DetectingBackend(), secret=SECRET),
    recorder=Metrics(1, {}).recorder(0),
    max_body_bytes=1024,
)
CLIENT = falcon.testing.TestClient(APP)


IDS = {
    name: parameter["example"]
    for operation in OPERATIONS
    for name, parameter in operation.path_parameters.items()
}
BODIES = {
    (operation.method.upper(), concrete_path(operation)): json.dumps(
        example_body(operation)
    ).encode()
    for operation in OPERATIONS
}


def routes() -> Iterator[tuple[str, str]]:
    """Yields method and path of each route of the application, whether documented or not."""
    for route in falcon.inspect.inspect_app(APP).routes:
        for method in route.methods:
            if method.method in METHODS and not method.internal:
                yield method.method, route.path.format(**IDS)


ROUTES = sorted(routes())


def request(method: str, path: str, query: str = "") -> falcon.testing.Result:
    """Sends a request that is valid except for its query."""
    body = EVENT if path.endswith("/events") else BODIES.get((method, path), b"{}")
    headers = {
        "Authorization": "Bearer token",
        "Idempotency-Key": "k",
        "Content-Type": "application/json",
        "Stripe-Signature": sign(EVENT, SECRET, int(time.time())),
    }
    return CLIENT.simulate_request(
        method,
        path,
        query_string=query,
        headers=headers,
        body=b"" if method in ("GET", "DELETE") else body,
    )


def pointers(response: falcon.testing.Result) -> list[str]:
    """Returns the pointers of a 422."""
    assert response.status_code == 422, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json["code"] == "fields_invalid"
    return [problem["pointer"] for problem in response.json["errors"]]


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_an_unknown_parameter_is_422_on_every_route(method: str, path: str) -> None:
    """Nothing is done, and every unknown parameter is reported."""
    assert pointers(request(method, path, "colour=red")) == ["#/colour"]
    assert sorted(pointers(request(method, path, "b=1&a=&b=2"))) == ["#/a", "#/b"]


@pytest.mark.parametrize(
    ("method", "path"), [each for each in ROUTES if each[0] not in ("GET", "DELETE")]
)
def test_the_account_of_a_write_is_not_taken_from_the_query(method: str, path: str) -> None:
    """A write with `?account=` is refused: ignored, it would act on our own account."""
    assert pointers(request(method, path, "account=acct_1")) == ["#/account"]


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_the_same_requests_without_a_query_are_accepted(method: str, path: str) -> None:
    """The control: it is the query that is refused."""
    assert request(method, path).status_code in (200, 500)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/api/v1/payments", "reference=b&status=succeeded&limit=5&account=acct_1"),
        ("/api/v1/payments/pi_1", "account=acct_1"),
        ("/api/v1/payments/pi_1/refunds", "limit=5&account=acct_1"),
        ("/api/v1/refunds/re_1", "account=acct_1"),
    ],
)
def test_known_parameters_are_accepted(path: str, query: str) -> None:
    """The control: what a route documents reaches Stripe, alone and not with another one."""
    assert request("GET", path, query).status_code == 500
    assert pointers(request("GET", path, f"{query}&accounts=acct_1")) == ["#/accounts"]


def test_every_problem_of_a_query_is_reported_at_once() -> None:
    """Unknown and invalid parameters are in one response."""
    found = pointers(request("GET", "/api/v1/payments", "limit=0&colour=red&status=paid"))
    assert sorted(found) == ["#/colour", "#/limit", "#/status"]


def test_other_errors_come_first() -> None:
    """An unknown path is 404, an unknown method 405, and a request without a token 401."""
    assert request("GET", "/api/v1/unknown", "colour=red").status_code == 404
    assert request("DELETE", "/healthz", "colour=red").status_code == 405
    assert CLIENT.simulate_get("/api/v1/payments/pi_1?colour=red").status_code == 401


@given(st.text(min_size=1, max_size=5), st.text(max_size=5))
def test_no_name_is_ignored(name: str, value: str) -> None:
    """Whatever its name and value, a parameter of a write is refused."""
    response = request("POST", "/api/v1/payments", f"{quote(name, safe='')}={quote(value)}")
    assert response.status_code == 422
