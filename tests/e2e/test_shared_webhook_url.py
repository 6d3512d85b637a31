"""One URL for several endpoints at Stripe: our own account, connected accounts, live and test."""

import json
import uuid
from collections.abc import Iterator

import pytest

from event_table import TABLE
from harness.daemon import Daemon
from harness.kafka_broker import KafkaBroker
from harness.sender import stripe_signature
from harness.stripe import Stripe
from service import EVENTS, Service, daemon_settings

# Each endpoint at Stripe has its own secret; Connect needs a second endpoint.
OWN, CONNECT = "whsec_of_our_own_account1", "whsec_of_connected_accts2"
SANDBOX, UNKNOWN = "whsec_of_the_sandbox_0003", "whsec_of_a_stranger_00004"
CASE = next(case for case in TABLE if case.name == "PaymentSucceededEvent")


@pytest.fixture(scope="module")
def test_daemon(kafka: KafkaBroker) -> Iterator[Service]:
    """Give a daemon with a test key and three endpoints' secrets."""
    yield from running(kafka, {})


@pytest.fixture(scope="module")
def live_daemon(kafka: KafkaBroker) -> Iterator[Service]:
    """Give a daemon with a live key and three endpoints' secrets."""
    yield from running(kafka, {"PAYCLI_STRIPE_API_KEY": "rk_live_of_the_tests"})


def running(kafka: KafkaBroker, more: dict[str, str]) -> Iterator[Service]:
    """Yield a ready daemon that never calls Stripe."""
    topic = f"payments.{uuid.uuid4().hex[:12]}"
    kafka.create_event_topics(topic)
    settings = daemon_settings("", kafka.bootstrap_servers, topic) | more
    del settings["PAYCLI_STRIPE_API_BASE"]
    settings["PAYCLI_STRIPE_WEBHOOK_SECRETS"] = f"{OWN},{CONNECT},{SANDBOX}"
    with Stripe() as stripe, Daemon(settings) as daemon:
        daemon.wait_ready()
        yield Service(daemon, stripe, kafka.bootstrap_servers, topic)


def deliver(service: Service, secret: str, account: str | None, *, live: bool) -> tuple[int, str]:
    """Deliver an event of an account and mode; return the status and the outcome or code."""
    event = CASE.event(id=f"evt_{uuid.uuid4().hex}", account=account, livemode=live)
    body = json.dumps(event).encode()
    response = service.daemon.request(
        "POST", EVENTS, body, {"Stripe-Signature": stripe_signature(body, secret)}
    )
    return response.status, response.json.get("outcome") or response.json["code"]


def sources(service: Service) -> list[tuple[str | None, str | None, str | None]]:
    """Return source and mode of each new record, and the account in its value."""
    return [
        (r.header("ce_source"), r.header("livemode"), json.loads(r.value or b"")["account"])
        for r in service.records()
    ]


@pytest.mark.parametrize("secret", [OWN, CONNECT, SANDBOX])
@pytest.mark.parametrize(("account", "name"), [(None, "self"), ("acct_1", "acct_1")])
def test_test_events_are_published_under_their_account(
    test_daemon: Service, secret: str, account: str | None, name: str
) -> None:
    """Whichever endpoint's secret signed it, a test event has its account and mode."""
    assert deliver(test_daemon, secret, account, live=False) == (200, "published")
    assert sources(test_daemon) == [(f"/stripe/{name}/test", "false", account)]


@pytest.mark.parametrize(("account", "name"), [(None, "self"), ("acct_1", "acct_1")])
def test_live_events_are_published_under_their_account(
    live_daemon: Service, account: str | None, name: str
) -> None:
    """A live event has its account and mode."""
    assert deliver(live_daemon, CONNECT, account, live=True) == (200, "published")
    assert sources(live_daemon) == [(f"/stripe/{name}/live", "true", account)]


@pytest.mark.parametrize("account", [None, "acct_1"])
def test_events_of_the_other_mode_are_not_published(
    test_daemon: Service, live_daemon: Service, account: str | None
) -> None:
    """With a live key, test events are ignored; with a test key, live events are refused."""
    assert deliver(live_daemon, CONNECT, account, live=False) == (200, "ignored")
    assert deliver(test_daemon, CONNECT, account, live=True) == (503, "mode_mismatch")
    assert sources(live_daemon) == sources(test_daemon) == []


def test_an_unknown_endpoint_is_refused(test_daemon: Service) -> None:
    """The control: an event signed with a secret that is not configured is 400."""
    assert deliver(test_daemon, UNKNOWN, None, live=False) == (400, "signature_invalid")
    assert sources(test_daemon) == []
