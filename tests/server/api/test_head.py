"""HEAD responds like GET, without the body."""

import falcon.testing
import pytest

from harness.in_process import StripeBackend, services_over
from harness.operations import concrete_path
from harness.stripe_mock import StripeMock
from server.app import create_app
from server.metrics import Metrics
from server.metrics.definitions import REQUESTS
from server.openapi.operations import OPERATIONS, Operation

GETS = [operation for operation in OPERATIONS if operation.method == "get"]
OTHERS = sorted(
    concrete_path(each)
    for each in OPERATIONS
    if each.path not in {operation.path for operation in GETS}
)
HEADERS = {"Authorization": "Bearer token", "X-Request-Id": "req-1"}


@pytest.fixture
def metrics() -> Metrics:
    """Give the metrics of the application."""
    return Metrics(1, {})


@pytest.fixture
def client(metrics: Metrics, stripe_mock: StripeMock) -> falcon.testing.TestClient:
    """Give a client of the application, whose Stripe is stripe-mock."""
    app = create_app(
        services_over(StripeBackend(stripe_mock.url)),
        recorder=metrics.recorder(0),
        max_body_bytes=1024,
    )
    return falcon.testing.TestClient(app, headers=HEADERS)


@pytest.mark.parametrize("operation", GETS, ids=lambda operation: operation.id)
def test_head_has_the_status_and_headers_of_get(
    client: falcon.testing.TestClient, metrics: Metrics, operation: Operation
) -> None:
    """Every route with GET has HEAD, listed in `Allow` and counted as GET, without a body."""
    path = concrete_path(operation)
    got = client.simulate_get(path)
    head = client.simulate_head(path)
    assert (got.status_code, head.status_code) == (200, 200)
    assert (head.content, bool(got.content)) == (b"", True)
    without_length = {
        name: value for name, value in got.headers.items() if name != "content-length"
    }
    assert head.headers.items() >= without_length.items()
    assert metrics.value(REQUESTS, "GET", operation.path, "200") == 2
    refused = client.simulate_put(path)
    assert (refused.status_code, "HEAD" in refused.headers["allow"]) == (405, True)


@pytest.mark.parametrize(
    ("path", "status"),
    [("/nowhere", 404), ("/api/v1/refunds/x", 404), ("/api/v1/payments?limit=0", 422)],
)
def test_head_fails_like_get(client: falcon.testing.TestClient, path: str, status: int) -> None:
    """An error has the same status and no body."""
    assert client.simulate_get(path).status_code == status
    head = client.simulate_head(path)
    assert (head.status_code, head.content) == (status, b"")


def test_head_needs_a_token_like_get(client: falcon.testing.TestClient) -> None:
    """Without a token it is 401."""
    head = client.simulate_head("/api/v1/payments", headers={"Authorization": ""})
    assert (head.status_code, head.content) == (401, b"")


@pytest.mark.parametrize("path", OTHERS)
def test_a_route_without_get_has_no_head(client: falcon.testing.TestClient, path: str) -> None:
    """The control: the webhook and the actions on a payment are 405."""
    refused = client.simulate_head(path)
    assert (refused.status_code, "HEAD" in refused.headers["allow"]) == (405, False)
