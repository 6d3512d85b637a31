"""Connected accounts of hosts, from their creation to the end of the onboarding."""

import http.client
import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest

from harness.daemon import Daemon
from harness.kafka_broker import KafkaBroker
from harness.kafka_records import read_records
from harness.polling import wait_until
from harness.stripe import Stripe, respond
from paycli.sandbox.standin import WebhookTarget
from service import ACCOUNTS, Service, daemon_settings

HOST: dict[str, object] = {
    "country": "DE",
    "email": "host@example.com",
    "business_type": "individual",
    "reference": "host-9",
    "metadata": {"region": "north"},
}
URLS = {"refresh_url": "https://shop.test/again", "return_url": "https://shop.test/done"}


def create(service: Service, **fields: object) -> Any:  # noqa: ANN401  (JSON)
    """Create an account; return its JSON."""
    created = service.write(ACCOUNTS, {**HOST, **fields})
    assert created.status == 201, created.body
    return created.json


def open_link(url: str) -> str:
    """Open a link as the host's browser does; return where it is sent to."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    try:
        connection.request("GET", parts.path)
        response = connection.getresponse()
        assert response.status == 303
        return response.headers["Location"]
    finally:
        connection.close()


def test_a_host_is_created_and_completes_the_onboarding(service: Service) -> None:
    """The account shows what is required; the link works once, and completes it."""
    created = service.write(ACCOUNTS, HOST)
    assert created.status == 201
    account = created.json
    one = created.headers["location"]
    assert one == f"{ACCOUNTS}/{account['id']}"
    assert {name: account[name] for name in HOST} == HOST
    assert (account["charges_enabled"], account["payouts_enabled"]) == (False, False)
    assert "external_account" in account["requirements_due"]
    assert service.get(one).json == account

    link = service.write(f"{one}/links", URLS)
    assert link.status == 201
    assert link.json.keys() == {"url", "expires_at"}
    assert "location" not in link.headers
    assert open_link(link.json["url"]) == URLS["return_url"]
    done = service.get(one).json
    assert (done["charges_enabled"], done["payouts_enabled"]) == (True, True)
    assert done["requirements_due"] == []
    assert open_link(link.json["url"]) == URLS["refresh_url"]


def test_a_link_is_never_logged(kafka: KafkaBroker, topic: str) -> None:
    """Neither the link nor the host's address is in the log or the metrics."""
    with Stripe() as stripe:
        settings = daemon_settings(stripe.url, kafka.bootstrap_servers, topic)
        with Daemon(settings) as daemon:
            daemon.wait_ready()
            service = Service(daemon, stripe, kafka.bootstrap_servers, topic)
            account = create(service)
            link = service.write(f"{ACCOUNTS}/{account['id']}/links", URLS).json["url"]
            metrics = daemon.request("GET", "/metrics").body.decode()
            assert daemon.stop() == 0
            output = daemon.stderr_text() + daemon.stdout_text()
    for text in (link, link.rpartition("/")[2], "host@example.com"):
        assert text not in output
        assert text not in metrics
    assert account["id"] in output  # the control


def test_the_end_of_the_onboarding_is_an_event(kafka: KafkaBroker, topic: str) -> None:
    """Stripe reports it to the Connect endpoint; its record has the host as account and key."""
    with Stripe() as stripe:
        settings = daemon_settings(stripe.url, kafka.bootstrap_servers, topic)
        with Daemon(settings) as daemon:
            daemon.wait_ready()
            service = Service(daemon, stripe, kafka.bootstrap_servers, topic)
            secret = settings["PAYCLI_STRIPE_WEBHOOK_SECRETS"].partition(",")[0]
            url = f"{daemon.url}/api/v1/stripe/events"
            stripe.add_webhook_target(WebhookTarget(url, (secret,), connect=True))
            account = create(service)["id"]
            open_link(service.write(f"{ACCOUNTS}/{account}/links", URLS).json["url"])
            wait_until(lambda: bool(read_records(kafka.bootstrap_servers, topic)), 20, "the record")
            [record] = read_records(kafka.bootstrap_servers, topic)
    assert record.header("__TypeId__") == "ConnectedAccountUpdatedEvent"
    value = json.loads(record.value or b"")
    assert (value["account"], record.key) == (account, account.encode())
    assert (value["charges_enabled"], value["reference"]) == (True, "host-9")
    assert "host@example.com" not in repr(record)


def test_thirty_creates_with_one_key_create_one_account(service: Service) -> None:
    """All responses are the same account, and all but the first are replays."""
    key = uuid.uuid4().hex
    with ThreadPoolExecutor(30) as pool:
        responses = list(pool.map(lambda _: service.write(ACCOUNTS, HOST, key), range(30)))
    assert {each.status for each in responses} == {201}
    assert len({each.json["id"] for each in responses}) == 1
    assert sum("idempotent-replayed" in each.headers for each in responses) == 29


@pytest.mark.parametrize("account_id", ["acct_", "acct_1-2", "cus_1", "x"])
def test_an_impossible_account_is_404(service: Service, account_id: str) -> None:
    """Stripe is not asked for it."""
    before = len(service.stripe.requests)
    one = f"{ACCOUNTS}/{account_id}"
    for response in (service.get(one), service.write(f"{one}/links", URLS)):
        assert (response.status, response.json["code"]) == (404, "account_not_found")
    assert len(service.stripe.requests) == before


def test_the_account_of_others_is_404(service: Service) -> None:
    """Stripe's 403 does not tell it from one that does not exist."""
    message = "The provided key does not have access to account 'acct_2'"
    error = {"type": "invalid_request_error", "code": "account_invalid", "message": message}
    service.stripe.inject(respond(403, {"error": error}))
    response = service.get(f"{ACCOUNTS}/acct_2")
    assert (response.status, response.json["code"]) == (404, "account_not_found")


@pytest.mark.parametrize(
    ("path", "fields", "pointers"),
    [
        (ACCOUNTS, {}, {"#/country"}),
        (ACCOUNTS, {"country": "Germany"}, {"#/country"}),
        (ACCOUNTS, {"country": "DE", "business_type": "shop"}, {"#/business_type"}),
        (ACCOUNTS, {"country": "DE", "email": "nobody"}, {"#/email"}),
        (f"{ACCOUNTS}/acct_1/links", {}, {"#/refresh_url", "#/return_url"}),
        (f"{ACCOUNTS}/acct_1/links", {**URLS, "type": "x"}, {"#/type"}),
        (f"{ACCOUNTS}/acct_1/links", {**URLS, "return_url": "done"}, {"#/return_url"}),
    ],
)
def test_invalid_fields_are_422(
    service: Service, path: str, fields: dict[str, object], pointers: set[str]
) -> None:
    """Every invalid field is reported at once."""
    refused = service.write(path, fields)
    assert refused.status == 422
    assert {each["pointer"] for each in refused.json["errors"]} == pointers
