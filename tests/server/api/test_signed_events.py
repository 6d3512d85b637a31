"""A signed event is published if and only if the response is 200, whatever its fields are."""

import json
import time
from typing import Any, NamedTuple, NoReturn

import falcon.testing
import pytest
from hypothesis import example as with_example
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic_core import from_json

from harness.deliveries import payment_intent_event
from harness.healthy_broker import HealthyBroker
from harness.in_process import services_over
from harness.scale import examples
from harness.sender import stripe_signature
from paycli.models import Acknowledgement, Record
from paycli.routes import WEBHOOK_PATH
from server.app import create_app
from server.metrics import Metrics

SECRET = "whsec_of_these_tests"
LONE_SURROGATE = "\ud800"
ENVELOPE = ("id", "type", "created", "livemode", "account", "api_version", "object", "data")
DEEP: Any = []
for _ in range(500):
    DEEP = [DEEP]
ABSURD: tuple[Any, ...] = (
    10**309,
    -(10**309),
    10**18,
    -1,
    1e308,
    LONE_SURROGATE,
    "\0",
    "x" * 300,
    True,
    DEEP,
    {},
)
JSON = st.recursive(
    st.none() | st.integers() | st.floats(allow_nan=False) | st.text() | st.sampled_from(ABSURD),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=4,
)


class Backends(HealthyBroker):
    """A Kafka that keeps every record; no Stripe."""

    def __init__(self) -> None:
        self.records: list[Record] = []

    def open(self, account: str | None) -> NoReturn:
        """Refuse: a webhook calls nothing at Stripe."""
        raise AssertionError(account)

    def publish(self, record: Record) -> Acknowledgement:
        """Keep the record."""
        self.records.append(record)
        return Acknowledgement(record.topic, 0, len(self.records))


class Daemon(NamedTuple):
    """The application, its metrics and its topics."""

    client: falcon.testing.TestClient
    metrics: Metrics
    backends: Backends

    def deliver(self, event: object) -> tuple[int, str, list[Record]]:
        """Send a signed event; return the status, the outcome or code, and the new records."""
        body, before = json.dumps(event).encode(), len(self.backends.records)
        headers = {"Stripe-Signature": stripe_signature(body, SECRET)}
        result = self.client.simulate_post(WEBHOOK_PATH, body=body, headers=headers)
        answer = from_json(result.content, allow_inf_nan=False)
        outcome = answer["outcome" if result.status_code == 200 else "code"]
        return result.status_code, outcome, self.backends.records[before:]


@pytest.fixture(scope="module")
def daemon() -> Daemon:
    """Give the application, which these tests share."""
    backends, metrics = Backends(), Metrics(1, {})
    services = services_over(backends, secret=SECRET)
    app = create_app(services, recorder=metrics.recorder(0), max_body_bytes=65_536)
    return Daemon(falcon.testing.TestClient(app), metrics, backends)


def event(**changes: object) -> dict[str, Any]:
    """Return an event of now, with changes to its envelope."""
    parsed = json.loads(payment_intent_event("evt_1", "pi_1", created=int(time.time())))
    return {**parsed, **changes}


@settings(max_examples=examples(250), deadline=None)
@given(st.dictionaries(st.sampled_from(ENVELOPE), JSON, max_size=3))
@with_example({"created": 10**309})
@with_example({"id": LONE_SURROGATE})
def test_no_event_is_published_without_a_200(daemon: Daemon, changes: dict[str, object]) -> None:
    """Whatever the envelope has, it is a record and 200, or no record; never a 500."""
    status, outcome, records = daemon.deliver(event(**changes))
    assert status in (200, 400, 503)
    assert len(records) == (outcome in ("published", "unreadable"))
    assert "nan" not in daemon.metrics.text().lower()


@pytest.mark.parametrize(
    "created",
    [10**309, -(10**309), 10**18, 253_402_300_800, -1],
    ids=["10^309", "-10^309", "10^18", "year-10000", "1969"],
)
def test_an_absurd_time_is_unreadable(daemon: Daemon, created: int) -> None:
    """A `created` that no time can express: one record on the unreadable topic, and 200."""
    status, outcome, records = daemon.deliver(event(created=created))
    assert (status, outcome) == (200, "unreadable")
    (record,) = records
    assert record.topic == "u"
    value = json.loads(record.value)
    assert value["occurred_at"] is None
    assert value["reason"].startswith("created, ")


@pytest.mark.parametrize(
    "object_",
    [{"metadata": {"a": LONE_SURROGATE}}, {"metadata": {LONE_SURROGATE: "a"}}, {"deep": DEEP}],
    ids=["surrogate", "surrogate-as-a-key", "deep"],
)
def test_an_object_that_cannot_be_represented_is_unreadable(
    daemon: Daemon, object_: dict[str, object]
) -> None:
    """Text that is not Unicode and deep nesting are JSON, but not publishable: unreadable."""
    status, outcome, records = daemon.deliver(event(data={"object": {"id": "pi_1", **object_}}))
    assert (status, outcome, [record.topic for record in records]) == (200, "unreadable", ["u"])
    assert json.loads(records[0].value)["stripe_event_id"] == "evt_1"


def test_an_ordinary_event_is_published(daemon: Daemon) -> None:
    """The control: an event without changes is on the topic of events."""
    status, outcome, records = daemon.deliver(event())
    assert (status, outcome, [record.topic for record in records]) == (200, "published", ["t"])
