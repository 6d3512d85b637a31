"""HEAD responds like GET, without the body."""

import falcon.testing
import pytest

from harness.healthy_broker import HealthyBroker
from harness.in_process import services_over
from harness.stripe_in_memory import InMemoryStripe
from paycli.models import Acknowledgement, Record
from server.app import create_app
from server.metrics import Metrics
from server.metrics.definitions import REQUESTS
from server.openapi.operations import OPERATIONS

GETS = [operation for operation in OPERATIONS if operation.method == "get"]
OTHERS = sorted({each.path for each in OPERATIONS} - {operation.path for operation in GETS})
HEADERS = {"Authorization": "Bearer token", "X-Request-Id": "req-1"}


class Backends(InMemoryStripe, HealthyBroker):
    """A Stripe in memory, and a Kafka that accepts every record."""

    def publish(self, record: Record) -> Acknowledgement:
        """Acknowledge."""
        return Acknowledgement(record.topic, 0, 0)


@pytest.fixture
def metrics() -> Metrics:
    """Give the metrics of the application."""
    return Metrics(1, {})


@pytest.fixture
def client(metrics: Metrics) -> falcon.testing.TestClient:
    """Give a client of the application."""
    app = create_app(services_over(Backends()), recorder=metrics.recorder(0), max_body_bytes=1024)
    return falcon.testing.TestClient(app, headers=HEADERS)


def concrete(path: str) -> str:
    """Return the path with ids."""
    return path.format(payment_id="pi_1", refund_id="re_1")


@pytest.mark.parametrize("path", [operation.path for operation in GETS])
def test_head_has_the_status_and_headers_of_get(
    client: falcon.testing.TestClient, metrics: Metrics, path: str
) -> None:
    """Every route with GET has HEAD, listed in `Allow` and counted as GET, without a body."""
    got = client.simulate_get(concrete(path))
    head = client.simulate_head(concrete(path))
    assert (got.status_code, head.status_code) == (200, 200)
    assert (head.content, bool(got.content)) == (b"", True)
    without_length = {
        name: value for name, value in got.headers.items() if name != "content-length"
    }
    assert head.headers.items() >= without_length.items()
    assert metrics.value(REQUESTS, "GET", path, "200") == 2
    refused = client.simulate_delete(concrete(path))
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
    refused = client.simulate_head(concrete(path))
    assert (refused.status_code, "HEAD" in refused.headers["allow"]) == (405, False)
