"""Customer sessions, from the HTTP API to Stripe and back."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from harness.stripe import disconnect
from service import CUSTOMERS, TOKEN, Service

SESSIONS_AT_STRIPE = "/v1/customer_sessions"


def new_customer(service: Service, **fields: object) -> str:
    """Create a customer; return its path."""
    created = service.write(CUSTOMERS, fields)
    assert created.status == 201, created.body
    return f"{CUSTOMERS}/{created.json['id']}"


def test_a_session_has_a_secret_that_expires(service: Service) -> None:
    """The response is 201 without a location; the secret is new each time, and not cached."""
    customer = new_customer(service)
    before = datetime.now(UTC).replace(microsecond=0)
    created = service.write(f"{customer}/sessions", {})
    assert created.status == 201
    assert "location" not in created.headers
    assert created.headers["cache-control"] == "no-store"
    assert created.json.keys() == {"client_secret", "expires_at"}
    assert datetime.fromisoformat(created.json["expires_at"]) > before
    other = service.write(f"{customer}/sessions", {})
    assert other.json["client_secret"] != created.json["client_secret"]


def test_a_session_needs_no_body(service: Service) -> None:
    """The account is the only field, and may be omitted with the body."""
    path = f"{new_customer(service)}/sessions"
    headers = {"Authorization": f"Bearer {TOKEN}", "Idempotency-Key": uuid.uuid4().hex}
    assert service.daemon.request("POST", path, headers=headers).status == 201
    refused = service.write(path, {"customer": "cus_1"})
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "#/customer")


def test_thirty_creates_with_one_key_create_one_session(service: Service) -> None:
    """All responses have the same secret, and all but the first are replays."""
    customer, key = new_customer(service), uuid.uuid4().hex
    with ThreadPoolExecutor(30) as pool:
        path = f"{customer}/sessions"
        responses = list(pool.map(lambda _: service.write(path, {}, key), range(30)))
    assert {each.status for each in responses} == {201}
    assert len({each.json["client_secret"] for each in responses}) == 1
    assert sum("idempotent-replayed" in each.headers for each in responses) == 29
    other = service.write(f"{new_customer(service)}/sessions", {}, key)
    assert (other.status, other.json["code"]) == (422, "idempotency_key_reused")


def test_a_lost_response_is_repeated(service: Service) -> None:
    """The retry within the request has the same key, and gets the session that was created."""
    customer = new_customer(service)
    before = len(service.stripe.requests)
    service.stripe.inject(disconnect())
    created = service.write(f"{customer}/sessions", {})
    assert (created.status, created.headers["idempotent-replayed"]) == (201, "true")
    assert len(service.stripe.requests) == before + 2


def test_a_missing_customer_is_404(service: Service) -> None:
    """An unknown, a deleted and another account's customer have no session."""
    deleted = new_customer(service)
    assert service.delete(deleted).status == 204
    foreign = new_customer(service, account="acct_1connected")
    for customer in (f"{CUSTOMERS}/cus_none", f"{CUSTOMERS}/x", deleted, foreign):
        refused = service.write(f"{customer}/sessions", {})
        assert (refused.status, refused.json["code"]) == (404, "customer_not_found")
        assert refused.json["detail"]
    assert service.write(f"{foreign}/sessions", {"account": "acct_1connected"}).status == 201


def test_the_secret_is_in_no_log(service: Service) -> None:
    """The log line of the request has the customer, and not the secret."""
    customer = new_customer(service)
    secret = service.write(f"{customer}/sessions", {}).json["client_secret"]
    [line] = service.daemon.log_lines(
        path=f"{CUSTOMERS}/{{customer_id}}/sessions",
        customer_id=customer.removeprefix(f"{CUSTOMERS}/"),
    )
    assert line["status"] == 201
    assert secret not in service.daemon.stdout_text() + service.daemon.stderr_text()
